-- lookups: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Before the rows

-- source: lock what will be read, on each connection
LOCK TABLE ONLY "public"."tasks" IN ACCESS SHARE MODE;
SELECT src."id", src."job_id", src."part", "pgtide lookup 1"."pgtide value", "pgtide lookup 2"."pgtide value", COALESCE(CASE WHEN src."job_id" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:client_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:client_id' END, CASE WHEN "pgtide lookup 2"."pgtide ambiguous" THEN 'ambiguous_lookup:price' END) FROM ONLY "public"."tasks" AS src
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1") "pgtide key 1", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job_id", l."client_id"::pg_catalog.text COLLATE pg_catalog."C")
      l."job_id" AS "pgtide key 1", l."client_id" AS "pgtide value"
    FROM ONLY "public"."jobs" AS l
    WHERE l."job_id" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1")
) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id"
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job", l."no", l."price"::pg_catalog.text COLLATE pg_catalog."C")
      l."job" AS "pgtide key 1", l."no" AS "pgtide key 2", l."price" AS "pgtide value"
    FROM ONLY "public"."parts" AS l
    WHERE l."job" IS NOT NULL AND l."no" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
) AS "pgtide lookup 2" ON "pgtide lookup 2"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id" AND "pgtide lookup 2"."pgtide key 2" OPERATOR(pg_catalog.=) src."part" LIMIT 0;

-- ==== Rows that need not be read

-- source: say in short what all rows look like
SELECT pg_catalog.set_config('enable_nestloop', 'off', true);
SELECT COALESCE(pg_catalog.sum(rows), 0), COALESCE(pg_catalog.bit_xor(say), 0),
  pg_catalog.length(pg_catalog.set_config('pgtide.digest_0', pg_catalog.concat_ws(' ',
    pg_catalog.array_agg(bucket), pg_catalog.array_agg(rows), pg_catalog.array_agg(say)), true))
FROM (
  SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
  FROM (
    SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
    FROM (
      SELECT (COALESCE(pg_catalog.hashint8extended((src."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 4095::bigint) AS bucket,
        pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(src."id", src."job_id", src."part" COLLATE pg_catalog."C", "pgtide lookup 1"."pgtide value", pg_catalog.numeric_send("pgtide lookup 2"."pgtide value"), COALESCE(CASE WHEN src."job_id" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:client_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:client_id' END, CASE WHEN "pgtide lookup 2"."pgtide ambiguous" THEN 'ambiguous_lookup:price' END)), 7046029254386353131)) AS look
      FROM ONLY "public"."tasks" AS src
  LEFT JOIN (
    SELECT DISTINCT ON ("pgtide key 1") "pgtide key 1", true AS "pgtide found",
      pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
      CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
    FROM (
      SELECT DISTINCT ON (l."job_id", l."client_id"::pg_catalog.text COLLATE pg_catalog."C")
        l."job_id" AS "pgtide key 1", l."client_id" AS "pgtide value"
      FROM ONLY "public"."jobs" AS l
      WHERE l."job_id" IS NOT NULL
    ) AS looked
    WINDOW same AS (PARTITION BY "pgtide key 1")
  ) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id"
  LEFT JOIN (
    SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
      pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
      CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
    FROM (
      SELECT DISTINCT ON (l."job", l."no", l."price"::pg_catalog.text COLLATE pg_catalog."C")
        l."job" AS "pgtide key 1", l."no" AS "pgtide key 2", l."price" AS "pgtide value"
      FROM ONLY "public"."parts" AS l
      WHERE l."job" IS NOT NULL AND l."no" IS NOT NULL
    ) AS looked
    WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
  ) AS "pgtide lookup 2" ON "pgtide lookup 2"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id" AND "pgtide lookup 2"."pgtide key 2" OPERATOR(pg_catalog.=) src."part"
      OFFSET 0
    ) looks
    GROUP BY bucket
  ) buckets
) buckets;
SET LOCAL enable_nestloop TO DEFAULT;

-- target: say in short what all rows look like
SELECT COALESCE(pg_catalog.sum(rows), 0), COALESCE(pg_catalog.bit_xor(say), 0),
  pg_catalog.length(pg_catalog.set_config('pgtide.digest_0', pg_catalog.concat_ws(' ',
    pg_catalog.array_agg(bucket), pg_catalog.array_agg(rows), pg_catalog.array_agg(say)), true))
FROM (
  SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
  FROM (
    SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
    FROM (
      SELECT (COALESCE(pg_catalog.hashint8extended((t."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 4095::bigint) AS bucket,
        pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(t."id", t."job_id", t."part" COLLATE pg_catalog."C", t."client_id", pg_catalog.numeric_send(t."price"), NULL::pg_catalog.text), 7046029254386353131)) AS look
      FROM ONLY "public"."tasks" t
      WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL))
      OFFSET 0
    ) looks
    GROUP BY bucket
  ) buckets
) buckets;
--   $1 = 'D'

-- source: say what buckets of rows look like (only if these differ)
-- As above: source: say in short what all rows look like
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'),
  pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int4send(rows::integer), ''::pg_catalog.bytea ORDER BY part), 'base64')
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 4095::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, say
      FROM ROWS FROM (pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 1)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 2)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 3)::bigint[])) AS kept (bucket, rows, say)
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 127::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 3968::bigint,
        128::bigint) AS step
  ) asked
  GROUP BY part
) parts;
-- As above: source: say in short what all rows look like

