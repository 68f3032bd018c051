import PostgresValues

/// The name of a table, a column or another object of a database, as the catalogs hold it: without quotes. Two names are
/// the same if their bytes are.
public struct ObjectName: Sendable, Hashable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// As statements take it.
  package let identifier: Identifier

  package init(_ identifier: Identifier) { self.identifier = identifier }

  public init(_ name: String) { identifier = Identifier(name) }

  public init(stringLiteral name: String) { self.init(name) }

  public var name: String { identifier.name }

  public var description: String { name }

  public static func < (left: ObjectName, right: ObjectName) -> Bool { left.identifier < right.identifier }
}

extension ObjectName: Codable {
  public init(from decoder: any Decoder) throws { identifier = try Identifier(from: decoder) }

  public func encode(to encoder: any Encoder) throws { try identifier.encode(to: encoder) }
}

extension Sequence<ObjectName> {
  /// As statements take them.
  package var identifiers: [Identifier] { map(\.identifier) }
}
