-- changed-by: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== For the plan

-- source: ask what the rows rest on, and for indexes and rights
WITH wanted AS (
  SELECT c.* FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
      pg_catalog.unnest($2::pg_catalog.text[]))
    AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relname OPERATOR(pg_catalog.=) w.name
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'))
SELECT n.nspname, c.relname, (
  SELECT pg_catalog.string_agg(
    pg_catalog.concat(part.relid, ':', pg_catalog.pg_relation_filenode(part.relid)), ' ' ORDER BY part.relid)
  FROM (WITH RECURSIVE tree (relid, relkind) AS (
    SELECT tree_root.oid, tree_root.relkind
    FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) c.oid
    UNION ALL
    SELECT tree_part.oid, tree_part.relkind
    FROM tree
    JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
      AND tree.relkind OPERATOR(pg_catalog.=) 'p'
      AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
        OPERATOR(pg_catalog.=) 'false'
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) part)
FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace;
--   $1 = '{"public"}'
--   $2 = '{"cards"}'
WITH wanted AS (
  SELECT c.* FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
      pg_catalog.unnest($2::pg_catalog.text[]))
    AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relname OPERATOR(pg_catalog.=) w.name
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'))
SELECT n.nspname, c.relname, i.indisunique, (
  SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY k.place)
  FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (number, place)
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
    AND a.attnum OPERATOR(pg_catalog.=) k.number
  WHERE k.place OPERATOR(pg_catalog.<=) i.indnkeyatts)
FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid
WHERE i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL;
--   $1 = '{"public"}'
--   $2 = '{"cards"}'
SELECT own.system_identifier FROM pg_catalog.pg_control_system() own;
SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery()
  THEN pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) END;
SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'), b.oid,
  pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())
FROM pg_catalog.pg_database b WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();
WITH RECURSIVE roots AS (
  SELECT * FROM ROWS FROM (pg_catalog.unnest($1::integer[]),
      pg_catalog.unnest($2::pg_catalog.text[]),
      pg_catalog.unnest($3::pg_catalog.text[])) AS w (place, schema, name)),
-- A table that an entry names is read without those that inherit from it.
reached AS (
  SELECT w.place, c.oid AS relation,
    w.schema OPERATOR(pg_catalog.<>) '' AND c.relkind OPERATOR(pg_catalog.=) 'r' AS is_only
  FROM roots w
  JOIN pg_catalog.pg_class c ON c.relname OPERATOR(pg_catalog.=) w.name
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'::pg_catalog."char"[])
    AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    AND (n.nspname OPERATOR(pg_catalog.=) w.schema OR w.schema OPERATOR(pg_catalog.=) '')
  UNION
  SELECT r.place, next.relation, false
  FROM reached r, LATERAL (
    SELECT d.refobjid AS relation FROM pg_catalog.pg_rewrite w
    JOIN pg_catalog.pg_depend d ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      AND d.objid OPERATOR(pg_catalog.=) w.oid
      AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
    WHERE w.ev_class OPERATOR(pg_catalog.=) r.relation AND w.ev_type OPERATOR(pg_catalog.=) '1'
      AND d.refobjid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
    UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits i
    WHERE i.inhparent OPERATOR(pg_catalog.=) r.relation AND NOT r.is_only) next),
found AS (
  SELECT DISTINCT r.place, c.oid AS relation, CASE
      WHEN c.relkind OPERATOR(pg_catalog.=) ANY ('{f,m}'::pg_catalog."char"[]) THEN c.relkind::pg_catalog.text
      WHEN EXISTS (SELECT FROM pg_catalog.pg_subscription_rel s
        WHERE s.srrelid OPERATOR(pg_catalog.=) c.oid) THEN 's' END AS late,
    pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, pg_catalog.concat_ws(' ', c.oid, c.relkind, pg_catalog.pg_relation_filenode(c.oid), (
        SELECT pg_catalog.concat_ws(' ', w.oid, w.xmin) FROM pg_catalog.pg_rewrite w
        WHERE w.ev_class OPERATOR(pg_catalog.=) c.oid AND w.ev_type OPERATOR(pg_catalog.=) '1'), (
        SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod,
          a.attcollation, CASE WHEN a.attgenerated OPERATOR(pg_catalog.<>) '' THEN d.adbin::pg_catalog.text END),
          ' ' ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d
          ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid AND d.adnum OPERATOR(pg_catalog.=) a.attnum
        WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)) AS look
  FROM reached r JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) r.relation
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace)
SELECT f.place, pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
  pg_catalog.convert_to(pg_catalog.string_agg(f.look, E'\n' ORDER BY f.relation), pg_catalog.getdatabaseencoding())), 'hex'), 16),
  pg_catalog.min(pg_catalog.concat(f.late, f.name)) FILTER (WHERE f.late IS NOT NULL)
