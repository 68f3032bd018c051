-- no-marker: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Straight into the table

-- source: read the rows as arrays
SELECT pg_catalog.count(*), pg_catalog.array_agg(rows."id")::pg_catalog.text, pg_catalog.array_agg(rows."name")::pg_catalog.text
FROM (SELECT src."id" AS "id", src."name" AS "name"
FROM ONLY "public"."teams" AS src) AS rows
HAVING COALESCE(pg_catalog.sum(pg_catalog.octet_length((rows.*)::pg_catalog.text)),
  0) OPERATOR(pg_catalog.<=) 1048576;

-- target: insert them
INSERT INTO "public"."teams" ("id", "name", "updated_at")
SELECT rows."id", rows."name", pg_catalog.now()
FROM ROWS FROM (pg_catalog.unnest($1::integer[]), pg_catalog.unnest($2::pg_catalog.text[])) AS rows ("id", "name");
--   $1 = NULL
--   $2 = NULL

-- ==== Verdicts (only if the table is not empty any more, or its load is given up)

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_teams" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_teams" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN t."id" IS NOT NULL
        AND NOT (ROW(s."name")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name")::pg_catalog.record) THEN 'unchanged'
      WHEN t."id" IS NULL THEN 'insert'
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND true THEN t.ctid END AS standing, false AS looks_like_ours
  FROM "pgtide"."stage_forward_public_teams" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."teams" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_teams" (row_id, verdict)
  SELECT row_id, verdict FROM classified
  WHERE NOT verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged', 'protected', 'rewritten']::pg_catalog.text[])
),
counted AS (
  SELECT verdict, pg_catalog.count(*) AS rows, pg_catalog.count(standing) AS found,
    pg_catalog.count(*) FILTER (WHERE looks_like_ours) AS look_alikes
  FROM classified GROUP BY verdict
)
SELECT verdict, CASE WHEN verdict OPERATOR(pg_catalog.=) ANY (ARRAY['unchanged', 'protected', 'rewritten']::pg_catalog.text[]) THEN rows ELSE 0 END,
  CASE WHEN verdict OPERATOR(pg_catalog.=) 'duplicate_key' THEN (SELECT pg_catalog.count(*) FROM (SELECT DISTINCT c.standing FROM classified c
      WHERE c.standing IS NOT NULL
        AND c.verdict OPERATOR(pg_catalog.=) 'duplicate_key') places)
    ELSE found END, look_alikes
FROM counted
UNION ALL
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."teams" t;

-- ==== Merge (only if the table is not empty any more, or its load is given up)

-- target: update what differs (only if there is any)
WITH written AS (
  UPDATE ONLY "public"."teams" t SET "name" = s."name", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_teams" s JOIN "pgtide"."delta_forward_public_teams" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND t."id" OPERATOR(pg_catalog.=) s."id"
  RETURNING NULL AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE false),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
