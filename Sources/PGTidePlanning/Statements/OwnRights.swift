import PostgresValues

/// Takes what pgtide makes on the target from everybody but the role that makes it, in the transaction that makes it.
///
/// Default privileges may give rights on each new table to others (manual, "ALTER DEFAULT PRIVILEGES"), and event triggers
/// may do the same, turn row-level security on, or give the table itself to another owner. So what has come of a table is
/// looked at when it stands, and undone. What was there before is left alone: rights on that were given on purpose.
///
/// Where nothing on the target does any of this to what the session's role makes, one question makes sure of it for the
/// stages, which are many.
package struct OwnRights: Sendable {
  package let tables: [QualifiedName]
  /// The schema `pgtide` may be among what is made.
  package var makesSchema = false
  /// Event triggers or default privileges may change what is made (``isGuarded``).
  package var isGuarded = true

  package init(tables: [QualifiedName], makesSchema: Bool = false, isGuarded: Bool = true) {
    self.tables = tables
    self.makesSchema = makesSchema
    self.isGuarded = isGuarded
  }

  /// Notes, up to the end of the transaction, what is there already. It goes in front of statements that make only what is
  /// missing.
  package var standing: SQL {
    """
    SELECT pg_catalog.set_config('pgtide.standing', COALESCE((
      SELECT pg_catalog.array_agg(s.name) FROM (
        SELECT pg_catalog.quote_ident(n.nspname) AS name FROM pg_catalog.pg_namespace n
        WHERE n.nspname OPERATOR(pg_catalog.=) \(literal: StageTable.schema)
        UNION ALL
        SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM ROWS FROM (pg_catalog.unnest(\(literal: schemas)::pg_catalog.text[]),
            pg_catalog.unnest(\(literal: names)::pg_catalog.text[])) AS w (schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
          AND c.relname OPERATOR(pg_catalog.=) w.name) AS s)::pg_catalog.text, '{}'), true)
    """
  }

  /// Whether there is anything on the target that may give others rights on what the session's role makes, or give it away.
  package static let isGuarded: SQL = """
    (EXISTS (SELECT FROM \(eventTriggers))
      OR EXISTS (SELECT FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.defaclrole
        WHERE r.rolname OPERATOR(pg_catalog.=) current_user))
    """

  /// Makes the session's role the owner, where an event trigger has given it away. It stands in front of the first statement
  /// that only an owner may run.
  package var own: [SQL] { isGuarded ? ["DO \(dollarQuoted: code(owning))"] : [] }

  /// The same, and takes all rights of others. It goes last: an event trigger may give rights whenever a statement touches
  /// a table.
  package var take: SQL { isGuarded ? "DO \(dollarQuoted: code("\(owning)\n\(taking)"))" : demand(isOwners) }

  /// The same, and fails where somebody who is not relied on has made one of them since the plan. It goes behind the
  /// statements that make only what is missing, and in front of the first that writes.
  package var takeTrusting: SQL { "DO \(dollarQuoted: code("\(owning)\n\(taking)\n\(demanding)"))" }

  /// What stands in the server's error where the ordinary case has ceased to be one since the plan.
  package static let isChanged = "others have got hold of what pgtide makes, as it was made"

  private var schemas: String { arrayText(tables.map(\.schema.name)) }
  private var names: String { arrayText(tables.map(\.name.name)) }

  /// Fails, with ``isChanged``, where it does not hold.
  private func demand(_ condition: SQL) -> SQL {
    """
    SELECT (CASE WHEN \(condition)
      THEN 'true' ELSE \(literal: Self.isChanged) END)::boolean
    FROM (SELECT \(literal: schemas)::pg_catalog.text[] AS schemas, \(literal: names)::pg_catalog.text[] AS names,
      \(stood) AS standing) AS pgtide
    """
  }

  private func code(_ body: SQL) -> SQL {
    """
    -- Takes what was just made from everybody but its owner.
    #variable_conflict use_column
    <<pgtide>>
    DECLARE
      schemas pg_catalog.text[] := \(literal: schemas);
      names pg_catalog.text[] := \(literal: names);
      -- What stood there before.
      standing pg_catalog.text[] := \(stood);
      kind pg_catalog.text;
      name pg_catalog.text;
      owner pg_catalog.oid;
      statement pg_catalog.text;
      failure pg_catalog.text;
    BEGIN
      \(indented: body, by: 2)
    END pgtide
    """
  }

  /// What was there before.
  private var stood: SQL {
    """
    (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
        THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[]
    """
  }

  /// What was made: schema and tables.
  private var made: SQL {
    let schema: SQL = """
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) \(literal: StageTable.schema)
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL

      """
    let start: SQL = makesSchema ? schema : ""
    return """
      \(start)SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) \(literal: StageTable.schema) AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      """
  }

  /// Everything that was made is the session's role's alone.
  private var isOwners: SQL {
    """
    NOT EXISTS (
        SELECT FROM (
          \(indented: made, by: 6)) AS m
        WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user OR \(isWronglySecured))
      AND NOT EXISTS (
        \(indented: given, by: 4))
    """
  }

  /// The schema pgtide keeps others out by itself, and row-level security would hide rows there from who may write them.
  private var isWronglySecured: SQL {
    "m.kind OPERATOR(pg_catalog.=) 'TABLE' AND (m.is_secured OPERATOR(pg_catalog.=) m.is_own OR m.is_forced)"
  }

  private var owning: SQL {
    """
    FOR kind, name, owner IN
      SELECT m.kind, m.name, m.owner FROM (
        \(indented: made, by: 4)) AS m
      WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
    LOOP
      IF pg_catalog.pg_has_role(owner, 'USAGE') THEN
        EXECUTE pg_catalog.format('ALTER %s %s OWNER TO %I', kind, name, current_user);
      END IF;
    END LOOP;
    SELECT pg_catalog.format('%s belongs to %s, not to %s, as soon as it is made', m.name,
      pg_catalog.pg_get_userbyid(m.owner), current_user) INTO failure
    FROM (
      \(indented: made, by: 2)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
    LIMIT 1;
    IF failure IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, \(suspects)), ERRCODE = \(literal: SQLState.givenAway);
    END IF;
    """
  }

  private var demanding: SQL {
    """
    SELECT pg_catalog.concat(f.name, ' has been made meanwhile, and belongs to ', pg_catalog.pg_get_userbyid(f.owner))
    INTO failure
    FROM \(indented: TrustedRole.here, by: 2), (
      SELECT pg_catalog.quote_ident(n.nspname) AS name, n.nspowner AS owner, true AS is_table
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) \(literal: StageTable.schema)
      UNION ALL
      SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner, c.relkind OPERATOR(pg_catalog.=) 'r'
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) w.name) AS f
    WHERE NOT (f.is_table AND \(TrustedRole.condition("f.owner")))
    LIMIT 1;
    IF failure IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = failure, ERRCODE = \(literal: SQLState.stranger);
    END IF;
    """
  }

  private var taking: SQL {
    """
    FOR statement IN
      SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', m.name,
        CASE WHEN m.is_own THEN 'DISABLE' ELSE 'ENABLE' END)
      FROM (
        \(indented: made, by: 4)) AS m
      WHERE \(isWronglySecured)
    LOOP
      EXECUTE statement;
    END LOOP;
    FOR statement IN
      SELECT DISTINCT pg_catalog.format('REVOKE ALL ON %s %s FROM %s CASCADE', g.kind, g.name, g.grantee)
      FROM (
        \(indented: given, by: 4)) AS g
    LOOP
      EXECUTE statement;
    END LOOP;
    SELECT pg_catalog.format('the rights of %s on %s were taken back, and are there again', g.grantee, g.name) INTO failure
    FROM (
      \(indented: given, by: 2)) AS g
    LIMIT 1;
    IF failure IS NOT NULL THEN
      RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, \(suspects)), ERRCODE = \(literal: SQLState.givenAgain);
    END IF;
    """
  }

  /// The rights of others on what was made, on its columns and on its sequences.
  private var given: SQL {
    """
    SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
    FROM (
      WITH made AS (
        \(indented: made, by: 4))
      SELECT m.kind, m.name, m.owner, m.acl FROM made m
      UNION ALL
      SELECT m.kind, m.name, m.owner, f.attacl
      FROM made m JOIN pg_catalog.pg_attribute f ON f.attrelid OPERATOR(pg_catalog.=) m.oid AND f.attacl IS NOT NULL
      WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE'
      UNION ALL
      SELECT 'SEQUENCE', pg_catalog.format('%I.%I', n.nspname, s.relname), s.relowner, s.relacl
      FROM made m JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) m.oid
      JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) d.objid AND s.relkind OPERATOR(pg_catalog.=) 'S'
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.relnamespace
      WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE'
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
        AND d.classid OPERATOR(pg_catalog.=) d.refclassid
        AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])) AS o
    CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner
    """
  }

  /// What may have done it.
  private static let eventTriggers: SQL =
    """
    pg_catalog.pg_event_trigger e
      WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
        AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[])
    """

  /// The same, for the message.
  private var suspects: SQL {
    """
    (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
        e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM \(Self.eventTriggers))
    """
  }
}

extension PostgresError {
  /// The server's words for what an ``OwnRights/take`` without a block has found.
  package var saysRightsChanged: Bool { sqlState == "22P02" && message.contains(OwnRights.isChanged) }
}
