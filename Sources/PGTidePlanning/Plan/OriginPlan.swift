import PostgresValues

/// The marker column, and the value that makes a row ours.
package struct OriginPlan: Sendable {
  package let column: Identifier
  package let type: SQL
  package let ours: String

  package var value: SQL { "\(bind: ours)::\(type)" }

  /// Whether the row that `row` names is ours.
  package func isOurs(_ row: SQL) -> SQL {
    "(\(row).\(column) OPERATOR(pg_catalog.=) \(value) OR \(row).\(column) IS NULL)"
  }
}
