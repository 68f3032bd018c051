/// One row that differs.
public struct RowDifference: Sendable, Codable, Equatable {
  public var kind: DifferenceKind
  public var key: [Value]
  /// The columns that differ, where both ends have the row.
  public var columns: [String]
  /// Why the source's row cannot go in, and the column or the reference that it is about.
  public var reason: String?
  public var about: String?
  /// The values of both rows, where they were asked for: of rows that both ends have, those that differ.
  public var source: [Value]?
  public var target: [Value]?
  /// The statement that would mend it, where it was asked for.
  public var sql: String?

  /// A column's value as the server writes it; `nil` is NULL.
  public struct Value: Sendable, Codable, Equatable {
    public var column: String
    public var value: String?

    package init(column: String, value: String?) {
      self.column = column
      self.value = value
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(column, forKey: .column)
      // A NULL is told, too.
      try container.encode(value, forKey: .value)
    }

    package enum CodingKeys: String, CodingKey, CaseIterable { case column, value }
  }

  package init(
    kind: DifferenceKind, key: [Value], columns: [String], reason: String? = nil, about: String? = nil,
    source: [Value]? = nil, target: [Value]? = nil, sql: String? = nil
  ) {
    self.kind = kind
    self.key = key
    self.columns = columns
    self.reason = reason
    self.about = about
    self.source = source
    self.target = target
    self.sql = sql
  }

  /// What stands in front of its line.
  public var sign: String {
    switch kind {
    case .sourceOnly, .rejected: "+"
    case .targetOnly: "-"
    case .differs, .protected, .rewritten: "*"
    case .changing: "?"
    }
  }

  /// The keys of the JSON: docs/reference/check.md.
  package enum CodingKeys: String, CodingKey, CaseIterable {
    case kind, key, columns, reason, about, source, target, sql
  }
}
