import PGTide
import Testing

extension Integration {
  /// What the catalogs, the rights and the servers' state forbid is said before the first row.
  @Suite struct PrecheckTests {
    private static func table(_ change: (inout TableConfiguration) -> Void) -> [TableConfiguration] {
      var table = TableConfiguration(target: TableName(name: "t"))
      change(&table)
      return [table]
    }

    static let rights = [
      Precheck(
        name: "no right on the target's table", flaw: Precheck.rights + "REVOKE ALL ON t FROM {role}",
        asRole: [.target],
        says: [
          (
            "lacks rights on public.t on the target: SELECT, INSERT, UPDATE",
            #"GRANT SELECT, INSERT, UPDATE ON "public"."t" TO"#
          )
        ]),
      Precheck(
        name: "a right on some columns",
        flaw: Precheck.rights
          + "REVOKE INSERT, UPDATE ON t FROM {role}; GRANT INSERT (id, source), UPDATE (v) ON t TO {role}",
        asRole: [.target],
        says: [(#"on the target: INSERT ("v")"#, #"GRANT INSERT ("v") ON "public"."t" TO "{role}""#)]),
      Precheck(
        name: "no use of the target's schema",
        flaw: Precheck.rights + "CREATE SCHEMA app; ALTER TABLE t SET SCHEMA app", asRole: [.target],
        configure: {
          $0.target.schema = "app"
          $0.metadata.schema = "public"
        },
        says: [("{role} may not use the schema app on the target", #"GRANT USAGE ON SCHEMA "app" TO "{role}""#)]),
      Precheck(
        name: "no use of a default's sequence",
        flaw: Precheck.rights + "CREATE SEQUENCE s; ALTER TABLE t ADD n int NOT NULL DEFAULT nextval('s')",
        asRole: [.target],
        says: [
          ("may not use the sequence public.s on the target, which gives column n", "GRANT USAGE ON SEQUENCE public.s")
        ]),
      Precheck(
        name: "a parent that cannot be read",
        flaw: Precheck.rights
          + "CREATE TABLE p (v text PRIMARY KEY); INSERT INTO p VALUES ('old'); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES p",
        asRole: [.target],
        says: [("may not read public.p on the target, where its foreign key f", #"GRANT SELECT ON "public"."p""#)]),
      Precheck(
        name: "no use of the source's schema",
        source: "CREATE SCHEMA office; CREATE TABLE office.t (id int, v text); GRANT SELECT ON office.t TO {role}",
        asRole: [.source], configure: { $0.source.schema = "office" },
        says: [("{role} may not use the schema office on the source", #"GRANT USAGE ON SCHEMA "office""#)]),
      Precheck(
        name: "a column of the source that cannot be read",
        source: "CREATE TABLE t (id int, v text); GRANT SELECT (id) ON t TO {role}", asRole: [.source],
        says: [("may not read its columns v on the source", #"GRANT SELECT ("v") ON "public"."t""#)]),
      Precheck(
        name: "a query over what cannot be read", asRole: [.source],
        configure: { $0.tables = table { $0.source = .query("SELECT * FROM public.t") } },
        says: [("the source refuses to read it: permission denied for table t", #"Grant it to "{role}""#)]),
    ]

    static let rowSecurity = [
      Precheck(
        name: "row-level security on the source",
        source: "CREATE TABLE t (id int, v text); GRANT SELECT ON t TO {role}; ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        asRole: [.source], says: [("row-level security on the source would hide rows of public.t", "BYPASSRLS")]),
      Precheck(
        name: "row-level security behind a view of the source",
        source: """
          CREATE TABLE hidden (id int, v text); GRANT SELECT ON hidden TO {role};
          ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE VIEW t AS SELECT * FROM hidden; ALTER VIEW t OWNER TO {role}
          """,
        says: [("query would be affected by row-level security policy for table \"hidden\"", "BYPASSRLS")]),
      Precheck(
        name: "row-level security on the target", flaw: Precheck.rights + "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        asRole: [.target], says: [("row-level security on the target would hide rows of public.t", "owner")]),
      Precheck(
        name: "row-level security that its owner cannot escape",
        flaw: Precheck.rights + """
          ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; ALTER TABLE t OWNER TO {role}
          """,
        asRole: [.target], says: [("row-level security on the target would hide rows", "FORCE ROW LEVEL SECURITY")]),
      Precheck(
        name: "row-level security on a parent",
        flaw: Precheck.rights + """
          CREATE TABLE p (v text PRIMARY KEY); INSERT INTO p VALUES ('old'); GRANT SELECT ON p TO {role};
          ALTER TABLE p ENABLE ROW LEVEL SECURITY; ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES p
          """,
        asRole: [.target], says: [("hide rows of public.p from {role}, where its foreign key f", "BYPASSRLS")]),
    ]

    static let tables = [
      Precheck(
        name: "a rule on the target",
        flaw: "CREATE RULE shadow AS ON INSERT TO t DO ALSO SELECT 1",
        says: [("the rule shadow on the target", #"DROP RULE "shadow" ON "public"."t""#)]),
      Precheck(
        name: "a disabled rule on the target",
        flaw: "CREATE RULE shadow AS ON UPDATE TO t DO ALSO SELECT 1; ALTER TABLE t DISABLE RULE shadow",
        says: [("even disabled, it forbids INSERT … ON CONFLICT", #"DROP RULE "shadow" ON "public"."t""#)]),
      Precheck(
        name: "a materialized view as target", target: "CREATE MATERIALIZED VIEW t AS SELECT 1 AS id",
        says: [("not a table on the target, but a materialized view", "name the table")]),
      Precheck(
        name: "a foreign table as target",
        target: """
          CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE t (id int) SERVER s
          """,
        says: [("not a table on the target, but a foreign table", "name the table")],
        cleanUp: "DROP FOREIGN DATA WRAPPER w CASCADE"),
      Precheck(
        name: "a publication of updates without a replica identity",
        target: """
          CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id); CREATE PUBLICATION pub FOR TABLE t
          """,
        configure: { $0.tables = table { $0.key = ["id"] } },
        says: [("the publication pub of the target publishes its updates", "REPLICA IDENTITY FULL")],
        cleanUp: "DROP PUBLICATION pub"),
      Precheck(
        name: "a publication of all tables' updates without a replica identity",
        target: """
          CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id);
          CREATE PUBLICATION pub FOR ALL TABLES
          """,
        configure: { $0.tables = table { $0.key = ["id"] } },
        says: [("the publication pub of the target publishes its updates", "REPLICA IDENTITY FULL")],
        cleanUp: "DROP PUBLICATION pub"),
      Precheck(
        name: "a publication of a schema's updates without a replica identity",
        target: """
          CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX ON t (id);
          CREATE PUBLICATION pub FOR TABLES IN SCHEMA public
          """,
        configure: { $0.tables = table { $0.key = ["id"] } },
        says: [("the publication pub of the target publishes its updates", "REPLICA IDENTITY FULL")],
        cleanUp: "DROP PUBLICATION pub", needs: [.targetVersion(15)]),
      Precheck(
        name: "a partition without a replica identity, published through its table",
        target: """
          CREATE TABLE t (id int, v text, source text) PARTITION BY RANGE (id); CREATE UNIQUE INDEX ON t (id);
          CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (9);
          CREATE PUBLICATION pub FOR TABLE t WITH (publish_via_partition_root)
          """,
        configure: { $0.tables = table { $0.key = ["id"] } },
        says: [("the publication pub", "each partition")], cleanUp: "DROP PUBLICATION pub"),
      Precheck(
        name: "an identity column that an update would set",
        target: """
          CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, v text PRIMARY KEY, source text)
          """,
        configure: { $0.tables = table { $0.key = ["v"] } },
        says: [("column id is GENERATED ALWAYS AS IDENTITY", "SET GENERATED BY DEFAULT")]),
      Precheck(
        name: "a key with an index that is not valid",
        flaw: "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_pkey'::regclass",
        says: [("t_pkey is not valid", "covers all rows")]),
      Precheck(
        name: "a key with an index on an expression",
        target: "CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX low ON t (lower(v))",
        configure: { $0.tables = table { $0.key = ["v"] } },
        says: [("its key's unique index low is on an expression", "columns themselves")]),
      Precheck(
        name: "a key with an index of another collation",
        target: """
          CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
          CREATE TABLE t (id int, v text, source text); CREATE UNIQUE INDEX other ON t (v COLLATE loose)
          """,
        configure: { $0.tables = table { $0.key = ["v"] } },
        says: [("its key's unique index other compares texts by another collation", "index")], needs: [.icu]),
    ]

    static let values = [
      Precheck(
        name: "a constant of another type", flaw: "ALTER TABLE t ADD n int",
        configure: { $0.tables = table { $0.columns = [ColumnMapping(column: "n", value: .constant("many"))] } },
        says: [("column n does not take the constant 'many': invalid input syntax for type integer", "`columns`")]),
      Precheck(
        name: "a constant that would be cut", flaw: "ALTER TABLE t ADD n varchar(3)",
        configure: { $0.tables = table { $0.columns = [ColumnMapping(column: "n", value: .constant("many"))] } },
        says: [("column n, character varying(3), cannot hold the constant 'many' as it is", "`columns`")]),
      Precheck(
        name: "a constant that a domain refuses",
        flaw: "CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0); ALTER TABLE t ADD n even",
        configure: { $0.tables = table { $0.columns = [ColumnMapping(column: "n", value: .constant("3"))] } },
        says: [("column n does not take the constant '3': value for domain even violates", "`columns`")]),
      Precheck(
        name: "NULL for a column that takes none", flaw: "ALTER TABLE t ADD n int NOT NULL DEFAULT 1",
        configure: { $0.tables = table { $0.columns = [ColumnMapping(column: "n", value: .constant(nil))] } },
        says: [("column n must not be NULL, and its constant is", "`columns`")]),
      Precheck(
        name: "a marker that is too narrow", target: "CREATE TABLE t (id int PRIMARY KEY, v text, source char(1))",
        configure: { $0.origin = .marker(column: "source", ours: "DESK") },
        says: [("its marker column source, character(1), cannot hold 'DESK'", "`ours`")]),
      Precheck(
        name: "a marker of another type", target: "CREATE TABLE t (id int PRIMARY KEY, v text, source int)",
        says: [("its marker column source does not take the value 'D'", "`ours`")]),
      Precheck(
        name: "a marker that the target computes",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text GENERATED ALWAYS AS ('D') STORED)",
        says: [("its marker column source is computed", "`origin`")]),
      Precheck(
        name: "a stamp that holds no time", flaw: "ALTER TABLE t ADD updated_at int",
        says: [("its stamp column updated_at is integer, which cannot hold a time", "`stamps`")]),
      Precheck(
        name: "a stamp that the target computes",
        flaw: "ALTER TABLE t ADD created_at date GENERATED ALWAYS AS ('2000-01-01'::date) STORED",
        says: [("its stamp column created_at is computed", "`stamps`")]),
    ]

    @Test(arguments: rights)
    func `a right that is missing is named with the statement that grants it`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test(arguments: rowSecurity)
    func `row-level security that would hide rows is a refusal`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test(arguments: tables)
    func `a target's table that pgtide cannot write safely is refused`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test(arguments: values)
    func `a value of the configuration that a column does not take is refused`(_ flaw: Precheck) async throws {
      try await flaw.demandRefusal()
    }

    @Test func `problems of both ends and of all tables come together`() async throws {
      let flaw = Precheck(
        name: "much at once", source: "CREATE TABLE t (id int, v text); CREATE TABLE a (id int)",
        target:
          "CREATE TABLE t (id int PRIMARY KEY, v text, source text); CREATE TABLE b (id int PRIMARY KEY, source text)",
        asRole: [.source, .target],
        configure: { $0.tables += ["a", "b"].map { TableConfiguration(target: TableName(name: $0)) } },
        says: [
          ("may not read public.t on the source", "GRANT SELECT"),
          ("may not read public.a on the source", ""), ("no table public.a", ""),
        ])
      try await flaw.prepared { scenario, configuration async throws in
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        let text = refusal?.description ?? ""
        for part in [
          "t: role_", "may not read public.t on the source", "the target has no table public.a",
          "the source has no table or view public.b", "may not create the schema pgtide",
          "the status table public._sync_metadata cannot be made",
        ] {
          #expect(text.contains(part), "\(text)")
        }
      }
    }
  }
}
