import Postgres
import Synchronization

/// Loads tables that are empty straight from the source: one transaction for each, in which its rows are copied, its
/// foreign keys proved and its sums checked.
///
/// Whatever gets in the way, from a key that comes twice to a lost connection, gives the load up: it is rolled back, and
/// the rows go through the stage, where each can be judged.
struct DirectLoad: Sendable {
  let extraction: Extraction
  let merge: MergePhase
  /// Tells when what a table refers to has landed.
  let landings: Landings

  /// The tables that are empty now, among those for which it matters.
  static func emptyTables(of plan: SyncPlan, on connection: Connection) async throws -> Set<QualifiedName> {
    let alone = plan.tablesAlone
    let tables = plan.tables.filter {
      $0.direct.seemsEmpty && alone.contains($0.target)
        && ($0.direct.reasonForStage == nil || $0.digest.reasonForReading == nil)
    }
    guard !tables.isEmpty else { return [] }
    let answer: QueryResult
    do {
      answer = try await connection.query(DirectLoadSQL.empty(tables))
    } catch let error as PostgresError where error.kind == .statement {
      // Somebody has locked one of them; the merge will wait for it.
      return []
    }
    guard let row = answer.rows.first else { return [] }
    return Set(tables.enumerated().filter { row.bool($0.offset) }.map(\.element.target))
  }

  /// Returns whether the table has landed. If not, nothing of it was written, and its chunks are to be staged.
  ///
  /// Throws only for what ends the whole run.
  func load(_ group: MergeGroup) async throws -> Bool {
    guard let table = group.tables.first.flatMap(extraction.plan.table) else { return false }
    let progress = Progress()
    do {
      try await load(table, after: group.parents, progress)
    } catch let error where error.endsRun {
      throw error
    } catch {
      try await giveUp(table, progress, because: error)
      return false
    }
    extraction.ledger.landDirectly(table.target)
    merge.reports.change(table) { report in
      report.status = .success
      report.isLoadedDirectly = true
    }
    merge.log.mergeCommitted(merge.reports.report(table))
    merge.observer(.finished(merge.reports.report(table)))
    return true
  }

  /// - Parameter parents: groups that must have landed before the proof.
  private func load(_ table: TablePlan, after parents: [Int], _ progress: Progress) async throws {
    let sql = DirectLoadSQL(table: table)
    let proof = SetProof(table: table)
    let isProved = table.isWorthProving
    let start = ContinuousClock.now
    merge.log.directLoadBegun(table)
    try await merge.committing([table], opening: sql.opening(proof, leavesTriggersOut: isProved)) { target, answers in
      if let obstacle = proof.obstacle(in: answers[1]) { throw DirectLoadObstacle(reason: obstacle) }
      let look = answers[2].rows.first
      guard look?.bool(0) == true else { throw DirectLoadObstacle(reason: "it is not empty any more") }
      guard look?.bool(1) == true, look?.bool(2) == true else {
        throw DirectLoadObstacle(reason: "its columns have changed since the plan")
      }
      let times = table.direct.stamps.indices.map { look?[$0 + 3] ?? "" }
      var extracted = ExtractedTable(openChunks: 0)
      for chunk in table.directChunks(at: times) {
        extracted.take(try await copy(chunk, of: table, sql, progress, to: target))
      }
      extracted.seconds = start.duration(to: .now).seconds
      // What was read after the owner had lost its locks may be missing silently.
      try await extraction.source?.checkOwner()
      if !landings.haveLanded(parents) { try await prepareWaiting(table, extracted, on: target) }
      try await wait(for: parents)
      return conclusion(table, extracted, isProved ? proof : nil, since: answers[3])
    }
  }

