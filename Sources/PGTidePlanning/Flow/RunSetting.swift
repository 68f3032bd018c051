/// A setting of a run, whatever its values are.
package protocol RunSetting<Value>: Sendable {
  associatedtype Value: Sendable

  /// As the configuration file calls it.
  var key: String { get }
  var range: SettingRange<Value> { get }
  /// What it is for.
  var help: String { get }
  /// Whether the history keeps it.
  var isRecorded: Bool { get }

  func value(in settings: RunSettings) -> Value?
  func set(_ value: Value, in settings: inout RunSettings)
}

extension RunSetting {
  /// What is wrong with a value; `nil` where nothing is.
  package func mistake(_ value: Value?) -> SettingsError.Mistake? {
    guard let value, !range.contains(value) else { return nil }
    let found = "\(value)"
    return .init(setting: key, expected: range.expected, found: found.isBlank ? "an empty text" : found)
  }

  package func mistake(in settings: RunSettings) -> SettingsError.Mistake? { mistake(value(in: settings)) }
}
