import PostgresValues

/// Everything that is decided for one table before its first row moves.
package struct TablePlan: Sendable {
  /// The target's table.
  package let target: QualifiedName
  /// Its name as the configuration writes it, which is what messages, reports and the users' status table say.
  package let label: String
  package let flow: String
  package let source: SourcePlan
  /// In the target's order; every one of them is written on insert.
  package let columns: [ColumnPlan]
  package let key: KeyPlan
  /// `nil`: the table has no marker, every row is ours.
  package let origin: OriginPlan?
  package let createdStamp: Identifier?
  package let updatedStamp: Identifier?
  package let references: [ReferencePlan]
  package var referrers: [ReferrerPlan] = []
  package let duplicates: DuplicatePlan
  package let stage: StageTable
  /// How its rows travel.
  package let format: RowFormat
  package var chunks: [Chunk]
  /// An identity column GENERATED ALWAYS is among the columns.
  package let overridesIdentity: Bool
  /// The transaction's tuple counters speak of this table's rows alone: no trigger of the users writes to it.
  package let counters: CounterPlan
  /// Triggers of the target may leave a row out, or change its key.
  package let hasBeforeTriggers: Bool
  package let rewrites: RewritePlan
  package let integrity: IntegrityPlan
  package let direct: DirectLoadPlan
  package let digest: DigestPlan
  package let analysis: AnalyzePlan
  /// What the user should know of this table.
  package var notices: [String]
  /// What is likely to be a mistake.
  package var warnings: [String] = []
  /// What the history says of it.
  package var past = TablePast()
  /// `nil`: every row crosses whole.
  package var keyCache: KeyCachePlan?

  package var isPartitioned = false
  /// What all of this rests on (``CatalogSQL/fingerprint``).
  package var fingerprint = ""

  /// The target's own rows, as FROM and UPDATE take them: those of tables that inherit from it are others'.
  package var targetRows: SQL { target.rows(isPartitioned: isPartitioned) }

  /// Which rows `t` of the target a source row can be matched with: those that are ours and have a key.
  package var isMatchable: [SQL] {
    [origin?.isOurs("t")].compactMap(\.self)
      + key.columns.filter { !$0.isNotNull }.map { "t.\($0.name) IS NOT NULL" }
  }

  /// Columns that travel.
  package var stagedColumns: [StagedColumn] { columns.compactMap(\.staged) }
  /// What the columns need that hold other types' values as texts.
  package var textPins: SessionPins { stagedColumns.map(\.pins).sum }
  /// Columns that an update sets.
  package var setColumns: [ColumnPlan] { columns.filter(\.isSet) }
  /// An estimate; 0 when the source says nothing.
  package var estimatedRows: Int { source.estimatedRows ?? 0 }
  package var estimatedBytes: Int { source.bytes }
}

/// A target column that the flow fills.
package struct ColumnPlan: Sendable {
  package let name: Identifier
  /// With its length, as SQL.
  package let type: SQL
  package let content: Content
  /// NULL cannot go in. A key column is never NULL either, but is told apart.
  package let isNotNull: Bool
  package let isKey: Bool
  /// An update sets it.
  package let isSet: Bool
  /// The value as the target will hold it, from the stage's row `s`; safe where `fits` holds.
  package let value: SQL
  /// `nil`: every value fits.
  package let fits: SQL?
  /// The staged value is of the target's type, though it may be longer than the column takes.
  package var isOfTargetType = false

  /// `nil`: no digest can tell its values apart.
  package var digestForm: DigestForm?
  package var isSortedFast = false

  /// The target's column takes the staged value as it is.
  package var isStoredAsStaged: Bool { isOfTargetType && fits == nil }

  package enum Content: Sendable {
    case staged(StagedColumn)
    case constant
  }

  package var staged: StagedColumn? { if case .staged(let staged) = content { staged } else { nil } }
}

