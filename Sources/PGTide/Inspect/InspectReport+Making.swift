import Postgres

extension InspectReport {
  init(_ configuration: SyncConfiguration, source: SurveyedEnd, target: SurveyedEnd, findings: PlanFindings) {
    flow = configuration.flow
    self.source = End(source)
    self.target = End(target)
    tables = configuration.tables.map { table in
      let name = configuration.targetName(table.target)
      let way = findings.way(of: name)
      let (here, there) = (source.tables[table.target], target.tables[table.target])
      return Table(
        table: table.target.description, source: here?.side, target: there?.side,
        columns: ColumnPairs(table, in: configuration, source: here, target: there).all,
        findsBy: way?.way, findsBecause: way?.reason,
        problems: findings.problems(of: name, label: table.target.description))
    }
    let labels = Dictionary(
      configuration.tables.map { (configuration.targetName($0.target), $0.target.description) },
      uniquingKeysWith: { first, _ in first })
    problems = findings.problems(besides: labels)
    func without(_ kind: StampColumn.Kind) -> Names {
      func names(_ end: SurveyedEnd) -> [String] {
        configuration.tables.filter { end.tables[$0.target].map { !$0.stamps.contains { $0.kind == kind } } ?? false }
          .map(\.target.description)
      }
      return Names(source: names(source), target: names(target))
    }
    withoutCreated = without(.created)
    withoutUpdated = without(.updated)
  }
}

extension InspectReport.End {
  fileprivate init(_ survey: SurveyedEnd) {
    version = survey.server.map { "\($0.version / 10_000).\($0.version % 10_000)" }
    database = survey.server?.database
    user = survey.server?.user
    error = survey.error
  }
}

/// A table's columns on both ends, each beside the one that it is filled from.
private struct ColumnPairs {
  let table: TableConfiguration
  let configuration: SyncConfiguration
  let source: SurveyedTable?
  let target: SurveyedTable?

  init(
    _ table: TableConfiguration, in configuration: SyncConfiguration, source: SurveyedTable?, target: SurveyedTable?
  ) {
    (self.table, self.configuration, self.source, self.target) = (table, configuration, source, target)
  }

  var all: [InspectReport.Column] {
    var used: Set<Identifier> = []
    var pairs: [InspectReport.Column] = []
    for column in target?.columns ?? [] {
      let from = fill(column.name)
      let name = from.source ?? (sources.contains(column.name) ? nil : column.name)
      let found = name.flatMap { name in source?.columns.first { $0.name == name } }
      if let found { used.insert(found.name) }
      pairs.append(
        InspectReport.Column(
          name: column.name.name, source: found.flatMap { source?.side(of: $0) }, target: target?.side(of: column),
          note: from.note))
    }
    for column in source?.columns ?? [] where !used.contains(column.name) {
      pairs.append(
        InspectReport.Column(
          name: column.name.name, source: source?.side(of: column), target: nil,
          note: skipped.contains(column.name) ? "skipped" : nil))
    }
    return pairs
  }

  private var skipped: [Identifier] { table.skip.identifiers }

  /// The source's columns that fill one of the target's. Any other stands beside the target's column of its name.
  private var sources: Set<Identifier> { Set((target?.columns ?? []).compactMap { fill($0.name).source }) }

  /// The source's column that a column of the target is filled from, and what the configuration says of it.
  private func fill(_ column: Identifier) -> (source: Identifier?, note: String?) {
    if case .marker(let marker, _, _) = table.origin ?? configuration.origin, marker.identifier == column {
      return (nil, "marker")
    }
    let stamps = table.stamps ?? configuration.stamps
    if [stamps.created, stamps.updated].contains(where: { $0?.identifier == column }) { return (nil, "stamp") }
    if skipped.contains(column) { return (column, "skipped") }
    switch table.columns.first(where: { $0.column.identifier == column })?.value {
    case .renamed(let name): return (name.identifier, nil)
    case .constant: return (nil, "constant")
    case .expression: return (nil, "expression")
    case .lookup: return (nil, "lookup")
    case nil: return (column, nil)
    }
  }
}
