/// What the last look at all rows of a table rests on, kind by kind, so that it can be told which of them has changed.
package struct ChangeFingerprint: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case plan, server, types, source, code, settings

    /// Why all rows are looked at where this kind is another one.
    fileprivate var reason: String {
      switch self {
      case .plan: "the configuration or the tables are not those of the last run"
      case .server: "the source is not the server or the database of the last run, or was promoted since"
      case .types: "enumerations or composite types of one end are not those of the last run"
      case .source: "what it is read from was emptied, made anew or changed since the last run"
      case .code: "functions, views or policies of the source are not those of the last run"
      case .settings: "the settings of the source's sessions are not those of the last run"
      }
    }
  }

  private let hashes: [(kind: Kind, hash: String)]

  package init(_ parts: [(kind: Kind, text: String)]) {
    hashes = parts.map { ($0.kind, Fingerprint.of($0.text)) }
  }

  /// As the history keeps it.
  package var text: String { hashes.map { "\($0.kind.rawValue):\($0.hash)" }.joined(separator: " ") }

  /// Why all rows are looked at; `nil` where nothing has changed since `past`.
  package func reason(since past: String) -> String? {
    guard past != text else { return nil }
    let known = Set(past.split(separator: " ").map(String.init))
    return (hashes.first { !known.contains("\($0.kind.rawValue):\($0.hash)") }?.kind ?? .plan).reason
  }

  package static func == (left: ChangeFingerprint, right: ChangeFingerprint) -> Bool { left.text == right.text }
}
