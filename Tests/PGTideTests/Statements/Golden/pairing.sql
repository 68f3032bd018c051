-- pairing: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Rows that need not be read (only if the table is not empty any more, or its load is given up)

-- source: say in short what all rows look like
SELECT pg_catalog.count(*), COALESCE(pg_catalog.hash_numeric_extended(pg_catalog.sum(pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(src."task_id", src."item" COLLATE pg_catalog."C", pg_catalog.numeric_send(src."done")), 7046029254386353131))), 0), 0)
FROM ONLY "public"."items" AS src;

-- target: say in short what all rows look like
SELECT pg_catalog.count(*), COALESCE(pg_catalog.hash_numeric_extended(pg_catalog.sum(pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(t."task_id", t."item" COLLATE pg_catalog."C", pg_catalog.numeric_send(t."done")), 7046029254386353131))), 0), 0)
FROM ONLY "public"."items" t
WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL));
--   $1 = 'D'

-- ==== Verdicts (only if the table is not empty any more, or its load is given up)

-- target: say which rows there are
SELECT pg_catalog.set_config('pgtide.home_0', pg_catalog.current_setting('DateStyle'), true), pg_catalog.set_config('pgtide.home_1', pg_catalog.current_setting('IntervalStyle'), true), pg_catalog.set_config('pgtide.home_2', pg_catalog.current_setting('TimeZone'), true), pg_catalog.set_config('pgtide.home_3', pg_catalog.current_setting('extra_float_digits'), true), pg_catalog.set_config('pgtide.home_4', pg_catalog.current_setting('bytea_output'), true), pg_catalog.set_config('pgtide.home_5', pg_catalog.current_setting('lc_monetary'), true);
SELECT pg_catalog.set_config('DateStyle', 'ISO, YMD', true), pg_catalog.set_config('IntervalStyle', 'postgres', true), pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('extra_float_digits', '3', true), pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('lc_monetary', 'C', true);
SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))), pg_catalog.concat_ws(' ', pg_catalog.count(*) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t."id", pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)), 0)) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL))) FROM ONLY "public"."items" t;
--   $1 = 'D'
--   $2 = 'D'
SELECT pg_catalog.set_config('DateStyle', pg_catalog.current_setting('pgtide.home_0'), true), pg_catalog.set_config('IntervalStyle', pg_catalog.current_setting('pgtide.home_1'), true), pg_catalog.set_config('TimeZone', pg_catalog.current_setting('pgtide.home_2'), true), pg_catalog.set_config('extra_float_digits', pg_catalog.current_setting('pgtide.home_3'), true), pg_catalog.set_config('bytea_output', pg_catalog.current_setting('pgtide.home_4'), true), pg_catalog.set_config('lc_monetary', pg_catalog.current_setting('pgtide.home_5'), true);

