-- fill in what is looked up
UPDATE "pgtide"."stage_forward_public_steps" s SET "task_id" = looked."task_id", "pgtide target lookup" = looked."pgtide target lookup"
FROM (
  SELECT src.ctid AS "pgtide row", ("pgtide lookup 1"."pgtide value")::integer AS "task_id", CASE WHEN src."pgtide by 1" IS NOT NULL AND src."pgtide by 2" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:task_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:task_id' END AS "pgtide target lookup"
  FROM "pgtide"."stage_forward_public_steps" AS src
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job", l."title", l."id"::pg_catalog.text COLLATE pg_catalog."C")
      l."job" AS "pgtide key 1", l."title" AS "pgtide key 2", l."id" AS "pgtide value"
    FROM ONLY "public"."tasks" AS l
    WHERE l."job" IS NOT NULL AND l."title" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."pgtide by 1" AND "pgtide lookup 1"."pgtide key 2" OPERATOR(pg_catalog.=) src."pgtide by 2" COLLATE "pg_catalog"."default"
) AS looked
WHERE s.ctid OPERATOR(pg_catalog.=) looked."pgtide row"
  AND ROW(s."task_id", s."pgtide target lookup")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(looked."task_id", looked."pgtide target lookup")::pg_catalog.record;

-- fill it in before the other table has landed
UPDATE "pgtide"."stage_forward_public_steps" s SET "task_id" = looked."task_id", "pgtide target lookup" = looked."pgtide target lookup"
FROM (
  SELECT src.ctid AS "pgtide row", ("pgtide lookup 1"."pgtide value")::integer AS "task_id", COALESCE(CASE WHEN src."pgtide by 1" IS NOT NULL AND src."pgtide by 2" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:task_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:task_id' END, CASE WHEN "pgtide lookup 1"."pgtide pending" THEN 'pending_lookup' END) AS "pgtide target lookup"
  FROM "pgtide"."stage_forward_public_steps" AS src
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value", "pgtide pending"
  FROM (
    SELECT DISTINCT ON (l."job", l."title", COALESCE(l."pgtide image", l."id"::pg_catalog.text) COLLATE pg_catalog."C")
      l."job" AS "pgtide key 1", l."title" AS "pgtide key 2", l."id" AS "pgtide value", l."pgtide pending"
    FROM (
      SELECT l."job", l."title", l."id", false, NULL FROM ONLY "public"."tasks" AS l WHERE NOT EXISTS (SELECT FROM "pgtide"."stage_forward_public_tasks" s JOIN "pgtide"."delta_forward_public_tasks" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
        WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND l."job" OPERATOR(pg_catalog.=) s."job" AND l."title" OPERATOR(pg_catalog.=) s."title")
      UNION ALL
      SELECT (t."job")::integer, (s."title")::pg_catalog.text, (t."id")::integer, false, NULL
      FROM "pgtide"."stage_forward_public_tasks" s JOIN "pgtide"."delta_forward_public_tasks" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
      JOIN ONLY "public"."tasks" t ON t."job" OPERATOR(pg_catalog.=) s."job" AND t."title" OPERATOR(pg_catalog.=) s."title"
      WHERE d.verdict OPERATOR(pg_catalog.=) 'update'
      UNION ALL
      SELECT (s."job")::integer, (s."title")::pg_catalog.text, (NULL)::integer, true, pg_catalog.concat('pending ', s.ctid)
      FROM "pgtide"."stage_forward_public_tasks" s JOIN "pgtide"."delta_forward_public_tasks" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
      WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
    ) AS l ("job", "title", "id", "pgtide pending", "pgtide image")
    WHERE l."job" IS NOT NULL AND l."title" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."pgtide by 1" AND "pgtide lookup 1"."pgtide key 2" OPERATOR(pg_catalog.=) src."pgtide by 2" COLLATE "pg_catalog"."default"
) AS looked
WHERE s.ctid OPERATOR(pg_catalog.=) looked."pgtide row"
  AND ROW(s."task_id", s."pgtide target lookup")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(looked."task_id", looked."pgtide target lookup")::pg_catalog.record;

-- what changes of the verdicts then
      WHEN s."pgtide target lookup" IS NOT NULL AND s."pgtide target lookup" OPERATOR(pg_catalog.<>) 'pending_lookup' THEN s."pgtide target lookup"
      WHEN (s."task_id") IS NULL AND s."pgtide target lookup" IS NULL THEN 'null_value:task_id'
      WHEN t."id" IS NOT NULL AND s."pgtide target lookup" IS NULL
      WHEN (s."task_id") IS NOT NULL AND s."pgtide target lookup" IS NULL AND NOT EXISTS (SELECT FROM ONLY "public"."tasks" p WHERE p."id" OPERATOR(pg_catalog.=) s."task_id") THEN 'missing_parent:task_id_fkey'
