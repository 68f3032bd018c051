import Postgres

extension DeltaMaker {
  /// Sends whole what a comparison did not reject, inside its transaction. Returns whether there was any, so that the
  /// comparison has to be made again.
  package func completeHeldRows(on connection: Connection) async throws -> Bool {
    guard let held else { return false }
    var hasSent = false
    for table in group {
      guard let copy = HeldRowsCopy(table, held: held) else { continue }
      while true {
        let ids = try await connection.query(HeldRowsSQL(table: table).release).rows.compactMap { row in
          row[0].flatMap(Int64.init)
        }
        guard !ids.isEmpty else { break }
        hasSent = true
        let bytes = try await copy.sendWhole(ids, to: connection)
        onWholeRows(table, ids.count, bytes)
      }
    }
    return hasSent
  }
}
