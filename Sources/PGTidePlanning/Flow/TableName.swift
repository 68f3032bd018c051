/// A table's name as the configuration writes it: `name` or `schema.name`.
public struct TableName: Sendable, Hashable, Codable, CustomStringConvertible {
  /// `nil`: the end's default schema.
  public var schema: ObjectName?
  public var name: ObjectName

  public init(schema: String? = nil, name: String) {
    self.init(schema: schema.map { ObjectName($0) }, name: ObjectName(name))
  }

  package init(schema: ObjectName?, name: ObjectName) {
    self.schema = schema
    self.name = name
  }

  public var description: String { schema.map { "\($0).\(name)" } ?? name.name }
}
