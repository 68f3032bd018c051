import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Status tables that were there before, with rules of their own.
  @Suite struct StatusTableTests {
    private static let source = "CREATE TABLE good (id int); CREATE TABLE bad (id int); INSERT INTO good VALUES (1)"
    private static let target =
      "CREATE TABLE good (id int PRIMARY KEY, source text); CREATE TABLE bad (id int PRIMARY KEY, source text);"
      + Scenario.failing("bad")

    private func report(_ columns: String, _ scenario: Scenario) async throws -> SyncReport {
      try await scenario.source.run("INSERT INTO bad VALUES (1)")
      try await scenario.target.run("CREATE TABLE _sync_metadata (table_name varchar(255) PRIMARY KEY, \(columns))")
      return try await scenario.sync(scenario.configuration("good", "bad"))
    }

    private let status = "SELECT table_name, sync_status FROM _sync_metadata ORDER BY 1"

    @Test(arguments: [
      """
      last_sync_timestamp timestamptz NOT NULL DEFAULT '1970-01-01', records_synced int, sync_status varchar(50),
      error_message text, updated_at timestamptz
      """,
      """
      last_sync_timestamp timestamptz NOT NULL, records_synced int NOT NULL, sync_status text NOT NULL,
      error_message varchar(20) NOT NULL, updated_at timestamptz NOT NULL
      """,
    ])
    func `one that forbids NULL gets something else`(columns: String) async throws {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await report(columns, scenario)
        #expect(report.outcome == .partial)
        #expect(report.table("good")?.status == .success)
        #expect(try await scenario.target.rows(status) == [["bad", "failed"], ["good", "success"]])
        #expect(
          try await scenario.target.value(
            "SELECT last_sync_timestamp = '1970-01-01 00:00Z' FROM _sync_metadata WHERE table_name = 'bad'") == "t")
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "partial")
      }
    }

    @Test func `one with a column that only its users know keeps the rows that it has, and the plan says so`()
      async throws
    {
      let columns = """
        owner text NOT NULL, last_sync_timestamp timestamptz, records_synced int, sync_status text, error_message text,
        updated_at timestamptz
        """
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await report(columns, scenario)
        #expect(report.table("good")?.status == .success)
        #expect(report.notices.contains { $0.contains("takes no row for a new table: its column owner") })
        #expect(try await scenario.target.rows(status).isEmpty)
        try await scenario.target.run("INSERT INTO _sync_metadata (table_name, owner) VALUES ('good', 'us')")
        try await scenario.sync(scenario.configuration("good", "bad"))
        #expect(try await scenario.target.rows(status) == [["good", "success"]])
      }
    }

    @Test func `one that refuses what became of a table that failed does not end the run`() async throws {
      let columns = """
        last_sync_timestamp timestamptz, records_synced int, sync_status text CHECK (sync_status <> 'failed'),
        error_message text, updated_at timestamptz
        """
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        let report = try await report(columns, scenario)
        #expect(report.table("good")?.status == .success)
        let bad = report.table("bad")
        #expect(bad?.error?.contains("no room for bad") == true)
        #expect(bad?.notices.contains { $0.contains("its row in the status table could not be written") } == true)
        #expect(
          try await scenario.target.rows("SELECT table_name, status FROM pgtide.run_tables ORDER BY 1")
            == [["bad", "failed"], ["good", "success"]])
        #expect(try await scenario.target.value("SELECT status FROM pgtide.runs") == "partial")
      }
    }
  }
}
