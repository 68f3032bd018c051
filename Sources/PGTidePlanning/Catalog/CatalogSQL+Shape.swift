import PostgresValues

/// What the reading of a source's rows rests on, as the server writes it: to be asked for the plan, and again under the
/// locks that keep it.
extension CatalogSQL {
  /// An array of lines of the relation `c`: its kind, its columns in their order, and its partitions.
  ///
  /// What stands in front of the last semicolon is for people, the numbers behind it are what counts: types, modifiers and
  /// collations, and the fields where the values are composite. Types have the names that ``SessionPins/names`` gives them.
  package static let shape: SQL = """
    (SELECT pg_catalog.array_agg(part.line ORDER BY part.place, part.line) FROM (
          SELECT 0, pg_catalog.format('kind %s;', c.relkind)
          UNION ALL
          SELECT a.attnum::integer, pg_catalog.format('%I %s; %s %s %s %s%s %s', a.attname,
            pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attcollation, a.attidentity,
            a.attgenerated, (
              SELECT pg_catalog.string_agg(
                pg_catalog.format('%I %s %s', f.attname, f.atttypid, f.atttypmod), ' ' ORDER BY f.attnum)
              FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem
              JOIN pg_catalog.pg_attribute f ON f.attrelid OPERATOR(pg_catalog.=) GREATEST(t.typrelid, e.typrelid)
              WHERE t.oid OPERATOR(pg_catalog.=) a.atttypid AND f.attnum OPERATOR(pg_catalog.>) 0
                AND f.attrelid OPERATOR(pg_catalog.<>) 0 AND NOT f.attisdropped))
          FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
          UNION ALL
          SELECT 32767, pg_catalog.format('partition %I.%I; %s', n.nspname, l.relname, l.oid)
          FROM \(PartitionTree.of("c.oid")) leaf
          JOIN pg_catalog.pg_class l ON l.oid OPERATOR(pg_catalog.=) leaf.relid
          JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.relnamespace
          WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf) AS part (place, line))
    """

  /// One row a relation: its schema, its name and its shape.
  package var shapes: SQL {
    """
    WITH \(wanted)
    SELECT n.nspname, c.relname, \(Self.shape)
    FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    """
  }
}
