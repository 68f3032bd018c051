import EphemeralPostgres
import Postgres
import Testing

@testable import PGTide

extension Integration {
  /// A check needs no right to write, but to the temporary tables of its own session.
  @Suite struct CheckRightsTests {
    /// A role on the target that may read the table, and no more.
    private func withReader(
      temporary: Bool, _ body: (Scenario, SyncConfiguration) async throws -> Void
    ) async throws {
      try await withScenario(source: Scenario.people, target: Scenario.appPeople) { scenario async throws in
        let name = "reader_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let database = scenario.target.name
        try await scenario.target.run(
          """
          CREATE ROLE \(name) LOGIN;
          REVOKE ALL ON DATABASE \(database) FROM PUBLIC;
          GRANT CONNECT\(temporary ? ", TEMPORARY" : "") ON DATABASE \(database) TO \(name);
          GRANT USAGE ON SCHEMA public TO \(name);
          GRANT SELECT ON people TO \(name);
          """)
        var configuration = scenario.configuration("people")
        configuration.target.connection += " user=\(name)"
        try await body(scenario, configuration)
        // The databases are used again by other tests.
        try await scenario.target.run("GRANT CONNECT, TEMPORARY ON DATABASE \(database) TO PUBLIC")
      }
    }

    @Test func `who may read the target may check it`() async throws {
      try await withReader(temporary: true) { scenario, configuration async throws in
        let report = try await scenario.check(configuration)
        #expect(report.outcome == .different)
        #expect(report.tables[0].sourceOnly == 3)
      }
    }

    @Test(.needs(.sourceVersion(14))) func `a level table takes no temporary table`() async throws {
      try await withReader(temporary: false) { scenario, configuration async throws in
        try await scenario.sync(scenario.configuration("people"))
        #expect(try await scenario.check(configuration).outcome == .level)
      }
    }

    @Test func `where no temporary table may be made the report says what to grant`() async throws {
      try await withReader(temporary: false) { scenario, configuration async throws in
        let report = try await scenario.check(configuration)
        #expect(report.outcome == .failed)
        let error = try #require(report.tables[0].error)
        #expect(error.contains("may not create temporary tables"))
        #expect(error.contains("GRANT TEMPORARY ON DATABASE \"\(scenario.target.name)\" TO \"reader_"))
      }
    }
  }
}
