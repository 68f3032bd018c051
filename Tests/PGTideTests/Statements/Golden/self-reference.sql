-- self-reference: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Verdicts (only if not all rows are level)

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_units" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_units" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."parent_id", s."name")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."parent_id", t."name")::pg_catalog.record) THEN 'unchanged'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."parent_id", s."name")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."parent_id", t."name")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_units" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."units" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_units" (row_id, verdict)
  SELECT row_id, verdict FROM classified
  WHERE NOT verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged']::pg_catalog.text[])
),
counted AS (
  SELECT verdict, pg_catalog.count(*) AS rows, pg_catalog.count(standing) AS found,
    pg_catalog.count(*) FILTER (WHERE looks_like_ours) AS look_alikes
  FROM classified GROUP BY verdict
)
SELECT verdict, CASE WHEN verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged']::pg_catalog.text[]) THEN rows ELSE 0 END,
  CASE WHEN verdict OPERATOR(pg_catalog.=) 'duplicate_key' THEN (SELECT pg_catalog.count(*) FROM (SELECT DISTINCT c.standing FROM classified c
      WHERE c.standing IS NOT NULL
        AND c.verdict OPERATOR(pg_catalog.=) 'duplicate_key') places)
    ELSE found END, look_alikes
FROM counted
UNION ALL
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."units" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: reject rows whose parent is not to go in either
UPDATE "pgtide"."delta_forward_public_units" d SET verdict = 'missing_parent:parent_id_fkey'
FROM "pgtide"."stage_forward_public_units" s
WHERE s.ctid OPERATOR(pg_catalog.=) d.row_id AND d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update', 'protected', 'protected_different', 'rewritten']::pg_catalog.text[])
  AND (s."parent_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."units" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."parent_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_units" s JOIN "pgtide"."delta_forward_public_units" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."parent_id");

-- ==== Merge (only if anything is to be written)

-- target: insert what is missing (only if there is any)
WITH written AS (
  INSERT INTO "public"."units" AS t ("id", "parent_id", "name", "source", "created_at", "updated_at")
  SELECT s."id", s."parent_id", s."name", $1::character(1), pg_catalog.now(), pg_catalog.now()
  FROM "pgtide"."stage_forward_public_units" s JOIN "pgtide"."delta_forward_public_units" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
  ON CONFLICT ("id") DO NOTHING
  RETURNING t."source" AS marker
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), 0 FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: lock the parents of inserted rows, and count the keys that have none (only if 1000 rows or more go in)
WITH referring AS MATERIALIZED (
  SELECT DISTINCT s."parent_id" AS k1
  FROM "pgtide"."delta_forward_public_units" d JOIN "pgtide"."stage_forward_public_units" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  WHERE (s."parent_id") IS NOT NULL AND d.verdict OPERATOR(pg_catalog.=) 'insert'
),
locked AS MATERIALIZED (
  SELECT p."id" FROM ONLY "public"."units" p JOIN referring r ON p."id" OPERATOR(pg_catalog.=) r.k1
  FOR KEY SHARE OF p
)
SELECT (SELECT pg_catalog.count(*) FROM referring r
    WHERE NOT EXISTS (SELECT FROM locked p WHERE p."id" OPERATOR(pg_catalog.=) r.k1));
