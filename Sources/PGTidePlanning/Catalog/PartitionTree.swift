import PostgresValues

/// A table's partitions, from the catalog alone: `pg_partition_tree` waits for whoever has locked one of them.
package enum PartitionTree {
  /// As FROM takes it: the table of this OID and all partitions below it, with the columns `relid` and `isleaf`. A
  /// partition that is being detached concurrently is none any more, which a source of version 13 has no column for.
  ///
  /// - Parameter table: of a row of the statement around it, whose names must not begin with `tree`.
  package static func of(_ table: SQL) -> SQL {
    """
    (WITH RECURSIVE tree (relid, relkind) AS (
        SELECT tree_root.oid, tree_root.relkind
        FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) \(table)
        UNION ALL
        SELECT tree_part.oid, tree_part.relkind
        FROM tree
        JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
          AND tree.relkind OPERATOR(pg_catalog.=) 'p'
          AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
            OPERATOR(pg_catalog.=) 'false'
        JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
      SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree)
    """
  }

  /// As FROM takes it: the tables that share rows with one, in two arrays, `schemas` and `names`: first those it is a partition
  /// of, the nearest first, then its partitions. Both are NULL where there are none.
  ///
  /// - Parameter table: a row of `pg_class`.
  package static func kin(of table: SQL) -> SQL {
    """
    (
      SELECT pg_catalog.array_agg(kn.nspname::pg_catalog.text ORDER BY relative.place, k.oid) AS schemas,
        pg_catalog.array_agg(k.relname::pg_catalog.text ORDER BY relative.place, k.oid) AS names
      FROM (
        SELECT a.relid, a.place
        FROM pg_catalog.pg_partition_ancestors(\(table).oid) WITH ORDINALITY AS a (relid, place)
        UNION ALL
        SELECT part.relid, NULL FROM \(of("\(table).oid")) part) AS relative
      JOIN pg_catalog.pg_class k ON k.oid OPERATOR(pg_catalog.=) relative.relid
        AND k.oid OPERATOR(pg_catalog.<>) \(table).oid
      JOIN pg_catalog.pg_namespace kn ON kn.oid OPERATOR(pg_catalog.=) k.relnamespace
      -- Looked at first: for most tables nothing else of this is done.
      WHERE \(table).relkind OPERATOR(pg_catalog.=) 'p' OR \(table).relispartition)
    """
  }
}
