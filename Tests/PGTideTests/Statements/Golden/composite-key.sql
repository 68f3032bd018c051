-- composite-key: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Into the stage

-- source: read the rows
COPY (SELECT src."team_id" AS "team_id", src."code" AS "code", src."person_id" AS "person_id", (src.hours * 2
) AS "hours", (src.changed
) AS "pgtide duplicate order"
FROM ONLY "public"."entries" AS src
WHERE (src.hours > 0
)) TO STDOUT (FORMAT binary);

-- ==== Verdicts

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1, k2 FROM (SELECT s."team_id" AS k1, s."code" AS k2 FROM "pgtide"."stage_forward_public_entries" s) keys
  WHERE k1 IS NOT NULL AND k2 IS NOT NULL GROUP BY k1, k2 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id, pg_catalog.row_number() OVER (
    PARTITION BY repeated.k1, repeated.k2 ORDER BY s."pgtide duplicate order" DESC NULLS LAST, ROW(s.*)::pg_catalog.text) AS place
    FROM "pgtide"."stage_forward_public_entries" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."team_id" AND repeated.k2 OPERATOR(pg_catalog.=) s."code"
  ) ranked WHERE place OPERATOR(pg_catalog.>) 1
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."team_id") IS NULL THEN 'null_key:team_id'
      WHEN (s."code") IS NULL THEN 'null_key:code'
      WHEN NOT (s."hours" IS NULL OR CASE WHEN s."hours" OPERATOR(pg_catalog.>=) -2147483648 AND s."hours" OPERATOR(pg_catalog.<=) 2147483647 THEN (s."hours"::integer)::bigint OPERATOR(pg_catalog.=) s."hours" ELSE false END) THEN 'does_not_fit:hours'
      WHEN NOT ((s."team_id") IS NULL AND (s."code") IS NULL) AND NOT EXISTS (SELECT FROM ONLY "public"."codes" p WHERE p."team_id" OPERATOR(pg_catalog.=) s."team_id" AND p."code" OPERATOR(pg_catalog.=) s."code") THEN 'missing_parent:team_id_code_fkey'
      WHEN (s."person_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."people" p WHERE p."id" OPERATOR(pg_catalog.=) s."person_id") THEN 'missing_parent:person_id to people'
      WHEN t."team_id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."code", s."person_id", s."hours"::integer)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."code", t."person_id", t."hours")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      WHEN t."team_id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."code", s."person_id", s."hours"::integer)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."code", t."person_id", t."hours")::pg_catalog.record) THEN 'unchanged'
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."team_id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."team_id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_entries" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."entries" t ON t."team_id" OPERATOR(pg_catalog.=) s."team_id" AND t."code" OPERATOR(pg_catalog.=) s."code"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_entries" (row_id, verdict)
  SELECT row_id, verdict FROM classified
  WHERE NOT verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged', 'protected', 'rewritten']::pg_catalog.text[])
),
counted AS (
  SELECT verdict, pg_catalog.count(*) AS rows, pg_catalog.count(standing) AS found,
    pg_catalog.count(*) FILTER (WHERE looks_like_ours) AS look_alikes
  FROM classified GROUP BY verdict
)
SELECT verdict, CASE WHEN verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged', 'protected', 'rewritten']::pg_catalog.text[]) THEN rows ELSE 0 END,
  CASE WHEN verdict OPERATOR(pg_catalog.=) 'duplicate_key' THEN 0
    ELSE found END, look_alikes
