import PostgresValues

extension TablePlanning {
  /// The columns that the source offers; `nil` when there is no such source.
  package mutating func findSourceColumns() -> [ColumnFacts]? {
    guard let relation = configuration.sourceName(table) else {
      guard case .success(let columns) = source.described[.query(table.target)] else { return nil }
      return columns.compactMap { column in
        source.types[column].map { type in
          ColumnFacts(
            name: Identifier(column.name), type: type, isNotNull: false,
            hasDefault: false, identity: .none, isGenerated: false, collation: nil)
        }
      }
    }
    guard let facts = source.catalog.tables[relation] else {
      refuseSource(configuration.sourceCandidates(table))
      return nil
    }
    checkSource(facts)
    guard facts.canSelect || facts.columns.contains(where: \.canSelect) else {
      refuse(
        "\(source.catalog.server.user) may not read \(relation) on the source",
        "GRANT SELECT ON \(relation.quoted) TO \(Identifier(source.catalog.server.user).quoted)")
      return nil
    }
    return facts.columns
  }

  /// - Parameter candidates: where it was looked for.
  private mutating func refuseSource(_ candidates: [QualifiedName]) {
    let names = candidates.map(\.description).joined(separator: " or ")
    let hint = candidates.map { Self.advice(on: $0, among: source.alternatives) }.first { !$0.isEmpty }
    refuse(
      "the source has no table or view \(names)", (hint ?? "") + "Correct its name under `from`, or its schema")
  }

  /// Of two relations that the name may mean, the one of the target's schema was taken.
  package mutating func notePassedOver() {
    guard let relation = configuration.sourceName(table), let other = source.passedOver[relation] else { return }
    notices.append("read from \(relation), not from \(other), which is there as well; `from` names another one")
  }

  /// Where the rows come from and in which pieces.
  package mutating func planSource() -> SourcePlan? {
    guard var plan = piecewiseSource() else { return nil }
    if let relation = plan.relation { plan.shape = source.catalog.tables[relation]?.shape ?? [] }
    for request in DescribeRequest.requests(for: table, in: configuration) {
      guard let selected = request.selected, case .success(let columns)? = source.described[request.subject] else {
        continue
      }
      plan.asked.append(selected)
      plan.described += columns
    }
    return plan
  }

  private func piecewiseSource() -> SourcePlan? {
    let filter = table.filter.map { SQL(users: $0) }
    guard let relation = configuration.sourceName(table) else {
      guard case .query(let query) = table.source else { return nil }
      let sql = SQL(users: query)
      let piece = SourcePlan.Piece(from: "(\(sql)) AS src", pages: nil, rows: nil)
      return SourcePlan(
        origin: .query(sql), kind: nil, filter: filter, pieces: [piece], estimatedRows: nil, bytes: 0, partitions: [],
        oneStreamBecause: "it is a query")
    }
    guard let facts = source.catalog.tables[relation] else { return nil }
    let blockSize = source.catalog.server.blockSize
    // Reading a range of pages without reading all of them came with version 14.
    let hasRanges = source.catalog.server.version >= 140_000
    if facts.kind == .partitioned, facts.canSelect, facts.leaves.allSatisfy({ $0.canSelect && $0.kind == .table }) {
      let pieces = facts.leaves.map { leaf in
        SourcePlan.Piece(
          from: "ONLY \(leaf.name) AS src", pages: hasRanges ? leaf.pages : nil, rows: leaf.estimatedRows)
      }
      let estimates = facts.leaves.compactMap(\.estimatedRows)
      return SourcePlan(
        origin: .relation(relation), kind: facts.kind, filter: filter, pieces: pieces,
        estimatedRows: estimates.isEmpty ? nil : estimates.reduce(0, +),
        bytes: facts.leaves.map(\.pages).reduce(0, +) * blockSize,
        toastBytes: facts.leaves.map(\.toastPages).reduce(0, +) * blockSize, partitions: facts.leaves.map(\.name),
        oneStreamBecause: hasRanges ? nil : "the source is older than version 14")
    }
    let isHeap = facts.kind.hasPages && facts.canSelect
    let piece = SourcePlan.Piece(
      from: facts.kind == .table ? "ONLY \(relation) AS src" : "\(relation) AS src",
      pages: isHeap && hasRanges ? facts.pages : nil, rows: facts.estimatedRows)
    let reason: String? =
      switch facts.kind {
      case .view: "it is a view"
      case .foreign: "it is a foreign table"
      case .partitioned: "not all of its partitions can be read by themselves"
      case .table, .materializedView: hasRanges ? nil : "the source is older than version 14"
      }
    let isReadByColumn = !facts.canSelect
    return SourcePlan(
      origin: .relation(relation), kind: facts.kind, filter: filter, pieces: [piece],
      estimatedRows: facts.estimatedRows,
      bytes: isHeap ? facts.pages * blockSize : 0, toastBytes: facts.toastPages * blockSize, partitions: [],
      oneStreamBecause: isReadByColumn ? "only some of its columns may be read" : reason,
      isReadByColumn: isReadByColumn)
  }

