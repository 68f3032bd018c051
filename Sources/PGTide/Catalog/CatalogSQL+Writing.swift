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
          AND CASE WHEN h.relreplident OPERATOR(pg_catalog.=) 'd' THEN i.indisprimary ELSE i.indisreplident END))),
    -- What the view pg_publication_tables does, which takes longer to plan than all the rest.
    published AS (
      SELECT p.pubname, t.relid
      FROM pg_catalog.pg_publication p,
        LATERAL pg_catalog.pg_get_publication_tables(p.pubname::pg_catalog.text) t
      WHERE p.pubupdate)
    SELECT c.oid, rules.names, publications.names, COALESCE(parts.count, 0)
    FROM wanted c
    LEFT JOIN (SELECT h.root, pg_catalog.count(*) FROM heaps h GROUP BY h.root) parts
      ON parts.root OPERATOR(pg_catalog.=) c.oid
    CROSS JOIN LATERAL (
      SELECT pg_catalog.array_agg(r.rulename::pg_catalog.text ORDER BY r.rulename) AS names FROM pg_catalog.pg_rewrite r
      WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid AND r.ev_type OPERATOR(pg_catalog.=) ANY ('{2,3}')) rules
    LEFT JOIN (
      SELECT h.root, pg_catalog.array_agg(DISTINCT p.pubname::pg_catalog.text) AS names
      FROM nameless h
      CROSS JOIN LATERAL (
        SELECT h.oid UNION SELECT a.relid FROM pg_catalog.pg_partition_ancestors(h.oid) AS a (relid)) named
      JOIN published p ON p.relid OPERATOR(pg_catalog.=) named.oid
      GROUP BY h.root) publications ON publications.root OPERATOR(pg_catalog.=) c.oid
    ORDER BY c.oid
    """
  }
}
