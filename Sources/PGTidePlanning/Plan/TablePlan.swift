import Postgres

/// Everything that is decided for one table before its first row moves.
package struct TablePlan: Sendable {
  /// The target's table.
  package let target: QualifiedName
  /// Its name as the configuration writes it, which is what messages, reports and the users' status table say.
  package let label: String
  let flow: String
  let source: SourcePlan
  /// In the target's order; every one of them is written on insert.
  let columns: [ColumnPlan]
  let key: KeyPlan
  /// `nil`: the table has no marker, every row is ours.
  let origin: OriginPlan?
  let createdStamp: Identifier?
  let updatedStamp: Identifier?
  let references: [ReferencePlan]
  var referrers: [ReferrerPlan] = []
  let duplicates: DuplicatePlan
  let stage: StageTable
  /// How its rows travel.
  let format: RowFormat
  var chunks: [Chunk]
  /// An identity column GENERATED ALWAYS is among the columns.
  let overridesIdentity: Bool
  /// The transaction's tuple counters speak of this table's rows alone: no trigger of the users writes to it.
  let counters: CounterPlan
  /// Triggers of the target may leave a row out, or change its key.
  let hasBeforeTriggers: Bool
  let rewrites: RewritePlan
  let integrity: IntegrityPlan
  let direct: DirectLoadPlan
  let digest: DigestPlan
  let analysis: AnalyzePlan
  /// What the user should know of this table.
  var notices: [String]
  /// What is likely to be a mistake.
  var warnings: [String] = []
  /// What the history says of it.
  var past = TablePast()
  /// `nil`: every row crosses whole.
  var keyCache: KeyCachePlan?

  var isPartitioned = false
  /// What all of this rests on (``CatalogSQL/fingerprint``).
  var fingerprint = ""

  /// The target's own rows, as FROM and UPDATE take them: those of tables that inherit from it are others'.
  var targetRows: SQL { target.rows(isPartitioned: isPartitioned) }

  /// Which rows `t` of the target a source row can be matched with: those that are ours and have a key.
  var isMatchable: [SQL] {
    [origin?.isOurs("t")].compactMap(\.self)
      + key.columns.filter { !$0.isNotNull }.map { "t.\($0.name) IS NOT NULL" }
  }

  /// Columns that travel.
  var stagedColumns: [StagedColumn] { columns.compactMap(\.staged) }
  /// What the columns need that hold other types' values as texts.
  var textPins: SessionPins { stagedColumns.map(\.pins).sum }
  /// Columns that an update sets.
  var setColumns: [ColumnPlan] { columns.filter(\.isSet) }
  /// An estimate; 0 when the source says nothing.
  var estimatedRows: Int { source.estimatedRows ?? 0 }
  var estimatedBytes: Int { source.bytes }
}

/// A target column that the flow fills.
struct ColumnPlan: Sendable {
  let name: Identifier
  /// With its length, as SQL.
  let type: SQL
  let content: Content
  /// NULL cannot go in. A key column is never NULL either, but is told apart.
  let isNotNull: Bool
  let isKey: Bool
  /// An update sets it.
  let isSet: Bool
  /// The value as the target will hold it, from the stage's row `s`; safe where `fits` holds.
  let value: SQL
  /// `nil`: every value fits.
  let fits: SQL?
  /// The staged value is of the target's type, though it may be longer than the column takes.
  var isOfTargetType = false

  /// `nil`: no digest can tell its values apart.
  var digestForm: DigestForm?
  var isSortedFast = false

  /// The target's column takes the staged value as it is.
  var isStoredAsStaged: Bool { isOfTargetType && fits == nil }

  enum Content: Sendable {
    case staged(StagedColumn)
    case constant
  }

  var staged: StagedColumn? { if case .staged(let staged) = content { staged } else { nil } }
}

