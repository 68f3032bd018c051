import PostgresValues

/// The columns that identify a row on both sides.
package struct KeyPlan: Sendable {
  package let columns: [ColumnPlan]
  /// The index's own operator for "the same key", a column.
  package let equality: [SQL]
  package let index: Identifier

  /// Whether the target's row `target` has the key of the staged row.
  package func matches(target: SQL) -> SQL {
    zip(columns, equality).map { column, equality in
      "\(target).\(column.name) \(equality) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}
