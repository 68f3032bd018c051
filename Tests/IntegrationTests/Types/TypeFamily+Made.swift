extension TypeFamily {
  static let documents = TypeFamily(
    name: "documents",
    cases: [
      .texts(
        "json", "null", "1e400", " [1, 2 ] ", "[1,2]", #"{"a":1,"a":2}"#, #"{"a":2}"#, #""\u0000""#, #""\ud800""#,
        #""""#,
        "{}"),
      .texts(
        "jsonb", "null", "1.1", "1.10", "1e100", "{}", "[]", #"{"b": 1, "a": [1, {"c": null}]}"#, #""\u00e4\u0001""#,
        #""𝄞""#, #""""#),
      .texts("jsonpath", "$.a", "strict $.b[*] ? (@ > 1)"),
      .texts("tsvector", "", "a:1A b:2,3", "'it''s':1 'b c'", "ä"),
      .texts("tsquery[]", "{a,NULL}", #"{""}"#), .texts("tsquery", "", "a & !b", "a <-> c:*", "a <2> c:AB"),
      .texts("int4range", "empty", "[1,5)", "(,)", "[1,)"),
      .texts("int8range", "[-9223372036854775808,9223372036854775807)", "empty"),
      .texts("numrange", "[1.1,2]", "[1.10,2]", "(1.1,2]", "[NaN,NaN]"),
      .texts("daterange", "[2024-01-01,infinity)", "[2024-01-01,)"),
      .texts("tsrange", "[2024-01-01 00:00,2024-01-02 00:00)", "[2024-01-01 00:00,2024-01-02 00:00]"),
      .texts("tstzrange", "[2024-01-01 00:00+05:30,infinity]", "empty"),
    ])

  static let xml = TypeFamily(
    name: "xml", needs: [.xml],
    cases: [
      .texts(
        "xml", "<a/>", "<a></a>", "plain &amp; simple", "", "<!-- c --><a/>",
        "<a><![CDATA[<&>]]></a>", #"<?xml version="1.0" standalone="yes"?><ä>é</ä>"#, "<!DOCTYPE a><a>&lt;</a>")
    ])

  /// Multiranges and the infinities of numeric came with version 14.
  static let multiranges = TypeFamily(
    name: "multiranges and infinite numbers", setUp: "CREATE TYPE span AS RANGE (subtype = double precision)",
    targetFirst: "CREATE TYPE first_of_all AS ENUM ()", needs: [.sourceVersion(14), .targetVersion(14)],
    cases: [
      .texts("numeric", "0", "NaN", "Infinity", "-Infinity"),
      .texts("int4multirange", "{}", "{[1,3),[5,7)}"),
      .texts("tstzmultirange", "{}", "{(,2024-01-01 00:00+00],[2024-02-01 00:00+00,)}"),
      .texts("span_multirange", "{[0,1),[2,3]}", "{}", isPortable: false),
    ])

  static let arrays = TypeFamily(
    name: "arrays",
    cases: [
      .texts(
        "integer[]", "{}", "{1,NULL,3}", "{NULL}", "[0:1]={1,2}", "{1,2}", "{{1,2},{3,4}}", "[-1:0][2:3]={{1,2},{3,4}}"),
      TypeCase(
        "text[]",
        [
          "'{}'", "ARRAY['']", "ARRAY[NULL]", "ARRAY['NULL']", #"ARRAY['a,b', '{"}', E'\\', ' x ', E'\n']"#,
          "ARRAY[['a'], ['b']]",
        ]),
      .texts("varchar(3)[]", "{abc,äöü,NULL}", "{}"),
      .texts("char(3)[]", "{a,abc}", "{ab,abc}"),
      .texts("numeric(8,2)[]", "{1.5,NaN}", "{999999.99,NULL}"),
      .texts("numeric[]", "{1.1}", "{1.10}"),
      .texts("double precision[]", "{-0,NaN,Infinity,5e-324}", "{0}"),
      .texts("timestamptz[]", "{2024-02-29 12:00+05:30,infinity}", "{}"),
      .texts("interval[]", "{24:00:00}", "{1 day}"),
      .texts("jsonb[]", #"{"{\"a\": [1, null]}",null}"#, "{}"),
      .texts("uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "{}"),
      .texts("bytea[]", #"{"\\x00","\\x"}"#, #"{"\\x"}"#),
      .texts("inet[]", "{10.0.0.1/8,::1}", "{}"),
      .texts("int4range[]", #"{"[1,2)",empty}"#, "{}"),
      .texts("box[]", "{(2,2),(0,0);(4,1),(0,0)}", "{(4,1),(0,0)}"),
      .texts("bit varying(5)[]", "{101,NULL}", "{0}"),
      .texts("oidvector", "", "1 2 4294967295"),
      .texts("int2vector", "", "-1 32767"),
    ])

  /// Types that hold the OID of an object; the target has these objects under other OIDs.
  static let objects = TypeFamily(
    name: "names of objects",
    setUp: """
      CREATE SCHEMA "Odd.Names"; CREATE TABLE "Odd.Names"."a.b" (); CREATE FUNCTION "Odd.Names".f(int) RETURNS int
      LANGUAGE sql AS 'SELECT 1'
      """,
    targetFirst: "CREATE TABLE first_of_all (); CREATE SCHEMA first_of_all",
    cases: [
      .texts("regclass", "pg_class", #""Odd.Names"."a.b""#, "-", isPortable: false),
      .texts("regtype", "integer", "timestamp with time zone", "-", #""Odd.Names"."a.b""#, isPortable: false),
      .texts("regproc", "pg_catalog.now", #""Odd.Names".f"#, "-", isPortable: false),
      .texts("regprocedure", "pg_catalog.abs(integer)", #""Odd.Names".f(integer)"#, isPortable: false),
      .texts("regoperator", "pg_catalog.+(integer,integer)", "0", isPortable: false),
      .texts("regnamespace", "pg_catalog", #""Odd.Names""#, isPortable: false),
      .texts("regrole", "pg_read_all_settings", "pg_monitor", isPortable: false),
      .texts("regcollation", #"pg_catalog."C""#, #"pg_catalog."default""#, isPortable: false),
      .texts("regconfig", "english", "simple", isPortable: false),
      .texts("regdictionary", "english_stem", "simple", isPortable: false),
      .texts("regclass[]", "{pg_class,NULL}", #"{"\"Odd.Names\".\"a.b\""}"#, isPortable: false),
    ])

  static let own = TypeFamily(
    name: "types of one's own",
    setUp: #"""
      CREATE TYPE mood AS ENUM ('happy', 'Very Sad', 'it''s', 'a,b', '{', 'NULL', '');
      CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
      CREATE DOMAIN price AS numeric(8,2) NOT NULL DEFAULT 0 CHECK (VALUE >= 0);
      CREATE DOMAIN small_price AS price CHECK (VALUE < 100);
      CREATE DOMAIN stamp AS timestamptz(0);
      CREATE DOMAIN tags AS text[];
      CREATE DOMAIN good_mood AS mood CHECK (VALUE <> 'Very Sad');
      CREATE TYPE pair AS (a int, b text);
      CREATE TYPE nest AS (p pair, m mood, n numeric(8,2)[], j jsonb, t timestamptz, c char(3), d positive);
      CREATE DOMAIN known_pair AS pair CHECK ((VALUE).a > 0);
      CREATE TYPE span AS RANGE (subtype = float8);
      CREATE SCHEMA "My.Types"; CREATE TYPE "My.Types"."Odd ""Kind""" AS ENUM ('x', 'y');
      CREATE TABLE rowtype (id int, v varchar(5));
      """#,
    targetFirst: "CREATE TYPE first_of_all AS ENUM ('a', 'b', 'c'); CREATE TYPE second AS (a int)",
    cases: [
      .texts("mood", "happy", "Very Sad", "it's", "a,b", "{", "NULL", "", isPortable: false),
      TypeCase("mood[]", ["'{}'", "enum_range(NULL::mood)", "ARRAY[NULL]", "ARRAY['NULL']"], isPortable: false),
      .texts("good_mood", "happy", "it's", isPortable: false),
      .texts("positive", "1", "2147483647"),
      .texts("positive[]", "{1,2}", "{3,NULL}", isPortable: false),
      .texts("stamp", "2024-02-29 12:00+05:30", "infinity"),
      .texts("tags", "{a,NULL}", "{}"),
      TypeCase(
        "pair", ["ROW(1, 'x, y')", "ROW(NULL, NULL)", "ROW(NULL, '')", #"ROW(-1, '")(\')"#], isPortable: false),
      TypeCase("pair[]", ["ARRAY[ROW(1, 'a'), NULL]", "'{}'"], isPortable: false),
      TypeCase("known_pair", ["ROW(1, 'a')", "ROW(2, NULL)"], isPortable: false),
      TypeCase(
        "nest",
        [
          "ROW(ROW(1, '\"')::pair, 'a,b', '{1.5,NULL}', '{\"a\": 1}', '2024-02-29 12:00+05:30', 'x', 1)",
          "ROW(NULL, NULL, NULL, NULL, 'infinity', 'abc', NULL)",
        ], isPortable: false),
      .texts("span", "[-0,1)", "[0,1)", "empty", "(-Infinity,NaN]", isPortable: false),
      .texts(#""My.Types"."Odd ""Kind""""#, "x", "y", isPortable: false),
      .texts(#""My.Types"."Odd ""Kind"""[]"#, "{x,NULL}", "{y}", isPortable: false),
      .texts("rowtype", "(1,abc)", "(,)", isPortable: false),
    ])

  /// They come with postgresql-contrib.
  static let extensions = TypeFamily(
    name: "types of extensions",
    setUp: "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree; CREATE EXTENSION cube",
    targetFirst: "CREATE TYPE first_of_all AS ENUM ()",
    needs: [.extensions(["hstore", "citext", "ltree", "cube"])],
    cases: [
      .texts("hstore", "", "a=>1", "a=>NULL", #""a b"=>"c\"d", "NULL"=>"NULL", ""=>"""#, isPortable: false),
      .texts("hstore[]", #"{"\"a\"=>\"1\"",NULL}"#, "{}", isPortable: false),
      .texts("citext", "abc", "ABC", "", " ", "ÄÖ", isPortable: false),
      .texts("citext[]", "{abc,NULL}", "{ABC}", isPortable: false),
      .texts("ltree", "Top.Science.Astronomy", "", isPortable: false),
      .texts("cube", "(1, 2)", "(1, 2),(3, 4)", "(0.1, -0)", isPortable: false),
    ])
}