-- target: pair the staged rows with these
SELECT pg_catalog.set_config('pgtide.home_0', pg_catalog.current_setting('extra_float_digits'), true), pg_catalog.set_config('pgtide.home_1', pg_catalog.current_setting('bytea_output'), true);
SELECT pg_catalog.set_config('extra_float_digits', '3', true), pg_catalog.set_config('bytea_output', 'hex', true);
WITH staged AS MATERIALIZED (
  SELECT row_id, match, look, pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY row_id) AS number
  FROM (
    SELECT s.ctid AS row_id, pg_catalog.hash_record_extended(ROW(s."task_id", (CASE WHEN pg_catalog.num_nulls(s."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(s."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match, pg_catalog.hashtextextended((ROW(s."task_id", s."item", s."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS look
    FROM "pgtide"."stage_forward_public_items" s
    OFFSET 0
  ) s
),
standing AS MATERIALIZED (
  SELECT k1, is_protected, match, look,
    pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY is_protected, k1) AS number
  FROM (
    SELECT t."id" AS k1,
      NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) AS is_protected, wanted.match, pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS look
    FROM (SELECT t.*, t.tableoid, t.ctid FROM ONLY "public"."items" t OFFSET 0) t
    FULL JOIN (SELECT DISTINCT match FROM staged) wanted ON wanted.match OPERATOR(pg_catalog.=) pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)
    WHERE CASE WHEN wanted.match IS NULL THEN false ELSE t.ctid IS NOT NULL END
    OFFSET 0
  ) t
),
same AS MATERIALIZED (
  SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
    t.k1, t.is_protected
  FROM staged s FULL JOIN standing t
    ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
),
pairs AS (
  SELECT row_id, k1 FROM same WHERE row_id IS NOT NULL AND NOT is_protected
  UNION ALL
  SELECT s.row_id, CASE WHEN s.is_protected AND t.is_protected IS NOT FALSE THEN s.k1 ELSE t.k1 END
  FROM (
    SELECT row_id, k1, is_protected, match,
      pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected IS NOT NULL, look, row_id) AS number
    FROM same WHERE row_id IS NOT NULL AND is_protected IS NOT FALSE
  ) s
  FULL JOIN (
    SELECT k1, is_protected, match,
      pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected, k1) AS number
    FROM same WHERE row_id IS NULL
  ) t ON ARRAY[t.match, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.number]
  WHERE s.row_id IS NOT NULL
)
UPDATE "pgtide"."stage_forward_public_items" s SET "pgtide pair 1" = pairs.k1
FROM pairs
WHERE s.ctid OPERATOR(pg_catalog.=) pairs.row_id
  AND ROW(s."pgtide pair 1")::pg_catalog.record
    OPERATOR(pg_catalog.*<>) ROW(pairs.k1)::pg_catalog.record;
--   $1 = 'D'
SELECT pg_catalog.set_config('extra_float_digits', pg_catalog.current_setting('pgtide.home_0'), true), pg_catalog.set_config('bytea_output', pg_catalog.current_setting('pgtide.home_1'), true);

-- ==== Merge (only if the table is not empty any more, or its load is given up)

-- target: keep others from writing, and make sure that nobody has since the rows were paired
LOCK TABLE ONLY "public"."items" IN SHARE ROW EXCLUSIVE MODE;
-- As above: target: say which rows there are
-- As above: target: say which rows there are
SELECT CASE WHEN (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))) FROM ONLY "public"."items" t) OPERATOR(pg_catalog.=) $1::pg_catalog.text
  THEN true
  ELSE COALESCE((SELECT pg_catalog.concat('pgtide finds rows changed since they were paired:', ' ', now.pairs)
    FROM (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL)), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t."id", pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)), 0)) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL))) FROM ONLY "public"."items" t) AS now (pairs)
    WHERE now.pairs OPERATOR(pg_catalog.<>) $4::pg_catalog.text OR EXISTS (
    SELECT FROM (
      SELECT s.match, pg_catalog.count(s.partner) AS partners
      FROM (
        SELECT pg_catalog.hash_record_extended(ROW(s."task_id", (CASE WHEN pg_catalog.num_nulls(s."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(s."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match, s."pgtide pair 1" AS partner, d.verdict OPERATOR(pg_catalog.=) 'insert' AS is_inserted
        FROM "pgtide"."stage_forward_public_items" s LEFT JOIN "pgtide"."delta_forward_public_items" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
        WHERE s."pgtide pair 1" IS NOT NULL OR d.verdict OPERATOR(pg_catalog.=) 'insert'
        OFFSET 0) s
      GROUP BY s.match HAVING pg_catalog.bool_or(s.is_inserted)) s
    JOIN (
      SELECT t.match, pg_catalog.count(*) AS rows FROM (SELECT pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match FROM ONLY "public"."items" t OFFSET 0) t
      GROUP BY t.match) t ON t.match OPERATOR(pg_catalog.=) s.match
    WHERE t.rows OPERATOR(pg_catalog.>) s.partners)), 'true')::boolean END;
--   $1 = ''
--   $2 = 'D'
--   $3 = 'D'
--   $4 = ''
-- As above: target: say which rows there are

-- target: insert what is missing (only if there is any)
WITH written AS (
  INSERT INTO "public"."items" AS t ("task_id", "item", "done", "source")
  SELECT s."task_id", s."item", s."done", $1::character(1)
  FROM "pgtide"."stage_forward_public_items" s JOIN "pgtide"."delta_forward_public_items" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
  RETURNING t."source" AS marker
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), 0 FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- ==== Merge in parts (only if the target refuses a row, so that all is rolled back and written again)

-- target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows there are
-- As above: target: say which rows there are
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows there are

-- ==== Rows that need not be read (only if the table is not empty any more, or its load is given up)

-- source: say in short what all rows look like
-- As above: source: say in short what all rows look like

-- target: say in short what all rows look like
-- As above: target: say in short what all rows look like

-- ==== Verdicts (only if the table is not empty any more, or its load is given up)

-- target: say which rows there are
-- As above: target: say which rows there are
-- As above: target: say which rows there are
SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))), pg_catalog.concat_ws(' ', pg_catalog.count(*) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)), pg_catalog.sum(pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0)) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL))) FROM ONLY "public"."items" t;
--   $1 = 'D'
--   $2 = 'D'
-- As above: target: say which rows there are

