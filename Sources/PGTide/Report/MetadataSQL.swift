import Postgres

/// The users' own status table: one row a table, read by their scripts.
struct MetadataSQL: Sendable {
  let table: QualifiedName

  enum Status: String, Sendable {
    case pending, success, partial, failed
  }

  var create: SQL {
    """
    CREATE TABLE IF NOT EXISTS \(table) (
      table_name pg_catalog.text PRIMARY KEY,
      last_sync_timestamp pg_catalog.timestamptz,
      records_synced bigint NOT NULL DEFAULT 0,
      sync_status pg_catalog.text NOT NULL DEFAULT 'pending'
        CHECK (sync_status OPERATOR(pg_catalog.=) ANY ('{pending,success,partial,failed}')),
      error_message pg_catalog.text,
      updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now())
    """
  }

  /// A row for each table that has none yet.
  func seed(_ names: [String]) -> SQL {
    """
    INSERT INTO \(table) (table_name, sync_status)
    SELECT wanted.name, \(bind: Status.pending.rawValue)
      FROM pg_catalog.unnest(\(bind: arrayText(names))::pg_catalog.text[]) AS wanted (name)
    WHERE NOT EXISTS (SELECT FROM \(table) m WHERE m.table_name OPERATOR(pg_catalog.=) wanted.name)
    """
  }

  /// What became of a table. `records` are the rows that are now level with the source; a failure leaves them and the
  /// time of the last success as they were.
  ///
  /// An UPDATE, then an INSERT where there was no row: the users' table may lack the unique index that ON CONFLICT
  /// needs.
  func set(_ name: String, _ status: Status, records: Int, error: String?) -> [SQL] {
    let landed = status == .success || status == .partial
    let success: SQL = landed ? "last_sync_timestamp = pg_catalog.now(), records_synced = \(records), " : ""
    return [
      """
      UPDATE \(table) SET \(success)sync_status = \(bind: status.rawValue), error_message = \(bind: error),
        updated_at = pg_catalog.now()
      WHERE table_name OPERATOR(pg_catalog.=) \(bind: name)
      """,
      """
      INSERT INTO \(table) (table_name, last_sync_timestamp, records_synced, sync_status, error_message, updated_at)
      SELECT \(bind: name)::pg_catalog.text, \(landed ? "pg_catalog.now()" : "NULL::pg_catalog.timestamptz"),
        \(landed ? records : 0), \(bind: status.rawValue)::pg_catalog.text,
        \(bind: error)::pg_catalog.text, pg_catalog.now()
      WHERE NOT EXISTS (SELECT FROM \(table) WHERE table_name OPERATOR(pg_catalog.=) \(bind: name)::pg_catalog.text)
      """,
    ]
  }
}
