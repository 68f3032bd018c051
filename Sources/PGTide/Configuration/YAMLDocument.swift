import Yams

/// The text of one YAML document, and the tree that it stands for.
///
/// Two things that Yams does while it parses are kept from it:
/// - It puts in what an alias stands for, and hashes the whole of that where it is a key. A few lines of aliases to
///   aliases would keep it busy for ever. Here aliases are hidden from it as plain texts, and put in afterwards by
///   ``YAMLAliases``, which counts.
/// - It stops at the first mapping in which a key stands twice. Here such a key is hidden in turn and the text parsed
///   again, so that this mistake comes together with all others.
///
/// Hidden means that one sign takes another's place, so that lines and columns stay what they are.
struct YAMLDocument {
  private let mistakes: MistakeCollector
  private var text: [Unicode.Scalar]
  /// Signs of Unicode's private use that the text does not have.
  private var freeSigns: [Unicode.Scalar]
  /// Stands for each `*`.
  private let aliasSign: Unicode.Scalar
  /// Each stands for the first letter of a key that stands twice.
  private var keySigns: Set<Unicode.Scalar> = []

  /// Keys that stand twice are named one by one up to this many.
  private static let duplicateLimit = 50

  init(_ text: String, _ mistakes: MistakeCollector) {
    self.mistakes = mistakes
    let used = Set(text.unicodeScalars)
    let privateUse = [0xE000...0xF8FF, 0xF_0000...0xF_FFFD, 0x10_0000...0x10_FFFD] as [ClosedRange<UInt32>]
    freeSigns = Array(
      privateUse.joined().lazy.compactMap(Unicode.Scalar.init).filter { !used.contains($0) }
        .prefix(Self.duplicateLimit + 1))
    // A text of 1 MiB cannot have all 137,468 of them: they alone would take it half, and 51 need not be left.
    aliasSign = freeSigns.popLast() ?? "*"
    let sign = aliasSign
    self.text = text.unicodeScalars.map { $0 == "*" ? sign : $0 }
  }

  /// The tree, with aliases put in. `nil` where the text is not YAML, with a mistake, or is empty, without.
  mutating func root() -> Node? {
    while true {
      do {
        let parser = try Parser(yaml: String(String.UnicodeScalarView(text)), resolver: .basic, encoding: .utf8)
        // The parser owns the anchors' names; nodes refer to them weakly.
        return try withExtendedLifetime(parser) {
          guard let root = try parser.singleRoot() else { return nil }
          var aliases = YAMLAliases(sign: aliasSign, hiddenKeys: keySigns, mistakes)
          return aliases.putIn(root)
        }
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        let key = keys.first.map { $0.replacingSign(aliasSign) } ?? ""
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
    guard var index = index(of: mark), let sign = freeSigns.popLast() else { return false }
    if text[index] == "\"" || text[index] == "'" { index += 1 }
    guard index < text.count, text[index].properties.isAlphabetic || text[index].properties.numericType != nil else {
      return false
    }
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

extension String {
  /// The text with the `*` for which `sign` stands in it.
  func replacingSign(_ sign: Unicode.Scalar) -> String {
    unicodeScalars.contains(sign)
      ? String(String.UnicodeScalarView(unicodeScalars.map { $0 == sign ? "*" : $0 })) : self
  }
}
