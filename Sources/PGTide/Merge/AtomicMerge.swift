import Postgres

/// Merges all tables, which have been compared, in one transaction: all of them land, or none.
extension MergePhase {
  func mergeTogether() async throws {
    _ = try await recordingFailure(of: plan.tables) {
      if let failed = plan.tables.first(where: { reports.report($0).error != nil }) {
        throw SyncError(table: failed.target, message: reports.report(failed).error ?? "failed")
      }
      try await targets.lend { connection in
        var isFirst = true
        try await retrying {
          if !isFirst {
            for group in plan.groups {
              try await compare(group.tables.compactMap(plan.table), on: connection, beforeMerge: plan.tables)
            }
          }
          isFirst = false
          try checkAllRejects()
          try await connection.transaction {
            for group in plan.groups { try await apply(group.tables.compactMap(plan.table), on: connection) }
          }
        }
        for table in plan.tables { log.mergeCommitted(reports.report(table)) }
        for table in plan.tables { try await analyze(table, on: connection) }
      }
      for table in plan.tables { observer(.finished(reports.report(table))) }
    }
  }

  private func checkAllRejects() throws {
    let rejected = plan.tables.map { deltas.delta($0).rejected }.reduce(0, +)
    guard let limit = settings.maxRejects, rejected > limit else { return }
    throw SyncError(
      message: "\(rejected) rows were rejected in all tables, more than the \(limit) that --max-rejects allows",
      advice: "Look at them in pgtide.rejects (run \(run.id)); nothing was written")
  }
}
