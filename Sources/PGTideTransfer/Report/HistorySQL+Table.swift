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
        filled_columns, lost_columns, deleted, kept, changed_by, relation)
      VALUES (\(bind: run.id)::bigint, \(bind: report.table), \(bind: report.status.rawValue), \(counts.read),
        \(counts.staged), \(counts.inserted), \(counts.updated), \(counts.unchanged), \(counts.protected),
        \(counts.rejected), \(report.bytes), \(report.chunks),
        \(bind: "\(report.extractSeconds)")::numeric, \(bind: "\(report.deltaSeconds)")::numeric,
        \(bind: "\(report.mergeSeconds)")::numeric, \(bind: report.errorSummary),
        \(bind: counts.targetOnly.map { "\($0)" })::bigint, \(bind: filled)::pg_catalog.text[],
        \(bind: lost)::pg_catalog.text[], \(counts.deleted), \(counts.kept),
        \(plan.flatMap { changes($0, counts, run) } ?? "NULL"), \(bind: plan?.target.quoted))
      ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
        updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
        rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message,
        target_only = EXCLUDED.target_only, filled_columns = EXCLUDED.filled_columns,
        lost_columns = EXCLUDED.lost_columns, deleted = EXCLUDED.deleted, kept = EXCLUDED.kept,
        relation = COALESCE(EXCLUDED.relation, \(runTables).relation),
        changed_by = COALESCE(EXCLUDED.changed_by, \(runTables).changed_by)
      """
  }

  /// What a table that lands leaves to a next run that reads changed rows only. Nothing, if it has landed once more since it
  /// was planned: what that run left out, this one does not know.
  package static func changes(_ plan: TablePlan, _ counts: RowCounts, _ run: RunIdentity) -> SQL? {
    guard let changes = plan.changes, let next = changes.next(counts) else { return nil }
    let window = changes.window
    let fullAt: SQL =
      window == nil ? "pg_catalog.now()" : "\(bind: changes.past?.fullAt)::pg_catalog.timestamptz"
    let fullRows = window == nil ? counts.read : changes.past?.fullRows ?? 0
    return """
      CASE WHEN NOT EXISTS (
          SELECT FROM \(runs) r JOIN \(runTables) t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
          WHERE r.flow OPERATOR(pg_catalog.=) \(bind: plan.flow)::pg_catalog.text
            AND t.table_name OPERATOR(pg_catalog.=) \(bind: plan.label)::pg_catalog.text
            AND t.run_id OPERATOR(pg_catalog.>) COALESCE(\(bind: plan.past.run)::bigint, 0)
            AND t.run_id OPERATOR(pg_catalog.<) \(bind: run.id)::bigint
            AND \(hasLanded("t")) AND \(hasWritten("r")))
        THEN pg_catalog.jsonb_build_object('since', \(bind: window?.mark)::pg_catalog.text,
          'mark', \(bind: next.mark)::pg_catalog.text, 'reason', \(bind: next.reason)::pg_catalog.text,
          'full_at', \(fullAt), 'full_rows', \(fullRows), 'plan', \(bind: changes.fingerprint)::pg_catalog.text,
          'next_transaction', \(bind: changes.nextTransaction.map { "\($0)" })::bigint) END
      """
  }
}
