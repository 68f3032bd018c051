/// A column of a statement's result, before it is run.
public struct ColumnDescription: Sendable, Hashable, Codable {
  public let name: String
  /// The OID of its type in `pg_type`.
  public let typeOID: UInt32
  /// The type's modifier, such as a length; -1 for none.
  public let typeModifier: Int

  package init(name: String, typeOID: UInt32, typeModifier: Int) {
    self.name = name
    self.typeOID = typeOID
    self.typeModifier = typeModifier
  }
}
