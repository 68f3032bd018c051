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

  /// The history row, and the users' status row; of a table that has landed, its protected rows that differ.
  func record(
    _ report: TableReport, of table: TablePlan, writesStatus: Bool = true, lists: Bool = true
  ) -> [SQL] {
    let hasLanded = report.status == .success || report.status == .partial
    return TableRecord(plan: context.plan, run: context.run, goal: context.goal, writesStatus: writesStatus)
      .statements(report, of: hasLanded ? table : nil) + (hasLanded && lists ? listed(table, report) : [])
  }

  /// Brings the list of the table's protected rows up to date. Where there is nothing to list, and nothing was listed before,
  /// nothing is sent.
  private func listed(_ table: TablePlan, _ report: TableReport) -> [SQL] {
    let list = ProtectedSQL(table: table, run: context.run)
    let differing = deltas.delta(table).protectedDifferent > 0 ? [list.keep] : table.mayBeListed ? [list.forget] : []
    // What stays of the rows that are to go, a dry run does not find out.
    let hasLookedAtDeletes = context.goal != .compareOnly
    return differing + (report.counts.kept == 0 && hasLookedAtDeletes ? forgotten(table) : [])
  }

  /// What forgets rows that were to be deleted once, and stayed.
  func forgotten(_ table: TablePlan) -> [SQL] {
    table.mayBeListed ? [DeleteSQL(table)?.forget].compactMap(\.self) : []
  }

  func recordFailure(of tables: [TablePlan], _ error: SyncError) async throws {
    let culprit = error.relation.flatMap { context.plan.table($0)?.label }
    for table in tables {
      let isCulprit = error.relation == nil || error.relation == table.target
      context.reports.change(table) { report in
        report.status = .failed
        report.brake = isCulprit ? error.brake : nil
        report.forgetWrites()
        let rolledBack = "rolled back with \(culprit ?? "another table")"
        report.fail(
          isCulprit ? "\(error.withoutTable)" : rolledBack,
          summary: isCulprit ? error.messageWithoutValues : rolledBack)
      }
      context.log.mergeFailed(context.reports.report(table), error)
    }
    try await write(tables)
  }

  /// Tables that were not merged, because what they refer to did not land.
  func recordSkipped(_ skipped: [Int: Int]) async throws {
    for (index, cause) in skipped.sorted(by: { $0.key < $1.key }) {
      let tables = context.plan.groups[index].tables.compactMap(context.plan.table)
      let culprit = context.plan.groups[cause].tables.compactMap { context.plan.table($0)?.label }.joined(
        separator: ", ")
      for table in tables {
        context.reports.take(extracted.table(table.target), of: table)
        context.reports.change(table) { report in
          report.status = .skipped
          report.forgetWrites()
          let reason = "skipped, because \(culprit), to which it refers, did not land"
          report.fail(reason, summary: reason)
        }
        context.log.mergeSkipped(context.reports.report(table), because: culprit)
      }
      try await write(tables)
    }
  }

  /// A status that stands beside the merge, not in it.
  func write(_ tables: [TablePlan]) async throws {
    do {
      try await write(tables, writesStatus: true)
    } catch let error
      where error.serverError?.kind == .statement && context.plan.metadata != nil && context.goal != .compareOnly
    {
      // What the users' own table refuses must not keep the run from its end.
      try await write(tables, writesStatus: false)
      for table in tables {
        context.reports.change(table) {
          $0.notices.append("its row in the status table could not be written: \(error.inOneLine)")
        }
      }
    }
    handOut(tables)
  }

  private func write(_ tables: [TablePlan], writesStatus: Bool) async throws {
    let statements = tables.flatMap { record(context.reports.report($0), of: $0, writesStatus: writesStatus) }
    try await retrying(tables) {
      try await context.targets.lend { _ = try await $0.batch([SQL.beginWriting] + statements + ["COMMIT"]) }
    }
  }
}
