import PostgresValues

/// What the catalogs say of a type, as a column uses it.
package struct TypeFacts: Sendable, Hashable, Codable {
  package let oid: UInt32
  /// With its modifier, as SQL: `numeric(8,2)`.
  package let sql: String
  /// Without a modifier, as SQL: `numeric`, `bpchar`.
  package let bareSQL: String
  package let kind: Kind
  /// The type under a domain; the type itself where it is none.
  package let baseOID: UInt32
  package let baseSQL: String
  package let baseModifier: Int
  /// The type under a domain with its modifier, as SQL.
  package let exactSQL: String
  package let baseKind: Kind
  /// Whether the type, and an array's element, can be sent in binary at all.
  package let hasBinary: Bool
  /// What an array holds; `nil` for what is no array.
  package var element: Element?
  /// The fields of a composite type, or of an array's composite element, in their order.
  package var fields: [Identifier] = []

  /// The type of an array's elements.
  package struct Element: Sendable, Hashable, Codable {
    package let oid: UInt32
    /// Without a modifier, as SQL.
    package let sql: String
    package let kind: Kind
  }

  /// `typtype` of `pg_type` (manual, "53.64 pg_type").
  package enum Kind: String, Sendable, Codable {
    case base = "b"
    case composite = "c"
    case domain = "d"
    case enumeration = "e"
    case pseudo = "p"
    case range = "r"
    case multirange = "m"
  }
}

extension TypeFacts {
  /// The extension lo's own type.
  package var namesLargeObjects: Bool {
    kind == .domain && baseOID == BuiltinType.oid && TypeName.withoutSchema(bareSQL) == "lo"
  }
}
