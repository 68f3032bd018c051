import PostgresValues

/// The statement that asks the history, and its answer.
package enum TablePastSQL {
  /// Of each table, by the name that the configuration writes, the last landing in a run of the flow.
  package static func question(_ configuration: SyncConfiguration) -> SQL {
    """
    SELECT wanted.name, landed.rows_read, landed.filled_columns, landed.lost_columns
    FROM pg_catalog.unnest(\(bind: arrayText(configuration.tables.map(\.target.description)))::pg_catalog.text[]) AS wanted (name),
      LATERAL (
        SELECT t.rows_read, t.filled_columns, t.lost_columns
        FROM \(HistorySQL.runs) r JOIN \(HistorySQL.runTables) t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
        WHERE r.flow OPERATOR(pg_catalog.=) \(bind: configuration.flow)::pg_catalog.text
          AND t.table_name OPERATOR(pg_catalog.=) wanted.name AND \(HistorySQL.hasLanded("t"))
          AND \(HistorySQL.hasWritten("r"))
        ORDER BY r.run_id DESC LIMIT 1) landed
    """
  }

  /// Of a history that may not be read, or is somebody else's, the plan says that in other words.
  package static func read(_ answer: Result<QueryResult, PostgresError>) throws -> [String: TablePast] {
    if case .failure(let error) = answer, error.sqlState?.hasPrefix("42") == true { return [:] }
    return Dictionary(
      try answer.get().rows.map { row in
        (row.text(0), TablePast(rowsRead: row.int(1), filled: row.names(2), lost: row.names(3)))
      }, uniquingKeysWith: { first, _ in first })
  }
}
