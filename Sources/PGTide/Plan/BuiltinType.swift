/// OIDs of built-in types that the cast rules speak of. They are the same on every server (`pg_type.dat`).
enum BuiltinType {
  static let bytea: UInt32 = 17
  static let name: UInt32 = 19
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let oid: UInt32 = 26
  static let float4: UInt32 = 700
  static let float8: UInt32 = 701
  static let bpchar: UInt32 = 1042
  static let varchar: UInt32 = 1043
  static let date: UInt32 = 1082
  static let time: UInt32 = 1083
  static let timestamp: UInt32 = 1114
  static let timestamptz: UInt32 = 1184
  static let interval: UInt32 = 1186
  static let timetz: UInt32 = 1266
  static let bit: UInt32 = 1560
  static let varbit: UInt32 = 1562
  static let numeric: UInt32 = 1700
  static let uuid: UInt32 = 2950
  static let json: UInt32 = 114
  static let jsonb: UInt32 = 3802
  static let bool: UInt32 = 16

  /// OIDs from here on are given out by each server for itself (manual, "74.2.2 OID Assignment").
  static let firstUnstable: UInt32 = 10_000

  /// `regclass` and its like travel as the OID of an object, which is another one on the other server.
  static let namesObjects: Set<UInt32> = [24, 2202, 2203, 2204, 2205, 2206, 4096, 4089, 3734, 3769, 4191]

  static let integers: Set<UInt32> = [int2, int4, int8]
  static let floats: Set<UInt32> = [float4, float8]

  static func isText(_ oid: UInt32) -> Bool { [text, varchar, bpchar, name].contains(oid) }

  /// Every value of `from` is a value of `to`.
  static func widens(_ from: UInt32, to: UInt32) -> Bool {
    switch (from, to) {
    case (int2, int4), (int2, int8), (int4, int8), (int2, numeric), (int4, numeric), (int8, numeric),
      (int2, float4), (int2, float8), (int4, float8), (float4, float8),
      (date, timestamp), (date, timestamptz), (timestamp, timestamptz), (time, interval), (bit, varbit):
      true
    default: false
    }
  }

  /// The result depends on the session's time zone, which pgtide pins to UTC.
  static func dependsOnTimeZone(_ from: UInt32, _ to: UInt32) -> Bool {
    let zoned: Set<UInt32> = [timestamptz, timetz]
    let temporal: Set<UInt32> = [date, time, timestamp, timestamptz, timetz]
    return temporal.contains(from) && temporal.contains(to) && zoned.contains(from) != zoned.contains(to)
  }

  /// Two values of the type that are equal have the same image, so that a key of it need not be written again.
  static func isImageDecided(_ oid: UInt32, modifier: Int) -> Bool {
    switch oid {
    case bool, bytea, int2, int4, int8, oid_, uuid, date, time, timestamp, timestamptz, text, varchar, name: true
    case numeric, bpchar: modifier != -1
    default: false
    }
  }

  private static let oid_ = oid
}
