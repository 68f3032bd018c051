/// Settings that no run can have: all of them, not just the first.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
  public var mistakes: [Mistake]

  public struct Mistake: Sendable, Hashable, CustomStringConvertible {
    /// As the configuration file calls it.
    public var setting: String
    /// What it takes, in words.
    public var expected: String
    public var found: String

    package init(setting: String, expected: String, found: String) {
      self.setting = setting
      self.expected = expected
      self.found = found
    }

    public var description: String { "`\(setting)` takes \(expected), found \(found)" }
  }

  public var description: String {
    let count = mistakes.count == 1 ? "One setting is" : "\(mistakes.count) settings are"
    return "\(count) out of range; nothing was done.\n" + mistakes.map { "  - \($0)" }.joined(separator: "\n")
  }
}

extension SyncConfiguration {
  /// Checks all values that need no server. A run does so before it connects.
  public func validate() throws(SettingsError) { try validate([]) }

  /// - Parameter others: mistakes of what stands beside the configuration.
  package func validate(_ others: [SettingsError.Mistake?]) throws(SettingsError) {
    let mistakes = (ownMistakes + Settings.all.map { $0.mistake(in: settings) } + others).compactMap(\.self)
    if !mistakes.isEmpty { throw SettingsError(mistakes: mistakes) }
  }

  private var ownMistakes: [SettingsError.Mistake?] {
    [
      Settings.isFlowName(flow)
        ? nil : .init(setting: "flow", expected: Settings.flowName, found: flow.isEmpty ? "nothing" : flow),
      tables.isEmpty ? .init(setting: "tables", expected: "at least one table", found: "none") : nil,
    ]
  }
}
