import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What a run that did not begin leaves behind.
  @Suite struct UnbegunRunTests {
    private let runs = "SELECT status, finished_at IS NOT NULL, error_message FROM pgtide.runs ORDER BY run_id"
    private let status = "SELECT table_name, sync_status, error_message FROM _sync_metadata ORDER BY 1"

    private func withPeople(_ body: (Scenario, SyncConfiguration) async throws -> Void) async throws {
      try await withScenario(
        source: Scenario.people + "CREATE TABLE pets (id int)",
        target: Scenario.appPeople + "CREATE TABLE pets (id int PRIMARY KEY, source text)"
      ) { scenario async throws in
        try await body(scenario, scenario.configuration("people", "pets"))
      }
    }

    @Test func `a refused plan stands in the history, and with each table in the status table`() async throws {
      try await withPeople { scenario, configuration async throws in
        try await scenario.sync(configuration)
        try await scenario.source.run("ALTER TABLE pets RENAME TO animals")
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        let problem = "pets: the source has no table or view public.pets"
        #expect(
          try await scenario.target.rows(runs) == [
            ["success", "t", "NULL"], ["refused", "t", "the plan was refused:\n- \(problem)"],
          ])
        #expect(
          try await scenario.target.rows(status) == [
            ["people", "failed", "the plan was refused, because of other tables; pgtide.runs has why"],
            ["pets", "failed", problem],
          ])
        #expect(try await scenario.target.value("SELECT count(*) FROM _sync_metadata WHERE records_synced > 0") == "1")
        try await scenario.source.run("ALTER TABLE animals RENAME TO pets")
        #expect(try await scenario.sync(configuration).outcome == .success)
      }
    }

    @Test func `on a target that no run has seen the history and the status table are made for it`() async throws {
      try await withPeople { scenario, configuration async throws in
        try await scenario.source.run("DROP TABLE pets")
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(try await scenario.target.rows(runs).map(\.first) == [["refused"].first])
        #expect(try await scenario.target.value("SELECT count(*) FROM _sync_metadata") == "2")
      }
    }

    @Test func `a source that cannot be reached stands there, too`() async throws {
      try await withPeople { scenario, configuration async throws in
        var away = configuration
        away.source.connection = "host=127.0.0.1 port=1 dbname=office"
        await #expect(throws: (any Error).self) { try await scenario.sync(away) }
        let rows = try await scenario.target.rows(runs)
        #expect(rows.map { $0.prefix(2) } == [["unreachable", "t"]])
        #expect(rows.first?[2].hasPrefix("no connection to the source: ") == true)
        #expect(
          try await scenario.target.value("SELECT count(*) FROM _sync_metadata WHERE sync_status = 'failed'") == "2")
        #expect(try await scenario.sync(configuration).outcome == .success)
      }
    }

    @Test func `a dry run, and a plan, leave nothing`() async throws {
      try await withPeople { scenario, configuration async throws in
        try await scenario.source.run("DROP TABLE pets")
        let before = try await scenario.target.everything()
        await #expect(throws: PlanRefusal.self) {
          try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        }
        await #expect(throws: PlanRefusal.self) { try await Sync(configuration).plan() }
        #expect(try await scenario.target.everything() == before)
      }
    }

    @Test func `what somebody else made under its name is not touched`() async throws {
      try await withPeople { scenario, configuration async throws in
        let role = "role_\(scenario.target.name)"
        try await scenario.target.run(
          """
          CREATE ROLE \(role) LOGIN; CREATE SCHEMA pgtide; CREATE TABLE pgtide.runs (mine int);
          GRANT ALL ON people, pets TO \(role);
          """)
        var configuration = configuration
        configuration.target.connection = scenario.target.connectionString(as: role)
        let before = try await scenario.target.everything()
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(try await scenario.target.everything() == before)
        try await scenario.target.run("DROP OWNED BY \(role); DROP ROLE \(role)")
      }
    }

    @Test func `on a read-only target nothing is tried`() async throws {
      try await withPeople { scenario, configuration async throws in
        var configuration = configuration
        configuration.target.connection += " options='-c default_transaction_read_only=on'"
        let before = try await scenario.target.everything()
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(try await scenario.target.everything() == before)
      }
    }

    @Test func `a status table that refuses it does not keep the history from it`() async throws {
      try await withPeople { scenario, configuration async throws in
        try await scenario.target.run(
          """
          CREATE TABLE _sync_metadata (table_name text PRIMARY KEY, last_sync_timestamp timestamptz, records_synced int,
            sync_status text CHECK (sync_status <> 'failed'), error_message text, updated_at timestamptz)
          """)
        try await scenario.source.run("DROP TABLE pets")
        await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(try await scenario.target.rows(runs).map(\.first) == [["refused"].first])
      }
    }

    @Test func `what a server said of a value is not among it`() async throws {
      try await withPeople { scenario, configuration async throws in
        var configuration = configuration
        configuration.tables[1].columns = [ColumnMapping(column: "id", value: .expression("'secret'::integer"))]
        let refusal = await #expect(throws: PlanRefusal.self) { try await scenario.sync(configuration) }
        #expect(refusal?.problems.first?.problem.contains("secret") == true)
        let message = try await scenario.target.rows(runs).first?[2]
        #expect(message?.contains("the source does not take the expression of column id: …") == true)
        #expect(try await !scenario.target.everything().joined().contains { $0.contains("secret") })
      }
    }

    @Test func `a run that is at work goes on beside one that is refused`() async throws {
      try await withPeople { scenario, configuration async throws in
        let refused = TaskSlot<Void>()
        var broken = configuration
        broken.tables.append(TableConfiguration(target: TableName(name: "nowhere")))
        let report = try await scenario.sync(configuration.staged) { [broken] event in
          guard case .comparing = event else { return }
          refused.start {
            await #expect(throws: PlanRefusal.self) { try await Sync(broken).run() }
          }
        }
        try await refused.value
        #expect(report.outcome == .success)
        #expect(report.error == nil)
        #expect(try await scenario.target.rows(runs).compactMap(\.first) == ["success", "refused"])
      }
    }
  }
}
