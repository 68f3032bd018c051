import EphemeralPostgres
import PGTide
import PracticeData
import Testing

/// The office's two databases, small, and its two flows.
struct OfficeScenario {
  let scenario: Scenario
  var source: TestDatabase { scenario.source }
  var target: TestDatabase { scenario.target }
  var model: OfficeModel { OfficeModel(source: source, target: target) }

  private var environment: [String: String] {
    ["PGTIDE_SOURCE": source.connectionString, "PGTIDE_TARGET": target.connectionString]
  }

  func forward() throws -> SyncConfiguration {
    try ConfigurationFile.parse(OfficeData.configuration, environment: environment)
  }

  func back() throws -> SyncConfiguration {
    try ConfigurationFile.parse(OfficeData.wayBack, environment: environment)
  }

  /// Runs it and demands that nothing is written, deleted, or drawn from a sequence.
  func demandNothing(
    from configuration: SyncConfiguration, at end: TestDatabase, location: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try await Self.traces(end)
    let report = try await scenario.sync(configuration, location: location)
    #expect(report.totals.written == 0, sourceLocation: location)
    #expect(report.totals.deleted == 0, sourceLocation: location)
    #expect(try await Self.traces(end) == before, sourceLocation: location)
  }

  /// All rows of the user tables, by whom and where they were written, and how far the sequences are.
  static func traces(_ end: TestDatabase) async throws -> [[String]] {
    var traces = try await end.rows(
      "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    let tables = try await end.rows(
      """
      SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> '_sync_metadata'
      ORDER BY 1
      """)
    for table in tables.map({ $0[0] }) {
      traces += try await end.rows("SELECT '\(table)', xmin, ctid, t::text FROM \(table) t ORDER BY ctid")
    }
    return traces
  }

  /// The app's rows, with all that a write would change.
  func appRows() async throws -> [[String]] {
    var rows: [[String]] = []
    for table in OfficeData.tables {
      rows += try await target.rows(
        "SELECT '\(table.target)', xmin, t::text FROM \(table.target) t WHERE source = 'M' ORDER BY t::text")
    }
    return rows
  }
}

/// Gives a test the office's databases.
nonisolated(nonsending) func withOffice<R: Sendable>(
  _ body: nonisolated(nonsending) (OfficeScenario) async throws -> R
) async throws -> R {
  try await withDatabases { source, target in
    try await OfficeData.load(source: source, target: target, size: .small)
    return try await body(OfficeScenario(scenario: Scenario(source: source, target: target)))
  }
}
