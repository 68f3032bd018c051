import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Runs over tables whose rows are paired, and looked up on the target, that are cut off.
  @Suite struct PairingFaultTests {
    private static let level = """
      SELECT coalesce(t.title, '-'), s.v FROM steps s LEFT JOIN tasks t ON t.no = s.task_no ORDER BY s.v
      """
    private static let landed = [["plan", "a"], ["plan", "a"], ["build", "b"], ["-", "c"], ["-", "e"]]

    @Test func `a run that could not land is taken up from the disk, and pairs with what stands there by then`()
      async throws
    {
      try await SpillScenario.run(source: TargetLookupTests.numbered, target: TargetLookupTests.numberedTarget) {
        spill async throws in
        let scenario = spill.scenario
        var configuration = scenario.configuration(TargetLookupTests.numberedTables)
        configuration.settings.spill = SpillSettings(mode: .always, directory: spill.base, limit: nil)
        configuration.settings.retries = 0
        try await scenario.target.run(Scenario.failing("tasks"))
        #expect(try await scenario.sync(configuration).outcome == .failed)
        try await scenario.target.run("DROP TRIGGER fail ON tasks")
        // The source is not asked any more. One task is there by now, of ours, and one of the app's.
        try await scenario.source.run("TRUNCATE tasks, steps")
        try await scenario.target.run(
          "INSERT INTO tasks (job, title, hours, source) VALUES (1, 'plan', 1, 'D'), (1, 'build', 1, 'M')")
        let resumed = try await spill.resume(configuration)
        #expect(resumed.table("tasks")?.counts.inserted == 3)
        #expect(resumed.table("tasks")?.counts.unchanged == 1)
        #expect(resumed.table("tasks")?.counts.protected == 1)
        #expect(try await scenario.target.rows(Self.level) == Self.landed)
      }
    }

    @Test func `a connection that is cut while rows are looked up costs an attempt`() async throws {
      try await withScenario(source: TargetLookupTests.numbered, target: TargetLookupTests.numberedTarget) {
        scenario async throws in
        let configuration = scenario.configuration(TargetLookupTests.numberedTables)
        try await scenario.sync(configuration)
        try await scenario.target.run("TRUNCATE steps")
        var alone = configuration
        (alone.tables, alone.leftOut) = ([configuration.tables[0]], [configuration.tables[1]])
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { [alone] app in
          try await app.batch(["BEGIN", "LOCK TABLE public.tasks IN ACCESS EXCLUSIVE MODE"])
          async let running = scenario.sync(alone)
          try await scenario.target.wait(for: "t", from: TestDatabase.waitingForLock)
          let ended = try await scenario.target.value(
            """
            SELECT string_agg(substr(query, 1, 23) || pg_terminate_backend(pid), ' ') FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database() AND wait_event_type = 'Lock'
            """)
          #expect(ended == #"UPDATE "pgtide"."stage_true"#)
          try await app.query("COMMIT")
          return try await running
        }
        #expect((report.outcome, report.tables[0].retries) == (.rejects, 1))
        #expect(try await scenario.target.rows(Self.level) == Self.landed)
      }
    }
  }
}
