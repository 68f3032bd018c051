extension SessionSetting {
  /// Every setting that a session can have for itself, in versions 13 to 18 (`pg_settings`, contexts `user`, `superuser`,
  /// `backend` and `superuser-backend`). Those of extensions have a dot in their names, and are the databases' own.
  package static let all: [SessionSetting] = owned + demanded + left

  private static let owned: [SessionSetting] = [
    // A long COPY or an idle snapshot is no mistake.
    set("statement_timeout", "0"), set("idle_in_transaction_session_timeout", "0"), set("idle_session_timeout", "0"),
    set("transaction_timeout", "0"),
    // Waiting for the app's locks has an end.
    SessionSetting(name: "lock_timeout", decision: .configured(key: "lock_timeout")),
    // A snapshot that is older than a lock reads old catalogs. Statements outside of our own BEGIN are transactions, too.
    set("default_transaction_isolation", "read committed"), set("default_transaction_deferrable", "off"),
    // Nothing that pgtide, or SQL in its configuration, runs on the source can change it. A target that is read-only has
    // its reasons, and is refused (``ServerCheck``).
    SessionSetting(name: "default_transaction_read_only", decision: .set(source: "on", target: nil)),
    // Policies would hide rows silently; with this the server refuses instead (manual, "5.8 Row Security Policies"). What
    // the target's own code reads is filtered as for the app; our comparison is not (``SessionPins/comparison``).
    SessionSetting(name: "row_security", decision: .set(source: "off", target: nil)),
    set("client_encoding", "UTF8"), set("client_min_messages", "warning"),
    // A server notices that its client has gone while a statement runs, from version 14 on.
    set("client_connection_check_interval", "2s"),
    // Compiling a plan costs more than these statements take.
    set("jit", "off"),
    // The joins of stage and target, and a digest's buckets, stay in memory; measured in docs/inside/experiments.md.
    set("work_mem", "32MB"),
    // Off, it reads an array's NULL as a text.
    set("array_nulls", "on"),
    // `document` refuses what another database holds.
    set("xmloption", "content"),
    // Above 0 it leaves rows out of what a GIN index finds.
    set("gin_fuzzy_search_limit", "0"),
    // A question that may fail must not end the session.
    set("exit_on_error", "off"),
    // Names of types are compared between the ends.
    set("quote_all_identifiers", "off"),
    // Else errors quote bound values.
    set("log_parameter_max_length_on_error", "0"),
    // Stages and their deltas are read by `ctid`.
    set("default_table_access_method", "heap"),
  ]

  private static let demanded: [SessionSetting] = [
    demand("session_replication_role", "origin", "triggers and foreign keys would not fire for our rows"),
    demand("zero_damaged_pages", "off", "the rows of a damaged page would be missing, silently and for good"),
    demand("ignore_checksum_failure", "off", "damaged rows would be taken for right ones"),
    demand("ignore_system_indexes", "off", "damaged catalogs would be taken for right ones"),
  ]

  private static let left: [SessionSetting] =
    settings(
      .pinned,
      [
        "TimeZone", "DateStyle", "IntervalStyle", "extra_float_digits", "bytea_output", "lc_monetary", "search_path",
      ])
    + settings(
      .home,
      [
        "application_name", "backslash_quote", "check_function_bodies", "createrole_self_grant", "default_tablespace",
        "default_text_search_config", "default_toast_compression", "dynamic_library_path", "escape_string_warning",
        "event_triggers", "extension_control_path", "extension_destdir", "lc_messages", "lc_numeric", "lc_time",
        "lo_compat_privileges", "local_preload_libraries", "operator_precedence_warning", "password_encryption",
        "scram_iterations", "session_preload_libraries", "standard_conforming_strings", "temp_tablespaces",
        "timezone_abbreviations", "transform_null_equals", "xmlbinary",
      ])
    + settings(
      .speed,
      [
        "backend_flush_after", "compute_query_id", "constraint_exclusion", "cpu_index_tuple_cost", "cpu_operator_cost",
        "cpu_tuple_cost", "cursor_tuple_fraction", "deadlock_timeout", "debug_discard_caches", "debug_parallel_query",
        "default_statistics_target", "effective_cache_size", "effective_io_concurrency", "enable_async_append",
        "enable_bitmapscan", "enable_distinct_reordering", "enable_gathermerge", "enable_group_by_reordering",
        "enable_hashagg", "enable_hashjoin", "enable_incremental_sort", "enable_indexonlyscan", "enable_indexscan",
        "enable_material", "enable_memoize", "enable_mergejoin", "enable_nestloop", "enable_parallel_append",
        "enable_parallel_hash", "enable_partition_pruning", "enable_partitionwise_aggregate",
        "enable_partitionwise_join", "enable_presorted_aggregate", "enable_self_join_elimination", "enable_seqscan",
        "enable_sort", "enable_tidscan", "force_parallel_mode", "from_collapse_limit", "geqo", "geqo_effort",
        "geqo_generations", "geqo_pool_size", "geqo_seed", "geqo_selection_bias", "geqo_threshold",
        "hash_mem_multiplier", "io_combine_limit", "jit_above_cost", "jit_expressions", "jit_inline_above_cost",
        "jit_optimize_above_cost", "jit_tuple_deforming", "join_collapse_limit", "maintenance_io_concurrency",
        "maintenance_work_mem", "max_parallel_maintenance_workers", "max_parallel_workers",
        "max_parallel_workers_per_gather", "min_parallel_index_scan_size", "min_parallel_table_scan_size",
        "optimize_bounded_sort", "parallel_leader_participation", "parallel_setup_cost", "parallel_tuple_cost",
        "plan_cache_mode", "post_auth_delay", "random_page_cost", "recursive_worktable_factor", "seq_page_cost",
        "stats_fetch_consistency", "synchronize_seqscans", "temp_buffers", "track_activities",
        "track_cost_delay_timing", "track_counts", "track_functions", "track_io_timing", "track_wal_io_timing",
        "update_process_title",
      ])
    + settings(
      .aloud,
      [
        "allow_in_place_tablespaces", "allow_system_table_mods", "max_stack_depth", "restrict_nonsystem_relation_kind",
        "tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout", "temp_file_limit",
      ])
    + settings(
      .log,
      [
        "backtrace_functions", "debug_copy_parse_plan_trees", "debug_deadlocks", "debug_pretty_print",
        "debug_print_parse", "debug_print_plan", "debug_print_rewritten", "debug_raw_expression_coverage_test",
        "debug_write_read_parse_plan_trees", "jit_debugging_support", "jit_dump_bitcode", "jit_profiling_support",
        "log_btree_build_stats", "log_connections", "log_disconnections", "log_duration", "log_error_verbosity",
        "log_executor_stats", "log_lock_failures", "log_lock_waits", "log_min_duration_sample",
        "log_min_duration_statement", "log_min_error_statement", "log_min_messages", "log_parameter_max_length",
        "log_parser_stats", "log_planner_stats", "log_replication_commands", "log_statement",
        "log_statement_sample_rate", "log_statement_stats", "log_temp_files", "log_transaction_sample_rate",
        "trace_lock_oidmin", "trace_lock_table", "trace_locks", "trace_lwlocks", "trace_notify", "trace_sort",
        "trace_syncscan", "trace_userlocks", "wal_debug",
      ])
    + settings(
      .storage,
      [
        "commit_delay", "commit_siblings", "file_copy_method", "gin_pending_list_limit", "synchronous_commit",
        "vacuum_buffer_usage_limit", "vacuum_cleanup_index_scale_factor", "vacuum_cost_delay", "vacuum_cost_limit",
        "vacuum_cost_page_dirty", "vacuum_cost_page_hit", "vacuum_cost_page_miss", "vacuum_failsafe_age",
        "vacuum_freeze_min_age", "vacuum_freeze_table_age", "vacuum_max_eager_freeze_failure_rate",
        "vacuum_multixact_failsafe_age", "vacuum_multixact_freeze_min_age", "vacuum_multixact_freeze_table_age",
        "vacuum_truncate", "wal_compression", "wal_consistency_checking", "wal_init_zero", "wal_recycle",
        "wal_skip_threshold",
      ])
    + settings(.transaction, ["transaction_deferrable", "transaction_isolation", "transaction_read_only"])
    + settings(
      .unused,
      [
        "debug_logical_replication_streaming", "icu_validation_level", "logical_decoding_work_mem",
        "logical_replication_mode", "ssl_renegotiation_limit", "wal_sender_timeout",
      ])

  private static func set(_ name: String, _ value: String) -> SessionSetting {
    SessionSetting(name: name, decision: .set(source: value, target: value))
  }

  private static func demand(_ name: String, _ value: String, _ reason: String) -> SessionSetting {
    SessionSetting(name: name, decision: .demanded(value, because: reason))
  }

  private static func settings(_ reason: Reason, _ names: [String]) -> [SessionSetting] {
    names.map { SessionSetting(name: $0, decision: .left(reason)) }
  }
}
