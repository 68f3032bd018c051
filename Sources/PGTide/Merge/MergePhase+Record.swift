import Postgres

/// What the merge writes down of its tables, and how it leaves them.
extension MergePhase {
  /// Runs `body`; when it fails, the tables are recorded as failed and the answer is `false`.
  ///
  /// Throws only for what concerns the whole run.
  func recordingFailure(of tables: [TablePlan], _ body: () async throws -> Void) async throws -> Bool {
    do {
      try await body()
      return true
    } catch let error where error.endsRun {
      throw error
    } catch {
      try await recordFailure(of: tables, SyncError(error, table: nil, while: "merged"))
      return false
    }
  }

  /// The history row, and the users' status row.
  func record(_ report: TableReport) -> [SQL] {
    TableRecord(plan: plan, run: run, isDryRun: isDryRun).statements(report)
  }

  func recordFailure(of tables: [TablePlan], _ error: SyncError) async throws {
    let culprit = error.table.flatMap { plan.table($0)?.label }
    for table in tables {
      let isCulprit = error.table == nil || error.table == table.target
      reports.change(table) { report in
        report.status = .failed
        report.counts.forgetWrites()
        report.error =
          isCulprit ? "\(error.withoutTable)" : "rolled back with \(culprit ?? "another table")"
      }
      log.mergeFailed(reports.report(table), error)
    }
    try await write(tables)
  }

  /// Tables that were not merged, because what they refer to did not land.
  func recordSkipped(_ skipped: [Int: Int]) async throws {
    for (index, cause) in skipped.sorted(by: { $0.key < $1.key }) {
      let tables = plan.groups[index].tables.compactMap(plan.table)
      let culprit = plan.groups[cause].tables.compactMap { plan.table($0)?.label }.joined(separator: ", ")
      for table in tables {
        reports.take(extracted.table(table.target), of: table)
        reports.change(table) { report in
          report.status = .skipped
          report.counts.forgetWrites()
          report.error = "skipped, because \(culprit), to which it refers, did not land"
        }
        log.mergeSkipped(reports.report(table), because: culprit)
      }
      try await write(tables)
    }
  }

  /// A status that stands beside the merge, not in it.
  func write(_ tables: [TablePlan]) async throws {
    let statements = tables.flatMap { record(reports.report($0)) }
    try await retrying(tables) {
      try await targets.lend { _ = try await $0.batch(["BEGIN"] + statements + ["COMMIT"]) }
    }
    for table in tables { observer(.finished(reports.report(table))) }
  }

  // MARK: - Afterwards

  /// Empties the stages of a landed group, and analyzes its tables where so much changed that the planner should know.
  /// A failure here changes nothing of what has landed; the report tells.
  func tidy(_ group: MergeGroup) async throws {
    for table in group.tables.compactMap(plan.table) {
      let extracted = extracted.table(table.target)
      let staged = extracted.counts.staged > 0 && !extracted.isLoadedDirectly ? [table.stage.stage] : []
      let kept = deltas.delta(table).kept > 0 ? [table.stage.delta] : []
      try await targets.lend { connection in
        // The run empties at its end what is still full then.
        if let truncate = StageTable.truncate(staged + kept) { _ = try? await connection.query(truncate) }
        try await analyze(table, on: connection)
      }
    }
  }

  /// Gives the room of stages back that will not be merged.
  func freeStages(_ tables: [TablePlan]) async {
    _ = try? await targets.lend { await StageTable.free(tables.map(\.stage.stage), on: $0) }
  }

  func analyze(_ table: TablePlan, on connection: Connection) async throws {
    // A load that had to wait has done it.
    guard !reports.report(table).isAnalyzed else { return }
    guard settings.analyze else { return log.notAnalyzed(table, because: "the configuration leaves it out") }
    guard AnalyzeRule.applies(to: reports.report(table).counts) else {
      return log.notAnalyzed(table, because: "too little changed")
    }
    guard table.analysis.isAllowed else {
      log.notAnalyzed(table, because: "only its owner may")
      reports.change(table) {
        $0.notices.append("not analyzed: only its owner may; run ANALYZE \(table.target.quoted)")
      }
      return
    }
    let start = ContinuousClock.now
    do {
      try await connection.query(table.analysis.statement(table.target))
      log.analyzed(table, took: start.duration(to: .now))
      reports.change(table) { $0.isAnalyzed = true }
    } catch let error as PostgresError {
      log.notAnalyzed(table, because: error.messageWithoutValues)
      reports.change(table) { $0.notices.append("not analyzed: \(error.message)") }
    }
  }
}
