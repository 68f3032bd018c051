import PostgresValues

/// What came back from a statement that writes rows.
package struct WrittenRows: Sendable {
  package let rows: Int
  /// Rows whose marker is not ours, which should be none.
  package let foreign: Int
  /// Rows that have another key than on the source, which should be none.
  package let moved: Int

  /// One that returns no columns cannot say more than how many rows it wrote.
  package init(_ answer: QueryResult) {
    guard !answer.columns.isEmpty else {
      (rows, foreign, moved) = (answer.affectedRows, 0, 0)
      return
    }
    let row = answer.rows.first
    (rows, foreign, moved) = (row?.int(0) ?? 0, row?.int(1) ?? -1, row?.int(2) ?? -1)
  }
}
