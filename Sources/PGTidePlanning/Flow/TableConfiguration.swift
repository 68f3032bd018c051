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
  /// How rows are paired where the target's key is not the source's. `nil`: `key` identifies them.
  public var pairing: PairingRule?
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
  public var nullKey: NullKeyRule
  public var onUpdate: UpdateRule
  /// `nil`: the flow's rule.
  public var sequences: SequenceRule?
  /// What becomes of rows of ours that the source no longer has; `nil`: the flow's rule.
  public var deletes: DeleteRule?
  /// An SQL condition on the target's columns; only rows for which it holds are deleted. Needed where the source is read in
  /// part (`filter`, a query, a view).
  public var scope: String?
  /// More rows are not deleted in one run: the table is not written. `nil`: the flow's.
  public var maxDelete: RowLimit?
  /// If the source has lost more rows since the last run, the table is not written. `nil`: the flow's.
  public var maxDrop: RowLimit?
  /// A query that must find a row on the source before anything is deleted. `nil`: the flow's.
  public var expect: String?
  /// So many rows may be deleted in this run, whatever the source looks like.
  public var allowedDeletes: Int?
  /// How its rows travel; `nil`: as the run's settings say.
  public var copyFormat: RowFormat?
  /// The line of the file that names the table, for messages. `nil` when built in code.
  public var line: Int?

  public init(
    target: TableName, source: SourceConfiguration = .sameName, filter: String? = nil, key: [ObjectName] = [],
    pairing: PairingRule? = nil,
    skip: [ObjectName] = [], columns: [ColumnMapping] = [], origin: OriginRule? = nil, stamps: StampRule? = nil,
    references: [ReferenceConfiguration] = [], ignoredReferences: [ObjectName] = [],
    duplicates: DuplicateRule = .rejectAll, nullKey: NullKeyRule = .reject, onUpdate: UpdateRule = .reject,
    sequences: SequenceRule? = nil, deletes: DeleteRule? = nil, scope: String? = nil, maxDelete: RowLimit? = nil,
    maxDrop: RowLimit? = nil,
    expect: String? = nil, allowedDeletes: Int? = nil, copyFormat: RowFormat? = nil, line: Int? = nil
  ) {
    self.target = target
    self.source = source
    self.filter = filter
    self.key = key
    self.pairing = pairing
    self.skip = skip
    self.columns = columns
    self.origin = origin
    self.stamps = stamps
    self.references = references
    self.ignoredReferences = ignoredReferences
    self.duplicates = duplicates
    self.nullKey = nullKey
    self.onUpdate = onUpdate
    self.sequences = sequences
    self.deletes = deletes
    self.scope = scope
    self.maxDelete = maxDelete
    self.maxDrop = maxDrop
    self.expect = expect
    self.allowedDeletes = allowedDeletes
    self.copyFormat = copyFormat
    self.line = line
  }
}
