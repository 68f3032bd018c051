import PostgresValues
import Yams

/// Puts in what the aliases of a document stand for, and refuses what the format has no use for: tags, NUL characters,
/// and more values than anybody writes.
package struct YAMLAliases {
  /// What signs stand for in the text.
  private let hidden: HiddenCharacters
  /// Stands for the `*` of an alias.
  private let sign: Unicode.Scalar
  /// First letters of keys that are to be left out.
  private let hiddenKeys: Set<Unicode.Scalar>
  private let mistakes: MistakeCollector
  private var anchors: [String: (node: Node, values: Int)] = [:]
  /// Values so far, with those that aliases brought.
  private var values = 0

  /// Values that a file may have. Aliases that stand for many aliases each reach any number in a few lines.
  package static let limit = 100_000

  package init(
    hidden: HiddenCharacters, sign: Unicode.Scalar, hiddenKeys: Set<Unicode.Scalar>, _ mistakes: MistakeCollector
  ) {
    self.hidden = hidden
    self.sign = sign
    self.hiddenKeys = hiddenKeys
    self.mistakes = mistakes
  }

  /// `nil`, with a mistake, where the tree would become too large.
  package mutating func putIn(_ root: Node) -> Node? {
    let root = replaced(root, inKey: false)
    return values <= Self.limit ? root : nil
  }

  /// The nesting of a document, and so the depth of this recursion, is limited to 1,000 by libyaml.
  private mutating func replaced(_ node: Node, inKey: Bool) -> Node {
    guard values <= Self.limit else { return node }
    let before = values
    let replaced: Node
    switch node {
    case .scalar(let scalar):
      if let name = aliasName(scalar) { return value(of: name, at: scalar) }
      count(1, at: node)
      replaced = .scalar(checked(scalar, inKey: inKey))
    case .sequence(let sequence):
      count(1, at: node)
      if sequence.tag.isExplicit(inKey: inKey) { refuseTag(node) }
      replaced = .sequence(
        .init(sequence.map { self.replaced($0, inKey: inKey) }, .implicit, sequence.style, sequence.mark))
    case .mapping(let mapping):
      count(1, at: node)
      if mapping.tag.isExplicit(inKey: inKey) { refuseTag(node) }
      var pairs: [(Node, Node)] = []
      for (key, value) in mapping {
        let pair = (self.replaced(key, inKey: true), self.replaced(value, inKey: inKey))
        if !isHidden(key) { pairs.append(pair) }
      }
      replaced = .mapping(.init(pairs, .implicit, mapping.style, mapping.mark))
    case .alias:
      return node
    }
    if let anchor = node.anchor { anchors[anchor.rawValue] = (replaced, values - before) }
    return replaced
  }

  private func isHidden(_ key: Node) -> Bool {
    key.text?.unicodeScalars.first.map { hiddenKeys.contains($0) } ?? false
  }

  private mutating func count(_ more: Int, at node: Node) {
    let wasWithin = values <= Self.limit
    values += more
    if wasWithin, values > Self.limit {
      mistakes.add(node, "with this the file has more than 100,000 values; aliases count as what they stand for")
    }
  }

  // MARK: - Aliases

  private func aliasName(_ scalar: Node.Scalar) -> String? {
    guard scalar.style == .plain, scalar.string.unicodeScalars.first == sign else { return nil }
    return String(String.UnicodeScalarView(scalar.string.unicodeScalars.dropFirst()))
  }

  /// What the alias stands for, at the place of the alias.
  private mutating func value(of name: String, at alias: Node.Scalar) -> Node {
    guard let (node, values) = anchors[name] else {
      let hint = NearestName.nearest(to: name, among: anchors.keys).map { "; did you mean `*\($0)`?" } ?? ""
      mistakes.add(
        .scalar(alias),
        "`*\(hidden.original(name))` stands for nothing: no `&` of that name is above it\(hint)")
      return .scalar(.init("", .implicit, .plain, alias.mark))
    }
    count(values, at: .scalar(alias))
    switch node {
    case .scalar(var scalar):
      scalar.mark = alias.mark
      return .scalar(scalar)
    case .sequence(var sequence):
      sequence.mark = alias.mark
      return .sequence(sequence)
    case .mapping(var mapping):
      mapping.mark = alias.mark
      return .mapping(mapping)
    case .alias:
      return node
    }
  }

  // MARK: - What no value may have

  private func checked(_ scalar: Node.Scalar, inKey: Bool) -> Node.Scalar {
    // Yams gives quoted texts the tag of a text.
    let isText = scalar.style != .plain && scalar.tag.rawValue == Tag.text
    if !isText, scalar.tag.isExplicit(inKey: inKey) { refuseTag(.scalar(scalar)) }
    if scalar.string.contains("\0") {
      mistakes.add(.scalar(scalar), "a NUL character stands in this text, which PostgreSQL cannot take")
    }
    return .init(hidden.original(scalar.string), .implicit, scalar.style, scalar.mark)
  }

  private func refuseTag(_ node: Node) {
    mistakes.add(node, "a tag such as !!str or !!int is not read here; leave it out (quotes make any value a text)")
  }
}

extension Tag {
  fileprivate static let text = "tag:yaml.org,2002:str"

  /// Whether the file itself says it. In keys Yams writes down what it took them for when it compared them.
  fileprivate func isExplicit(inKey: Bool) -> Bool {
    rawValue != Self.implicit.rawValue
      && !(inKey && [Self.text, "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"].contains(rawValue))
  }
}
