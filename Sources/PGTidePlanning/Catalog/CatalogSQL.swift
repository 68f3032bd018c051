import PostgresValues

/// The catalog queries. Each takes all tables at once.
package struct CatalogSQL {
  private let schemas: String
  private let names: String

  /// Several entries may read one relation, of which the catalogs are to say everything once.
  package init(tables: [QualifiedName]) {
    let tables = Set(tables).sorted()
    schemas = arrayText(tables.map(\.schema.name))
    names = arrayText(tables.map(\.name.name))
  }

  /// The tables that were asked for.
  package var wanted: SQL {
    """
    wanted AS (
      SELECT c.* FROM ROWS FROM (pg_catalog.unnest(\(bind: schemas)::pg_catalog.text[]),
          pg_catalog.unnest(\(bind: names)::pg_catalog.text[]))
        AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'))
    """
  }

  /// One row a table.
  ///
  /// - Parameter withPages: also how many pages they have.
  package func relations(withPages: Bool) -> SQL {
    let heaps: SQL = withPages ? "c.relkind OPERATOR(pg_catalog.=) ANY ('{r,m}')" : "false"
    return """
      WITH \(wanted)
      SELECT c.oid, n.nspname, c.relname, c.relkind,
        CASE WHEN \(heaps) THEN \(Self.pages) END,
        c.reltuples, pg_catalog.has_table_privilege(c.oid, 'SELECT'),
        EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal
          AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'),
        pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
        pg_catalog.row_security_active(c.oid), c.relpersistence OPERATOR(pg_catalog.=) 'u',
        CASE WHEN c.relkind OPERATOR(pg_catalog.=) 'r' THEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits i
          WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid) END,
        -- Bit 0 of tgtype is FOR EACH ROW, bit 1 BEFORE. ENABLE REPLICA triggers do not run for us.
        EXISTS (SELECT FROM pg_catalog.pg_trigger t
          WHERE (t.tgtype OPERATOR(pg_catalog.&) 3) OPERATOR(pg_catalog.=) 3 AND t.tgenabled
            OPERATOR(pg_catalog.=) ANY ('{O,A}') AND (t.tgrelid OPERATOR(pg_catalog.=) c.oid
            OR c.relkind OPERATOR(pg_catalog.=) 'p' AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT leaf.relid
              FROM \(PartitionTree.of("c.oid")) leaf))),
        CASE WHEN \(Self.isAnalyzedByServer) THEN \(Self.columnsOfKeys) END,
        -- Bit 2 of tgtype is INSERT.
        EXISTS (SELECT FROM pg_catalog.pg_trigger t
          WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal
            AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
            AND (t.tgtype OPERATOR(pg_catalog.&) 4) OPERATOR(pg_catalog.=) 4),
        CASE WHEN \(heaps) THEN \(Self.toastPages) END, \(withPages ? Self.shape : "NULL"),
        \(withPages ? "NULL" : Self.fingerprint), \(withPages ? "NULL, NULL" : "deleting.count, deleting.waiting")
      FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace\(withPages ? "" : Self.deleteTriggers)
      """
  }

  /// The enabled triggers on DELETE of the table `c` and its partitions: how many, and the names of those that wait for COMMIT.
  /// Bit 3 of tgtype is DELETE. ENABLE REPLICA triggers do not run for us.
  private static let deleteTriggers: SQL = """
    ,
      LATERAL (
        SELECT pg_catalog.count(*) AS count, pg_catalog.array_agg(DISTINCT pg_catalog.concat('"',
              pg_catalog.replace(tn.nspname::pg_catalog.text, '"', '""'), '"."',
              pg_catalog.replace(tk.conname::pg_catalog.text, '"', '""'), '"'))
          FILTER (WHERE t.tgdeferrable AND t.tginitdeferred) AS waiting
        FROM pg_catalog.pg_trigger t
        -- Its name is the one that SET CONSTRAINTS takes, also where the trigger was renamed.
        LEFT JOIN pg_catalog.pg_constraint tk ON tk.oid OPERATOR(pg_catalog.=) t.tgconstraint
        LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) tk.connamespace
        WHERE (t.tgtype OPERATOR(pg_catalog.&) 8::smallint) OPERATOR(pg_catalog.=) 8 AND NOT t.tgisinternal
          AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
          AND (t.tgrelid OPERATOR(pg_catalog.=) c.oid
            OR c.relkind OPERATOR(pg_catalog.=) 'p' AND t.tgrelid OPERATOR(pg_catalog.=) ANY (SELECT leaf.relid
              FROM \(PartitionTree.of("c.oid")) leaf))) deleting
    """

  /// Pages of the table `c`: what they are, or, where that would have to wait for somebody's lock, what they were when it
  /// was last vacuumed or analyzed. The last range of pages is open at its end.
  private static let pages: SQL = """
    CASE WHEN \(isLocked("c.oid")) THEN c.relpages
          ELSE pg_catalog.pg_relation_size(c.oid)
            OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::bigint END
    """

  /// Pages of the wide values of the table `c`; NULL where it can have none, or somebody has locked the table.
  private static let toastPages: SQL = """
    CASE WHEN NOT \(isLocked("c.oid"))
          THEN pg_catalog.pg_relation_size(c.reltoastrelid)
            OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::bigint END
    """

  /// Somebody else holds the table of this OID wholly, or is next to. Asked once for all tables.
  static func isLocked(_ table: SQL) -> SQL {
    """
    (\(table) OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT l.relation FROM pg_catalog.pg_locks l
            WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'
              AND COALESCE(l.pid, 0) OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND l.database OPERATOR(pg_catalog.=) (
                SELECT d.oid FROM pg_catalog.pg_database d
                WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))))
    """
  }

  /// Autovacuum sees to the table `c`; to one with partitions it never does (manual, "25.1.3 Updating Planner Statistics").
  private static let isAnalyzedByServer: SQL = """
    c.relkind OPERATOR(pg_catalog.=) 'r' AND pg_catalog.current_setting('autovacuum')::boolean
          AND pg_catalog.current_setting('track_counts')::boolean
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_options_to_table(c.reloptions) o
            WHERE o.option_name OPERATOR(pg_catalog.=) 'autovacuum_enabled' AND NOT o.option_value::boolean)
    """

  /// Columns of an index or a foreign key of the table `c`.
  private static let columnsOfKeys: SQL = """
    (SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
            WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND (
              EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum
                OPERATOR(pg_catalog.=) ANY (i.indkey::smallint[]))
              OR EXISTS (SELECT FROM pg_catalog.pg_constraint f
                WHERE f.conrelid OPERATOR(pg_catalog.=) c.oid AND f.contype OPERATOR(pg_catalog.=) 'f' AND a.attnum
                  OPERATOR(pg_catalog.=) ANY (f.conkey))))
    """

  /// One row a partition that holds rows, for the partitioned ones.
  package var leaves: SQL {
    """
    WITH \(wanted)
    SELECT root.oid, n.nspname, c.relname, \(Self.pages),
      c.reltuples, c.relkind,
      pg_catalog.has_table_privilege(c.oid, 'SELECT') AND NOT pg_catalog.row_security_active(c.oid),
      c.relpersistence OPERATOR(pg_catalog.=) 'u', \(Self.toastPages)
    FROM wanted root, LATERAL \(PartitionTree.of("root.oid")) leaf
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) leaf.relid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE root.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf
    ORDER BY root.oid, n.nspname, c.relname
    """
  }

  /// One row a column, in the table's order. Of its type only the number and the modifier: ``columnTypes`` says the rest.
  ///
  /// - Parameter isWritten: also what matters to whoever writes it.
  package func columns(isWritten: Bool) -> SQL {
    let written: SQL = isWritten ? ",\n  \(Self.writing)" : ""
    return """
      WITH \(wanted)
      SELECT c.oid, a.attname, a.attnotnull, a.atthasdef, a.attidentity,
        a.attgenerated OPERATOR(pg_catalog.<>) '', cn.nspname, co.collname, a.atttypid, a.atttypmod,
        pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT')\(written)
      FROM wanted c
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
        AND NOT a.attisdropped
      JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) a.atttypid
      LEFT JOIN pg_catalog.pg_collation co ON co.oid OPERATOR(pg_catalog.=) a.attcollation
        AND a.attcollation OPERATOR(pg_catalog.<>) t.typcollation
      LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid OPERATOR(pg_catalog.=) co.collnamespace
      ORDER BY c.oid, a.attnum
      """
  }

  private static let writing: SQL = """
    pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT'),
      pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE'),
      CASE WHEN a.atthasdef THEN \(lockedSequences) END,
      a.atthasdef AND \(isNowByDefault), \(isUnlinkedByUpdates), \(hasUnprovenNotNull)
    """

  /// One row a type and modifier that the tables' columns have, once for however many of them: the modifier, whether the
  /// type is a domain that must not be NULL, and the type.
  package var columnTypes: SQL {
    """
    WITH \(wanted),
    used AS (
      SELECT DISTINCT a.atttypid, a.atttypmod
      FROM wanted c
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
        AND NOT a.attisdropped)
    SELECT u.atttypmod, base.not_null, \(Self.typeColumns(modifier: "u.atttypmod"))
    FROM used u
    JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) u.atttypid
    \(Self.baseType)
    """
  }

  /// The default of the column `a` is the time of the transaction, whose two names the server tells apart. Nothing
  /// depends on the server's own functions, so that a `now()` of somebody else's is known by that.
  ///
  /// To read a default locks its table, and the server may read those of all tables at once: one that somebody else holds is
  /// left alone.
  package static let isNowByDefault: SQL = """
    EXISTS (SELECT FROM pg_catalog.pg_attrdef def WHERE def.adrelid OPERATOR(pg_catalog.=) a.attrelid
      AND def.adnum OPERATOR(pg_catalog.=) a.attnum
        AND CASE WHEN \(isLocked("def.adrelid")) THEN false
          ELSE pg_catalog.pg_get_expr(def.adbin, def.adrelid)
            OPERATOR(pg_catalog.=) ANY ('{now(),pg_catalog.now(),CURRENT_TIMESTAMP}') END
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
          WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) def.oid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass))
    """

  /// The column `a` is NOT NULL NOT VALID, which came with version 18, as did rows of NOT NULL in `pg_constraint`.
  private static let hasUnprovenNotNull: SQL = """
    a.attnotnull AND EXISTS (SELECT FROM pg_catalog.pg_constraint nn
        WHERE nn.conrelid OPERATOR(pg_catalog.=) a.attrelid AND nn.contype OPERATOR(pg_catalog.=) 'n'
          AND nn.conkey[1] OPERATOR(pg_catalog.=) a.attnum AND NOT nn.convalidated)
    """

  /// The sequences of a column's default from which the session's user may not draw.
  private static let lockedSequences: SQL = """
    (SELECT pg_catalog.array_agg(pg_catalog.format('%I.%I', sn.nspname, s.relname))
      FROM pg_catalog.pg_attrdef def
      JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.objid OPERATOR(pg_catalog.=) def.oid
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
      JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) d.refobjid
      JOIN pg_catalog.pg_namespace sn ON sn.oid OPERATOR(pg_catalog.=) s.relnamespace
      WHERE def.adrelid OPERATOR(pg_catalog.=) a.attrelid AND def.adnum OPERATOR(pg_catalog.=) a.attnum
        AND CASE WHEN s.relkind OPERATOR(pg_catalog.=) 'S'
          THEN NOT pg_catalog.has_sequence_privilege(s.oid, 'USAGE, UPDATE') END)
    """

  /// One row a column of a described statement, in that order.
  package static func types(_ columns: [ColumnDescription]) -> SQL {
    let oids = arrayText(columns.map { "\($0.typeOID)" })
    let modifiers = arrayText(columns.map { "\($0.typeModifier)" })
    return """
      SELECT \(typeColumns(modifier: "w.modifier"))
      FROM ROWS FROM (pg_catalog.unnest(\(bind: oids)::pg_catalog.oid[]),
          pg_catalog.unnest(\(bind: modifiers)::integer[]))
        WITH ORDINALITY AS w (oid, modifier, position)
      JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) w.oid
      \(baseType)
      ORDER BY w.position
      """
  }

  /// The columns from which ``TypeFacts`` is made; `t` is the type, `base` what lies under a domain.
  private static func typeColumns(modifier: SQL) -> SQL {
    let exact: SQL = "CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN base.modifier ELSE \(modifier) END"
    return """
      t.oid, \(TypeName.sql("t.oid", modifier: modifier)), \(TypeName.sql("t.oid")), t.typtype,
        base.oid, \(TypeName.sql("base.oid")), \(exact), \(TypeName.sql("base.oid", modifier: exact)),
        base.typtype, base.typsend OPERATOR(pg_catalog.<>) 0
          AND coalesce(element.typsend OPERATOR(pg_catalog.<>) 0, true),
        element.oid, \(TypeName.sql("element.oid")), element.typtype,
        (SELECT pg_catalog.array_agg(f.attname::pg_catalog.text ORDER BY f.attnum) FROM pg_catalog.pg_attribute f
          WHERE f.attrelid OPERATOR(pg_catalog.=) coalesce(element.typrelid, base.typrelid)
            AND f.attnum OPERATOR(pg_catalog.>) 0 AND NOT f.attisdropped)
      """
  }

  /// Follows a domain, and a domain over a domain, down to what the server stores; and an array to its elements.
  /// A domain must not be NULL if any of those on the way must not.
  private static let baseType: SQL = """
    CROSS JOIN LATERAL (
      SELECT b.*, reached.modifier, reached.not_null
      FROM (
        WITH RECURSIVE down AS (
          SELECT t.oid, t.typtype, t.typbasetype, t.typtypmod AS modifier, t.typnotnull AS not_null
          UNION ALL
          SELECT b.oid, b.typtype, b.typbasetype,
            CASE WHEN down.modifier OPERATOR(pg_catalog.=) -1 AND b.typtype OPERATOR(pg_catalog.=) 'd' THEN b.typtypmod
              ELSE down.modifier END,
            down.not_null OR b.typnotnull
          FROM down JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) down.typbasetype
          WHERE down.typtype OPERATOR(pg_catalog.=) 'd')
        -- There is one, and that is what the planner must know, or it reads all types for each column.
        SELECT down.oid, down.modifier, down.not_null FROM down
          WHERE down.typtype OPERATOR(pg_catalog.<>) 'd' LIMIT 1) reached
      JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) reached.oid) base
    LEFT JOIN pg_catalog.pg_type element ON element.oid OPERATOR(pg_catalog.=) base.typelem
      AND base.typcategory OPERATOR(pg_catalog.=) 'A'
    """
}

extension CatalogSQL {
  /// One row a cast; the last column tells whether an assignment may use it.
  package static let casts: SQL = """
    SELECT castsource, casttarget, castcontext OPERATOR(pg_catalog.=) ANY ('{a,i}') FROM pg_catalog.pg_cast
    """

  /// Relations beside these names; one row each.
  package static func alternatives(to missing: [QualifiedName]) -> SQL {
    """
    SELECT n.nspname, c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
      AND n.nspname OPERATOR(pg_catalog.<>) ALL ('{pg_catalog,information_schema,pgtide}'::pg_catalog.name[])
      AND (n.nspname OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(missing.map(\.schema.name)))::pg_catalog.text[])
        OR c.relname OPERATOR(pg_catalog.=) ANY (\(bind: arrayText(missing.map(\.name.name)))::pg_catalog.text[]))
    ORDER BY n.nspname, c.relname
    """
  }
}
