import EphemeralPostgres
import FoundationEssentials
import PGTide
import PGTideTune
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Trials move rows into the stages, and nothing stays of them.
  @Suite struct TuneTests {
    private static let source = """
      CREATE TABLE a AS SELECT g AS id, md5(g::text) AS v FROM generate_series(1, 20000) g;
      CREATE TABLE b AS SELECT g AS id FROM generate_series(1, 100) g; ANALYZE;
      """
    private static let target = """
      CREATE TABLE a (id int PRIMARY KEY, v text, source text); CREATE TABLE b (id int PRIMARY KEY, source text);
      INSERT INTO a VALUES (1, 'ours', 'D'), (2, 'app', 'M')
      """

    /// Nothing of the trials is left on the target, whichever way they ended.
    private func expectNothingLeft(
      _ target: TestDatabase, status: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      #expect(
        try await target.rows("SELECT id, v, source FROM a ORDER BY id") == [["1", "ours", "D"], ["2", "app", "M"]],
        sourceLocation: sourceLocation)
      #expect(try await target.value("SELECT count(*) FROM b") == "0", sourceLocation: sourceLocation)
      #expect(
        try await target.value(
          """
          SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class
          WHERE relnamespace = 'pgtide'::regnamespace AND relname ~ '^(stage|delta)_'
          """) == "0", sourceLocation: sourceLocation)
      #expect(
        try await target.rows("SELECT mode, status, rows_read, inserted FROM pgtide.runs")
          == [["tune", status, "0", "0"]], sourceLocation: sourceLocation)
      #expect(try await target.value("SELECT count(*) FROM pgtide.run_tables") == "0", sourceLocation: sourceLocation)
      #expect(
        try await target.value("SELECT to_regclass('public._sync_metadata') IS NULL") == "t",
        sourceLocation: sourceLocation)
      try await target.wait(
        for: "0",
        from: """
          SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()
          """)
    }

    @Test func `settings are tried, the rows of each trial are counted, and nothing is left`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await Tune(scenario.configuration("a", "b"), options: .init(budget: .seconds(120))).run()
        #expect(report.rows == 20_100)
        #expect(report.isWhole)
        #expect(report.tables == 2)
        let now = try #require(report.trials.first { $0.choice == report.now })
        #expect(now.seconds.count >= 3)
        let text = try #require(report.trials.first { $0.choice.copyFormat == .text })
        #expect(text.bytes < now.bytes)
        #expect(report.trials.allSatisfy { $0.fastest <= $0.median && $0.median <= $0.slowest })
        // Two chunks take no more than two jobs.
        #expect(report.trials.allSatisfy { $0.choice.jobs <= 2 })
        #expect(report.notTried.isEmpty)
        try await expectNothingLeft(scenario.target, status: "success")
        // A run that follows finds everything as it was.
        #expect(try await scenario.sync(scenario.configuration("a", "b")).totals.inserted == 20_098)
      }
    }

    @Test func `of a large table a part is tried, from its beginning`() async throws {
      try await withScenario(
        source: """
          CREATE TABLE a AS SELECT g AS id, repeat('x', 500) AS v FROM generate_series(1, 200000) g;
          CREATE VIEW b AS SELECT 1 AS id; ANALYZE;
          """, target: Self.target
      ) { scenario async throws in
        let report = try await Tune(scenario.configuration("a", "b"), options: .init(budget: .seconds(10))).run()
        #expect(!report.isWhole)
        #expect(report.rows > 0 && report.rows < 200_000)
        #expect(report.tables == 1)
        #expect(report.notices.contains { $0.hasPrefix("b takes no part") })
        try await expectNothingLeft(scenario.target, status: "success")
      }
    }

    @Test func `what the budget has no time for is told`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        // Each row takes its time, so that no more than a few trials fit.
        try await scenario.source.run(
          """
          CREATE FUNCTION slow(int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT $1 FROM pg_sleep(0.002)';
          DELETE FROM a WHERE id > 100;
          """)
        let table = TableConfiguration(
          target: TableName(name: "a"),
          columns: [ColumnMapping(column: "id", value: .expression("public.slow(src.id)"))])
        let report = try await Tune(
          scenario.configuration([table, TableConfiguration(target: TableName(name: "b"))]),
          options: .init(budget: .seconds(4))
        ).run()
        #expect(!report.notTried.isEmpty)
        #expect(report.trials.contains { $0.choice == report.now })
        try await expectNothingLeft(scenario.target, status: "success")
      }
    }

    @Test func `a tune that is cancelled leaves nothing`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let configuration = scenario.configuration("a", "b")
        let slot = TaskSlot<TuneReport>()
        slot.start {
          try await Tune(configuration) { event in if case .tried = event { slot.cancel() } }.run()
        }
        await #expect(throws: CancellationError.self) { try await slot.value }
        try await expectNothingLeft(scenario.target, status: "cancelled")
      }
    }

    @Test func `a trial that fails ends the tune, and leaves nothing`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let table = TableConfiguration(
          target: TableName(name: "a"),
          columns: [ColumnMapping(column: "id", value: .expression("1 / (20000 - src.id)"))])
        await #expect(throws: ServerError.self) { try await Tune(scenario.configuration([table])).run() }
        try await expectNothingLeft(scenario.target, status: "failed")
      }
    }

    @Test func `it does not begin beside a run of the same flow`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.b IN ACCESS EXCLUSIVE MODE"])
          async let running = scenario.sync(scenario.configuration("b"))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          await #expect(throws: RunInProgress.self) { try await Tune(scenario.configuration("a")).run() }
          try await app.query("ROLLBACK")
          #expect(try await running.outcome == .success)
        }
      }
    }

    @Test func `an interrupted command says that the stages are empty, and exits with 130`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [a, b]\n"
        let ended = try await PGTideProcess.run(
          "{ { for i in $(seq 1200); do grep -qs '^round' errors && break; sleep 0.05; done; kill -INT $(cat pid); } & "
            + "sh -c 'echo $$ > pid; exec $PGTIDE tune --budget 2min 2> errors'; }",
          files: ["pgtide.yaml": yaml],
          environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        #expect(ended.code == 130)
        #expect(ended.files["errors"]?.contains("stopped before the end. The stages are empty.") == true)
        try await expectNothingLeft(scenario.target, status: "cancelled")
      }
    }

    @Test func `the command prints settings that the configuration takes`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let yaml = "source: ${OFFICE}\ntarget: ${APP}\norigin: {column: source, ours: D}\ntables: [a, b]\n"
        let ended = try await PGTideProcess.run(
          "$PGTIDE tune --quiet --budget 10s > settings && sed -n '/^defaults:/,/copy_format/p' settings >> pgtide.yaml && "
            + "$PGTIDE plan",
          files: ["pgtide.yaml": yaml],
          environment: ["OFFICE": scenario.source.connectionString, "APP": scenario.target.connectionString])
        #expect(ended.code == 0)
        #expect(ended.errors == "")
        #expect(ended.files["settings"]?.contains("defaults:\n  jobs: ") == true)
        #expect(ended.output.contains("Flow forward: 2 tables"))
      }
    }
  }
}
