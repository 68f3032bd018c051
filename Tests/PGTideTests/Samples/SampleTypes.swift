import Postgres

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// Types as a server's catalogs tell of them.
extension TypeFacts {
  static let bigint = sample(BuiltinType.int8, "bigint")
  static let integer = sample(BuiltinType.int4, "integer")
  static let smallint = sample(BuiltinType.int2, "smallint")
  static let boolean = sample(BuiltinType.bool, "boolean")
  static let float = sample(BuiltinType.float8, "double precision")
  static let numeric = sample(BuiltinType.numeric, "numeric")
  static let text = sample(BuiltinType.text, "pg_catalog.text")
  static let date = sample(BuiltinType.date, "pg_catalog.date")
  static let timestamp = sample(BuiltinType.timestamp, "timestamp without time zone")
  static let timestamptz = sample(BuiltinType.timestamptz, "timestamp with time zone")
  static let point = sample(600, "pg_catalog.point")
  static let json = sample(BuiltinType.json, "pg_catalog.json")
  static let jsonb = sample(BuiltinType.jsonb, "pg_catalog.jsonb")
  static let textArray = sample(
    1009, "pg_catalog.text[]", element: Element(oid: BuiltinType.text, sql: "pg_catalog.text", kind: .base))

  static func varchar(_ length: Int) -> TypeFacts {
    sample(BuiltinType.varchar, "character varying", "character varying(\(length))", modifier: length + 4)
  }

  static func bpchar(_ length: Int) -> TypeFacts {
    sample(BuiltinType.bpchar, "pg_catalog.bpchar", "character(\(length))", modifier: length + 4)
  }

  /// The modifier is as `numeric.c` makes it.
  static func numeric(_ precision: Int, _ scale: Int) -> TypeFacts {
    sample(
      BuiltinType.numeric, "numeric", "numeric(\(precision),\(scale))",
      modifier: (precision << 16 | scale & 0x7ff) + 4)
  }

  /// A type of the database's own.
  static func enumeration(_ name: String, oid: UInt32 = 20_000) -> TypeFacts {
    sample(oid, name, kind: .enumeration)
  }

  static func composite(_ name: String, fields: [String], oid: UInt32 = 20_010) -> TypeFacts {
    var type = sample(oid, name, kind: .composite)
    type.fields = fields.map { .init($0) }
    return type
  }

  /// A domain over this type.
  func domain(_ name: String, oid: UInt32 = 20_020) -> TypeFacts {
    TypeFacts(
      oid: oid, sql: name, bareSQL: name, kind: .domain, baseOID: baseOID, baseSQL: baseSQL, baseModifier: baseModifier,
      exactSQL: exactSQL, baseKind: baseKind, hasBinary: hasBinary)
  }

  private static func sample(
    _ oid: UInt32, _ bare: String, _ sql: String? = nil, modifier: Int = -1, kind: Kind = .base, element: Element? = nil
  ) -> TypeFacts {
    TypeFacts(
      oid: oid, sql: sql ?? bare, bareSQL: bare, kind: kind, baseOID: oid, baseSQL: bare, baseModifier: modifier,
      exactSQL: sql ?? bare, baseKind: kind, hasBinary: true, element: element)
  }
}

extension CastRules {
  /// A few of the casts that each server has: those between numbers, and between times.
  static let sample: CastRules = {
    let numbers: [UInt32] = [
      BuiltinType.int2, BuiltinType.int4, BuiltinType.int8, BuiltinType.numeric, BuiltinType.float8,
    ]
    var pairs: Set<TypePair> = []
    for from in numbers { for to in numbers where from != to { pairs.insert(TypePair(from: from, to: to)) } }
    let times: [(UInt32, UInt32)] = [
      (BuiltinType.date, BuiltinType.timestamp), (BuiltinType.timestamp, BuiltinType.date),
      (BuiltinType.timestamp, BuiltinType.timestamptz), (BuiltinType.timestamptz, BuiltinType.timestamp),
      // Nothing casts a time back.
      (BuiltinType.timestamp, BuiltinType.time), (BuiltinType.json, BuiltinType.jsonb),
      (BuiltinType.jsonb, BuiltinType.json),
    ]
    for (from, to) in times { pairs.insert(TypePair(from: from, to: to)) }
    return CastRules(assignmentCasts: pairs, casts: pairs)
  }()
}
