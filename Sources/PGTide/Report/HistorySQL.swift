import Postgres

/// The run history in the schema `pgtide`.
enum HistorySQL {
  static let runs = QualifiedName(StageTable.schema, "runs")
  static let runTables = QualifiedName(StageTable.schema, "run_tables")

  static let create: [SQL] = [
    """
    CREATE TABLE IF NOT EXISTS \(runs) (
      run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      flow pg_catalog.text NOT NULL,
      mode pg_catalog.text NOT NULL,
      started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      finished_at pg_catalog.timestamptz,
      status pg_catalog.text NOT NULL DEFAULT 'running',
      backend_pid integer NOT NULL DEFAULT pg_catalog.pg_backend_pid(),
      settings pg_catalog.jsonb NOT NULL,
      rows_read bigint, inserted bigint, updated bigint, unchanged bigint, protected bigint, rejected bigint,
      bytes bigint, seconds numeric,
      error_message pg_catalog.text)
    """,
    """
    CREATE TABLE IF NOT EXISTS \(runTables) (
      run_id bigint NOT NULL REFERENCES \(runs) ON DELETE CASCADE,
      table_name pg_catalog.text NOT NULL,
      status pg_catalog.text NOT NULL,
      rows_read bigint NOT NULL, staged bigint NOT NULL, rejected_before_stage bigint NOT NULL,
      inserted bigint NOT NULL, updated bigint NOT NULL, unchanged bigint NOT NULL, protected bigint NOT NULL,
      rejected bigint NOT NULL,
      bytes bigint NOT NULL, chunks integer NOT NULL,
      extract_seconds numeric NOT NULL, delta_seconds numeric NOT NULL, merge_seconds numeric NOT NULL,
      error_message pg_catalog.text,
      PRIMARY KEY (run_id, table_name))
    """,
    """
    CREATE TABLE IF NOT EXISTS \(RejectSQL.rejects) (
      reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      run_id bigint NOT NULL REFERENCES \(runs) ON DELETE CASCADE,
      table_name pg_catalog.text NOT NULL,
      row_key pg_catalog.jsonb NOT NULL,
      reason pg_catalog.text NOT NULL,
      column_name pg_catalog.text NOT NULL,
      message pg_catalog.text NOT NULL,
      row_data pg_catalog.jsonb NOT NULL,
      rejected_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now())
    """,
    RewriteSQL.create,
    "CREATE INDEX IF NOT EXISTS \(Identifier("rejects_run_id_idx")) ON \(RejectSQL.rejects) (run_id, table_name)",
  ]

  /// Returns the run's number.
  static func begin(flow: String, mode: String, settings: String) -> SQL {
    """
    INSERT INTO \(runs) (flow, mode, settings)
    VALUES (\(bind: flow), \(bind: mode), \(bind: settings)::pg_catalog.jsonb)
    RETURNING run_id
    """
  }

  /// When a run began, as text; no row where there is none of this number.
  static func began(_ run: String) -> SQL {
    "SELECT started_at::pg_catalog.text FROM \(runs) WHERE run_id OPERATOR(pg_catalog.=) \(bind: run)::bigint"
  }

  /// What other runs than `known`, of any flow, have landed since the first of these began: a row for each of these
  /// tables and each run, the newest run first.
  ///
  /// A run that was at work then may have read the source later.
  static func landed(since known: [String], tables: [String]) -> SQL {
    """
    SELECT r.run_id, r.flow, t.table_name
    FROM \(runs) r JOIN \(runTables) t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
    WHERE t.table_name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(tables))::pg_catalog.text[])
      AND t.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[])
      AND r.run_id OPERATOR(pg_catalog.<>) ALL (\(bind: arrayText(known))::bigint[])
      AND pg_catalog.strpos(r.mode, 'dry run') OPERATOR(pg_catalog.=) 0
      AND (r.run_id OPERATOR(pg_catalog.>) \(bind: known.first)::bigint OR r.finished_at IS NULL
        OR r.finished_at OPERATOR(pg_catalog.>) (SELECT first.started_at FROM \(runs) first
          WHERE first.run_id OPERATOR(pg_catalog.=) \(bind: known.first)::bigint))
    ORDER BY r.run_id DESC, t.table_name
    """
  }

  /// Runs that died without a word. Only one run of a flow is at work at a time, so none of these can be alive.
  static func closeDead(flow: String) -> SQL {
    """
    UPDATE \(runs) SET status = 'died', finished_at = pg_catalog.now(),
      error_message = 'it ended without a word'
    WHERE flow OPERATOR(pg_catalog.=) \(bind: flow) AND status OPERATOR(pg_catalog.=) 'running'
    """
  }

  static func finish(_ run: RunIdentity, status: String, totals: RowCounts, bytes: Int, seconds: Double, error: String?)
    -> SQL
  {
    """
    UPDATE \(runs) SET finished_at = pg_catalog.clock_timestamp(), status = \(bind: status),
      rows_read = \(totals.read), inserted = \(totals.inserted), updated = \(totals.updated),
      unchanged = \(totals.unchanged), protected = \(totals.protected), rejected = \(totals.rejects),
      bytes = \(bytes), seconds = \(bind: "\(seconds)")::numeric, error_message = \(bind: error)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
    """
  }

  /// Whether the merges of these tables are committed, which write their rows here.
  static func haveLanded(_ tables: [String], run: RunIdentity) -> SQL {
    """
    SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) \(tables.count) FROM \(runTables)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
      AND table_name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(tables))::pg_catalog.text[])
      AND status OPERATOR(pg_catalog.=) ANY ('{success,partial}')
    """
  }

  static func table(_ report: TableReport, run: RunIdentity) -> SQL {
    let counts = report.counts
    return """
      INSERT INTO \(runTables) (run_id, table_name, status, rows_read, staged, rejected_before_stage, inserted, updated,
        unchanged, protected, rejected, bytes, chunks, extract_seconds, delta_seconds, merge_seconds, error_message)
      VALUES (\(bind: run.id)::bigint, \(bind: report.table), \(bind: report.status.rawValue), \(counts.read),
        \(counts.staged), \(counts.rejectedBeforeStage), \(counts.inserted), \(counts.updated), \(counts.unchanged),
        \(counts.protected), \(counts.rejected), \(report.bytes), \(report.chunks),
        \(bind: "\(report.extractSeconds)")::numeric, \(bind: "\(report.deltaSeconds)")::numeric,
        \(bind: "\(report.mergeSeconds)")::numeric, \(bind: report.errorSummary))
      ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
        updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
        rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message
      """
  }
}
