import Postgres

/// What one end says of one table.
struct SurveyedTable: Sendable {
  /// `nil` for a query.
  let facts: TableFacts?
  let details: TableDetails
  let columns: [ColumnFacts]
  let stamps: [StampColumn]
  private var rows: Int?
  private var nulls: [Int] = []
  private var countError: String?

  init(_ facts: TableFacts, _ details: TableDetails, stamps: [StampColumn]) {
    (self.facts, self.details, self.stamps) = (facts, details, stamps)
    columns = facts.columns
  }

  init(query columns: [ColumnFacts], stamps: [StampColumn]) {
    (facts, details, self.columns, self.stamps) = (nil, TableDetails(), columns, stamps)
  }

  /// Takes the answer to ``InspectSQL/count(_:nullsIn:)``.
  mutating func take(_ counted: Result<QueryResult, PostgresError>) {
    switch counted {
    case .success(let answer):
      rows = answer.rows.first?.int(0)
      nulls = stamps.indices.map { answer.rows.first?.int($0 + 1) ?? 0 }
    case .failure(let error): countError = error.message
    }
  }

  var side: InspectReport.Side {
    InspectReport.Side(
      relation: facts.map { "\($0.name)" } ?? "a query", kind: facts?.kind.word ?? "query",
      primaryKey: facts?.primaryKey.map { $0.columns.map(\.name) }, uniqueKeys: uniqueKeys,
      foreignKeys: (facts?.foreignKeys ?? []).map { key in
        InspectReport.ForeignKey(
          name: key.name.name, columns: key.columns.map(\.name), parent: "\(key.parent)",
          parentColumns: key.parentColumns.map(\.name))
      },
      estimatedRows: details.estimatedRows ?? facts?.estimatedRows, rows: rows, countError: countError,
      bytes: details.bytes, triggers: details.triggers.map(\.summary),
      stamps: stamps.enumerated().map { place, stamp in
        InspectReport.Stamp(
          column: stamp.name.name, kind: stamp.kind.rawValue, defaultValue: details.expressions[stamp.name],
          keptBy: details.triggers.first { $0.keeps(stamp.name) }?.name.name,
          nulls: nulls.indices.contains(place) ? nulls[place] : nil)
      },
      lastAnalyzed: details.lastAnalyzed, deadRows: details.deadRows)
  }

  private var uniqueKeys: [InspectReport.Key] {
    guard let facts else { return [] }
    let plain = facts.uniqueIndexes.filter { !$0.isPrimary }.map { ($0, $0.isPartial) }
    return (plain + facts.expressionIndexes.map { ($0, true) }).map { index, isPartial in
      InspectReport.Key(name: index.name.name, columns: index.columns.map(\.name), isPartial: isPartial)
    }
  }

  func side(of column: ColumnFacts) -> InspectReport.ColumnSide {
    let expression = details.expressions[column.name]
    return InspectReport.ColumnSide(
      name: column.name.name, type: column.type.label, isNotNull: column.isNotNull,
      defaultValue: column.isGenerated ? nil : expression, identity: column.identity.words,
      generated: column.isGenerated ? expression ?? "" : nil)
  }
}

extension TableFacts.Kind {
  fileprivate var word: String {
    switch self {
    case .table: "table"
    case .partitioned: "partitioned table"
    case .view: "view"
    case .materializedView: "materialized view"
    case .foreign: "foreign table"
    }
  }
}

extension ColumnFacts.Identity {
  fileprivate var words: String? {
    switch self {
    case .none: nil
    case .always: "always"
    case .byDefault: "by default"
    }
  }
}
