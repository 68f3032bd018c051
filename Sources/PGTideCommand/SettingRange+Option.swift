import ArgumentParser
import PGTide

extension SettingRange {
  /// The option for the setting.
  private var option: String { "--" + key.replacing("_", with: "-") }

  /// Reads an option's text.
  func option(_ text: String) throws -> Value {
    guard let value = read(text) else { throw refusal }
    return value
  }

  /// Checks a value that has been read; `nil` where the option was not given.
  func check(_ value: Value?) throws {
    if let value, !contains(value) { throw refusal }
  }

  private var refusal: ValidationError { ValidationError("\(option) takes \(expected).") }
}
