-- partitioned: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Before the rows

-- source: lock what will be read, on each connection
LOCK TABLE "public"."events" IN ACCESS SHARE MODE;

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
      AND tree.relkind OPERATOR(pg_catalog.=) 'p'
      AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
        OPERATOR(pg_catalog.=) 'false'
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) leaf
      JOIN pg_catalog.pg_class l ON l.oid OPERATOR(pg_catalog.=) leaf.relid
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) l.relnamespace
      WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND leaf.isleaf) AS part (place, line))
FROM wanted c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace;
--   $1 = '{"public"}'
--   $2 = '{"events"}'

-- ==== Rows that need not be read (only if the table is not empty)

-- source: say in short what all rows look like
SELECT pg_catalog.count(*), COALESCE(pg_catalog.bit_xor(pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(src."id"), src."day", src."text" COLLATE pg_catalog."C"), 7046029254386353131))), 0)
FROM "public"."events" AS src;

-- target: say in short what all rows look like
SELECT pg_catalog.count(*), COALESCE(pg_catalog.bit_xor(pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(t."id"), t."day", t."text" COLLATE pg_catalog."C"), 7046029254386353131))), 0)
FROM "public"."events" t
WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL));
--   $1 = 'D'

-- source: say what buckets of rows look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'),
  pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int4send(rows::integer), ''::pg_catalog.bytea ORDER BY part), 'base64')
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 63::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
      FROM (
        SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
        FROM (
          SELECT (COALESCE(pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(src."id"), src."day"), 7046029254386353131), 0) OPERATOR(pg_catalog.&) 63::bigint) AS bucket,
            pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(src."id"), src."day", src."text" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
          FROM "public"."events" AS src
          OFFSET 0
        ) looks
        GROUP BY bucket
      ) buckets
    ) buckets
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 63::bigint,
        1::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- target: say what buckets of rows look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'), NULL
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 63::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
      FROM (
        SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
        FROM (
          SELECT (COALESCE(pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(t."id"), t."day"), 7046029254386353131), 0) OPERATOR(pg_catalog.&) 63::bigint) AS bucket,
            pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(pg_catalog.int8send(t."id"), t."day", t."text" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
          FROM "public"."events" t
          WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL))
          OFFSET 0
        ) looks
        GROUP BY bucket
      ) buckets
    ) buckets
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 63::bigint,
        1::bigint) AS step
  ) asked
  GROUP BY part
) parts;
--   $1 = 'D'

-- ==== Into the stage (only if not all rows are level)

-- source: read the rows (only if less than half of them are in buckets that do not differ)
COPY (SELECT src."id" AS "id", src."day" AS "day", src."text" AS "text"
FROM ONLY "public"."events_2025" AS src) TO STDOUT (FORMAT binary);
COPY (SELECT src."id" AS "id", src."day" AS "day", src."text" AS "text"
FROM ONLY "public"."events_2026" AS src) TO STDOUT (FORMAT binary);

-- ==== Verdicts (only if not all rows are level)

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1, k2 FROM (SELECT s."id" AS k1, s."day" AS k2 FROM "pgtide"."stage_forward_public_events" s ORDER BY k1, k2) keys
  WHERE k1 IS NOT NULL AND k2 IS NOT NULL GROUP BY k1, k2 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_events" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id" AND repeated.k2 OPERATOR(pg_catalog.=) s."day"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."day") IS NULL THEN 'null_key:day'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."text")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."text")::pg_catalog.record) THEN 'unchanged'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."text")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."text")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN ROW(t.tableoid, t.ctid) END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_events" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN "public"."events" t ON t."id" OPERATOR(pg_catalog.=) s."id" AND t."day" OPERATOR(pg_catalog.=) s."day"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_events" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM "public"."events" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- ==== Merge (only if anything is to be written)

-- target: count what this session has written through foreign keys that point at it (only if any row is updated)
WITH RECURSIVE members (oid, is_reached, by_delete) AS (
  SELECT part.relid, false, false FROM (WITH RECURSIVE tree (relid, relkind) AS (
    SELECT tree_root.oid, tree_root.relkind
    FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) 16440
    UNION ALL
    SELECT tree_part.oid, tree_part.relkind
    FROM tree
    JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
      AND tree.relkind OPERATOR(pg_catalog.=) 'p'
      AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
        OPERATOR(pg_catalog.=) 'false'
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) part
  UNION
  SELECT part.relid, true, k.tgfoid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog."RI_FKey_cascade_del"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setnull_del"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setdefault_del"'::pg_catalog.regproc]::pg_catalog.oid[])
  FROM members m
  JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
  JOIN pg_catalog.pg_trigger k ON k.tgrelid OPERATOR(pg_catalog.=) m.oid AND k.tgisinternal
    AND (k.tgfoid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog."RI_FKey_cascade_upd"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setnull_upd"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setdefault_upd"'::pg_catalog.regproc]::pg_catalog.oid[])
      OR r.relispartition AND k.tgfoid OPERATOR(pg_catalog.=) ANY (ARRAY['pg_catalog."RI_FKey_cascade_del"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setnull_del"'::pg_catalog.regproc, 'pg_catalog."RI_FKey_setdefault_del"'::pg_catalog.regproc]::pg_catalog.oid[]))
  CROSS JOIN LATERAL (WITH RECURSIVE tree (relid, relkind) AS (
    SELECT tree_root.oid, tree_root.relkind
    FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) k.tgconstrrelid
    UNION ALL
    SELECT tree_part.oid, tree_part.relkind
    FROM tree
    JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
      AND tree.relkind OPERATOR(pg_catalog.=) 'p'
      AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
        OPERATOR(pg_catalog.=) 'false'
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) part)
SELECT pg_catalog.concat('"', pg_catalog.replace(n.nspname, '"', '""'), '"."',
    pg_catalog.replace(c.relname, '"', '""'), '"') AS name,
  CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN written.updated END AS updated,
  CASE WHEN pg_catalog.current_setting('track_counts')::boolean THEN written.removed
    WHEN NOT written.by_delete THEN 0 END AS removed
FROM (
  SELECT COALESCE(pg_catalog.pg_partition_root(m.oid)::pg_catalog.oid, m.oid) AS root,
    pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_updated(m.oid)) AS updated,
    pg_catalog.sum(pg_catalog.pg_stat_get_xact_tuples_deleted(m.oid)
      OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_inserted(m.oid)) AS removed,
    pg_catalog.bool_or(m.by_delete) AS by_delete
  FROM members m WHERE m.is_reached GROUP BY 1) written
JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) written.root
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace;

-- target: update what differs (only if there is any)
WITH written AS (
  UPDATE "public"."events" t SET "text" = s."text", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_events" s JOIN "pgtide"."delta_forward_public_events" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND t."id" OPERATOR(pg_catalog.=) s."id" AND t."day" OPERATOR(pg_catalog.=) s."day"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: count what it has written through foreign keys that point at it (only if any row is updated)
-- As above: target: count what this session has written through foreign keys that point at it