/// A column of the stage.
struct StagedColumn: Sendable {
  let name: Identifier
  /// Its expression in the source's COPY.
  let select: SQL
  let type: SQL
  let collation: QualifiedName?
  /// What its expression needs, if that makes a text of a value.
  var pins = SessionPins.none
  /// What it needs if all values travel as text.
  var pinsAsText = SessionPins.none
}

extension [StagedColumn] {
  /// What a statement needs that reads them.
  func pins(in format: RowFormat) -> SessionPins {
    map { format == .text ? $0.pins + $0.pinsAsText : $0.pins }.sum
  }
}

/// The columns that identify a row on both sides.
struct KeyPlan: Sendable {
  let columns: [ColumnPlan]
  /// The index's own operator for "the same key", a column.
  let equality: [SQL]
  let index: Identifier

  /// Whether the target's row `target` has the key of the staged row.
  func matches(target: SQL) -> SQL {
    zip(columns, equality).map { column, equality in
      "\(target).\(column.name) \(equality) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}

extension ColumnPlan {
  /// The value, or NULL where it does not fit: for a join that runs before the check.
  var guardedValue: SQL {
    fits.map { "CASE WHEN \($0) THEN \(value) END" } ?? value
  }
}

/// The marker column, and the value that makes a row ours.
struct OriginPlan: Sendable {
  let column: Identifier
  let type: SQL
  let ours: String

  var value: SQL { "\(bind: ours)::\(type)" }

  /// Whether the row that `row` names is ours.
  func isOurs(_ row: SQL) -> SQL {
    "(\(row).\(column) OPERATOR(pg_catalog.=) \(value) OR \(row).\(column) IS NULL)"
  }
}

/// A rule that a row has a parent.
struct ReferencePlan: Sendable {
  /// The foreign key's; of a rule that only the configuration knows, what it says.
  let name: Identifier
  let columns: [ColumnPlan]
  let parent: QualifiedName
  let parentColumns: [Identifier]
  let equality: [SQL]
  let isMatchFull: Bool
  /// The target has it as a foreign key; otherwise only the configuration knows it.
  let isForeignKey: Bool
  /// A row which stands on the target unchanged has its parent: it is a foreign key that all rows satisfy.
  let isEnforced: Bool
  let isDeferrable: Bool
  /// Why parents are not looked for before the merge; the tables are ordered by it all the same.
  let reasonUnchecked: String?

  var isChecked: Bool { reasonUnchecked == nil }
  /// What the same rule is called on other partitions.
  var otherNames: [Identifier] = []
  /// Partitioned tables that the parent is a partition of, and its own partitions: they share rows with it.
  var parentKin: [QualifiedName] = []
  /// Rows of tables that inherit from the parent are no parents.
  var isParentTable = true

  var names: [Identifier] { [name] + otherNames }

  /// The parent's rows, as FROM takes them.
  var parentRows: SQL { parent.rows(isPartitioned: !isParentTable) }

  /// The table's rows may be the parents that are looked for.
  func refers(to table: QualifiedName) -> Bool { parent == table || parentKin.contains(table) }

  /// Whether `parent` has the key of the staged row.
  func matches(parent: SQL) -> SQL {
    zip(zip(parentColumns, equality), columns).map { pair, column in
      "\(parent).\(pair.0) \(pair.1) \(column.guardedValue)" as SQL
    }.joined(separator: " AND ")
  }
}

/// What happens to source rows that share a key.
enum DuplicatePlan: Sendable {
  case rejectAll
  /// One row goes in: the first by the staged column `column`.
  case keep(column: StagedColumn, descending: Bool)

  /// The stage's column for the order, which is no column of the target.
  static let orderColumn = Identifier("pgtide duplicate order")
}

/// Whose tuple counters prove what was written.
struct CounterPlan: Sendable {
  let relation: UInt32
  /// Why they prove nothing, where they do not.
  let unusable: String?
}

extension QualifiedName {
  /// The table's own rows. A partitioned one has none but those of its partitions.
  func rows(isPartitioned: Bool) -> SQL { isPartitioned ? "\(self)" : "ONLY \(self)" }
}
