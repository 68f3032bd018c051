import Logging

/// Log fields as JSON, in a given order (an encoder would sort the time away from the front).
enum JSONText {
  static func object(_ members: [(String, Logger.MetadataValue)]) -> String {
    "{" + members.map { "\(string($0.0)):\(value($0.1))" }.joined(separator: ",") + "}"
  }

  static func value(_ value: Logger.MetadataValue) -> String {
    switch value {
    case .string(let text): string(text)
    case .stringConvertible(let number as Int): "\(number)"
    case .stringConvertible(let flag as Bool): "\(flag)"
    case .stringConvertible(let number as Double) where number.isFinite: "\(number)"
    case .stringConvertible(let other): string("\(other)")
    case .array(let elements): "[" + elements.map(Self.value).joined(separator: ",") + "]"
    case .dictionary(let members): object(members.sorted { $0.key < $1.key })
    }
  }

  /// In quotes, with what RFC 8259 wants escaped (section 7).
  static func string(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
