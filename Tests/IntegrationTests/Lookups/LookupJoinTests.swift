import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// How the other table is read: once, in the same state, under a lock.
  @Suite struct LookupJoinTests {
    /// As large as in practice, without an index, and never analyzed; the condition lets the server expect one row.
    @Test func `the table is joined as a whole, however few rows the server expects`()
      async throws
    {
      let source = """
        CREATE TABLE jobshead (job_id int, client_id int) WITH (autovacuum_enabled = off);
        INSERT INTO jobshead SELECT j, 100 + j FROM generate_series(1, 24568) j;
        CREATE TABLE jobtasks (id int, job_id int) WITH (autovacuum_enabled = off);
        INSERT INTO jobtasks SELECT i, 1 + i % 24568 FROM generate_series(1, 64542) i;
        """
      let target = "CREATE TABLE jobtasks (id int PRIMARY KEY, job_id int, client_id int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let filter = (1...12).map { "src.id * \($0) >= 0" }.joined(separator: " AND ")
        let table = LookupTests.tasks { $0.filter = filter }
        for settings in [RunSettings(), .staged, RunSettings(chunkBytes: 256 << 10)] {
          let start = ContinuousClock.now
          let report = try await scenario.sync(scenario.configuration([table], settings: settings))
          #expect(report.totals.read == 64_542)
          #expect(start.duration(to: .now) < .seconds(15))
        }
        #expect(try await scenario.target.rows(LookupTests.check) == [["64542", "0"]])
      }
    }

    @Test func `a rewrite of the other table waits until everything is read`() async throws {
      let source =
        LookupTests.source + """
          ; INSERT INTO jobtasks SELECT i, 1 + i % 20, repeat('x', 200) FROM generate_series(2001, 30000) i
          """
      try await withScenario(source: source, target: LookupTests.target) { scenario async throws in
        let rewrite = TaskSlot<Void>()
        let settings = RunSettings(jobs: 2, chunkBytes: 128 << 10, retries: 0, directLoad: .never)
        let report = try await scenario.sync(scenario.configuration([LookupTests.tasks()], settings: settings)) {
          event in
          guard case .staged = event else { return }
          rewrite.start { try await scenario.source.run("TRUNCATE jobshead") }
        }
        _ = try await rewrite.value
        #expect(report.totals.inserted == 30_000)
        #expect(try await scenario.target.rows(LookupTests.check) == [["30000", "0"]])
        #expect(try await scenario.source.value("SELECT count(*) FROM jobshead") == "0")
      }
    }

    @Test func `a change of the other table's columns after the plan fails the table by name`() async throws {
      try await withScenario(source: LookupTests.source, target: LookupTests.target) { scenario async throws in
        let sync = Sync(scenario.configuration([LookupTests.tasks()]))
        _ = try await sync.initializeMetadata(isPrintOnly: false)
        let options = ConnectionOptions(label: "dba", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { dba in
          // Whoever locks the history lets the run wait at its beginning, with its plan made.
          try await dba.batch(["BEGIN", "LOCK TABLE pgtide.runs IN EXCLUSIVE MODE"])
          async let run = sync.run()
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.source.run("ALTER TABLE jobshead ALTER client_id TYPE bigint")
          try await dba.query("ROLLBACK")
          return try await run
        }
        let error = report.table("jobtasks")?.error ?? ""
        #expect(error.contains("public.jobshead on the source changed while the run was starting"), "\(error)")
        #expect(error.contains("it had client_id integer, it has client_id bigint"), "\(error)")
        #expect(try await sync.run().totals.inserted == 2000)
      }
    }

    struct Types: Sendable, CustomTestStringConvertible {
      let looked: String
      let referring: String
      let values: [String]
      var setup = ""
      /// Values of the referring side that find the first of them.
      var finds: [String]
      var testDescription: String { "\(looked) by \(referring)" }
    }

    static let types = [
      Types(looked: "bigint", referring: "smallint", values: ["7", "8"], finds: ["7"]),
      Types(looked: "numeric(8,2)", referring: "integer", values: ["7", "8"], finds: ["7"]),
      Types(looked: "integer", referring: "numeric", values: ["7", "8"], finds: ["7", "7.0"]),
      Types(looked: "char(5)", referring: "text", values: ["a", "b"], finds: ["a"]),
      Types(looked: "text", referring: "char(5)", values: ["a", "b"], finds: ["a"]),
      Types(looked: "varchar(9)", referring: "text", values: ["a", "A"], finds: ["a"]),
      Types(looked: "date", referring: "date", values: ["2026-01-01", "2026-01-02"], finds: ["2026-01-01"]),
      Types(
        looked: "mood", referring: "mood", values: ["sad", "glad"], setup: "CREATE TYPE mood AS ENUM ('sad', 'glad')",
        finds: ["sad"]),
      Types(looked: "integer[]", referring: "integer[]", values: ["{1,2}", "{2,1}"], finds: ["{1,2}"]),
      Types(looked: "bytea", referring: "bytea", values: ["\\x00", "\\x01"], finds: ["\\x00"]),
    ]

    @Test(arguments: types) func `values are equal as their types have it`(_ types: Types) async throws {
      let source = """
        \(types.setup);
        CREATE TABLE other (k \(types.looked), v int); INSERT INTO other VALUES ('\(types.values[0])', 1), ('\(types.values[1])', 2);
        CREATE TABLE t (id int, k \(types.referring));
        INSERT INTO t VALUES \(types.finds.enumerated().map { "(\($0), '\($1)')" }.joined(separator: ", "))
        """
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let lookup = LookupTests.lookup("other", by: [("k", "k")], take: "v")
        let table = TableConfiguration(
          target: TableName(name: "t"), skip: ["k"], columns: [ColumnMapping(column: "v", value: lookup)])
        let report = try await scenario.sync(scenario.configuration([table]))
        #expect(report.outcome == .success)
        #expect(try await scenario.target.rows("SELECT DISTINCT v FROM t") == [["1"]])
      }
    }

    @Test(.needs(.icu)) func `texts are equal as the other table's collation has it`() async throws {
      let source = """
        CREATE COLLATION look (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE TABLE other (k text COLLATE look, v int); INSERT INTO other VALUES ('Ann', 1), ('ann', 1), ('Bob', 2);
        CREATE TABLE t (id int, k text); INSERT INTO t VALUES (1, 'ANN'), (2, 'bob')
        """
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let lookup = LookupTests.lookup("other", by: [("k", "k")], take: "v")
        let table = TableConfiguration(
          target: TableName(name: "t"), skip: ["k"], columns: [ColumnMapping(column: "v", value: lookup)])
        #expect(try await scenario.sync(scenario.configuration([table])).totals.inserted == 2)
        #expect(try await scenario.target.rows("SELECT v FROM t ORDER BY id") == [["1"], ["2"]])
      }
    }

    @Test(.needs(.extensions(["citext"]))) func `an extension's type has its own equality`() async throws {
      let source = """
        CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
        CREATE TABLE other (k ext.citext, v int); INSERT INTO other VALUES ('Ann', 1), ('ann', 1);
        CREATE TABLE t (id int, k ext.citext); INSERT INTO t VALUES (1, 'ANN')
        """
      let target = "CREATE TABLE t (id int PRIMARY KEY, v int, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let lookup = LookupTests.lookup("other", by: [("k", "k")], take: "v")
        let table = TableConfiguration(
          target: TableName(name: "t"), skip: ["k"], columns: [ColumnMapping(column: "v", value: lookup)])
        #expect(try await scenario.sync(scenario.configuration([table])).totals.inserted == 1)
      }
    }
  }
}
