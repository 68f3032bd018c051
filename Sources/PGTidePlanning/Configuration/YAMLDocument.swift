import Yams

/// The text of one YAML document, and the tree that it stands for.
///
/// Three things that Yams does while it parses are kept from it:
/// - It puts in what an alias stands for, and hashes the whole of that where it is a key. A few lines of aliases to
///   aliases would keep it busy for ever. Here aliases are hidden from it as plain texts, and put in afterwards by
///   ``YAMLAliases``, which counts.
/// - It stops at the first mapping in which a key stands twice. Here such a key is hidden in turn and the text parsed
///   again, so that this mistake comes together with all others.
/// - It compares keys as Swift compares strings, so that é is the same key as e with an accent behind it. Here letters and
///   signs beyond ASCII are hidden while it does.
package struct YAMLDocument {
  private let mistakes: MistakeCollector
  private var text: [Unicode.Scalar]
  private var hidden: HiddenCharacters
  /// Stands for each `*`.
  private let aliasSign: Unicode.Scalar
  /// Each stands for the first letter of a key that stands twice.
  private var keySigns: Set<Unicode.Scalar> = []

  /// Keys that stand twice are named up to this many. For each the text is parsed once more, which for a text of 1 MiB
  /// takes some tenths of a second.
  private static let duplicateLimit = 20

  package init(_ text: String, _ mistakes: MistakeCollector) {
    self.mistakes = mistakes
    var hidden = HiddenCharacters(of: text)
    aliasSign = hidden.hide("*")
    self.text = text.unicodeScalars.map { $0 == "*" || $0.mayLookLikeAnother ? hidden.hide($0) : $0 }
    self.hidden = hidden
  }

  /// The tree, with aliases put in. `nil` where the text is not YAML, with a mistake, or is empty, without.
  package mutating func root() -> Node? {
    while true {
      do {
        let parser = try Parser(yaml: String(String.UnicodeScalarView(text)), resolver: .basic, encoding: .utf8)
        // The parser owns the anchors' names; nodes refer to them weakly.
        return try withExtendedLifetime(parser) {
          guard let root = try parser.singleRoot() else { return nil }
          var aliases = YAMLAliases(hidden: hidden, sign: aliasSign, hiddenKeys: keySigns, mistakes)
          return aliases.putIn(root)
        }
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let key = keys.first.map(hidden.original) ?? ""
        mistakes.add(context.mark, "`\(key)` stands more than once in the same mapping")
        guard hideKey(at: context.mark) else { return nil }
      } catch {
        addMistake(of: error)
        return nil
      }
    }
  }

  /// Replaces the first letter of the key that begins at `mark`.
  /// - Returns: whether there is a letter or digit that can be replaced.
  private mutating func hideKey(at mark: Mark) -> Bool {
    guard keySigns.count < Self.duplicateLimit, var index = index(of: mark), let sign = hidden.sign() else {
      return false
    }
    if text[index] == "\"" || text[index] == "'" { index += 1 }
    guard index < text.count else { return false }
    let first = hidden.original(text[index]).properties
    guard first.isAlphabetic || first.numericType != nil else { return false }
    text[index] = sign
    keySigns.insert(sign)
    return true
  }

  private func index(of mark: Mark) -> Int? {
    var line = 1
    var start = 0
    while line < mark.line {
      guard let end = text[start...].firstIndex(where: { Self.lineBreaks.contains($0) }) else { return nil }
      start = end + (text[end] == "\r" && end + 1 < text.count && text[end + 1] == "\n" ? 2 : 1)
      line += 1
    }
    let index = start + mark.column - 1
    return index < text.count ? index : nil
  }

  /// What libyaml counts as the end of a line.
  private static let lineBreaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"]

  /// What the YAML parser itself does not understand.
  private func addMistake(of error: any Error) {
    switch error as? YamlError {
    case .composer(let context?, _, let mark, _) where context.text.contains("single document"):
      mistakes.add(mark, "a second document begins here, but the file is one")
    case .scanner(_, _, let mark, _) where index(of: mark).map { text[$0] } == "\t":
      mistakes.add(mark, "a tab cannot indent a line; use spaces")
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      mistakes.add(mark, "this is not YAML: \(problem)")
    case .reader(let problem, let offset, _, let text):
      let line = offset.map { text.prefix($0).count(where: \.isNewline) + 1 }
      mistakes.add(line: line, "this is not YAML: \(problem)")
    default:
      mistakes.add(nil, "this is not YAML")
    }
  }
}

extension Unicode.Scalar {
  /// It may be, alone or with others, canonically equivalent to something else. What YAML itself refuses or takes for the
  /// end of a line is not.
  fileprivate var mayLookLikeAnother: Bool {
    guard !isASCII else { return false }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
    default: return true
    }
  }
}
