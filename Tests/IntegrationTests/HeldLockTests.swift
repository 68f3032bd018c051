import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Locks of others, and who is told to hold them.
  @Suite struct HeldLockTests {
    private static let source =
      "CREATE TABLE free (id int, v text); INSERT INTO free VALUES (1, 'a'); CREATE TABLE busy AS TABLE free"
    private static let target = """
      CREATE TABLE free (id int PRIMARY KEY, v text, source text);
      CREATE TABLE busy (id int PRIMARY KEY REFERENCES free, v text, source text);
      """

    private func configuration(_ scenario: Scenario, lockTimeout: Duration = .seconds(2)) -> SyncConfiguration {
      var configuration = scenario.configuration(
        ["free", "busy"].map { TableConfiguration(target: TableName(name: $0)) },
        settings: RunSettings(lockTimeout: lockTimeout, retries: 1))
      configuration.settings.directLoad = .auto
      configuration.settings.digest = .auto
      return configuration
    }

    /// Runs `body` while a session named `dba` has run `statements` in a transaction.
    private func holding<R: Sendable>(
      _ statements: [SQL], on database: TestDatabase, _ body: (_ backend: String) async throws -> R
    ) async throws -> R {
      let options = ConnectionOptions(
        label: "dba", connectionString: database.connectionString, applicationName: "dba")
      return try await Postgres.withConnection(options) { dba in
        let pid = try await dba.batch(["BEGIN"] + statements + ["SELECT pg_backend_pid()"]).last?.rows.first?.text(0)
        return try await body(pid ?? "")
      }
    }

    private func expectNamed(_ report: SyncReport, _ backend: String) {
      #expect(report.outcome == .partial)
      #expect(report.table("free")?.status == .success)
      let error = report.table("busy")?.error ?? ""
      #expect(error.contains("backend \(backend) (application dba, idle in transaction, since "), "\(error)")
      #expect(!error.contains("LOCK TABLE"))
    }

    @Test func `who holds what a table of the target waits for is named, and the others land`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        for _ in 1...2 {
          try await holding(["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.target) { backend in
            expectNamed(try await scenario.sync(configuration(scenario)), backend)
          }
          #expect(try await scenario.sync(configuration(scenario)).outcome == .success)
          try await scenario.source.run("UPDATE free SET v = v || 'b'; UPDATE busy SET v = v || 'b'")
        }
      }
    }

    @Test func `a row that a session holds is named by the session`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.sync(configuration(scenario))
        try await scenario.source.run("UPDATE free SET v = 'b'; UPDATE busy SET v = 'b'")
        try await holding(["SELECT FROM public.busy FOR UPDATE"], on: scenario.target) { backend in
          expectNamed(try await scenario.sync(configuration(scenario)), backend)
        }
      }
    }

    @Test func `a table of the source that somebody holds fails by itself, and its holder is named`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await holding(["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.source) { backend in
          expectNamed(try await scenario.sync(configuration(scenario)), backend)
        }
        #expect(try await scenario.sync(configuration(scenario)).outcome == .success)
      }
    }

    @Test func `a plan does not wait for tables that somebody holds`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.target.run(Self.whatAPlanLooksAt)
        try await expectPlanned(scenario, configuration(scenario), while: "busy")
        // The databases are other tests' next.
        try await scenario.target.run("DROP PUBLICATION everything")
      }
    }

    /// What the server itself would lock a table for, to tell of it.
    private static let whatAPlanLooksAt = """
      ALTER TABLE busy ADD made timestamptz DEFAULT now();
      CREATE INDEX busy_upper ON busy (upper(v));
      CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
      CREATE TRIGGER same BEFORE UPDATE ON busy FOR EACH ROW WHEN (old.v <> new.v) EXECUTE FUNCTION same();
      CREATE TABLE nameless (v text);
      CREATE PUBLICATION everything FOR ALL TABLES;
      """

    @Test func `a plan does not wait for partitions that somebody holds`() async throws {
      let partitions = """
        CREATE TABLE busy_1 PARTITION OF busy FOR VALUES IN (1);
        CREATE TABLE busy_2 PARTITION OF busy FOR VALUES IN (2) PARTITION BY LIST (id);
        CREATE TABLE busy_2_2 PARTITION OF busy_2 FOR VALUES IN (2);
        """
      let source = """
        CREATE TABLE free (id int, v text); INSERT INTO free VALUES (1, 'a');
        CREATE TABLE busy (id int, v text) PARTITION BY LIST (id);
        \(partitions) INSERT INTO busy VALUES (1, 'a'), (2, 'b');
        """
      let target = """
        CREATE TABLE free (id int PRIMARY KEY, v text, source text);
        CREATE TABLE busy (id int PRIMARY KEY, v text, source text) PARTITION BY LIST (id);
        \(partitions) ALTER TABLE free ADD busy int REFERENCES busy;
        """
      try await withScenario(source: source, target: target) { scenario async throws in
        var configuration = configuration(scenario)
        configuration.tables[0].columns = [ColumnMapping(column: "busy", value: .constant("1"))]
        try await expectPlanned(scenario, configuration, while: "busy_1", "busy_2_2")
        #expect(try await scenario.sync(configuration).outcome == .success)
        #expect(try await scenario.target.value("SELECT count(*) FROM busy") == "2")
      }
    }

    /// The plan stands while both ends' tables are held, which it would have to wait for longer than a test may take.
    private func expectPlanned(
      _ scenario: Scenario, _ configuration: SyncConfiguration, while held: String...
    ) async throws {
      var configuration = configuration
      configuration.settings.indexes = .rebuild
      configuration.settings.lockTimeout = .seconds(60)
      let planned = configuration
      let locks = held.map { "LOCK TABLE public.\(Identifier($0)) IN ACCESS EXCLUSIVE MODE" as SQL }
      try await holding(locks, on: scenario.source) { _ in
        try await holding(locks, on: scenario.target) { _ in
          let start = ContinuousClock.now
          _ = try await Sync(planned).plan()
          #expect(start.duration(to: .now) < .seconds(50))
        }
      }
    }

    @Test func `what a query reads and somebody holds fails its table and those that refer to it`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        try await scenario.source.run("CREATE TABLE child AS TABLE busy; CREATE TABLE below AS TABLE busy")
        try await scenario.target.run(
          """
          CREATE TABLE child (id int PRIMARY KEY REFERENCES busy, v text, source text);
          CREATE TABLE below (id int PRIMARY KEY REFERENCES child, v text, source text);
          """)
        var configuration = configuration(scenario)
        configuration.tables[1].source = .query("SELECT id, v FROM public.busy")
        configuration.tables[1].columns = [ColumnMapping(column: "v", value: .expression("upper(src.v)"))]
        configuration.tables += ["child", "below"].map { TableConfiguration(target: TableName(name: $0)) }
        let held = configuration
        try await holding(["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.source) { backend in
          let report = try await scenario.sync(held)
          expectNamed(report, backend)
          #expect(["busy", "child", "below"].map { report.table($0)?.status } == [.failed, .skipped, .skipped])
          #expect(report.table("below")?.error == "skipped, because child, to which it refers, did not land")
          #expect(
            PlanSummary(try await Sync(held).plan()).warnings.contains { $0.hasPrefix("busy: could not be planned") })
          await #expect(throws: ServerError.self) {
            try await scenario.sync(held, options: Sync.Options(isAtomic: true))
          }
          var alone = held
          alone.tables = [held.tables[1]]
          let only = alone
          await #expect(throws: ServerError.self) { try await scenario.sync(only) }
        }
        #expect(
          try await scenario.target.value(
            "SELECT string_agg(table_name || ' ' || status, ', ' ORDER BY table_name) FROM pgtide.run_tables")
            == "below skipped, busy failed, child skipped, free success")
        #expect(
          try await scenario.target.value("SELECT error_message FROM _sync_metadata WHERE table_name = 'busy'")
            .contains("55P03"))
        #expect(try await scenario.sync(held).outcome == .success)
      }
    }

    @Test func `a run that waited for the source's locks in vain says so when it has landed`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = configuration(scenario, lockTimeout: .seconds(2))
        configuration.settings.retries = 20
        let patient = configuration
        let log = CapturedLog()
        let running = try await holding(
          ["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.source
        ) { _ in
          let running = Task { try await scenario.sync(patient, options: Sync.Options(logger: log.logger)) }
          while log.lines("retrying").isEmpty { try await Task.sleep(for: .milliseconds(20)) }
          return running
        }
        let report = try await running.value
        #expect(report.outcome == .success)
        #expect(report.notices.contains { $0.hasPrefix("lock_timeout ran out ") && $0.contains("(application dba, ") })
      }
    }
  }
}
