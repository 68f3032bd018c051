import Postgres

/// Brings the target level with the stages: for each group of tables the delta, then, unless it is a dry run, the
/// merge, its proof, and its place in the users' status table, in one transaction.
struct MergePhase: Sendable {
  let plan: SyncPlan
  let settings: RunSettings
  let run: RunIdentity
  let isDryRun: Bool
  let extracted: ExtractionLedger
  let targets: ConnectionPool
  let reports: ReportLedger
  let observer: SyncObserver

  /// A merge that met a deadlock, or a parent that the app deleted, begins again this often.
  private static let attempts = 3

  // MARK: - One group

  /// Returns whether the group landed; what became of its tables is in the reports.
  func merge(_ group: MergeGroup) async throws -> Bool {
    let tables = group.tables.compactMap(plan.table)
    for table in tables { reports.take(extracted.table(table.target), of: table) }
    do {
      if let failure = group.tables.compactMap({ extracted.table($0).failure }).first { throw failure }
      try await targets.lend { connection in
        try await mergeWithRetries(tables, on: connection)
      }
      return true
    } catch let error as CancellationError {
      throw error
    } catch {
      try await recordFailure(tables, SyncError(error, table: nil, while: "merged"))
      return false
    }
  }

  private func mergeWithRetries(_ tables: [TablePlan], on connection: Connection) async throws {
    for attempt in 1...Self.attempts {
      do {
        let deltas = try await compare(tables, on: connection, attempt: attempt)
        try checkRejects(deltas, in: tables)
        if !isDryRun { try await connection.transaction { try await apply(tables, deltas, on: connection) } }
        break
      } catch let error where attempt < Self.attempts && error.isWorthAnotherAttempt {
        continue
      }
    }
    for table in tables { try await finish(table, on: connection) }
  }

  /// Makes the deltas of a group and counts them into the reports.
  func compare(
    _ tables: [TablePlan], on connection: Connection, attempt: Int, beforeMerge: [TablePlan]? = nil
  ) async throws -> [QualifiedName: Delta] {
    for table in tables { observer(.comparing(table: table.label)) }
    let start = ContinuousClock.now
    let maker = DeltaMaker(
      connection: connection, run: run, group: tables, beforeMerge: beforeMerge ?? (isDryRun ? plan.tables : []))
    let deltas: [QualifiedName: Delta]
    do {
      deltas = try await maker.make(attempt: attempt)
    } catch let error as PostgresError {
      throw SyncError(error, table: tables.count == 1 ? tables[0].target : nil, while: "compared with the target")
    }
    let seconds = start.duration(to: .now).seconds
    for table in tables {
      guard let delta = deltas[table.target] else { continue }
      reports.change(table) { report in
        report.attempts = attempt
        report.deltaSeconds += seconds / Double(tables.count)
        report.take(delta)
      }
    }
    return deltas
  }

  private func checkRejects(_ deltas: [QualifiedName: Delta], in tables: [TablePlan]) throws {
    guard let limit = settings.maxRejects else { return }
    for table in tables {
      let rejected = deltas[table.target]?.rejected ?? 0
      guard rejected > limit else { continue }
      throw SyncError(
        table: table.target, message: "\(rejected) rows were rejected, more than the \(limit) that --max-rejects allows",
        advice: "Look at them in pgtide.rejects (run \(run.id)); nothing of the table was written")
    }
  }

  /// Applies the deltas inside an open transaction, with everything that must stand or fall with them.
  func apply(
    _ tables: [TablePlan], _ deltas: [QualifiedName: Delta], on connection: Connection
  ) async throws {
    if tables.count > 1 { try await connection.query("SET CONSTRAINTS ALL DEFERRED") }
    for table in tables {
      guard let delta = deltas[table.target] else { continue }
      let start = ContinuousClock.now
      observer(.merging(table: table.label, rows: delta.inserts + delta.updates))
      let merge = TableMerge(
        table: table, delta: delta, extracted: extracted.table(table.target).counts,
        insertsFirst: table.references.contains { $0.parent == table.target })
      let counts: RowCounts
      do {
        counts = try await merge.apply(on: connection)
      } catch let error as PostgresError {
        throw SyncError(error, table: table.target, while: "merged")
      }
      reports.change(table) { report in
        report.counts = counts
        report.mergeSeconds += start.duration(to: .now).seconds
        report.status = counts.rejects == 0 ? .success : .partial
        report.error = nil
      }
      try await connection.batch(record(reports.report(table)))
    }
  }

