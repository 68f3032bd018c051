/// A rule that rows of one table have a parent in another, which the target does not know as a foreign key.
public struct ReferenceConfiguration: Sendable, Hashable {
  public var columns: [ObjectName]
  public var parent: TableName
  /// The parent's columns. Empty: its primary key.
  public var parentColumns: [ObjectName]

  public init(columns: [ObjectName], parent: TableName, parentColumns: [ObjectName] = []) {
    self.columns = columns
    self.parent = parent
    self.parentColumns = parentColumns
  }
}
