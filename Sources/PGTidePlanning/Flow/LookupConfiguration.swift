import PostgresValues

/// A column's value that stands in another table, in the row that a row of the source names.
public struct LookupConfiguration: Sendable, Equatable {
  /// The table that is looked into.
  public var table: TableName
  /// How its row is found: all of these are equal.
  public var by: [Match]
  /// Its column whose value is taken.
  public var take: ObjectName
  public var end: End
  public var missing: MissingRule

  /// A column of the table that is looked into, and the source row's column that has the same value.
  public struct Match: Sendable, Equatable {
    public var column: ObjectName
    public var value: ObjectName

    public init(column: ObjectName, value: ObjectName) {
      self.column = column
      self.value = value
    }
  }

  /// Where the table stands.
  public enum End: String, Sendable, CaseIterable {
    case source, target
  }

  /// What becomes of a row for which nothing is found.
  public enum MissingRule: String, Sendable, CaseIterable {
    /// The row is a reject. The default.
    case reject
    /// The column is NULL.
    case null
  }

  public init(
    table: TableName, by: [Match], take: ObjectName, end: End = .source, missing: MissingRule = .reject
  ) {
    self.table = table
    self.by = by
    self.take = take
    self.end = end
    self.missing = missing
  }
}
