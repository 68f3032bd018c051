import Postgres

/// The rows of tables that the target refused in a merge, taken out of a transaction that is to be rolled back, so
/// that they are rejected all the same. As JSON, a text a table: the rows' places in the stage and what was said.
package struct RefusedRows: Error {
  package private(set) var texts: [QualifiedName: String] = [:]

  /// Reads what the merges of `tables` have written into the deltas.
  package static func read(of tables: [TablePlan], from connection: Connection) async throws -> RefusedRows {
    let answers = try await connection.batch(tables.map { RefusedRowsSQL(table: $0).read })
    var refusals = RefusedRows()
    for (table, answer) in zip(tables, answers) { refusals.texts[table.target] = answer.rows.first?[0] }
    return refusals
  }

  package func contains(_ table: TablePlan) -> Bool { texts[table.target] != nil }
}

extension DeltaMaker {
  /// Rejects what the target refused, and what lacks its parent because of that, in the group's deltas as they stand.
  package func reject(
    _ refusals: RefusedRows, in begun: [QualifiedName: Delta]
  ) async throws -> [QualifiedName: Delta] {
    try await connection.transaction {
      for table in group {
        if let text = refusals.texts[table.target] {
          try await connection.query(RefusedRowsSQL(table: table).reject(text))
        }
        try await connection.batch(RejectSQL(table: table, run: run).forget)
      }
      return try await finish(begun, group.map { DeltaSQL($0, group: group, beforeMerge: beforeMerge) })
    }
  }
}
