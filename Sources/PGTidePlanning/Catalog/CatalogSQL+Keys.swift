import PostgresValues

extension CatalogSQL {
  /// One row a unique index. The operator is the one that the index itself calls equality: with an empty
  /// `search_path` a plain `=` would miss an extension's, such as citext's. Of one on expressions, the columns are those
  /// that the expressions use. `indnullsnotdistinct` came with version 15. The index of a WITHOUT OVERLAPS (18) says of
  /// itself that it is unique, and primary.
  package var uniqueIndexes: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, index.relname,
      CASE WHEN i.indexprs IS NULL THEN
        (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
          FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.=) k.number
          WHERE k.position OPERATOR(pg_catalog.<=) i.indnkeyatts)
      ELSE
        (SELECT pg_catalog.array_agg(DISTINCT a.attname::pg_catalog.text)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.=) d.refobjsubid AND a.attnum OPERATOR(pg_catalog.>) 0
          WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) i.indexrelid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
              AND d.refobjid OPERATOR(pg_catalog.=) c.oid)
      END,
      (SELECT pg_catalog.array_agg(
          pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k.position)
        FROM pg_catalog.unnest(i.indclass::pg_catalog.oid[]) WITH ORDINALITY AS k (opclass, position)
        JOIN pg_catalog.pg_opclass oc ON oc.oid OPERATOR(pg_catalog.=) k.opclass
        JOIN pg_catalog.pg_amop am ON am.amopfamily OPERATOR(pg_catalog.=) oc.opcfamily
          AND am.amopstrategy OPERATOR(pg_catalog.=) 3
          AND am.amoplefttype OPERATOR(pg_catalog.=) oc.opcintype
            AND am.amoprighttype OPERATOR(pg_catalog.=) oc.opcintype
        JOIN pg_catalog.pg_operator o ON o.oid OPERATOR(pg_catalog.=) am.amopopr
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace),
      i.indisprimary, i.indimmediate, i.indpred IS NOT NULL, i.indisvalid AND i.indisready,
      i.indexprs IS NOT NULL,
        COALESCE((pg_catalog.to_jsonb(i) OPERATOR(pg_catalog.->>) 'indnullsnotdistinct')::boolean, false),
      EXISTS (
        SELECT FROM ROWS FROM (pg_catalog.unnest(i.indkey::smallint[]),
            pg_catalog.unnest(i.indcollation::pg_catalog.oid[]))
          AS k (number, own)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
          AND a.attnum OPERATOR(pg_catalog.=) k.number
        JOIN pg_catalog.pg_collation one ON one.oid OPERATOR(pg_catalog.=) k.own
        JOIN pg_catalog.pg_collation other ON other.oid OPERATOR(pg_catalog.=) a.attcollation
        WHERE one.oid OPERATOR(pg_catalog.<>) other.oid AND NOT (one.collisdeterministic AND other.collisdeterministic)),
      i.indisexclusion
    FROM wanted c
    JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid AND i.indisunique
    JOIN pg_catalog.pg_class index ON index.oid OPERATOR(pg_catalog.=) i.indexrelid
    ORDER BY c.oid, i.indisprimary DESC, index.relname
    """
  }

  /// One row a foreign key that the tables have, or partitions of theirs by themselves: with the partitions that rows go
  /// into where it stands, and with the partitioned tables and partitions that share rows with its parent.
  ///
  /// One that refers to a partitioned table has further rows in the catalog, one for each partition; they hang below
  /// the one that counts (`conparentid`). So does a partition's share of its table's foreign key, but that is a rule of
  /// its own for whoever writes to the partition.
  ///
  /// `conenforced` and `conperiod` came with version 18.
  package var foreignKeys: SQL {
    """
    WITH \(wanted),
    members AS (
      SELECT w.oid AS root, w.oid FROM wanted w
      UNION
      SELECT w.oid, part.relid FROM wanted w, LATERAL \(PartitionTree.of("w.oid")) part WHERE w.relkind OPERATOR(pg_catalog.=) 'p')
    SELECT c.root, f.conname,
      (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
        FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.conrelid
          AND a.attnum OPERATOR(pg_catalog.=) k.number),
      pn.nspname, p.relname,
      (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.position)
        FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) f.confrelid
          AND a.attnum OPERATOR(pg_catalog.=) k.number),
      (SELECT pg_catalog.array_agg(
          -- For each by itself, or the planner reads all operators.
          (SELECT pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname)
            FROM pg_catalog.pg_operator o
            JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) o.oprnamespace
            WHERE o.oid OPERATOR(pg_catalog.=) k.operator) ORDER BY k.position)
        FROM pg_catalog.unnest(f.conpfeqop) WITH ORDINALITY AS k (operator, position)),
      f.confmatchtype OPERATOR(pg_catalog.=) 'f', f.condeferrable, f.convalidated,
      pg_catalog.has_table_privilege(p.oid, 'SELECT') OR NOT EXISTS (
        SELECT FROM pg_catalog.unnest(f.confkey) AS k (number)
        WHERE NOT pg_catalog.has_column_privilege(p.oid, k.number, 'SELECT')),
      pg_catalog.has_schema_privilege(pn.oid, 'USAGE'), pg_catalog.row_security_active(p.oid),
      p.relkind,
      CASE WHEN f.conrelid OPERATOR(pg_catalog.<>) c.root THEN (
        SELECT pg_catalog.array_agg(part.relid::pg_catalog.text)
        FROM \(PartitionTree.of("f.conrelid")) part WHERE part.isleaf) END,
      kin.schemas, kin.names,
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conenforced')::boolean, true),
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conperiod')::boolean, false), f.confupdtype
    FROM members c
    JOIN pg_catalog.pg_constraint f ON f.conrelid OPERATOR(pg_catalog.=) c.oid AND f.contype OPERATOR(pg_catalog.=) 'f'
    JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) f.confrelid
    JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) p.relnamespace
    CROSS JOIN LATERAL \(PartitionTree.kin(of: "p")) AS kin
    WHERE f.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint whole JOIN members m ON m.oid OPERATOR(pg_catalog.=) whole.conrelid AND m.root OPERATOR(pg_catalog.=) c.root
      WHERE whole.oid OPERATOR(pg_catalog.=) f.conparentid)
    ORDER BY c.root, f.conname, f.oid
    """
  }
}
