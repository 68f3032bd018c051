import Postgres

/// Merges all tables, which have been compared, in one transaction: all of them land, or none.
extension MergePhase {
  func mergeTogether() async throws {
    _ = try await recordingFailure(of: context.plan.tables) {
      if let failed = context.plan.tables.first(where: { context.reports.report($0).error != nil }) {
        let report = context.reports.report(failed)
        throw SyncError(table: failed.target, message: report.error ?? "failed", summary: report.errorSummary)
      }
      try await landing(
        context.plan.groups.map { $0.tables.compactMap(context.plan.table) }, comparingAgain: compareAllAgain)
      noteLanded(context.plan.tables)
      try await cleanUp(context.plan.tables)
      handOut(context.plan.tables)
    }
  }

  private func compareAllAgain() async throws {
    for group in context.plan.groups {
      let tables = group.tables.compactMap(context.plan.table)
      try await retrying(tables) {
        try await context.targets.lend { _ = try await compare(tables, on: $0, beforeMerge: stagedParents(of: tables)) }
      }
    }
  }

  func checkAllRejects() throws {
    let rejected = context.plan.tables.map { deltas.delta($0).rejected }.reduce(0, +)
    guard let limit = context.settings.maxRejects, rejected > limit else { return }
    throw SyncError(
      message: "rejected rows of all tables: \(rejected), more than the \(limit) that --max-rejects allows",
      advice: "Look at them in pgtide.rejects (run \(context.run.id)), and correct them or raise the limit. With "
        + "--atomic it is for all tables together, and nothing at all was written")
  }
}
