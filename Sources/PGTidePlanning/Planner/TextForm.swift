import PostgresValues

/// What the text of a type's values depends on.
package enum TextForm {
  /// The settings under which both ends write the same text for the same value, and no other than before.
  package static func pins(_ type: TypeFacts) -> SessionPins {
    if BuiltinType.namesObjects(type) { return .names }
    if let element = type.element { return pins(oid: element.oid, kind: element.kind, name: element.sql) }
    return pins(oid: type.baseOID, kind: type.baseKind, name: type.baseSQL)
  }

  private static func pins(oid: UInt32, kind: TypeFacts.Kind, name: String) -> SessionPins {
    switch kind {
    case .enumeration: return .none
    // Its fields may be of any type.
    case .composite, .domain, .pseudo: return .names + .values
    case .base, .range, .multirange: break
    }
    if oid < BuiltinType.firstUnstable { return fixed.contains(oid) ? .none : .values }
    return fixedOfExtensions.contains(TypeName.withoutSchema(name)) ? .none : .values
  }

  /// Built-in types whose text no setting changes: numbers that are exact, texts, and what is made of them.
  private static let fixed: Set<UInt32> = [
    BuiltinType.bool, BuiltinType.int2, BuiltinType.int4, BuiltinType.int8, BuiltinType.oid, BuiltinType.numeric,
    BuiltinType.text, BuiltinType.varchar, BuiltinType.bpchar, BuiltinType.name, BuiltinType.uuid, BuiltinType.json,
    BuiltinType.jsonb, BuiltinType.bit, BuiltinType.varbit, BuiltinType.macaddr, BuiltinType.macaddr8,
    // "char", xml, cidr, inet, tsvector, tsquery, int4range, numrange, int8range and their multiranges.
    18, 142, 650, 869, 3614, 3615, 3904, 3906, 3926, 4451, 4532, 4536,
  ]

  private static let fixedOfExtensions: Set<String> = [
    "citext", "geography", "geometry", "hstore", "lquery", "ltree", "ltxtquery",
  ]
}
