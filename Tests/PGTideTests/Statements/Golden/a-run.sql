-- a-run: what a run may send beside its tables, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== The lock of the flow

-- target: take the lock
SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) 7 THEN pg_catalog.pg_try_advisory_lock(5078388531396506705) END;

-- target: say who has it (only if another run does)
SELECT a.pid, a.application_name, a.client_addr,
  pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid OPERATOR(pg_catalog.=) l.pid
WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 1
  AND l.classid OPERATOR(pg_catalog.=) 1182404470 AND l.objid OPERATOR(pg_catalog.=) 2102293585
  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());

-- target: make sure that no session of an earlier run is left
SELECT pg_catalog.pg_advisory_xact_lock(6817665328755836484);

-- target: end those that are
SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 1
  AND l.classid OPERATOR(pg_catalog.=) 1587361406 AND l.objid OPERATOR(pg_catalog.=) 3053258308
  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) AND l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid();

-- target: make a session one of this run's
SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) 7 THEN pg_catalog.pg_try_advisory_lock_shared(6817665328755836484) END;
SELECT r.run_id FROM "pgtide"."runs" r
WHERE r.flow OPERATOR(pg_catalog.=) $1 AND r.status OPERATOR(pg_catalog.<>) ALL ('{refused,unreachable,unplanned}'::pg_catalog.text[])
ORDER BY r.run_id DESC LIMIT 1;
--   $1 = 'forward'

-- target: fail where the lock is not held any more
SELECT (CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) 7
  AND l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 1
  AND l.classid OPERATOR(pg_catalog.=) 1182404470 AND l.objid OPERATOR(pg_catalog.=) 2102293585
  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
  THEN 'true' ELSE 'the lock of this run is not held any more' END)::boolean;

-- target: end the lost session that still holds it
SELECT pg_catalog.pg_terminate_backend(l.pid) FROM pg_catalog.pg_locks l
WHERE l.pid OPERATOR(pg_catalog.=) 7 AND l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted AND l.objsubid OPERATOR(pg_catalog.=) 1
  AND l.classid OPERATOR(pg_catalog.=) 1182404470 AND l.objid OPERATOR(pg_catalog.=) 2102293585
  AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
    WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());

-- target: give it back
SELECT CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) 7 THEN pg_catalog.pg_advisory_unlock(5078388531396506705) END;

-- ==== The schema pgtide

-- target: look what stands there
SELECT n.oid IS NOT NULL,
  EXISTS (
    SELECT FROM pg_catalog.pg_class m JOIN pg_catalog.pg_namespace mn
      ON mn.oid OPERATOR(pg_catalog.=) m.relnamespace
    WHERE mn.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.text
      AND m.relname OPERATOR(pg_catalog.=) $2::pg_catalog.text),
  pg_catalog.pg_get_userbyid(n.nspowner),
  pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
  pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
  (SELECT pg_catalog.has_schema_privilege(mn.oid, 'CREATE') FROM pg_catalog.pg_namespace mn
    WHERE mn.nspname OPERATOR(pg_catalog.=) $3::pg_catalog.text),
  c.relname, pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog.+)
    COALESCE(pg_catalog.pg_relation_size(c.reltoastrelid), 0), pg_catalog.obj_description(c.oid, 'pg_class'),
  pg_catalog.pg_get_userbyid(c.relowner), pg_catalog.pg_has_role(c.relowner, 'USAGE'),
  ARRAY(
    SELECT r.name FROM pg_catalog.unnest('{SELECT,INSERT,UPDATE,DELETE}'::pg_catalog.text[]) AS r (name)
    WHERE pg_catalog.has_table_privilege(c.oid, r.name)),
  ARRAY(
    SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      AND c.relname OPERATOR(pg_catalog.=) ANY ('{runs,run_tables,rejects,protected,deleted}'::pg_catalog.name[])),
  (EXISTS (SELECT FROM pg_catalog.pg_event_trigger e
  WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
    AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))
  OR EXISTS (SELECT FROM pg_catalog.pg_default_acl d JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) d.defaclrole
    WHERE r.rolname OPERATOR(pg_catalog.=) current_user))
FROM (SELECT) one
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) $4::pg_catalog.text
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
  AND c.relkind OPERATOR(pg_catalog.=) 'r';
