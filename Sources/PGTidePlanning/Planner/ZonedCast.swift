import PostgresValues

/// Casts between what has a time zone and what has none, made in UTC: there each time is one and comes back as it was,
/// while a home's clock shows an hour twice in autumn, and leaves one out in spring. The zone stands in the expression,
/// because the session's is the home's.
package enum ZonedCast {
  /// `value`, of the built-in type `from`, as the built-in type `to`; `nil` if no time zone has a say.
  package static func expression(_ value: SQL, from: UInt32, to: UInt32) -> SQL? {
    switch (from, to) {
    case (BuiltinType.timestamp, BuiltinType.timestamptz), (BuiltinType.timestamptz, BuiltinType.timestamp):
      inUTC(value)
    case (BuiltinType.date, BuiltinType.timestamptz): inUTC("\(value)::timestamp")
    case (BuiltinType.timestamptz, BuiltinType.date): "\(inUTC(value))::pg_catalog.date"
    case (BuiltinType.timestamptz, BuiltinType.time): "\(inUTC(value))::time"
    case (BuiltinType.timestamptz, BuiltinType.timetz): inUTC("\(value)::time with time zone")
    case (BuiltinType.time, BuiltinType.timetz):
      "(\(value)::pg_catalog.text OPERATOR(pg_catalog.||) '+00'::pg_catalog.text)::time with time zone"
    default: nil
    }
  }

  private static func inUTC(_ value: SQL) -> SQL { "pg_catalog.timezone('UTC'::pg_catalog.text, \(value))" }
}
