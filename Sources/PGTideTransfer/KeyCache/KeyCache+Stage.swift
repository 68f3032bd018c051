import Postgres

/// How the rows that were held back come to their stages.
///
/// There a row in its short form may only be rejected. Any other verdict means that its parent has come, or was never
/// missing: then the whole row takes its place, and the comparison is made again.
extension KeyCache {
  /// Sends the short forms, once for all comparisons of the run.
  package func stage(_ tables: [TablePlan], in context: RunContext) async throws {
    for table in tables where !held.isStaged(table.target) {
      guard let copy = HeldRowsCopy(table, held: held) else { continue }
      let bytes = try await context.targets.lend { connection in
        try await copy.sendShort(to: connection) { try await context.targets.hasCommitted($0) }
      }
      held.note(staged: table.target)
      log.rowsHeldBack(table, rows: held.rows(of: table.target))
      context.reports.change(table) { $0.keyCache?.bytesSaved -= bytes }
    }
  }

  /// Sends whole what a comparison did not reject, inside its transaction. Returns whether there was any, so that the
  /// comparison has to be made again.
  package func complete(_ tables: [TablePlan], on connection: Connection, in context: RunContext) async throws -> Bool {
    var hasSent = false
    for table in tables {
      guard let copy = HeldRowsCopy(table, held: held) else { continue }
      while true {
        let ids = try await connection.query(HeldRowsSQL(table: table).release).rows.compactMap { row in
          row[0].flatMap(Int64.init)
        }
        guard !ids.isEmpty else { break }
        hasSent = true
        let bytes = try await copy.sendWhole(ids, to: connection)
        context.reports.change(table) { $0.keyCache?.bytesSaved -= bytes }
        log.heldRowsSent(table, rows: ids.count)
      }
    }
    return hasSent
  }
}
