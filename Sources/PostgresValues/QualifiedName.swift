/// The name of a table or another object, with its schema, so that no `search_path` has a say.
public struct QualifiedName: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  public let schema: Identifier
  public let name: Identifier

  public init(_ schema: Identifier, _ name: Identifier) {
    self.schema = schema
    self.name = name
  }

  public init(_ schema: String, _ name: String) { self.init(Identifier(schema), Identifier(name)) }

  public var quoted: String { schema.quoted + "." + name.quoted }

  /// `schema.name` without quotes, for messages.
  public var description: String { "\(schema.name).\(name.name)" }

  public static func < (left: QualifiedName, right: QualifiedName) -> Bool {
    (left.schema, left.name) < (right.schema, right.name)
  }
}
