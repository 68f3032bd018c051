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
      for number in property.rounds.indices { try await run(number, of: property) }
      return nil
    } catch let failure as PropertyFailure {
      return failure
    }
  }

  // MARK: - A round

  private func run(_ number: Int, of property: PropertyCase) async throws {
    let (schema, round) = (property.schema, property.rounds[number])
    if number > 0 { try await apply(round.edits, schema) }
    var configuration = try ConfigurationFile.parse(
      schema.yaml(source: scenario.source.connectionString, target: scenario.target.connectionString), environment: [:])
    configuration.settings.jobs = round.settings.jobs
    configuration.settings.chunkBytes = round.settings.chunkBytes
    configuration.settings.chunkRows = round.settings.chunkRows

    let office = try await DatabaseState.source(schema, source)
    var before = try await DatabaseState.target(schema, target)
    func fail(_ kind: PropertyFailure.Kind, _ lines: [String]) throws {
      guard !lines.isEmpty else { return }
      throw PropertyFailure(kind: kind, round: number, lines: lines, source: office, target: before)
    }
    func sync(_ options: Sync.Options) async throws -> SyncReport? {
      do {
        return try await scenario.sync(configuration, options: options)
      } catch {
        try fail(.syncFailed, ["\(error)"])
        return nil
      }
    }

    var expected = Expectation.all(Model(schema: schema, source: office, target: before))
    var comparison = Comparison(schema: schema, expected: expected)
    tally.add(expected)
    if round.settings.isRehearsed, let report = try await sync(Sync.Options(isDryRun: true)) {
      try fail(.wrongRehearsal, comparison.differences(report))
      let after = try await DatabaseState.target(schema, target)
      try fail(.rehearsalWrote, before == after ? [] : ["some row has another version"])
    }
    guard let report = try await sync(Sync.Options(isAtomic: round.settings.isAtomic)) else { return }
    try fail(.wrongCounts, comparison.differences(report))
    try fail(.wrongRejects, comparison.differences(kept: try await keptRejects(report)))
    var after = try await DatabaseState.target(schema, target)
    try fail(.wrongRows, comparison.differences(before: before, after: after))

    guard round.settings.isRepeated else { return }
    before = after
    expected = Expectation.all(Model(schema: schema, source: office, target: before))
    comparison = Comparison(schema: schema, expected: expected)
    try fail(
      .repeatWrote,
      expected.compactMap(\.self).filter { $0.inserted + $0.updated > 0 }.map {
        "the model expects \($0.new) \($0.changed)"
      })
    guard let report = try await sync(Sync.Options(isAtomic: round.settings.isAtomic)) else { return }
    after = try await DatabaseState.target(schema, target)
    try fail(.repeatWrote, comparison.differences(report) + comparison.differences(before: before, after: after))
  }

  /// The rejects that the run left in its history: table, reason and number.
  private func keptRejects(_ report: SyncReport) async throws -> [String: [String: Int]] {
    let answer = try await target.query(
      """
      SELECT table_name, reason, count(*) FROM pgtide.rejects WHERE run_id = \(bind: report.runID)::bigint GROUP BY 1, 2
      """)
    var kept: [String: [String: Int]] = [:]
    for row in answer.rows { kept[row.text(0), default: [:]][row.text(1)] = row.int(2) }
    return kept
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
