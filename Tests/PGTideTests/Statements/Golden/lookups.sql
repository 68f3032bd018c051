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

-- source: look whether the table is as it was planned upon
WITH wanted AS (
  SELECT c.* FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
      pg_catalog.unnest($2::pg_catalog.text[]))
    AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relname OPERATOR(pg_catalog.=) w.name
  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p,v,m,f}'))
SELECT n.nspname, c.relname, (SELECT pg_catalog.array_agg(part.line ORDER BY part.place, part.line) FROM (
      SELECT 0, pg_catalog.format('kind %s;', c.relkind)
      UNION ALL
      SELECT a.attnum::integer, pg_catalog.format('%I %s; %s %s %s %s%s %s', a.attname,
        pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod, a.attcollation, a.attidentity,
        a.attgenerated, (
          SELECT pg_catalog.string_agg(
            pg_catalog.format('%I %s %s', f.attname, f.atttypid, f.atttypmod), ' ' ORDER BY f.attnum)
          FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem
          JOIN pg_catalog.pg_attribute f ON f.attrelid OPERATOR(pg_catalog.=) GREATEST(t.typrelid, e.typrelid)
          WHERE t.oid OPERATOR(pg_catalog.=) a.atttypid AND f.attnum OPERATOR(pg_catalog.>) 0
            AND f.attrelid OPERATOR(pg_catalog.<>) 0 AND NOT f.attisdropped))
      FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
      UNION ALL
      SELECT 32767, pg_catalog.format('partition %I.%I; %s', n.nspname, l.relname, l.oid)
      FROM (WITH RECURSIVE tree (relid, relkind) AS (
    SELECT tree_root.oid, tree_root.relkind
    FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) c.oid
    UNION ALL
    SELECT tree_part.oid, tree_part.relkind
    FROM tree
    JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
      AND tree.relkind OPERATOR(pg_catalog.=) 'p' AND NOT tree_link.inhdetachpending
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) leaf
      JOIN pg_catalog.pg_class l ON l.oid OPERATOR(pg_catalog.=) leaf.relid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.relnamespace
      WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf) AS part (place, line))
FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace;
--   $1 = '{"public","public","public"}'
--   $2 = '{"jobs","parts","tasks"}'

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

-- ==== Verdicts (only if not all rows are level)

-- target: keep the rejected rows (only if there are any)
WITH found AS MATERIALIZED (
  SELECT f.*, pg_catalog.row_number() OVER (PARTITION BY f.look, f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.row_id) AS place
  FROM (
    SELECT r.*, pg_catalog.jsonb_hash_extended(r.row_key, 0) AS key_look,
      pg_catalog.jsonb_hash_extended(r.row_data, 0) AS look
    FROM (
      SELECT d.row_id, pg_catalog.jsonb_build_object('id', s."id") AS row_key, e.reason,
        COALESCE(d.subject, e.column_name) AS column_name, COALESCE(d.message, e.message) AS message,
        pg_catalog.jsonb_build_object('id', s."id", 'job_id', s."job_id", 'part', s."part", 'client_id', s."client_id", 'price', s."price") AS row_data
      FROM "pgtide"."delta_forward_public_tasks" d
      JOIN "pgtide"."stage_forward_public_tasks" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
      JOIN (VALUES
        ('duplicate_key', 'duplicate key', 'id', 'several source rows have this key'),
        ('missing_lookup:client_id', 'lookup without a row', 'client_id', 'no such row in public.jobs on the source (by job_id)'),
        ('ambiguous_lookup:client_id', 'ambiguous lookup', 'client_id', 'several values of client_id in public.jobs on the source (by job_id)'),
        ('missing_lookup:price', 'lookup without a row', 'price', 'no such row in public.parts on the source (by job, no)'),
        ('ambiguous_lookup:price', 'ambiguous lookup', 'price', 'several values of price in public.parts on the source (by job, no)'),
        ('null_key:id', 'NULL in the key', 'id', 'the key has no value'),
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
--   $1 = 'tasks'
--   $2 = 'forward'
--   $3 = '1'
--   $4 = '1'
--   $5 = '1'
--   $6 = 'tasks'
