import PostgresValues

extension CatalogSQL {
  /// One row: the server, its settings, and the limits on connections with what is used of them.
  ///
  /// A limit of -1 is none; a superuser has only the server's. The kind of others' sessions is hidden from ordinary
  /// roles (manual, "28.2.3 pg_stat_activity"), so what is not known to be something else counts as a client.
  package static let server: SQL = """
    SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('block_size'),
      pg_catalog.pg_is_in_recovery(), current_user, pg_catalog.current_database(),
      pg_catalog.current_setting('track_counts')::boolean, pg_catalog.current_setting('transaction_read_only')::boolean,
      pg_catalog.current_setting('max_standby_streaming_delay'),
      pg_catalog.current_setting('hot_standby_feedback')::boolean,
      pg_catalog.current_setting('max_connections')::integer OPERATOR(pg_catalog.-) CASE WHEN role.rolsuper THEN 0 ELSE
        pg_catalog.current_setting('superuser_reserved_connections')::integer
        OPERATOR(pg_catalog.+) COALESCE(pg_catalog.current_setting('reserved_connections', true)::integer, 0) END,
      used.of_server,
      CASE WHEN role.rolsuper THEN -1 ELSE base.datconnlimit END, used.of_database,
      session_user, CASE WHEN role.rolsuper THEN -1 ELSE role.rolconnlimit END, used.of_role,
      pg_catalog.current_setting('server_encoding'),
      pg_catalog.concat_ws(' ', pg_catalog.encode(
        pg_catalog.timestamptz_send(pg_catalog.pg_postmaster_start_time()), 'hex'), base.oid),
      EXISTS (SELECT FROM pg_catalog.pg_namespace hn
        JOIN pg_catalog.pg_class h ON h.relnamespace OPERATOR(pg_catalog.=) hn.oid
        JOIN pg_catalog.pg_attribute ha ON ha.attrelid OPERATOR(pg_catalog.=) h.oid AND NOT ha.attisdropped
        WHERE hn.nspname OPERATOR(pg_catalog.=) \(literal: StageTable.schema)
          AND h.relname OPERATOR(pg_catalog.=) \(literal: HistorySQL.runTables.name.name)
          AND ha.attname OPERATOR(pg_catalog.=) 'lost_columns'),
      pg_catalog.current_setting('max_locks_per_transaction'),
      pg_catalog.current_setting('max_connections')::integer
        OPERATOR(pg_catalog.+) pg_catalog.current_setting('max_prepared_transactions')::integer
    FROM pg_catalog.pg_roles role, pg_catalog.pg_database base, LATERAL (
      SELECT pg_catalog.count(*) AS of_server,
        pg_catalog.count(*) FILTER (WHERE a.datid OPERATOR(pg_catalog.=) base.oid) AS of_database,
        pg_catalog.count(*) FILTER (WHERE a.usesysid OPERATOR(pg_catalog.=) role.oid) AS of_role
      FROM pg_catalog.pg_stat_activity a
      WHERE a.datid IS NOT NULL AND COALESCE(a.backend_type, 'client backend') OPERATOR(pg_catalog.=) 'client backend'
        -- The run connects its workers meanwhile.
        AND (a.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() OR a.datid OPERATOR(pg_catalog.<>) base.oid
          OR NOT COALESCE(
            a.application_name OPERATOR(pg_catalog.=) pg_catalog.current_setting('application_name'), false))) used
    WHERE role.rolname OPERATOR(pg_catalog.=) session_user
      AND base.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    """
}
