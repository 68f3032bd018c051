/// The values that a setting takes. The configuration file, the options of the command and the library all ask it.
package struct SettingRange<Value: Comparable & Sendable>: Sendable {
  /// As the configuration file calls it.
  package let key: String
  package let values: ClosedRange<Value>
  /// The values in words, such as `a whole number from 1`.
  package let expected: String
  private let isAllowed: @Sendable (Value) -> Bool
  private let parse: @Sendable (String) -> Value?

  fileprivate init(
    _ key: String, _ values: ClosedRange<Value>, expected: String, isAllowed: @escaping @Sendable (Value) -> Bool,
    parse: @escaping @Sendable (String) -> Value?
  ) {
    self.key = key
    self.values = values
    self.expected = expected
    self.isAllowed = isAllowed
    self.parse = parse
  }

  package func contains(_ value: Value) -> Bool { values.contains(value) && isAllowed(value) }

  /// The value as people write it; `nil` where it is none, or not one of these.
  package func read(_ text: String) -> Value? { parse(text).flatMap { contains($0) ? $0 : nil } }

  /// What is wrong with a value; `nil` where nothing is.
  package func mistake(_ value: Value?) -> SettingsError.Mistake? {
    guard let value, !contains(value) else { return nil }
    return SettingsError.Mistake(setting: key, expected: expected, found: "\(value)")
  }
}

extension SettingRange<Int> {
  package static func number(_ key: String, _ values: ClosedRange<Int>) -> Self {
    let end = values.upperBound == .max ? "" : " to \(values.upperBound)"
    return Self(
      key, values, expected: "a whole number from \(values.lowerBound)\(end)", isAllowed: { _ in true },
      parse: { Int($0) })
  }

  package static func size(_ key: String, _ values: ClosedRange<Int>, expected: String) -> Self {
    Self(key, values, expected: expected, isAllowed: { _ in true }, parse: ByteSize.parse)
  }
}

extension SettingRange<Duration> {
  package static func time(
    _ key: String, _ values: ClosedRange<Duration>, expected: String,
    isAllowed: @escaping @Sendable (Duration) -> Bool = { _ in true }
  ) -> Self {
    Self(key, values, expected: expected, isAllowed: isAllowed, parse: DurationText.parse)
  }
}
