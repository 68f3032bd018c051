import EphemeralPostgres
import PGTide
import Postgres

/// Runs cases on one pair of databases, one after the other.
struct PropertyRun: Sendable {
  let scenario: Scenario
  let source: Connection
  let target: Connection
  let tally: PropertyTally

  /// Opens the test's own connections, which edit and read.
  static func with<R: Sendable>(
    _ scenario: Scenario, tally: PropertyTally, _ body: @Sendable (PropertyRun) async throws -> R
  ) async throws -> R {
    func options(_ label: String, _ database: TestDatabase) -> ConnectionOptions {
      ConnectionOptions(
        label: label, connectionString: database.connectionString, applicationName: "property test",
        settings: [("TimeZone", "UTC"), ("client_min_messages", "warning")])
    }
    return try await withConnection(options("office", scenario.source)) { source in
      try await withConnection(options("app", scenario.target)) { target in
        try await body(PropertyRun(scenario: scenario, source: source, target: target, tally: tally))
      }
    }
  }

  /// Returns how the case fails; `nil` when everything is as the model says.
  func failure(of property: PropertyCase) async throws -> PropertyFailure? {
    do {
      try await setUp(property)
      var past: [Int: Int] = [:]
      for number in property.rounds.indices { try await run(number, of: property, &past) }
      return nil
    } catch let failure as PropertyFailure {
      return failure
    }
  }

  /// - Parameter past: rows of the source in the last run in which a table landed, by table number.
  private func run(_ number: Int, of property: PropertyCase, _ past: inout [Int: Int]) async throws {
    if number > 0 { try await apply(property.rounds[number].edits, property.schema) }
    let settings = property.rounds[number].settings
    var sync = try await RoundSync(property, number, past: past, scenario: scenario, source: source, target: target)
    if let event = settings.stopsAt {
      past.merge(try await sync.stop(at: event)) { _, new in new }
      sync = try await RoundSync(property, number, past: past, scenario: scenario, source: source, target: target)
    }
    if settings.isRehearsed { try await sync.rehearse() }
    let (expected, report) = try await sync.run()
    tally.add(expected, report)
    for (table, landing) in Landing.all(property.schema, expected, settings).enumerated() {
      if let read = expected[table]?.read, case .lands = landing { past[table] = read }
    }
    if settings.isRepeated {
      let (expected, report) = try await sync.repeatAtOnce(after: expected)
      tally.add(expected, report)
    }
  }

  // MARK: - Setting up

  private func setUp(_ property: PropertyCase) async throws {
    let schema = property.schema
    do {
      for connection in [source, target] { try await connection.query(SQL(raw: Self.sweep)) }
      try await source.query(script(schema.sourceDDL))
      try await target.query(script(schema.targetDDL))
      try await apply(property.rounds.first?.edits ?? [], schema)
      try await target.query(script(schema.targetDDLAfterRows))
    } catch let error as PostgresError {
      throw PropertyFailure(kind: .caseBroken, round: 0, lines: ["\(error)", error.statement ?? ""])
    }
  }

  /// The source takes every edit. The target refuses those that its own constraints do not allow.
  private func apply(_ edits: [Edit], _ schema: RandomSchema) async throws {
    let live = edits.filter { schema.liveTables.contains($0.table) }
    try await source.query(script(live.filter { $0.end == .source }.map { $0.sql(schema) }))
    try await target.query(script(live.filter { $0.end == .target }.map { $0.sql(schema) }, mayBeRefused: true))
  }

  /// All statements in one round trip.
  private func script(_ statements: [String], mayBeRefused: Bool = false) -> SQL {
    let refusal = "EXCEPTION WHEN integrity_constraint_violation OR triggered_data_change_violation THEN "
    let lines = statements.map { statement in
      mayBeRefused ? "BEGIN EXECUTE $edit$\(statement)$edit$; \(refusal) END;" : "EXECUTE $edit$\(statement)$edit$;"
    }
    // Also of constraints that could wait, each edit is to be told at once.
    return SQL(raw: "DO $do$ BEGIN SET CONSTRAINTS ALL IMMEDIATE; \(lines.joined(separator: "\n")) END $do$")
  }

  private static let sweep = """
    DO $do$ DECLARE name text; BEGIN
      FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
      END LOOP;
    END $do$
    """
}
