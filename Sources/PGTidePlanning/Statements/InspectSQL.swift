import PostgresValues

/// What `inspect` asks of tables beside what a run does. Reads only.
package struct InspectSQL: Sendable {
  private let wanted: SQL

  package init(_ tables: [QualifiedName]) { wanted = CatalogSQL(tables: tables).wanted }

  /// What the server says of them, by their numbers in the catalog.
  package var details: Question<[UInt32: TableDetails]> {
    Question.all(Question(sizes), Question(expressions), Question(triggers)).map { sizes, expressions, triggers in
      var details: [UInt32: TableDetails] = [:]
      for row in sizes.rows {
        guard let oid = row.oid(0) else { continue }
        var found = TableDetails()
        (found.bytes, found.estimatedRows, found.deadRows) = (row.int(1), row.int(2), row.int(3))
        found.lastAnalyzed = row[4]
        details[oid] = found
      }
      for row in expressions.rows {
        guard let oid = row.oid(0), let expression = row[2] else { continue }
        details[oid, default: TableDetails()].expressions[Identifier(row.text(1))] = expression
      }
      for row in triggers.rows {
        guard let oid = row.oid(0) else { continue }
        details[oid, default: TableDetails()].triggers.append(
          TriggerFacts(
            name: Identifier(row.text(1)), bits: row.int(2) ?? 0, state: row.text(3), function: row.text(4),
            code: row.text(5)))
      }
      return details
    }
  }

  /// One row a table that holds rows, itself or in its partitions. To be told a size one waits for locks, so that it is not
  /// asked of a table that somebody has locked.
  private var sizes: SQL {
    """
    WITH \(wanted),
    members AS (
      SELECT c.oid AS root, c.oid FROM wanted c WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}')
      UNION ALL
      SELECT c.oid, leaf.relid FROM wanted c, LATERAL \(PartitionTree.of("c.oid")) leaf
      WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf)
    SELECT m.root,
      CASE WHEN NOT pg_catalog.bool_or(\(CatalogSQL.isLocked("m.oid"))) THEN pg_catalog.sum(
        CASE WHEN NOT \(CatalogSQL.isLocked("m.oid")) THEN pg_catalog.pg_total_relation_size(m.oid) END)::bigint END,
      pg_catalog.sum(CASE WHEN k.reltuples OPERATOR(pg_catalog.>) 0::real THEN k.reltuples::double precision END)::bigint,
      pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(m.oid))::bigint,
      pg_catalog.to_char(pg_catalog.timezone('UTC', pg_catalog.max(GREATEST(
        pg_catalog.pg_stat_get_last_analyze_time(m.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(m.oid)))),
        'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM members m JOIN pg_catalog.pg_class k ON k.oid OPERATOR(pg_catalog.=) m.oid
    GROUP BY m.root
    """
  }

  /// One row a column with a default, or that the server computes. To read these one waits for locks, too.
  private var expressions: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, a.attname,
      CASE WHEN NOT \(CatalogSQL.isLocked("c.oid")) THEN pg_catalog.pg_get_expr(def.adbin, def.adrelid) END
    FROM wanted c
    JOIN pg_catalog.pg_attrdef def ON def.adrelid OPERATOR(pg_catalog.=) c.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
      AND a.attnum OPERATOR(pg_catalog.=) def.adnum
    """
  }

  /// One row a trigger of the users.
  private var triggers: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, t.tgname, t.tgtype, t.tgenabled, pg_catalog.format('%I.%I', n.nspname, p.proname),
      pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.encode(t.tgargs, 'escape'))
    FROM wanted c
    JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal
    JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
    ORDER BY c.oid, t.tgname
    """
  }

  /// Counts all rows, and those without a value in each of these columns.
  ///
  /// - Parameter rows: as FROM takes them.
  package static func count(_ rows: SQL, nullsIn columns: [Identifier]) -> SQL {
    let nulls = columns.map { ", pg_catalog.count(*) FILTER (WHERE \($0) IS NULL)" as SQL }.joined(separator: "")
    return "SELECT pg_catalog.count(*)\(nulls) FROM \(rows)"
  }
}
