/// A name of an object of the database: its bytes, which are all that two names are compared by. In a statement it is
/// always quoted, so that case, keywords and any character survive.
///
/// Source: PostgreSQL manual, "4.1.1 Identifiers and Key Words".
public struct Identifier: Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  /// The name as the catalogs hold it, without quotes. For messages and values: names are compared as identifiers.
  public let name: String

  public init(_ name: String) { self.name = name }

  public init(stringLiteral name: String) { self.name = name }

  /// The name in double quotes.
  public var quoted: String { "\"" + name.replacing(each: "\"", with: "\"\"") + "\"" }

  /// The bare name, for messages. A statement takes the identifier itself, which quotes it.
  public var description: String { name }
}

extension Identifier: Hashable, Comparable {
  public static func == (left: Identifier, right: Identifier) -> Bool { left.name.isSame(as: right.name) }

  public static func < (left: Identifier, right: Identifier) -> Bool {
    left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
  }

  public func hash(into hasher: inout Hasher) { name.hash(bytesInto: &hasher) }
}

extension Identifier: Codable {
  public init(from decoder: any Decoder) throws { name = try decoder.singleValueContainer().decode(String.self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}

extension Sequence<Identifier> {
  /// The bare names in a row, for messages.
  public func joined(separator: String) -> String { map(\.name).joined(separator: separator) }
}
