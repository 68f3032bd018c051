import EphemeralPostgres
import PGTide
import Testing

extension Integration {
  /// What keeps a run from deleting.
  @Suite struct DeleteBrakeTests {
    private static let source = """
      CREATE TABLE card (id int, v text); INSERT INTO card SELECT g, 'v' || g FROM generate_series(1, 3000) g;
      CREATE TABLE office (name text); INSERT INTO office VALUES ('main');
      """
    private static let target = "CREATE TABLE card (id int PRIMARY KEY, v text, source char(1) DEFAULT 'M')"

    private func withCards<R: Sendable>(_ body: (Scenario, inout SyncConfiguration) async throws -> R) async throws -> R
    {
      try await withScenario(source: Self.source, target: Self.target) { scenario async throws in
        var configuration = scenario.removing("card")
        try await scenario.sync(configuration)
        return try await body(scenario, &configuration)
      }
    }

    private func expectStopped(
      _ scenario: Scenario, _ configuration: SyncConfiguration, by brake: DeleteBrake, rows: Int,
      location: SourceLocation = #_sourceLocation
    ) async throws {
      let before = try await scenario.target.value("SELECT string_agg(xmin || ' ' || xmax, ',' ORDER BY id) FROM card")
      let report = try await scenario.sync(configuration)
      #expect(report.outcome == .failed, sourceLocation: location)
      #expect(report.table("card")?.brake == brake, sourceLocation: location)
      #expect(report.totals.deleted == 0, sourceLocation: location)
      #expect(
        try await scenario.target.value("SELECT string_agg(xmin || ' ' || xmax, ',' ORDER BY id) FROM card") == before,
        sourceLocation: location)
      #expect(try await scenario.target.value("SELECT count(*) FROM pgtide.deleted") == "0", sourceLocation: location)
      // Let through knowingly, they go.
      var allowed = configuration
      allowed.tables[0].allowedDeletes = rows
      allowed.tables[0].expect = nil
      #expect(try await scenario.sync(allowed).totals.deleted == rows, sourceLocation: location)
    }

    @Test func `more rows than max_delete allows`() async throws {
      try await withCards { scenario, configuration async throws in
        configuration.maxDelete = .rows(20)
        try await scenario.source.run("DELETE FROM card WHERE id <= 21; UPDATE card SET v = 'new' WHERE id = 30")
        try await expectStopped(scenario, configuration, by: .tooMany, rows: 21)
      }
    }

    @Test func `more rows than 5 % where nothing is said`() async throws {
      try await withCards { scenario, configuration async throws in
        configuration.maxDrop = .percent(100)
        try await scenario.source.run("DELETE FROM card WHERE id <= 151")
        try await expectStopped(scenario, configuration, by: .tooMany, rows: 151)
      }
    }

    @Test func `as many rows as 5 %, or 100 where that is more, are not too many`() async throws {
      try await withCards { scenario, configuration async throws in
        try await scenario.source.run("DELETE FROM card WHERE id <= 150")
        #expect(try await scenario.sync(configuration).totals.deleted == 150)
        configuration.maxDrop = .percent(100)
        try await scenario.source.run("DELETE FROM card WHERE id > 1000")
        configuration.tables[0].allowedDeletes = 2000
        try await scenario.sync(configuration)
        configuration.tables[0].allowedDeletes = nil
        try await scenario.source.run("DELETE FROM card WHERE id > 900")
        #expect(try await scenario.sync(configuration).totals.deleted == 100)
      }
    }

    @Test func `a source that has no row any more`() async throws {
      try await withCards { scenario, configuration async throws in
        configuration.maxDelete = .percent(100)
        configuration.maxDrop = .percent(100)
        try await scenario.source.run("TRUNCATE card")
        try await expectStopped(scenario, configuration, by: .sourceEmpty, rows: 3000)
      }
    }

    @Test func `a source that has lost more rows than max_drop allows`() async throws {
      try await withCards { scenario, configuration async throws in
        configuration.tables[0].maxDrop = .rows(10)
        try await scenario.source.run("DELETE FROM card WHERE id <= 11")
        try await expectStopped(scenario, configuration, by: .sourceShrank, rows: 11)
      }
    }

    @Test(arguments: [
      "SELECT FROM public.office WHERE name = 'main'", "SELECT count(*) > 0 FROM public.office",
      "SELECT count(*) FROM public.office", "SELECT count(*)::float8 FROM public.office", "SELECT 0::money",
      "SELECT 0::oid",
      "SELECT max(name) FROM public.office",
      "SELECT FROM public.office WHERE 1 / (SELECT count(*) FROM public.office) > 0",
    ])
    func `a source without the row that is expected`(query: String) async throws {
      try await withCards { scenario, configuration async throws in
        try await scenario.source.run("DELETE FROM office; DELETE FROM card WHERE id <= 5")
        configuration.tables[0].expect = query
        try await expectStopped(scenario, configuration, by: .unexpected, rows: 5)
      }
    }

    @Test func `a source with the row that is expected lets rows go`() async throws {
      try await withCards { scenario, configuration async throws in
        configuration.expect = "SELECT FROM public.office WHERE name = 'main'"
        try await scenario.source.run("DELETE FROM card WHERE id <= 5")
        #expect(try await scenario.sync(configuration).totals.deleted == 5)
      }
    }

    @Test func `in a dry run as well`() async throws {
      try await withCards { scenario, configuration async throws in
        try await scenario.source.run("TRUNCATE card")
        let report = try await scenario.sync(configuration, options: Sync.Options(isDryRun: true))
        #expect(report.table("card")?.brake == .sourceEmpty)
      }
    }
  }
}
