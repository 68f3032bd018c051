import PostgresValues

/// The catalog query behind ``IntegrityFacts``, and the setting that leaves triggers out.
package enum IntegritySQL {
  /// Leaves out the triggers of rows that this transaction writes, foreign keys' own among them (manual, "20.11.1
  /// Statement Behavior", session_replication_role). It takes a superuser, or a right that hosted services give in ways
  /// of their own, so that it has to be tried.
  package static let leaveTriggersOut: SQL = "SET LOCAL session_replication_role = replica"
  package static let runTriggersAgain: SQL = "SET LOCAL session_replication_role = origin"

  /// Fails where ``leaveTriggersOut`` would; its effect ends with the statement.
  package static let tryLeavingTriggersOut: SQL =
    "SELECT pg_catalog.set_config('session_replication_role', 'replica', true)"

  /// What ``facts(_:)`` answers, by table.
  package static func known(_ tables: [QualifiedName]) -> Question<[QualifiedName: IntegrityFacts]> {
    Question(facts(tables)) { answer in
      let facts = answer.rows.map { (QualifiedName($0.text(0), $0.text(1)), IntegrityFacts($0)) }
      return Dictionary(facts, uniquingKeysWith: { first, _ in first })
    }
  }

  /// One row a table: its schema and name, what stands in the way of a proof, its foreign keys, and those of them whose
  /// parent is partitioned.
  package static func facts(_ tables: [QualifiedName]) -> SQL {
    """
    WITH wanted AS (
      SELECT c.oid, c.relkind, n.nspname, c.relname
      FROM ROWS FROM (pg_catalog.unnest(\(bind: arrayText(tables.map(\.schema.name)))::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: arrayText(tables.map(\.name.name)))::pg_catalog.text[])) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) w.name AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')),
    -- Rows may go into any of its partitions.
    members AS (
      SELECT w.oid AS root, w.oid FROM wanted w
      UNION
      SELECT w.oid, leaf.relid FROM wanted w, LATERAL \(PartitionTree.of("w.oid")) leaf
        WHERE w.relkind OPERATOR(pg_catalog.=) 'p'),
    keys AS (
      SELECT m.root, f.*, pg_catalog.to_jsonb(f) AS raw
      FROM members m JOIN pg_catalog.pg_constraint f ON f.conrelid OPERATOR(pg_catalog.=) m.oid
        AND f.contype OPERATOR(pg_catalog.=) 'f'
      WHERE f.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint whole JOIN members r ON r.oid OPERATOR(pg_catalog.=) whole.conrelid
          AND r.root OPERATOR(pg_catalog.=) m.root
        WHERE whole.oid OPERATOR(pg_catalog.=) f.conparentid)),
    obstacles AS (
      -- Bit 2 of tgtype is INSERT. Those that fire on updates alone, such as one that keeps a time up, stay.
      SELECT m.root, pg_catalog.format('the trigger %s', t.tgname) AS obstacle
      FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
      WHERE NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
        AND (t.tgtype OPERATOR(pg_catalog.&) 4) OPERATOR(pg_catalog.=) 4
      UNION ALL
      SELECT m.root, 'a constraint whose triggers are disabled, or always run'
      FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
      WHERE t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'O'
      UNION ALL
      SELECT m.root, pg_catalog.format('the rule %s', r.rulename)
      FROM members m JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) m.oid
      UNION ALL
      SELECT m.root, pg_catalog.format('the deferrable constraint %s', k.conname)
      FROM members m JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.oid
      WHERE k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}') AND k.condeferrable
      UNION ALL
      SELECT k.root, pg_catalog.format('the foreign key %s, which ', k.conname) OPERATOR(pg_catalog.||) flaw.text
      FROM keys k, LATERAL (VALUES
        (k.conrelid OPERATOR(pg_catalog.<>) k.root, 'only a partition has'),
        (NOT k.convalidated, 'is NOT VALID'),
        ((k.raw OPERATOR(pg_catalog.->>) 'conenforced') OPERATOR(pg_catalog.=) 'false', 'is NOT ENFORCED'),
        ((k.raw OPERATOR(pg_catalog.->>) 'conperiod') OPERATOR(pg_catalog.=) 'true', 'is over a PERIOD'),
        (k.confmatchtype OPERATOR(pg_catalog.=) 'f'
          AND pg_catalog.cardinality(k.conkey) OPERATOR(pg_catalog.>) 1, 'is MATCH FULL over several columns'),
        (EXISTS (
          SELECT FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS pair (child, parent)
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid
            AND a.attnum OPERATOR(pg_catalog.=) pair.child
          JOIN pg_catalog.pg_attribute p ON p.attrelid OPERATOR(pg_catalog.=) k.confrelid
            AND p.attnum OPERATOR(pg_catalog.=) pair.parent
          WHERE a.atttypid OPERATOR(pg_catalog.<>) p.atttypid OR a.attcollation OPERATOR(pg_catalog.<>) p.attcollation),
          'compares different types or collations'),
        (pg_catalog.row_security_active(k.confrelid), 'refers to a table with row-level security'),
        (NOT (pg_catalog.has_table_privilege(k.confrelid, 'SELECT')
            AND pg_catalog.has_table_privilege(k.confrelid, 'UPDATE')),
          'refers to a table that we may not SELECT from and UPDATE')
      ) AS flaw (holds, text)
      WHERE flaw.holds)
    SELECT w.nspname, w.relname, o.obstacles, k.keys, k.names
    FROM wanted w
    LEFT JOIN (
      SELECT o.root, pg_catalog.array_agg(DISTINCT o.obstacle) AS obstacles FROM obstacles o GROUP BY o.root) o
      ON o.root OPERATOR(pg_catalog.=) w.oid
    LEFT JOIN (
      SELECT k.root, pg_catalog.array_agg(k.oid::pg_catalog.text ORDER BY k.oid) AS keys,
        pg_catalog.array_agg(k.conname::pg_catalog.text) FILTER (WHERE p.relkind OPERATOR(pg_catalog.=) 'p') AS names
      FROM keys k JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) k.confrelid
      GROUP BY k.root) k ON k.root OPERATOR(pg_catalog.=) w.oid
    """
  }
}
