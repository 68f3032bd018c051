import EphemeralPostgres
import PGTide
import Postgres
import Synchronization
import Testing

/// The syncs of one round, each compared with the model.
struct RoundSync {
  private let schema: RandomSchema
  private let settings: RoundSettings
  private let number: Int
  private let configuration: SyncConfiguration
  private let scenario: Scenario
  private let target: Connection
  /// What both ends hold before the round's sync.
  private let office: DatabaseState
  private let before: DatabaseState
  /// Rows of the source in the last run in which a table landed, by table number.
  private let past: [Int: Int]

  init(
    _ property: PropertyCase, _ number: Int, past: [Int: Int], scenario: Scenario, source: Connection,
    target: Connection
  ) async throws {
    self.past = past
    schema = property.schema
    settings = property.rounds[number].settings
    self.number = number
    self.scenario = scenario
    self.target = target
    var configuration = try ConfigurationFile.parse(
      schema.yaml(source: scenario.source.connectionString, target: scenario.target.connectionString), environment: [:])
    configuration.settings.jobs = settings.jobs
    configuration.settings.chunkBytes = settings.chunkBytes
    configuration.settings.chunkRows = settings.chunkRows
    configuration.settings.maxRejects = settings.maxRejects
    // Most rounds leave out what is level already, be it found in one step or in several.
    configuration.settings.digest = (number + settings.jobs).isMultiple(of: 4) ? .never : .auto
    configuration.settings.digestShape.rowsPerBucket = 1
    configuration.settings.digestShape.bytesToSplit = 0
    if settings.jobs.isMultiple(of: 2) { configuration.settings.digestShape.fan = 2 }
    if number.isMultiple(of: 2) { configuration.settings.digestShape.mostBuckets = 8 }
    // Half of the rounds load what is empty directly, be it ever so small.
    configuration.settings.directLoad = (number + settings.jobs).isMultiple(of: 2) ? .never : .auto
    // Some of those load each table by itself, before what it refers to, and prove its keys.
    if settings.jobs > 2 {
      configuration.settings.smallBytes = 0
      configuration.settings.indexes = .rebuild
    }
    configuration.settings.keyCache = settings.keyCache
    if settings.keyCache == .on {
      // Only binary rows are looked at.
      for table in configuration.tables.indices { configuration.tables[table].copyFormat = nil }
    }
    configuration.settings.keyCacheLimits.wholeBytes = 0
    configuration.settings.keyCacheLimits.waitingBytes = 200
    configuration.settings.keyCacheLimits.heldInMemory = 400
    self.configuration = configuration
    office = try await DatabaseState.source(schema, source)
    before = try await DatabaseState.target(schema, target)
  }

  /// A dry run counts what the sync will do, as far as that can be known without writing, and writes nothing.
  func rehearse() async throws {
    let report = try await sync(Sync.Options(isDryRun: true), from: before)
    let expected = Expectation.rehearsal(model(before))
    try check(.wrongRehearsal, Comparison(schema: schema, expected: expected).differences(report), before)
    let after = try await DatabaseState.target(schema, target)
    try check(.rehearsalWrote, before == after ? [] : ["some row has another version"], before)
  }

  private func model(_ start: DatabaseState) -> Model {
    Model(schema: schema, source: office, target: start, isAtomic: settings.isAtomic, past: past)
  }

  /// The round's own sync. Returns what the model expected of it, and what the run reported.
  func run() async throws -> (expected: [Expectation?], report: SyncReport) {
    let (report, expected, _) = try await syncAndCompare(from: before)
    return (expected, report)
  }

