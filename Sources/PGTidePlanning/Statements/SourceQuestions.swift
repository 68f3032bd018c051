import PostgresValues

/// What is asked of the source when its snapshot is taken: the locks, and whether the tables are still as planned.
package struct SourceQuestions: Sendable {
  package let tables: [TablePlan]
  /// One statement that locks tables.
  package let lockTables: SQL?
  /// Views, and what the user's own SQL reads: a statement locks everything that it names.
  package let readings: [(table: TablePlan, sql: SQL)]
  private let relations: [QualifiedName]

  package init(_ tables: [TablePlan]) {
    self.tables = tables
    let lockable = tables.filter(\.source.isLockable).compactMap(\.source.lockTarget)
    // Several entries may read one relation.
    let names = Set(lockable.map(\.text)).sorted().map { SQL(raw: $0) }
    lockTables = names.isEmpty ? nil : "LOCK TABLE \(names.joined(separator: ", ")) IN ACCESS SHARE MODE"
    readings = tables.compactMap { table in table.lockByReadingIfNeeded.map { (table, $0) } }
    relations = tables.flatMap { [$0.source.relation].compactMap(\.self) + $0.source.lookups.map(\.relation) }
  }

  /// The statements that lock everything that will be read until the transaction ends.
  package var locks: [SQL] { [lockTables].compactMap(\.self) + readings.map(\.sql) }

  /// The same, and which tables are not as planned any more.
  package var locked: Question<[QualifiedName: SyncError]> {
    // What the user's SQL reads is named by the session's own path, and so is what comes behind.
    let names = SessionPins.names
    return Question.all(
      .running([lockTables].compactMap(\.self)), .each(readings.map { Question($0.sql) }),
      .running(shapes.isEmpty ? [] : names.opening), .each(shapes.map { Question($0) }),
      .running(shapes.isEmpty ? [] : names.closing)
    ).map { _, reads, _, shapes, _ in changes(reads, shapes.flatMap(\.rows)) }
  }

  /// What tells whether the tables are still as planned.
  package var shapes: [SQL] { relations.isEmpty ? [] : [CatalogSQL(tables: relations).shapes] }

  private func changes(_ reads: [QueryResult], _ rows: [QueryResult.Row]) -> [QualifiedName: SyncError] {
    var failures: [QualifiedName: SyncError] = [:]
    for (reading, answer) in zip(readings, reads) {
      let asked = reading.table.source.described
      guard !asked.isEmpty, Array(answer.descriptions.suffix(asked.count)) != asked else { continue }
      failures[reading.table.target] = failure(
        reading.table, "what the configuration's own SQL returns has other names or types than it had in the plan")
    }
    guard !relations.isEmpty else { return failures }
    var shapes: [QualifiedName: [String]] = [:]
    for row in rows { shapes[QualifiedName(row.text(0), row.text(1))] = row.array(2).compactMap(\.self) }
    for table in tables {
      for lookup in table.source.lookups {
        guard let change = ShapeChange.between(lookup.shape, shapes[lookup.relation] ?? []) else { continue }
        failures[table.target] = failure(table, change, of: lookup.relation.description)
      }
      guard let relation = table.source.relation,
        let change = ShapeChange.between(table.source.shape, shapes[relation] ?? [])
      else { continue }
      failures[table.target] = failure(table, change)
    }
    return failures
  }

  private func failure(_ table: TablePlan, _ change: String, of relation: String? = nil) -> SyncError {
    SyncError(
      table: table.target,
      message: "\(relation ?? table.source.description) on the source changed while the run was starting: \(change)",
      advice: "Run again, which plans anew; nothing of this table was read or written")
  }

  package func unreadable(_ table: TablePlan, _ error: PostgresError) -> SyncError {
    SyncError(
      table: table.target, message: "\(table.source.description) cannot be read: \(error)",
      advice: error.advice ?? "See to it on the source, and run again; the other tables do not wait for it",
      cause: error)
  }
}

extension SourcePlan {
  /// LOCK TABLE takes tables only, and wants a right on the whole of them (manual, "LOCK"); views, materialized views
  /// and queries are locked by reading them.
  package var isLockable: Bool { (kind == .table || kind == .partitioned) && !isReadByColumn }

  /// What LOCK TABLE takes; `nil` for a query.
  package var lockTarget: SQL? { relation.map { kind == .table ? "ONLY \($0)" : "\($0)" } }
}

extension TablePlan {
  /// The chunks' statement names more than the table: a lookup in an expression, a condition with a subquery.
  private var readsMore: Bool {
    source.filter != nil || !source.asked.isEmpty || !source.lookups.isEmpty
      || columns.contains { column in
        !column.isLookedUpOnTarget && column.staged.map { !$0.select.text.hasPrefix("src.") } ?? false
      }
  }

  /// A statement that locks all that the chunks read, by reading none of its rows; `nil` where LOCK TABLE does. Its last
  /// columns are what the user's own SQL returns.
  package var lockByReadingIfNeeded: SQL? {
    guard !source.isLockable || readsMore else { return nil }
    let select = (stage.columns.map(\.select) + source.asked).joined(separator: ", ")
    let filter: SQL = source.filter.map { " WHERE (\($0))" } ?? ""
    return "SELECT \(select) FROM \(source.from)\(filter) LIMIT 0"
  }
}
