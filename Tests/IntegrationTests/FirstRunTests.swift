import EphemeralPostgres
import PGTide
import Postgres
import Testing

extension Integration {
  /// The first runs on a target.
  @Suite struct FirstRunTests {
    private func second(_ scenario: Scenario) -> SyncConfiguration {
      var configuration = scenario.configuration("b")
      configuration.flow = "second"
      return configuration
    }

    @Test(arguments: [false, true])
    func `those of two flows at once both land, whichever makes the history`(isSlow: Bool) async throws {
      let source = "CREATE TABLE a AS SELECT g AS id FROM generate_series(1, 100) g; CREATE TABLE b AS TABLE a"
      let target = "CREATE TABLE a (id int PRIMARY KEY, source text); CREATE TABLE b (id int PRIMARY KEY, source text)"
      try await withScenario(source: source, target: target) { scenario async throws in
        if isSlow {
          // So that the two are sure to meet.
          try await scenario.target.run(
            """
            CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS
              $$ BEGIN PERFORM pg_catalog.pg_sleep(0.5); END $$;
            CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE SCHEMA') EXECUTE FUNCTION slow()
            """)
        }
        async let other = scenario.sync(second(scenario))
        #expect(try await scenario.sync(scenario.configuration("a")).totals.inserted == 100)
        #expect(try await other.totals.inserted == 100)
        #expect(
          try await scenario.target.rows("SELECT table_name, sync_status FROM _sync_metadata ORDER BY 1")
            == [["a", "success"], ["b", "success"]])
      }
    }
  }
}