FROM found f GROUP BY f.place;
--   $1 = '{"0","0"}'
--   $2 = '{"public",""}'
--   $3 = '{"cards","f"}'
SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', part.kind, part.oid, part.written), 0))
FROM (
  SELECT 'label', e.oid, e.xmin FROM pg_catalog.pg_enum e
UNION ALL
SELECT 'field', a.attrelid, a.xmin FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0
WHERE c.relkind OPERATOR(pg_catalog.=) 'c') AS part (kind, oid, written);
SELECT pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', part.kind, part.oid, part.written), 0))
FROM (
  SELECT 'function', p.oid, p.xmin FROM pg_catalog.pg_proc p
WHERE p.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
  AND p.prorettype OPERATOR(pg_catalog.<>) 'pg_catalog.trigger'::pg_catalog.regtype::pg_catalog.oid
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) p.pronamespace
    AND pg_catalog.starts_with(n.nspname::pg_catalog.text, 'pg_temp'))
UNION ALL
SELECT 'aggregate', g.aggfnoid::pg_catalog.oid, g.xmin FROM pg_catalog.pg_aggregate g
WHERE g.aggfnoid::pg_catalog.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
UNION ALL
SELECT 'view', w.oid, w.xmin FROM pg_catalog.pg_rewrite w
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) w.ev_class
  AND c.relpersistence OPERATOR(pg_catalog.<>) 't'
WHERE w.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid AND w.ev_type OPERATOR(pg_catalog.=) '1'
UNION ALL
SELECT 'operator', o.oid, o.xmin FROM pg_catalog.pg_operator o WHERE o.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
UNION ALL
SELECT 'cast', t.oid, t.xmin FROM pg_catalog.pg_cast t WHERE t.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
UNION ALL
SELECT 'policy', y.oid, y.xmin FROM pg_catalog.pg_policy y
UNION ALL
SELECT 'row-level security', r.oid, NULL FROM pg_catalog.pg_class r WHERE r.relrowsecurity
UNION ALL
SELECT 'dictionary', i.oid, i.xmin FROM pg_catalog.pg_ts_dict i
WHERE i.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
UNION ALL
SELECT 'text search', m.mapcfg, m.xmin FROM pg_catalog.pg_ts_config_map m
WHERE m.mapcfg OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid
UNION ALL
SELECT 'extension', x.oid, x.xmin FROM pg_catalog.pg_extension x) AS part (kind, oid, written);
SELECT pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
  pg_catalog.convert_to(pg_catalog.concat_ws(E'\n', (
    -- The view leaves out what the role may not see, which current_setting() would refuse; names of the users' own are
    -- not in it.
    SELECT pg_catalog.string_agg(pg_catalog.concat(s.name, '=', CASE
        WHEN pg_catalog.strpos(s.name, '.') OPERATOR(pg_catalog.>) 0 THEN pg_catalog.current_setting(s.name, true)
        ELSE g.setting END), E'\n'
      ORDER BY s.name COLLATE pg_catalog."C")
    FROM pg_catalog.unnest($1::pg_catalog.text[]) AS s (name)
    LEFT JOIN pg_catalog.pg_settings g ON g.name OPERATOR(pg_catalog.=) s.name), (
    SELECT pg_catalog.string_agg(pg_catalog.concat(r.setdatabase, ' ', r.setrole, ' ', own.text), E'\n'
      ORDER BY r.setdatabase, r.setrole, own.text COLLATE pg_catalog."C")
    FROM pg_catalog.pg_db_role_setting r, LATERAL pg_catalog.unnest(r.setconfig) AS own (text)
    WHERE pg_catalog.strpos(pg_catalog.split_part(own.text, '=', 1), '.') OPERATOR(pg_catalog.>) 0
      AND (r.setdatabase OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.setdatabase OPERATOR(pg_catalog.=) (
        SELECT b.oid FROM pg_catalog.pg_database b
        WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()))
      AND (r.setrole OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR r.setrole OPERATOR(pg_catalog.=) (
        SELECT u.oid FROM pg_catalog.pg_roles u WHERE u.rolname OPERATOR(pg_catalog.=) session_user)))), pg_catalog.getdatabaseencoding())), 'hex'), 16);
