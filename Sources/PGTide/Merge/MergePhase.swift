import Postgres

/// Brings the target level with the stages, a group of tables at a time: the delta, then the merge with its proof and
/// its place in the users' status table, in one transaction.
struct MergePhase: Sendable {
  let plan: SyncPlan
  let settings: RunSettings
  let run: RunIdentity
  let isDryRun: Bool
  let extracted: ExtractionLedger
  let targets: ConnectionPool
  let reports: ReportLedger
  let deltas: DeltaLedger
  let observer: SyncObserver
  let log: RunLog

  /// A merge that met a deadlock, or a parent that the app deleted, begins again this often.
  static let attempts = 3

  // MARK: - Compare

  /// Makes a group's deltas. Returns whether that worked and may be merged; what became of its tables is in the
  /// reports.
  func compare(_ group: MergeGroup) async throws -> Bool {
    let tables = group.tables.compactMap(plan.table)
    return try await recordingFailure(of: tables) {
      for table in tables { reports.take(extracted.table(table.target), of: table) }
      if let failure = group.tables.compactMap({ extracted.table($0).failure }).first { throw failure }
      try await targets.lend { connection in
        try await retrying { try await compare(tables, on: connection, beforeMerge: plan.tables) }
        try checkRejects(tables)
        if isDryRun { try await finishDryRun(tables, on: connection) }
      }
    }
  }

  /// Compares tables with the target, in a transaction of its own, so that the rejects stay whatever becomes of the
  /// merge.
  ///
  /// - Parameter beforeMerge: tables of the run that have not merged yet: what is about to go into them counts as there.
  func compare(_ tables: [TablePlan], on connection: Connection, beforeMerge: [TablePlan]) async throws {
    for table in tables { observer(.comparing(table: table.label)) }
    let start = ContinuousClock.now
    let maker = DeltaMaker(connection: connection, run: run, group: tables, beforeMerge: beforeMerge)
    let isFirst = tables.allSatisfy { deltas.begin($0) }
    do {
      deltas.set(try await maker.make(isFirst: isFirst))
    } catch let error as PostgresError {
      throw SyncError(error, table: tables.count == 1 ? tables[0].target : nil, while: "compared with the target")
    }
    let duration = start.duration(to: .now)
    for table in tables { log.tableCompared(table, deltas.delta(table), took: duration) }
    let seconds = duration.seconds
    for table in tables {
      reports.change(table) { report in
        report.deltaSeconds += seconds / Double(tables.count)
        report.take(deltas.delta(table))
      }
    }
  }

  private func checkRejects(_ tables: [TablePlan]) throws {
    guard let limit = settings.maxRejects else { return }
    for table in tables {
      let rejected = deltas.delta(table).rejected
      guard rejected > limit else { continue }
      throw SyncError(
        table: table.target,
        message: "\(rejected) rows were rejected, more than the \(limit) that --max-rejects allows",
        advice: "Look at them in pgtide.rejects (run \(run.id)); nothing of the table was written")
    }
  }

  private func finishDryRun(_ tables: [TablePlan], on connection: Connection) async throws {
    for table in tables {
      reports.change(table) { $0.status = $0.counts.rejects == 0 ? .success : .partial }
      try await connection.query(HistorySQL.table(reports.report(table), run: run))
      observer(.finished(reports.report(table)))
    }
  }

  // MARK: - Merge

  /// Merges a group that was compared. Returns whether it landed.
  func merge(_ group: MergeGroup) async throws -> Bool {
    let tables = group.tables.compactMap(plan.table)
    return try await recordingFailure(of: tables) {
      try await targets.lend { connection in
        // A parent may have come to the target since; before its table merged, nobody could know.
        if tables.contains(where: { deltas.delta($0).rejects[.missingParent] != nil }) {
          try await retrying { try await compare(tables, on: connection, beforeMerge: []) }
        }
        var isFirst = true
        try await retrying {
          if !isFirst { try await compare(tables, on: connection, beforeMerge: []) }
          isFirst = false
          try checkRejects(tables)
          try await connection.transaction { try await apply(tables, on: connection) }
        }
      }
      for table in tables {
        log.mergeCommitted(reports.report(table))
        observer(.finished(reports.report(table)))
      }
    }
  }

  /// Applies the deltas inside an open transaction, with everything that must stand or fall with them.
  func apply(_ tables: [TablePlan], on connection: Connection) async throws {
    if tables.count > 1 { try await connection.query("SET CONSTRAINTS ALL DEFERRED") }
    for table in tables {
      let delta = deltas.delta(table)
      let start = ContinuousClock.now
      observer(.merging(table: table.label, rows: delta.inserts + delta.updates))
      log.mergeBegun(table, delta)
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
        report.attempts += 1
        report.mergeSeconds += start.duration(to: .now).seconds
        report.status = counts.rejects == 0 ? .success : .partial
        report.error = nil
      }
      try await connection.batch(record(reports.report(table)))
    }
  }

  /// Repeats what met a deadlock or the like: a new delta decides anew.
  func retrying(_ body: () async throws -> Void) async throws {
    var attempt = 1
    while true {
      do {
        return try await body()
      } catch let error where attempt < Self.attempts && error.isWorthAnotherAttempt {
        attempt += 1
        log.retrying(error, attempt: attempt, of: Self.attempts)
      }
    }
  }
}

extension Error {
  /// A deadlock, a serialization failure, or a parent that went between the delta and the merge.
  fileprivate var isWorthAnotherAttempt: Bool {
    let cause = (self as? SyncError)?.cause ?? self as? PostgresError
    guard let state = cause?.sqlState else { return false }
    return [SQLState.deadlockDetected, SQLState.serializationFailure, SQLState.foreignKeyViolation].contains(state)
  }
}
