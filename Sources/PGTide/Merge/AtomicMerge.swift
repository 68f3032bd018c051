import Postgres

/// Merges all tables in one transaction: all of them land, or none.
///
/// The deltas are made first, each in a transaction of its own, so that the rejects stay when the merge rolls back;
/// rows whose parents are still in a delta count as having a parent.
extension MergePhase {
  func mergeTogether() async throws {
    for table in plan.tables { reports.take(extracted.table(table.target), of: table) }
    do {
      if let failure = extracted.failure { throw failure }
      try await targets.lend { connection in
        var attempt = 1
        while true {
          do {
            try await mergeAll(on: connection, attempt: attempt)
            break
          } catch let error where attempt < 3 && error.isWorthAnotherAttempt {
            attempt += 1
          }
        }
        for table in plan.tables { try await finish(table, on: connection) }
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      try await recordFailure(plan.tables, SyncError(error, table: nil, while: "merged"))
      return
    }
    for table in plan.groups.flatMap(toAnalyze) { try await analyze(table) }
  }

  private func mergeAll(on connection: Connection, attempt: Int) async throws {
    var deltas: [QualifiedName: Delta] = [:]
    for group in plan.groups {
      let tables = group.tables.compactMap(plan.table)
      let made = try await compare(tables, on: connection, attempt: attempt, beforeMerge: plan.tables)
      deltas.merge(made) { _, new in new }
    }
    let rejected = deltas.values.map(\.rejected).reduce(0, +)
    if let limit = settings.maxRejects, rejected > limit {
      throw SyncError(
        message: "\(rejected) rows were rejected in all tables, more than the \(limit) that --max-rejects allows",
        advice: "Look at them in pgtide.rejects (run \(run.id)); nothing was written")
    }
    guard !isDryRun else { return }
    let made = deltas
    try await connection.transaction {
      for group in plan.groups {
        try await apply(group.tables.compactMap(plan.table), made, on: connection)
      }
    }
  }
}
