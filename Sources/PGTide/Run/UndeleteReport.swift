/// What became of rows that were to be put back.
public struct UndeleteReport: Sendable, Codable {
  public var flow: String
  /// Nothing was written.
  public var isTrial: Bool
  public var tables: [Table]

  public struct Table: Sendable, Codable {
    public var table: String
    /// Rows that `pgtide.deleted` has, of each key the one that was deleted last.
    public var found: Int
    public var restored: Int
    /// Rows whose key, or another unique value, a row of the table has by now. They stay in `pgtide.deleted`.
    public var taken: Int
    /// The keys of some of these, as JSON.
    public var takenKeys: [String]
    /// Columns that the rows had, and that the table has no more or computes. The rows stay in `pgtide.deleted` as well.
    public var lostColumns: [String]
  }
}

extension UndeleteReport {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case flow
    case isTrial = "is_trial"
    case tables
  }
}

extension UndeleteReport.Table {
  /// The keys of the JSON: docs/reference/report.md.
  enum CodingKeys: String, CodingKey, CaseIterable {
    case table, found, restored, taken
    case takenKeys = "taken_keys"
    case lostColumns = "lost_columns"
  }
}
