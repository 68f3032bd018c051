/// OIDs of built-in types that the cast rules speak of. They are the same on every server (`pg_type.dat`).
package enum BuiltinType {
  package static let bytea: UInt32 = 17
  package static let name: UInt32 = 19
  package static let int8: UInt32 = 20
  package static let int2: UInt32 = 21
  package static let int4: UInt32 = 23
  package static let text: UInt32 = 25
  package static let oid: UInt32 = 26
  package static let float4: UInt32 = 700
  package static let float8: UInt32 = 701
  package static let bpchar: UInt32 = 1042
  package static let varchar: UInt32 = 1043
  package static let date: UInt32 = 1082
  package static let time: UInt32 = 1083
  package static let timestamp: UInt32 = 1114
  package static let timestamptz: UInt32 = 1184
  package static let interval: UInt32 = 1186
  package static let timetz: UInt32 = 1266
  package static let bit: UInt32 = 1560
  package static let varbit: UInt32 = 1562
  package static let numeric: UInt32 = 1700
  package static let uuid: UInt32 = 2950
  package static let json: UInt32 = 114
  package static let jsonb: UInt32 = 3802
  package static let bool: UInt32 = 16
  package static let money: UInt32 = 790
  package static let regclass: UInt32 = 2205
  package static let macaddr: UInt32 = 829
  package static let macaddr8: UInt32 = 774
  package static let char: UInt32 = 18
  package static let inet: UInt32 = 869
  package static let cidr: UInt32 = 650
  package static let jsonpath: UInt32 = 4072
  package static let xml: UInt32 = 142
  package static let tsvector: UInt32 = 3614
  package static let tid: UInt32 = 27
  package static let xid: UInt32 = 28
  package static let cid: UInt32 = 29
  package static let refcursor: UInt32 = 1790
  package static let txidSnapshot: UInt32 = 2970
  package static let snapshot: UInt32 = 5038
  package static let xid8: UInt32 = 5069
  package static let lsn: UInt32 = 3220

  /// OIDs from here on are given out by each server for itself (manual, "74.2.2 OID Assignment").
  package static let firstUnstable: UInt32 = 10_000

  /// `regclass` and its like hold the OID of an object, which is another one on the other server. With the function
  /// that looks an object up by its name and answers NULL where there is none (manual, "9.26.3 Schema Visibility
  /// Inquiry Functions"); `nil` where the server has none.
  package static let objectNames: [UInt32: String?] = [
    24: "to_regproc", 2202: "to_regprocedure", 2203: "to_regoper", 2204: "to_regoperator", 2205: "to_regclass",
    2206: "to_regtype", 4089: "to_regnamespace", 4096: "to_regrole", 4191: "to_regcollation", 3734: nil, 3769: nil,
  ]

  /// Built-in types that do not take back all that they send in binary: an empty int2vector, oidvector or tsquery.
  package static let hasHalfBinary: Set<UInt32> = [22, 30, 3615]

  /// A built-in type, or an array of it, whose values can travel in binary.
  package static func isPortable(_ oid: UInt32) -> Bool {
    oid < firstUnstable && !objectNames.keys.contains(oid) && !hasHalfBinary.contains(oid)
  }

  /// The types in ``objectNames``, and their arrays.
  package static func namesObjects(_ type: TypeFacts) -> Bool {
    objectNames.keys.contains(type.baseOID) || type.element.map { objectNames.keys.contains($0.oid) } ?? false
  }

  /// Their equality compares an area or a number of points, and some casts among them move a point.
  package static let geometric: Set<UInt32> = [600, 601, 602, 603, 604, 628, 718]

  /// Types, and arrays and ranges of them, that came to know infinity with a version between those of the two servers:
  /// `numeric` with 14, `interval` with 17.
  package static func strangeInfinities(source: Int, target: Int) -> Set<UInt32> {
    var types: Set<UInt32> = []
    if source >= 140_000, target < 140_000 { types.formUnion([numeric, 1231, 3906, 3907]) }
    if source >= 170_000, target < 170_000 { types.formUnion([interval, 1187]) }
    return types
  }

  package static let integers: Set<UInt32> = [int2, int4, int8]
  /// Types whose texts mean the same under all settings and in all versions.
  package static let readAlike: Set<UInt32> = [text, varchar, bpchar, bool, int2, int4, int8, numeric, uuid]
  package static let floats: Set<UInt32> = [float4, float8]

  package static func isText(_ oid: UInt32) -> Bool { [text, varchar, bpchar, name].contains(oid) }

  /// Every value of `from` is a value of `to`.
  package static func widens(_ from: UInt32, to: UInt32) -> Bool {
    switch (from, to) {
    case (int2, int4), (int2, int8), (int4, int8), (int2, numeric), (int4, numeric), (int8, numeric),
      (int2, float4), (int2, float8), (int4, float8), (float4, float8),
      (timestamp, timestamptz), (time, interval), (bit, varbit):
      true
    default: false
    }
  }

  package static let zoned: Set<UInt32> = [timestamptz, timetz]

  /// The result depends on a time zone: see ``ZonedCast``.
  package static func dependsOnTimeZone(_ from: UInt32, _ to: UInt32) -> Bool {
    let temporal: Set<UInt32> = [date, time, timestamp, timestamptz, timetz]
    return temporal.contains(from) && temporal.contains(to) && zoned.contains(from) != zoned.contains(to)
  }

  /// Two values of the type that are equal have the same image, so that a key of it need not be written again.
  package static func isImageDecided(_ oid: UInt32, modifier: Int) -> Bool {
    switch oid {
    case bool, bytea, int2, int4, int8, oid_, uuid, date, time, timestamp, timestamptz, text, varchar, name: true
    case numeric, bpchar: modifier != -1
    default: false
    }
  }

  /// Many values of the type are grouped in less time by sorting than by hashing: no collation has a say, and most of the
  /// comparison is of a number (docs/inside/experiments.md).
  package static func isSortedFast(_ oid: UInt32) -> Bool {
    switch oid {
    case int2, int4, int8, oid_, numeric, uuid, date, time, timestamp, timestamptz: true
    default: false
    }
  }

  private static let oid_ = oid
}
