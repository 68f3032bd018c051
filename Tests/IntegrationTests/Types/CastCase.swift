import Testing

/// Two types, and what becomes of values of the one in the other.
struct CastCase: Sendable, CustomTestStringConvertible {
  var from: String
  var to: String
  /// SQL values that arrive, each as it stands on the target.
  var fits: KeyValuePairs<String, String> = [:]
  /// SQL values that are rejected.
  var rejected: [String] = []

  var testDescription: String { "\(from) to \(to)" }

  static let all = numbers + texts + times + documents + others

  static let sourceSetUp = """
    CREATE EXTENSION citext; CREATE TABLE only_on_source ();
    CREATE TYPE mood AS ENUM ('office', 'sad', 'happy'); CREATE TYPE pair AS (a numeric, b text);
    CREATE DOMAIN price AS numeric; CREATE TYPE span AS RANGE (subtype = numeric);
    """
  static let targetSetUp = """
    CREATE EXTENSION citext;
    CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TYPE pair AS (a numeric(8,2), b varchar(3));
    CREATE DOMAIN price AS numeric(8,2); CREATE TYPE span AS RANGE (subtype = numeric);
    CREATE DOMAIN good AS mood; CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
    CREATE DOMAIN code AS varchar(3); CREATE DOMAIN moment AS timestamp(0);
    """

  private static let numbers = [
    CastCase(
      from: "bigint", to: "smallint", fits: ["32767": "32767", "-32768": "-32768"], rejected: ["32768", "-32769"]),
    CastCase(
      from: "bigint", to: "integer", fits: ["2147483647": "2147483647", "-2147483648": "-2147483648"],
      rejected: ["2147483648", "-2147483649"]),
    CastCase(from: "integer", to: "bigint", fits: ["5": "5"]),
    CastCase(from: "integer", to: "numeric(3)", fits: ["999": "999"], rejected: ["1000"]),
    CastCase(from: "integer", to: "real", fits: ["16777216": "1.6777216e+07"], rejected: ["16777217"]),
    CastCase(
      from: "bigint", to: "double precision", fits: ["9007199254740992": "9.007199254740992e+15"],
      rejected: ["9007199254740993"]),
    CastCase(from: "integer", to: "oid", fits: ["0": "0"], rejected: ["-1"]),
    CastCase(from: "bigint", to: "oid", fits: ["4294967295": "4294967295"], rejected: ["4294967296", "-1"]),
    CastCase(from: "oid", to: "integer", fits: ["2147483647": "2147483647"], rejected: ["2147483648"]),
    CastCase(from: "oid", to: "bigint", fits: ["4294967295": "4294967295"]),
    CastCase(from: "integer", to: "positive", fits: ["5": "5"]),
    CastCase(from: "numeric", to: "integer", fits: ["7": "7", "7.00": "7"], rejected: ["7.5", "3000000000", "'NaN'"]),
    CastCase(
      from: "numeric", to: "bigint", fits: ["9223372036854775807": "9223372036854775807"],
      rejected: ["9223372036854775808", "9223372036854775807.1", "'Infinity'"]),
    CastCase(from: "numeric(10,3)", to: "numeric(8,2)", fits: ["1.5": "1.50"], rejected: ["1.005", "1000000"]),
    CastCase(
      from: "numeric(11,4)", to: "numeric(8,2)", fits: ["1.2300": "1.23", "-999999.99": "-999999.99"],
      rejected: ["1.2301", "-1000000"]),
    CastCase(
      from: "numeric", to: "numeric(4,2)", fits: ["99.99": "99.99", "'NaN'": "NaN"],
      rejected: ["100", "0.001", "'Infinity'"]),
    CastCase(
      from: "numeric", to: "double precision",
      fits: ["0.1": "0.1", "0.1234567890123456": "0.1234567890123456", "5e-324": "5e-324", "'-Infinity'": "-Infinity"],
      rejected: ["0.12345678901234567890123", "1e400", "1e-400"]),
    CastCase(
      from: "numeric", to: "real", fits: ["0.1": "0.1", "2147483648": "2.1474836e+09", "1e-45": "1e-45"],
      rejected: ["2147483647", "1e39", "1e-46"]),
    CastCase(
      from: "double precision", to: "real",
      fits: [
        "0.1": "0.1", "0.1234567": "0.1234567", "2147483648": "2.1474836e+09", "'NaN'": "NaN", "'Infinity'": "Infinity",
        "'-0'": "-0",
      ],
      rejected: ["0.123456789012", "0.30000000000000004", "1e300", "1e-300"]),
    CastCase(
      from: "double precision", to: "integer", fits: ["7": "7"],
      rejected: ["7.5", "1e20", "'NaN'", "'Infinity'", "2147483648"]),
    CastCase(
      from: "double precision", to: "bigint",
      fits: ["9223372036854774784": "9223372036854774784", "-9223372036854775808": "-9223372036854775808"],
      rejected: ["9223372036854775808"]),
    CastCase(from: "real", to: "bigint", fits: ["16777216": "16777216"], rejected: ["9223372036854775808", "0.5"]),
    CastCase(
      from: "double precision", to: "numeric", fits: ["0.1": "0.1", "'NaN'": "NaN"],
      rejected: ["0.30000000000000004", "'Infinity'"]),
    CastCase(from: "double precision", to: "numeric(4,2)", fits: ["1.25": "1.25"], rejected: ["1.005", "100"]),
    CastCase(from: "real", to: "numeric", fits: ["0.5": "0.5", "0.1": "0.1"], rejected: ["0.1234567"]),
    CastCase(from: "numeric", to: "money", fits: ["1.25": "$1.25"], rejected: ["1.255", "1e17", "'NaN'"]),
    CastCase(from: "money", to: "numeric(3,1)", fits: ["1.5": "1.5"], rejected: ["1.25", "1000"]),
  ]

