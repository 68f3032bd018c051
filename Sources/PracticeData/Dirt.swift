/// How much is wrong with the practice data: a number of rows for each kind.
///
/// Every kind hits rows of its own, always the same ones, and only tables that no other table refers to: so each dirty
/// row is one finding and drags no others along. A table with fewer rows than asked for gives what it has, at scale 1
/// several thousand for `jobtasks`; ``DirtMade`` tells the real number.
public struct Dirt: Sendable, Hashable {
  /// Source rows whose parent does not exist, in jobtasks and workdiary.
  public var orphans: Int
  /// Further source rows with a key that another row has, in jobtasks and taskchecklist. Every second one is an exact
  /// copy, the others have other values.
  public var duplicateKeys: Int
  /// Source rows whose key is NULL, in jobtasks.
  public var nullKeys: Int
  /// Source rows with NULL where the target does not take it, in jobtasks (task_id).
  public var nullRequired: Int
  /// Source values longer than the target's column, in jobtasks (task_desc) and workdiary (tasknotes). The source's
  /// columns become `text` first.
  public var overlongValues: Int
  /// Target rows that the app inserted, with keys that the source does not have, in taskchecklist, workdiary and
  /// reminder.
  public var appRows: Int
  /// Target rows that belong to the app and have the key, but not the values, of a source row, in taskchecklist and
  /// reminder.
  public var claimedRows: Int

  public init(
    orphans: Int = 0, duplicateKeys: Int = 0, nullKeys: Int = 0, nullRequired: Int = 0, overlongValues: Int = 0,
    appRows: Int = 0, claimedRows: Int = 0
  ) {
    self.orphans = orphans
    self.duplicateKeys = duplicateKeys
    self.nullKeys = nullKeys
    self.nullRequired = nullRequired
    self.overlongValues = overlongValues
    self.appRows = appRows
    self.claimedRows = claimedRows
  }

  public static let none = Dirt()

  /// A little of everything.
  public static let some = Dirt(
    orphans: 20, duplicateKeys: 10, nullKeys: 3, nullRequired: 5, overlongValues: 8, appRows: 12, claimedRows: 10)

  public enum Kind: String, Sendable, CaseIterable {
    case orphans = "orphans"
    case duplicateKeys = "duplicate keys"
    case nullKeys = "NULL keys"
    case nullRequired = "NULLs where the target takes none"
    case overlongValues = "overlong values"
    case appRows = "rows of the app"
    case claimedRows = "rows claimed by the app"
  }
}

/// Rows of one table that were made dirty in one way.
public struct DirtMade: Sendable, Hashable {
  public let kind: Dirt.Kind
  /// The table's name on the side where the rows are: the target for rows of the app, else the source.
  public let table: String
  public let rows: Int
}
