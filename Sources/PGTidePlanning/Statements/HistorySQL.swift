import PostgresValues

/// The run history in the schema `pgtide`.
package enum HistorySQL {
  package static let runs = QualifiedName(StageTable.schema, "runs")
  package static let runTables = QualifiedName(StageTable.schema, "run_tables")

  package static let create: [SQL] = [
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
      error_message pg_catalog.text,
      target_only bigint, deleted bigint, kept bigint, receipt pg_catalog.jsonb)
    """,
    """
    CREATE TABLE IF NOT EXISTS \(runTables) (
      run_id bigint NOT NULL REFERENCES \(runs) ON DELETE CASCADE,
      table_name pg_catalog.text NOT NULL,
      status pg_catalog.text NOT NULL,
      rows_read bigint NOT NULL, staged bigint NOT NULL,
      inserted bigint NOT NULL, updated bigint NOT NULL, unchanged bigint NOT NULL, protected bigint NOT NULL,
      rejected bigint NOT NULL,
      bytes bigint NOT NULL, chunks integer NOT NULL,
      extract_seconds numeric NOT NULL, delta_seconds numeric NOT NULL, merge_seconds numeric NOT NULL,
      error_message pg_catalog.text,
      target_only bigint, filled_columns pg_catalog.text[], lost_columns pg_catalog.text[],
      deleted bigint, kept bigint, changed_by pg_catalog.jsonb, relation pg_catalog.text,
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
      rejected_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      first_rejected_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
      times integer NOT NULL DEFAULT 1, previous_run_id bigint)
    """,
    RewriteSQL.create,
    DeleteSQL.create,
    ProtectedSQL.create,
    "CREATE INDEX IF NOT EXISTS \(Identifier("rejects_run_id_idx")) ON \(RejectSQL.rejects) (run_id, table_name)",
  ]

  /// What a table has more than that of an earlier version, with the type of each column.
  private static let additions: [(table: QualifiedName, columns: [(name: Identifier, type: SQL)])] = [
    (runs, [("target_only", "bigint"), ("deleted", "bigint"), ("kept", "bigint"), ("receipt", "pg_catalog.jsonb")]),
    (
      runTables,
      [
        ("target_only", "bigint"), ("filled_columns", "pg_catalog.text[]"), ("lost_columns", "pg_catalog.text[]"),
        ("deleted", "bigint"), ("kept", "bigint"), ("changed_by", "pg_catalog.jsonb"),
        ("relation", "pg_catalog.text"),
      ]
    ),
    (
      RejectSQL.rejects,
      [
        ("first_rejected_at", "pg_catalog.timestamptz"), ("times", "integer NOT NULL DEFAULT 1"),
        ("previous_run_id", "bigint"),
      ]
    ),
    (ProtectedSQL.rows, [("message", "pg_catalog.text")]),
    (DeleteSQL.deleted, [("relation", "pg_catalog.text")]),
  ]

  /// What earlier versions counted there, always 0.
  private static let dropped: Identifier = "rejected_before_stage"

  /// The columns that a table of an earlier version lacks, or has too many.
  package static func outdatedColumns(_ table: QualifiedName, among columns: [Identifier]) -> [Identifier] {
    let missing = additions.first { $0.table == table }?.columns.map(\.name).filter { !columns.contains($0) } ?? []
    return missing + columns.filter { table == runTables && $0 == dropped }
  }

  /// Gives the tables of an earlier version the columns of this one.
  ///
  /// - Parameter isOutdated: whether that is to be done for a table.
  package static func upgrade(where isOutdated: (QualifiedName) -> Bool = { _ in true }) -> [SQL] {
    additions.filter { isOutdated($0.table) }.map { table, columns in
      let added = columns.map { "ADD COLUMN IF NOT EXISTS \($0.name) \($0.type)" as SQL }
      let gone: [SQL] = table == runTables ? ["DROP COLUMN IF EXISTS \(dropped)"] : []
      return "ALTER TABLE \(table) \((added + gone).joined(separator: ", "))"
    }
  }

  /// The table has landed in the run of this row of `run_tables`.
  package static func hasLanded(_ row: SQL) -> SQL {
    "\(row).status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[])"
  }

  /// The run of this row of `runs` was to bring the target level, and not only to try.
  package static func hasWritten(_ row: SQL) -> SQL {
    """
    pg_catalog.strpos(\(row).mode, 'dry run') OPERATOR(pg_catalog.=) 0 AND \(row).mode OPERATOR(pg_catalog.<>) 'tune'
    """
  }

  /// Returns the run's number.
  package static func begin(flow: String, mode: String, settings: String) -> SQL {
    """
    INSERT INTO \(runs) (flow, mode, settings)
    VALUES (\(bind: flow), \(bind: mode), \(bind: settings)::pg_catalog.jsonb)
    RETURNING run_id
    """
  }

  /// When a run began, as text; no row where there is none of this number.
  package static func began(_ run: String) -> SQL {
    "SELECT started_at::pg_catalog.text FROM \(runs) WHERE run_id OPERATOR(pg_catalog.=) \(bind: run)::bigint"
  }

  /// What other runs than `known`, of any flow, have landed since the first of these began: a row for each of these
  /// tables and each run, the newest run first.
  ///
  /// A run that was at work then may have read the source later.
  package static func landed(since known: [String], tables: [String]) -> SQL {
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
  package static func closeDead(flow: String) -> SQL {
    """
    UPDATE \(runs) SET status = 'died', finished_at = pg_catalog.now(),
      error_message = 'it ended without a word'
    WHERE flow OPERATOR(pg_catalog.=) \(bind: flow) AND status OPERATOR(pg_catalog.=) 'running'
    """
  }

  package static func finish(
    _ run: RunIdentity, status: String, totals: RowCounts, bytes: Int, seconds: Double, error: String?
  )
    -> SQL
  {
    """
    UPDATE \(runs) SET finished_at = pg_catalog.clock_timestamp(), status = \(bind: status),
      rows_read = \(totals.read), inserted = \(totals.inserted), updated = \(totals.updated),
      unchanged = \(totals.unchanged), protected = \(totals.protected), rejected = \(totals.rejected),
      target_only = \(bind: totals.targetOnly.map { "\($0)" })::bigint, deleted = \(totals.deleted), kept = \(totals.kept),
      bytes = \(bytes), seconds = \(bind: "\(seconds)")::numeric, error_message = \(bind: error)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
    """
  }

  /// Keeps what a run has proved.
  package static func keep(receipt: String, run: RunIdentity) -> SQL {
    """
    UPDATE \(runs) SET receipt = \(bind: receipt)::pg_catalog.jsonb
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
    """
  }

  /// The receipt of a run, its flow, and when the run ended; no row where there is no run of this number.
  package static func receipt(of run: RunIdentity) -> SQL {
    """
    SELECT receipt, flow, COALESCE(finished_at, started_at)::pg_catalog.text FROM \(runs)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
    """
  }

  /// Whether the merges of these tables are committed, which write their rows here.
  package static func haveLanded(_ tables: [String], run: RunIdentity) -> SQL {
    """
    SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) \(tables.count) FROM \(runTables)
    WHERE run_id OPERATOR(pg_catalog.=) \(bind: run.id)::bigint
      AND table_name OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(tables))::pg_catalog.text[])
      AND status OPERATOR(pg_catalog.=) ANY ('{success,partial}')
    """
  }

  // MARK: - Runs that did not begin

  /// Why a run did not begin, as its row says it.
  package enum NotBegun: String, CaseIterable {
    /// Its plan has problems.
    case refused
    /// No connection to the source came about.
    case unreachable
    /// It could not be planned.
    case unplanned
  }

  /// Writes down a run that did not begin.
  package static func note(_ reason: NotBegun, flow: String, mode: String, settings: String, error: String) -> SQL {
    """
    INSERT INTO \(runs) (flow, mode, settings, status, finished_at, error_message)
    VALUES (\(bind: flow), \(bind: mode), \(bind: settings)::pg_catalog.jsonb, \(bind: reason.rawValue),
      pg_catalog.clock_timestamp(), \(bind: error))
    """
  }

  /// The run of this row has begun.
  package static func hasBegun(_ row: SQL) -> SQL {
    let reasons = NotBegun.allCases.map(\.rawValue).joined(separator: ",")
    return "\(row).status OPERATOR(pg_catalog.<>) ALL (\(literal: "{\(reasons)}")::pg_catalog.text[])"
  }

  // MARK: - Housekeeping

  /// So many runs go at a time, so that a run's end is not kept up by what has piled up before.
  private static let prunedAtOnce = 20

  /// Deletes the flow's oldest runs, with their tables and rejects, but for the newest `kept`.
  ///
  /// For each table the last run in which it landed stays, however many have gone on without it since: what is told of
  /// lost rows and columns rests on it. So do runs that are at work.
  package static func prune(flow: String, keeping kept: Int) -> SQL {
    """
    DELETE FROM \(runs) WHERE run_id OPERATOR(pg_catalog.=) ANY (
      SELECT old.run_id FROM (
        SELECT r.run_id, r.status, r.mode, pg_catalog.row_number() OVER (ORDER BY r.run_id DESC) AS place
        FROM \(runs) r WHERE r.flow OPERATOR(pg_catalog.=) \(bind: flow)) old
      WHERE old.place OPERATOR(pg_catalog.>) \(kept) AND old.status OPERATOR(pg_catalog.<>) 'running'
        AND NOT (\(hasWritten("old")) AND EXISTS (
          SELECT FROM \(runTables) t
          WHERE t.run_id OPERATOR(pg_catalog.=) old.run_id AND \(hasLanded("t")) AND NOT EXISTS (
            SELECT FROM \(runTables) later JOIN \(runs) r ON r.run_id OPERATOR(pg_catalog.=) later.run_id
            WHERE later.table_name OPERATOR(pg_catalog.=) t.table_name
              AND later.run_id OPERATOR(pg_catalog.>) old.run_id AND \(hasLanded("later"))
              AND r.flow OPERATOR(pg_catalog.=) \(bind: flow) AND \(hasWritten("r")))))
      ORDER BY old.run_id LIMIT \(prunedAtOnce))
    """
  }
}
