import PostgresValues

/// The statement that asks the history, and its answer.
package enum TablePastSQL {
  /// Of each table, by the name that the configuration writes, the last landing in a run of the flow, under whatever name
  /// it was written then. A history of an earlier version says only that.
  package static func question(_ configuration: SyncConfiguration) -> SQL {
    let names = configuration.tables.map(\.target)
    let others = names.map(configuration.otherNames)
    let relations = names.map { configuration.targetName($0).quoted }
    func column(_ place: Int) -> SQL {
      let texts = others.map { place < $0.count ? $0[place] : nil }
      return "pg_catalog.unnest(\(bind: arrayText(texts))::pg_catalog.text[])"
    }
    return """
      SELECT wanted.name, landed.rows_read, landed.filled_columns, landed.lost_columns, landed.run_id,
        landed.changes OPERATOR(pg_catalog.->>) 'mark', landed.changes OPERATOR(pg_catalog.->>) 'reason',
        landed.changes OPERATOR(pg_catalog.->>) 'full_at', landed.changes OPERATOR(pg_catalog.->>) 'full_rows',
        landed.changes OPERATOR(pg_catalog.->>) 'plan',
        pg_catalog.date_part('epoch', pg_catalog.now() OPERATOR(pg_catalog.-)
          (landed.changes OPERATOR(pg_catalog.->>) 'full_at')::pg_catalog.timestamptz),
        landed.changes OPERATOR(pg_catalog.->>) 'next_transaction', landed.table_name
      FROM ROWS FROM (pg_catalog.unnest(\(bind: arrayText(names.map(\.description)))::pg_catalog.text[]),
          \(column(0)), \(column(1)),
          pg_catalog.unnest(\(bind: arrayText(relations))::pg_catalog.text[])) AS wanted (name, other, another, relation),
        LATERAL (
          SELECT r.run_id, t.table_name, t.rows_read, t.filled_columns, t.lost_columns,
            -- A history of an earlier version has no such column.
            pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->) 'changed_by'::pg_catalog.text AS changes
          FROM \(HistorySQL.runs) r JOIN \(HistorySQL.runTables) t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
          WHERE r.flow OPERATOR(pg_catalog.=) \(bind: configuration.flow)::pg_catalog.text
            AND COALESCE(
              pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.->>) 'relation' OPERATOR(pg_catalog.=) wanted.relation,
              t.table_name OPERATOR(pg_catalog.=) ANY (ARRAY[wanted.name, wanted.other, wanted.another]))
            AND \(HistorySQL.hasLanded("t"))
            AND \(HistorySQL.hasWritten("r"))
          ORDER BY r.run_id DESC LIMIT 1) landed
      """
  }

  /// Of a history that may not be read, or is somebody else's, the plan says that in other words.
  package static func read(_ answer: Result<QueryResult, PostgresError>) throws -> [String: TablePast] {
    if case .failure(let error) = answer, error.sqlState?.hasPrefix("42") == true { return [:] }
    return Dictionary(
      try answer.get().rows.map { row in
        let changes = changes(row)
        let past = TablePast(
          rowsRead: changes?.fullRows ?? row.int(1), filled: row.names(2), lost: row.names(3), run: row[4],
          label: row[12] == row[0] ? nil : row[12], changes: changes)
        return (row.text(0), past)
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func changes(_ row: QueryResult.Row) -> PastChanges? {
    guard let fullAt = row[7], let fullRows = row.int(8), let plan = row[9], let age = row.double(10) else {
      return nil
    }
    return PastChanges(
      mark: row[5], reason: row[6], fullAt: fullAt, age: age, fullRows: fullRows, plan: plan,
      nextTransaction: row.int(11))
  }
}
