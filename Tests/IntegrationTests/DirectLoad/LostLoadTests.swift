import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Sessions of the target that end in the middle of a direct load.
  @Suite struct LostLoadTests {
    private static let source = """
      CREATE TABLE job AS SELECT g AS id, 'v' || g AS v FROM generate_series(1, 20000) g;
      CREATE TABLE task AS SELECT g AS id, g AS job, 'v' || g AS v FROM generate_series(1, 20000) g; ANALYZE;
      CREATE TABLE small AS SELECT g AS id FROM generate_series(1, 10) g
      """
    private static let target = """
      CREATE TABLE job (id int PRIMARY KEY, v text, source text);
      CREATE TABLE task (id int PRIMARY KEY, job int REFERENCES job, v text, source text);
      CREATE TABLE small (id int PRIMARY KEY, source text)
      """

    private func configuration(_ scenario: Scenario, retries: Int = 5) -> SyncConfiguration {
      var configuration = scenario.configuration(
        ["job", "task", "small"].map { TableConfiguration(target: TableName(name: $0)) },
        settings: RunSettings(retries: retries))
      configuration.settings.directLoad = .auto
      configuration.settings.digest = .auto
      return configuration
    }

    /// Runs a first load until it waits for a row of `table` that the app has not committed, and ends sessions then.
    private func sync(_ scenario: Scenario, waitingIn table: String, retries: Int = 5, _ chosen: String) async throws
      -> SyncReport
    {
      let options = ConnectionOptions(
        label: "app", connectionString: scenario.target.connectionString, applicationName: "app")
      return try await Postgres.withConnection(options) { app in
        try await app.batch(["BEGIN", "INSERT INTO public.\(raw: table) VALUES (7)"])
        async let running = scenario.sync(configuration(scenario, retries: retries))
        try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
        try await scenario.target.run(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND \(chosen)
          """)
        try await app.query("ROLLBACK")
        return try await running
      }
    }

    @Test(arguments: ["job", "small"], ["true", "wait_event_type = 'Lock'"])
    func `are got over, and what is told of them is the true cause`(table: String, chosen: String) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, waitingIn: table, chosen)
        #expect(report.outcome == .success, "\(report.error ?? "")")
        #expect(report.totals.inserted == 40_010)
        let told = report.tables.flatMap { $0.notices + [$0.retryCause, $0.error].compactMap(\.self) } + report.notices
        // The kernel may have dropped the server's last word.
        let causes = ["terminating connection due to administrator command", "server closed the connection"]
        #expect(told.contains { text in causes.contains { text.contains($0) } }, "\(told)")
        #expect(!told.contains { $0.contains("25P02") || $0.contains("is aborted") || $0.contains("another run") })
      }
    }

    @Test func `without another attempt the first error is the one that is told`() async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await sync(scenario, waitingIn: "job", retries: 0, "true")
        let told = (report.tables.flatMap { $0.notices + [$0.error].compactMap(\.self) } + [report.error ?? ""])
          .joined(separator: "\n")
        #expect(!told.contains("25P02") && !told.contains("is aborted") && !told.contains("another run"), "\(told)")
        let next = try await scenario.sync(scenario.configuration("job", "task", "small"))
        #expect(next.outcome == .success)
      }
    }
  }
}
