import Postgres

/// The catalog queries. Each takes all tables at once.
struct CatalogSQL {
  private let schemas: String
  private let names: String

  init(tables: [QualifiedName]) {
    schemas = arrayText(tables.map(\.schema.name))
    names = arrayText(tables.map(\.name.name))
  }

  static let server: SQL = """
    SELECT pg_catalog.current_setting('server_version_num'), pg_catalog.current_setting('block_size'),
      pg_catalog.pg_is_in_recovery(), current_user, pg_catalog.current_database(),
      pg_catalog.current_setting('track_counts')::boolean
    """

  /// The tables that were asked for.
  private var wanted: SQL {
    """
    wanted AS (
      SELECT c.* FROM ROWS FROM (pg_catalog.unnest(\(bind: schemas)::text[]), pg_catalog.unnest(\(bind: names)::text[]))
        AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname = w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f'))
    """
  }

  /// One row a table.
  ///
  /// - Parameter withPages: also how many pages they have, which waits for whoever has locked one of them wholly.
  func relations(withPages: Bool) -> SQL {
    let heaps: SQL = withPages ? "c.relkind IN ('r', 'm')" : "false"
    return """
      WITH \(wanted)
      SELECT c.oid, n.nspname, c.relname, c.relkind,
        CASE WHEN \(heaps)
          THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint END,
        c.reltuples, pg_catalog.has_table_privilege(c.oid, 'SELECT'),
        EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'),
        pg_catalog.pg_has_role(c.relowner, 'USAGE'),
        -- Bit 0 of tgtype is FOR EACH ROW, bit 1 BEFORE. ENABLE REPLICA triggers do not run for us.
        EXISTS (SELECT FROM pg_catalog.pg_trigger t
          WHERE t.tgtype & 3 = 3 AND t.tgenabled IN ('O', 'A') AND (t.tgrelid = c.oid
            OR c.relkind = 'p' AND t.tgrelid IN (SELECT leaf.relid FROM pg_catalog.pg_partition_tree(c.oid) leaf)))
      FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      """
  }

  /// One row a partition that holds rows, for the partitioned ones.
  var leaves: SQL {
    """
    WITH \(wanted)
    SELECT root.oid, n.nspname, c.relname,
      pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
      c.reltuples, c.relkind, pg_catalog.has_table_privilege(c.oid, 'SELECT')
    FROM wanted root, LATERAL pg_catalog.pg_partition_tree(root.oid) leaf
    JOIN pg_catalog.pg_class c ON c.oid = leaf.relid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE root.relkind = 'p' AND leaf.isleaf
    ORDER BY root.oid, n.nspname, c.relname
    """
  }

  /// One row a column, in the table's order.
  var columns: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, a.attname, a.attnotnull OR t.typnotnull, a.atthasdef, a.attidentity,
      a.attgenerated <> '', cn.nspname, co.collname, \(Self.typeColumns(modifier: "a.atttypmod"))
    FROM wanted c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    \(Self.baseType)
    LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
    LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
    ORDER BY c.oid, a.attnum
    """
  }

  /// One row a column of a described statement, in that order.
  static func types(_ columns: [ColumnDescription]) -> SQL {
    let oids = arrayText(columns.map { "\($0.typeOID)" })
    let modifiers = arrayText(columns.map { "\($0.typeModifier)" })
    return """
      SELECT \(typeColumns(modifier: "w.modifier"))
      FROM ROWS FROM (pg_catalog.unnest(\(bind: oids)::oid[]), pg_catalog.unnest(\(bind: modifiers)::integer[]))
        WITH ORDINALITY AS w (oid, modifier, position)
      JOIN pg_catalog.pg_type t ON t.oid = w.oid
      \(baseType)
      ORDER BY w.position
      """
  }

  /// The columns from which ``TypeFacts`` is made; `t` is the type, `base` what lies under a domain.
  private static func typeColumns(modifier: SQL) -> SQL {
    """
    t.oid, pg_catalog.format_type(t.oid, \(modifier)), pg_catalog.format_type(t.oid, -1), t.typtype,
      base.oid, pg_catalog.format_type(base.oid, -1),
      CASE WHEN t.typtype = 'd' THEN base.modifier ELSE \(modifier) END, base.typsend <> 0
    """
  }

  /// Follows a domain, and a domain over a domain, down to what the server stores.
  private static let baseType: SQL = """
    CROSS JOIN LATERAL (
      WITH RECURSIVE down AS (
        SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod AS modifier, t.typsend
        UNION ALL
        SELECT b.oid, b.typtype, b.typbasetype,
          CASE WHEN down.modifier = -1 AND b.typtype = 'd' THEN b.typtypmod ELSE down.modifier END, b.typsend
        FROM down JOIN pg_catalog.pg_type b ON b.oid = down.typbasetype
        WHERE down.typtype = 'd')
      SELECT down.oid, down.modifier, down.typsend FROM down WHERE down.typtype <> 'd') base
    """

  /// One row a unique index. The operator is the one that the index itself calls equality: with an empty
  /// `search_path` a plain `=` would miss an extension's, such as citext's.
  var uniqueIndexes: SQL {
    """
    WITH \(wanted)
    SELECT c.oid, index.relname,
      (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.position)
        FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, position)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
        WHERE k.position <= i.indnkeyatts),
      (SELECT pg_catalog.array_agg(
          pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) ORDER BY k.position)
        FROM pg_catalog.unnest(i.indclass::oid[]) WITH ORDINALITY AS k (opclass, position)
        JOIN pg_catalog.pg_opclass oc ON oc.oid = k.opclass
        JOIN pg_catalog.pg_amop am ON am.amopfamily = oc.opcfamily AND am.amopstrategy = 3
          AND am.amoplefttype = oc.opcintype AND am.amoprighttype = oc.opcintype
        JOIN pg_catalog.pg_operator o ON o.oid = am.amopopr
        JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace),
      i.indisprimary, i.indimmediate, i.indpred IS NOT NULL, i.indisvalid AND i.indisready
    FROM wanted c
    JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisunique AND i.indexprs IS NULL
    JOIN pg_catalog.pg_class index ON index.oid = i.indexrelid
    ORDER BY c.oid, i.indisprimary DESC, index.relname
    """
  }

  /// One row a foreign key that the tables have.
  ///
  /// One that refers to a partitioned table has further rows in the catalog, one for each partition; they hang below
  /// the one that counts (`conparentid`). So does a partition's share of its table's foreign key, but that is a rule of
  /// its own for whoever writes to the partition.
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
      f.confmatchtype = 'f', f.condeferrable, f.convalidated
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

extension CatalogSQL {
  /// One row a cast; the last column tells whether an assignment may use it.
  static let casts: SQL = """
    SELECT castsource, casttarget, castcontext IN ('a', 'i') FROM pg_catalog.pg_cast
    """
}
