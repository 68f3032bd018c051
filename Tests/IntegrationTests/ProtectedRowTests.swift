import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Protected rows that differ from what the source has are listed in `pgtide.protected` until they are settled.
  @Suite struct ProtectedRowTests {
    /// Two rows of the app with keys of the source: one differs, the other does not.
    private static let held = """
      INSERT INTO people VALUES (1, 'Ann', 'M', '2020-01-01', '2020-01-02'),
        (2, 'Mine', 'M', '2020-01-01', '2020-01-02');
      """
    private static let list = """
      SELECT flow, table_name, row_key, reason, source_row, target_row, run_id FROM pgtide.protected ORDER BY row_key
      """
    private static let keys = "SELECT string_agg(row_key->>'id', ' ' ORDER BY row_key) FROM pgtide.protected"
    /// What changes whenever a row is written.
    private static let versions =
      "SELECT string_agg(concat(ctid, xmin, since), ' ' ORDER BY row_key) FROM pgtide.protected"

    private func withHeld<R: Sendable>(_ body: (Scenario) async throws -> R) async throws -> R {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople + Self.held, body)
    }

    @Test func `a row that differs is listed with both rows; one that does not is not`() async throws {
      try await withHeld { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.totals.protected == 2)
        #expect(report.table("people")?.protectedDifferent == 1)
        #expect(
          try await scenario.target.rows(Self.list) == [
            [
              "forward", "people", #"{"id": 2}"#, "differs", #"{"id": 2, "name": "Bob"}"#,
              #"{"id": 2, "name": "Mine"}"#, report.runID,
            ]
          ])
      }
    }

    @Test(arguments: [false, true]) func `a row that stays as it is, is not written again; a change keeps since`(
      isStaged: Bool
    ) async throws {
      try await withHeld { scenario async throws in
        var configuration = scenario.configuration("people")
        if isStaged { configuration = configuration.staged }
        try await scenario.sync(configuration)
        let versions = try await scenario.target.value(Self.versions)
        let since = try await scenario.target.value("SELECT since FROM pgtide.protected")
        try await scenario.source.run("INSERT INTO people VALUES (4, 'Dan')")
        #expect(try await scenario.sync(configuration).table("people")?.protectedDifferent == 1)
        #expect(try await scenario.target.value(Self.versions) == versions)

        try await scenario.source.run("UPDATE people SET name = 'Bert' WHERE id = 2")
        let report = try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows("SELECT source_row->>'name', since, run_id FROM pgtide.protected") == [
            ["Bert", since, report.runID]
          ])
        try await scenario.target.run("UPDATE people SET name = 'Still mine' WHERE id = 2")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.rows("SELECT target_row->>'name', since FROM pgtide.protected") == [
            ["Still mine", since]
          ])
      }
    }

    @Test(
      arguments: [
        ("UPDATE people SET name = 'Bob' WHERE id = 2", ""), ("DELETE FROM people WHERE id = 2", ""),
        ("UPDATE people SET source = 'D' WHERE id = 2", ""), ("UPDATE people SET source = NULL WHERE id = 2", ""),
        ("", "DELETE FROM people WHERE id = 2"), ("", "UPDATE people SET name = 'Mine' WHERE id = 2"),
        ("", "INSERT INTO people VALUES (2, 'Again')"), ("DELETE FROM people WHERE id < 3", ""),
      ], [false, true])
    func `a row that is settled on either side goes from the list`(
      change: (target: String, source: String), isStaged: Bool
    ) async throws {
      try await withHeld { scenario async throws in
        var configuration = scenario.configuration("people")
        if isStaged { configuration = configuration.staged }
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value(Self.keys) == "2")
        try await scenario.target.run(change.target)
        try await scenario.source.run(change.source)
        let report = try await scenario.sync(configuration)
        #expect(report.table("people")?.protectedDifferent == nil)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "0")
      }
    }

    @Test func `a table that a digest shows to be level keeps none on the list, and others keep theirs`() async throws {
      try await withScenario(
        source: "CREATE TABLE a (id int, v text); CREATE TABLE b (id int, v text); INSERT INTO b VALUES (1, 'x');"
          + "INSERT INTO a SELECT g, 'x' FROM generate_series(1, 5000) g",
        target: "CREATE TABLE a (id int PRIMARY KEY, v text, source text); CREATE TABLE b (LIKE a INCLUDING ALL);"
          + "INSERT INTO a VALUES (7, 'y', 'M'), (4000, 'x', 'M'); INSERT INTO b VALUES (1, 'y', 'M')"
      ) { scenario async throws in
        var configuration = scenario.configuration("a", "b")
        configuration.stamps = StampRule()
        try await scenario.sync(configuration)
        // Only the rows of two buckets are read now.
        try await scenario.target.run("UPDATE a SET v = 'z' WHERE id = 7")
        let read = try await scenario.sync(configuration)
        #expect(read.table("a")?.counts.matched ?? 0 > 4000)
        let listed =
          "SELECT string_agg(concat(table_name, row_key->>'id', target_row->>'v'), ' ' ORDER BY table_name)"
          + " FROM pgtide.protected"
        #expect(try await scenario.target.value(listed) == "a7z b1y")

        try await scenario.target.run("UPDATE a SET source = 'D', v = 'x' WHERE source = 'M'")
        let report = try await scenario.sync(configuration)
        #expect(report.table("a")?.counts.matched == 5000)
        #expect(try await scenario.target.value(listed) == "b1y")
      }
    }

    @Test func `a run without protected rows asks for nothing more, and a level one writes nothing`() async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let sent = Mutex<[String]>([])
        var options = Sync.Options()
        options.tracer = { trace in sent.withLock { $0.append(trace.statement) } }
        for change in ["", "UPDATE people SET name = 'Bea' WHERE id = 2"] {
          try await scenario.source.run(change)
          try await scenario.sync(scenario.configuration("people"), options: options)
        }
        #expect(!sent.withLock(\.self).contains { $0.contains(#"FROM "pgtide"."protected""#) })
        // Where rows were listed, it is one statement more in a message that is sent in any case.
        let before = try await scenario.sync(scenario.configuration("people")).roundTrips
        try await scenario.target.run(
          """
          INSERT INTO pgtide.protected (flow, table_name, row_key, reason, run_id)
            VALUES ('forward', 'people', '{"id": 9}', 'differs', 1), ('forward', 'people', '{"id": 9}', 'other', 1),
              ('other', 'people', '{"id": 9}', 'differs', 1), ('forward', 'other', '{"id": 9}', 'differs', 1)
          """)
        let after = try await scenario.sync(scenario.configuration("people")).roundTrips
        #expect(after.target == before.target && after.source == before.source)
        // What has another reason, or is of another flow or table, is somebody else's.
        #expect(
          try await scenario.target.value(
            """
            SELECT string_agg(concat_ws(' ', flow, table_name, reason), ', ' ORDER BY flow, table_name, reason)
            FROM pgtide.protected
            """)
            == "forward other differs, forward people other, other people differs")
      }
    }

    @Test func `ten thousand rows are listed once`() async throws {
      let count = 10_000
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g AS id, 'ours ' || g AS v FROM generate_series(1, \(count)) g",
        target: "CREATE TABLE t (id int PRIMARY KEY, v text, source text);"
          + "INSERT INTO t SELECT g, 'theirs', 'M' FROM generate_series(1, \(count)) g"
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "\(count)")
        let versions = "SELECT count(*), count(DISTINCT xmin::text), max(xmax::text) FROM pgtide.protected"
        #expect(try await scenario.target.rows(versions) == [["\(count)", "1", "0"]])
        try await scenario.source.run("UPDATE t SET v = 'new' WHERE id = 500")
        try await scenario.target.run("UPDATE t SET v = 'ours 900' WHERE id = 900")
        let report = try await scenario.sync(configuration)
        #expect(report.table("t")?.protectedDifferent == count - 1)
        #expect(try await scenario.target.rows(versions) == [["\(count - 1)", "2", "0"]])
        let written = "SELECT count(*) FROM pgtide.protected WHERE run_id = \(report.runID)"
        #expect(try await scenario.target.value(written) == "1")
      }
    }

    // MARK: - Ways to land

    @Test(arguments: [(true, false), (false, true), (true, true)])
    func `a dry run lists them as it keeps rejects, and so does --atomic`(isDryRun: Bool, isAtomic: Bool) async throws {
      try await withHeld { scenario async throws in
        let options = Sync.Options(isDryRun: isDryRun, isAtomic: isAtomic)
        let report = try await scenario.sync(scenario.configuration("people"), options: options)
        #expect(report.table("people")?.protectedDifferent == 1)
        #expect(try await scenario.target.value(Self.keys) == "2")
        try await scenario.target.run("UPDATE people SET name = 'Bob' WHERE id = 2")
        try await scenario.sync(scenario.configuration("people"), options: options)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "0")
      }
    }

    @Test func `a table that does not land keeps what was listed, and lists nothing new`() async throws {
      try await withHeld { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        let versions = try await scenario.target.value(Self.versions)
        try await scenario.target.run(
          Scenario.failing("people") + "ALTER TABLE people DISABLE TRIGGER fail; "
            + "UPDATE people SET name = 'Bob' WHERE id = 2; UPDATE people SET name = 'Other' WHERE id = 1;"
            + "ALTER TABLE people ENABLE TRIGGER fail")
        try await scenario.source.run("UPDATE people SET name = 'Cia' WHERE id = 3")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .failed)
        #expect(report.table("people")?.protectedDifferent == nil)
        #expect(try await scenario.target.value(Self.versions) == versions)
        try await scenario.target.run("DROP TRIGGER fail ON people")
        try await scenario.sync(scenario.configuration("people"))
        #expect(try await scenario.target.value(Self.keys) == "1")
      }
    }

    @Test func `rows that the target refuses do not keep others from the list`() async throws {
      try await withHeld { scenario async throws in
        try await scenario.target.run("ALTER TABLE people ADD CHECK (name <> 'Cid')")
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .rejects)
        #expect(report.table("people")?.protectedDifferent == 1)
        #expect(try await scenario.target.value(Self.keys) == "2")
      }
    }

    @Test func `tables that refer to each other list theirs`() async throws {
      try await withScenario(
        source: "CREATE TABLE a (id int, b int); CREATE TABLE b (id int, a int);"
          + "INSERT INTO a VALUES (1, 1), (2, 2); INSERT INTO b VALUES (1, 1), (2, 2)",
        target: """
          CREATE TABLE a (id int PRIMARY KEY, b int, source text);
          CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a DEFERRABLE, source text);
          ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE;
          INSERT INTO a VALUES (1, NULL, 'M'); INSERT INTO b VALUES (2, NULL, 'M'), (1, 1, 'M');
          """
      ) { scenario async throws in
        var configuration = scenario.configuration("a", "b")
        configuration.stamps = StampRule()
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .success)
          #expect(report.totals.protected == 3)
          #expect(
            try await scenario.target.rows(
              "SELECT table_name, row_key, source_row, target_row FROM pgtide.protected ORDER BY 1")
              == [
                ["a", #"{"id": 1}"#, #"{"b": 1, "id": 1}"#, #"{"b": null, "id": 1}"#],
                ["b", #"{"id": 2}"#, #"{"a": 2, "id": 2}"#, #"{"a": null, "id": 2}"#],
              ])
        }
      }
    }

    @Test func `a table whose rows are all ours now forgets what was listed`() async throws {
      try await withHeld { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        var configuration = scenario.configuration("people")
        configuration.origin = .allRowsAreOurs
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "0")
      }
    }

    @Test func `a target of an earlier version gets the list`() async throws {
      try await withHeld { scenario async throws in
        try await scenario.sync(scenario.configuration("people"))
        try await scenario.target.run("DROP TABLE pgtide.protected")
        try await scenario.sync(scenario.configuration("people"))
        #expect(try await scenario.target.value(Self.keys) == "2")
      }
    }

    // MARK: - Values

    @Test func `values are listed as the run compares them`() async throws {
      let columns = "n numeric, d double precision, j json, b bytea, a int[], c varchar(3), at timestamptz, i interval"
      try await withScenario(
        source: #"CREATE TABLE t (id int, \#(columns)); INSERT INTO t VALUES (1, 3000.00, 'NaN', '{"a":  "\u0000"}', "#
          + #"'\x00ff', '{1,NULL}', 'abc', '2024-01-01 00:00Z', '1 day'); INSERT INTO t (id, n, d) "#
          + #"VALUES (2, 1.0, NULL), (3, NULL, 0), (4, NULL, NULL), (5, 1, NULL)"#,
        target: #"CREATE TABLE t (id int PRIMARY KEY, \#(columns), source text, fixed text); INSERT INTO t VALUES "#
          + #"(1, 3000.0, 1, '1', '\x', '[0:1]={1,2}', 'abd', 'infinity', '24:00', 'M'); "#
          + #"INSERT INTO t (id, n, d, c, source) VALUES (2, 1.00, NULL, NULL, 'M'), (3, NULL, '-0', NULL, 'M'), "#
          + #"(4, NULL, NULL, '', 'M'), (5, 1, NULL, NULL, 'M')"#
      ) { scenario async throws in
        try await scenario.target.run("UPDATE t SET fixed = 'x'")
        let table = TableConfiguration(
          target: TableName(name: "t"), columns: [ColumnMapping(column: "fixed", value: .constant("x"))])
        var configuration = scenario.configuration([table])
        configuration.stamps = StampRule()
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value(Self.keys) == "1 2 3 4")
        #expect(
          try await scenario.target.value(
            """
            SELECT jsonb_pretty(source_row - 'at' - 'id')::jsonb = jsonb_build_object('n', 3000.00, 'd', 'NaN',
                'j', '{"a":  "\\u0000"}'::text, 'b', '\\x00ff', 'a', '[1, null]'::jsonb, 'c', 'abc', 'i', '1 day',
                'fixed', 'x')
              AND target_row->>'at' = 'infinity' AND target_row->>'i' = '24:00:00'
            FROM pgtide.protected WHERE row_key->>'id' = '1'
            """) == "t")
        // The one number in two forms is a change of the list's row, too.
        try await scenario.target.run("UPDATE t SET n = 1.000 WHERE id = 2")
        try await scenario.sync(configuration)
        #expect(
          try await scenario.target.value("SELECT target_row->>'n' FROM pgtide.protected WHERE row_key->>'id' = '2'")
            == "1.000")
      }
    }

    @Test func `long values are told by their lengths, and long keys by a hash`() async throws {
      let long = "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 80) g)"
      try await withScenario(
        source: """
          CREATE TABLE t (id text, v text, b bytea);
          INSERT INTO t SELECT 'short', repeat('x', 20000), decode(repeat('00', 10001), 'hex');
          INSERT INTO t SELECT \(long), 'a', NULL; INSERT INTO t SELECT \(long) || 'b', 'a', NULL;
          """,
        target: """
          CREATE TABLE t (id text PRIMARY KEY, v text, b bytea, source text);
          INSERT INTO t SELECT 'short', repeat('x', 10000), '', 'M';
          INSERT INTO t SELECT \(long), 'b', NULL, 'M'; INSERT INTO t SELECT \(long) || 'b', 'b', NULL, 'M';
          """
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        for _ in 1...2 {
          #expect(try await scenario.sync(configuration).table("t")?.protectedDifferent == 3)
          let rows = try await scenario.target.rows(
            """
            SELECT split_part(source_row->>'v', ' ', 1), split_part(source_row->>'b', ',', 1), length(target_row->>'v')
            FROM pgtide.protected WHERE row_key->>'id' = 'short'
            """)
          #expect(rows == [["20000", "10001 bytes", "10000"]])
          #expect(
            try await scenario.target.value(
              "SELECT count(DISTINCT row_key->>'SHA-256') FROM pgtide.protected WHERE length(source_row->>'id') > 2000")
              == "2")
        }
      }
    }

    @Test func `keys that JSON shows alike are listed once, and fail nothing`() async throws {
      try await withScenario(
        source: "CREATE TABLE t (id int[], v text); INSERT INTO t VALUES ('{1}', 'a'), ('[0:0]={1}', 'a')",
        target: "CREATE TABLE t (id int[] PRIMARY KEY, v text, source text);"
          + "INSERT INTO t VALUES ('{1}', 'b', 'M'), ('[0:0]={1}', 'b', 'M')"
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.outcome == .success)
          #expect(report.table("t")?.protectedDifferent == 2)
          #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.protected") == "1")
        }
      }
    }

    @Test func `a value that the target's type refuses rejects its row, whoever holds the key`() async throws {
      try await withScenario(
        source: "CREATE DOMAIN score AS int; CREATE TABLE t (id int, v score); INSERT INTO t VALUES (1, -1), (2, 2)",
        target: "CREATE DOMAIN score AS int CHECK (VALUE > 0);"
          + "CREATE TABLE t (id int PRIMARY KEY, v score, source text); INSERT INTO t VALUES (1, 1, 'M'), (2, 1, 'M')"
      ) { scenario async throws in
        var configuration = scenario.configuration("t")
        configuration.stamps = StampRule()
        for _ in 1...2 {
          let report = try await scenario.sync(configuration)
          #expect(report.totals.rejected == 1)
          #expect(report.table("t")?.protectedDifferent == 1)
          #expect(try await scenario.target.value(Self.keys) == "2")
        }
      }
    }
  }
}
