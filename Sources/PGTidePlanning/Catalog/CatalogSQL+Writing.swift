import PostgresValues

extension CatalogSQL {
  /// One row a table, with what would change, refuse or mislead a write to it.
  ///
  /// - The rules on INSERT or UPDATE. One that is disabled still forbids ON CONFLICT (manual, "INSERT"). The rules on DELETE.
  /// - Whether the session's user may delete rows, and whether triggers fire when rows are deleted or inserted.
  /// - The publications that publish its updates although it, or a partition of it, has no replica identity: the
  ///   server then refuses every UPDATE (manual, "31.1 Publication").
  /// - Whether other tables inherit from it: its unique indexes do not cover their rows.
  ///
  /// - Parameter version: the server's. Publications of whole schemas came with 15.
  package func writing(version: Int) -> SQL {
    let ofSchemas: SQL = version >= 150_000 ? "\n  UNION ALL\n  \(Self.publishedWithSchema)" : ""
    return """
      WITH \(wanted),
      heaps AS (
        SELECT c.oid AS root, c.oid, c.relreplident, c.relpersistence FROM wanted c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        UNION ALL
        SELECT root.oid, c.oid, c.relreplident, c.relpersistence
        FROM wanted root, LATERAL \(PartitionTree.of("root.oid")) leaf
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) leaf.relid
        WHERE root.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf),
      nameless AS (
        SELECT h.root, h.oid FROM heaps h
        -- Nothing of an unlogged table is published.
        WHERE h.relpersistence OPERATOR(pg_catalog.=) 'p' AND (h.relreplident OPERATOR(pg_catalog.=) 'n'
          OR (h.relreplident OPERATOR(pg_catalog.=) ANY ('{d,i}') AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index i
          WHERE i.indrelid OPERATOR(pg_catalog.=) h.oid AND i.indisvalid AND i.indimmediate
            AND CASE WHEN h.relreplident OPERATOR(pg_catalog.=) 'd' THEN i.indisprimary ELSE i.indisreplident END)))),
      -- By itself or with a table above it. pg_get_publication_tables says the same, and waits for locks of all tables.
      named AS (
        SELECT h.root, h.oid FROM nameless h
        UNION
        SELECT h.root, a.relid FROM nameless h, LATERAL pg_catalog.pg_partition_ancestors(h.oid) AS a (relid)),
      published AS (
        SELECT m.root, p.pubname
        FROM pg_catalog.pg_publication p
        JOIN pg_catalog.pg_publication_rel r ON r.prpubid OPERATOR(pg_catalog.=) p.oid
        JOIN named m ON m.oid OPERATOR(pg_catalog.=) r.prrelid
        WHERE p.pubupdate
        UNION ALL
        SELECT h.root, p.pubname FROM pg_catalog.pg_publication p, nameless h WHERE p.pubupdate AND p.puballtables\(ofSchemas))
      SELECT c.oid, rules.names, publications.names, COALESCE(parts.count, 0), rules.on_delete,
        pg_catalog.has_table_privilege(c.oid, 'DELETE'),
        pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE'),
        -- Bit 2 of tgtype is INSERT, bit 3 DELETE. Without a replica identity no deletion can be published.
        EXISTS (SELECT FROM nameless h WHERE h.root OPERATOR(pg_catalog.=) c.oid)
          AND EXISTS (SELECT FROM pg_catalog.pg_publication p WHERE p.pubdelete)
        OR EXISTS (SELECT FROM pg_catalog.pg_trigger g
          WHERE NOT g.tgisinternal AND g.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}')
            AND (g.tgtype OPERATOR(pg_catalog.&) 12::smallint) OPERATOR(pg_catalog.<>) 0
            AND (g.tgrelid OPERATOR(pg_catalog.=) c.oid OR g.tgrelid OPERATOR(pg_catalog.=) ANY (
              SELECT h.oid FROM heaps h WHERE h.root OPERATOR(pg_catalog.=) c.oid))), kin.schemas, kin.names
      FROM wanted c
      LEFT JOIN (SELECT h.root, pg_catalog.count(*) FROM heaps h GROUP BY h.root) parts
        ON parts.root OPERATOR(pg_catalog.=) c.oid
      CROSS JOIN LATERAL (
        SELECT
          pg_catalog.array_agg(r.rulename::pg_catalog.text ORDER BY r.rulename)
            FILTER (WHERE r.ev_type OPERATOR(pg_catalog.=) ANY ('{2,3}')) AS names,
          pg_catalog.array_agg(r.rulename::pg_catalog.text ORDER BY r.rulename)
            FILTER (WHERE r.ev_type OPERATOR(pg_catalog.=) '4') AS on_delete
        FROM pg_catalog.pg_rewrite r
        WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid) rules
      CROSS JOIN LATERAL \(PartitionTree.kin(of: "c")) AS kin
      LEFT JOIN (
        SELECT p.root, pg_catalog.array_agg(DISTINCT p.pubname::pg_catalog.text) AS names
        FROM published p GROUP BY p.root) publications ON publications.root OPERATOR(pg_catalog.=) c.oid
      ORDER BY c.oid
      """
  }

  private static let publishedWithSchema: SQL = """
    SELECT m.root, p.pubname
      FROM pg_catalog.pg_publication p
      JOIN pg_catalog.pg_publication_namespace s ON s.pnpubid OPERATOR(pg_catalog.=) p.oid
      JOIN pg_catalog.pg_class k ON k.relnamespace OPERATOR(pg_catalog.=) s.pnnspid
      JOIN named m ON m.oid OPERATOR(pg_catalog.=) k.oid
      WHERE p.pubupdate
    """
}