  /// What would hide rows of the source.
  package mutating func checkSource(_ facts: TableFacts) {
    let server = source.catalog.server
    if facts.hidesRows {
      refuse(
        "row-level security on the source would hide rows of \(facts.name) from \(server.user)", Self.aboveRowSecurity)
    }
    guard server.isStandby else { return }
    let unlogged = (facts.isUnlogged ? [facts.name] : []) + facts.leaves.filter(\.isUnlogged).map(\.name)
    for name in unlogged {
      refuse(
        "\(name) is unlogged, and the source, a standby, has none of its rows",
        "Read from the primary, or make it logged there: ALTER TABLE \(name.quoted) SET LOGGED")
    }
  }

  /// The source's own code that runs while the rows are read; `nil` if there is none.
  package func homeCode(of source: SourcePlan) -> String? {
    switch source.kind {
    case nil: return "the query"
    case .view: return "the view"
    case .foreign, .table, .partitioned, .materializedView: break
    }
    if let view = source.lookups.first(where: { $0.kind == .view }) { return "the view \(view.relation)" }
    let isComputed = table.columns.contains { if case .expression = $0.value { true } else { false } }
    if isComputed || table.duplicates.order != nil { return "the expressions" }
    if source.filter != nil { return "`where`" }
    // Since version 18 such a column may be computed when it is read.
    let facts = source.relation.flatMap { self.source.catalog.tables[$0] }
    let isVirtual =
      self.source.catalog.server.version >= 180_000 && facts?.columns.contains(where: \.isGenerated) == true
    return isVirtual ? "the generated columns" : nil
  }

  /// Values that travel as text must be written in one form; the source's code sees the settings for that as well.
  package mutating func noteHomeSettings(_ columns: [StagedColumn], _ source: SourcePlan, format: RowFormat) {
    let names = columns.filter { ![$0].pins(in: format).isEmpty }.map(\.name.name)
    guard !names.isEmpty, let code = homeCode(of: source) else { return }
    notices.append(
      "\(names.joined(separator: ", ")): the values travel as text, so ISO dates, the time zone UTC and similar settings "
        + "hold for \(code) as well, instead of the source's own")
  }

  package static let aboveRowSecurity =
    "Connect as the table's owner (unless it has FORCE ROW LEVEL SECURITY) or as a role with BYPASSRLS"

  /// A table is its own rows only, on both ends: a key of the parent may stand in a child once more.
  package mutating func noteInheritance(_ facts: TableFacts) {
    func tables(_ count: Int) -> String { count == 1 ? "the table that inherits" : "the \(count) tables that inherit" }
    if let relation = configuration.sourceName(table), let count = source.catalog.tables[relation]?.childCount,
      count > 0
    {
      notices.append(
        "read without the rows of \(tables(count)) from it on the source; `query: SELECT * FROM \(relation)` reads them, too"
      )
    }
    if facts.childCount > 0 {
      notices.append("compared and written without the rows of \(tables(facts.childCount)) from it on the target")
    }
  }
}