--   $1 = 'public'
--   $2 = '_sync_metadata'
--   $3 = 'public'
--   $4 = 'pgtide'

-- target: keep others from making it at the same time
SELECT pg_catalog.pg_advisory_xact_lock(-4882764799896451568);

-- target: make it (only if it is missing)
SELECT pg_catalog.set_config('pgtide.standing', COALESCE((
  SELECT pg_catalog.array_agg(s.name) FROM (
    SELECT pg_catalog.quote_ident(n.nspname) AS name FROM pg_catalog.pg_namespace n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
    UNION ALL
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM ROWS FROM (pg_catalog.unnest('{"pgtide","pgtide","pgtide","pgtide","pgtide","pgtide"}'::pg_catalog.text[]),
        pg_catalog.unnest('{"runs","run_tables","rejects","rewritten_rows","deleted","protected"}'::pg_catalog.text[])) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) w.name) AS s)::pg_catalog.text, '{}'), true);
CREATE SCHEMA IF NOT EXISTS "pgtide";
CREATE TABLE IF NOT EXISTS "pgtide"."runs" (
  run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  flow pg_catalog.text NOT NULL,
  mode pg_catalog.text NOT NULL,
  started_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  finished_at pg_catalog.timestamptz,
  status pg_catalog.text NOT NULL DEFAULT 'running',
  backend_pid integer NOT NULL DEFAULT pg_catalog.pg_backend_pid(),
  settings pg_catalog.jsonb NOT NULL,
  rows_read bigint, inserted bigint, updated bigint, unchanged bigint, protected bigint, rejected bigint,
  bytes bigint, seconds numeric,
  error_message pg_catalog.text,
  target_only bigint, deleted bigint, kept bigint, receipt pg_catalog.jsonb);
CREATE TABLE IF NOT EXISTS "pgtide"."run_tables" (
  run_id bigint NOT NULL REFERENCES "pgtide"."runs" ON DELETE CASCADE,
  table_name pg_catalog.text NOT NULL,
  status pg_catalog.text NOT NULL,
  rows_read bigint NOT NULL, staged bigint NOT NULL,
  inserted bigint NOT NULL, updated bigint NOT NULL, unchanged bigint NOT NULL, protected bigint NOT NULL,
  rejected bigint NOT NULL,
  bytes bigint NOT NULL, chunks integer NOT NULL,
  extract_seconds numeric NOT NULL, delta_seconds numeric NOT NULL, merge_seconds numeric NOT NULL,
  error_message pg_catalog.text,
  target_only bigint, filled_columns pg_catalog.text[], lost_columns pg_catalog.text[],
  deleted bigint, kept bigint, changed_by pg_catalog.jsonb, relation pg_catalog.text,
  PRIMARY KEY (run_id, table_name));
CREATE TABLE IF NOT EXISTS "pgtide"."rejects" (
  reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL REFERENCES "pgtide"."runs" ON DELETE CASCADE,
  table_name pg_catalog.text NOT NULL,
  row_key pg_catalog.jsonb NOT NULL,
  reason pg_catalog.text NOT NULL,
  column_name pg_catalog.text NOT NULL,
  message pg_catalog.text NOT NULL,
  row_data pg_catalog.jsonb NOT NULL,
  rejected_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  first_rejected_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  times integer NOT NULL DEFAULT 1, previous_run_id bigint);
CREATE TABLE IF NOT EXISTS "pgtide"."rewritten_rows" (
  flow pg_catalog.text NOT NULL,
  table_name pg_catalog.text NOT NULL,
  row_key pg_catalog.bytea NOT NULL,
  sent pg_catalog.bytea NOT NULL,
  standing pg_catalog.bytea NOT NULL,
  column_names pg_catalog.text[] NOT NULL,
  triggers pg_catalog.text NOT NULL,
  since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  PRIMARY KEY (flow, table_name, row_key));
CREATE TABLE IF NOT EXISTS "pgtide"."deleted" (
  deleted_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id bigint NOT NULL,
  flow pg_catalog.text NOT NULL,
  table_name pg_catalog.text NOT NULL,
  row_key pg_catalog.jsonb NOT NULL,
  row_data pg_catalog.jsonb NOT NULL,
  deleted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  relation pg_catalog.text);
