import PostgresValues

/// The marker column, and the value that makes a row ours.
package struct OriginPlan: Sendable {
  package let column: Identifier
  package let type: SQL
  package let ours: String
  /// Whose a row is whose marker is NULL.
  package let null: NullMarkerRule
  /// A collation of its own could take two values for one that are not the same.
  private let isComparedByBytes: Bool

  init(_ marker: ColumnFacts, ours: String, null: NullMarkerRule) {
    column = marker.name
    type = SQL(raw: marker.type.sql)
    self.ours = ours
    self.null = null
    isComparedByBytes =
      BuiltinType.isText(marker.type.baseOID) && (marker.collation != nil || marker.type.kind == .domain)
  }

  package var value: SQL { "\(bind: ours)::\(type)" }

  /// Whether the row that `row` names is ours.
  package func isOurs(_ row: SQL) -> SQL { isOurs(marker: "\(row).\(column)") }

  /// Whether a row with this marker is.
  package func isOurs(marker: SQL) -> SQL {
    let collation: SQL = isComparedByBytes ? " COLLATE pg_catalog.\"C\"" : ""
    let isOurs: SQL = "\(marker)\(collation) OPERATOR(pg_catalog.=) \(value)"
    switch null {
    case .ours: return "(\(isOurs) OR \(marker) IS NULL)"
    case .protected: return "(\(isOurs) AND \(marker) IS NOT NULL)"
    }
  }
}
