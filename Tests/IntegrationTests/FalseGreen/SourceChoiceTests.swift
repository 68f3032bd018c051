import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Which relation of the source a name means, and that it is not the target's own.
  @Suite struct SourceChoiceTests {
    private static let target = """
      CREATE SCHEMA hr; CREATE TABLE hr.people (id int PRIMARY KEY, v text); CREATE TABLE public.people (LIKE hr.people);
      """

    private func configuration(_ scenario: Scenario, _ name: String = "people") -> SyncConfiguration {
      var configuration = scenario.configuration([TableConfiguration(target: TableName(schema: "hr", name: name))])
      (configuration.origin, configuration.stamps) = (.allRowsAreOurs, StampRule())
      return configuration
    }

    private static func people(_ schema: String) -> String {
      "CREATE SCHEMA IF NOT EXISTS \(schema); CREATE TABLE \(schema).people AS SELECT 1 AS id, '\(schema)' AS v;"
    }

    @Test func `a table with its schema is read from the same schema, and one that is passed over is told`()
      async throws
    {
      try await withScenario(source: Self.people("public") + Self.people("hr"), target: Self.target) {
        scenario async throws in
        let report = try await scenario.sync(configuration(scenario))
        #expect(try await scenario.target.value("SELECT v FROM hr.people") == "hr")
        #expect(
          report.tables.first?.notices == [
            "read from hr.people, not from public.people, which is there as well; `from` names another one"
          ])
      }
    }

    @Test func `what is passed over need not be for us to read`() async throws {
      try await withScenario(source: Self.people("other") + Self.people("hr"), target: Self.target) {
        scenario async throws in
        let role = "role_\(scenario.source.name)"
        try await scenario.source.run(
          "CREATE ROLE \(role) LOGIN; GRANT USAGE ON SCHEMA hr TO \(role); GRANT SELECT ON hr.people TO \(role)")
        var configuration = configuration(scenario)
        configuration.source.connection = scenario.source.connectionString(as: role)
        configuration.source.schema = "other"
        #expect(try await scenario.sync(configuration).outcome == .success)
        try await scenario.source.run("DROP OWNED BY \(role); DROP ROLE \(role)")
      }
    }

    @Test func `where the source has no such schema, its own is read`() async throws {
      try await withScenario(source: Self.people("public"), target: Self.target) { scenario async throws in
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.tables.first?.source == "public.people")
        #expect(report.tables.first?.notices == [])
      }
    }

    @Test func `an entry that says from is read from there`() async throws {
      try await withScenario(source: Self.people("public") + Self.people("hr"), target: Self.target) {
        scenario async throws in
        var configuration = configuration(scenario)
        configuration.tables[0].source = .relation(TableName(name: "people"))
        try await scenario.sync(configuration)
        #expect(try await scenario.target.value("SELECT v FROM hr.people") == "public")
      }
    }

    @Test func `where neither is there, both are named, and what is near`() async throws {
      try await withScenario(
        source: "CREATE SCHEMA hr; CREATE TABLE hr.staff (id int)",
        target: "CREATE SCHEMA hr; CREATE TABLE hr.staf (id int PRIMARY KEY)"
      ) { scenario async throws in
        let refusal = await #expect(throws: PlanRefusal.self) {
          try await Sync(configuration(scenario, "staf")).plan()
        }
        #expect(refusal?.problems.map(\.problem) == ["the source has no table or view hr.staf or public.staf"])
        #expect(refusal?.problems.first?.advice.hasPrefix("Did you mean hr.staff?") == true)
      }
    }

    // MARK: - One database

    private static let one = """
      CREATE TABLE client (id int PRIMARY KEY, v text, source text); INSERT INTO client VALUES (1, 'v', 'D');
      CREATE SCHEMA app; CREATE TABLE app.client (LIKE client INCLUDING ALL);
      CREATE VIEW app.clients AS SELECT * FROM client WHERE id > 0;
      """

    private func refusal(
      _ configure: (inout SyncConfiguration, Scenario) -> Void = { _, _ in }
    ) async throws -> PlanRefusal? {
      try await withScenario(source: "", target: Self.one) { scenario async throws in
        var configuration = scenario.configuration("client")
        configuration.source.connection = scenario.target.connectionString
        configure(&configuration, scenario)
        do {
          _ = try await Sync(configuration).plan()
          return nil
        } catch let refusal as PlanRefusal {
          return refusal
        }
      }
    }

    @Test func `a table that would be brought level with itself is refused, whatever leads to it`() async throws {
      for refusal in [
        try await refusal(),
        try await refusal { configuration, _ in configuration.source.connection += " application_name=other" },
        try await refusal { configuration, _ in
          configuration.tables[0].source = .relation(TableName(schema: "app", name: "clients"))
        },
        try await refusal { configuration, _ in
          configuration.tables[0].source = .query("SELECT c.id, c.v FROM public.client c JOIN app.client a USING (id)")
        },
      ] {
        #expect(refusal?.problems.count == 2)
        #expect(refusal?.problems.first?.problem.hasPrefix("source and target are one database, ") == true)
        #expect(refusal?.problems.last?.problem.hasPrefix("it would be brought level with itself: ") == true)
      }
    }

    @Test func `from one table of a database into another one is a remark`() async throws {
      try await withScenario(source: "", target: Self.one) { scenario async throws in
        var configuration = scenario.configuration("client")
        configuration.source.connection = scenario.target.connectionString
        configuration.stamps = StampRule()
        configuration.target.schema = "app"
        configuration.metadata.enabled = false
        let report = try await scenario.sync(configuration)
        #expect(report.totals.inserted == 1)
        #expect(report.notices.contains { $0.hasPrefix("both ends are one database, \(scenario.target.name)") })
      }
    }

    @Test func `two databases of one server are two`() async throws {
      try await withScenario(source: "", target: Self.one) { scenario async throws in
        // The servers of these tests may be one, or two: a second database stands beside the target's for sure.
        try await scenario.target.run("CREATE SCHEMA other; CREATE TABLE other.client (id int)")
        var configuration = scenario.configuration("client")
        configuration.source.connection = scenario.target.connectionString.replacing(
          "dbname=\(scenario.target.name)", with: "dbname=postgres")
        configuration.tables[0].source = .query("SELECT 1 AS id, 'w' AS v")
        let notices = try await PlanSummary(Sync(configuration).plan()).notices
        #expect(!notices.contains { $0.contains("one database") })
      }
    }
  }
}
