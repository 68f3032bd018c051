-- cycle: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Verdicts

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_players" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_players" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN t."id" IS NOT NULL
        AND NOT (ROW(s."team_id")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."team_id")::pg_catalog.record) THEN 'unchanged'
      WHEN t."id" IS NULL THEN 'insert'
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND true THEN t.ctid END AS standing, false AS looks_like_ours
  FROM "pgtide"."stage_forward_public_players" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."players" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_players" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."players" t;

-- target: reject rows whose parent is not to go in either
UPDATE "pgtide"."delta_forward_public_players" d SET verdict = 'missing_parent:team_id_fkey'
FROM "pgtide"."stage_forward_public_players" s
WHERE s.ctid OPERATOR(pg_catalog.=) d.row_id AND d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update', 'protected', 'protected_different', 'rewritten']::pg_catalog.text[])
  AND (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."clubs" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."team_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_clubs" s JOIN "pgtide"."delta_forward_public_clubs" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id");

-- ==== Merge (only if anything is to be written)

-- target: let constraints wait for the tables that merge together
SET CONSTRAINTS ALL DEFERRED;
