import PostgresValues

/// What the history says of a table: what the flow's last run in which it landed has read and filled.
package struct TablePast: Sendable, Equatable {
  /// Rows that were read when all were looked at; `nil` where it has never landed.
  package var rowsRead: Int?
  /// The target's columns that were filled.
  package var filled: [Identifier] = []
  /// Columns that a run before had filled, and that one did not.
  package var lost: [Identifier] = []
  /// That run; `nil` where there is none.
  package var run: String?
  /// The name under which it landed then, where the configuration wrote it in another way.
  package var label: String?
  /// What it has left for a run that reads changed rows only.
  package var changes: PastChanges?

  package init(
    rowsRead: Int? = nil, filled: [Identifier] = [], lost: [Identifier] = [], run: String? = nil,
    label: String? = nil, changes: PastChanges? = nil
  ) {
    self.rowsRead = rowsRead
    self.filled = filled
    self.lost = lost
    self.run = run
    self.label = label
    self.changes = changes
  }

  /// Of a run that loses more of a table's rows than this, the user is told.
  private static let tolerance = 5

  /// Whether a source with `rows` now has lost more rows than are lost in passing.
  package func hasLostRows(_ rows: Int) -> Bool {
    guard let rowsRead else { return false }
    return rows < rowsRead && (rowsRead - rows) * 100 > rowsRead * Self.tolerance
  }

  /// Columns that were filled once, and are not among those that are filled now.
  ///
  /// - Parameter isWanted: nothing explains why the column is not filled.
  package func lostColumns(filled now: [Identifier], isWanted: (Identifier) -> Bool) -> [Identifier] {
    (filled + lost.filter { !filled.contains($0) }).filter { !now.contains($0) && isWanted($0) }
  }
}
