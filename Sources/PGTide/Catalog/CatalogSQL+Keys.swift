import Postgres

extension CatalogSQL {
  /// One row a unique index. The operator is the one that the index itself calls equality: with an empty
  /// `search_path` a plain `=` would miss an extension's, such as citext's. Of one on expressions, the columns are those
  /// that the expressions use. `indnullsnotdistinct` came with version 15. The index of a WITHOUT OVERLAPS (18) says of
  /// itself that it is unique, and primary.
  var uniqueIndexes: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, index.relname,
      CASE WHEN i.indexprs IS NULL THEN
        (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
          FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
          WHERE k.position <= i.indnkeyatts)
      ELSE
        (SELECT pg_catalog.array_agg(DISTINCT a.attname::text)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid)
      END,
      (SELECT pg_catalog.array_agg(
          pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k.position)
        FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k (opclass, position)
        JOIN pg_catalog.pg_opclass oc ON oc.oid = k.opclass
        JOIN pg_catalog.pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
          AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
        JOIN pg_catalog.pg_operator o ON o.oid = am.amopopr
        JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace),
      i.indisprimary, i.indimmediate, i.indpred IS NOT NULL, i.indisvalid AND i.indisready,
      i.indexprs IS NOT NULL, COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false),
      EXISTS (
        SELECT FROM ROWS FROM (pg_catalog.unnest(i.indkey::smallint[]), pg_catalog.unnest(i.indcollation::oid[]))
          AS k (number, own)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        JOIN pg_catalog.pg_collation one ON one.oid = k.own
        JOIN pg_catalog.pg_collation other ON other.oid = a.attcollation
        WHERE one.oid <> other.oid AND NOT (one.collisdeterministic AND other.collisdeterministic)),
      i.indisexclusion
    FROM wanted c
    JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisunique
    JOIN pg_catalog.pg_class index ON index.oid = i.indexrelid
    ORDER BY c.oid, i.indisprimary DESC, index.relname
    """
  }

  /// One row a foreign key that the tables have.
  ///
  /// One that refers to a partitioned table has further rows in the catalog, one for each partition; they hang below
  /// the one that counts (`conparentid`). So does a partition's share of its table's foreign key, but that is a rule of
  /// its own for whoever writes to the partition.
  ///
  /// `conenforced` and `conperiod` came with version 18.
  var foreignKeys: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, f.conname,
      (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
        FROM pg_catalog.unnest(f.conkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number),
      pn.nspname, p.relname,
      (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
        FROM pg_catalog.unnest(f.confkey) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number),
      (SELECT pg_catalog.array_agg(
          pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k.position)
        FROM pg_catalog.unnest(f.conpfeqop) WITH ORDINALITY AS k (operator, position)
        JOIN pg_catalog.pg_operator o ON o.oid = k.operator
        JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace),
      f.confmatchtype = 'f', f.condeferrable, f.convalidated,
      pg_catalog.has_table_privilege(p.oid, 'SELECT') OR NOT EXISTS (
        SELECT FROM pg_catalog.unnest(f.confkey) AS k (number)
        WHERE NOT pg_catalog.has_column_privilege(p.oid, k.number, 'SELECT')),
      pg_catalog.has_schema_privilege(pn.oid, 'USAGE'), pg_catalog.row_security_active(p.oid),
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conenforced')::boolean, true),
      COALESCE((pg_catalog.to_jsonb(f) OPERATOR(pg_catalog.->>) 'conperiod')::boolean, false)
    FROM wanted c
    JOIN pg_catalog.pg_constraint f ON f.conrelid = c.oid AND f.contype = 'f'
    JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
    WHERE NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint whole WHERE whole.oid = f.conparentid AND whole.conrelid = f.conrelid)
    ORDER BY c.oid, f.conname
    """
  }
}
