import ConnectionStrings

/// Where the users' own status table stands.
public struct MetadataConfiguration: Sendable, Equatable {
  /// `false` writes no status table at all.
  public var enabled: Bool
  public var table: ObjectName
  /// `nil`: the target's default schema, where the users' scripts read it.
  public var schema: ObjectName?

  public init(enabled: Bool = true, table: ObjectName = "_sync_metadata", schema: ObjectName? = nil) {
    self.enabled = enabled
    self.table = table
    self.schema = schema
  }
}
