import Postgres
import Synchronization

/// Loads tables that are empty straight from the source: one transaction, in which the rows are copied, the foreign keys
/// proved and the sums checked. Large tables have one each; small ones share one, because its waits cost more than their rows.
///
/// Whatever gets in the way, from a key that comes twice to a lost connection, gives the load up: it is rolled back, and
/// the rows go through the stage, where each can be judged.
struct DirectLoad: Sendable {
  let extraction: Extraction
  let merge: MergePhase
  /// Tells when what a table refers to has landed.
  let landings: Landings

  /// The tables that are empty now, among those for which it matters. They are asked about some hundred at a time: an
  /// answer has at most 1,664 columns (manual, appendix K), and a statement locks what it reads.
  static func emptyTables(of plan: SyncPlan, on connection: Connection) async throws -> Set<QualifiedName> {
    let alone = plan.tablesAlone
    let tables = plan.tables.filter {
      $0.direct.seemsEmpty && alone.contains($0.target)
        && ($0.direct.reasonForStage == nil || $0.digest.reasonForReading == nil)
    }
    var empty: Set<QualifiedName> = []
    for tables in tables.parts(of: 200) {
      do {
        guard let row = try await connection.query(DirectLoadSQL.empty(tables)).rows.first else { continue }
        empty.formUnion(tables.enumerated().filter { row.bool($0.offset) }.map(\.element.target))
      } catch is PostgresError {
        // Somebody has locked one of them, for which the merge will wait; or the session is lost, which the merge gets over.
        continue
      }
    }
    return empty
  }

  enum Outcome: Sendable, Equatable {
    case landed
    /// Nothing was written. `culprit` is the table that stood in the way, where that is known.
    case givenUp(culprit: QualifiedName?)
  }

  /// Loads the tables of these groups, of which each has one.
  ///
  /// Throws only for what ends the whole run.
  func load(_ groups: [MergeGroup]) async throws -> Outcome {
    let tables = groups.flatMap(\.tables).compactMap(extraction.plan.table)
    let progress = Progress()
    do {
      // Those that share a transaction refer to what has landed, and to each other.
      try await load(tables, after: groups.count == 1 ? groups[0].parents : [], progress)
    } catch let error where error.endsRun {
      throw error
    } catch {
      return .givenUp(culprit: try await giveUp(tables, progress, because: error))
    }
    for table in tables {
      extraction.ledger.landDirectly(table.target)
      merge.reports.change(table) { report in
        report.status = .success
        report.isLoadedDirectly = true
      }
      merge.log.mergeCommitted(merge.reports.report(table))
      merge.observer(.finished(merge.reports.report(table)))
    }
    return .landed
  }

  /// - Parameter parents: groups that must have landed before the proof.
  private func load(_ tables: [TablePlan], after parents: [Int], _ progress: Progress) async throws {
    for table in tables { merge.log.directLoadBegun(table) }
    if tables.count == 1, tables[0].direct.rebuildsIndexes {
      let load = TableLoad(tables[0], isTogether: false, rebuildsIndexes: true)
      do {
        return try await run([load], after: parents, progress)
      } catch let error where error.serverError?.isRefusedLock(load.lock) == true {
        keepIndexes(load.table, because: "somebody is using the table")
      }
    }
    try await run(tables.map { TableLoad($0, isTogether: tables.count > 1) }, after: parents, progress)
  }

