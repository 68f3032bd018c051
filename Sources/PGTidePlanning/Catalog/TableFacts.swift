import PostgresValues

/// What a server's catalogs say of one table.
package struct TableFacts: Sendable, Codable {
  package let oid: UInt32
  package let name: QualifiedName
  package let kind: Kind
  /// Pages of the heap, as the file system has them now; 0 for what has none, and on the target, where nobody asks.
  package let pages: Int
  /// The planner's estimate; `nil` if the table was never analyzed.
  package let estimatedRows: Int?
  package let canSelect: Bool
  package var columns: [ColumnFacts] = []
  /// The partitions that hold rows, where it is partitioned.
  package var leaves: [Leaf] = []
  package var uniqueIndexes: [UniqueIndex] = []
  package var foreignKeys: [ForeignKey] = []
  /// Foreign keys that point at it, and write to the rows that have them when it is updated.
  package var referrers: [Referrer] = []
  /// All foreign keys that point at it.
  package var dependents: [Dependent] = []
  /// Those from which its columns take their numbers.
  package var sequences: [ColumnSequence] = []
  /// Enabled triggers that are not a foreign key's own.
  package var hasTriggers = false
  /// Some of them fire on INSERT.
  package var hasInsertTriggers = false
  /// Enabled triggers of it or of a partition that fire on INSERT or DELETE.
  package var hasReplacingTriggers = false
  /// Enabled triggers of it or of a partition that run before a row is written, and so may leave it out or change it.
  package var hasBeforeTriggers = false
  /// Enabled triggers of it or of a partition that run on DELETE.
  package var hasDeleteTriggers = false
  /// Those of them that wait for COMMIT, with their schema, as SQL.
  package var waitingDeleteTriggers: [String] = []
  /// How many tables inherit from it (INHERITS) at the first step. Their rows are not its own.
  package var childCount = 0
  /// May be ANALYZEd by the session's user.
  package var isOwned = false
  package var canUseSchema = true
  /// Row-level security would hide rows from the session's user, or refuse some.
  package var hidesRows = false
  /// Not in the write-ahead log, so that a standby knows nothing of its rows.
  package var isUnlogged = false
  /// Pages of its wide values, which are stored beside the heap.
  package var toastPages = 0
  /// Columns of indexes and foreign keys, where autovacuum sees to the others; empty: it sees to none.
  package var columnsToAnalyze: [Identifier] = []
  /// Unique indexes on expressions, by the columns that they use; none can be a key.
  package var expressionIndexes: [UniqueIndex] = []
  /// Those that may write something else than what they are given.
  package var triggers = TableTriggers()
  /// Rules on INSERT or UPDATE, disabled ones too.
  package var rules: [Identifier] = []
  /// Rules on DELETE.
  package var deleteRules: [Identifier] = []
  /// The session's user may delete rows of it.
  package var canDelete = true
  /// The session's user may keep others from writing to it; a right on single columns is not enough.
  package var canLock = true
  /// Of a partitioned table, the partitions that rows go into; of others, 1.
  package var partitionCount = 1
  /// On the target, the tables that share rows with it: those it is a partition of, the nearest first, then its partitions.
  package var kin: [QualifiedName] = []
  /// Publications of its updates, for which it has no replica identity.
  package var publicationsWithoutIdentity: [Identifier] = []
  /// What the reading of its rows rests on (``CatalogSQL/shape``).
  package var shape: [String] = []
  /// What its plan rests on, on the target (``CatalogSQL/fingerprint``).
  package var fingerprint = ""

  /// `relkind` of `pg_class` (manual, "53.11 pg_class").
  package enum Kind: String, Sendable, Codable {
    case table = "r"
    case partitioned = "p"
    case view = "v"
    case materializedView = "m"
    case foreign = "f"

    /// Whether rows have a `ctid`, so that they can be read by page ranges.
    package var hasPages: Bool { self == .table || self == .materializedView }
  }

  /// A partition that holds rows.
  package struct Leaf: Sendable, Codable {
    package let name: QualifiedName
    package let pages: Int
    package let estimatedRows: Int?
    package let kind: Kind
    /// The session's user may read it by itself, all of it.
    package let canSelect: Bool
    package let isUnlogged: Bool
    package var toastPages = 0

    package enum CodingKeys: CodingKey {
      case name, pages, estimatedRows, kind, canSelect, isUnlogged
    }
  }

  /// What is known of a source table. Indexes, foreign keys and rules matter on the target, which is asked anew always.
  package enum CodingKeys: CodingKey {
    case oid, name, kind, pages, estimatedRows, canSelect, columns, leaves, hasTriggers, hasBeforeTriggers
    case isOwned, canUseSchema, hidesRows, isUnlogged
  }

  package func column(_ name: Identifier) -> ColumnFacts? { columns.first { $0.name == name } }

  package var primaryKey: UniqueIndex? { uniqueIndexes.first(where: \.isPrimary) }
}
