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

-- target: say which rows of ours there are
SELECT pg_catalog.set_config('pgtide.home_0', pg_catalog.current_setting('DateStyle'), true), pg_catalog.set_config('pgtide.home_1', pg_catalog.current_setting('IntervalStyle'), true), pg_catalog.set_config('pgtide.home_2', pg_catalog.current_setting('TimeZone'), true), pg_catalog.set_config('pgtide.home_3', pg_catalog.current_setting('extra_float_digits'), true), pg_catalog.set_config('pgtide.home_4', pg_catalog.current_setting('bytea_output'), true), pg_catalog.set_config('pgtide.home_5', pg_catalog.current_setting('lc_monetary'), true);
SELECT pg_catalog.set_config('DateStyle', 'ISO, YMD', true), pg_catalog.set_config('IntervalStyle', 'postgres', true), pg_catalog.set_config('TimeZone', 'UTC', true), pg_catalog.set_config('extra_float_digits', '3', true), pg_catalog.set_config('bytea_output', 'hex', true), pg_catalog.set_config('lc_monetary', 'C', true);
SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))), pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t."id", pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)), 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL);
--   $1 = 'D'
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
  SELECT k1, match, look, pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY k1) AS number
  FROM (
    SELECT t."id" AS k1,
      pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131) AS match, pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS look
    FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
    OFFSET 0
  ) t
),
same AS MATERIALIZED (
  SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
    t.k1, t.number IS NOT NULL AS has_key
  FROM staged s FULL JOIN standing t
    ON ARRAY[t.match, t.look, t.number] OPERATOR(pg_catalog.=) ARRAY[s.match, s.look, s.number]
),
pairs AS (
  SELECT row_id, k1 FROM same WHERE row_id IS NOT NULL AND has_key
  UNION ALL
  SELECT s.row_id, t.k1
  FROM (
    SELECT row_id, match, pg_catalog.row_number() OVER (PARTITION BY match ORDER BY look, row_id) AS number
    FROM same WHERE NOT has_key
  ) s
  FULL JOIN (
    SELECT k1, match, pg_catalog.row_number() OVER (PARTITION BY match ORDER BY k1) AS number
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
-- As above: target: say which rows of ours there are
-- As above: target: say which rows of ours there are
SELECT CASE WHEN (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)) OPERATOR(pg_catalog.=) $2::pg_catalog.text
  THEN true
  ELSE COALESCE((SELECT pg_catalog.concat('pgtide finds rows changed since they were paired:', ' ', now.pairs)
    FROM (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t."id", pg_catalog.hash_record_extended(ROW(t."task_id", (CASE WHEN pg_catalog.num_nulls(t."item") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."item") END) COLLATE pg_catalog."C"), 7046029254386353131)), 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL)) AS now (pairs)
    WHERE now.pairs OPERATOR(pg_catalog.<>) $4::pg_catalog.text), 'true')::boolean END;
--   $1 = 'D'
--   $2 = ''
--   $3 = 'D'
--   $4 = ''
-- As above: target: say which rows of ours there are

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
-- As above: target: say which rows of ours there are
-- As above: target: say which rows of ours there are
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows of ours there are

-- ==== Rows that need not be read (only if the table is not empty any more, or its load is given up)

-- source: say in short what all rows look like
-- As above: source: say in short what all rows look like

-- target: say in short what all rows look like
-- As above: target: say in short what all rows look like

-- ==== Verdicts (only if the table is not empty any more, or its load is given up)

-- target: say which rows of ours there are
-- As above: target: say which rows of ours there are
-- As above: target: say which rows of ours there are
SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))), pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL);
--   $1 = 'D'
-- As above: target: say which rows of ours there are

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
  SELECT k1, match, look, pg_catalog.row_number() OVER (PARTITION BY match, look ORDER BY k1) AS number
  FROM (
    SELECT t."ctid" AS k1,
      pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0) AS match, 0::bigint AS look
    FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
    OFFSET 0
  ) t
),
same AS MATERIALIZED (
  SELECT s.row_id, COALESCE(s.match, t.match) AS match, s.look,
    t.k1, t.number IS NOT NULL AS has_key
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
-- As above: target: say which rows of ours there are
-- As above: target: say which rows of ours there are
SELECT CASE WHEN (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(pg_catalog.concat_ws(' ', t.tableoid, t.ctid, t.xmin), 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)) OPERATOR(pg_catalog.=) $2::pg_catalog.text
  THEN true
  ELSE COALESCE((SELECT pg_catalog.concat('pgtide finds rows changed since they were paired:', ' ', now.pairs)
    FROM (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended((ROW(t."task_id", t."item", t."done")::pg_catalog.record)::pg_catalog.text COLLATE pg_catalog."C", 0))) FROM ONLY "public"."items" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL)) AS now (pairs)
    WHERE now.pairs OPERATOR(pg_catalog.<>) $4::pg_catalog.text), 'true')::boolean END;
--   $1 = 'D'
--   $2 = ''
--   $3 = 'D'
--   $4 = ''
-- As above: target: say which rows of ours there are

-- target: insert what is missing (only if there is any)
-- As above: target: insert what is missing

-- ==== Merge in parts (only if the target refuses a row, so that all is rolled back and written again)

-- target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows of ours there are
-- As above: target: say which rows of ours there are
-- As above: target: keep others from writing, and make sure that nobody has since the rows were paired
-- As above: target: say which rows of ours there are
