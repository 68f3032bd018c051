import Postgres

extension CatalogSQL {
  /// One row a table, with what would change, refuse or mislead a write to it.
  ///
  /// - The rules on INSERT or UPDATE. One that is disabled still forbids ON CONFLICT (manual, "INSERT").
  /// - The publications that publish its updates although it, or a partition of it, has no replica identity: the
  ///   server then refuses every UPDATE (manual, "31.1 Publication").
  /// - Whether other tables inherit from it: its unique indexes do not cover their rows.
  var writing: SQL {
    """
    WITH \(wanted),
    heaps AS (
      SELECT c.oid AS root, c.oid, c.relreplident FROM wanted c WHERE c.relkind = 'r'
      UNION ALL
      SELECT root.oid, c.oid, c.relreplident
      FROM wanted root, LATERAL pg_catalog.pg_partition_tree(root.oid) leaf
      JOIN pg_catalog.pg_class c ON c.oid = leaf.relid
      WHERE root.relkind = 'p' AND leaf.isleaf),
    nameless AS (
      SELECT h.root, h.oid FROM heaps h
      WHERE h.relreplident = 'n' OR (h.relreplident IN ('d', 'i') AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = h.oid AND i.indisvalid AND i.indimmediate
          AND CASE h.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END)))
    SELECT c.oid, rules.names, publications.names, (SELECT pg_catalog.count(*) FROM heaps h WHERE h.root = c.oid)
    FROM wanted c
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(r.rulename::text ORDER BY r.rulename) AS names FROM pg_catalog.pg_rewrite r
      WHERE r.ev_class = c.oid AND r.ev_type IN ('2', '3')) rules
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(DISTINCT p.pubname::text) AS names
      FROM nameless h
      CROSS JOIN LATERAL (
        SELECT h.oid UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors(h.oid) AS a (relid)) named
      JOIN pg_catalog.pg_class t ON t.oid = named.oid
      JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
      JOIN pg_catalog.pg_publication_tables pt ON pt.schemaname = n.nspname AND pt.tablename = t.relname
      JOIN pg_catalog.pg_publication p ON p.pubname = pt.pubname AND p.pubupdate
      WHERE h.root = c.oid) publications
    ORDER BY c.oid
    """
  }
}
