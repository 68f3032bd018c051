-- changed-by: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== For the plan

-- source: ask for files, indexes and rights
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
SELECT pg_catalog.concat_ws(' ', own.system_identifier, made.timeline_id)
FROM pg_catalog.pg_control_system() own, pg_catalog.pg_control_checkpoint() made;
SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE');

-- target: ask for files
-- As above: source: ask for files, indexes and rights

-- ==== Before the rows

-- source: ask since when others' transactions are open, up to which the next run may rely on what this one sees
SELECT pg_catalog.to_char(
    pg_catalog.timezone('UTC', LEAST(pg_catalog.statement_timestamp(), pg_catalog.min(a.xact_start))),
    'YYYY-MM-DD HH24:MI:SS.US"+00"'),
  pg_catalog.count(*) FILTER (WHERE a.xact_start IS NULL
    AND COALESCE(a.state, 'disabled') OPERATOR(pg_catalog.=) 'disabled'
    AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.pid OPERATOR(pg_catalog.=) a.pid
      AND l.locktype OPERATOR(pg_catalog.=) 'virtualxid' AND l.mode OPERATOR(pg_catalog.=) 'ExclusiveLock')),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts p
    WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()),
  pg_catalog.pg_is_in_recovery()
FROM pg_catalog.pg_database b
LEFT JOIN pg_catalog.pg_stat_activity a ON a.datid OPERATOR(pg_catalog.=) b.oid
  AND a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid()
  AND COALESCE(a.backend_type, 'client backend') OPERATOR(pg_catalog.<>) ALL ('{autovacuum worker,walsender}')
WHERE b.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();

-- ==== Into the stage

-- source: read the rows
COPY (SELECT src."id" AS "id", src."name" AS "name"
FROM ONLY "public"."cards" AS src
WHERE ((src."changed" OPERATOR(pg_catalog.>=) ('2026-01-02 03:04:05.000000+00'::pg_catalog.timestamptz OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, 600)) OR src."changed" IS NULL) OR ROW(src."id") OPERATOR(pg_catalog.=) ANY (
  SELECT src."id" FROM ONLY "public"."cards" AS src WHERE (src."changed" OPERATOR(pg_catalog.>=) ('2026-01-02 03:04:05.000000+00'::pg_catalog.timestamptz OPERATOR(pg_catalog.-) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, 600)) OR src."changed" IS NULL)))) TO STDOUT (FORMAT binary);

-- ==== Verdicts

-- target: enter it in the history (only if nothing is to be written)
INSERT INTO "pgtide"."run_tables" (run_id, table_name, status, rows_read, staged, inserted, updated, unchanged,
  protected, rejected, bytes, chunks, extract_seconds, delta_seconds, merge_seconds, error_message, target_only,
  filled_columns, lost_columns, deleted, kept, changed_by, relation)
VALUES ($1::bigint, $2, $3, 0,
  0, 0, 0, 0, 0,
  0, 0, 0,
  $4::numeric, $5::numeric,
  $6::numeric, $7,
  $8::bigint, $9::pg_catalog.text[],
  $10::pg_catalog.text[], 0, 0,
  CASE WHEN NOT EXISTS (
    SELECT FROM "pgtide"."runs" r JOIN "pgtide"."run_tables" t ON t.run_id OPERATOR(pg_catalog.=) r.run_id
    WHERE r.flow OPERATOR(pg_catalog.=) $11::pg_catalog.text
      AND t.table_name OPERATOR(pg_catalog.=) $12::pg_catalog.text
      AND t.run_id OPERATOR(pg_catalog.>) COALESCE($13::bigint, 0)
      AND t.run_id OPERATOR(pg_catalog.<) $14::bigint
      AND t.status OPERATOR(pg_catalog.=) ANY ('{success,partial}'::pg_catalog.text[]) AND pg_catalog.strpos(r.mode, 'dry run') OPERATOR(pg_catalog.=) 0 AND r.mode OPERATOR(pg_catalog.<>) 'tune')
  THEN pg_catalog.jsonb_build_object('since', $15::pg_catalog.text,
    'mark', $16::pg_catalog.text, 'reason', $17::pg_catalog.text,
    'full_at', $18::pg_catalog.timestamptz, 'full_rows', 900000, 'plan', $19::pg_catalog.text) END, $20)
ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
  updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
  rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message,
  target_only = EXCLUDED.target_only, filled_columns = EXCLUDED.filled_columns,
  lost_columns = EXCLUDED.lost_columns, deleted = EXCLUDED.deleted, kept = EXCLUDED.kept,
  relation = COALESCE(EXCLUDED.relation, "pgtide"."run_tables".relation),
  changed_by = COALESCE(EXCLUDED.changed_by, "pgtide"."run_tables".changed_by);
--   $1 = '1'
--   $2 = 'cards'
--   $3 = 'success'
--   $4 = '0.0'
--   $5 = '0.0'
--   $6 = '0.0'
--   $7 = NULL
--   $8 = NULL
--   $9 = '{"id","name"}'
--   $10 = '{}'
--   $11 = 'forward'
--   $12 = 'cards'
--   $13 = '7'
--   $14 = '1'
--   $15 = '2026-01-02 03:04:05.000000+00'
--   $16 = '2026-01-01 00:00:00.000000+00'
--   $17 = NULL
--   $18 = '2026-01-02 00:00:00+00'
--   $19 = '8b9cdde357d1c33b'
--   $20 = '"public"."cards"'
