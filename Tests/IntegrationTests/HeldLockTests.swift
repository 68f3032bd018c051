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
        try await holding(["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.source) { _ in
          try await holding(["LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE"], on: scenario.target) { _ in
            let start = ContinuousClock.now
            _ = try await Sync(configuration(scenario, lockTimeout: .seconds(60))).plan()
            #expect(start.duration(to: .now) < .seconds(50))
          }
        }
      }
    }
  }
}
