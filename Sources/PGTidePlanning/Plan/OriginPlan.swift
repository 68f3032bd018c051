import PostgresValues

/// The marker column, and the value that makes a row ours.
package struct OriginPlan: Sendable {
  package let column: Identifier
  package let type: SQL
  package let ours: String
  /// A collation of its own could take two values for one that are not the same.
  private let isComparedByBytes: Bool

  init(_ marker: ColumnFacts, ours: String) {
    column = marker.name
    type = SQL(raw: marker.type.sql)
    self.ours = ours
    isComparedByBytes =
      BuiltinType.isText(marker.type.baseOID) && (marker.collation != nil || marker.type.kind == .domain)
  }

  package var value: SQL { "\(bind: ours)::\(type)" }

  /// Whether the row that `row` names is ours.
  package func isOurs(_ row: SQL) -> SQL { isOurs(marker: "\(row).\(column)") }

  /// Whether a row with this marker is.
  package func isOurs(marker: SQL) -> SQL {
    let collation: SQL = isComparedByBytes ? " COLLATE pg_catalog.\"C\"" : ""
    return "(\(marker)\(collation) OPERATOR(pg_catalog.=) \(value) OR \(marker) IS NULL)"
  }
}