--   $1 = '{"DateStyle","IntervalStyle","TimeZone","app.tenant","backslash_quote","bytea_output","check_function_bodies","createrole_self_grant","default_tablespace","default_text_search_config","default_toast_compression","dynamic_library_path","escape_string_warning","event_triggers","extension_control_path","extension_destdir","extra_float_digits","lc_messages","lc_monetary","lc_numeric","lc_time","lo_compat_privileges","local_preload_libraries","operator_precedence_warning","password_encryption","scram_iterations","search_path","session_preload_libraries","standard_conforming_strings","temp_tablespaces","timezone_abbreviations","transform_null_equals","xmlbinary"}'

-- target: ask for files and types
-- As above: source: ask what the rows rest on, and for indexes and rights
-- As above: source: ask what the rows rest on, and for indexes and rights

-- ==== Before the rows

-- source: ask since when others' transactions are open, up to which the next run may rely on what this one sees
SELECT pg_catalog.to_char(
    pg_catalog.timezone('UTC', LEAST(pg_catalog.statement_timestamp(), pg_catalog.min(a.xact_start))),
    'YYYY-MM-DD HH24:MI:SS.US"+00"'),
  pg_catalog.count(*) FILTER (WHERE a.xact_start IS NULL
    AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) a.pid
      AND l.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock')),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts p
    WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()),
  pg_catalog.pg_is_in_recovery()
FROM pg_catalog.pg_database b
LEFT JOIN pg_catalog.pg_stat_activity a ON a.datid OPERATOR(pg_catalog.=) b.oid
  AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
  AND COALESCE(a.backend_type, 'client backend') OPERATOR(pg_catalog.<>) 'autovacuum worker'
WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();

-- ==== Into the stage

-- source: read the rows
COPY (SELECT src."id" AS "id", src."name" AS "name"
FROM ONLY "public"."cards" AS src
WHERE ((src."changed" OPERATOR(pg_catalog.>=) ('2026-01-02 03:04:05.000000+00'::pg_catalog.timestamptz OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, 600)) OR src."changed" IS NULL) OR ROW(src."id") OPERATOR(pg_catalog.=) ANY (
  SELECT src."id" FROM ONLY "public"."cards" AS src WHERE (src."changed" OPERATOR(pg_catalog.>=) ('2026-01-02 03:04:05.000000+00'::pg_catalog.timestamptz OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, 600)) OR src."changed" IS NULL)))) TO STDOUT (FORMAT binary);

-- ==== Merge

-- target: what the table's row in the history gets as changed_by
CASE WHEN NOT EXISTS (
    SELECT FROM "pgtide"."runs" r JOIN "pgtide"."run_tables" t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
    WHERE r.flow OPERATOR(pg_catalog.=) $1::pg_catalog.text
      AND t.table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text
      AND t.run_id OPERATOR(pg_catalog.>) COALESCE($3::bigint, 0)
      AND t.run_id OPERATOR(pg_catalog.<) $4::bigint
      AND t.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[]) AND pg_catalog.strpos(r.mode, 'dry run') OPERATOR(pg_catalog.=) 0 AND r.mode OPERATOR(pg_catalog.<>) 'tune')
  THEN pg_catalog.jsonb_build_object('since', $5::pg_catalog.text,
    'mark', $6::pg_catalog.text, 'reason', $7::pg_catalog.text,
    'full_at', $8::pg_catalog.timestamptz, 'full_rows', 900000, 'plan', $9::pg_catalog.text,
    'next_transaction', $10::bigint) END;
--   $1 = 'forward'
--   $2 = 'cards'
--   $3 = '7'
--   $4 = '8'
--   $5 = '2026-01-02 03:04:05.000000+00'
--   $6 = '2026-01-01 00:00:00.000000+00'
--   $7 = NULL
--   $8 = '2026-01-02 00:00:00+00'
--   $9 = 'plan:be5d049403fb6894 server:6660473792de497d types:af639d4c8601817f source:07c5a807b48ed46d code:cbf29ce484222325 settings:cbf29ce484222325'
--   $10 = NULL
