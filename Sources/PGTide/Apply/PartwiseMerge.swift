import Postgres

/// Applies one table's delta in parts (see ``PartwiseSQL``), rejecting the rows that the target refuses, inside a
/// transaction that somebody else opens and commits.
struct PartwiseMerge: Sendable {
  let table: TablePlan
  let delta: Delta
  /// What was read and staged.
  let extracted: RowCounts
  /// More refused rows than this need not be found; `nil`: all.
  let room: Int?

  struct Outcome: Sendable {
    var counts: RowCounts
    /// With the rows that were refused, or turned out to be protected.
    var delta: Delta
    /// Rows that were refused this time.
    var refused = 0
    /// Not all rows were tried, because too many were refused.
    var hasEnded = false
  }

  /// Writes what the target takes, and proves it.
  ///
  /// Throws: ``SyncError`` when the sums do not match or a protected row was touched; ``PostgresError``. The caller
  /// rolls back.
  func apply(on connection: Connection) async throws -> Outcome {
    let sql = MergeSQL(table: table)
    let staged = try await connection.batch([sql.countStage] + sql.locksOfReferrers)[0]
    try table.check(Accounting.stageMismatch(extracted, standing: staged.rows.first?.int(0) ?? -1))
    var outcome = Outcome(counts: extracted, delta: delta)
    if delta.inserts + delta.updates > 0 { try await write(on: connection, &outcome) }
    outcome.counts.unchanged = outcome.delta.unchanged + extracted.matched
    outcome.counts.rewritten = outcome.delta.rewritten
    outcome.counts.protected = outcome.delta.protected
    outcome.counts.rejected = outcome.delta.rejected
    if !outcome.hasEnded { try table.check(Accounting.mergeMismatch(outcome.counts)) }
    return outcome
  }

  private func write(on connection: Connection, _ outcome: inout Outcome) async throws {
    let answers: [QueryResult]
    do {
      answers = try await connection.batch([
        PartwiseSQL(table: table, room: room).run, PartwiseSQL.result, DeltaSQL.countKept(table),
      ])
    } catch let error as PostgresError {
      guard let obstacle = error.sqlState.flatMap(MergeObstacle.init) else { throw error }
      throw obstacle.error(table, error.message)
    }
    guard let result = answers[1].rows.first else { return }
    outcome.counts.inserted = result.int(0) ?? 0
    outcome.counts.updated = result.int(1) ?? 0
    outcome.refused = result.int(2) ?? 0
    outcome.delta.refused += outcome.refused
    outcome.hasEnded = result.bool(3)
    outcome.delta.count(standing: answers[2])
  }
}
