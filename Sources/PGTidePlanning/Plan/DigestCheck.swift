import PostgresValues

/// One row of fixed values, a hash of which both ends make in each run: if they differ, no other hash can be compared
/// either. PostgreSQL promises its hash functions for one version and kind of machine only.
package enum DigestCheck {
  /// A value of each type that ``DigestForm`` knows, of the kind that hashes trip over.
  package static let values: [(oid: UInt32, type: SQL, value: String)] = [
    (16, "boolean", "t"), (21, "smallint", "-32768"), (23, "integer", "-2147483648"),
    (20, "bigint", "-9223372036854775807"), (26, "pg_catalog.oid", "4294967295"),
    (700, "real", "-0"), (701, "double precision", "-2.2250738585072014e-308"),
    (1700, "numeric", "-12345678901234567890.012300"),
    (25, "pg_catalog.text", "Text "), (1043, "varchar", ""), (19, "pg_catalog.name", "name"),
    (1042, "pg_catalog.bpchar", "padded  "), (18, "pg_catalog.\"char\"", "c"),
    (17, "pg_catalog.bytea", #"\x00ff80"#), (2950, "pg_catalog.uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    (1082, "pg_catalog.date", "-infinity"), (1083, "time", "24:00"), (1266, "time with time zone", "12:00-15:59:59"),
    (1114, "timestamp", "1999-12-31 23:59:59.999999"),
    (1184, "timestamp with time zone", "1999-12-31 23:59:59.999999+05:30"), (1186, "interval", "-1 month +30 days"),
    (114, "pg_catalog.json", #"{"a": -0.10}"#), (3802, "pg_catalog.jsonb", #"{"a": -0.10}"#),
    (869, "pg_catalog.inet", "10.0.0.1/8"), (650, "pg_catalog.cidr", "2001:db8::/32"),
    (829, "pg_catalog.macaddr", "08:00:2b:01:02:03"), (774, "pg_catalog.macaddr8", "08:00:2b:01:02:03:04:05"),
    (1560, "bit(3)", "101"), (1562, "bit varying", "0"), (600, "pg_catalog.point", "(-0,1)"),
    (3614, "pg_catalog.tsvector", "a:1A b"), (3220, "pg_catalog.pg_lsn", "FFFFFFFF/0"),
    (5069, "pg_catalog.xid8", "18446744073709551615"), (3906, "pg_catalog.numrange", "[-1.10,2)"),
    (4534, "pg_catalog.tstzmultirange", "{(,2024-01-01 00:00+00]}"),
  ]

  /// One line with one number. Only for servers that have all that a digest takes (``isKnown(to:)``).
  package static var question: SQL {
    var look = RowLook()
    for (oid, type, value) in values {
      guard let form = DigestForm.builtin(oid) else { continue }
      look.add("\(literal: value)::\(type)", as: form, isStaged: true)
    }
    look.add("'-1.10'::numeric(3,2)", as: .unsigned, isStaged: true)
    // An array, a NULL, and the hash that chooses a bucket.
    look.add("pg_catalog.array_send('[0:1]={1,NULL}'::bigint[])")
    look.add("NULL::integer")
    look.add("pg_catalog.hash_numeric_extended(pg_catalog.trim_scale(-1.10), 0)")
    return "SELECT \(look.sql)"
  }

  /// `hash_record_extended` and `bit_xor` of numbers came with version 14.
  package static func isKnown(to version: Int) -> Bool { version >= 140_000 }
}