  private func run(_ loads: [TableLoad], after parents: [Int], _ progress: Progress) async throws {
    let tables = loads.map(\.table)
    // Types are compared by the names that the plan's session had for them, and times are read on the source.
    let pins = SessionPins.names + .localTimes
    let looks = pins.opening + loads.flatMap { [$0.look, $0.counters] } + pins.closing
    let opening =
      loads.map(\.lock) + [IntegritySQL.facts(tables.map(\.target))] + looks
      + loads.flatMap(\.indexQuestion) + (loads.contains(where: \.isProved) ? [IntegritySQL.leaveTriggersOut] : [])
    try await merge.committing(tables, opening: opening) { target, answers in
      var loads = loads
      let facts = answers[loads.count]
      let looked = answers.dropFirst(loads.count + 1 + pins.opening.count)
      for index in loads.indices {
        let (look, counted) = (looked[looked.startIndex + 2 * index], looked[looked.startIndex + 2 * index + 1])
        loads[index] = try await DirectLoadFailure.explaining(loads[index].table) {
          var load = loads[index]
          try load.take(facts: facts, look: look, counted: counted)
          return load
        }
      }
      if loads[0].rebuildsIndexes {
        loads = try await rebuildingIndexes(
          of: loads[0], SecondaryIndex.read(answers[loads.count + 1 + looks.count]), on: target
        ) {
          try await copy(loads, to: target, progress)
        }
      } else {
        loads = try await copy(loads, to: target, progress)
      }
      // What was read after the owner had lost its locks may be missing silently.
      try await extraction.source?.checkOwner()
      if !landings.haveLanded(parents) { for load in loads { try await analyze(load, on: target) } }
      try await wait(for: parents)
      return conclusion(loads)
    }
  }

  private func copy(_ loads: [TableLoad], to target: Connection, _ progress: Progress) async throws -> [TableLoad] {
    if loads.allSatisfy(\.table.isSentAsArrays) { return try await arrays(loads, progress) }
    if loads.count == 1 {
      return [try await copy(loads[0], progress) { copy, source in try await copy.run(from: source, to: target) }]
    }
    // One wait for each table.
    return try await target.copyInSeries(loads.flatMap(\.copyIns)) { series in
      var copied: [TableLoad] = []
      for load in loads {
        copied.append(try await copy(load, progress) { copy, source in try await copy.run(from: source, to: series) })
      }
      return copied
    }
  }

  /// The rows of small tables, read together; they are inserted with what proves the load.
  private func arrays(_ loads: [TableLoad], _ progress: Progress) async throws -> [TableLoad] {
    guard let source = extraction.source else { throw DirectLoadObstacle(reason: "the rows are not on the source") }
    let start = ContinuousClock.now
    let questions = loads.map(\.arrayQuestions)
    let pins = loads.map { $0.table.stagedColumns.pins(in: .text) }.sum
    var answers = try await source.lend { reader in
      try await PassingLocks.batch((pins.isEmpty ? [] : [pins.statement]) + questions.joined(), on: reader)
    }.dropFirst(pins.isEmpty ? 0 : 1).map(RowArrays.init)[...]
    let rows = answers.map { $0?.rows ?? 0 }.reduce(0, +)
    let duration = start.duration(to: .now)
    return try zip(loads, questions).map { load, questions in
      var load = load
      let arrays = answers.prefix(questions.count).compactMap(\.self)
      answers.removeFirst(questions.count)
      guard arrays.count == questions.count else {
        throw DirectLoadFailure(
          culprit: load.table.target, cause: DirectLoadObstacle(reason: "its rows are wide, or hold a NaN with a sign"))
      }
      // One answer brought all of them; each gets its part of the time.
      let part = Double(arrays.map(\.rows).reduce(0, +)) / Double(max(1, rows))
      load.take(arrays, took: duration * part)
      let (read, bytes) = (load.extracted.counts.read, load.extracted.bytes)
      progress.add(load.table.target, rows: read, bytes: bytes)
      merge.observer(.staged(table: load.table.label, rows: read, bytes: bytes))
      return load
    }
  }

