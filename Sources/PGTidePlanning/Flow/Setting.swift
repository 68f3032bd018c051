/// One setting: its name, what it may be, and what it is for. The configuration file, the options of the command, the
/// JSON Schema, the documentation, the history and the library all follow it.
package struct Setting<Value: Sendable>: RunSetting {
  package let key: String
  package let range: SettingRange<Value>
  package let help: String
  package var isRecorded = false
  private var get: @Sendable (RunSettings) -> Value? = { _ in nil }
  private var set: @Sendable (Value, inout RunSettings) -> Void = { _, _ in }

  /// An option of the command alone.
  init(_ key: String, _ range: SettingRange<Value>, _ help: String) {
    (self.key, self.range, self.help) = (key, range, help)
  }

  init(
    _ key: String, _ place: any WritableKeyPath<RunSettings, Value> & Sendable, _ range: SettingRange<Value>,
    isRecorded: Bool = false, _ help: String
  ) {
    self.init(key, range, help)
    self.isRecorded = isRecorded
    get = { $0[keyPath: place] }
    set = { $1[keyPath: place] = $0 }
  }

  init(
    _ key: String, _ place: any WritableKeyPath<RunSettings, Value?> & Sendable, _ range: SettingRange<Value>,
    isRecorded: Bool = false, _ help: String
  ) {
    self.init(key, range, help)
    self.isRecorded = isRecorded
    get = { $0[keyPath: place] }
    set = { $1[keyPath: place] = $0 }
  }

  package func value(in settings: RunSettings) -> Value? { get(settings) }

  package func set(_ value: Value, in settings: inout RunSettings) { set(value, &settings) }
}
