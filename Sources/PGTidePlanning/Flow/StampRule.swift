import ConnectionStrings

/// Columns that pgtide sets itself. A column that a table does not have is left out there, unless the table's own
/// configuration names it.
public struct StampRule: Sendable, Equatable {
  /// Set to the time of the merge when a row is inserted, and never again.
  public var created: ObjectName?
  /// Set to the time of the merge when a row is inserted or really changes.
  public var updated: ObjectName?

  public init(created: ObjectName? = nil, updated: ObjectName? = nil) {
    self.created = created
    self.updated = updated
  }
}
