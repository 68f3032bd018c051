import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// Columns that hold the numbers of large objects.
  @Suite struct LargeObjectTests {
    private static let scans = "CREATE EXTENSION lo; CREATE TABLE scan (id int PRIMARY KEY, body lo, note text);"
    private static let trigger = """
      CREATE TRIGGER tidy BEFORE UPDATE OR DELETE ON scan FOR EACH ROW EXECUTE FUNCTION lo_manage(body);
      """
    private static let rows = "INSERT INTO scan SELECT g, lo_from_bytea(0, 'page'), 'a' FROM generate_series(1, 3) g"

    private func configuration(_ scenario: Scenario) -> SyncConfiguration {
      var configuration = scenario.configuration("scan")
      configuration.origin = .allRowsAreOurs
      return configuration
    }

    @Test func `the numbers are copied with a remark`() async throws {
      try await withScenario(source: Self.scans + Self.rows, target: Self.scans) { scenario async throws in
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.totals.inserted == 3)
        #expect(
          report.table("scan")?.notices.contains { $0.contains("large objects themselves do not travel") } == true)
      }
    }

    @Test func `an update unlinks none where a trigger would`() async throws {
      try await withScenario(source: Self.scans + Self.rows, target: Self.scans + Self.trigger) {
        scenario async throws in
        try await scenario.target.run(
          "INSERT INTO scan VALUES (1, lo_from_bytea(4711, 'the app''s'), 'old')")
        let report = try await scenario.sync(configuration(scenario))
        #expect(report.totals.updated == 1)
        #expect(report.table("scan")?.notices.contains { $0.contains("lo_manage") } == true)
        #expect(
          try await scenario.target.rows(
            "SELECT oid, (SELECT body FROM scan WHERE id = 1) FROM pg_largeobject_metadata") == [["4711", "4711"]])
      }
    }

    @Test func `a column that is asked for by name is refused`() async throws {
      try await withScenario(source: Self.scans + Self.rows, target: Self.scans + Self.trigger) {
        scenario async throws in
        var configuration = configuration(scenario)
        configuration.tables[0].columns = [ColumnMapping(column: "body", value: .renamed("body"))]
        let refusal = await #expect(throws: PlanRefusal.self) { try await Sync(configuration).plan() }
        #expect(refusal?.problems.contains { $0.problem.contains("lo_manage") } == true)
      }
    }
  }
}
