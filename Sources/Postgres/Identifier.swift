/// A name inside a statement: always quoted, so that case, keywords and any character survive.
///
/// Source: PostgreSQL manual, "4.1.1 Identifiers and Key Words".
public struct Identifier: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The name as the catalogs hold it, without quotes.
  public let name: String

  public init(_ name: String) { self.name = name }

  /// The name in double quotes.
  public var quoted: String { "\"" + name.replacing("\"", with: "\"\"") + "\"" }

  /// The bare name, for messages. A statement takes the identifier itself, which quotes it.
  public var description: String { name }

  public static func < (left: Identifier, right: Identifier) -> Bool { left.name < right.name }
}

/// The name of a table or another object, with its schema: pgtide's sessions have an empty `search_path`.
public struct QualifiedName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public let schema: Identifier
  public let name: Identifier

  public init(_ schema: String, _ name: String) {
    self.schema = Identifier(schema)
    self.name = Identifier(name)
  }

  public var quoted: String { schema.quoted + "." + name.quoted }

  /// `schema.name` without quotes, for messages.
  public var description: String { "\(schema.name).\(name.name)" }

  public static func < (left: QualifiedName, right: QualifiedName) -> Bool {
    (left.schema, left.name) < (right.schema, right.name)
  }
}
