import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// Digests as a part of a run: what happens to it meanwhile, and how often it waits.
  @Suite(.needs(.sourceVersion(14))) struct DigestRunTests {
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
      return try await withScenario(source: DigestTests.source + slow, target: DigestTests.target) { scenario in
        _ = try await scenario.syncByDigest([table])
        let end = onSource ? scenario.source : scenario.target
        let options = ConnectionOptions(label: "app", connectionString: end.connectionString, applicationName: "app")
        return try await Postgres.withConnection(options) { app in
          try await app.batch([
            "BEGIN", onSource ? "SELECT pg_advisory_xact_lock(7)" : "LOCK TABLE public.t IN ACCESS EXCLUSIVE MODE",
          ])
          let running = TaskSlot<SyncReport>()
          running.start { try await scenario.syncByDigest([table]) }
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
          _ = try await scenario.syncByDigest(tables)
          let report = try await scenario.syncByDigest(tables)
          #expect(report.totals.matched == 10 * count)
          return report.roundTrips.target
        }
      }
      #expect(try await waits(12) == waits(2))
    }
  }
}
