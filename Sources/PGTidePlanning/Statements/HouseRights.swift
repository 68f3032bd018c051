import PostgresValues

/// What others may do with what pgtide keeps on the target, and whose code runs when it is written to.
package struct HouseRights: Sendable {
  /// The owner of the schema `pgtide` may be relied on; also where there is no schema.
  package var isSchemaTrusted = true
  /// DO blocks in PL/pgSQL may be run, by which rights are taken back.
  package var canRunCode = true
  /// Policies let the session's role see and write all rows of the status table.
  package var isStatusOpen = false
  /// What is not as pgtide makes it: of other owners, or no tables, or with rows that are hidden from the session's role.
  package var strangers: [QualifiedName: Stranger] = [:]
  package var grants: [Grant] = []
  package var code: [Code] = []
  package var publications: [Publication] = []

  /// A relation in the schema `pgtide`, or the status table.
  package struct Stranger: Sendable {
    /// As `pg_class` has it: `r` is a table.
    package let kind: String
    package let owner: String
    package let isOwnerTrusted: Bool
    package let hidesRows: Bool
  }

  /// Rights of a role that is not to be relied on.
  package struct Grant: Sendable, Equatable {
    /// `nil`: all roles.
    package let role: String?
    /// `nil`: the schema `pgtide` itself.
    package let table: QualifiedName?
    /// Those on single columns have these behind them.
    package let rights: [String]
    /// A policy of the table names the role, so that somebody has let it in twice.
    package let isNamedByPolicy: Bool
  }

  /// A function of a role that is not to be relied on, which runs with the rights of who writes to the table.
  package struct Code: Sendable, Equatable {
    package let table: QualifiedName
    /// What calls it, such as `the trigger spy`.
    package let place: String
    package let function: String
    package let owner: String
  }

  package struct Publication: Sendable, Equatable {
    package let name: String
    package let isOfAllTables: Bool
    /// Of the history.
    package let tables: [Identifier]
  }

  /// The answers to ``HouseRightsSQL/questions``.
  package init(_ answers: some Sequence<Result<QueryResult, PostgresError>>) throws {
    let rows = try answers.map { try $0.get().rows }
    isSchemaTrusted = rows[0].first?.bool(0) ?? true
    canRunCode = rows[0].first?.bool(1) ?? false
    isStatusOpen = rows[0].first?.bool(2) ?? false
    for row in rows[1] {
      strangers[QualifiedName(row.text(0), row.text(1))] = Stranger(
        kind: row.text(2), owner: row.text(3), isOwnerTrusted: row.bool(4), hidesRows: row.bool(5))
    }
    grants = rows[2].map { row in
      Grant(
        role: row[2], table: row[1].map { QualifiedName(row.text(0), $0) }, rights: row.array(3).compactMap(\.self),
        isNamedByPolicy: row.bool(4))
    }
    code = rows[3].map { row in
      Code(
        table: QualifiedName(row.text(0), row.text(1)), place: row.text(2), function: row.text(3), owner: row.text(4))
    }
    publications = rows[4].map { row in
      Publication(name: row.text(0), isOfAllTables: row.bool(1), tables: row.names(2))
    }
  }
}

/// The questions to the target's catalogs behind ``HouseRights``.
///
/// To the status table, which users have made, the owners of the synced tables may belong, too: their triggers run with the
/// session's rights in any case.
package struct HouseRightsSQL: Sendable {
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
        AND t.tablename OPERATOR(pg_catalog.=) \(anyOf: HouseSQL.history.map(\.name.name))
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

/// Whom pgtide relies on: roles that could do all that the session's role may do anyway. Those are that role itself and its
/// members, superusers, the database's owner and those who may act as it. Not the roles that the session's role is a member
/// of: their other members have no right to what it may do.
package enum TrustedRole {
  /// The session's role, and its database's owner, for the FROM clause of a statement with the ``condition(_:)``.
  package static let here: SQL = """
    (SELECT r.oid AS role, b.datdba AS database_owner
      FROM pg_catalog.pg_roles r, pg_catalog.pg_database b
      WHERE r.rolname OPERATOR(pg_catalog.=) current_user
        AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) AS here
    """

  /// - Parameter role: an expression of type `oid`.
  package static func condition(_ role: SQL) -> SQL {
    """
    (pg_catalog.pg_has_role(\(role), here.role, 'MEMBER') OR pg_catalog.pg_has_role(\(role), here.database_owner, 'MEMBER')
          OR pg_catalog.pg_get_userbyid(\(role)) OPERATOR(pg_catalog.=) 'pg_database_owner')
    """
  }
}
