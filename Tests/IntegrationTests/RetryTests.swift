import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// Errors that pass are tried again; those that do not are not.
  @Suite struct RetryTests {
    private static let source = """
      CREATE TABLE t AS SELECT g AS id, repeat('x', 200) AS v FROM generate_series(1, 30000) g;
      """
    private static let target = "CREATE TABLE t (id int PRIMARY KEY, v text, source text)"

    /// Through the stage: a direct load that is interrupted gives up, and is not tried again.
    private func configuration(_ scenario: Scenario, retries: Int = 5) -> SyncConfiguration {
      scenario.configuration(
        [
          TableConfiguration(
            target: TableName(name: "t"), columns: [ColumnMapping(column: "v", value: .expression(Self.waiting))])
        ],
        settings: RunSettings(jobs: 1, chunkBytes: 256 << 10, retries: retries)
      ).staged
    }

    /// Reading stops in the midst of a chunk until the test gives the lock back.
    private static let waiting =
      "CASE WHEN src.id = 20000 AND pg_catalog.pg_advisory_xact_lock_shared(7) IS NULL THEN NULL ELSE src.v END"

    /// Syncs, and ends pgtide's sessions with `condition` while rows flow.
    private func syncEnding(
      _ condition: String, in database: (Scenario) -> TestDatabase, retries: Int = 5,
      _ check: (SyncReport, Scenario) async throws -> Void
    ) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        let database = database(scenario)
        let options = ConnectionOptions(label: "gate", connectionString: scenario.source.connectionString)
        let report = try await Postgres.withConnection(options) { gate in
          try await gate.query("SELECT pg_advisory_lock(7)")
          async let running = scenario.sync(configuration(scenario, retries: retries))
          try await scenario.source.wait(for: "t", from: TestDatabase.waitingForLock)
          let ended = try await database.rows(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND \(condition)
            """)
          #expect(!ended.isEmpty)
          try await gate.query("SELECT pg_advisory_unlock(7)")
          return try await running
        }
        try await check(report, scenario)
      }
    }

    @Test func `a chunk whose reader is lost is read again in the same state, and no row comes twice`() async throws {
      // Not the snapshot's owner, without which nothing can go on.
      try await syncEnding("query LIKE 'COPY%'", in: \.source) { report, scenario async throws in
        #expect(report.totals.inserted == 30_000)
        #expect(report.table("t")?.retries ?? 0 >= 1)
        #expect(report.table("t")?.retryCause?.isEmpty == false)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "30000")
      }
    }

    @Test func `a chunk whose writer is lost is copied again, and no row comes twice`() async throws {
      try await syncEnding("query LIKE '%COPY%'", in: \.target) { report, _ async throws in
        #expect(report.totals.inserted == 30_000)
        #expect(report.table("t")?.retries ?? 0 >= 1)
      }
    }

    @Test func `an error that does not pass is not tried again`() async throws {
      let source = "CREATE VIEW t AS SELECT g AS id, 1 / (g - 50) AS v FROM generate_series(1, 100) g"
      try await withScenario(source: source, target: "CREATE TABLE t (id int PRIMARY KEY, v int, source text)") {
        scenario async throws in
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.error?.contains("division by zero") == true)
        #expect(report.table("t")?.retries == 0)
      }
    }

    @Test func `with no retries the first error counts`() async throws {
      try await syncEnding("query LIKE '%COPY%'", in: \.target, retries: 0) { report, scenario async throws in
        #expect(report.table("t")?.status == .failed)
        #expect(report.table("t")?.retries == 0)
        #expect(try await scenario.target.value("SELECT count(*) FROM t") == "0")
      }
    }

    // MARK: - Connections lost at COMMIT

    /// A target whose commits wait for a standby that does not exist, from `hold` on, so that a session can be ended
    /// after its transaction stands and before its client knows.
    private func withHeldCommits<R: Sendable>(
      _ body: (_ scenario: Scenario, _ cluster: PostgresCluster) async throws -> R
    ) async throws -> R {
      try await PostgresCluster.withCluster(ServerPair.configured.target.options()) { cluster in
        let source = try await cluster.createDatabase(named: "office")
        let target = try await cluster.createDatabase(named: "app")
        try await source.run(Scenario.people)
        try await target.run(Scenario.appPeople)
        return try await body(Scenario(source: source, target: target), cluster)
      }
    }

    private static func hold(_ database: TestDatabase) async throws {
      try await database.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
      try await database.run("SELECT pg_reload_conf()")
      // Held from the moment on at which a commit of our own would be.
      let probe = Task { try await database.run("CREATE TABLE probe ()") }
      try await database.wait(for: "t", from: heldCommits("probe"))
      try await database.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
      try await probe.value
    }

    private static func heldCommits(_ query: String) -> String {
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND (query LIKE '%\(query)%')"
    }

    @Test func `a merge that loses its connection after its commit finds out that it stands`() async throws {
      try await withHeldCommits { scenario, _ async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO people VALUES (1, 'app', 'M')"])
          async let running = scenario.sync(scenario.configuration("people").staged)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await Self.hold(scenario.target)
          try await app.query("ROLLBACK")
          try await scenario.target.wait(for: "t", from: Self.heldCommits("COMMIT"))
          // For all sessions to come, before the one that waits is ended.
          try await scenario.target.run("ALTER SYSTEM RESET synchronous_standby_names")
          try await scenario.target.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
          try await scenario.target.run("SELECT pg_reload_conf()")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        // It was not done again.
        #expect(report.table("people")?.retries == 0)
        #expect(try await scenario.target.value("SELECT count(DISTINCT xmin::text) FROM people") == "1")
      }
    }

    @Test func `a merge that loses its connection before its commit is done again`() async throws {
      let target = """
        CREATE TABLE people (id int PRIMARY KEY, name text, source text);
        CREATE SEQUENCE once;
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN
            IF nextval('public.once') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); END IF;
            RETURN NULL;
          END $$;
        CREATE CONSTRAINT TRIGGER die AFTER INSERT ON people DEFERRABLE INITIALLY DEFERRED
          FOR EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION die();
        """
      try await withScenario(source: Scenario.people, target: target) { scenario async throws in
        let report = try await scenario.sync(scenario.configuration("people"))
        #expect(report.outcome == .success)
        #expect(report.totals.inserted == 3)
        #expect(report.table("people")?.retries == 1)
      }
    }

    // MARK: - Stopping

    @Test func `a run that is stopped reports what has landed until then`() async throws {
      let source =
        "CREATE TABLE a (id int); CREATE TABLE b (id int); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)"
      let target = "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        let stopped = Mutex<SyncReport?>(nil)
        let landed = Mutex(false)
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.b VALUES (1, 'M')"])
          let run = TaskSlot<SyncReport>().start {
            // Through the stage: small tables that are loaded directly land together.
            try await scenario.sync(scenario.configuration("a", "b").staged) { event in
              if case .stopped(let report) = event { stopped.withLock { $0 = report } }
              if case .finished(let report) = event, report.table == "a" { landed.withLock { $0 = true } }
            }
          }
          while !landed.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
          run.cancel()
          await #expect(throws: CancellationError.self) { try await run.value }
        }
        let report = try #require(stopped.withLock { $0 })
        #expect(report.table("a")?.status == .success)
        #expect(report.table("b")?.status == .stopped)
        #expect(report.totals.inserted == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM a") == "1")
        #expect(try await scenario.target.value("SELECT count(*) FROM b") == "0")
        let status = try await scenario.target.rows(
          "SELECT table_name, sync_status FROM _sync_metadata ORDER BY table_name")
        #expect(status == [["a", "success"], ["b", "failed"]])
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "cancelled")
      }
    }
  }
}