  private static let texts = [
    CastCase(
      from: "text", to: "varchar(3)", fits: ["'abc'": "abc", "'äöü'": "äöü", "''": ""], rejected: ["'abcd'", "'ab  '"]),
    CastCase(from: "varchar(10)", to: "varchar(3)", fits: ["'abc'": "abc"], rejected: ["'abcd'"]),
    CastCase(from: "varchar", to: "code", fits: ["'abc'": "abc"], rejected: ["'abcd'"]),
    CastCase(from: "text", to: "char(3)", fits: ["'ab'": "ab ", "'ab    '": "ab "], rejected: ["'abcd'"]),
    CastCase(from: "char(5)", to: "text", fits: ["'ab'": "ab"]),
    CastCase(from: "char(5)", to: "char(3)", fits: ["'abc'": "abc"], rejected: ["'abcd'"]),
    CastCase(from: "text", to: "name", fits: ["'ä'": "ä"], rejected: ["repeat('ä', 32)"]),
    CastCase(from: "name", to: "varchar(3)", fits: ["'abc'": "abc"], rejected: ["'abcd'"]),
    CastCase(from: "text", to: #""char""#, fits: ["'a'": "a", "''": ""], rejected: ["'ab'", "'ä'"]),
    CastCase(from: "text", to: "citext", fits: ["'Ab'": "Ab"]),
    CastCase(from: "citext", to: "varchar(3)", fits: ["'Abc'": "Abc"], rejected: ["'Abcd'"]),
    CastCase(from: "integer", to: "varchar(2)", fits: ["42": "42"], rejected: ["100"]),
    CastCase(from: "boolean", to: "char(4)", fits: ["true": "true"], rejected: ["false"]),
    CastCase(from: "numeric", to: "text", fits: ["1.10": "1.10"]),
    CastCase(from: "double precision", to: "text", fits: ["0.30000000000000004": "0.30000000000000004"]),
    CastCase(from: "timestamptz", to: "text", fits: ["'2024-02-29 12:00+01'": "2024-02-29 11:00:00+00"]),
    CastCase(from: "inet", to: "text", fits: ["'10.0.0.1'": "10.0.0.1/32"]),
    CastCase(from: "bytea", to: "text", fits: [#"'\x00ff'"#: #"\x00ff"#]),
    CastCase(from: "xml", to: "varchar(4)", fits: ["'<a/>'": "<a/>"], rejected: ["'<ab/>'"]),
    CastCase(from: "mood", to: "varchar(3)", fits: ["'sad'": "sad"], rejected: ["'happy'"]),
    CastCase(from: "integer[]", to: "text", fits: ["'{1,NULL}'": "{1,NULL}"]),
    CastCase(from: "pair", to: "text", fits: ["ROW(1, 'x')": "(1,x)"]),
  ]

  private static let times = [
    CastCase(
      from: "timestamp", to: "date", fits: ["'2024-02-29'": "2024-02-29", "'infinity'": "infinity"],
      rejected: ["'2024-02-29 12:00'"]),
    CastCase(
      from: "timestamp", to: "timestamp(0)", fits: ["'2024-02-29 12:00:01'": "2024-02-29 12:00:01"],
      rejected: ["'2024-02-29 12:00:01.5'"]),
    CastCase(
      from: "timestamp", to: "moment", fits: ["'2024-02-29 12:00:01'": "2024-02-29 12:00:01"],
      rejected: ["'2024-02-29 12:00:01.5'"]),
    CastCase(
      from: "timestamp", to: "timestamptz",
      fits: ["'2024-02-29 12:00'": "2024-02-29 12:00:00+00", "'infinity'": "infinity"]),
    CastCase(from: "timestamptz", to: "timestamp", fits: ["'2024-02-29 12:00+01'": "2024-02-29 11:00:00"]),
    CastCase(
      from: "timestamptz", to: "date", fits: ["'2024-02-29 00:00+00'": "2024-02-29"],
      rejected: ["'2024-02-29 00:00+01'"]),
    CastCase(
      from: "timestamptz", to: "timestamp(0)", fits: ["'2024-02-29 12:00+00'": "2024-02-29 12:00:00"],
      rejected: ["'2024-02-29 12:00:00.5+00'"]),
    CastCase(
      from: "date", to: "timestamp", fits: ["'294276-12-31'": "294276-12-31 00:00:00", "'-infinity'": "-infinity"],
      rejected: ["'294277-01-01'", "'5874897-12-31'"]),
    CastCase(
      from: "date", to: "timestamptz(0)", fits: ["'2024-02-29'": "2024-02-29 00:00:00+00"],
      rejected: ["'5874897-12-31'"]),
    CastCase(from: "time", to: "time(0)", fits: ["'12:00:01'": "12:00:01"], rejected: ["'23:59:59.9'"]),
    CastCase(from: "time", to: "timetz", fits: ["'12:00'": "12:00:00+00"]),
    CastCase(from: "timetz", to: "time", fits: ["'12:00+00'": "12:00:00"], rejected: ["'12:00+01'"]),
    CastCase(from: "time", to: "interval", fits: ["'24:00'": "24:00:00"]),
    CastCase(
      from: "interval", to: "time", fits: ["'12:00'": "12:00:00"], rejected: ["'1 day 01:00'", "'25:00'", "'-1:00'"]),
    CastCase(
      from: "interval", to: "interval year to month", fits: ["'1 year 2 mons'": "1 year 2 mons"],
      rejected: ["'1 year 2 days'"]),
    CastCase(
      from: "interval", to: "interval day to second(0)", fits: ["'1 day 01:00:01'": "1 day 01:00:01"],
      rejected: ["'1.5 sec'"]),
  ]

  private static let documents = [
    CastCase(
      from: "json", to: "jsonb",
      fits: [
        #"'{"b": 1, "a": [1,2]}'"#: #"{"a": [1, 2], "b": 1}"#,
        #"'"a\\u0000"'"#: #""a\\u0000""#,
        #"'"\\ud800"'"#: #""\\ud800""#,
        #"'"\ud83d\ude00"'"#: #""😀""#,
        #"'{"a": {"k": 1}, "b": [{"k": 2}, {"k": 3}]}'"#: #"{"a": {"k": 1}, "b": [{"k": 2}, {"k": 3}]}"#,
        #"'{"a:b": "\":", "c": ":"}'"#: #"{"c": ":", "a:b": "\":"}"#,
        #"'"1e99999"'"#: #""1e99999""#,
      ],
      rejected: [
        #"'"a\u0000"'"#, #"'"\\\u0000"'"#, #"'"\ud800"'"#, #"'"\udc00\ud800"'"#, #"'"\uD83D\\\uDE00"'"#,
        #"'{"a": 1, "a": 1}'"#, #"'{"a": 1, "\u0061": 2}'"#, #"'[{"b": {"a": 1, "a": null}}]'"#, "'1e-20000'",
        "'[1e999999]'",
      ]),
    CastCase(from: "jsonb", to: "json", fits: [#"'{"a":1}'"#: #"{"a": 1}"#]),
    CastCase(from: "json", to: "text", fits: [#"'{"a":  1}'"#: #"{"a":  1}"#]),
  ]

  private static let others = [
    CastCase(from: "varbit", to: "bit(3)", fits: ["B'101'": "101"], rejected: ["B'1010'", "B'1'"]),
    CastCase(from: "bit(3)", to: "bit(5)", rejected: ["B'101'"]),
    CastCase(from: "bit(3)", to: "varbit(4)", fits: ["B'101'": "101"]),
    CastCase(from: "varbit", to: "varbit(3)", fits: ["B'101'": "101"], rejected: ["B'1010'"]),
    CastCase(from: "cidr", to: "inet", fits: ["'10.0.0.0/8'": "10.0.0.0/8"]),
    CastCase(from: "inet", to: "cidr", fits: ["'10.0.0.0/8'": "10.0.0.0/8"], rejected: ["'10.0.0.1/8'"]),
    CastCase(from: "macaddr", to: "macaddr8", fits: ["'01:02:03:04:05:06'": "01:02:03:ff:fe:04:05:06"]),
    CastCase(
      from: "macaddr8", to: "macaddr", fits: ["'01:02:03:ff:fe:04:05:06'": "01:02:03:04:05:06"],
      rejected: ["'01:02:03:04:05:06:07:08'"]),
    CastCase(from: "text", to: "mood", fits: ["'happy'": "happy"], rejected: ["'angry'", "''"]),
    CastCase(from: "mood", to: "mood", fits: ["'happy'": "happy"], rejected: ["'office'"]),
    CastCase(from: "mood", to: "good", fits: ["'happy'": "happy"], rejected: ["'office'"]),
    CastCase(from: "varchar", to: "good", fits: ["'sad'": "sad"], rejected: ["'angry'"]),
    CastCase(
      from: "mood[]", to: "mood[]", fits: ["ARRAY['sad', NULL]::mood[]": "{sad,NULL}"],
      rejected: ["ARRAY['sad', 'office']::mood[]"]),
    CastCase(from: "text[]", to: "text[]", fits: ["ARRAY['a', NULL]": "{a,NULL}"]),
    CastCase(
      from: "numeric(11,4)[]", to: "numeric(8,2)[]",
      fits: ["'{1.5,NULL}'": "{1.50,NULL}", "'{{1},{2}}'": "{{1.00},{2.00}}"],
      rejected: ["'{1,1.005}'", "'{1000000}'"]),
    CastCase(
      from: "varchar[]", to: "varchar(2)[]", fits: ["'{ab,NULL}'": "{ab,NULL}"], rejected: ["'{ab,abc}'", "'{{abc}}'"]),
    CastCase(
      from: "timestamp[]", to: "timestamp(0)[]", fits: ["'{2024-02-29 12:00}'": #"{"2024-02-29 12:00:00"}"#],
      rejected: ["'{2024-02-29 12:00:00.5}'"]),
    CastCase(
      from: "pair", to: "pair", fits: ["ROW(1.50, 'abc')": "(1.50,abc)", "ROW(NULL, NULL)": "(,)"],
      rejected: ["ROW(1.005, 'abc')"]),
    CastCase(from: "price[]", to: "price[]", fits: ["'{1.50}'": "{1.50}"], rejected: ["'{1.005}'"]),
    CastCase(from: "span", to: "span", fits: ["'[1.5,2)'": "[1.5,2)"]),
    CastCase(from: "regclass", to: "regclass", fits: ["'pg_class'": "pg_class"], rejected: ["'only_on_source'"]),
  ]
}