-- target: pair the staged rows with these
-- As above: target: pair the staged rows with these
-- As above: target: pair the staged rows with these
WITH staged AS MATERIALIZED (
  SELECT row_id, match, look, pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY row_id) AS number
  FROM (
    SELECT s.ctid AS row_id, pg_catalog.hashtextextended((ROW(s."task_id", s."item", s."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS match, 0::bigint AS look
    FROM "pgtide"."stage_forward_public_items" s
    OFFSET 0
  ) s
),
standing AS MATERIALIZED (
  SELECT k1, is_protected, match, look,
    pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY is_protected, k1) AS number
  FROM (
    SELECT t."ctid" AS k1,
      NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) AS is_protected, wanted.match, 0::bigint AS look
    FROM (SELECT t.*, t.tableoid, t.ctid FROM ONLY "public"."items" t OFFSET 0) t
    FULL JOIN (SELECT DISTINCT match FROM staged) wanted ON wanted.match OPERATOR(pg_catalog.=) pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0)
    WHERE CASE WHEN wanted.match IS NULL THEN false ELSE t.ctid IS NOT NULL END
    OFFSET 0
  ) t
),
same AS MATERIALIZED (
  SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
    t.k1, t.is_protected
  FROM staged s FULL JOIN standing t
    ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
),
pairs AS (
  SELECT row_id, k1 FROM same WHERE row_id IS NOT NULL
)
UPDATE "pgtide"."stage_forward_public_items" s SET "pgtide pair 1" = pairs.k1
FROM pairs
WHERE s.ctid OPERATOR(pg_catalog.=) pairs.row_id
  AND ROW(s."pgtide pair 1")::pg_catalog.record
    OPERATOR(pg_catalog.*<>) ROW(pairs.k1)::pg_catalog.record;
--   $1 = 'D'
-- As above: target: pair the staged rows with these

-- ==== Merge (only if the table is not empty any more, or its load is given up)

