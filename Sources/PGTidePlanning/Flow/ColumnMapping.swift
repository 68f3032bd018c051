import PostgresValues

/// A target column that gets something other than the source column of the same name.
public struct ColumnMapping: Sendable, Equatable {
  /// The target's column.
  public var column: ObjectName
  public var value: Value

  public enum Value: Sendable, Equatable {
    /// The source column of another name.
    case renamed(ObjectName)
    /// The same text in every row, converted to the column's type; `nil` is NULL. It never travels.
    case constant(String?)
    /// An SQL expression on the source, in which the source row is called `src`.
    case expression(String)
    /// The value of another table's column.
    case lookup(LookupConfiguration)
  }

  public init(column: ObjectName, value: Value) {
    self.column = column
    self.value = value
  }
}
