import Postgres

/// One table's part of a direct load.
struct TableLoad: Sendable {
  let table: TablePlan
  /// Its foreign keys are proved in sets, and not by the server's triggers.
  let isProved: Bool
  /// Other tables are loaded in the same transaction, and are not to wait for a lock on this one.
  let isTogether: Bool
  /// Its indexes are built behind the rows, as far as they can.
  let rebuildsIndexes: Bool
  /// What the server had counted before.
  private var counted = TupleCounters()
  /// What each stamp is given.
  private var times: [String] = []
  private(set) var extracted = ExtractedTable(openChunks: 0)
  /// What came as arrays.
  private var arrays: [RowArrays] = []

  /// - Parameter isTogether: the server's triggers look after the few rows of such a table.
  init(_ table: TablePlan, isTogether: Bool, keepsIndexes: Bool = false) {
    self.table = table
    self.isTogether = isTogether
    rebuildsIndexes = !isTogether && !keepsIndexes && table.direct.rebuildsIndexes
    isProved = !isTogether && table.isWorthProving
  }

  private var sql: DirectLoadSQL { DirectLoadSQL(table: table) }
  var lock: SQL { sql.lock(rebuildsIndexes ? .alone : isTogether ? .againstChangesAtOnce : .againstChanges) }
  /// What is asked under the lock.
  var looked: Question<(DirectLoadSQL.Look, TupleCounters)> { .all(sql.looked, counters) }
  /// What the server has counted, in the end.
  var counters: Question<TupleCounters> { MergeSQL(table: table).counted }

  /// Whether it is this table that a statement locks, reads or loads.
  func isAbout(_ statement: String) -> Bool {
    ([lock, sql.copyIn, sql.insert(nil)] + arrayQuestions).contains { $0.text == statement }
  }

  /// Takes the answers of the transaction's first message; the lock keeps them true.
  ///
  /// Throws: ``DirectLoadObstacle``.
  mutating func take(
    _ known: [QualifiedName: IntegrityFacts], _ look: DirectLoadSQL.Look, counted: TupleCounters
  ) throws {
    if let obstacle = SetProof(table: table).obstacle(in: known) { throw DirectLoadObstacle(reason: obstacle) }
    guard look.isEmpty else { throw DirectLoadObstacle(reason: "it is not empty any more") }
    guard look.isAsPlanned else { throw DirectLoadObstacle(reason: "its columns have changed since the plan") }
    times = look.times
    self.counted = counted
  }

  /// The COPYs that take its rows.
  var copyIns: [SQL] { table.directChunks(at: times).map { _ in sql.copyIn } }

  /// Copies the table's rows into it.
  ///
  /// - Parameter carry: carries the rows of one COPY from a session of the source.
  mutating func copy(
    from source: OpenSource, bufferBytes: Int, progress: @escaping @Sendable (Int, Int) -> Void,
    _ carry: @escaping @Sendable (ChunkCopy, Connection) async throws -> ChunkCopy.Outcome
  ) async throws {
    let start = ContinuousClock.now
    for chunk in table.directChunks(at: times) {
      let copy = ChunkCopy(
        chunk: chunk, copyIn: sql.copyIn, fieldCount: sql.fieldCount, cutAfter: .max, bufferBytes: bufferBytes,
        hasCommitted: { _ in false }, progress: progress)
      extracted.take(try await source.lend { source in try await carry(copy, source) })
    }
    extracted.seconds = start.duration(to: .now).seconds
  }

  /// What reads its rows as arrays.
  var arrayQuestions: [SQL] { sql.arrays(table.directChunks(of: table.directlyStagedColumns)) }

  /// Takes the answers to that.
  mutating func take(_ arrays: [RowArrays], took duration: Duration) {
    self.arrays = arrays
    for part in arrays { extracted.take(part) }
    extracted.seconds = duration.seconds
  }

  /// What inserts them.
  var inserts: [SQL] { arrays.map { sql.insert($0) } }

  /// Where every row that was taken is a row of the table.
  var counts: RowCounts {
    var counts = extracted.counts
    counts.inserted = counts.staged
    // The table was empty.
    counts.targetOnly = 0
    return counts
  }

  /// How the foreign keys of its rows are kept; `nil` where there are none.
  var integrity: String? {
    guard !table.integrity.facts.foreignKeys.isEmpty, counts.inserted > 0 else { return nil }
    return isProved ? "checked in sets" : "triggers: \(table.integrity.reasonForTriggers ?? "few rows")"
  }

  /// Proves its foreign keys.
  func proof(parentRows: (QualifiedName) -> Int?) -> Question<SetProof.Orphans?> {
    guard isProved else { return .known(nil) }
    let orphans = SetProof(table: table).orphans(of: .table, inserted: counts.inserted, parentRows: parentRows)
    return Question.all(.running([IntegritySQL.runTriggersAgain]), orphans).map { $0.1 }
  }

  /// Throws: ``DirectLoadObstacle`` if the server has not inserted just the rows that were copied.
  func check(_ end: TupleCounters) throws {
    let written = end - counted
    guard written == TupleCounters(inserted: counts.inserted) else {
      throw DirectLoadObstacle(
        reason: "the server counts \(CountedWords.rows(written.inserted)) inserted where \(counts.inserted) were copied"
      )
    }
  }
}

extension TablePlan {
  /// So many rows are expected that foreign keys are better proved in sets.
  var isWorthProving: Bool {
    integrity.reasonForTriggers == nil && (source.estimatedRows ?? .max) >= IntegrityPlan.worthwhileInserts
  }
}
