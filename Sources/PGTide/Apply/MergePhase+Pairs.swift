import Postgres

/// Tables whose rows are paired (``PairingSQL``).
extension MergePhase {
  /// What the transaction asks before it writes: nobody else writes to the tables until it ends, and nobody has since their rows
  /// were paired.
  func holdPairs(of tables: [TablePlan]) -> Question<Void> {
    let held = tables.compactMap { table -> (sql: PairingSQL, standing: PairingSQL.Standing)? in
      let delta = deltas.delta(table)
      guard delta.inserts + delta.updates + delta.deletes > 0, let sql = PairingSQL(table) else { return nil }
      return delta.pairedWith.map { (sql, $0) }
    }
    return .running(PairingSQL.hold(held))
  }

  /// Makes sure that rows which have gone in will be found again, when every trigger has run.
  func provePairs(of tables: [TablePlan], on connection: Connection) async throws {
    for table in tables where table.mayLosePairs {
      guard deltas.delta(table).inserts + deltas.delta(table).updates > 0, let sql = PairingSQL(table) else { continue }
      let lost = try await connection.ask(Question(sql.countLost) { $0.rows.first?.int(0) ?? 0 })
      guard lost == 0 else {
        throw MergeObstacle.movedKey.error(
          table,
          "\(lost == 1 ? "1 row that it would write has" : "\(lost) rows that it would write have") other values under `match` "
            + "than on the source")
      }
    }
  }
}
