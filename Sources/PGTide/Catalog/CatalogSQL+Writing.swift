import Postgres

extension CatalogSQL {
  /// One row a table, with what would change, refuse or mislead a write to it.
  ///
  /// - The rules that fire on INSERT or UPDATE.
  /// - The publications that publish its updates although it, or a partition of it, has no replica identity: the
  ///   server then refuses every UPDATE (manual, "31.1 Publication").
  /// - Whether other tables inherit from it: its unique indexes do not cover their rows.
  var writing: SQL {
    """
    WITH \(wanted),
    heaps AS (
      SELECT c.oid AS root, c.oid, c.relreplident FROM wanted c WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      UNION ALL
      SELECT root.oid, c.oid, c.relreplident
      FROM wanted root, LATERAL pg_catalog.pg_partition_tree(root.oid) leaf
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) leaf.relid
      WHERE root.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf),
    nameless AS (
      SELECT h.root, h.oid FROM heaps h
      WHERE h.relreplident OPERATOR(pg_catalog.=) 'n' OR (h.relreplident OPERATOR(pg_catalog.=) ANY ('{d,i}')
        AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid OPERATOR(pg_catalog.=) h.oid AND i.indisvalid AND i.indimmediate
          AND CASE WHEN h.relreplident OPERATOR(pg_catalog.=) 'd' THEN i.indisprimary ELSE i.indisreplident END)))
    SELECT c.oid, rules.names, publications.names
    FROM wanted c
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(r.rulename::pg_catalog.text ORDER BY r.rulename) AS names FROM pg_catalog.pg_rewrite r
      WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid AND r.ev_type OPERATOR(pg_catalog.=) ANY ('{2,3}')
        AND r.ev_enabled OPERATOR(pg_catalog.<>) 'D') rules
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(DISTINCT p.pubname::pg_catalog.text) AS names
      FROM nameless h
      CROSS JOIN LATERAL (
        SELECT h.oid UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors(h.oid) AS a (relid)) named
      JOIN pg_catalog.pg_class t ON t.oid OPERATOR(pg_catalog.=) named.oid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.relnamespace
      JOIN pg_catalog.pg_publication_tables pt ON pt.schemaname OPERATOR(pg_catalog.=) n.nspname
        AND pt.tablename OPERATOR(pg_catalog.=) t.relname
      JOIN pg_catalog.pg_publication p ON p.pubname OPERATOR(pg_catalog.=) pt.pubname AND p.pubupdate
      WHERE h.root OPERATOR(pg_catalog.=) c.oid) publications
    ORDER BY c.oid
    """
  }
}
