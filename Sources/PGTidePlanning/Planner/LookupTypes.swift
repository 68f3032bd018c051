import PostgresValues

/// By which operator the values of two columns are compared when one is looked up by the other.
package enum LookupTypes {
  /// The types' own equality, which hashing and sorting know as well; `nil` where there is none for both.
  package static func equality(_ column: TypeFacts, _ value: TypeFacts) -> SQL? {
    let types = [column, value]
    if types.contains(where: lacksEquality) { return nil }
    if types.allSatisfy({ isNumber($0.baseOID) }) || types.allSatisfy({ BuiltinType.isText($0.baseOID) }) {
      return "OPERATOR(pg_catalog.=)"
    }
    guard column.baseOID == value.baseOID else { return nil }
    // An extension has its operators where it has its type. Enumerations, arrays, ranges and composites have the server's.
    let isOfExtension = column.baseKind == .base && column.baseOID >= BuiltinType.firstUnstable && column.element == nil
    return isOfExtension ? ownOperator(of: column) : "OPERATOR(pg_catalog.=)"
  }

  /// A type that has all values of both, which are compared as if they were of it.
  package static func common(_ column: TypeFacts, _ value: TypeFacts) -> SQL {
    if column.baseOID == value.baseOID { return SQL(raw: column.baseSQL) }
    return isNumber(column.baseOID) ? "numeric" : "pg_catalog.text"
  }

  /// Texts of the type are equal only if their bytes are.
  package static func isDecidedByBytes(_ column: ColumnFacts) -> Bool {
    BuiltinType.isText(column.type.baseOID) && column.type.baseOID != BuiltinType.name && column.collation == nil
      && column.type.kind != .domain
  }

  private static func ownOperator(of type: TypeFacts) -> SQL {
    let name = TypeName.withoutSchema(type.baseSQL)
    return "OPERATOR(\(raw: type.baseSQL.dropLast(name.count) + "="))"
  }

  private static func isNumber(_ oid: UInt32) -> Bool {
    oid == BuiltinType.numeric || BuiltinType.integers.contains(oid)
  }

  private static let withoutEquality: Set<UInt32> = BuiltinType.geometric.union([
    BuiltinType.json, BuiltinType.jsonpath, BuiltinType.xml, BuiltinType.refcursor, BuiltinType.txidSnapshot,
    BuiltinType.snapshot, BuiltinType.xid, BuiltinType.cid,
  ])

  private static func lacksEquality(_ type: TypeFacts) -> Bool {
    withoutEquality.contains(type.baseOID) || type.element.map { withoutEquality.contains($0.oid) } ?? false
  }
}