-- target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows there are
-- As above: target: say which rows there are
SELECT CASE WHEN (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))) FROM ONLY "public"."items" t) OPERATOR(pg_catalog.=) $1::pg_catalog.text
  THEN true
  ELSE COALESCE((SELECT pg_catalog.concat('pgtide finds rows changed since they were paired:', ' ', now.pairs)
    FROM (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL)), pg_catalog.sum(pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0)) FILTER (WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL))) FROM ONLY "public"."items" t) AS now (pairs)
    WHERE now.pairs OPERATOR(pg_catalog.<>) $4::pg_catalog.text OR EXISTS (
    SELECT FROM (
      SELECT s.match, pg_catalog.count(s.partner) AS partners
      FROM (
        SELECT pg_catalog.hashtextextended((ROW(s."task_id", s."item", s."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS match, s."pgtide pair 1" AS partner, d.verdict OPERATOR(pg_catalog.=) 'insert' AS is_inserted
        FROM "pgtide"."stage_forward_public_items" s LEFT JOIN "pgtide"."delta_forward_public_items" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
        WHERE s."pgtide pair 1" IS NOT NULL OR d.verdict OPERATOR(pg_catalog.=) 'insert'
        OFFSET 0) s
      GROUP BY s.match HAVING pg_catalog.bool_or(s.is_inserted)) s
    JOIN (
      SELECT t.match, pg_catalog.count(*) AS rows FROM (SELECT pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS match FROM ONLY "public"."items" t OFFSET 0) t
      GROUP BY t.match) t ON t.match OPERATOR(pg_catalog.=) s.match
    WHERE t.rows OPERATOR(pg_catalog.>) s.partners)), 'true')::boolean END;
--   $1 = ''
--   $2 = 'D'
--   $3 = 'D'
--   $4 = ''
-- As above: target: say which rows there are

-- target: insert what is missing (only if there is any)
-- As above: target: insert what is missing

-- ==== Merge in parts (only if the target refuses a row, so that all is rolled back and written again)

-- target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows there are
-- As above: target: say which rows there are
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows there are

-- ==== Merge (only if the table is not empty any more, or its load is given up)

-- target: make sure that the rows will be paired again
WITH written AS (
  SELECT match, pg_catalog.count(*) AS rows
  FROM (
    SELECT pg_catalog.hash_record_extended(ROW(s."task_id", (CASE WHEN pg_catalog.num_nulls(s."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(s."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match FROM "pgtide"."stage_forward_public_items" s JOIN "pgtide"."delta_forward_public_items" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
    OFFSET 0
  ) s
  GROUP BY match
),
standing AS (
  SELECT match, pg_catalog.count(*) AS rows
  FROM (SELECT pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) OFFSET 0) t
  GROUP BY match
)
SELECT COALESCE(pg_catalog.sum(w.rows OPERATOR(pg_catalog.-) COALESCE(t.rows, 0)), 0)
FROM written w LEFT JOIN standing t ON t.match OPERATOR(pg_catalog.=) w.match
WHERE COALESCE(t.rows, 0) OPERATOR(pg_catalog.<) w.rows;
--   $1 = 'D'

-- target: remember what triggers made of the rows
WITH found AS MATERIALIZED (
  SELECT pg_catalog.sha256(pg_catalog.record_send(ROW(t."id")::pg_catalog.record)) AS row_key, pg_catalog.sha256(pg_catalog.record_send(ROW(s."task_id", s."item", s."done")::pg_catalog.record)) AS sent, pg_catalog.sha256(pg_catalog.record_send(ROW(t."task_id", t."item", t."done")::pg_catalog.record)) AS standing,
    pg_catalog.array_remove(ARRAY[CASE WHEN (ROW(s."task_id")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."task_id")::pg_catalog.record)
        THEN 'task_id'::pg_catalog.text END,
          CASE WHEN (ROW(s."item")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."item")::pg_catalog.record)
        THEN 'item'::pg_catalog.text END,
          CASE WHEN (ROW(s."done")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."done")::pg_catalog.record)
        THEN 'done'::pg_catalog.text END], NULL) AS column_names
  FROM "pgtide"."delta_forward_public_items" d
    JOIN "pgtide"."stage_forward_public_items" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
    JOIN (WITH staged AS MATERIALIZED (
      SELECT row_id, match, look, pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY row_id) AS number
      FROM (
        SELECT s.ctid AS row_id, pg_catalog.hash_record_extended(ROW(s."task_id", (CASE WHEN pg_catalog.num_nulls(s."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(s."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match, pg_catalog.hashtextextended((ROW(s."task_id", s."item", s."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS look
        FROM (SELECT b.*, b.ctid FROM "pgtide"."stage_forward_public_items" b JOIN "pgtide"."delta_forward_public_items" d ON d.row_id OPERATOR(pg_catalog.=) b.ctid
          WHERE d.verdict OPERATOR(pg_catalog.=) 'insert' OFFSET 0) s
        OFFSET 0
      ) s
    ),
    standing AS MATERIALIZED (
      SELECT k1, is_protected, match, look,
        pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY is_protected, k1) AS number
      FROM (
        SELECT t."id" AS k1,
          NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) AS is_protected, wanted.match, pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS look
        FROM (SELECT t.*, t.tableoid, t.ctid FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) AND NOT EXISTS (SELECT FROM "pgtide"."stage_forward_public_items" p WHERE p."pgtide pair 1" OPERATOR(pg_catalog.=) t."id") OFFSET 0) t
        FULL JOIN (SELECT DISTINCT match FROM staged) wanted ON wanted.match OPERATOR(pg_catalog.=) pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)
        WHERE CASE WHEN wanted.match IS NULL THEN false ELSE t.ctid IS NOT NULL END
        OFFSET 0
      ) t
    ),
    same AS MATERIALIZED (
      SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
        t.k1, t.is_protected
      FROM staged s FULL JOIN standing t
        ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
    ),
    pairs AS (
      SELECT row_id, k1 FROM same WHERE row_id IS NOT NULL AND NOT is_protected
      UNION ALL
      SELECT s.row_id, CASE WHEN s.is_protected AND t.is_protected IS NOT FALSE THEN s.k1 ELSE t.k1 END
      FROM (
        SELECT row_id, k1, is_protected, match,
          pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected IS NOT NULL, look, row_id) AS number
        FROM same WHERE row_id IS NOT NULL AND is_protected IS NOT FALSE
      ) s
      FULL JOIN (
        SELECT k1, is_protected, match,
          pg_catalog.row_number() OVER (PARTITION BY match ORDER BY is_protected, k1) AS number
        FROM same WHERE row_id IS NULL
      ) t ON ARRAY[t.match, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.number]
      WHERE s.row_id IS NOT NULL
    )
    SELECT * FROM pairs
    UNION ALL
    SELECT s.ctid, s."pgtide pair 1" FROM "pgtide"."stage_forward_public_items" s
    WHERE s."pgtide pair 1" IS NOT NULL) p ON p.row_id OPERATOR(pg_catalog.=) s.ctid
    JOIN ONLY "public"."items" t ON t."id" OPERATOR(pg_catalog.=) p.k1
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL)
    AND (ROW(s."task_id", s."item", s."done")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."task_id", t."item", t."done")::pg_catalog.record)
),
kept AS (
  INSERT INTO "pgtide"."rewritten_rows" (flow, table_name, row_key, sent, standing, column_names, triggers)
  SELECT $4::pg_catalog.text, $5::pg_catalog.text, f.row_key, f.sent,
    f.standing, f.column_names, $6::pg_catalog.text
  FROM found f
  LIMIT GREATEST(0, 100000 OPERATOR(pg_catalog.-) (
    SELECT pg_catalog.count(*) FROM "pgtide"."rewritten_rows" m WHERE m.flow OPERATOR(pg_catalog.=) $7::pg_catalog.text
        AND m.table_name OPERATOR(pg_catalog.=) $8::pg_catalog.text))
  RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM found), (SELECT pg_catalog.count(*) FROM kept),
  (SELECT pg_catalog.array_agg(DISTINCT c.name) FROM found f, pg_catalog.unnest(f.column_names) AS c (name));
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'forward'
--   $5 = '"public"."items"'
--   $6 = '00ff'
--   $7 = 'forward'
--   $8 = '"public"."items"'