  /// A second sync, with no edit before it, finds nothing to do, and by digests most of it; a third one looks at every
  /// row and finds nothing that digests had missed. Returns what the second reported.
  ///
  /// A row that the target refused is tried again: what stood in its way may have moved in the same sync.
  func repeatAtOnce(
    after first: [Expectation?]
  ) async throws -> (expected: [Expectation?], report: SyncReport) {
    let again = try await DatabaseState.target(schema, target)
    let (report, expected, after) = try await syncAndCompare(from: again, digest: .auto)
    let landings = Landing.all(schema, expected, settings)
    let writes = zip(expected, landings).map { expected, landing in
      landing == .lands ? expected.map { $0.inserted + $0.updated + $0.deleted } ?? 0 : 0
    }.reduce(0, +)
    let isRefused = (first + expected).contains { $0?.rejects[Model.Verdict.refused.reason ?? ""] != nil }
    func isSame(_ one: DatabaseState, _ other: DatabaseState) -> Bool {
      isRefused ? one.hasSameRows(as: other) : one == other
    }
    if !isRefused || writes == 0 {
      try check(
        .repeatWrote, writes == 0 && isSame(again, after) ? [] : ["\(writes) rows were to be written again"], again)
      let (_, _, last) = try await syncAndCompare(from: after, digest: .never)
      try check(.repeatWrote, isSame(last, after) ? [] : ["rows that a digest had called level were written"], after)
    }
    return (expected, report)
  }

  /// A sync that is stopped on its way. What it has landed stays; whatever that is, no row has been written that is not ours,
  /// and none is gone that was not to be deleted. Returns the tables that have landed, and how many rows of theirs were read.
  func stop(at event: Int) async throws -> [Int: Int] {
    let run = TaskSlot<SyncReport>()
    let left = Mutex(event)
    let sync = Sync(configuration, options: Sync.Options(isAtomic: settings.isAtomic)) { _ in
      if left.withLock({ count in
        count -= 1
        return count == 0
      }) {
        run.cancel()
      }
    }
    run.start { try await sync.run() }
    do {
      _ = try await run.value
    } catch is CancellationError {
    } catch {
      throw PropertyFailure(kind: .syncFailed, round: number, lines: ["\(error)"], source: office, target: before)
    }
    let after = try await DatabaseState.target(schema, target)
    try check(.stopWrote, model(before).violations(after: after), before)
    let landed = try await target.query(
      """
      SELECT table_name, rows_read FROM pgtide.run_tables
      WHERE status IN ('success', 'partial') AND run_id = (SELECT max(run_id) FROM pgtide.runs)
      """)
    let reads = Dictionary(uniqueKeysWithValues: landed.rows.map { ($0.text(0), $0.int(1) ?? 0) })
    return Dictionary(
      uniqueKeysWithValues: schema.runTables.compactMap { table in reads[schema.tables[table].name].map { (table, $0) }
      })
  }

  // MARK: - One sync

  private func syncAndCompare(
    from start: DatabaseState, digest: DigestRule? = nil
  ) async throws -> (report: SyncReport, expected: [Expectation?], after: DatabaseState) {
    let report = try await sync(Sync.Options(isAtomic: settings.isAtomic), from: start, digest: digest)
    var model = model(start)
    model.refused = try await Model.refusals(schema, report, target)
    model = model.settled(settings)
    let expected = zip(schema.tables, Expectation.all(model)).map { table, expected in
      report.table(table.name).flatMap { expected?.decided(by: $0.counts) } ?? expected
    }
    let comparison = Comparison(schema: schema, expected: expected, settings: settings)
    try check(.wrongCounts, comparison.differences(report), start)
    try check(.wrongRejects, comparison.differences(kept: try await keptRejects(report)), start)
    let after = try await DatabaseState.target(schema, target)
    try check(.wrongRows, comparison.differences(before: start, after: after), start)
    try check(.unjustifiedRefusal, model.unjustifiedRefusals(), start)
    try check(.wrongSequences, comparison.differences(sequencesBefore: start, after: after), start)
    let kept = try await KeptRows(schema, run: report.runID, target)
    try check(.wrongKeptRows, comparison.differences(kept, before: start), start)
    return (report, expected, after)
  }

  private func sync(
    _ options: Sync.Options, from start: DatabaseState, digest: DigestRule? = nil
  ) async throws -> SyncReport {
    var configuration = configuration
    if let digest { configuration.settings.digest = digest }
    do {
      return try await scenario.sync(configuration, options: options)
    } catch {
      throw PropertyFailure(kind: .syncFailed, round: number, lines: ["\(error)"], source: office, target: start)
    }
  }

  private func check(_ kind: PropertyFailure.Kind, _ differences: [String], _ start: DatabaseState) throws {
    guard !differences.isEmpty else { return }
    throw PropertyFailure(kind: kind, round: number, lines: differences, source: office, target: start)
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
}