/// A column of the stage.
package struct StagedColumn: Sendable {
  package let name: Identifier
  /// Its expression in the source's COPY.
  package let select: SQL
  package let type: SQL
  package let collation: QualifiedName?
  /// What its expression needs, if that makes a text of a value.
  package var pins = SessionPins.none
  /// What it needs if all values travel as text.
  package var pinsAsText = SessionPins.none
}

extension [StagedColumn] {
  /// What a statement needs that reads them.
  package func pins(in format: RowFormat) -> SessionPins {
    map { format == .text ? $0.pins + $0.pinsAsText : $0.pins }.sum
  }
}

/// The columns that identify a row on both sides.
package struct KeyPlan: Sendable {
  package let columns: [ColumnPlan]
  /// The index's own operator for "the same key", a column.
  package let equality: [SQL]
  package let index: Identifier

  /// Whether the target's row `target` has the key of the staged row.
  package func matches(target: SQL) -> SQL {
    zip(columns, equality).map { column, equality in
      "\(target).\(column.name) \(equality) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}

extension ColumnPlan {
  /// The value, or NULL where it does not fit: for a join that runs before the check.
  package var guardedValue: SQL {
    fits.map { "CASE WHEN \($0) THEN \(value) END" } ?? value
  }
}

/// The marker column, and the value that makes a row ours.
package struct OriginPlan: Sendable {
  package let column: Identifier
  package let type: SQL
  package let ours: String

  package var value: SQL { "\(bind: ours)::\(type)" }

  /// Whether the row that `row` names is ours.
  package func isOurs(_ row: SQL) -> SQL {
    "(\(row).\(column) OPERATOR(pg_catalog.=) \(value) OR \(row).\(column) IS NULL)"
  }
}

/// A rule that a row has a parent.
package struct ReferencePlan: Sendable {
  /// The foreign key's; of a rule that only the configuration knows, what it says.
  package let name: Identifier
  package let columns: [ColumnPlan]
  package let parent: QualifiedName
  package let parentColumns: [Identifier]
  package let equality: [SQL]
  package let isMatchFull: Bool
  /// The target has it as a foreign key; otherwise only the configuration knows it.
  package let isForeignKey: Bool
  /// A row which stands on the target unchanged has its parent: it is a foreign key that all rows satisfy.
  package let isEnforced: Bool
  package let isDeferrable: Bool
  /// Why parents are not looked for before the merge; the tables are ordered by it all the same.
  package let reasonUnchecked: String?

  package var isChecked: Bool { reasonUnchecked == nil }
  /// What the same rule is called on other partitions.
  package var otherNames: [Identifier] = []
  /// Partitioned tables that the parent is a partition of, and its own partitions: they share rows with it.
  package var parentKin: [QualifiedName] = []
  /// Rows of tables that inherit from the parent are no parents.
  package var isParentTable = true

  package var names: [Identifier] { [name] + otherNames }

  /// The parent's rows, as FROM takes them.
  package var parentRows: SQL { parent.rows(isPartitioned: !isParentTable) }

  /// The table's rows may be the parents that are looked for.
  package func refers(to table: QualifiedName) -> Bool { parent == table || parentKin.contains(table) }

  /// Whether `parent` has the key of the staged row.
  package func matches(parent: SQL) -> SQL {
    zip(zip(parentColumns, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}

/// What happens to source rows that share a key.
package enum DuplicatePlan: Sendable {
  case rejectAll
  /// One row goes in: the first by the staged column `column`.
  case keep(column: StagedColumn, descending: Bool)

  /// The stage's column for the order, which is no column of the target.
  package static let orderColumn = Identifier("pgtide duplicate order")
}

/// Whose tuple counters prove what was written.
package struct CounterPlan: Sendable {
  package let relation: UInt32
  /// Why they prove nothing, where they do not.
  package let unusable: String?
}

extension QualifiedName {
  /// The table's own rows. A partitioned one has none but those of its partitions.
  package func rows(isPartitioned: Bool) -> SQL { isPartitioned ? "\(self)" : "ONLY \(self)" }
}
