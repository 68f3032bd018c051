import PostgresValues

extension CatalogSQL {
  /// One row a foreign key that points at the tables, or at partitions of theirs. One with ON UPDATE CASCADE, SET NULL or SET
  /// DEFAULT (`c`, `n` and `d` in `confupdtype`) writes to the rows which have it when a referenced column is updated, and one
  /// with ON DELETE (`confdeltype`) when the row is deleted.
  ///
  /// Further rows of the catalog, one for each partition on either side, hang below the one that counts. `conenforced` and
  /// `conperiod` came with version 18.
  package var referrers: SQL {
    """
    WITH \(wanted),
    members AS (
      SELECT w.oid AS root, w.oid FROM wanted w
      UNION
      SELECT w.oid, part.relid FROM wanted w, LATERAL \(PartitionTree.of("w.oid")) part WHERE w.relkind OPERATOR(pg_catalog.=) 'p')
    SELECT m.root, f.conname, n.nspname, c.relname, c.relkind, f.confupdtype,
      (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
        FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
          AND a.attnum OPERATOR(pg_catalog.=) k.number),
      (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
        FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.confrelid
          AND a.attnum OPERATOR(pg_catalog.=) k.number),
      (SELECT pg_catalog.array_agg(
          (SELECT pg_catalog.format('OPERATOR(%I.%s)', opn.nspname, o.oprname)
            FROM pg_catalog.pg_operator o
            JOIN pg_catalog.pg_namespace opn ON opn.oid OPERATOR(pg_catalog.=) o.oprnamespace
            WHERE o.oid OPERATOR(pg_catalog.=) k.operator) ORDER BY k.position)
        FROM pg_catalog.unnest(f.conpfeqop) WITH ORDINALITY AS k (operator, position)),
      pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND NOT pg_catalog.row_security_active(c.oid),
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conenforced')::boolean, true),
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conperiod')::boolean, false),
      f.confdeltype OPERATOR(pg_catalog.=) ANY ('{c,n,d}')
    FROM pg_catalog.pg_constraint f
    JOIN members m ON m.oid OPERATOR(pg_catalog.=) f.confrelid
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE f.contype OPERATOR(pg_catalog.=) 'f'
      AND (f.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint whole JOIN members r ON r.oid OPERATOR(pg_catalog.=) whole.confrelid
          AND r.root OPERATOR(pg_catalog.=) m.root
        WHERE whole.oid OPERATOR(pg_catalog.=) f.conparentid))
    ORDER BY m.root, f.conname, f.oid
    """
  }
}
