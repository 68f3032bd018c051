import ArgumentParser
import PGTide

extension Option {
  /// The option for a setting.
  init<Given>(_ setting: Setting<Given>) where Value == Given? {
    self.init(name: setting.name, help: setting.argumentHelp, completion: setting.completion, transform: setting.option)
  }
}

extension Option where Value: Sendable {
  /// With a default.
  init(wrappedValue: Value, _ setting: Setting<Value>) {
    self.init(wrappedValue: wrappedValue, name: setting.name, help: setting.argumentHelp, transform: setting.option)
  }
}

extension Setting {
  fileprivate var word: String { key.replacing("_", with: "-") }
  fileprivate var name: NameSpecification { .customLong(word) }
  fileprivate var argumentHelp: ArgumentHelp { ArgumentHelp(help, valueName: range.placeholder) }
  fileprivate var completion: CompletionKind? { range.choices.isEmpty ? nil : .list(range.choices) }

  /// Reads an option's text.
  @Sendable fileprivate func option(_ text: String) throws -> Value {
    guard let value = range.read(text) else { throw ValidationError("--\(word) takes \(range.expected).") }
    return value
  }
}
