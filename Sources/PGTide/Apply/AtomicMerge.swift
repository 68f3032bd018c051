import Postgres

/// Merges all tables, which have been compared, in one transaction: all of them land, or none.
extension MergePhase {
  func mergeTogether() async throws {
    _ = try await recordingFailure(of: plan.tables) {
      if let failed = plan.tables.first(where: { reports.report($0).error != nil }) {
        let report = reports.report(failed)
        throw SyncError(table: failed.target, message: report.error ?? "failed", summary: report.errorSummary)
      }
      try await landing(plan.groups.map { $0.tables.compactMap(plan.table) }, comparingAgain: compareAllAgain)
      for table in plan.tables { log.mergeCommitted(reports.report(table)) }
      try await tidy(plan.tables)
      for table in plan.tables { observer(.finished(reports.report(table))) }
    }
  }

  private func compareAllAgain() async throws {
    for group in plan.groups {
      let tables = group.tables.compactMap(plan.table)
      try await retrying(tables) {
        try await targets.lend { _ = try await compare(tables, on: $0, beforeMerge: stagedParents(of: tables)) }
      }
    }
  }

  func checkAllRejects() throws {
    let rejected = plan.tables.map { deltas.delta($0).rejected }.reduce(0, +)
    guard let limit = settings.maxRejects, rejected > limit else { return }
    throw SyncError(
      message: "\(rejected) rows were rejected in all tables, more than the \(limit) that --max-rejects allows",
      advice: "Look at them in pgtide.rejects (run \(run.id)); nothing was written")
  }
}
