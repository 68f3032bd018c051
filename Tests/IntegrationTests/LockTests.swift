import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

extension Integration {
  /// One run of a flow at a time on a target, whatever becomes of its sessions.
  @Suite struct LockTests {
    private static let source = "CREATE TABLE t AS SELECT g AS id FROM generate_series(1, 100) g"
    private static let target = "CREATE TABLE t (id int PRIMARY KEY, source text)"

    /// Through the stage: a run is to wait in its merge.
    private func configuration(_ scenario: Scenario, lockTimeout: Duration = .seconds(60)) -> SyncConfiguration {
      scenario.configuration(
        [TableConfiguration(target: TableName(name: "t"))], settings: RunSettings(lockTimeout: lockTimeout)
      ).staged
    }

    /// Runs `body` while a first run waits in its merge for the lock of an app's session.
    private func whileFirstMerges<R: Sendable>(
      _ body: (_ scenario: Scenario, _ app: Connection, _ first: Task<SyncReport, any Error>) async throws -> R
    ) async throws -> R {
      try await withScenario(source: Self.source, target: Self.target) { scenario in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        return try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "INSERT INTO public.t VALUES (1, 'M')"])
          let first = Task { try await scenario.sync(configuration(scenario)) }
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          return try await body(scenario, app, first)
        }
      }
    }

    private static let endLockSession = """
      SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND a.datname = current_database()
      """

    @Test func `a second run of the flow is refused, and told who is at work`() async throws {
      try await whileFirstMerges { scenario, app, first async throws in
        let other = await #expect(throws: RunInProgress.self) { try await scenario.sync(configuration(scenario)) }
        let holder = try await scenario.target.value(
          """
          SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND a.datname = current_database()
          """)
        #expect(other?.backend.map(String.init) == holder)
        try await app.query("COMMIT")
        #expect(try await first.value.totals.protected == 1)
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.runs") == "1")
      }
    }

    @Test func `a second run that may wait begins when the first has ended`() async throws {
      try await whileFirstMerges { scenario, app, first async throws in
        let waits = Mutex(0)
        async let second = scenario.sync(
          configuration(scenario), options: Sync.Options(wait: .seconds(60)),
          observer: { if case .waiting = $0 { waits.withLock { $0 += 1 } } })
        while waits.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(10)) }
        try await app.query("COMMIT")
        #expect(try await first.value.totals.inserted == 99)
        #expect(try await second.totals.unchanged == 99)
        #expect(waits.withLock { $0 } == 1)
      }
    }

    @Test func `a run of another flow is not kept waiting`() async throws {
      try await whileFirstMerges { scenario, app, first async throws in
        var other = configuration(scenario)
        other.flow = "other"
        other.settings.lockTimeout = .milliseconds(100)
        other.settings.retries = 0
        // It reaches the merge, in which the app's row stands in its way as well.
        #expect(try await scenario.sync(other).table("t")?.error?.contains("lock_timeout") == true)
        try await app.query("COMMIT")
        _ = try await first.value
      }
    }

    @Test func `a run that loses the session of its lock takes the lock again, and lands`() async throws {
      try await whileFirstMerges { scenario, app, first async throws in
        try await scenario.target.run(Self.endLockSession)
        try await app.query("COMMIT")
        #expect(try await first.value.outcome == .success)
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "success")
        #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.stage_forward_public_t") == "0")
      }
    }

    @Test func `a run that loses the session of its lock while it compares takes the lock again`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        _ = try await scenario.sync(configuration(scenario))
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE"])
          async let running = scenario.sync(configuration(scenario))
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          try await scenario.target.run(Self.endLockSession)
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.totals.unchanged == 100)
      }
    }

    @Test func `a run that loses its lock to another run commits nothing`() async throws {
      try await whileFirstMerges { scenario, app, first async throws in
        try await scenario.target.run(Self.endLockSession)
        async let second = scenario.sync(configuration(scenario, lockTimeout: .milliseconds(500)))
        let lost = try await first.value
        #expect(lost.error?.contains("lost its lock") == true)
        #expect(lost.table("t")?.status == .stopped)
        #expect(lost.totals.inserted == 0)
        try await app.query("COMMIT")
        let report = try await second
        #expect(report.totals.inserted == 99)
        #expect(report.notices.contains { $0.contains("of an earlier run that had lost its lock") })
        let runs = try await scenario.target.rows("SELECT status FROM pgtide.runs ORDER BY run_id")
        #expect(runs == [["died"], ["success"]])
      }
    }
  }
}
