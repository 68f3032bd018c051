/// What the tables of a configuration are like on both ends, and how a run will find what changed.
public struct InspectReport: Sendable, Codable {
  public var flow: String
  public var source: End
  public var target: End
  /// In the order of the configuration.
  public var tables: [Table]
  /// What stands in the way of a plan and concerns no single table.
  public var problems: [String]
  /// Tables that have no column for the time when a row came to be.
  public var withoutCreated: Names
  /// Tables that have no column for the time of a row's last change.
  public var withoutUpdated: Names

  /// One of the two databases.
  public struct End: Sendable, Codable {
    /// Such as `15.4`; `nil` where the server was not reached.
    public var version: String?
    public var database: String?
    public var user: String?
    /// Why it could not be read; `nil` where it was.
    public var error: String?
  }

  /// Names of tables on each end, as the configuration writes them.
  public struct Names: Sendable, Codable, Equatable {
    public var source: [String]
    public var target: [String]
  }

  /// One table of the configuration.
  public struct Table: Sendable, Codable {
    public var table: String
    /// `nil`: it is not there, or the source could not be read.
    public var source: Side?
    /// `nil`: it is not there, or the target could not be read.
    public var target: Side?
    /// Those of the target in their order, and then those that only the source has.
    public var columns: [Column]
    /// How a run finds what changed; `nil` where the table cannot be planned.
    public var findsBy: Way?
    /// Why in that way.
    public var findsBecause: String?
    /// What stands in the way of its plan.
    public var problems: [String]
  }

  /// How a run finds what changed in a table.
  public enum Way: String, Sendable, Codable {
    /// Nothing needs to be found: all rows go in.
    case directLoad = "direct load"
    /// Both ends compare digests, and only rows that differ are read.
    case digest
    /// All rows are read, and compared on the target.
    case comparison
    /// A column of the source tells which rows have changed, and only these are read.
    case changes
  }

  /// A table on one of the ends.
  public struct Side: Sendable, Codable {
    public var relation: String
    /// `table`, `partitioned table`, `view`, `materialized view`, `foreign table` or `query`.
    public var kind: String
    /// `nil`: it has none.
    public var primaryKey: [String]?
    public var uniqueKeys: [Key]
    public var foreignKeys: [ForeignKey]
    public var estimatedRows: Int?
    /// Counted; `nil` where nobody asked for it, or it could not be done.
    public var rows: Int?
    /// Why they could not be counted.
    public var countError: String?
    /// With indexes and wide values.
    public var bytes: Int?
    public var triggers: [String]
    public var stamps: [Stamp]
    /// In UTC; `nil`: never.
    public var lastAnalyzed: String?
    public var deadRows: Int?
  }

  /// A unique index that is not the primary key's.
  public struct Key: Sendable, Codable {
    public var name: String
    public var columns: [String]
    /// It has a condition, or stands on expressions.
    public var isPartial: Bool
  }

  public struct ForeignKey: Sendable, Codable {
    public var name: String
    public var columns: [String]
    public var parent: String
    public var parentColumns: [String]
  }

  /// A column that looks as if it said when a row came to be, or was last changed.
  public struct Stamp: Sendable, Codable {
    public var column: String
    /// `created` or `updated`.
    public var kind: String
    /// Its default; `nil`: it has none.
    public var defaultValue: String?
    /// The trigger that seems to set it when a row is updated; `nil`: none does.
    public var keptBy: String?
    /// Rows without a value, where they were counted.
    public var nulls: Int?
  }

  /// A column on both ends, or on one of them.
  public struct Column: Sendable, Codable {
    /// On the target, or, if only the source has it, there.
    public var name: String
    public var source: ColumnSide?
    public var target: ColumnSide?
    /// What the configuration says of it: `constant`, `expression`, `skipped`, `marker` or `stamp`.
    public var note: String?
  }

  /// A column on one of the ends.
  public struct ColumnSide: Sendable, Codable, Equatable {
    public var name: String
    public var type: String
    public var isNotNull: Bool
    public var defaultValue: String?
    /// `always` or `by default`.
    public var identity: String?
    /// The expression that the server computes it from.
    public var generated: String?
  }
}

// The keys of the JSON: docs/reference/report.md.

extension InspectReport {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case flow, source, target, tables, problems
    case withoutCreated = "without_created"
    case withoutUpdated = "without_updated"
  }
}

extension InspectReport.Table {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case table, source, target, columns
    case findsBy = "finds_by"
    case findsBecause = "finds_because"
    case problems
  }
}

extension InspectReport.Side {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case relation, kind
    case primaryKey = "primary_key"
    case uniqueKeys = "unique_keys"
    case foreignKeys = "foreign_keys"
    case estimatedRows = "estimated_rows"
    case rows
    case countError = "count_error"
    case bytes, triggers, stamps
    case lastAnalyzed = "last_analyzed"
    case deadRows = "dead_rows"
  }
}

extension InspectReport.Key {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, columns
    case isPartial = "is_partial"
  }
}

extension InspectReport.ForeignKey {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, columns, parent
    case parentColumns = "parent_columns"
  }
}

extension InspectReport.Stamp {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case column, kind
    case defaultValue = "default"
    case keptBy = "kept_by"
    case nulls
  }
}

extension InspectReport.ColumnSide {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, type
    case isNotNull = "is_not_null"
    case defaultValue = "default"
    case identity, generated
  }
}