  /// The word that the table is through.
  func finish(_ table: TablePlan, on connection: Connection) async throws {
    if isDryRun {
      reports.change(table) { $0.status = $0.counts.rejects == 0 ? .success : .partial }
      try await connection.query(HistorySQL.table(reports.report(table), run: run))
    }
    observer(.finished(reports.report(table)))
  }

  // MARK: - ANALYZE

  /// The tables of a landed group of which so much changed that the planner should know.
  func toAnalyze(_ group: MergeGroup) -> [TablePlan] {
    guard settings.analyze, !isDryRun else { return [] }
    return group.tables.compactMap(plan.table).filter { AnalyzeRule.applies(to: reports.report($0).counts) }
  }

  /// A table that cannot be analyzed has landed all the same; the report tells.
  func analyze(_ table: TablePlan) async throws {
    guard table.isOwned else {
      reports.change(table) { $0.notices.append("not analyzed: only its owner may; run ANALYZE \(table.target.quoted)") }
      return
    }
    do {
      try await targets.lend { connection in _ = try await connection.query("ANALYZE \(table.target)") }
      reports.change(table) { $0.isAnalyzed = true }
    } catch let error as PostgresError {
      reports.change(table) { $0.notices.append("not analyzed: \(error.message)") }
    }
  }

  // MARK: - What is written down

  /// The history row, and the users' status row.
  private func record(_ report: TableReport) -> [SQL] {
    var statements = [HistorySQL.table(report, run: run)]
    if let metadata = plan.metadata, !isDryRun {
      let status: MetadataSQL.Status =
        switch report.status {
        case .success: .success
        case .partial: .partial
        case .failed, .skipped: .failed
        }
      let level = report.counts.inserted + report.counts.updated + report.counts.unchanged
      let error = report.error ?? (report.counts.rejects > 0 ? "\(report.counts.rejects) rows rejected, see pgtide.rejects" : nil)
      statements += MetadataSQL(table: metadata).set(report.table, status, records: level, error: error)
    }
    return statements
  }

  func recordFailure(_ tables: [TablePlan], _ error: SyncError) async throws {
    for table in tables {
      let isCulprit = error.table == nil || error.table == table.target
      reports.change(table) { report in
        report.status = .failed
        report.counts.forgetWrites()
        report.error = isCulprit ? "\(error.withoutTable)" : "rolled back with \(error.table?.description ?? "another table")"
      }
    }
    try await write(tables)
  }

  func recordSkipped(_ skipped: [Int: Int]) async throws {
    for (index, cause) in skipped.sorted(by: { $0.key < $1.key }) {
      let tables = plan.groups[index].tables.compactMap(plan.table)
      let culprit = plan.groups[cause].tables.compactMap { plan.table($0)?.label }.joined(separator: ", ")
      for table in tables {
        reports.take(extracted.table(table.target), of: table)
        reports.change(table) { report in
          report.status = .skipped
          report.error = "skipped, because \(culprit), to which it refers, did not land"
        }
      }
      try await write(tables)
    }
  }

  /// A status that stands beside the merge, not in it.
  private func write(_ tables: [TablePlan]) async throws {
    let statements = tables.flatMap { record(reports.report($0)) }
    try await targets.lend { connection in
      _ = try await connection.batch(["BEGIN"] + statements + ["COMMIT"])
    }
    for table in tables { observer(.finished(reports.report(table))) }
  }
}

extension Error {
  /// A deadlock, a serialization failure, or a parent that went between the delta and the merge: a new delta decides
  /// anew.
  var isWorthAnotherAttempt: Bool {
    let cause = (self as? SyncError)?.cause ?? self as? PostgresError
    guard let state = cause?.sqlState else { return false }
    return [SQLState.deadlockDetected, SQLState.serializationFailure, SQLState.foreignKeyViolation].contains(state)
  }
}
