import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// A stage that the server has emptied, as it does when it restarts.
  @Suite struct LostStageTests {
    @Test(arguments: [50, 200]) func `it does not pass for an empty source`(_ rows: Int) async throws {
      let source = "CREATE TABLE card AS SELECT g AS id FROM generate_series(1, \(rows)) g"
      try await withScenario(source: source, target: "CREATE TABLE card (id int PRIMARY KEY, source char(1))") {
        scenario async throws in
        let configuration = scenario.removing("card").staged
        try await scenario.sync(configuration)
        try await scenario.source.run("DELETE FROM card WHERE id = 1")
        let options = ConnectionOptions(label: "app", connectionString: scenario.target.connectionString)
        let report = try await Postgres.withConnection(options) { app in
          // The comparison waits until the stage is empty.
          try await app.batch(["BEGIN", "LOCK TABLE public.card IN ACCESS EXCLUSIVE MODE"])
          async let running = scenario.sync(configuration)
          try await scenario.target.wait(
            for: "t",
            from: """
              SELECT count(*) > 0 FROM pg_stat_activity
              WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%classified%'
              """)
          try await scenario.target.run("DELETE FROM pgtide.stage_forward_public_card")
          try await app.query("ROLLBACK")
          return try await running
        }
        let card = report.table("card")
        #expect(card?.status == .failed)
        #expect(card?.error?.contains("the sums do not match") == true, "\(card?.error ?? "")")
        #expect(card?.brake == nil)
        #expect(try await scenario.target.value("SELECT count(*) FROM card") == "\(rows)")
        #expect(try await scenario.sync(configuration).totals.deleted == 1)
      }
    }
  }
}
