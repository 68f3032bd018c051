import Postgres

/// Whether a value survives an assignment cast that may fail, cut or round.
enum LosslessCheck {
  /// The condition under which `value`, of the source's base type, can be cast and stays what it is. `nil`: there is
  /// no way to tell.
  ///
  /// The cast itself stands behind a range check in a CASE, so that a value out of range is an answer, not an error.
  static func condition(_ value: SQL, from source: TypeFacts, to target: TypeFacts, hasCastBack: Bool) -> SQL? {
    let (from, to) = (source.baseOID, target.baseOID)
    let check: SQL
    if let range = integerRange(to), isNumber(from) {
      check = guarded("\(value) BETWEEN \(raw: range.low) AND \(raw: range.high)", returns(value, source, target))
    } else if to == BuiltinType.numeric, BuiltinType.floats.contains(from) {
      let numeric: SQL = "\(value)::numeric"
      let length = target.baseModifier == -1 ? nil : NumericModifier(target.baseModifier).condition(numeric)
      let there: SQL = "\(numeric)::\(raw: source.baseSQL) = \(value)"
      let both = length.map { length in "\(there) AND \(length)" as SQL } ?? there
      check = "(\(value) = 'NaN' OR \(guarded("\(value) BETWEEN -1e300 AND 1e300", both)))"
    } else if BuiltinType.floats.contains(to), BuiltinType.integers.contains(from) {
      let limit = to == BuiltinType.float8 ? 1 << 53 : 1 << 24
      check = "\(value) BETWEEN -\(limit) AND \(limit)"
    } else if BuiltinType.floats.contains(to), isNumber(from) {
      let (low, high): (SQL, SQL) = to == BuiltinType.float8 ? ("1e-300", "1e300") : ("1e-37", "3e38")
      let inside: SQL = "pg_catalog.abs(\(value)) BETWEEN \(low) AND \(high)"
      // Through numeric, which shows a float in the digits that it is good for: 0.1 stays 0.1.
      let there: SQL = "\(value)::\(raw: target.baseSQL)::numeric = \(value)::numeric"
      check = "(\(value) = 0 OR \(value) = 'NaN' OR \(guarded(inside, there)))"
    } else if from == BuiltinType.json, to == BuiltinType.jsonb {
      // What a jsonb drops, blanks and the order of keys, carries no meaning (manual, "8.14 JSON Types"); an escaped
      // NUL is what it cannot hold. A backslash that is itself escaped escapes nothing.
      check = "\(value)::text !~ \(literal: #"(^|[^\\])(\\\\)*\\u0000"#)"
    } else if hasCastBack {
      check = returns(value, source, target)
    } else {
      return nil
    }
    return "(\(value) IS NULL OR \(check))"
  }

  /// There and back again is where it started.
  private static func returns(_ value: SQL, _ source: TypeFacts, _ target: TypeFacts) -> SQL {
    "\(value)::\(raw: target.sql)::\(raw: source.baseSQL) = \(value)"
  }

  private static func guarded(_ range: SQL, _ check: SQL) -> SQL {
    "CASE WHEN \(range) THEN \(check) ELSE false END"
  }

  private static func isNumber(_ oid: UInt32) -> Bool {
    oid == BuiltinType.numeric || BuiltinType.integers.contains(oid) || BuiltinType.floats.contains(oid)
  }

  private static func integerRange(_ oid: UInt32) -> (low: String, high: String)? {
    switch oid {
    case BuiltinType.int2: ("\(Int16.min)", "\(Int16.max)")
    case BuiltinType.int4: ("\(Int32.min)", "\(Int32.max)")
    case BuiltinType.int8: ("\(Int64.min)", "\(Int64.max)")
    default: nil
    }
  }
}
