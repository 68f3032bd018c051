import PostgresValues

/// Whether a value keeps its meaning under a type's length, precision or scale (its modifier).
///
/// Source for the modifiers' form: `src/backend/utils/adt` of PostgreSQL (`numeric.c`, `varchar.c`, `varbit.c`).
package enum LengthCheck {
  /// Every value under the modifier `narrow` is a value under the modifier `wide`. -1 is no modifier.
  package static func holds(everything narrow: Int, in wide: Int, type: UInt32) -> Bool {
    if wide == -1 || narrow == wide { return true }
    if narrow == -1 { return false }
    switch type {
    case BuiltinType.varchar, BuiltinType.bpchar, BuiltinType.varbit: return narrow <= wide
    case BuiltinType.numeric:
      let (from, to) = (NumericModifier(narrow), NumericModifier(wide))
      return from.scale <= to.scale && from.precision - from.scale <= to.precision - to.scale
    default: return false
    }
  }

  /// The same among `text`, `varchar` and `char` of different kinds.
  package static func holdsText(_ source: TypeFacts, _ target: TypeFacts) -> Bool {
    if target.baseOID == BuiltinType.name { return source.baseOID == BuiltinType.name }
    return target.baseModifier == -1 || (source.baseModifier != -1 && source.baseModifier <= target.baseModifier)
  }

  /// The condition under which `value` is the same under the target's modifier; `nil` where there is none.
  ///
  /// `value` has the target's base type without a modifier, or is a text on its way to a text type.
  package static func condition(_ value: SQL, _ target: TypeFacts) -> SQL? {
    let modifier = target.baseModifier
    if target.baseOID == BuiltinType.name {
      return "(\(value) IS NULL OR pg_catalog.octet_length(\(value)::pg_catalog.text) OPERATOR(pg_catalog.<) 64)"
    }
    guard modifier != -1 else { return nil }
    let check: SQL =
      switch target.baseOID {
      case BuiltinType.varchar: "pg_catalog.char_length(\(value)) OPERATOR(pg_catalog.<=) \(modifier - 4)"
      // Blanks at the end of a char(n) carry no meaning (manual, "8.3 Character Types").
      case BuiltinType.bpchar: "pg_catalog.char_length(\(value)) OPERATOR(pg_catalog.<=) \(modifier - 4)"
      case BuiltinType.numeric: NumericModifier(modifier).condition(value)
      case BuiltinType.bit: "pg_catalog.length(\(value)) OPERATOR(pg_catalog.=) \(modifier)"
      case BuiltinType.varbit: "pg_catalog.length(\(value)) OPERATOR(pg_catalog.<=) \(modifier)"
      case BuiltinType.time, BuiltinType.timetz, BuiltinType.timestamp, BuiltinType.timestamptz, BuiltinType.interval:
        "\(value)::\(raw: target.exactSQL) OPERATOR(pg_catalog.=) \(value)"
      default:
        if let element = target.elementFacts, let check = condition("e.v", element) {
          "NOT EXISTS (SELECT FROM pg_catalog.unnest(\(value)) AS e (v) WHERE NOT \(check))"
        } else {
          """
          \(value)::\(raw: target.exactSQL)::pg_catalog.text OPERATOR(pg_catalog.=) \(value)::pg_catalog.text
          """
        }
      }
    return "(\(value) IS NULL OR \(check))"
  }
}

extension TypeFacts {
  /// An array's element with the array's modifier: `numeric(8,2)[]` holds values of `numeric(8,2)`.
  fileprivate var elementFacts: TypeFacts? {
    guard let element, exactSQL.hasSuffix("[]") else { return nil }
    let exact = String(exactSQL.dropLast(2))
    return TypeFacts(
      oid: element.oid, sql: exact, bareSQL: element.sql, kind: element.kind, baseOID: element.oid,
      baseSQL: element.sql, baseModifier: baseModifier, exactSQL: exact, baseKind: element.kind, hasBinary: hasBinary)
  }
}
