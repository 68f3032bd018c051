import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

extension Integration {
  /// Rows that a digest shows to be level do not travel; whatever differs does.
  /// A source of version 13 has no bit_xor, and is read as a whole.
  @Suite(.needs(.sourceVersion(14))) struct DigestTests {
    private static let columns = "id int, a text, b text, n numeric, f float8, t timestamp"
    private static let source = """
      CREATE TABLE t (\(columns));
      INSERT INTO t SELECT g, 'a' || g, 'b' || g, g, g, '2026-01-01'::timestamp + g * interval '1 s'
      FROM generate_series(1, 1000) g;
      ANALYZE t;
      """
    private static let target = "CREATE TABLE t (\(columns), PRIMARY KEY (id), source text)"

    private func sync(_ scenario: Scenario, _ tables: [TableConfiguration]? = nil) async throws -> SyncReport {
      var configuration = scenario.configuration(tables ?? [TableConfiguration(target: TableName(name: "t"))])
      configuration.settings.digest = .auto
      return try await scenario.sync(configuration)
    }

    /// The report of a second run, before which the databases are changed.
    private func second(
      source: String = source, target: String = target, _ tables: [TableConfiguration]? = nil,
      onSource: String? = nil, onTarget: String? = nil
    ) async throws -> (report: TableReport, isLevel: Bool) {
      try await withScenario(source: source, target: target) { scenario in
        _ = try await sync(scenario, tables)
        if let onSource { try await scenario.source.run(onSource) }
        if let onTarget { try await scenario.target.run(onTarget) }
        let report = try #require(try await sync(scenario, tables).table("t"))
        #expect(report.status == .success || report.status == .partial)
        let rows = "SELECT id, a, b, n::text, f::text, t::text FROM t"
        let (here, there) = (
          try await scenario.source.rows(rows + " ORDER BY 1, 2, 3"),
          try await scenario.target.rows(rows + " WHERE source = 'D' ORDER BY 1, 2, 3")
        )
        return (report, here == there)
      }
    }

    @Test func `a table that is level is not read`() async throws {
      let (report, isLevel) = try await second()
      #expect(isLevel)
      #expect(report.counts.matched == 1000)
      #expect(report.counts.unchanged == 1000)
      #expect(report.counts.read == 1000)
      #expect(report.counts.staged == 0)
      #expect(report.bytes == 0)
    }

    @Test(arguments: [
      "a = NULL", "a = ''", "a = a || ' '", "a = b, b = a", "a = upper(a)", "n = 500.0", "n = 'NaN'", "f = -f",
      "f = 500.0000000000001", "t = t + interval '1 microsecond'",
    ])
    func `a row that changed on the source travels with few others`(_ change: String) async throws {
      let (report, isLevel) = try await second(onSource: "UPDATE t SET \(change) WHERE id = 500")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
      #expect(report.counts.unchanged == 999)
      #expect(report.counts.matched > 800)
    }

    @Test func `an empty text and a NULL in turn are told apart`() async throws {
      let source = Self.source + "UPDATE t SET a = NULL, b = '' WHERE id = 1;"
      let (report, isLevel) = try await second(
        source: source, onSource: "UPDATE t SET a = '', b = NULL WHERE id = 1")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
    }

    @Test func `a negative zero is not a zero`() async throws {
      let (report, _) = try await second(
        source: Self.source + "UPDATE t SET f = 0 WHERE id = 1;", onSource: "UPDATE t SET f = '-0' WHERE id = 1")
      #expect(report.counts.updated == 1)
    }

    @Test func `values that two rows exchanged are noticed`() async throws {
      let (report, isLevel) = try await second(
        onSource: "UPDATE t SET a = 'a' || (CASE id WHEN 1 THEN 2 ELSE 1 END) WHERE id IN (1, 2)")
      #expect(isLevel)
      #expect(report.counts.updated == 2)
    }

    @Test func `what the app changed in a row of ours is overwritten`() async throws {
      let (report, isLevel) = try await second(onTarget: "UPDATE t SET b = 'app' WHERE id = 7")
      #expect(isLevel)
      #expect(report.counts.updated == 1)
    }

    @Test func `a row of ours that the app deleted comes again`() async throws {
      let (report, isLevel) = try await second(onTarget: "DELETE FROM t WHERE id = 7")
      #expect(isLevel)
      #expect(report.counts.inserted == 1)
      #expect(report.counts.unchanged == 999)
    }

    @Test func `a row that the app has claimed is protected, however it looks`() async throws {
      let (report, _) = try await second(onTarget: "UPDATE t SET source = 'M' WHERE id = 7")
      #expect(report.counts.protected == 1)
      #expect(report.counts.updated == 0)
      #expect(report.counts.unchanged == 999)
    }

    @Test func `a key that now comes twice is rejected, though one of its rows is level`() async throws {
      let (report, _) = try await second(onSource: "INSERT INTO t SELECT * FROM t WHERE id = 7")
      #expect(report.counts.rejected == 2)
      #expect(report.counts.unchanged == 999)
      #expect(report.counts.read == 1001)
    }

    @Test(arguments: ["int", "numeric(9,0)", "text"])
    func `a row without a key is rejected, beside rows that are level`(_ type: String) async throws {
      let source = "CREATE TABLE t AS SELECT g::\(type) AS id FROM generate_series(1, 100) g"
      try await withScenario(source: source, target: "CREATE TABLE t (id \(type) PRIMARY KEY, source text)") {
        scenario in
        _ = try await sync(scenario)
        try await scenario.source.run("INSERT INTO t VALUES (NULL)")
        let counts = try await sync(scenario).totals
        #expect(counts.read == 101)
        #expect(counts.rejected == 1)
        #expect(counts.unchanged == 100)
      }
    }

    @Test func `a row with a NULL in its key is rejected, though the target has the same`() async throws {
      let source = "CREATE TABLE t AS SELECT g AS a, CASE WHEN g > 1 THEN g END AS b FROM generate_series(1, 100) g"
      let target = "CREATE TABLE t (a int, b int, source text, UNIQUE (a, b)); INSERT INTO t VALUES (1, NULL, 'D')"
      try await withScenario(source: source, target: target) { scenario in
        let table = TableConfiguration(target: TableName(name: "t"), key: ["a", "b"])
        for _ in 1...2 {
          let counts = try await sync(scenario, [table]).totals
          #expect(counts.read == 100)
          #expect(counts.rejected == 1)
        }
      }
    }

    @Test func `where most rows differ all are read`() async throws {
      let (report, isLevel) = try await second(onSource: "UPDATE t SET a = a || 'x'")
      #expect(isLevel)
      #expect(report.counts.matched == 0)
      #expect(report.counts.updated == 1000)
    }

    @Test(arguments: [
      ("numeric(10,2)", "numeric(10,2)", "100 + g", "-v"), ("numeric(8,3)", "numeric(8,3)", "g", "'NaN'"),
      ("numeric", "numeric(10,2)", "g", "v + 0.01"), ("int", "numeric(10,2)", "g", "-v"),
      ("bigint", "bigint", "g", "v + 4294967296"), ("bigint", "bigint", "g", "-v - 1"),
      ("timestamptz", "timestamptz", "'2026-01-01'::timestamptz", "v + interval '4294.967296 s'"),
      ("bpchar", "bpchar", "'a'", "'a  '::bpchar"), ("jsonb", "jsonb", "to_jsonb(g)", "to_jsonb(-g)"),
      ("int[]", "int[]", "ARRAY[g]", "'[0:0]={7}'"), ("interval", "interval", "'1 day'", "'24:00'"),
      ("mood", "mood", "'good'", "'bad'"), ("mood[]", "mood[]", "'{good}'", "'{bad,NULL}'"),
      ("text", "mood", "'good'", "'bad'"), ("char(3)", "char(5)", "'a'", "'b'"),
      ("varchar(9)", "varchar(20)", "'a'", "'a '"),
    ])
    func `a value that is equal in a way and another one is a change, and nothing else is read`(
      _ type: String, _ targetType: String, _ value: String, _ edit: String
    ) async throws {
      // The labels have other numbers on the target.
      let mood = "CREATE TYPE mood AS ENUM ('good', 'bad');"
      try await withScenario(
        source: "\(mood) CREATE TABLE t AS SELECT g AS id, g, (\(value))::\(type) AS v FROM generate_series(1, 200) g",
        target:
          "CREATE TYPE first AS ENUM ('a'); \(mood) CREATE TABLE t (id int PRIMARY KEY, v \(targetType), source text)"
      ) { scenario in
        // An interval that may be infinite crosses as a text to a server that knows none such, and is compared there.
        let ends = try await (ServerPair.configured.source.facts(), ServerPair.configured.target.facts())
        let isRead = type == "interval" && ends.0.version >= 17 && ends.1.version < 17
        _ = try await sync(scenario)
        #expect(try await sync(scenario).totals.matched == (isRead ? 0 : 200))
        try await scenario.source.run("UPDATE t SET v = \(edit) WHERE id IN (7, 150)")
        let counts = try await sync(scenario).totals
        #expect(counts.updated == 2)
        #expect(counts.unchanged == 198)
        #expect(isRead || counts.matched > 100)
        #expect(try await sync(scenario).totals.matched == (isRead ? 0 : 200))
      }
    }

    @Test(arguments: ["numeric(8)", "numeric", "float8", "int", "bigint"])
    func `keys of which only the sign is another are other rows`(_ type: String) async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g::\(type) AS id, 'v' AS v FROM generate_series(1, 60) g",
        target: "CREATE TABLE t (id \(type) PRIMARY KEY, v text, source text)"
      ) { scenario in
        _ = try await sync(scenario)
        #expect(try await sync(scenario).totals.matched == 60)
        try await scenario.source.run("UPDATE t SET id = -id WHERE id IN (5, 17, 40)")
        #expect(try await sync(scenario).totals.inserted == 3)
        #expect(try await scenario.target.value("SELECT count(*) FROM t WHERE id < 0") == "3")
      }
    }

    @Test func `two rows of one key that look different are both rejected, though one of them is level`() async throws {
      try await withScenario(
        source: "CREATE TABLE t AS SELECT g::numeric AS id FROM generate_series(1, 60) g",
        target: "CREATE TABLE t (id numeric PRIMARY KEY, source text)"
      ) { scenario in
        _ = try await sync(scenario)
        try await scenario.source.run("INSERT INTO t VALUES (7.00)")
        let counts = try await sync(scenario).totals
        #expect(counts.rejected == 2)
        #expect(counts.unchanged == 59)
      }
    }

    // MARK: - By levels

    /// 20,000 rows, in buckets that are asked for in groups.
    private static let large = """
      CREATE TABLE t AS SELECT g AS id, 'a' || g AS a FROM generate_series(1, 20000) g; ANALYZE t;
      """

    @Test(arguments: [1 << 15, 64])
    func `in a large table the rows that changed are found among few others`(_ buckets: Int) async throws {
      try await withScenario(source: Self.large, target: "CREATE TABLE t (id int PRIMARY KEY, a text, source text)") {
        scenario in
        var configuration = scenario.configuration("t")
        configuration.settings.digest = .auto
        configuration.settings.digestShape.mostBuckets = buckets
        configuration.settings.digestShape.fan = 8
        configuration.settings.digestShape.bytesToSplit = 0
        _ = try await scenario.sync(configuration)
        try await scenario.source.run(
          """
          UPDATE t SET a = 'x' WHERE id IN (1, 777, 20000); DELETE FROM t WHERE id = 500;
          INSERT INTO t VALUES (20001, 'new')
          """)
        let counts = try await scenario.sync(configuration).totals
        #expect(counts.updated == 3)
        #expect(counts.inserted == 1)
        #expect(counts.unchanged == 19_996)
        // Four buckets of about 16 rows, and as many again where their numbers meet.
        #expect(counts.staged <= 250)
        configuration.settings.digest = .never
        let last = try await scenario.sync(configuration).totals
        #expect(last.updated + last.inserted == 0)
      }
    }

    @Test func `a table that is level costs as many bytes with 20000 rows as with 20`() async throws {
      func bytes(_ source: String) async throws -> (source: Int, target: Int) {
        try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, a text, source text)") {
          scenario in
          _ = try await sync(scenario)
          let ends = [scenario.source, scenario.target].map {
            ConnectionOptions(label: "end", connectionString: $0.connectionString)
          }
          return try await withConnection(ends[0]) { here in
            try await withConnection(ends[1]) { there in
              let plan = try await Planner(scenario.configuration("t")).plan(source: here, target: there)
              let sql = DigestSQL(table: try #require(plan.tables.first), place: 0)
              return (
                Self.bytes(of: try await here.query(sql.whole(.source))),
                Self.bytes(of: try await there.query(sql.whole(.target)))
              )
            }
          }
        }
      }
      let (small, large) = (
        try await bytes("CREATE TABLE t AS SELECT g AS id, 'a' || g AS a FROM generate_series(1, 20) g"),
        try await bytes(Self.large)
      )
      for bytes in [small.source, small.target, large.source, large.target] { #expect(bytes <= 200) }
    }

    /// What an answer takes on the wire (manual, "55.7 Message Formats").
    private static func bytes(of answer: QueryResult) -> Int {
      let description = 7 + answer.columns.map { $0.utf8.count + 19 }.reduce(0, +)
      let rows = answer.rows.map { row in
        7 + answer.columns.indices.map { 4 + (row[$0]?.utf8.count ?? 0) }.reduce(0, +)
      }
      // ParseComplete and BindComplete stand before it.
      return 10 + description + rows.reduce(0, +) + 6 + answer.commandTag.utf8.count
    }

    @Test func `servers that hash in different ways compare rows one by one, and the report says so`() async throws {
      let hash =
        "CREATE OR REPLACE FUNCTION pg_catalog.hashint8extended(bigint, bigint) RETURNS bigint STRICT IMMUTABLE "
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        _ = try await sync(scenario)
        try await scenario.target.run(hash + "LANGUAGE sql AS 'SELECT $1 # $2'")
        let report = try await sync(scenario)
        // Others get the database after this test.
        try await scenario.target.run(hash + "PARALLEL SAFE LANGUAGE internal AS 'hashint8extended'")
        #expect(report.totals.matched == 0)
        #expect(report.totals.unchanged == 1000)
        #expect(report.notices.contains { $0.contains("do not make the same hash of the same values") })
      }
    }

    // MARK: - What a digest cannot tell

    @Test(arguments: [
      // The key of one row may look like that of another.
      (
        "CREATE TABLE t (id text, v text)",
        "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
          + "CREATE TABLE t (id text COLLATE ci PRIMARY KEY, v text, source text)"
      ),
      // A cast may lose what differs.
      ("CREATE TABLE t (id int, v timestamp)", "CREATE TABLE t (id int PRIMARY KEY, v date, source text)"),
      // What refers to nothing must be rejected.
      (
        "CREATE TABLE t (id int, v text)",
        "CREATE TABLE p (v text PRIMARY KEY); INSERT INTO p VALUES ('2026-01-01');"
          + "CREATE TABLE t (id int PRIMARY KEY, v text, source text);"
          + "ALTER TABLE t ADD FOREIGN KEY (v) REFERENCES p NOT VALID"
      ),
      (
        "CREATE VIEW t AS SELECT 1 AS id, '2026-01-01'::text AS v",
        "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"
      ),
    ])
    func `rows are compared one by one where their looks do not decide`(_ source: String, _ target: String) async throws
    {
      if target.contains("icu") { try await Need.skipUnless([.icu]) }
      try await withScenario(source: source, target: target) { scenario in
        if source.contains("TABLE") { try await scenario.source.run("INSERT INTO t VALUES ('1', '2026-01-01')") }
        _ = try await sync(scenario)
        let report = try await sync(scenario)
        #expect(report.totals.matched == 0)
        #expect(report.totals.unchanged == 1)
      }
    }

    @Test func `texts of another encoding are compared one by one`() async throws {
      // The two letters in LATIN1 have the bytes of the one in UTF8.
      try await withDatabases { source, target in
        let name = "latin_\(source.name)"
        try await source.cluster.database().run(
          "CREATE DATABASE \(name) ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        let latin = source.cluster.database(named: name)
        try await latin.run("CREATE TABLE t AS SELECT 1 AS id, chr(195) || chr(164) AS a")
        try await target.run(
          "CREATE TABLE t (id int PRIMARY KEY, a text, source text); INSERT INTO t VALUES (1, chr(228), 'D')")
        let report = try await sync(Scenario(source: latin, target: target))
        #expect(report.totals.updated == 1)
        #expect(try await target.value("SELECT length(a) FROM t") == "2")
        try await source.cluster.dropDatabase(named: name)
      }
    }

    // MARK: - Together

    /// Runs a second sync that cannot compare digests until `body` has ended: the digest of this end waits for a lock.
    private func whileDigestWaits<R: Sendable>(
      onSource: Bool, _ body: (Scenario, TestDatabase, TaskSlot<SyncReport>) async throws -> R
    ) async throws -> R {
      let slow = """
        CREATE FUNCTION slow(v text) RETURNS text LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN v; END $$;
        """
      let table = TableConfiguration(
        target: TableName(name: "t"), columns: [ColumnMapping(column: "a", value: .expression("public.slow(src.a)"))])
      return try await withScenario(source: Self.source + slow, target: Self.target) { scenario in
        _ = try await sync(scenario, [table])
        let end = onSource ? scenario.source : scenario.target
        let options = ConnectionOptions(label: "app", connectionString: end.connectionString, applicationName: "app")
        return try await Postgres.withConnection(options) { app in
          try await app.batch([
            "BEGIN", onSource ? "SELECT pg_advisory_xact_lock(7)" : "LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE",
          ])
          let running = TaskSlot<SyncReport>()
          running.start { try await sync(scenario, [table]) }
          try await end.wait(for: "t", from: TestDatabase.waitingForLock)
          let result = try await body(scenario, end, running)
          try await app.query("ROLLBACK")
          _ = try? await running.value
          return result
        }
      }
    }

    @Test(arguments: [true, false])
    func `a digest whose session is ended is given up, and all rows are read`(_ onSource: Bool) async throws {
      let running = try await whileDigestWaits(onSource: onSource) { _, end, running in
        try await end.run(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE wait_event_type = 'Lock' AND datname = current_database()
          """)
        return running
      }
      let report = try #require(try await running.value)
      #expect(report.outcome == .success)
      #expect(report.totals.matched == 0)
      #expect(report.totals.unchanged == 1000)
    }

    @Test(arguments: [true, false])
    func `a run that is stopped while it compares digests leaves no session and no row behind`(
      _ onSource: Bool
    ) async throws {
      try await whileDigestWaits(onSource: onSource) { scenario, _, running in
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        for end in [scenario.source, scenario.target] {
          try await end.wait(
            for: "0",
            from: """
              SELECT count(*) FROM pg_stat_activity
              WHERE application_name LIKE 'pgtide%' AND datname = current_database()
              """)
        }
        #expect(
          try await scenario.target.rows("SELECT status FROM pgtide.runs ORDER BY run_id") == [
            ["success"], ["cancelled"],
          ])
      }
    }

    @Test func `an unchanged run waits for the target as often for twelve tables as for two`() async throws {
      func waits(_ count: Int) async throws -> Int {
        let names = (1...count).map { "t\($0)" }
        let (source, target) = (
          names.map { "CREATE TABLE \($0) AS SELECT g AS id FROM generate_series(1, 10) g;" }.joined(),
          names.map { "CREATE TABLE \($0) (id int PRIMARY KEY, source text);" }.joined()
        )
        return try await withScenario(source: source, target: target) { scenario in
          let tables = names.map { TableConfiguration(target: TableName(name: $0)) }
          _ = try await sync(scenario, tables)
          let report = try await sync(scenario, tables)
          #expect(report.totals.matched == 10 * count)
          return report.roundTrips.target
        }
      }
      #expect(try await waits(12) == waits(2))
    }
  }
}
