import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// A table that the configuration writes with its schema by now, and wrote without it before.
  @Suite struct RenamedTableTests {
    private static let source = """
      CREATE TABLE card (id int, v text, f float8, r real[]); INSERT INTO card
      SELECT g, CASE g WHEN 2 THEN 'too long' ELSE 'a' END, CASE g WHEN 2 THEN -0 ELSE 0 END, '{0,1}'
      FROM generate_series(1, 200) g; UPDATE card SET f = '-0', r = '{1,-0}' WHERE id = 2;
      """
    private static let target = """
      CREATE TABLE card (id int PRIMARY KEY, v varchar(5), f float8, r real[], source char(1));
      INSERT INTO card VALUES (1, 'a', '-0', '{-0,NaN}', 'M');
      """

    @Test func `keeps its history, its rejects and its lists, and the brakes hold`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = scenario.removing("card")
        configuration.tables[0].maxDrop = .rows(10)
        try await scenario.sync(configuration)
        let listed = "SELECT since::text FROM pgtide.protected"
        let since = try await scenario.target.value(listed)
        configuration.tables[0].target = TableName(schema: "public", name: "card")
        try await scenario.source.run("DELETE FROM card WHERE id > 180")
        for options in [Sync.Options(isDryRun: true), Sync.Options()] {
          let stopped = try await scenario.sync(configuration, options: options)
          #expect(stopped.table("public.card")?.brake == .sourceShrank)
        }
        configuration.tables[0].allowedDeletes = 20
        #expect(try await scenario.sync(configuration).totals.deleted == 20)
        #expect(try await scenario.target.value(listed) == since)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.rejects WHERE times > 1") == "1")
        for table in ["run_tables", "rejects", "protected", "deleted"] {
          #expect(
            try await scenario.target.value("SELECT DISTINCT table_name FROM pgtide.\(table)") == "public.card")
        }
        // A negative zero is another value.
        #expect(
          try await scenario.target.value(
            "SELECT concat_ws(' ', source_row->>'f', target_row->>'f', target_row->>'r') FROM pgtide.protected")
            == #"0 -0 ["-0", "NaN"]"#)
        #expect(
          try await scenario.target.value("SELECT concat_ws(' ', row_data->>'f', row_data->>'r') FROM pgtide.rejects")
            == #"-0 ["1", "-0"]"#)
        // The other way round, with rows of both names.
        configuration.tables[0].target = TableName(name: "card")
        try await scenario.target.run(
          """
          INSERT INTO pgtide.protected (flow, table_name, row_key, reason, run_id)
          SELECT flow, 'card', row_key, reason, run_id FROM pgtide.protected
          """)
        #expect(try await scenario.sync(configuration).outcome == .rejects)
        #expect(try await scenario.target.value("SELECT string_agg(table_name, ' ') FROM pgtide.protected") == "card")
      }
    }

    @Test func `what another table of the same name has left is not its past`() async throws {
      let tables = """
        CREATE SCHEMA old; CREATE TABLE old.card (id int PRIMARY KEY); CREATE TABLE card (id int PRIMARY KEY);
        """
      try await withScenario(
        source: tables + "INSERT INTO old.card SELECT generate_series(1, 400); INSERT INTO card VALUES (1)",
        target: tables + "INSERT INTO card VALUES (2)"
      ) { scenario async throws in
        var before = scenario.removing("card")
        before.origin = .allRowsAreOurs
        let after = before
        before.source.schema = "old"
        before.target.schema = "old"
        try await scenario.sync(before)
        try await scenario.source.run("DELETE FROM old.card WHERE id = 7")
        #expect(try await scenario.sync(before).totals.deleted == 1)
        let report = try await scenario.sync(after)
        #expect(report.totals.deleted == 1)
        #expect(report.table("card")?.warnings == [])
        #expect(try await Undelete(after, isTrial: false)().tables.map(\.restored) == [1])
        #expect(try await scenario.target.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM card") == "1 2")
        #expect(try await Undelete(before, isTrial: false)().tables.map(\.restored) == [1])
        #expect(try await scenario.target.value("SELECT count(*) FROM old.card WHERE id = 7") == "1")
      }
    }
  }
}