-- target: say what buckets of rows look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'), NULL
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 4095::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, say
      FROM ROWS FROM (pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 1)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 2)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 3)::bigint[])) AS kept (bucket, rows, say)
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 127::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 3968::bigint,
        128::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- ==== Into the stage (only if not all rows are level)

-- source: read the rows (only if less than half of them are in buckets that do not differ)
SAVEPOINT pgtide;
SELECT pg_catalog.set_config('enable_nestloop', 'off', true);
COPY (SELECT src."id" AS "id", src."job_id" AS "job_id", src."part" AS "part", "pgtide lookup 1"."pgtide value" AS "client_id", "pgtide lookup 2"."pgtide value" AS "price", COALESCE(CASE WHEN src."job_id" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:client_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:client_id' END, CASE WHEN "pgtide lookup 2"."pgtide ambiguous" THEN 'ambiguous_lookup:price' END) AS "pgtide lookup"
FROM ONLY "public"."tasks" AS src
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1") "pgtide key 1", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job_id", l."client_id"::pg_catalog.text COLLATE pg_catalog."C")
      l."job_id" AS "pgtide key 1", l."client_id" AS "pgtide value"
    FROM ONLY "public"."jobs" AS l
    WHERE l."job_id" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1")
) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id"
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job", l."no", l."price"::pg_catalog.text COLLATE pg_catalog."C")
      l."job" AS "pgtide key 1", l."no" AS "pgtide key 2", l."price" AS "pgtide value"
    FROM ONLY "public"."parts" AS l
    WHERE l."job" IS NOT NULL AND l."no" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
) AS "pgtide lookup 2" ON "pgtide lookup 2"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id" AND "pgtide lookup 2"."pgtide key 2" OPERATOR(pg_catalog.=) src."part"
WHERE src.ctid OPERATOR(pg_catalog.>=) '(0,0)'::pg_catalog.tid AND src.ctid OPERATOR(pg_catalog.<) '(1500,0)'::pg_catalog.tid) TO STDOUT (FORMAT binary);
ROLLBACK TO SAVEPOINT pgtide;
RELEASE SAVEPOINT pgtide;
SAVEPOINT pgtide;
SELECT pg_catalog.set_config('enable_nestloop', 'off', true);
COPY (SELECT src."id" AS "id", src."job_id" AS "job_id", src."part" AS "part", "pgtide lookup 1"."pgtide value" AS "client_id", "pgtide lookup 2"."pgtide value" AS "price", COALESCE(CASE WHEN src."job_id" IS NOT NULL AND "pgtide lookup 1"."pgtide found" IS NULL THEN 'missing_lookup:client_id' WHEN "pgtide lookup 1"."pgtide ambiguous" THEN 'ambiguous_lookup:client_id' END, CASE WHEN "pgtide lookup 2"."pgtide ambiguous" THEN 'ambiguous_lookup:price' END) AS "pgtide lookup"
FROM ONLY "public"."tasks" AS src
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1") "pgtide key 1", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job_id", l."client_id"::pg_catalog.text COLLATE pg_catalog."C")
      l."job_id" AS "pgtide key 1", l."client_id" AS "pgtide value"
    FROM ONLY "public"."jobs" AS l
    WHERE l."job_id" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1")
) AS "pgtide lookup 1" ON "pgtide lookup 1"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id"
LEFT JOIN (
  SELECT DISTINCT ON ("pgtide key 1", "pgtide key 2") "pgtide key 1", "pgtide key 2", true AS "pgtide found",
    pg_catalog.count(*) OVER same OPERATOR(pg_catalog.>) 1 AS "pgtide ambiguous",
    CASE WHEN pg_catalog.count(*) OVER same OPERATOR(pg_catalog.=) 1 THEN "pgtide value" END AS "pgtide value"
  FROM (
    SELECT DISTINCT ON (l."job", l."no", l."price"::pg_catalog.text COLLATE pg_catalog."C")
      l."job" AS "pgtide key 1", l."no" AS "pgtide key 2", l."price" AS "pgtide value"
    FROM ONLY "public"."parts" AS l
    WHERE l."job" IS NOT NULL AND l."no" IS NOT NULL
  ) AS looked
  WINDOW same AS (PARTITION BY "pgtide key 1", "pgtide key 2")
) AS "pgtide lookup 2" ON "pgtide lookup 2"."pgtide key 1" OPERATOR(pg_catalog.=) src."job_id" AND "pgtide lookup 2"."pgtide key 2" OPERATOR(pg_catalog.=) src."part"
WHERE src.ctid OPERATOR(pg_catalog.>=) '(1500,0)'::pg_catalog.tid) TO STDOUT (FORMAT binary);
ROLLBACK TO SAVEPOINT pgtide;
RELEASE SAVEPOINT pgtide;
