import PostgresValues

/// How a column's values enter the hash of their row, so that those with one hash have one image.
///
/// PostgreSQL's hash functions answer whether values are *equal*. Most of them leave something out that an image has:
/// the sign and the scale of a number, half of the bits of a `bigint` or a time, the blanks at a text's end, an array's
/// bounds. So a value enters by itself only where its hash is of all its bits, and else by its binary form, of which all
/// bytes are hashed. No form depends on a session's settings.
package enum DigestForm: Sendable, Hashable {
  /// The type's own hash is of the whole value.
  case value
  /// It is under this collation, in which only the same bytes are equal.
  case bytes
  /// The type's text, which is the same under all settings. For types whose binary form is a text as well, which would be
  /// converted to the client's encoding, and fail where that has no such character.
  case text
  /// What this function sends.
  case sent(by: SQL)
  /// A number whose scale is its column's, and which is never infinite: its own hash, which leaves out the sign.
  case unsigned
  /// A number without the zeros that only its column's scale adds.
  case unscaled
  /// A text whose hash leaves out the blanks at its end; its length counts them.
  case padded
  /// The labels of an enumeration, which travel as text, as the target writes them by this function: the numbers that
  /// stand for them are each server's own.
  case labels(writtenBy: SQL)

  /// - Parameters:
  ///   - type: the target column's.
  ///   - source: the type of what is selected on the source.
  ///
  /// `nil` where it cannot be told which values look the same.
  package init?(_ type: TypeFacts, from source: TypeFacts) {
    // A domain's rules are for the comparison of single rows.
    if type.kind == .domain { return nil }
    if let element = type.element {
      let form = element.kind == .enumeration ? .labels(writtenBy: "pg_catalog.array_out") : Self.array(of: element.oid)
      guard let form else { return nil }
      self = form
    } else if type.baseKind == .enumeration {
      self = .labels(writtenBy: "pg_catalog.enum_out")
    } else if type.baseOID == BuiltinType.numeric, type.baseModifier != -1 {
      if source.baseOID == type.baseOID, Self.isTold(source.baseModifier), Self.isTold(type.baseModifier) {
        self = .unsigned
      } else if source.baseOID == type.baseOID, source.baseModifier == type.baseModifier {
        self = .sent(by: "pg_catalog.numeric_send")
      } else {
        self = .unscaled
      }
    } else if type.baseOID == BuiltinType.bpchar, type.baseModifier != -1 {
      // The target's column pads whatever comes to its length.
      self = .bytes
    } else if let form = Self.builtin(type.baseOID) {
      self = form
    } else {
      return nil
    }
  }

  /// Numbers of this modifier can be told apart by their own hash, but for the sign.
  ///
  /// That is the hash of the digits, in groups of four, XOR the place of the first group (`hash_numeric_extended`); NaN and
  /// zero are 1 apart. A record's hash is a sum, in which each column's is 31 times the next one's: a difference of
  /// 31 in one column would cancel one of 1 in the column before. With at most 60 digits before the point, and as many
  /// behind it, no two places of one sign are more than 15 apart. Without a precision a number may also be infinite, whose
  /// hash is that of NaN.
  private static func isTold(_ modifier: Int) -> Bool {
    guard modifier != -1 else { return false }
    let number = NumericModifier(modifier)
    return number.precision - number.scale <= 60 && number.scale <= 60
  }

  /// The value as arguments of a ROW.
  ///
  /// - Parameter isStaged: the value is as it travels, not as the target holds it.
  package func of(_ value: SQL, isStaged: Bool) -> SQL {
    switch self {
    case .value, .unsigned: value
    case .bytes: "\(value) COLLATE pg_catalog.\"C\""
    case .text: "(\(value))::pg_catalog.text COLLATE pg_catalog.\"C\""
    case .sent(let function): "\(function)(\(value))"
    case .unscaled: "pg_catalog.numeric_send(pg_catalog.trim_scale(\(value)))"
    case .padded: "\(value) COLLATE pg_catalog.\"C\", pg_catalog.octet_length(\(value))"
    case .labels(let function):
      isStaged
        ? "\(value) COLLATE pg_catalog.\"C\""
        : "pg_catalog.textin(\(function)(\(value))) COLLATE pg_catalog.\"C\""
    }
  }

  /// Numbers of one look may have another sign, which the look of the row adds (``RowLook``).
  package var leavesSignOut: Bool { self == .unsigned }

  package var isOfLabels: Bool { if case .labels = self { true } else { false } }

  /// By OID, as `pg_type.dat` has them.
  package static func builtin(_ oid: UInt32) -> DigestForm? {
    switch oid {
    // Their hash functions take all bytes of the value; of inet and cidr the family, the bits and the address.
    case BuiltinType.bool, BuiltinType.int2, BuiltinType.int4, BuiltinType.oid, BuiltinType.date, BuiltinType.uuid,
      BuiltinType.bytea, BuiltinType.macaddr, BuiltinType.macaddr8, BuiltinType.char, BuiltinType.inet,
      BuiltinType.cidr:
      .value
    case BuiltinType.text, BuiltinType.varchar, BuiltinType.name: .bytes
    case BuiltinType.bpchar: .padded
    case BuiltinType.json, BuiltinType.jsonb, BuiltinType.jsonpath, BuiltinType.xml, BuiltinType.tsvector,
      BuiltinType.tid,
      BuiltinType.xid, BuiltinType.cid, BuiltinType.refcursor, BuiltinType.txidSnapshot, BuiltinType.snapshot:
      .text
    // Half of the bits are folded onto the other half.
    case BuiltinType.int8: .sent(by: "pg_catalog.int8send")
    case BuiltinType.time: .sent(by: "pg_catalog.time_send")
    case BuiltinType.timestamp: .sent(by: "pg_catalog.timestamp_send")
    case BuiltinType.timestamptz: .sent(by: "pg_catalog.timestamptz_send")
    case BuiltinType.xid8: .sent(by: "pg_catalog.xid8send")
    case BuiltinType.lsn: .sent(by: "pg_catalog.pg_lsn_send")
    // Several images are equal.
    case BuiltinType.numeric: .sent(by: "pg_catalog.numeric_send")
    case BuiltinType.float4: .sent(by: "pg_catalog.float4send")
    case BuiltinType.float8: .sent(by: "pg_catalog.float8send")
    case BuiltinType.interval: .sent(by: "pg_catalog.interval_send")
    case BuiltinType.timetz: .sent(by: "pg_catalog.timetz_send")
    // int4range, numrange, tsrange, tstzrange, daterange, int8range, and the multiranges of them
    case 3904, 3906, 3908, 3910, 3912, 3926: .sent(by: "pg_catalog.range_send")
    case 4451, 4532, 4533, 4534, 4535, 4536: .sent(by: "pg_catalog.multirange_send")
    // They have no hash function.
    case BuiltinType.money: .sent(by: "pg_catalog.cash_send")
    case BuiltinType.bit: .sent(by: "pg_catalog.bit_send")
    case BuiltinType.varbit: .sent(by: "pg_catalog.varbit_send")
    case 600: .sent(by: "pg_catalog.point_send")
    case 601: .sent(by: "pg_catalog.lseg_send")
    case 602: .sent(by: "pg_catalog.path_send")
    case 603: .sent(by: "pg_catalog.box_send")
    case 604: .sent(by: "pg_catalog.poly_send")
    case 628: .sent(by: "pg_catalog.line_send")
    case 718: .sent(by: "pg_catalog.circle_send")
    default: nil
    }
  }

  /// An array's hash is of its elements alone. Its binary form has bounds and elements, and so has its text.
  private static func array(of element: UInt32) -> DigestForm? {
    switch builtin(element) {
    case .value, .sent: .sent(by: "pg_catalog.array_send")
    // What is written of an xml within an array lacks its encoding.
    case .text where element == BuiltinType.xml: nil
    case .bytes, .text, .padded: .text
    default: nil
    }
  }
}

extension ColumnPlan {
  /// How a key column chooses its row's bucket: keys that are one key must choose one bucket, though they may look in
  /// several ways.
  package var digestKeyForm: DigestForm? { isSet ? .value : digestForm }
}
