import PostgresValues

/// What the configuration says of one table. Only the name is needed in the common case.
public struct TableConfiguration: Sendable, Equatable {
  /// The target's table.
  public var target: TableName
  public var source: SourceConfiguration
  /// An SQL condition on the source row; rows for which it does not hold are not read.
  public var filter: String?
  /// The columns that identify a row on both sides, by their target names. Empty: the target's primary key.
  public var key: [ObjectName]
  /// Columns (target names, or source names without a counterpart) that are not copied.
  public var skip: [ObjectName]
  /// Target columns that get something other than the source column of the same name.
  public var columns: [ColumnMapping]
  /// `nil`: the flow's rule.
  public var origin: OriginRule?
  /// `nil`: the flow's stamps, as far as the table has such columns.
  public var stamps: StampRule?
  /// References beyond the target's own foreign keys.
  public var references: [ReferenceConfiguration]
  /// Names of foreign keys of the target whose missing parents are not looked for before the merge.
  public var ignoredReferences: [ObjectName]
  public var duplicates: DuplicateRule
  public var onUpdate: UpdateRule
  /// How its rows travel; `nil`: as the run's settings say.
  public var copyFormat: RowFormat?
  /// The line of the file that names the table, for messages. `nil` when built in code.
  public var line: Int?

  public init(
    target: TableName, source: SourceConfiguration = .sameName, filter: String? = nil, key: [ObjectName] = [],
    skip: [ObjectName] = [], columns: [ColumnMapping] = [], origin: OriginRule? = nil, stamps: StampRule? = nil,
    references: [ReferenceConfiguration] = [], ignoredReferences: [ObjectName] = [],
    duplicates: DuplicateRule = .rejectAll, onUpdate: UpdateRule = .reject, copyFormat: RowFormat? = nil,
    line: Int? = nil
  ) {
    self.target = target
    self.source = source
    self.filter = filter
    self.key = key
    self.skip = skip
    self.columns = columns
    self.origin = origin
    self.stamps = stamps
    self.references = references
    self.ignoredReferences = ignoredReferences
    self.duplicates = duplicates
    self.onUpdate = onUpdate
    self.copyFormat = copyFormat
    self.line = line
  }
}

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

/// Where a table's rows come from.
public enum SourceConfiguration: Sendable, Equatable {
  /// The source's table, view or materialized view of the target's name.
  case sameName
  /// A table, view or materialized view of another name.
  case relation(TableName)
  /// A whole query on the source.
  case query(String)
}

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
  }

  public init(column: ObjectName, value: Value) {
    self.column = column
    self.value = value
  }
}

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

/// What happens to an update that would write to rows which are not ours, through a foreign key of theirs with ON UPDATE
/// CASCADE, SET NULL or SET DEFAULT.
public enum UpdateRule: String, Sendable, CaseIterable {
  /// The row is a reject. The default.
  case reject
  /// The row is updated, and the server writes to those that refer to it.
  case allow
}

/// What happens to source rows that share a key.
public enum DuplicateRule: Sendable, Equatable {
  /// All of them are rejects, because none is known to be the right one. The default (`error` in the file).
  case rejectAll
  /// The row with the lowest value of an SQL expression on the source goes in, the others are rejects.
  case first(by: String)
  /// The row with the highest value of an SQL expression on the source goes in, the others are rejects.
  case last(by: String)
}