FROM counted
UNION ALL
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."entries" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: keep the rejected rows (only if there are any)
WITH found AS MATERIALIZED (
  SELECT f.*, pg_catalog.row_number() OVER (PARTITION BY f.look, f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.row_id) AS place
  FROM (
    SELECT r.*, pg_catalog.jsonb_hash_extended(r.row_key, 0) AS key_look,
      pg_catalog.jsonb_hash_extended(r.row_data, 0) AS look
    FROM (
      SELECT d.row_id, pg_catalog.jsonb_build_object('team_id', s."team_id", 'code', s."code") AS row_key, e.reason,
        COALESCE(d.subject, e.column_name) AS column_name, COALESCE(d.message, e.message) AS message,
        pg_catalog.jsonb_build_object('team_id', s."team_id", 'code', s."code", 'person_id', s."person_id", 'hours', s."hours") AS row_data
      FROM "pgtide"."delta_forward_public_entries" d
      JOIN "pgtide"."stage_forward_public_entries" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
      JOIN (VALUES
        ('duplicate_key', 'duplicate key', 'team_id, code', 'several source rows have this key'),
        ('null_key:team_id', 'NULL in the key', 'team_id', 'the key has no value'),
        ('null_key:code', 'NULL in the key', 'code', 'the key has no value'),
        ('does_not_fit:hours', 'does not fit', 'hours', 'the target''s integer cannot hold the value as it is'),
        ('missing_parent:team_id_code_fkey', 'missing parent', 'team_id, code', 'no such row in public.codes (foreign key team_id_code_fkey)'),
        ('missing_parent:person_id to people', 'missing parent', 'person_id', 'no such row in public.people (person_id to people)'),
        ('refused_by_target', 'refused by the target', '', 'refused by the target'),
        ('held_by_stale_row', 'unique value held by a stale row', '', 'unique value held by a stale row'),
        ('left_out', 'left out by a trigger', '', 'left out by a trigger'),
        ('changes_referrers', 'would change rows that refer to it', '', 'would change rows that refer to it')
      ) AS e (verdict, reason, column_name, message) ON e.verdict OPERATOR(pg_catalog.=) d.verdict) r) f
),
earlier AS MATERIALIZED (
  SELECT f.*, pg_catalog.row_number() OVER (PARTITION BY f.look, f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.run_id DESC, f.reject_id) AS place
  FROM (
    SELECT k.reject_id, k.run_id, k.row_key, k.reason, k.column_name,
      pg_catalog.jsonb_hash_extended(k.row_key, 0) AS key_look,
      pg_catalog.jsonb_hash_extended(k.row_data, 0) AS look
    FROM "pgtide"."rejects" k
    WHERE k.table_name OPERATOR(pg_catalog.=) $1::pg_catalog.text
      AND k.run_id OPERATOR(pg_catalog.=) ANY (SELECT r.run_id FROM "pgtide"."runs" r
        WHERE r.flow OPERATOR(pg_catalog.=) $2::pg_catalog.text
          AND r.run_id OPERATOR(pg_catalog.<>) $3::bigint)) f
),
same AS MATERIALIZED (
  SELECT f.row_id, e.reject_id FROM found f JOIN earlier e ON e.key_look OPERATOR(pg_catalog.=) f.key_look AND e.row_key OPERATOR(pg_catalog.=) f.row_key
    AND e.reason OPERATOR(pg_catalog.=) f.reason AND e.column_name OPERATOR(pg_catalog.=) f.column_name
    AND e.look OPERATOR(pg_catalog.=) f.look AND e.place OPERATOR(pg_catalog.=) f.place
),
standing AS MATERIALIZED (
  SELECT row_id, reject_id FROM same
  UNION ALL
  SELECT f.row_id, e.reject_id
  FROM (
    SELECT f.row_id, f.key_look, f.row_key, f.reason, f.column_name,
      pg_catalog.row_number() OVER (PARTITION BY f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.row_id) AS place
    FROM found f WHERE NOT EXISTS (SELECT FROM same WHERE same.row_id OPERATOR(pg_catalog.=) f.row_id)) f
  JOIN (
    SELECT f.reject_id, f.key_look, f.row_key, f.reason, f.column_name,
      pg_catalog.row_number() OVER (PARTITION BY f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.run_id DESC, f.reject_id) AS place
    FROM earlier f WHERE NOT EXISTS (SELECT FROM same WHERE same.reject_id OPERATOR(pg_catalog.=) f.reject_id)) e
    ON e.key_look OPERATOR(pg_catalog.=) f.key_look AND e.row_key OPERATOR(pg_catalog.=) f.row_key
    AND e.reason OPERATOR(pg_catalog.=) f.reason AND e.column_name OPERATOR(pg_catalog.=) f.column_name AND e.place OPERATOR(pg_catalog.=) f.place
),
kept AS (
  UPDATE "pgtide"."rejects" k SET run_id = $4::bigint, previous_run_id = k.run_id,
    times = k.times OPERATOR(pg_catalog.+) 1, first_rejected_at = COALESCE(k.first_rejected_at, k.rejected_at),
    rejected_at = pg_catalog.now(), message = f.message, row_data = f.row_data
  FROM standing JOIN found f ON f.row_id OPERATOR(pg_catalog.=) standing.row_id
  WHERE k.reject_id OPERATOR(pg_catalog.=) standing.reject_id
)
INSERT INTO "pgtide"."rejects" (run_id, table_name, row_key, reason, column_name, message, row_data, first_rejected_at)
SELECT $5::bigint, $6::pg_catalog.text, f.row_key, f.reason, f.column_name, f.message,
  f.row_data, pg_catalog.now()
