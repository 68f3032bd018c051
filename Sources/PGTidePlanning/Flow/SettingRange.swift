/// The values that a setting takes, and how people write them.
package struct SettingRange<Value: Sendable>: Sendable {
  /// The values in words, such as `a whole number from 1`.
  package let expected: String
  /// What stands for a value in the command's help, such as `size`.
  package let placeholder: String
  /// All values, where they are words.
  package var choices: [String] = []
  /// The least and the greatest value, where they are whole numbers.
  package var numbers: ClosedRange<Int>?
  fileprivate(set) var contains: @Sendable (Value) -> Bool = { _ in true }
  fileprivate let parse: @Sendable (String) -> Value?

  /// The value as people write it; `nil` where it is none, or not one of these.
  package func read(_ text: String) -> Value? { parse(text).flatMap { contains($0) ? $0 : nil } }
}

extension SettingRange<Int> {
  static func number(_ values: ClosedRange<Int>) -> Self {
    let end = values.upperBound == .max ? "" : " to \(values.upperBound)"
    return Self(
      expected: "a whole number from \(values.lowerBound)\(end)", placeholder: "n", numbers: values,
      contains: { values.contains($0) }, parse: { Int($0) })
  }

  static func size(_ values: ClosedRange<Int>, _ expected: String) -> Self {
    Self(
      expected: "a size \(expected)", placeholder: "size", numbers: values, contains: { values.contains($0) },
      parse: ByteSize.parse)
  }
}

extension SettingRange<Duration> {
  static func time(_ values: ClosedRange<Duration>, inWholeSeconds: Bool = false, _ expected: String) -> Self {
    Self(
      expected: expected, placeholder: "time",
      contains: { values.contains($0) && !(inWholeSeconds && $0.components.attoseconds != 0) },
      parse: DurationText.parse)
  }
}

extension SettingRange<String> {
  static var directory: Self {
    Self(expected: "a directory", placeholder: "dir", contains: { !$0.isBlank }, parse: { $0 })
  }
}

extension SettingRange where Value: CaseIterable & RawRepresentable<String> {
  static var words: Self {
    let words = Value.allCases.map(\.rawValue)
    return Self(
      expected: list(words, "or"), placeholder: words.joined(separator: "|"), choices: words,
      parse: { Value(rawValue: $0) })
  }
}

extension SettingRange {
  static func toggle(on: Value, off: Value) -> Self {
    Self(expected: "true or false", placeholder: "on|off") { text in
      switch text.lowercased() {
      case "true", "yes", "on": on
      case "false", "no", "off": off
      default: nil
      }
    }
  }
}
