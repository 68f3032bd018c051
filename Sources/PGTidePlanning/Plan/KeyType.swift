import PostgresValues

/// Types whose values can be read out of a binary tuple, as the server names them.
package enum KeyType: String, Sendable {
  case int2 = "smallint"
  case int4 = "integer"
  case int8 = "bigint"
  case numeric
  case uuid = "pg_catalog.uuid"
  case text = "pg_catalog.text"
  case varchar = "character varying"

  /// The value in PostgreSQL's text form; `nil` for what is too long to be remembered, or nothing that we know.
  package func text(_ bytes: ArraySlice<UInt8>) -> String? {
    switch self {
    case .int2, .int4, .int8: "\(Self.integer(bytes))"
    case .numeric: Self.numericText(bytes)
    case .uuid: bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    case .text, .varchar: bytes.count > 200 ? nil : String(validating: bytes, as: UTF8.self)
    }
  }

  private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
    bytes.reduce(bytes.first ?? 0 >= 0x80 ? -1 : 0) { $0 << 8 | Int64($1) }
  }

  /// A number as the server sends it: how many digits to the base of 10,000 there are, the power of the first, the sign,
  /// the scale, and the digits, all of two bytes (`numeric_send`).
  ///
  /// The same number with another scale has other bytes, and is asked for once more; to the server they are one.
  private static func numericText(_ bytes: ArraySlice<UInt8>) -> String? {
    func word(_ number: Int) -> Int {
      Int(bytes[bytes.startIndex + 2 * number]) << 8 | Int(bytes[bytes.startIndex + 2 * number + 1])
    }
    guard bytes.count >= 8, bytes.count == 8 + 2 * word(0), word(2) == 0 || word(2) == 0x4000 else { return nil }
    let weight = Int(Int16(truncatingIfNeeded: word(1)))
    var text: [UInt8] = word(2) == 0 ? [] : [UInt8(ascii: "-")]
    if word(0) == 0 { text.append(UInt8(ascii: "0")) }
    for number in 0..<word(0) {
      let digit = word(4 + number)
      for power in [1000, 100, 10, 1] { text.append(UInt8(ascii: "0") + UInt8(digit / power % 10)) }
    }
    return String(decoding: text, as: UTF8.self) + "e\(4 * (weight - word(0) + 1))"
  }

  /// An array of such values in the form that PostgreSQL reads.
  package func arrayText(_ values: [String]) -> String {
    switch self {
    // Nothing in them needs quotes.
    case .int2, .int4, .int8, .numeric, .uuid: "{" + values.joined(separator: ",") + "}"
    case .text, .varchar: PostgresValues.arrayText(values)
    }
  }
}
