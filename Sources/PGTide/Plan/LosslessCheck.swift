import Postgres

/// Whether a value survives an assignment cast that may fail, cut or round.
enum LosslessCheck {
  /// The condition under which `value`, of the source's base type, can be cast and stays what it is. `nil`: there is
  /// no way to tell.
  ///
  /// The cast itself stands behind a range check in a CASE, so that a value out of range is an answer, not an error.
  static func condition(_ value: SQL, from source: TypeFacts, to target: TypeFacts, hasCastBack: Bool) -> SQL? {
    check(value, from: source, to: target, hasCastBack: hasCastBack).map { "(\(value) IS NULL OR \($0))" }
  }

  private static func check(_ value: SQL, from source: TypeFacts, to target: TypeFacts, hasCastBack: Bool) -> SQL? {
    let (from, to) = (source.baseOID, target.baseOID)
    switch to {
    case BuiltinType.numeric where BuiltinType.floats.contains(from): return floatToNumeric(value, source, target)
    case BuiltinType.numeric where from == BuiltinType.money: return length("\(value)::numeric", target)
    case BuiltinType.money where from == BuiltinType.numeric:
      let inside: SQL = "\(value) BETWEEN -92233720368547758.08 AND 92233720368547758.07"
      return guarded(inside, returns(value, source, target))
    case BuiltinType.oid where BuiltinType.integers.contains(from): return "\(value) BETWEEN 0 AND 4294967295"
    case BuiltinType.int4 where from == BuiltinType.oid: return "\(value)::bigint <= \(raw: "\(Int32.max)")"
    case BuiltinType.timestamp where from == BuiltinType.date, BuiltinType.timestamptz where from == BuiltinType.date:
      // A date reaches further (manual, "8.5 Date/Time Types").
      return "(NOT pg_catalog.isfinite(\(value)) OR \(value) < '294277-01-01'::date)"
    case BuiltinType.macaddr where from == BuiltinType.macaddr8:
      return "(\(value) & '00:00:00:ff:ff:00:00:00') = '00:00:00:ff:fe:00:00:00'::macaddr8"
    case BuiltinType.jsonb where from == BuiltinType.json: return JSONCheck.condition(value)
    default: break
    }
    if let range = integerRange(to), isNumber(from) {
      // The upper end of a bigint is no float; the next one that is, is too large.
      let end: SQL = BuiltinType.floats.contains(from) ? "< \(raw: range.end)" : "<= \(raw: range.end) - 1"
      return guarded("\(value) >= \(raw: range.low) AND \(value) \(end)", returns(value, source, target))
    }
    if BuiltinType.floats.contains(to), BuiltinType.integers.contains(from) {
      let limit = to == BuiltinType.float8 ? 1 << 53 : 1 << 24
      return "\(value) BETWEEN -\(limit) AND \(limit)"
    }
    if BuiltinType.floats.contains(to), isNumber(from) { return numberToFloat(value, source, target) }
    return hasCastBack ? returns(value, source, target) : nil
  }

  /// There and back again is where it started.
  private static func returns(_ value: SQL, _ source: TypeFacts, _ target: TypeFacts) -> SQL {
    let (from, to) = (source.baseOID, target.baseOID)
    let there: SQL =
      "(\(ZonedCast.expression(value, from: from, to: to) ?? value)::\(raw: target.exactSQL))"
    let back: SQL = ZonedCast.expression(there, from: to, to: from) ?? "\(there)::\(raw: source.baseSQL)"
    return "\(back) = \(value)"
  }

  private static func guarded(_ range: SQL, _ check: SQL) -> SQL {
    "CASE WHEN \(range) THEN \(check) ELSE false END"
  }

  /// The check of the target's length or scale alone.
  private static func length(_ value: SQL, _ target: TypeFacts) -> SQL {
    LengthCheck.condition(value, target) ?? "true"
  }

  /// An infinity is refused: only a numeric without a precision holds it, and only since version 14.
  private static func floatToNumeric(_ value: SQL, _ source: TypeFacts, _ target: TypeFacts) -> SQL {
    let numeric: SQL = "\(value)::numeric"
    let there: SQL = "\(numeric)::\(raw: source.baseSQL) = \(value) AND \(length(numeric, target))"
    let inside: SQL = "\(value) BETWEEN -\(raw: largestDouble) AND \(raw: largestDouble)"
    return "(\(value) = 'NaN' OR \(guarded(inside, there)))"
  }

  /// A float holds a number if it shows the same digits (0.1 stays 0.1), or if it is exactly that number.
  private static func numberToFloat(_ value: SQL, _ source: TypeFacts, _ target: TypeFacts) -> SQL {
    // From what rounds to the smallest that the type knows, to the largest; beyond them the cast fails (IEEE 754).
    let (low, high): (SQL, SQL) =
      target.baseOID == BuiltinType.float8
      ? ("2.5e-324", SQL(raw: largestDouble)) : ("7.1e-46", "3.4028234663852886e38")
    let float: SQL = "\(value)::\(raw: target.baseSQL)"
    let same: SQL =
      source.baseOID == BuiltinType.numeric
      ? "\(value) IN (\(float)::text::numeric, \(float)::double precision::text::numeric)"
      : "(\(float)::double precision = \(value) OR \(float)::text = \(value)::text)"
    return """
      (\(value) = 0 OR \(value)::text IN ('NaN', 'Infinity', '-Infinity') \
      OR \(guarded("pg_catalog.abs(\(value)) BETWEEN \(low) AND \(high)", same)))
      """
  }

  private static let largestDouble = "1.7976931348623157e308"

  private static func isNumber(_ oid: UInt32) -> Bool {
    oid == BuiltinType.numeric || BuiltinType.integers.contains(oid) || BuiltinType.floats.contains(oid)
  }

  /// The lowest value, and the first beyond the highest.
  private static func integerRange(_ oid: UInt32) -> (low: String, end: String)? {
    switch oid {
    case BuiltinType.int2: ("\(Int16.min)", "32768")
    case BuiltinType.int4: ("\(Int32.min)", "2147483648")
    case BuiltinType.int8: ("\(Int64.min)", "9223372036854775808")
    default: nil
    }
  }
}
