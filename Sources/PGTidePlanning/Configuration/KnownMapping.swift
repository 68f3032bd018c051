import PostgresValues
import Yams

/// A mapping whose keys are known: asks for values by key, and reports keys that nobody asks for.
package struct KnownMapping {
  package let node: Node
  /// Where it stands, for messages: `table jobtasks`, `defaults`.
  package let place: String
  private let values: [String: Node]
  private let mistakes: MistakeCollector

  /// `nil`, with a mistake, when `node` is no mapping. `orNone`: the place takes the word `none` as well.
  ///
  /// - Parameter mayBeEmpty: keys that may stand there without a value, because that says the same as a list of none, or
  ///   because whoever asks for them looks. Any other was to say something, and would silently say nothing.
  package init?(
    _ node: Node, place: String, keys: [String], mayBeEmpty: Set<String> = [], orNone: Bool = false,
    _ mistakes: MistakeCollector
  ) {
    guard let mapping = node.mapping else {
      mistakes.add(
        node, "\(place): expected \(orNone ? "`none` or " : "")a mapping with \(list(keys)), found \(node.kind)")
      return nil
    }
    self.node = node
    self.place = place
    self.mistakes = mistakes
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.text else {
        mistakes.add(key, "a key in \(place) is a text, found \(key.kind)")
        continue
      }
      guard keys.contains(name) else {
        let hint =
          NearestName.nearest(to: name, among: keys).map { "; did you mean `\($0)`?" } ?? "; known are \(list(keys))"
        mistakes.add(key, "unknown key `\(name)` in \(place)\(hint)")
        continue
      }
      // YAML tells a key from another that is the same text by way of an alias.
      if values.updateValue(value, forKey: name) != nil {
        mistakes.add(key, "`\(name)` stands more than once in \(place)")
      }
      if value.isEmpty, !mayBeEmpty.contains(name) {
        mistakes.add(value, "\(place): `\(name)` has no value; give it one, or take the key out")
      }
    }
    self.values = values
  }

  /// The value under a key; `nil` where the key is missing or its value is empty.
  package func node(_ key: String) -> Node? {
    guard let value = values[key], !value.isEmpty else { return nil }
    return value
  }

  /// Whether the key stands there, even without a value.
  package func has(_ key: String) -> Bool { values[key] != nil }

  package func text(_ key: String, mayBeEmpty: Bool = false) -> String? {
    guard let value = node(key) else { return nil }
    guard let text = value.text, mayBeEmpty || !text.isBlank else {
      mistakes.add(value, "\(place): `\(key)` takes a text, found \(value.kind)")
      return nil
    }
    return text
  }

  /// The name of an object of a database.
  package func name(_ key: String) -> ObjectName? { text(key).map { ObjectName($0) } }

  /// A list of names; a single name counts as a list of one. `mayBeEmpty`: so does a list of none.
  package func names(_ key: String, mayBeEmpty: Bool = false) -> [ObjectName] {
    guard let value = node(key) else { return [] }
    if let text = value.text, !text.isBlank { return [ObjectName(text)] }
    guard let sequence = value.sequence else {
      mistakes.add(value, "\(place): `\(key)` takes a list of names, found \(value.kind)")
      return []
    }
    if sequence.isEmpty, !mayBeEmpty {
      mistakes.add(value, "\(place): `\(key)` takes a list of names, found an empty one")
    }
    var named: Set<ObjectName> = []
    return sequence.compactMap { element in
      guard let text = element.text, !element.isEmpty, !text.isBlank else {
        mistakes.add(element, "\(place): `\(key)` takes a list of names, found \(element.kind)")
        return nil
      }
      let name = ObjectName(text)
      if !named.insert(name).inserted { mistakes.add(element, "\(place): `\(key)` names `\(name)` twice") }
      return name
    }
  }

  /// A value that `parse` understands; `expected` describes it: `a size such as 16MiB`.
  package func parsed<T>(_ key: String, expected: String, _ parse: (String) -> T?) -> T? {
    guard let value = node(key) else { return nil }
    guard let parsed = value.text.flatMap(parse) else {
      mistakes.add(value, "\(place): `\(key)` takes \(expected), found \(value.found)")
      return nil
    }
    return parsed
  }

  /// One of the words that a rule has.
  package func word<Rule: RawRepresentable<String> & CaseIterable>(_ key: String) -> Rule? {
    parsed(key, expected: Rule.allCases.map { "`\($0.rawValue)`" }.joined(separator: " or "), Rule.init)
  }

  package func limit(_ key: String) -> RowLimit? { parsed(key, expected: RowLimit.expected, RowLimit.parse) }

  package func value<Value>(_ setting: some RunSetting<Value>) -> Value? {
    parsed(setting.key, expected: setting.range.expected, setting.range.read)
  }

  package func read(_ setting: some RunSetting, into settings: inout RunSettings) {
    if let value = value(setting) { setting.set(value, in: &settings) }
  }

  /// Reports a key that must be there.
  package func require(_ key: String, _ why: String) {
    guard node(key) == nil else { return }
    let empty = values[key]
    mistakes.add(empty ?? node, "\(place): `\(key)` \(empty == nil ? "is missing" : "has no value"): \(why)")
  }
}
