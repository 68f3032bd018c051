import PostgresValues

/// The questions to the target's catalogs behind ``PrivateSchemaRights``.
///
/// To the status table, which users have made, the owners of the synced tables may belong, too: their triggers run with the
/// session's rights in any case.
package struct PrivateSchemaRightsSQL: Sendable {
  package let status: QualifiedName?
  /// The target's synced tables.
  package let tables: [QualifiedName]

  package var questions: [SQL] { [whole, strangers, grants, code, publications] }

  /// One row: is the schema's owner relied on, can PL/pgSQL be used, do policies let all rows of the status table through.
  private var whole: SQL {
    """
    SELECT COALESCE((SELECT \(TrustedRole.condition("n.nspowner")) FROM pg_catalog.pg_namespace n
        WHERE n.nspname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text), true),
      EXISTS (SELECT FROM pg_catalog.pg_language l WHERE l.lanname OPERATOR(pg_catalog.=) 'plpgsql'
        AND pg_catalog.has_language_privilege(l.oid, 'USAGE')),
      pg_catalog.current_setting('row_security')::boolean AND COALESCE((
        -- Permissive policies add up, and each restrictive one must let a row through (manual, "CREATE POLICY").
        SELECT pg_catalog.bool_or(p.polpermissive) AND pg_catalog.bool_and(p.polpermissive)
        FROM pg_catalog.pg_policy p
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE \(isStatus) AND (0::pg_catalog.oid OPERATOR(pg_catalog.=) ANY (p.polroles)
            OR EXISTS (SELECT FROM pg_catalog.unnest(p.polroles) AS r (oid)
              WHERE r.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND pg_catalog.pg_has_role(r.oid, 'USAGE')))
          AND (NOT p.polpermissive OR p.polcmd OPERATOR(pg_catalog.=) '*'
            AND pg_catalog.pg_get_expr(p.polqual, p.polrelid) OPERATOR(pg_catalog.=) 'true'
            AND COALESCE(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), 'true') OPERATOR(pg_catalog.=) 'true')),
        false)
    FROM \(TrustedRole.here)
    """
  }

  private var strangers: SQL {
    """
    SELECT r.schema, r.name, r.kind, pg_catalog.pg_get_userbyid(r.owner), r.is_trusted, r.hides_rows
    FROM (
      SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relowner AS owner,
        \(TrustedRole.condition("c.relowner")) OR \(isStatus) AND \(ownsSynced("c.relowner")) AS is_trusted,
        pg_catalog.row_security_active(c.oid) AS hides_rows
      FROM \(TrustedRole.here), pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE \(isKept)) AS r
    WHERE r.kind OPERATOR(pg_catalog.<>) 'r' OR NOT r.is_trusted OR r.hides_rows
    ORDER BY 1, 2
    """
  }

  private var grants: SQL {
    """
    WITH kept AS (
      SELECT n.nspname AS schema, c.relname AS name, c.oid, c.relowner AS owner, c.relacl AS acl
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE \(isKept)),
    objects AS (
      SELECT n.nspname AS schema, NULL::pg_catalog.name AS name, NULL::pg_catalog.oid AS oid, n.nspowner AS owner,
        n.nspacl AS acl, NULL::pg_catalog.name AS column_name
      FROM pg_catalog.pg_namespace n
      WHERE n.nspname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text
      UNION ALL
      SELECT k.schema, k.name, k.oid, k.owner, k.acl, NULL FROM kept k WHERE k.acl IS NOT NULL
      UNION ALL
      SELECT k.schema, k.name, k.oid, k.owner, f.attacl, f.attname
      FROM kept k JOIN pg_catalog.pg_attribute f ON f.attrelid OPERATOR(pg_catalog.=) k.oid
      WHERE f.attacl IS NOT NULL)
    SELECT o.schema, o.name,
      CASE WHEN a.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid THEN pg_catalog.pg_get_userbyid(a.grantee) END,
      pg_catalog.array_agg(DISTINCT CASE WHEN o.column_name IS NULL THEN a.privilege_type
        ELSE pg_catalog.format('%s (%I)', a.privilege_type, o.column_name) END),
      EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid OPERATOR(pg_catalog.=) o.oid
        AND a.grantee OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND a.grantee OPERATOR(pg_catalog.=) ANY (p.polroles))
    FROM \(TrustedRole.here), objects o CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner
      AND (a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR NOT \(TrustedRole.condition("a.grantee")))
    GROUP BY o.schema, o.name, o.oid, a.grantee
    ORDER BY 3 NULLS FIRST, 1, 2 NULLS FIRST
    """
  }

  /// Functions that a write to the tables calls: by triggers, defaults, constraints, rules, policies and indexes.
  private var code: SQL {
    """
    WITH kept AS (
      SELECT n.nspname AS schema, c.relname AS name, c.oid, \(isStatus) AS is_status
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
      WHERE \(isKept) AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v}'::pg_catalog."char"[])),
    parts AS (
      SELECT k.oid, 'pg_catalog.pg_attrdef'::pg_catalog.regclass::pg_catalog.oid AS class, x.oid AS part,
        'a default' AS place
      FROM kept k JOIN pg_catalog.pg_attrdef x ON x.adrelid OPERATOR(pg_catalog.=) k.oid
      UNION ALL
      SELECT k.oid, 'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid, x.oid,
        pg_catalog.concat('the constraint ', x.conname)
      FROM kept k JOIN pg_catalog.pg_constraint x ON x.conrelid OPERATOR(pg_catalog.=) k.oid
      UNION ALL
      SELECT k.oid, 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid, x.oid,
        pg_catalog.concat('the rule ', x.rulename)
      FROM kept k JOIN pg_catalog.pg_rewrite x ON x.ev_class OPERATOR(pg_catalog.=) k.oid
      UNION ALL
      SELECT k.oid, 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid, x.oid,
        pg_catalog.concat('the policy ', x.polname)
      FROM kept k JOIN pg_catalog.pg_policy x ON x.polrelid OPERATOR(pg_catalog.=) k.oid
      UNION ALL
      SELECT k.oid, 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, x.indexrelid, 'an index'
      FROM kept k JOIN pg_catalog.pg_index x ON x.indrelid OPERATOR(pg_catalog.=) k.oid),
    calls AS (
      SELECT t.tgrelid AS oid, pg_catalog.concat('the trigger ', t.tgname) AS place, t.tgfoid AS function
      FROM pg_catalog.pg_trigger t
      WHERE NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
      UNION ALL
      SELECT x.oid, x.place, d.refobjid
      FROM parts x JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) x.class
        AND d.objid OPERATOR(pg_catalog.=) x.part
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid)
    SELECT DISTINCT k.schema, k.name, l.place, pg_catalog.format('%I.%I', fn.nspname, f.proname),
      pg_catalog.pg_get_userbyid(f.proowner)
    FROM \(TrustedRole.here), kept k JOIN calls l ON l.oid OPERATOR(pg_catalog.=) k.oid
    JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) l.function
    JOIN pg_catalog.pg_namespace fn ON fn.oid OPERATOR(pg_catalog.=) f.pronamespace
    WHERE NOT \(TrustedRole.condition("f.proowner")) AND NOT (k.is_status AND \(ownsSynced("f.proowner")))
    ORDER BY 1, 2, 3, 4
    """
  }

  private var publications: SQL {
    """
    SELECT p.pubname, p.puballtables, ARRAY(
      SELECT t.tablename::pg_catalog.text FROM pg_catalog.pg_publication_tables t
      WHERE t.pubname OPERATOR(pg_catalog.=) p.pubname
        AND t.schemaname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text
        AND t.tablename OPERATOR(pg_catalog.=) \(anyOf: PrivateSchemaSQL.history.map(\.name.name))
      ORDER BY t.tablename)
    FROM pg_catalog.pg_publication p
    ORDER BY p.pubname
    """
  }

  // MARK: - Pieces

  private func ownsSynced(_ role: SQL) -> SQL {
    """
    EXISTS (SELECT FROM ROWS FROM (
            pg_catalog.unnest(\(bind: arrayText(tables.map(\.schema.name)))::pg_catalog.text[]),
            pg_catalog.unnest(\(bind: arrayText(tables.map(\.name.name)))::pg_catalog.text[])) AS w (schema, name)
          JOIN pg_catalog.pg_namespace sn ON sn.nspname OPERATOR(pg_catalog.=) w.schema
          JOIN pg_catalog.pg_class s ON s.relnamespace OPERATOR(pg_catalog.=) sn.oid
            AND s.relname OPERATOR(pg_catalog.=) w.name
          WHERE pg_catalog.pg_has_role(\(role), s.relowner, 'MEMBER'))
    """
  }

  /// The relation `c` of the schema `n` is the status table.
  private var isStatus: SQL {
    """
    COALESCE(n.nspname OPERATOR(pg_catalog.=) \(bind: status?.schema.name)::pg_catalog.text
          AND c.relname OPERATOR(pg_catalog.=) \(bind: status?.name.name)::pg_catalog.text, false)
    """
  }

  /// It is that, or stands in the schema `pgtide`.
  private var isKept: SQL {
    "(n.nspname OPERATOR(pg_catalog.=) \(bind: StageTable.schema)::pg_catalog.text OR \(isStatus))"
  }
}