  /// What has to be waited for gives the time to analyze the table. A transaction sees its own rows.
  private func prepareWaiting(_ table: TablePlan, _ extracted: ExtractedTable, on target: Connection) async throws {
    guard merge.settings.analyze, table.analysis.isAllowed, AnalyzeRule.applies(to: extracted.counts.allInserted) else { return }
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

  private func copy(
    _ chunk: Chunk, of table: TablePlan, _ sql: DirectLoadSQL, _ progress: Progress, to target: Connection
  ) async throws -> ChunkCopy.Outcome {
    let observer = merge.observer
    let copy = ChunkCopy(
      chunk: chunk, copyIn: sql.copyIn, fieldCount: sql.fieldCount, cutAfter: .max,
      bufferBytes: extraction.settings.bufferBytes, hasCommitted: { _ in false },
      progress: { rows, bytes in
        progress.add(rows: rows, bytes: bytes)
        observer(.staged(table: table.label, rows: rows, bytes: bytes))
      })
    guard let source = extraction.source else { throw DirectLoadObstacle(reason: "the rows are not on the source") }
    return try await source.lend { source in try await copy.run(from: source, to: target) }
  }

  /// What proves the load, and what is written down of it.
  private func conclusion(
    _ table: TablePlan, _ extracted: ExtractedTable, _ proof: SetProof?, since before: QueryResult
  ) -> Conclusion {
    let start = ContinuousClock.now
    merge.reports.take(extracted, of: table)
    let counts = extracted.counts.allInserted
    let hasKeys = !table.integrity.facts.foreignKeys.isEmpty && counts.inserted > 0
    merge.reports.change(table) { report in
      report.integrity = !hasKeys ? nil : proof == nil ? table.reasonForLoadTriggers : "proved in sets"
    }
    let keys =
      proof?.steps(of: .table, inserted: counts.inserted) { extraction.plan.table($0)?.source.estimatedRows } ?? []
    let proving = (proof == nil ? [] : [IntegritySQL.runTriggersAgain]) + keys.map(\.sql)
    let checks: [SQL] = ["SET CONSTRAINTS ALL IMMEDIATE", MergeSQL(table: table).counters]
    return Conclusion(
      statements: proving + checks + merge.record(counts, of: table, since: start),
      check: { answers in
        if let orphans = SetProof.orphans(keys, answers.dropFirst(proving.count - keys.count)) {
          throw DirectLoadObstacle(reason: "rows lack their parent in \(orphans.key.parent)")
        }
        let after = answers[proving.count + 1]
        let written = (0...2).map { (after.rows.first?.int($0) ?? 0) - (before.rows.first?.int($0) ?? 0) }
        guard written == [counts.inserted, 0, 0] else {
          throw DirectLoadObstacle(
            reason: "the server counts \(written[0]) rows inserted where \(counts.inserted) were copied")
        }
      })
  }

  /// Leaves the table as it was found, as far as its owner can: the rows that were rolled back take room in it.
  private func giveUp(_ table: TablePlan, _ progress: Progress, because error: any Error) async throws {
    try await extraction.source?.checkOwner()
    let copied = progress.total
    merge.observer(.staged(table: table.label, rows: -copied.rows, bytes: -copied.bytes))
    merge.log.directLoadGivenUp(table, error)
    merge.reports.change(table) { report in
      report = TableReport(table)
      report.notices.append("loaded through the stage, because a direct load was given up: \(error.inOneLine)")
    }
    guard copied.rows > 0, table.analysis.isAllowed else { return }
    _ = try? await merge.targets.lend { try await $0.query("VACUUM (SKIP_LOCKED) \(table.target)") }
  }

  /// Rows and bytes that were copied.
  private final class Progress: Sendable {
    private let counted = Mutex((rows: 0, bytes: 0))

    var total: (rows: Int, bytes: Int) { counted.withLock { $0 } }

    func add(rows: Int, bytes: Int) { counted.withLock { $0 = ($0.rows + rows, $0.bytes + bytes) } }
  }
}

/// Why a direct load is given up, where the server has no objection.
struct DirectLoadObstacle: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

extension TablePlan {
  /// So many rows are expected that foreign keys are better proved in sets.
  var isWorthProving: Bool {
    integrity.reasonForTriggers == nil && (source.estimatedRows ?? .max) >= IntegrityPlan.worthwhileInserts
  }

  fileprivate var reasonForLoadTriggers: String { "triggers: \(integrity.reasonForTriggers ?? "few rows")" }
}

extension RowCounts {
  /// Where every row that was taken is a row of the table.
  fileprivate var allInserted: RowCounts {
    var counts = self
    counts.inserted = counts.staged
    return counts
  }
}

extension Error {
  /// What happened, without what to do about it.
  fileprivate var inOneLine: String {
    let text = (serverError ?? self as? PostgresError).map { "\($0.message) (SQLSTATE \($0.sqlState ?? "none"))" }
    return text ?? "\(self)".split(separator: "\n").first.map(String.init) ?? "an error"
  }
}