  private func copy(
    _ load: TableLoad, _ progress: Progress,
    _ carry: @escaping @Sendable (ChunkCopy, Connection) async throws -> ChunkCopy.Outcome
  ) async throws -> TableLoad {
    guard let source = extraction.source else { throw DirectLoadObstacle(reason: "the rows are not on the source") }
    let (table, observer) = (load.table, merge.observer)
    return try await DirectLoadFailure.explaining(table) {
      var load = load
      let bufferBytes = extraction.settings.bufferBytes
      try await load.copy(
        from: source, bufferBytes: bufferBytes,
        progress: { rows, bytes in
          progress.add(table.target, rows: rows, bytes: bytes)
          observer(.staged(table: table.label, rows: rows, bytes: bytes))
        }, carry)
      return load
    }
  }

  /// Drops the table's indexes, and creates them again when `body` has filled the table.
  private func rebuildingIndexes(
    of load: TableLoad, _ answer: [QualifiedName: [SecondaryIndex]], on target: Connection,
    _ body: () async throws -> [TableLoad]
  ) async throws -> [TableLoad] {
    let indexes = (answer[load.table.target] ?? []).filter { $0.obstacle == nil }
    guard !indexes.isEmpty else { return try await body() }
    try await target.query(SecondaryIndex.drop(indexes))
    let loads = try await body()
    let start = ContinuousClock.now
    try await target.batch(SecondaryIndex.create(indexes))
    merge.log.indexesRebuilt(load.table, count: indexes.count, took: start.duration(to: .now))
    merge.reports.change(load.table) { $0.indexesRebuilt = indexes.count }
    return loads
  }

  private func keepIndexes(_ table: TablePlan, because reason: String) {
    merge.log.indexesKept(table, because: reason)
    merge.reports.change(table) { report in
      report.notices.append("its indexes were kept up row by row, because \(reason)")
    }
  }

  /// What has to be waited for gives the time to analyze the table. A transaction sees its own rows.
  private func analyze(_ load: TableLoad, on target: Connection) async throws {
    let table = load.table
    guard merge.settings.analyze, table.analysis.isAllowed, AnalyzeRule.applies(to: load.counts) else { return }
    let start = ContinuousClock.now
    try await target.query(table.analysis.statement(table.target))
    merge.log.analyzed(table, took: start.duration(to: .now))
    merge.reports.change(table) { $0.isAnalyzed = true }
  }

  private func wait(for parents: [Int]) async throws {
    for parent in parents {
      guard try await landings.hasLanded(parent) else {
        throw DirectLoadObstacle(reason: "a table to which it refers did not land")
      }
    }
  }

  /// What proves the load, and what is written down of it.
  private func conclusion(_ loads: [TableLoad]) -> Conclusion {
    let start = ContinuousClock.now
    var records: [SQL] = []
    for load in loads {
      merge.reports.take(load.extracted, of: load.table)
      merge.reports.change(load.table) { $0.integrity = load.integrity }
      records += merge.record(load.counts, of: load.table, since: start)
    }
    let inserts = loads.flatMap(\.inserts)
    let keys = loads.flatMap { $0.proof(parentRows: merge.rowCount) }
    let statements = inserts + keys.map(\.sql) + ["SET CONSTRAINTS ALL IMMEDIATE"] + loads.map(\.counters)
    return Conclusion(
      statements: statements + records,
      check: { answers in
        let answers = Array(answers.dropFirst(inserts.count))
        if let orphans = SetProof.orphans(keys, answers) {
          throw DirectLoadObstacle(reason: "rows lack their parent in \(orphans.key.parent)")
        }
        for (load, counted) in zip(loads, answers.dropFirst(keys.count + 1)) { try load.check(counted) }
      })
  }

  /// Rows and bytes that were copied.
  final class Progress: Sendable {
    private let counted = Mutex<[QualifiedName: (rows: Int, bytes: Int)]>([:])

    func total(_ table: QualifiedName) -> (rows: Int, bytes: Int) { counted.withLock { $0[table] ?? (0, 0) } }

    func add(_ table: QualifiedName, rows: Int, bytes: Int) {
      counted.withLock { counted in
        let before = counted[table] ?? (0, 0)
        counted[table] = (before.rows + rows, before.bytes + bytes)
      }
    }
  }
}
