import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Tables that are loaded before what they refer to has landed.
  @Suite struct EarlyLoadTests {
    @Test func `a child is loaded while its parent still waits, and lands after it`() async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.parent IN SHARE MODE"])
          async let running = ParentAndChild.sync(scenario)
          try await scenario.target.wait(
            for: "t",
            from: """
              SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') = 1
                AND count(*) FILTER (WHERE state = 'idle in transaction' AND query LIKE 'ANALYZE%child%') = 1
              FROM pg_stat_activity WHERE application_name LIKE 'pgtide%' AND datname = current_database()
              """)
          #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
          try await app.query("COMMIT")
          return try await running
        }
        #expect(report.outcome == .success)
        #expect(report.tables.allSatisfy { $0.isLoadedDirectly })
        #expect(report.table("child")?.integrity == "checked in sets")
        #expect(report.table("child")?.isAnalyzed == true)
        #expect(
          try await scenario.target.value("SELECT count(*) FROM child JOIN parent ON parent.id = parent") == "2000")
      }
    }

    /// Runs `body` while the child's rows are in it and its transaction waits, because the app has locked its parent.
    private func whileChildWaits(
      _ body: (_ scenario: Scenario, _ app: Connection, _ running: Task<SyncReport, any Error>) async throws -> Void
    ) async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target) { scenario async throws in
        let options = ConnectionOptions(
          label: "app", connectionString: scenario.target.connectionString, applicationName: "app")
        try await Postgres.withConnection(options) { app in
          try await app.batch(["BEGIN", "LOCK TABLE public.parent IN SHARE MODE"])
          let running = Task { try await ParentAndChild.sync(scenario) }
          try await scenario.target.wait(
            for: "1",
            from: """
              SELECT count(*) FROM pg_stat_activity
              WHERE state = 'idle in transaction' AND query LIKE 'ANALYZE%child%' AND datname = current_database()
              """)
          try await body(scenario, app, running)
        }
      }
    }

    @Test func `a run that is cancelled while a load waits ends its transaction, and leaves nothing behind`()
      async throws
    {
      try await whileChildWaits { scenario, app, running async throws in
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        try await app.query("COMMIT")
        try await scenario.target.wait(
          for: "0",
          from: """
            SELECT count(*) FROM pg_stat_activity
            WHERE application_name LIKE 'pgtide%' AND datname = current_database()
            """)
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
        #expect(try await ParentAndChild.sync(scenario).totals.inserted == 2020)
      }
    }

    @Test func `a run that loses the session of its lock while a load waits takes the lock again, and all lands`()
      async throws
    {
      try await whileChildWaits { scenario, app, running async throws in
        try await scenario.target.run(
          """
          SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND a.datname = current_database()
          """)
        try await app.query("COMMIT")
        let report = try await running.value
        #expect(report.outcome == .success)
        #expect(report.tables.allSatisfy { $0.isLoadedDirectly })
        #expect(report.totals.inserted == 2020 && report.totals.read == 2020)
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "2000")
      }
    }

    @Test func `a load that waits and whose session is ended goes through the stage`() async throws {
      try await whileChildWaits { scenario, app, running async throws in
        try await scenario.target.run(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE state = 'idle in transaction' AND query LIKE 'ANALYZE%child%' AND datname = current_database()
          """)
        try await app.query("COMMIT")
        let report = try await running.value
        #expect(report.outcome == .success)
        #expect(isGivenUp(report.table("child"), ""))
        #expect(report.totals.inserted == 2020)
      }
    }

    @Test func `a child that was loaded before its parent failed is rolled back`() async throws {
      try await withScenario(source: ParentAndChild.source, target: ParentAndChild.target + Scenario.failing("parent"))
      {
        scenario async throws in
        let report = try await ParentAndChild.sync(scenario)
        #expect(report.table("parent")?.status == .failed)
        #expect(report.table("child")?.status == .skipped)
        #expect(try await scenario.target.value("SELECT count(*) FROM child") == "0")
      }
    }

    @Test func `a row without a parent sends a child that was loaded early through the stage`() async throws {
      try await withScenario(
        source: ParentAndChild.source + "DELETE FROM parent WHERE id = 3", target: ParentAndChild.target
      ) {
        scenario async throws in
        let child = try await ParentAndChild.sync(scenario).table("child")
        #expect(isGivenUp(child, "rows lack their parent"))
        #expect(child?.counts.inserted == 1900)
        #expect(child?.counts.rejected == 100)
      }
    }
  }
}
