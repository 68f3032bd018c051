/// A source, a target and what the configuration says of them, as one property case has them.
///
/// Shrinking marks parts as dropped instead of taking them out, so that the numbers of the others stay.
struct RandomSchema: Sendable {
  var sourceSchema: String
  var targetSchema: String
  var tables: [Table]
  /// Rows may violate constraints that nobody looks at before the merge: unique columns beside the key, and CHECKs.
  var canRefuse = false

  struct Table: Sendable {
    /// The target's name.
    var name: String
    var sourceName: String
    var columns: [Column]
    /// The columns that identify a row, as numbers into `columns`.
    var key: [Int]
    var keyKind: KeyKind
    var references: [Reference] = []
    /// `nil`: every row is ours.
    var marker: Marker?
    var hasStamps = false
    var duplicates = Duplicates.error
    var sourceKind = SourceKind.table
    /// The configuration has a `where`; the source's rows then have a column that says which count.
    var isFiltered = false
    /// `false`: a table that stands on the target only, as a parent.
    var isInRun = true
    /// Few rows fit a page of the source, so that there are many chunks.
    var isSparse = false
    var isDropped = false
  }

  enum KeyKind: Sendable {
    case primary
    /// A unique constraint, under `key` in the configuration; the table has no primary key.
    case unique
    /// The primary key is a serial that only the target has; `key` names the match columns.
    case surrogate
    /// The same as an identity column.
    case identity
  }

  enum Duplicates: Sendable { case error, first, last }
  enum SourceKind: Sendable { case table, view, query }

  struct Column: Sendable {
    /// The target's name.
    var name: String
    var sourceName: String
    var type: ColumnType
    var role = Role.copied
    var isNotNull = false
    /// On the target, as its text.
    var defaultValue: String?
    /// A unique index of its own on the target.
    var isUnique = false
    /// A value that a CHECK on the target does not allow.
    var forbidden: String?
    var isDropped = false
  }

  enum Role: Sendable, Equatable {
    case copied
    /// An SQL expression that takes so many characters from the left.
    case cut(Int)
    case constant(String?)
    /// On both sides, and under `skip`.
    case skipped
    case targetOnly
  }

  struct Reference: Sendable {
    var name: String
    /// In the order of the parent's key.
    var columns: [Int]
    var parent: Int
    var kind = Kind.foreignKey
    var onDelete = "NO ACTION"
    var isMatchFull = false
    /// How the constraint may wait, as SQL.
    var deferral = ""
    var isDropped = false

    enum Kind: Sendable {
      case foreignKey
      /// Rows stand on the target that do not satisfy it.
      case notValid
      /// Only the configuration knows it.
      case configured
    }
  }

  struct Marker: Sendable {
    var column: String
    var type: String
    var ours: String
    /// As the server shows our value.
    var oursShown: String
    var others: [String]
    var defaultValue: String?
    /// The source has a column of this name, too; it is not copied.
    var isOnSource = false
  }

  /// Names of what the tables have beside their columns.
  static let orderColumn = "no. of \"row\""
  static let filterColumn = "keep?"
  static let surrogateColumn = "surrogate id"
  static let stamps = (created: "Created At", updated: "updated_at")

  var runTables: [Int] { tables.indices.filter { tables[$0].isInRun && !tables[$0].isDropped } }
  var liveTables: [Int] { tables.indices.filter { !tables[$0].isDropped } }
}

extension RandomSchema.Table {
  /// Numbers of the columns that are there.
  var live: [Int] { columns.indices.filter { !columns[$0].isDropped } }
  /// Columns that the source has.
  var onSource: [Int] {
    live.filter { index in
      switch columns[index].role {
      case .copied, .cut, .skipped: true
      case .constant, .targetOnly: false
      }
    }
  }
  /// Columns that the flow fills.
  var mapped: [Int] { live.filter { columns[$0].role != .skipped && columns[$0].role != .targetOnly } }

  /// The references that count: neither dropped, nor to a table or over a column that is.
  func liveReferences(_ schema: RandomSchema) -> [RandomSchema.Reference] {
    references.filter { reference in
      !reference.isDropped && !schema.tables[reference.parent].isDropped
        && reference.columns.allSatisfy { !columns[$0].isDropped }
    }
  }

  var hasUniqueColumn: Bool { live.contains { columns[$0].isUnique } }
}