CREATE TABLE IF NOT EXISTS "pgtide"."protected" (
  flow pg_catalog.text NOT NULL,
  table_name pg_catalog.text NOT NULL,
  row_key pg_catalog.jsonb NOT NULL,
  reason pg_catalog.text NOT NULL,
  source_row pg_catalog.jsonb,
  target_row pg_catalog.jsonb,
  since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now(),
  run_id bigint NOT NULL,
  message pg_catalog.text,
  PRIMARY KEY (flow, table_name, row_key, reason));
CREATE INDEX IF NOT EXISTS "rejects_run_id_idx" ON "pgtide"."rejects" (run_id, table_name);
DO $pgtide$
-- Takes what was just made from everybody but its owner.
#variable_conflict use_column
<<pgtide>>
DECLARE
  schemas pg_catalog.text[] := '{"pgtide","pgtide","pgtide","pgtide","pgtide","pgtide"}';
  names pg_catalog.text[] := '{"runs","run_tables","rejects","rewritten_rows","deleted","protected"}';
  -- What stood there before.
  standing pg_catalog.text[] := (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
    THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[];
  kind pg_catalog.text;
  name pg_catalog.text;
  owner pg_catalog.oid;
  statement pg_catalog.text;
  failure pg_catalog.text;
BEGIN
  FOR kind, name, owner IN
    SELECT m.kind, m.name, m.owner FROM (
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LOOP
    IF pg_catalog.pg_has_role(owner, 'USAGE') THEN
      EXECUTE pg_catalog.format('ALTER %s %s OWNER TO %I', kind, name, current_user);
    END IF;
  END LOOP;
  SELECT pg_catalog.format('%s belongs to %s, not to %s, as soon as it is made', m.name,
    pg_catalog.pg_get_userbyid(m.owner), current_user) INTO failure
  FROM (
    SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
      true AS is_own, false AS is_secured, false AS is_forced
    FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
      AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
    UNION ALL
    SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
      c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
      c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
    FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
  WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE5';
  END IF;
  FOR statement IN
    SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', m.name,
      CASE WHEN m.is_own THEN 'DISABLE' ELSE 'ENABLE' END)
    FROM (
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE' AND (m.is_secured OPERATOR(pg_catalog.=) m.is_own OR m.is_forced)
  LOOP
    EXECUTE statement;
  END LOOP;
  FOR statement IN
    SELECT DISTINCT pg_catalog.format('REVOKE ALL ON %s %s FROM %s CASCADE', g.kind, g.name, g.grantee)
    FROM (
      SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
      FROM (
        WITH made AS (
          SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
            true AS is_own, false AS is_secured, false AS is_forced
          FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
            AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
          UNION ALL
          SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
            c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
            c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
          FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
          JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
          JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
          WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
            AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
      WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LOOP
    EXECUTE statement;
  END LOOP;
  SELECT pg_catalog.format('the rights of %s on %s were taken back, and are there again', g.grantee, g.name) INTO failure
  FROM (
    SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
    FROM (
      WITH made AS (
        SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
          true AS is_own, false AS is_secured, false AS is_forced
        FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
          AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
        UNION ALL
        SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
          c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
          c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
        FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
        WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
          AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE6';
  END IF;
  SELECT pg_catalog.concat(f.name, ' has been made meanwhile, and belongs to ', pg_catalog.pg_get_userbyid(f.owner))
  INTO failure
  FROM (SELECT r.oid AS role, b.datdba AS database_owner
      FROM pg_catalog.pg_roles r, pg_catalog.pg_database b
      WHERE r.rolname OPERATOR(pg_catalog.=) current_user
        AND b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) AS here, (
    SELECT pg_catalog.quote_ident(n.nspname) AS name, n.nspowner AS owner, true AS is_table
    FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
    UNION ALL
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relowner, c.relkind OPERATOR(pg_catalog.=) 'r'
    FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) w.name) AS f
  WHERE NOT (f.is_table AND (pg_catalog.pg_has_role(f.owner, here.role, 'MEMBER') OR pg_catalog.pg_has_role(f.owner, here.database_owner, 'MEMBER')
        OR pg_catalog.pg_get_userbyid(f.owner) OPERATOR(pg_catalog.=) 'pg_database_owner'))
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = failure, ERRCODE = 'TIDE7';
  END IF;
END pgtide
$pgtide$;

-- target: bring an earlier version up to date
ALTER TABLE "pgtide"."runs" ADD COLUMN IF NOT EXISTS "target_only" bigint, ADD COLUMN IF NOT EXISTS "deleted" bigint, ADD COLUMN IF NOT EXISTS "kept" bigint, ADD COLUMN IF NOT EXISTS "receipt" pg_catalog.jsonb;
ALTER TABLE "pgtide"."run_tables" ADD COLUMN IF NOT EXISTS "target_only" bigint, ADD COLUMN IF NOT EXISTS "filled_columns" pg_catalog.text[], ADD COLUMN IF NOT EXISTS "lost_columns" pg_catalog.text[], ADD COLUMN IF NOT EXISTS "deleted" bigint, ADD COLUMN IF NOT EXISTS "kept" bigint, ADD COLUMN IF NOT EXISTS "changed_by" pg_catalog.jsonb, ADD COLUMN IF NOT EXISTS "relation" pg_catalog.text, DROP COLUMN IF EXISTS "rejected_before_stage";
ALTER TABLE "pgtide"."rejects" ADD COLUMN IF NOT EXISTS "first_rejected_at" pg_catalog.timestamptz, ADD COLUMN IF NOT EXISTS "times" integer NOT NULL DEFAULT 1, ADD COLUMN IF NOT EXISTS "previous_run_id" bigint;
ALTER TABLE "pgtide"."protected" ADD COLUMN IF NOT EXISTS "message" pg_catalog.text;
ALTER TABLE "pgtide"."deleted" ADD COLUMN IF NOT EXISTS "relation" pg_catalog.text;

-- ==== The history

-- target: close runs that died
UPDATE "pgtide"."runs" SET status = 'died', finished_at = pg_catalog.now(),
  error_message = 'it ended without a word'
WHERE flow OPERATOR(pg_catalog.=) $1 AND status OPERATOR(pg_catalog.=) 'running';
--   $1 = 'forward'

-- target: enter the run
INSERT INTO "pgtide"."runs" (flow, mode, settings)
VALUES ($1, $2, $3::pg_catalog.jsonb)
RETURNING run_id;
--   $1 = 'forward'
--   $2 = 'full'
--   $3 = '{"jobs":2,"chunk_bytes":16777216,"buffer_bytes":262144,"copy_format":"binary","retries":5,"key_cache":"off","spill":"never"}'

-- target: enter a run that did not begin
INSERT INTO "pgtide"."runs" (flow, mode, settings, status, finished_at, error_message)
VALUES ($1, $2, $3::pg_catalog.jsonb, $4,
  pg_catalog.clock_timestamp(), $5);
--   $1 = 'forward'
--   $2 = 'full'
--   $3 = '{"jobs":2,"chunk_bytes":16777216,"buffer_bytes":262144,"copy_format":"binary","retries":5,"key_cache":"off","spill":"never"}'
--   $4 = 'refused'
--   $5 = 'the plan was refused'

-- target: say when a run began (only if it kept its rows on the disk)
SELECT started_at::pg_catalog.text FROM "pgtide"."runs" WHERE run_id OPERATOR(pg_catalog.=) $1::bigint;
--   $1 = '42'

-- target: say what has landed since (only if it kept its rows on the disk)
SELECT r.run_id, r.flow, t.table_name
FROM "pgtide"."runs" r JOIN "pgtide"."run_tables" t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
WHERE t.table_name OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])
  AND t.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[])
  AND r.run_id OPERATOR(pg_catalog.<>) ALL ($2::bigint[])
  AND pg_catalog.strpos(r.mode, 'dry run') OPERATOR(pg_catalog.=) 0
  AND (r.run_id OPERATOR(pg_catalog.>) $3::bigint OR r.finished_at IS NULL
    OR r.finished_at OPERATOR(pg_catalog.>) (SELECT first.started_at FROM "pgtide"."runs" first
      WHERE first.run_id OPERATOR(pg_catalog.=) $4::bigint))
ORDER BY r.run_id DESC, t.table_name;
--   $1 = '{"hr.people","jobs"}'
--   $2 = '{"42","41"}'
--   $3 = '42'
--   $4 = '42'

-- target: say whether tables have landed (only if a COMMIT got no answer)
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 2 FROM "pgtide"."run_tables"
WHERE run_id OPERATOR(pg_catalog.=) $1::bigint
  AND table_name OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[])
  AND status OPERATOR(pg_catalog.=) ANY ('{success,partial}');
--   $1 = '42'
--   $2 = '{"hr.people","jobs"}'

-- target: write down a table that did not land
INSERT INTO "pgtide"."run_tables" (run_id, table_name, status, rows_read, staged, inserted, updated, unchanged,
  protected, rejected, bytes, chunks, extract_seconds, delta_seconds, merge_seconds, error_message, target_only,
  filled_columns, lost_columns, deleted, kept, changed_by, relation)
VALUES ($1::bigint, $2, $3, 100,
  90, 20, 30, 37, 8,
  4, 1234567, 4,
  $4::numeric, $5::numeric,
  $6::numeric, $7,
  $8::bigint, $9::pg_catalog.text[],
  $10::pg_catalog.text[], 5, 6,
  NULL, $11)
ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
  updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
  rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message,
  target_only = EXCLUDED.target_only, filled_columns = EXCLUDED.filled_columns,
  lost_columns = EXCLUDED.lost_columns, deleted = EXCLUDED.deleted, kept = EXCLUDED.kept,
  relation = COALESCE(EXCLUDED.relation, "pgtide"."run_tables".relation),
  changed_by = COALESCE(EXCLUDED.changed_by, "pgtide"."run_tables".changed_by);
--   $1 = '42'
--   $2 = 'hr.people'
--   $3 = 'stopped'
--   $4 = '0.5'
--   $5 = '0.25'
--   $6 = '0.125'
--   $7 = 'it failed, in short'
--   $8 = '11'
--   $9 = NULL
--   $10 = NULL
--   $11 = NULL
UPDATE "public"."_sync_metadata" SET sync_status = $1, error_message = $2,
  updated_at = pg_catalog.now()
WHERE table_name OPERATOR(pg_catalog.=) $3;
--   $1 = 'failed'
--   $2 = 'run 42: it failed, in short'
--   $3 = 'hr.people'
INSERT INTO "public"."_sync_metadata" (table_name, last_sync_timestamp, records_synced, sync_status, error_message, updated_at)
SELECT $1::pg_catalog.text, NULL::pg_catalog.timestamptz, 0, $2::pg_catalog.text,
  $3::pg_catalog.text, pg_catalog.now()
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" WHERE table_name OPERATOR(pg_catalog.=) $4::pg_catalog.text);
--   $1 = 'hr.people'
--   $2 = 'failed'
--   $3 = 'run 42: it failed, in short'
--   $4 = 'hr.people'

-- target: close the run
BEGIN ISOLATION LEVEL READ COMMITTED, READ WRITE;
-- As above: target: write down a table that did not land
-- As above: target: write down a table that did not land
-- As above: target: write down a table that did not land
UPDATE "pgtide"."runs" SET finished_at = pg_catalog.clock_timestamp(), status = $1,
  rows_read = 100, inserted = 20, updated = 30,
  unchanged = 37, protected = 8, rejected = 4,
  target_only = $2::bigint, deleted = 5, kept = 6,
  bytes = 1234567, seconds = $3::numeric, error_message = $4
WHERE run_id OPERATOR(pg_catalog.=) $5::bigint;
--   $1 = 'partial'
--   $2 = '11'
--   $3 = '2.5'
--   $4 = 'an error in short'
--   $5 = '42'
DELETE FROM "pgtide"."runs" WHERE run_id OPERATOR(pg_catalog.=) ANY (
  SELECT old.run_id FROM (
    SELECT r.run_id, r.status, r.mode, pg_catalog.row_number() OVER (ORDER BY r.run_id DESC) AS place
    FROM "pgtide"."runs" r WHERE r.flow OPERATOR(pg_catalog.=) $1) old
  WHERE old.place OPERATOR(pg_catalog.>) 100 AND old.status OPERATOR(pg_catalog.<>) 'running'
    AND NOT (pg_catalog.strpos(old.mode, 'dry run') OPERATOR(pg_catalog.=) 0 AND old.mode OPERATOR(pg_catalog.<>) 'tune' AND EXISTS (
      SELECT FROM "pgtide"."run_tables" t
      WHERE t.run_id OPERATOR(pg_catalog.=) old.run_id AND t.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[]) AND NOT EXISTS (
        SELECT FROM "pgtide"."run_tables" later JOIN "pgtide"."runs" r ON r.run_id OPERATOR(pg_catalog.=) later.run_id
        WHERE later.table_name OPERATOR(pg_catalog.=) t.table_name
          AND later.run_id OPERATOR(pg_catalog.>) old.run_id AND later.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[])
          AND r.flow OPERATOR(pg_catalog.=) $2 AND pg_catalog.strpos(r.mode, 'dry run') OPERATOR(pg_catalog.=) 0 AND r.mode OPERATOR(pg_catalog.<>) 'tune')))
  ORDER BY old.run_id LIMIT 20);
--   $1 = 'forward'
--   $2 = 'forward'
COMMIT;

-- ==== The status table

-- target: make it (only if it is missing)
CREATE TABLE IF NOT EXISTS "public"."_sync_metadata" (
  table_name pg_catalog.text PRIMARY KEY,
  last_sync_timestamp pg_catalog.timestamptz,
  records_synced bigint NOT NULL DEFAULT 0,
  sync_status pg_catalog.text NOT NULL DEFAULT 'pending'
    CHECK (sync_status OPERATOR(pg_catalog.=) ANY ('{pending,success,partial,failed}')),
  error_message pg_catalog.text,
  updated_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.now());

-- target: give each table a row
INSERT INTO "public"."_sync_metadata" (table_name, sync_status, updated_at)
SELECT wanted.name, $1, pg_catalog.now()
FROM pg_catalog.unnest($2::pg_catalog.text[]) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" m WHERE m.table_name OPERATOR(pg_catalog.=) wanted.name);
--   $1 = 'pending'
--   $2 = '{"hr.people","jobs"}'

-- target: say that a table has landed
UPDATE "public"."_sync_metadata" SET last_sync_timestamp = pg_catalog.now(), records_synced = 3, sync_status = $1, error_message = $2,
  updated_at = pg_catalog.now()
WHERE table_name OPERATOR(pg_catalog.=) $3;
--   $1 = 'success'
--   $2 = NULL
--   $3 = 'jobs'
INSERT INTO "public"."_sync_metadata" (table_name, last_sync_timestamp, records_synced, sync_status, error_message, updated_at)
SELECT $1::pg_catalog.text, pg_catalog.now()::pg_catalog.timestamptz, 3, $2::pg_catalog.text,
  $3::pg_catalog.text, pg_catalog.now()
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" WHERE table_name OPERATOR(pg_catalog.=) $4::pg_catalog.text);
--   $1 = 'jobs'
--   $2 = 'success'
--   $3 = NULL
--   $4 = 'jobs'

-- target: say that it has not
UPDATE "public"."_sync_metadata" SET sync_status = $1, error_message = $2,
  updated_at = pg_catalog.now()
WHERE table_name OPERATOR(pg_catalog.=) $3;
--   $1 = 'failed'
--   $2 = 'run 42: it failed'
--   $3 = 'jobs'
INSERT INTO "public"."_sync_metadata" (table_name, last_sync_timestamp, records_synced, sync_status, error_message, updated_at)
SELECT $1::pg_catalog.text, NULL::pg_catalog.timestamptz, 0, $2::pg_catalog.text,
  $3::pg_catalog.text, pg_catalog.now()
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" WHERE table_name OPERATOR(pg_catalog.=) $4::pg_catalog.text);
--   $1 = 'jobs'
--   $2 = 'failed'
--   $3 = 'run 42: it failed'
--   $4 = 'jobs'

-- ==== What a DBA runs where the user of pgtide may not

-- target: make all of it, and let that user in
-- As above: target: make it
-- As above: target: make it
DO $pgtide$
-- Takes what was just made from everybody but its owner.
#variable_conflict use_column
<<pgtide>>
DECLARE
  schemas pg_catalog.text[] := '{"pgtide","pgtide","pgtide","pgtide","pgtide","pgtide"}';
  names pg_catalog.text[] := '{"runs","run_tables","rejects","rewritten_rows","deleted","protected"}';
  -- What stood there before.
  standing pg_catalog.text[] := (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
    THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[];
  kind pg_catalog.text;
  name pg_catalog.text;
  owner pg_catalog.oid;
  statement pg_catalog.text;
  failure pg_catalog.text;
BEGIN
  FOR kind, name, owner IN
    SELECT m.kind, m.name, m.owner FROM (
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LOOP
    IF pg_catalog.pg_has_role(owner, 'USAGE') THEN
      EXECUTE pg_catalog.format('ALTER %s %s OWNER TO %I', kind, name, current_user);
    END IF;
  END LOOP;
  SELECT pg_catalog.format('%s belongs to %s, not to %s, as soon as it is made', m.name,
    pg_catalog.pg_get_userbyid(m.owner), current_user) INTO failure
  FROM (
    SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
      true AS is_own, false AS is_secured, false AS is_forced
    FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
      AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
    UNION ALL
    SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
      c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
      c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
    FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
  WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE5';
  END IF;
END pgtide
$pgtide$;
-- As above: target: make it
-- As above: target: make all of it, and let that user in
-- As above: target: make it
-- As above: target: make it
-- As above: target: make it
-- As above: target: make it
-- As above: target: make it
-- As above: target: make it
-- As above: target: bring an earlier version up to date
-- As above: target: bring an earlier version up to date
-- As above: target: bring an earlier version up to date
-- As above: target: bring an earlier version up to date
-- As above: target: bring an earlier version up to date
DO $pgtide$
-- Takes what was just made from everybody but its owner.
#variable_conflict use_column
<<pgtide>>
DECLARE
  schemas pg_catalog.text[] := '{"pgtide","pgtide","pgtide","pgtide","pgtide","pgtide"}';
  names pg_catalog.text[] := '{"runs","run_tables","rejects","rewritten_rows","deleted","protected"}';
  -- What stood there before.
  standing pg_catalog.text[] := (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
    THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[];
  kind pg_catalog.text;
  name pg_catalog.text;
  owner pg_catalog.oid;
  statement pg_catalog.text;
  failure pg_catalog.text;
BEGIN
  FOR kind, name, owner IN
    SELECT m.kind, m.name, m.owner FROM (
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LOOP
    IF pg_catalog.pg_has_role(owner, 'USAGE') THEN
      EXECUTE pg_catalog.format('ALTER %s %s OWNER TO %I', kind, name, current_user);
    END IF;
  END LOOP;
  SELECT pg_catalog.format('%s belongs to %s, not to %s, as soon as it is made', m.name,
    pg_catalog.pg_get_userbyid(m.owner), current_user) INTO failure
  FROM (
    SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
      true AS is_own, false AS is_secured, false AS is_forced
    FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
      AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
    UNION ALL
    SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
      c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
      c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
    FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
  WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE5';
  END IF;
  FOR statement IN
    SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', m.name,
      CASE WHEN m.is_own THEN 'DISABLE' ELSE 'ENABLE' END)
    FROM (
      SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
        true AS is_own, false AS is_secured, false AS is_forced
      FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
        AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
      UNION ALL
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE' AND (m.is_secured OPERATOR(pg_catalog.=) m.is_own OR m.is_forced)
  LOOP
    EXECUTE statement;
  END LOOP;
  FOR statement IN
    SELECT DISTINCT pg_catalog.format('REVOKE ALL ON %s %s FROM %s CASCADE', g.kind, g.name, g.grantee)
    FROM (
      SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
      FROM (
        WITH made AS (
          SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
            true AS is_own, false AS is_secured, false AS is_forced
          FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
            AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
          UNION ALL
          SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
            c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
            c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
          FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
          JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
          JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
          WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
            AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
      WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LOOP
    EXECUTE statement;
  END LOOP;
  SELECT pg_catalog.format('the rights of %s on %s were taken back, and are there again', g.grantee, g.name) INTO failure
  FROM (
    SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
    FROM (
      WITH made AS (
        SELECT 'SCHEMA' AS kind, pg_catalog.quote_ident(n.nspname) AS name, n.oid, n.nspowner AS owner, n.nspacl AS acl,
          true AS is_own, false AS is_secured, false AS is_forced
        FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
          AND NOT pg_catalog.quote_ident(n.nspname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)
        UNION ALL
        SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
          c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
          c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
        FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
        WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
          AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE6';
  END IF;
END pgtide
$pgtide$;
SELECT pg_catalog.set_config('pgtide.standing', COALESCE((
  SELECT pg_catalog.array_agg(s.name) FROM (
    SELECT pg_catalog.quote_ident(n.nspname) AS name FROM pg_catalog.pg_namespace n
    WHERE n.nspname OPERATOR(pg_catalog.=) 'pgtide'
    UNION ALL
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
    FROM ROWS FROM (pg_catalog.unnest('{"public"}'::pg_catalog.text[]),
        pg_catalog.unnest('{"_sync_metadata"}'::pg_catalog.text[])) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) w.name) AS s)::pg_catalog.text, '{}'), true);
-- As above: target: make it
DO $pgtide$
-- Takes what was just made from everybody but its owner.
#variable_conflict use_column
<<pgtide>>
DECLARE
  schemas pg_catalog.text[] := '{"public"}';
  names pg_catalog.text[] := '{"_sync_metadata"}';
  -- What stood there before.
  standing pg_catalog.text[] := (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
    THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[];
  kind pg_catalog.text;
  name pg_catalog.text;
  owner pg_catalog.oid;
  statement pg_catalog.text;
  failure pg_catalog.text;
BEGIN
  FOR kind, name, owner IN
    SELECT m.kind, m.name, m.owner FROM (
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LOOP
    IF pg_catalog.pg_has_role(owner, 'USAGE') THEN
      EXECUTE pg_catalog.format('ALTER %s %s OWNER TO %I', kind, name, current_user);
    END IF;
  END LOOP;
  SELECT pg_catalog.format('%s belongs to %s, not to %s, as soon as it is made', m.name,
    pg_catalog.pg_get_userbyid(m.owner), current_user) INTO failure
  FROM (
    SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
      c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
      c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
    FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
    WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
      AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
  WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE5';
  END IF;
  FOR statement IN
    SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', m.name,
      CASE WHEN m.is_own THEN 'DISABLE' ELSE 'ENABLE' END)
    FROM (
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE' AND (m.is_secured OPERATOR(pg_catalog.=) m.is_own OR m.is_forced)
  LOOP
    EXECUTE statement;
  END LOOP;
  FOR statement IN
    SELECT DISTINCT pg_catalog.format('REVOKE ALL ON %s %s FROM %s CASCADE', g.kind, g.name, g.grantee)
    FROM (
      SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
        ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
      FROM (
        WITH made AS (
          SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
            c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
            c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
          FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
          JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
          JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
          WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
            AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
      WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LOOP
    EXECUTE statement;
  END LOOP;
  SELECT pg_catalog.format('the rights of %s on %s were taken back, and are there again', g.grantee, g.name) INTO failure
  FROM (
    SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
    FROM (
      WITH made AS (
        SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
          c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
          c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
        FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
        WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
          AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
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
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner) AS g
  LIMIT 1;
  IF failure IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = pg_catalog.concat(failure, (SELECT pg_catalog.concat('; the event triggers of the database are ', pg_catalog.string_agg(
      e.evtname::pg_catalog.text, ', ' ORDER BY e.evtname)) FROM pg_catalog.pg_event_trigger e
    WHERE e.evtevent OPERATOR(pg_catalog.=) ANY ('{ddl_command_start,ddl_command_end}'::pg_catalog.name[])
      AND e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog."char"[]))), ERRCODE = 'TIDE6';
  END IF;
END pgtide
$pgtide$;
DROP POLICY IF EXISTS "pgtide" ON "public"."_sync_metadata";
CREATE POLICY "pgtide" ON "public"."_sync_metadata" TO "pgtide" USING (true) WITH CHECK (true);
INSERT INTO "public"."_sync_metadata" (table_name, sync_status, updated_at)
SELECT wanted.name, $1, pg_catalog.now()
FROM pg_catalog.unnest($2::pg_catalog.text[]) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" m WHERE m.table_name OPERATOR(pg_catalog.=) wanted.name);
--   $1 = 'pending'
--   $2 = '{"teams","people"}'
GRANT USAGE, CREATE ON SCHEMA "pgtide" TO "pgtide";
GRANT SELECT, INSERT, UPDATE, DELETE ON "pgtide"."runs", "pgtide"."run_tables", "pgtide"."rejects", "pgtide"."rewritten_rows", "pgtide"."deleted", "pgtide"."protected", "public"."_sync_metadata" TO "pgtide";
