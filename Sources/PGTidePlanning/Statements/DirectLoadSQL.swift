import PostgresValues

/// The statements of a direct load.
package struct DirectLoadSQL: Sendable {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  private var columns: [StagedColumn] { table.directColumns(at: table.direct.stamps.map { _ in "" }) }

  package var fieldCount: Int { columns.count }

  /// Writes the marker and the identity as they come: COPY asks for no OVERRIDING (manual, "COPY", Notes).
  package var copyIn: SQL {
    let names = columns.map { "\($0.name)" as SQL }.joined(separator: ", ")
    return "COPY \(table.target) (\(names)) FROM STDIN (\(table.format.sql))"
  }

  /// Whether a table holds any row, be it the app's.
  package static func isEmpty(_ table: TablePlan) -> SQL { "NOT EXISTS (SELECT FROM \(table.targetRows))" }

  /// Which of these tables are empty: one row, a column for each.
  package static func empty(_ tables: [TablePlan]) -> SQL { "SELECT \(tables.map(isEmpty).joined(separator: ", "))" }

  /// Whether the table is empty, whether its columns are still those of the plan (the bytes of an integer make a valid
  /// float), whether those that are not sent still have their default, and what time it is, for each stamp as that
  /// column holds it.
  package var look: SQL {
    let names = arrayText(columns.map(\.name.name))
    let types = arrayText(planned.map(\.text))
    let stamps = table.direct.stamps
      .map { ", pg_catalog.now()::\($0.type)::pg_catalog.text" as SQL }.joined(separator: "")
    return """
      SELECT \(Self.isEmpty(table)),
        (SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) \(columns.count)
          FROM ROWS FROM (pg_catalog.unnest(\(bind: names)::pg_catalog.text[]),
              pg_catalog.unnest(\(bind: types)::pg_catalog.text[]))
            AS planned (name, type)
          JOIN pg_catalog.pg_attribute a ON a.attname OPERATOR(pg_catalog.=) planned.name AND NOT a.attisdropped
            AND \(TypeName.sql("a.atttypid", modifier: "a.atttypmod")) OPERATOR(pg_catalog.=) planned.type
          WHERE a.attrelid OPERATOR(pg_catalog.=) \(table.counters.relation)),
        (SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) \(table.direct.defaultStamps.count)
          FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) \(table.counters.relation)
            AND a.attname
              OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(table.direct.defaultStamps.map(\.name)))::pg_catalog.text[])
            AND \(CatalogSQL.isNowByDefault))\(stamps)
      """
  }

  /// What ``look`` answers.
  package var looked: Question<Look> {
    Question(look) { [stamps = table.direct.stamps.count] in Look($0, stamps: stamps) }
  }

  package struct Look: Sendable {
    package let isEmpty: Bool
    /// Its columns, and the defaults of those that are not sent, are as they were planned upon.
    package let isAsPlanned: Bool
    /// What each stamp is given.
    package let times: [String]

    fileprivate init(_ answer: QueryResult, stamps: Int) {
      let row = answer.rows.first
      isEmpty = row?.bool(0) ?? false
      isAsPlanned = row.map { $0.bool(1) && $0.bool(2) } ?? false
      times = (0..<stamps).map { row?[$0 + 3] ?? "" }
    }
  }

  /// The columns' types on the target, with their lengths.
  private var planned: [SQL] {
    table.columns.filter { $0.staged != nil }.map(\.type) + [table.origin?.type].compactMap(\.self)
      + table.direct.stamps.map(\.type)
  }

  package enum Lock: Sendable {
    /// Keeps away changes of the table's shape; nobody who writes rows has to wait for it.
    case againstChanges
    /// The same, and does not wait for somebody who has locked the table.
    case againstChangesAtOnce
    /// Keeps everybody away, to drop an index. Who waits for this lock stands in the way of all that come after.
    case alone
  }

  package func lock(_ kind: Lock) -> SQL {
    switch kind {
    case .againstChanges: "LOCK TABLE \(table.target) IN ROW EXCLUSIVE MODE"
    case .againstChangesAtOnce: "LOCK TABLE \(table.target) IN ROW EXCLUSIVE MODE NOWAIT"
    case .alone: "LOCK TABLE \(table.target) IN ACCESS EXCLUSIVE MODE NOWAIT"
    }
  }
}
