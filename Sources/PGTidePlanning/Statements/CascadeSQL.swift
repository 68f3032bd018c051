import PostgresValues

/// What a transaction has written, through foreign keys, beside the rows of the table that it merged.
///
/// Which rows an update will reach cannot be known for sure beforehand: a trigger or a generated column may change what
/// others refer to, somebody may come to refer to a row while the update waits for it, and a row that moves to another
/// partition is deleted where it was. So the server is asked afterwards. The catalogs say which relations the foreign keys
/// lead to, the session's counters whether any of them was written, and a row's `xmin` whether it was.
package struct CascadeSQL: Sendable {
  package let table: TablePlan

  package init(table: TablePlan) { self.table = table }

  /// A relation that foreign keys lead to, and what the session has done to it so far.
  package struct Reached: Sendable {
    /// The relation as ``PostgresValues/QualifiedName/quoted``; of a partition, the whole table.
    package let name: String
    /// Tuples updated, and those deleted less those inserted; `nil` where there may be some and the server does not count.
    package let updated: Int?
    package let removed: Int?
  }

  /// Asked before and after the writes.
  package var question: Question<[Reached]> {
    Question(reached) { answer in
      answer.rows.map { Reached(name: $0[0] ?? "", updated: $0.int(1), removed: $0.int(2)) }
    }
  }

  /// The relations to which foreign keys of the table lead that write when it is updated: with ON UPDATE CASCADE, SET NULL or
  /// SET DEFAULT, and from a partition, which a row may leave, with ON DELETE, too; from key to key. They are known by their
  /// triggers: the catalog of constraints has no index for it.
  package var reached: SQL {
    """
    WITH RECURSIVE members (oid, is_reached, by_delete) AS (
      SELECT part.relid, false, false FROM \(PartitionTree.of("\(raw: "\(table.counters.relation)")")) part
      UNION
      SELECT part.relid, true, k.tgfoid OPERATOR(pg_catalog.=) ANY (\(Self.actions(on: "del")))
      FROM members m
      JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
      JOIN pg_catalog.pg_trigger k ON k.tgrelid OPERATOR(pg_catalog.=) m.oid AND k.tgisinternal
        AND (k.tgfoid OPERATOR(pg_catalog.=) ANY (\(Self.actions(on: "upd")))
          OR r.relispartition AND k.tgfoid OPERATOR(pg_catalog.=) ANY (\(Self.actions(on: "del"))))
      CROSS JOIN LATERAL \(PartitionTree.of("k.tgconstrrelid")) part)
    SELECT pg_catalog.concat('"', pg_catalog.replace(n.nspname, '"', '""'), '"."',
        pg_catalog.replace(c.relname, '"', '""'), '"') AS name,
      CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN written.updated END AS updated,
      CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN written.removed
        WHEN NOT written.by_delete THEN 0 END AS removed
    FROM (
      SELECT COALESCE(pg_catalog.pg_partition_root(m.oid)::pg_catalog.oid, m.oid) AS root,
        pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(m.oid)) AS updated,
        pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(m.oid)
          OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_inserted(m.oid)) AS removed,
        pg_catalog.bool_or(m.by_delete) AS by_delete
      FROM members m WHERE m.is_reached GROUP BY 1) written
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) written.root
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    """
  }

  /// The functions of the referenced table's triggers that write (manual, "CREATE TABLE", REFERENCES).
  private static func actions(on event: String) -> SQL {
    let names = ["cascade", "setnull", "setdefault"].map { action in
      "'pg_catalog.\"RI_FKey_\(raw: action)_\(raw: event)\"'::pg_catalog.regproc" as SQL
    }
    return "ARRAY[\(names.joined(separator: ", "))]::pg_catalog.oid[]"
  }

  // MARK: - Whose rows they were

  /// The tables whose rows the plan expects to be written.
  package var expected: [ReferringRows] {
    var all: [ReferringRows] = []
    func add(_ rows: ReferringRows) {
      if !all.contains(where: { $0.table == rows.table }) { all.append(rows) }
      rows.further.forEach(add)
    }
    table.referrers.map(\.rows).forEach(add)
    return all
  }

  /// How many rows that are not ours the transaction with this xid has written among `rows`, the table's as FROM takes them.
  package static func countOthers(in rows: SQL, of origin: OriginPlan, writtenBy xid: SQL) -> SQL {
    """
    SELECT pg_catalog.count(*) FROM \(rows) t
    WHERE t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) \(xid) AND NOT \(origin.isOurs("t"))
    """
  }

  /// The same of a relation of which each row is others'.
  ///
  /// - Parameter name: as ``Reached/name``.
  package static func count(in name: SQL, writtenBy xid: SQL) -> SQL {
    "SELECT pg_catalog.count(*) FROM \(name) t WHERE t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) \(xid)"
  }

  /// The xid of a transaction that is in no sub-transaction.
  package static let ownXID: SQL = "pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text"
}
