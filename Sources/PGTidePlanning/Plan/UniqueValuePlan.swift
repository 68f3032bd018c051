import PostgresValues

/// A unique index beside the key's, over columns that are filled.
package struct UniqueValuePlan: Sendable {
  package let index: Identifier
  package let columns: [ColumnPlan]
  /// The index's own operator for "the same value", a column.
  package let equality: [SQL]

  package init(index: Identifier, columns: [ColumnPlan], equality: [SQL]) {
    self.index = index
    self.columns = columns
    self.equality = equality
  }

  /// Whether the target's row `target` holds what the staged row `s` is to have.
  package func isHeld(by target: SQL) -> SQL {
    zip(columns, equality).map { column, equality in
      "\(target).\(column.name) \(equality) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}
