import Postgres

/// Deletes the rows of a table that are to go, as far as none refers to them that stays, inside a transaction that somebody else
/// opens and commits.
struct TableDeletion: Sendable {
  private let table: TablePlan
  private let sql: DeleteSQL
  private let found: Int
  private let run: RunIdentity
  private let waits: Bool
  /// Rows of these are still to be written in the same transaction.
  private let pending: [TablePlan]

  /// `nil` where nothing is to go.
  ///
  /// - Parameters:
  ///   - isFirst: children of the table may still be written in the same transaction. Where the server does not look after
  ///     their references, the rows go behind them.
  ///   - pending: tables with rows that are still to be written in the same transaction. To which these refer, that stays.
  init?(
    _ table: TablePlan, _ delta: Delta, run: RunIdentity, isFirst: Bool = false, before pending: [TablePlan] = []
  ) {
    guard delta.deletes > 0, let sql = DeleteSQL(table) else { return nil }
    waits = isFirst && table.deletes?.hasLogicalDependents == true
    self.table = table
    self.sql = sql
    self.run = run
    self.pending = pending
    found = delta.deletes
  }

  /// What is left counts as kept.
  ///
  /// - Parameter inParts: the target may refuse to let some rows go, which stay.
  ///
  /// Throws: ``RefusedRow`` where it does, and that is to be found out in parts; ``SyncError`` when a row was touched that is not
  /// ours. The caller rolls back.
  func run(on connection: Connection, inParts: Bool, _ counts: inout RowCounts) async throws {
    do {
      if !waits { counts.deleted += try await delete(on: connection, inParts: inParts && sql.goesInParts) }
    } catch let error as PostgresError {
      let failure = SyncError(error, table: table.target, while: "cleared of rows that the source no longer has")
      let isAboutRow = error.isAboutRow || error.isAboutRowOfFunction
      throw isAboutRow && !inParts && sql.goesInParts ? RefusedRow(error: failure) : failure as any Error
    }
    counts.kept = found - counts.deleted
  }

  private func delete(on connection: Connection, inParts: Bool) async throws -> Int {
    let (opening, closing) = DeleteSQL.pins.lent
    let answers = try await connection.batch(
      opening + [DeltaSQL.countKept(table), sql.claim] + (sql.hasTriggers ? [sql.takeDown] : []) + [closing]
        + sql.spare.once + sql.spare(beside: pending))
    var standing = Delta()
    standing.count(standing: answers[opening.count])
    // With the server restarted, nothing is known of these rows any more.
    try table.check(Accounting.deletesMismatch(found, standing: standing.deletes))
    var spared = sql.spare.again.count
    while spared > 0 {
      spared = 0
      for again in sql.spare.again { spared += try await connection.query(again).affectedRows }
    }
    let deleting = inParts ? [sql.deleteInParts(run: run), DeleteSQL.outcomeOfParts] : [sql.delete(run: run)]
    let row = try await connection.batch(deleting).last?.rows.first
    if let foreign = row?.int(1), foreign > 0 {
      throw MergeObstacle.foreignMarker.error(
        table,
        "\(CountedWords.rows(foreign, "that it would delete shows", "that it would delete show")) a marker that is not ours"
      )
    }
    let gone = row?.int(0) ?? 0
    return sql.hasTriggers ? gone + (try await triggered(on: connection, inParts: inParts)) : gone
  }

  /// How many more rows are gone because of the target's triggers, or fewer.
  private func triggered(on connection: Connection, inParts: Bool) async throws -> Int {
    let (pins, closing) = DeleteSQL.pins.lent
    // The server has no statistics of what these statements join.
    let opening = pins + [SessionPins.hashing.statement]
    let putBack = [sql.putBack(run: run)].compactMap(\.self)
    // In parts, nothing waits.
    let waiting = inParts ? [] : sql.runWaiting
    let answers = try await connection.batch(
      waiting + opening + [sql.takenAlong(run: run)] + putBack + [SessionPins.endOfHashing, closing, sql.letStay]
        + (inParts ? [] : sql.letWait))
    let counts = answers.dropFirst(waiting.count + opening.count).prefix(1 + putBack.count)
      .map { $0.rows.first?.int(0) ?? 0 }
    return counts[0] - counts.dropFirst().reduce(0, +)
  }
}
