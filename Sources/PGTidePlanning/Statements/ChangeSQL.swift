import PostgresValues

/// What the servers are asked of tables whose rows tell by a column that they have changed.
package enum ChangeSQL {
  /// The files of tables and their partitions.
  package static func files(_ tables: [QualifiedName]) -> Question<[QualifiedName: String]> {
    let sql: SQL = """
      WITH \(CatalogSQL(tables: tables).wanted)
      SELECT n.nspname, c.relname, (
        SELECT pg_catalog.string_agg(
          pg_catalog.concat(part.relid, ':', pg_catalog.pg_relation_filenode(part.relid)), ' ' ORDER BY part.relid)
        FROM \(PartitionTree.of("c.oid")) part)
      FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      """
    return Question(sql) { answer in
      Dictionary(
        answer.rows.map { (QualifiedName($0.text(0), $0.text(1)), $0.text(2)) }, uniquingKeysWith: { first, _ in first }
      )
    }
  }

  /// What the plan wants to know of the source.
  ///
  /// - Parameter settings: those that the configuration sets on the source; `nil`: no code of the database, nor SQL of the
  ///   user's own, runs while rows are read.
  package static func facts(_ reads: [ChangeReading], settings names: [String]?) -> Question<ChangeFacts> {
    let tables = reads.compactMap(\.relation)
    return Question.all(
      files(tables), Question(indexes(tables)), .outcome(of: system), .outcome(of: timeline), Question(session),
      readings(reads), types, .optional(names.map { _ in code }), .optional(names.map(settings))
    ).map { files, indexes, system, timeline, session, readings, types, code, settings in
      var facts = ChangeFacts()
      for (name, text) in files { facts.tables[name, default: ChangeFacts.Table()].files = text }
      for row in indexes.rows {
        let columns = row.names(3)
        let name = QualifiedName(row.text(0), row.text(1))
        if row.bool(2) { facts.tables[name, default: ChangeFacts.Table()].uniqueKeys.append(Set(columns)) }
        if let first = columns.first { facts.tables[name, default: ChangeFacts.Table()].indexed.insert(first) }
      }
      // Some services keep these two to themselves.
      let told = [system, timeline].map { (try? $0.get())?.rows.first?[0] ?? "" }
      facts.identity = (told + [session.rows.first?.text(1) ?? ""]).joined(separator: " ")
      facts.seesSessions = session.rows.first?.bool(0) ?? false
      facts.nextTransaction = session.rows.first?.int(2)
      (facts.readings, facts.types, facts.code, facts.settings) = (readings, types, code, settings)
      return facts
    }
  }

  private static func indexes(_ tables: [QualifiedName]) -> SQL {
    """
    WITH \(CatalogSQL(tables: tables).wanted)
    SELECT n.nspname, c.relname, i.indisunique, (
      SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.place)
      FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
        AND a.attnum OPERATOR(pg_catalog.=) k.number
      WHERE k.place OPERATOR(pg_catalog.<=) i.indnkeyatts)
    FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid
    WHERE i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
    """
  }

  private static let system: SQL = "SELECT own.system_identifier FROM pg_catalog.pg_control_system() own"

  /// The one that the server writes: the file with its last checkpoint does not know of a promotion for some minutes.
  private static let timeline: SQL = """
    SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery()
      THEN pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END
    """

  private static let session: SQL = """
    SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'), b.oid,
      pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
    FROM pg_catalog.pg_database b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    """

  // MARK: - How far a snapshot sees

  /// To be asked before the snapshot is taken, outside of its transaction.
  ///
  /// A row that the snapshot does not see is written by a transaction that began at the time in this answer, or later: it
  /// was open then, or it did not exist. What a transaction writes for the time of a change is its own start, or later.
  /// The times of others' transactions are hidden from ordinary roles, and where activities are not tracked; their locks
  /// are not: of one that has begun, and does not say when, nothing is known. The same holds for a prepared transaction, which says when it was prepared.
  package static let horizon: Question<ChangeHorizon> = Question(
    """
    SELECT pg_catalog.to_char(
        pg_catalog.timezone('UTC', LEAST(pg_catalog.statement_timestamp(), pg_catalog.min(a.xact_start))),
        'YYYY-MM-DD HH24:MI:SS.US"+00"'),
      pg_catalog.count(*) FILTER (WHERE a.xact_start IS NULL
        AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) a.pid
          AND l.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock')),
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts p
        WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()),
      pg_catalog.pg_is_in_recovery()
    FROM pg_catalog.pg_database b
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.datid OPERATOR(pg_catalog.=) b.oid
      AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
      AND COALESCE(a.backend_type, 'client backend') OPERATOR(pg_catalog.<>) 'autovacuum worker'
    WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()
    """
  ) { answer in
    guard let row = answer.rows.first else { return .unknown("the source does not say which transactions are open") }
    if row.bool(3) {
      return .unknown("the source is a standby, and does not know when its primary's transactions began")
    }
    if let hidden = row.int(1), hidden > 0 {
      let open = hidden == 1 ? "1 transaction began that is open" : "\(hidden) transactions began that are open"
      return .unknown("the source hides when \(open) (pg_read_all_stats shows it)")
    }
    if let prepared = row.int(2), prepared > 0 {
      let which = prepared == 1 ? "1 prepared transaction" : "\(prepared) prepared transactions"
      return .unknown("the source has \(which), and does not say since when")
    }
    return row[0].map { .known($0) } ?? .unknown("the source does not say which transactions are open")
  }
}
