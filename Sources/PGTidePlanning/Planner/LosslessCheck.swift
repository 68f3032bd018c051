import PostgresValues

/// Whether a value survives an assignment cast that may fail, cut or round.
package enum LosslessCheck {
  /// The condition under which `value`, of the source's base type, can be cast and stays what it is. `nil`: there is
  /// no way to tell.
  ///
  /// The cast itself stands behind a range check in a CASE, so that a value out of range is an answer, not an error.
  package static func condition(_ value: SQL, from source: TypeFacts, to target: TypeFacts, hasCastBack: Bool) -> SQL? {
    check(value, from: source, to: target, hasCastBack: hasCastBack).map { "(\(value) IS NULL OR \($0))" }
  }

  private static func check(_ value: SQL, from source: TypeFacts, to target: TypeFacts, hasCastBack: Bool) -> SQL? {
    let (from, to) = (source.baseOID, target.baseOID)
    switch to {
    case BuiltinType.numeric where BuiltinType.floats.contains(from): return floatToNumeric(value, source, target)
    case BuiltinType.numeric where from == BuiltinType.money: return length("\(value)::numeric", target)
    case BuiltinType.money where from == BuiltinType.numeric:
      let inside: SQL = isBetween(value, "-92233720368547758.08", "92233720368547758.07")
      return guarded(inside, returns(value, source, target))
    case BuiltinType.oid where BuiltinType.integers.contains(from): return isBetween(value, "0", "4294967295")
    case BuiltinType.int4 where from == BuiltinType.oid:
      return "\(value)::bigint OPERATOR(pg_catalog.<=) \(raw: "\(Int32.max)")"
    case BuiltinType.timestamp where from == BuiltinType.date, BuiltinType.timestamptz where from == BuiltinType.date:
      // A date reaches further (manual, "8.5 Date/Time Types").
      return "(NOT pg_catalog.isfinite(\(value)) OR \(value) OPERATOR(pg_catalog.<) '294277-01-01'::pg_catalog.date)"
    case BuiltinType.macaddr where from == BuiltinType.macaddr8:
      return """
        (\(value) OPERATOR(pg_catalog.&) '00:00:00:ff:ff:00:00:00') \
        OPERATOR(pg_catalog.=) '00:00:00:ff:fe:00:00:00'::pg_catalog.macaddr8
        """
    case BuiltinType.jsonb where from == BuiltinType.json: return JSONCheck.condition(value)
    default: break
    }
    if let range = integerRange(to), isNumber(from) {
      // The upper end of a bigint is no float; the next one that is, is too large.
      let isBelow: SQL = BuiltinType.floats.contains(from) ? "OPERATOR(pg_catalog.<)" : "OPERATOR(pg_catalog.<=)"
      let end = BuiltinType.floats.contains(from) ? range.beyond : range.high
      let inside: SQL =
        "\(value) OPERATOR(pg_catalog.>=) \(raw: range.low) AND \(value) \(isBelow) \(raw: end)"
      return guarded(inside, returns(value, source, target))
    }
    if BuiltinType.floats.contains(to), BuiltinType.integers.contains(from) {
      let limit = to == BuiltinType.float8 ? 1 << 53 : 1 << 24
      return isBetween(value, "-\(limit)", "\(limit)")
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
    return "\(back) OPERATOR(pg_catalog.=) \(value)"
  }

  private static func isBetween(_ value: SQL, _ low: SQL, _ high: SQL) -> SQL {
    "\(value) OPERATOR(pg_catalog.>=) \(low) AND \(value) OPERATOR(pg_catalog.<=) \(high)"
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
    let there: SQL = "\(numeric)::\(raw: source.baseSQL) OPERATOR(pg_catalog.=) \(value) AND \(length(numeric, target))"
    let inside: SQL = isBetween(value, "-\(raw: largestDouble)", "\(raw: largestDouble)")
    return "(\(value) OPERATOR(pg_catalog.=) 'NaN' OR \(guarded(inside, there)))"
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
      ? """
      \(value) OPERATOR(pg_catalog.=) ANY (ARRAY[\(float)::pg_catalog.text::numeric, \
      \(float)::double precision::pg_catalog.text::numeric])
      """
      : """
      (\(float)::double precision OPERATOR(pg_catalog.=) \(value) \
      OR \(float)::pg_catalog.text OPERATOR(pg_catalog.=) \(value)::pg_catalog.text)
      """
    return """
      (\(value) OPERATOR(pg_catalog.=) 0 \
      OR \(value)::pg_catalog.text OPERATOR(pg_catalog.=) ANY ('{NaN,Infinity,-Infinity}') \
      OR \(guarded(isBetween("pg_catalog.abs(\(value))", low, high), same)))
      """
  }

  private static let largestDouble = "1.7976931348623157e308"

  private static func isNumber(_ oid: UInt32) -> Bool {
    oid == BuiltinType.numeric || BuiltinType.integers.contains(oid) || BuiltinType.floats.contains(oid)
  }

  /// The lowest value, the highest, and the first beyond it.
  private static func integerRange(_ oid: UInt32) -> (low: String, high: String, beyond: String)? {
    switch oid {
    case BuiltinType.int2: ("\(Int16.min)", "\(Int16.max)", "32768")
    case BuiltinType.int4: ("\(Int32.min)", "\(Int32.max)", "2147483648")
    case BuiltinType.int8: ("\(Int64.min)", "\(Int64.max)", "9223372036854775808")
    default: nil
    }
  }
}