FROM found f
WHERE NOT EXISTS (SELECT FROM standing WHERE standing.row_id OPERATOR(pg_catalog.=) f.row_id)
ORDER BY f.row_id;
--   $1 = 'entries'
--   $2 = 'forward'
--   $3 = '1'
--   $4 = '1'
--   $5 = '1'
--   $6 = 'entries'

-- target: list the protected rows that differ (only if there are any)
WITH picked AS MATERIALIZED (
  SELECT s.* FROM "pgtide"."delta_forward_public_entries" d JOIN "pgtide"."stage_forward_public_entries" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  WHERE d.verdict OPERATOR(pg_catalog.=) 'protected_different'
),
found AS MATERIALIZED (
  SELECT DISTINCT ON (r.row_key) r.row_key, r.source_row, r.target_row
  FROM (
    SELECT CASE WHEN pg_catalog.pg_column_size(k.row_key) OPERATOR(pg_catalog.<=) 2000 THEN k.row_key
  ELSE pg_catalog.jsonb_build_object('SHA-256', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((k.row_key)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')) END AS row_key, k.source_row, k.target_row
    FROM (
      SELECT pg_catalog.jsonb_build_object('team_id', pg_catalog.to_jsonb(t."team_id"), 'code', CASE WHEN pg_catalog.octet_length(t."code") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(t."code"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((t."code")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(t."code") END) AS row_key,
        pg_catalog.jsonb_build_object('team_id', pg_catalog.to_jsonb(s."team_id"), 'code', CASE WHEN pg_catalog.octet_length(s."code") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(s."code"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((s."code")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(s."code") END, 'person_id', pg_catalog.to_jsonb(s."person_id"), 'hours', pg_catalog.to_jsonb(CASE WHEN (s."hours" IS NULL OR CASE WHEN s."hours" OPERATOR(pg_catalog.>=) -2147483648 AND s."hours" OPERATOR(pg_catalog.<=) 2147483647 THEN (s."hours"::integer)::bigint OPERATOR(pg_catalog.=) s."hours" ELSE false END) THEN s."hours"::integer END)) AS source_row,
        pg_catalog.jsonb_build_object('team_id', pg_catalog.to_jsonb(t."team_id"), 'code', CASE WHEN pg_catalog.octet_length(t."code") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(t."code"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((t."code")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(t."code") END, 'person_id', pg_catalog.to_jsonb(t."person_id"), 'hours', pg_catalog.to_jsonb(t."hours")) AS target_row
      FROM picked s JOIN ONLY "public"."entries" t ON t."team_id" OPERATOR(pg_catalog.=) s."team_id" AND t."code" OPERATOR(pg_catalog.=) s."code"
      WHERE NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) AND (ROW(s."code", s."person_id", s."hours"::integer)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."code", t."person_id", t."hours")::pg_catalog.record)) k) r
  ORDER BY r.row_key LIMIT 100000
),
compared AS MATERIALIZED (
  SELECT p.place, f.row_key, f.source_row, f.target_row,
    ROW(p.source_row, p.target_row)::pg_catalog.record OPERATOR(pg_catalog.*<>)
      ROW(f.source_row::pg_catalog.text, f.target_row::pg_catalog.text)::pg_catalog.record AS is_changed
  FROM (
    SELECT p.ctid AS place, p.row_key, p.source_row::pg_catalog.text AS source_row,
      p.target_row::pg_catalog.text AS target_row
    FROM "pgtide"."protected" p WHERE p.flow OPERATOR(pg_catalog.=) $2::pg_catalog.text
    AND p.table_name OPERATOR(pg_catalog.=) $3::pg_catalog.text
    AND p.reason OPERATOR(pg_catalog.=) 'differs') p
  FULL JOIN found f ON f.row_key OPERATOR(pg_catalog.=) p.row_key
),
gone AS (
  DELETE FROM "pgtide"."protected" p
  WHERE p.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.place FROM compared c WHERE c.row_key IS NULL))
),
changed AS (
  UPDATE "pgtide"."protected" p SET source_row = c.source_row, target_row = c.target_row, run_id = $4::bigint
  FROM compared c
  WHERE p.ctid OPERATOR(pg_catalog.=) c.place AND c.row_key IS NOT NULL AND c.is_changed
)
INSERT INTO "pgtide"."protected" (flow, table_name, row_key, reason, source_row, target_row, run_id)
SELECT $5::pg_catalog.text, $6::pg_catalog.text, c.row_key,
  'differs', c.source_row, c.target_row, $7::bigint
FROM compared c WHERE c.place IS NULL;
--   $1 = 'D'
--   $2 = 'forward'
--   $3 = 'entries'
--   $4 = '1'
--   $5 = 'forward'
--   $6 = 'entries'
--   $7 = '1'

-- ==== Merge (only if anything is to be written)

-- target: update what differs (only if there is any)
WITH written AS (
  UPDATE ONLY "public"."entries" t SET "code" = s."code", "person_id" = s."person_id", "hours" = s."hours"::integer, "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_entries" s JOIN "pgtide"."delta_forward_public_entries" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND t."team_id" OPERATOR(pg_catalog.=) s."team_id" AND t."code" OPERATOR(pg_catalog.=) s."code"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: insert what is missing (only if there is any)
WITH written AS (
  INSERT INTO "public"."entries" AS t ("team_id", "code", "person_id", "hours", "source", "created_at", "updated_at")
  SELECT s."team_id", s."code", s."person_id", s."hours"::integer, $1::character(1), pg_catalog.now(), pg_catalog.now()
  FROM "pgtide"."stage_forward_public_entries" s JOIN "pgtide"."delta_forward_public_entries" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
  ON CONFLICT ("team_id", "code") DO NOTHING
  RETURNING t."source" AS marker
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), 0 FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: lock the parents of inserted rows, and count the keys that have none (only if 1000 rows or more go in)
WITH referring AS MATERIALIZED (
  SELECT DISTINCT s."team_id" AS k1, s."code" AS k2
  FROM "pgtide"."delta_forward_public_entries" d JOIN "pgtide"."stage_forward_public_entries" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  WHERE (s."team_id") IS NOT NULL AND (s."code") IS NOT NULL AND d.verdict OPERATOR(pg_catalog.=) 'insert'
),
locked AS MATERIALIZED (
  SELECT p."team_id", p."code" FROM ONLY "public"."codes" p JOIN referring r ON p."team_id" OPERATOR(pg_catalog.=) r.k1 AND p."code" OPERATOR(pg_catalog.=) r.k2
  FOR KEY SHARE OF p
)
SELECT (SELECT pg_catalog.count(*) FROM referring r
    WHERE NOT EXISTS (SELECT FROM locked p WHERE p."team_id" OPERATOR(pg_catalog.=) r.k1 AND p."code" OPERATOR(pg_catalog.=) r.k2));
