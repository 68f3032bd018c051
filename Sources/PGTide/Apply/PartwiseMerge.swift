import Postgres

/// Applies one table's delta in parts (see ``PartwiseSQL``), rejecting the rows that the target refuses, inside a
/// transaction that somebody else opens and commits.
struct PartwiseMerge: Sendable {
  let table: TablePlan
  let delta: Delta
  /// What was read and staged.
  let extracted: RowCounts
  let run: RunIdentity
  /// No other table is written in the same transaction.
  let isAlone: Bool
  /// The tables with rows that are written in the same transaction.
  let writing: [TablePlan]
  /// The rows of the source that are in the stage.
  let read: BucketChoice
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
    let (standing, _) = try await connection.ask(sql.standing, .running(sql.locksOfReferrers))
    try table.check(Accounting.stageMismatch(extracted, standing: standing))
    var outcome = Outcome(counts: extracted, delta: delta)
    if let deletion = TableDeletion(table, delta, run: run, isFirst: !isAlone, before: writing) {
      try await deletion.run(on: connection, inParts: true, &outcome.counts)
    }
    if delta.inserts + delta.updates > 0 { try await write(on: connection, &outcome) }
    outcome.counts.unchanged = outcome.delta.unchanged + extracted.matched
    outcome.counts.rewritten = outcome.delta.rewritten
    outcome.counts.protected = outcome.delta.protected
    outcome.counts.rejected = outcome.delta.rejected
    return outcome
  }

  private func write(on connection: Connection, _ outcome: inout Outcome) async throws {
    let (written, kept): (PartwiseSQL.Outcome?, QueryResult)
    do {
      (_, written, kept) = try await connection.ask(
        .running([PartwiseSQL(table: table, room: room, read: read).run]), PartwiseSQL.outcome,
        Question(DeltaSQL.countKept(table)))
    } catch let error as PostgresError {
      guard let obstacle = error.sqlState.flatMap(MergeObstacle.init) else { throw error }
      throw obstacle.error(table, error.message)
    }
    guard let written else { return }
    outcome.counts.inserted = written.inserted
    outcome.counts.updated = written.updated
    outcome.refused = written.refused
    outcome.delta.refused += outcome.refused
    outcome.hasEnded = written.hasEnded
    outcome.delta.count(standing: kept)
  }
}
