/// A value as it is written in YAML.
indirect enum YAMLText {
  /// As it stands; YAML may take it for a number, a truth value or null.
  case plain(String)
  /// In quotes: a text.
  case quoted(String)
  case list([YAMLText])
  case mapping([(YAMLText, YAMLText)])

  /// Whether a text can stand without quotes.
  static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.first != "-" && text.allSatisfy { $0.isLetter || $0.isNumber || "_.+-".contains($0) }
  }

  /// A whole document, with the pairs of the outermost mapping in lines of their own.
  var document: String {
    guard case .mapping(let pairs) = self, !pairs.isEmpty else { return inline + "\n" }
    return pairs.map { "\($0.inline): \($1.block)\n" }.joined()
  }

  /// The pairs of a mapping in lines of their own, anything else in one.
  private var block: String {
    guard case .mapping(let pairs) = self, !pairs.isEmpty else { return inline }
    return pairs.map { "\n  \($0.inline): \($1.inline)" }.joined()
  }

  private var inline: String {
    switch self {
    case .plain(let text): text
    case .quoted(let text): "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    case .list(let values): "[" + values.map(\.inElement).joined(separator: ", ") + "]"
    case .mapping(let pairs): "{" + pairs.map { "\($0.inElement): \($1.inElement)" }.joined(separator: ", ") + "}"
    }
  }

  /// Nothing at all cannot stand in a list.
  private var inElement: String { inline.isEmpty ? "~" : inline }
}
