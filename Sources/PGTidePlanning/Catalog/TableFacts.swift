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
  /// Enabled triggers that are not a foreign key's own.
  package var hasTriggers = false
  /// Some of them fire on INSERT.
  package var hasInsertTriggers = false
  /// Enabled triggers of it or of a partition that run before a row is written, and so may leave it out or change it.
  package var hasBeforeTriggers = false
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
  /// Of a partitioned table, the partitions that rows go into; of others, 1.
  package var partitionCount = 1
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

/// What the catalogs say of one column.
package struct ColumnFacts: Sendable, Codable {
  package let name: Identifier
  package let type: TypeFacts
  package let isNotNull: Bool
  package let hasDefault: Bool
  package let identity: Identity
  /// Computed by the server from other columns, so that nothing can be written to it.
  package let isGenerated: Bool
  /// `nil`: the type's own.
  package let collation: QualifiedName?
  package var canSelect = true
  package var canInsert = true
  package var canUpdate = true
  /// Sequences of its default that the session's user may not use, as SQL.
  package var lockedSequences: [String] = []
  /// Its default is the time of the transaction.
  package var isNowByDefault = false
  /// It names large objects, and a trigger unlinks those that an UPDATE replaces.
  package var isUnlinkedByUpdates = false
  /// It is NOT NULL NOT VALID: no NULL goes in, but a row that stands there may have one.
  package var hasUnprovenNotNull = false

  package enum Identity: String, Sendable, Codable {
    case none = ""
    case always = "a"
    case byDefault = "d"
  }
}

/// What the catalogs say of a type, as a column uses it.
package struct TypeFacts: Sendable, Hashable, Codable {
  package let oid: UInt32
  /// With its modifier, as SQL: `numeric(8,2)`.
  package let sql: String
  /// Without a modifier, as SQL: `numeric`, `bpchar`.
  package let bareSQL: String
  package let kind: Kind
  /// The type under a domain; the type itself where it is none.
  package let baseOID: UInt32
  package let baseSQL: String
  package let baseModifier: Int
  /// The type under a domain with its modifier, as SQL.
  package let exactSQL: String
  package let baseKind: Kind
  /// Whether the type, and an array's element, can be sent in binary at all.
  package let hasBinary: Bool
  /// What an array holds; `nil` for what is no array.
  package var element: Element?
  /// The fields of a composite type, or of an array's composite element, in their order.
  package var fields: [Identifier] = []

  /// The type of an array's elements.
  package struct Element: Sendable, Hashable, Codable {
    package let oid: UInt32
    /// Without a modifier, as SQL.
    package let sql: String
    package let kind: Kind
  }

  /// `typtype` of `pg_type` (manual, "53.64 pg_type").
  package enum Kind: String, Sendable, Codable {
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
  package var namesLargeObjects: Bool {
    kind == .domain && baseOID == BuiltinType.oid && TypeName.withoutSchema(bareSQL) == "lo"
  }
}

/// A unique index, as far as it may identify rows.
package struct UniqueIndex: Sendable {
  package let name: Identifier
  package let columns: [Identifier]
  /// The operator that says "the same key", for each column, as SQL: `OPERATOR(pg_catalog.=)`.
  package let equality: [SQL]
  package let isPrimary: Bool
  /// Not deferrable: it is checked at once, so that it can arbitrate between rows.
  package let isImmediate: Bool
  package let isPartial: Bool
  package let isValid: Bool
  /// Two rows without a value are the same key to it (NULLS NOT DISTINCT).
  package var isNullsEqual = false
  /// It and a column of it differ about which texts are equal.
  package var hasOtherCollation = false
  /// It keeps ranges from overlapping: the same key is one that overlaps, and it cannot arbitrate.
  package var isWithoutOverlaps = false
}
