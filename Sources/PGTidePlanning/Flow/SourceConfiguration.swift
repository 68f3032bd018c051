/// Where a table's rows come from.
public enum SourceConfiguration: Sendable, Equatable {
  /// The source's table, view or materialized view of the target's name.
  case sameName
  /// A table, view or materialized view of another name.
  case relation(TableName)
  /// A whole query on the source.
  case query(String)
}
