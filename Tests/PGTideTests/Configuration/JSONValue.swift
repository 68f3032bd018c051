import FoundationEssentials
import Yams

@testable import PGTide
@testable import PGTidePlanning
@testable import PGTideTransfer

/// A JSON value, or what an editor makes of a YAML one.
enum JSONValue: Hashable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(json text: String) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }

  /// A plain scalar gets its type from its looks, by the core schema of YAML 1.2 (section 10.3.2).
  init(_ node: Node) throws {
    switch node {
    case .scalar(let scalar) where scalar.style == .plain: self = Self.resolved(scalar.string)
    case .scalar(let scalar): self = .string(scalar.string)
    case .sequence(let sequence): self = try .array(sequence.map(JSONValue.init))
    case .mapping(let mapping):
      let pairs = try mapping.map { key, value in (try Self.requireText(key), try JSONValue(value)) }
      self = .object(Dictionary(pairs) { first, _ in first })
    case .alias: throw NotJSON()
    }
  }

  private static func resolved(_ text: String) -> JSONValue {
    if ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
    if ["true", "True", "TRUE"].contains(text) { return .boolean(true) }
    if ["false", "False", "FALSE"].contains(text) { return .boolean(false) }
    if text.wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil, let number = Double(text) {
      return .number(number)
    }
    return .string(text)
  }

  private static func requireText(_ key: Node) throws -> String {
    guard let text = key.text else { throw NotJSON() }
    return text
  }
}

/// A tree that JSON cannot hold: it has a key that is no text.
struct NotJSON: Error {}

extension JSONValue: Decodable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let boolean = try? container.decode(Bool.self) {
      self = .boolean(boolean)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let string = try? container.decode(String.self) {
      self = .string(string)
    } else if let array = try? container.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = try .object(container.decode([String: JSONValue].self))
    }
  }
}
