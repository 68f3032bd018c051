import Postgres

/// What a server's catalogs say of one table.
struct TableFacts: Sendable, Codable {
  let oid: UInt32
  let name: QualifiedName
  let kind: Kind
  /// Pages of the heap, as the file system has them now; 0 for what has none, and on the target, where nobody asks.
  let pages: Int
  /// The planner's estimate; `nil` if the table was never analyzed.
  let estimatedRows: Int?
  let canSelect: Bool
  var columns: [ColumnFacts] = []
  /// The partitions that hold rows, where it is partitioned.
  var leaves: [Leaf] = []
  var uniqueIndexes: [UniqueIndex] = []
  var foreignKeys: [ForeignKey] = []
  /// Foreign keys that point at it, and write to the rows that have them when it is updated.
  var referrers: [Referrer] = []
  /// Enabled triggers that are not a foreign key's own.
  var hasTriggers = false
  /// Some of them fire on INSERT.
  var hasInsertTriggers = false
  /// Enabled triggers of it or of a partition that run before a row is written, and so may leave it out or change it.
  var hasBeforeTriggers = false
  /// How many tables inherit from it (INHERITS) at the first step. Their rows are not its own.
  var childCount = 0
  /// May be ANALYZEd by the session's user.
  var isOwned = false
  var canUseSchema = true
  /// Row-level security would hide rows from the session's user, or refuse some.
  var hidesRows = false
  /// Not in the write-ahead log, so that a standby knows nothing of its rows.
  var isUnlogged = false
  /// Pages of its wide values, which are stored beside the heap.
  var toastPages = 0
  /// Columns of indexes and foreign keys, where autovacuum sees to the others; empty: it sees to none.
  var columnsToAnalyze: [Identifier] = []
  /// Unique indexes on expressions, by the columns that they use; none can be a key.
  var expressionIndexes: [UniqueIndex] = []
  /// Those that may write something else than what they are given.
  var triggers = TableTriggers()
  /// Rules on INSERT or UPDATE, disabled ones too.
  var rules: [Identifier] = []
  /// Of a partitioned table, the partitions that rows go into; of others, 1.
  var partitionCount = 1
  /// Publications of its updates, for which it has no replica identity.
  var publicationsWithoutIdentity: [Identifier] = []
  /// What the reading of its rows rests on (``CatalogSQL/shape``).
  var shape: [String] = []
  /// What its plan rests on, on the target (``CatalogSQL/fingerprint``).
  var fingerprint = ""

  /// `relkind` of `pg_class` (manual, "53.11 pg_class").
  enum Kind: String, Sendable, Codable {
    case table = "r"
    case partitioned = "p"
    case view = "v"
    case materializedView = "m"
    case foreign = "f"

    /// Whether rows have a `ctid`, so that they can be read by page ranges.
    var hasPages: Bool { self == .table || self == .materializedView }
  }

  /// A partition that holds rows.
  struct Leaf: Sendable, Codable {
    let name: QualifiedName
    let pages: Int
    let estimatedRows: Int?
    let kind: Kind
    /// The session's user may read it by itself, all of it.
    let canSelect: Bool
    let isUnlogged: Bool
    var toastPages = 0

    enum CodingKeys: CodingKey {
      case name, pages, estimatedRows, kind, canSelect, isUnlogged
    }
  }

  /// What is known of a source table. Indexes, foreign keys and rules matter on the target, which is asked anew always.
  enum CodingKeys: CodingKey {
    case oid, name, kind, pages, estimatedRows, canSelect, columns, leaves, hasTriggers, hasBeforeTriggers
    case isOwned, canUseSchema, hidesRows, isUnlogged
  }

  func column(_ name: Identifier) -> ColumnFacts? { columns.first { $0.name == name } }

  var primaryKey: UniqueIndex? { uniqueIndexes.first(where: \.isPrimary) }
}

/// What the catalogs say of one column.
struct ColumnFacts: Sendable, Codable {
  let name: Identifier
  let type: TypeFacts
  let isNotNull: Bool
  let hasDefault: Bool
  let identity: Identity
  /// Computed by the server from other columns, so that nothing can be written to it.
  let isGenerated: Bool
  /// `nil`: the type's own.
  let collation: QualifiedName?
  var canSelect = true
  var canInsert = true
  var canUpdate = true
  /// Sequences of its default that the session's user may not use, as SQL.
  var lockedSequences: [String] = []
  /// Its default is the time of the transaction.
  var isNowByDefault = false
  /// It names large objects, and a trigger unlinks those that an UPDATE replaces.
  var isUnlinkedByUpdates = false
  /// It is NOT NULL NOT VALID: no NULL goes in, but a row that stands there may have one.
  var hasUnprovenNotNull = false

  enum Identity: String, Sendable, Codable {
    case none = ""
    case always = "a"
    case byDefault = "d"
  }
}

/// What the catalogs say of a type, as a column uses it.
struct TypeFacts: Sendable, Hashable, Codable {
  let oid: UInt32
  /// With its modifier, as SQL: `numeric(8,2)`.
  let sql: String
  /// Without a modifier, as SQL: `numeric`, `bpchar`.
  let bareSQL: String
  let kind: Kind
  /// The type under a domain; the type itself where it is none.
  let baseOID: UInt32
  let baseSQL: String
  let baseModifier: Int
  /// The type under a domain with its modifier, as SQL.
  let exactSQL: String
  let baseKind: Kind
  /// Whether the type, and an array's element, can be sent in binary at all.
  let hasBinary: Bool
  /// What an array holds; `nil` for what is no array.
  var element: Element?
  /// The fields of a composite type, or of an array's composite element, in their order.
  var fields: [Identifier] = []

  /// The type of an array's elements.
  struct Element: Sendable, Hashable, Codable {
    let oid: UInt32
    /// Without a modifier, as SQL.
    let sql: String
    let kind: Kind
  }

  /// `typtype` of `pg_type` (manual, "53.64 pg_type").
  enum Kind: String, Sendable, Codable {
    case base = "b"
    case composite = "c"
    case domain = "d"
    case enumeration = "e"
    case pseudo = "p"
    case range = "r"
    case multirange = "m"
  }
}

extension TypeFacts {
  /// The extension lo's own type.
  var namesLargeObjects: Bool {
    kind == .domain && baseOID == BuiltinType.oid && TypeName.withoutSchema(bareSQL) == "lo"
  }
}

/// A unique index, as far as it may identify rows.
struct UniqueIndex: Sendable {
  let name: Identifier
  let columns: [Identifier]
  /// The operator that says "the same key", for each column, as SQL: `OPERATOR(pg_catalog.=)`.
  let equality: [SQL]
  let isPrimary: Bool
  /// Not deferrable: it is checked at once, so that it can arbitrate between rows.
  let isImmediate: Bool
  let isPartial: Bool
  let isValid: Bool
  /// Two rows without a value are the same key to it (NULLS NOT DISTINCT).
  var isNullsEqual = false
  /// It and a column of it differ about which texts are equal.
  var hasOtherCollation = false
  /// It keeps ranges from overlapping: the same key is one that overlaps, and it cannot arbitrate.
  var isWithoutOverlaps = false
}
