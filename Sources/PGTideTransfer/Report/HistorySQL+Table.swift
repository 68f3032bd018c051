import Postgres

extension HistorySQL {
  /// - Parameter plan: of what has landed: its columns are remembered.
  package static func table(_ report: TableReport, of plan: TablePlan?, run: RunIdentity) -> SQL {
    let counts = report.counts
    let filled = plan.map { arrayText($0.columns.map(\.name.name)) }
    let lost = plan.map { arrayText($0.past.lost.map(\.name)) }
    return """
      INSERT INTO \(runTables) (run_id, table_name, status, rows_read, staged, inserted, updated, unchanged,
        protected, rejected, bytes, chunks, extract_seconds, delta_seconds, merge_seconds, error_message, target_only,
        filled_columns, lost_columns, deleted, kept)
      VALUES (\(bind: run.id)::bigint, \(bind: report.table), \(bind: report.status.rawValue), \(counts.read),
        \(counts.staged), \(counts.inserted), \(counts.updated), \(counts.unchanged), \(counts.protected),
        \(counts.rejected), \(report.bytes), \(report.chunks),
        \(bind: "\(report.extractSeconds)")::numeric, \(bind: "\(report.deltaSeconds)")::numeric,
        \(bind: "\(report.mergeSeconds)")::numeric, \(bind: report.errorSummary),
        \(bind: counts.targetOnly.map { "\($0)" })::bigint, \(bind: filled)::pg_catalog.text[],
        \(bind: lost)::pg_catalog.text[], \(counts.deleted), \(counts.kept))
      ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
        updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
        rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message,
        target_only = EXCLUDED.target_only, filled_columns = EXCLUDED.filled_columns,
        lost_columns = EXCLUDED.lost_columns, deleted = EXCLUDED.deleted, kept = EXCLUDED.kept
      """
  }
}
