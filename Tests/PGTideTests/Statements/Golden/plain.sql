-- plain: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Before the rows

-- source: lock what will be read, on each connection
LOCK TABLE ONLY "public"."people" IN ACCESS SHARE MODE;

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
--   $2 = '{"people"}'

-- ==== Rows that need not be read

-- source: say in short what all rows look like
SELECT COALESCE(pg_catalog.sum(rows), 0), COALESCE(pg_catalog.bit_xor(say), 0),
  pg_catalog.length(pg_catalog.set_config('pgtide.digest_0', pg_catalog.concat_ws(' ',
    pg_catalog.array_agg(bucket), pg_catalog.array_agg(rows), pg_catalog.array_agg(say)), true))
FROM (
  SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
  FROM (
    SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
    FROM (
      SELECT (COALESCE(pg_catalog.hashint8extended((src."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 8191::bigint) AS bucket,
        pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(src."id", src."name"::pg_catalog.text COLLATE pg_catalog."C", pg_catalog.numeric_send(pg_catalog.trim_scale(src."salary")), src."team_id", src."born", src."note" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
      FROM ONLY "public"."people" AS src
      OFFSET 0
    ) looks
    GROUP BY bucket
  ) buckets
) buckets;

-- target: say in short what all rows look like
SELECT COALESCE(pg_catalog.sum(rows), 0), COALESCE(pg_catalog.bit_xor(say), 0),
  pg_catalog.length(pg_catalog.set_config('pgtide.digest_0', pg_catalog.concat_ws(' ',
    pg_catalog.array_agg(bucket), pg_catalog.array_agg(rows), pg_catalog.array_agg(say)), true))
FROM (
  SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
  FROM (
    SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
    FROM (
      SELECT (COALESCE(pg_catalog.hashint8extended((t."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 8191::bigint) AS bucket,
        pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(t."id", t."name" COLLATE pg_catalog."C", pg_catalog.numeric_send(pg_catalog.trim_scale(t."salary")), t."team_id", t."born", t."note" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
      FROM ONLY "public"."people" t
      WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL))
      OFFSET 0
    ) looks
    GROUP BY bucket
  ) buckets
) buckets;
--   $1 = 'D'

-- source: say what groups of buckets look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'), NULL
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 255::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, say
      FROM ROWS FROM (pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 1)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 2)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 3)::bigint[])) AS kept (bucket, rows, say)
    ) buckets
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 255::bigint,
        1::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- target: say what groups of buckets look like (only if these differ)
-- As above: source: say what groups of buckets look like

-- source: say what buckets of rows look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'),
  pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int4send(rows::integer), ''::pg_catalog.bytea ORDER BY part), 'base64')
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 8191::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, say
      FROM ROWS FROM (pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 1)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 2)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 3)::bigint[])) AS kept (bucket, rows, say)
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 255::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 7936::bigint,
        256::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- target: say what buckets of rows look like (only if these differ)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'), NULL
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 8191::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, say
      FROM ROWS FROM (pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 1)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 2)::bigint[]),
        pg_catalog.unnest(pg_catalog.split_part(pg_catalog.current_setting('pgtide.digest_0'), ' ', 3)::bigint[])) AS kept (bucket, rows, say)
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 255::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 7936::bigint,
        256::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- source: say what parts of these look like (only if buckets that differ are full)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'),
  pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int4send(rows::integer), ''::pg_catalog.bytea ORDER BY part), 'base64')
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 32767::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
      FROM (
        SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
        FROM (
          SELECT (COALESCE(pg_catalog.hashint8extended((src."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 32767::bigint) AS bucket,
            pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(src."id", src."name"::pg_catalog.text COLLATE pg_catalog."C", pg_catalog.numeric_send(pg_catalog.trim_scale(src."salary")), src."team_id", src."born", src."note" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
          FROM ONLY "public"."people" AS src
          WHERE ((COALESCE(pg_catalog.hashint8extended((src."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 8191::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[]))
          OFFSET 0
        ) looks
        GROUP BY bucket
      ) buckets
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 8191::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 24576::bigint,
        8192::bigint) AS step
  ) asked
  GROUP BY part
) parts;

-- target: say what parts of these look like (only if buckets that differ are full)
SELECT pg_catalog.encode(
    pg_catalog.string_agg(pg_catalog.int8send(say), ''::pg_catalog.bytea ORDER BY part), 'base64'), NULL
FROM (
  SELECT part, pg_catalog.bit_xor(say) AS say, pg_catalog.sum(rows) AS rows
  FROM (
    SELECT (bucket OPERATOR(pg_catalog.&) 32767::bigint) AS part, say, rows
    FROM (
      SELECT bucket, rows, pg_catalog.hashint8extended(bucket, pg_catalog.hashint8extended(rows, look)) AS say
      FROM (
        SELECT bucket, pg_catalog.count(*) AS rows, pg_catalog.bit_xor(look) AS look
        FROM (
          SELECT (COALESCE(pg_catalog.hashint8extended((t."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 32767::bigint) AS bucket,
            pg_catalog.hashint8extended(0, pg_catalog.hash_record_extended(ROW(t."id", t."name" COLLATE pg_catalog."C", pg_catalog.numeric_send(pg_catalog.trim_scale(t."salary")), t."team_id", t."born", t."note" COLLATE pg_catalog."C"), 7046029254386353131)) AS look
          FROM ONLY "public"."people" t
          WHERE ((t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)) AND ((COALESCE(pg_catalog.hashint8extended((t."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 8191::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[]))
          OFFSET 0
        ) looks
        GROUP BY bucket
      ) buckets
    ) buckets
    WHERE (bucket OPERATOR(pg_catalog.&) 8191::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])
    UNION ALL
    SELECT first OPERATOR(pg_catalog.+) step, 0::bigint, 0::bigint
    FROM pg_catalog.unnest('{0}'::bigint[]) AS first,
      pg_catalog.generate_series(0::bigint, 24576::bigint,
        8192::bigint) AS step
  ) asked
  GROUP BY part
) parts;
--   $1 = 'D'

-- target: enter it in the history (only if they do not differ)
INSERT INTO "pgtide"."run_tables" (run_id, table_name, status, rows_read, staged, inserted, updated, unchanged,
  protected, rejected, bytes, chunks, extract_seconds, delta_seconds, merge_seconds, error_message, target_only,
  filled_columns, lost_columns, deleted, kept, changed_by, relation)
VALUES ($1::bigint, $2, $3, 0,
  0, 0, 0, 0, 0,
  0, 0, 0,
  $4::numeric, $5::numeric,
  $6::numeric, $7,
  $8::bigint, $9::pg_catalog.text[],
  $10::pg_catalog.text[], 0, 0,
  NULL, $11)
ON CONFLICT (run_id, table_name) DO UPDATE SET status = EXCLUDED.status, inserted = EXCLUDED.inserted,
  updated = EXCLUDED.updated, unchanged = EXCLUDED.unchanged, protected = EXCLUDED.protected,
  rejected = EXCLUDED.rejected, merge_seconds = EXCLUDED.merge_seconds, error_message = EXCLUDED.error_message,
  target_only = EXCLUDED.target_only, filled_columns = EXCLUDED.filled_columns,
  lost_columns = EXCLUDED.lost_columns, deleted = EXCLUDED.deleted, kept = EXCLUDED.kept,
  relation = COALESCE(EXCLUDED.relation, "pgtide"."run_tables".relation),
  changed_by = COALESCE(EXCLUDED.changed_by, "pgtide"."run_tables".changed_by);
--   $1 = '1'
--   $2 = 'people'
--   $3 = 'success'
--   $4 = '0.0'
--   $5 = '0.0'
--   $6 = '0.0'
--   $7 = NULL
--   $8 = NULL
--   $9 = '{"id","name","salary","team_id","born","note"}'
--   $10 = '{}'
--   $11 = '"public"."people"'

-- target: enter it in the status table (only if they do not differ)
UPDATE "public"."_sync_metadata" SET last_sync_timestamp = pg_catalog.now(), records_synced = 0, sync_status = $1, error_message = $2,
  updated_at = pg_catalog.now()
WHERE table_name OPERATOR(pg_catalog.=) $3;
--   $1 = 'success'
--   $2 = NULL
--   $3 = 'people'
INSERT INTO "public"."_sync_metadata" (table_name, last_sync_timestamp, records_synced, sync_status, error_message, updated_at)
SELECT $1::pg_catalog.text, pg_catalog.now()::pg_catalog.timestamptz, 0, $2::pg_catalog.text,
  $3::pg_catalog.text, pg_catalog.now()
WHERE NOT EXISTS (SELECT FROM "public"."_sync_metadata" WHERE table_name OPERATOR(pg_catalog.=) $4::pg_catalog.text);
--   $1 = 'people'
--   $2 = 'success'
--   $3 = NULL
--   $4 = 'people'

-- ==== Into the stage (only if not all rows are level)

-- target: make stage and delta (only if they are missing, or of another shape)
DROP TABLE IF EXISTS "pgtide"."stage_forward_public_people", "pgtide"."delta_forward_public_people";
CREATE UNLOGGED TABLE "pgtide"."stage_forward_public_people" ("id" integer, "name" character varying COLLATE "pg_catalog"."default", "salary" numeric, "team_id" integer, "born" pg_catalog.date, "note" pg_catalog.text COLLATE "pg_catalog"."default", "pgtide held" bigint) WITH (autovacuum_enabled = false);
CREATE UNLOGGED TABLE "pgtide"."delta_forward_public_people"
  (row_id pg_catalog.tid, verdict pg_catalog.text NOT NULL, subject pg_catalog.text, message pg_catalog.text,
    place pg_catalog.tid, part pg_catalog.oid, version pg_catalog.text, row_key pg_catalog.jsonb,
    row_data pg_catalog.jsonb)
  WITH (autovacuum_enabled = false);
COMMENT ON TABLE "pgtide"."stage_forward_public_people" IS 'pgtide stage 3, b8914be3b82d0437';
SELECT (CASE WHEN NOT EXISTS (
    SELECT FROM (
      SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
        c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
        c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
      FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
      JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
      JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
      WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
        AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing)) AS m
    WHERE pg_catalog.pg_get_userbyid(m.owner) OPERATOR(pg_catalog.<>) current_user OR m.kind OPERATOR(pg_catalog.=) 'TABLE' AND (m.is_secured OPERATOR(pg_catalog.=) m.is_own OR m.is_forced))
  AND NOT EXISTS (
    SELECT o.kind, o.name, CASE WHEN a.grantee OPERATOR(pg_catalog.=) 0::pg_catalog.oid THEN 'PUBLIC'
      ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
    FROM (
      WITH made AS (
        SELECT 'TABLE' AS kind, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid,
          c.relowner AS owner, c.relacl AS acl, n.nspname OPERATOR(pg_catalog.=) 'pgtide' AS is_own,
          c.relrowsecurity AS is_secured, c.relforcerowsecurity AS is_forced
        FROM ROWS FROM (pg_catalog.unnest(pgtide.schemas), pg_catalog.unnest(pgtide.names)) AS w (schema, name)
        JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
        JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid AND c.relname OPERATOR(pg_catalog.=) w.name
        WHERE c.relkind OPERATOR(pg_catalog.=) 'r'
          AND NOT pg_catalog.format('%I.%I', n.nspname, c.relname) OPERATOR(pg_catalog.=) ANY (pgtide.standing))
      SELECT m.kind, m.name, m.owner, m.acl FROM made m
      UNION ALL
      SELECT m.kind, m.name, m.owner, f.attacl
      FROM made m JOIN pg_catalog.pg_attribute f ON f.attrelid OPERATOR(pg_catalog.=) m.oid AND f.attacl IS NOT NULL
      WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE'
      UNION ALL
      SELECT 'SEQUENCE', pg_catalog.format('%I.%I', n.nspname, s.relname), s.relowner, s.relacl
      FROM made m JOIN pg_catalog.pg_depend d ON d.refobjid OPERATOR(pg_catalog.=) m.oid
      JOIN pg_catalog.pg_class s ON s.oid OPERATOR(pg_catalog.=) d.objid AND s.relkind OPERATOR(pg_catalog.=) 'S'
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) s.relnamespace
      WHERE m.kind OPERATOR(pg_catalog.=) 'TABLE'
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
        AND d.classid OPERATOR(pg_catalog.=) d.refclassid
        AND d.deptype OPERATOR(pg_catalog.=) ANY ('{a,i}'::pg_catalog."char"[])) AS o
    CROSS JOIN LATERAL pg_catalog.aclexplode(o.acl) AS a
    WHERE a.grantee OPERATOR(pg_catalog.<>) o.owner)
  THEN 'true' ELSE 'others have got hold of what pgtide makes, as it was made' END)::boolean
FROM (SELECT '{"pgtide","pgtide"}'::pg_catalog.text[] AS schemas, '{"stage_forward_public_people","delta_forward_public_people"}'::pg_catalog.text[] AS names,
  (CASE WHEN pg_catalog.current_setting('pgtide.standing', true) OPERATOR(pg_catalog.<>) ''
    THEN pg_catalog.current_setting('pgtide.standing', true) ELSE '{}' END)::pg_catalog.text[] AS standing) AS pgtide;

-- target: empty stage and delta (only if an earlier run left rows there)
DELETE FROM "pgtide"."stage_forward_public_people";
DELETE FROM "pgtide"."delta_forward_public_people";

-- source: read the rows (only if less than half of them are in buckets that do not differ)
COPY (SELECT src."id" AS "id", src."name"::pg_catalog.text AS "name", src."salary" AS "salary", src."team_id" AS "team_id", src."born" AS "born", src."note" AS "note"
FROM ONLY "public"."people" AS src
WHERE src.ctid OPERATOR(pg_catalog.>=) '(0,0)'::pg_catalog.tid AND src.ctid OPERATOR(pg_catalog.<) '(1500,0)'::pg_catalog.tid) TO STDOUT (FORMAT binary);
COPY (SELECT src."id" AS "id", src."name"::pg_catalog.text AS "name", src."salary" AS "salary", src."team_id" AS "team_id", src."born" AS "born", src."note" AS "note"
FROM ONLY "public"."people" AS src
WHERE src.ctid OPERATOR(pg_catalog.>=) '(1500,0)'::pg_catalog.tid) TO STDOUT (FORMAT binary);

-- target: take them
COPY "pgtide"."stage_forward_public_people" ("id", "name", "salary", "team_id", "born", "note") FROM STDIN (FORMAT binary);

-- source: read the rows of buckets that differ, in place of all (only if half of them or more are in buckets that do not differ)
COPY (SELECT src."id" AS "id", src."name"::pg_catalog.text AS "name", src."salary" AS "salary", src."team_id" AS "team_id", src."born" AS "born", src."note" AS "note"
FROM ONLY "public"."people" AS src
WHERE (COALESCE(pg_catalog.hashint8extended((src."id")::bigint OPERATOR(pg_catalog./) 16::bigint, 0), 0) OPERATOR(pg_catalog.&) 8191::bigint) OPERATOR(pg_catalog.=) ANY ('{0}'::bigint[])) TO STDOUT (FORMAT binary);

-- target: ask which keys have no parent (only if the table is large, and its parents have landed)
SELECT pg_catalog.string_agg(k.number::pg_catalog.text, ',')
FROM pg_catalog.unnest($1::integer[]) WITH ORDINALITY AS k (value,
  number)
WHERE NOT EXISTS (SELECT FROM "public"."teams" p WHERE p."id" OPERATOR(pg_catalog.=) k.value);
--   $1 = '{}'

-- target: take these rows in their short form (only if rows were held back because of that)
COPY "pgtide"."stage_forward_public_people" ("id", "name", "salary", "team_id", "pgtide held") FROM STDIN (FORMAT binary);

-- target: find those that are to come whole, after the comparison (only if rows were held back because of that)
WITH wanted AS (
  DELETE FROM "pgtide"."delta_forward_public_people" WHERE ctid OPERATOR(pg_catalog.=) ANY (
    SELECT ctid FROM "pgtide"."delta_forward_public_people"
      WHERE verdict OPERATOR(pg_catalog.=) 'held_back' LIMIT 10000)
  RETURNING row_id)
DELETE FROM "pgtide"."stage_forward_public_people" s USING wanted WHERE s.ctid OPERATOR(pg_catalog.=) wanted.row_id
RETURNING s."pgtide held";

-- target: take these rows whole (only if rows were held back because of that)
COPY "pgtide"."stage_forward_public_people" ("id", "name", "salary", "team_id", "born", "note") FROM STDIN (FORMAT binary);

-- ==== Verdicts (only if not all rows are level)

-- target: forget the verdicts, and what was rejected (only if it has been compared before in this run)
TRUNCATE "pgtide"."delta_forward_public_people";
UPDATE "pgtide"."rejects" k SET run_id = r.run_id, previous_run_id = NULL, times = k.times OPERATOR(pg_catalog.-) 1,
  rejected_at = r.started_at
FROM "pgtide"."runs" r
WHERE k.run_id OPERATOR(pg_catalog.=) $1::bigint
  AND table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text AND r.run_id OPERATOR(pg_catalog.=) k.previous_run_id;
--   $1 = '1'
--   $2 = 'people'
DELETE FROM "pgtide"."rejects" WHERE run_id OPERATOR(pg_catalog.=) $1::bigint
  AND table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text;
--   $1 = '1'
--   $2 = 'people'

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."team_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_teams" s JOIN "pgtide"."delta_forward_public_teams" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_people" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."people" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: give every staged row its verdict (only if a digest has counted our rows)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."team_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_teams" s JOIN "pgtide"."delta_forward_public_teams" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_people" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
FROM counted;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'

-- target: give every staged row its verdict (only if its parents are on the target, or the merge is tried again)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_people" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."people" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: give every staged row its verdict (only if its parents are on the target, or the merge is tried again, and a digest has counted our rows)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_people" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
FROM counted;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'

-- target: find the rows with such values (only if a column's type refuses a value)
DO $pgtide$
-- Looks for rows with a value that its column's type refuses.
#variable_conflict use_column
<<pgtide>>
DECLARE
  block pg_catalog.tid[];
  low integer;             -- the part that is tried is block[low:high]
  high integer;
  part pg_catalog.tid[];
  bad_until integer;       -- a part that ended here failed
  state pg_catalog.text;   -- NULL: the part could be cast
  message pg_catalog.text;
  subject pg_catalog.text;
BEGIN
  FOR block IN
    SELECT pg_catalog.array_agg(placed.row_id)
    FROM (
      SELECT s.ctid AS row_id, (pg_catalog.row_number() OVER ()) OPERATOR(pg_catalog./) 1024 AS place
      FROM "pgtide"."stage_forward_public_people" s) AS placed
    GROUP BY placed.place
  LOOP
    low := 1;
    bad_until := 0;
    WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
      high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
        THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2 ELSE pg_catalog.cardinality(block) END;
      part := block[low:high];
      state := NULL;
      BEGIN
        PERFORM pg_catalog.count(ROW(CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END, CASE WHEN (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN s."salary"::numeric(8,2) END))
        FROM "pgtide"."stage_forward_public_people" s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part);
      EXCEPTION WHEN OTHERS OR assert_failure THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
        IF NOT (state OPERATOR(pg_catalog.=) ANY (ARRAY['54000']::pg_catalog.text[])
  OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['03', '08', '0A', '0B', '25', '2D', '3B', '0L', '0P', '28', '2B', '24', '26', '34', '3D', '3F', '42', '40', '53', '54', '55', '57', '58', '72', 'F0', 'HV', 'XX', 'TI']::pg_catalog.text[])) THEN
          RAISE;
        END IF;
      END;
      IF state IS NULL THEN
        low := high OPERATOR(pg_catalog.+) 1;
        CONTINUE;
      ELSIF low OPERATOR(pg_catalog.<) high THEN
        bad_until := high;
        CONTINUE;
      END IF;
      subject := NULL;
      IF subject IS NULL THEN
        BEGIN
          PERFORM pg_catalog.count(ROW(CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END))
          FROM "pgtide"."stage_forward_public_people" s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part);
        EXCEPTION WHEN OTHERS OR assert_failure THEN
          subject := 'name';
        END;
      END IF;
      IF subject IS NULL THEN
        BEGIN
          PERFORM pg_catalog.count(ROW(CASE WHEN (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN s."salary"::numeric(8,2) END))
          FROM "pgtide"."stage_forward_public_people" s WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part);
        EXCEPTION WHEN OTHERS OR assert_failure THEN
          subject := 'salary';
        END;
      END IF;
      INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict, message)
      VALUES (pgtide.part[1], pg_catalog.concat('does_not_fit:', pgtide.subject),
        pg_catalog.format('%s (SQLSTATE %s)', pgtide.message, pgtide.state));
      low := low OPERATOR(pg_catalog.+) 1;
    END LOOP;
  END LOOP;
END pgtide
$pgtide$;

-- target: give the others their verdicts (only if a column's type refuses a value)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."team_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_teams" s JOIN "pgtide"."delta_forward_public_teams" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM (SELECT b.*, b.ctid FROM "pgtide"."stage_forward_public_people" b
      WHERE NOT EXISTS (SELECT FROM "pgtide"."delta_forward_public_people" m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid) OFFSET 0) s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."people" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: give the others their verdicts (only if a column's type refuses a value, and a digest has counted our rows)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p, pg_catalog.generate_series(1, 1) WHERE p."id" OPERATOR(pg_catalog.=) s."team_id")
        AND NOT EXISTS (SELECT FROM (
    SELECT s."id" AS "id" FROM "pgtide"."stage_forward_public_teams" s JOIN "pgtide"."delta_forward_public_teams" d
      ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])
  ) p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM (SELECT b.*, b.ctid FROM "pgtide"."stage_forward_public_people" b
      WHERE NOT EXISTS (SELECT FROM "pgtide"."delta_forward_public_people" m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid) OFFSET 0) s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
FROM counted;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'

-- target: give the others their verdicts (only if a column's type refuses a value, and its parents are on the target, or the merge is tried again)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM (SELECT b.*, b.ctid FROM "pgtide"."stage_forward_public_people" b
      WHERE NOT EXISTS (SELECT FROM "pgtide"."delta_forward_public_people" m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid) OFFSET 0) s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."people" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'
--   $6 = 'D'

-- target: give the others their verdicts (only if a column's type refuses a value, and its parents are on the target, or the merge is tried again, and a digest has counted our rows)
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_people" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_people" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN (s."name") IS NULL THEN 'null_value:name'
      WHEN NOT (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN 'does_not_fit:name'
      WHEN NOT (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN 'does_not_fit:salary'
      WHEN s."pgtide held" IS NOT NULL AND NOT t."id" IS NULL THEN 'held_back'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'unchanged'
      WHEN (s."team_id") IS NOT NULL AND NOT EXISTS (SELECT FROM ONLY "public"."teams" p WHERE p."id" OPERATOR(pg_catalog.=) s."team_id") THEN 'missing_parent:team_id_fkey'
      WHEN s."pgtide held" IS NOT NULL THEN 'held_back'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($5::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM (SELECT b.*, b.ctid FROM "pgtide"."stage_forward_public_people" b
      WHERE NOT EXISTS (SELECT FROM "pgtide"."delta_forward_public_people" m WHERE m.row_id OPERATOR(pg_catalog.=) b.ctid) OFFSET 0) s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_people" (row_id, verdict)
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
FROM counted;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'
--   $4 = 'D'
--   $5 = 'D'

-- target: count the verdicts
SELECT verdict, pg_catalog.count(*) FROM "pgtide"."delta_forward_public_people" GROUP BY verdict;

-- target: keep the rejected rows (only if there are any)
WITH found AS MATERIALIZED (
  SELECT f.*, pg_catalog.row_number() OVER (PARTITION BY f.look, f.key_look, f.row_key, f.reason, f.column_name ORDER BY f.row_id) AS place
  FROM (
    SELECT r.*, pg_catalog.jsonb_hash_extended(r.row_key, 0) AS key_look,
      pg_catalog.jsonb_hash_extended(r.row_data, 0) AS look
    FROM (
      SELECT d.row_id, pg_catalog.jsonb_build_object('id', s."id") AS row_key, e.reason,
        COALESCE(d.subject, e.column_name) AS column_name, COALESCE(d.message, e.message) OPERATOR(pg_catalog.||) CASE WHEN s."pgtide held" IS NULL THEN '' ELSE '; the row was held back, so its other columns are on the source only' END AS message,
        CASE WHEN s."pgtide held" IS NULL THEN pg_catalog.jsonb_build_object('id', s."id", 'name', s."name", 'salary', s."salary", 'team_id', s."team_id", 'born', s."born", 'note', s."note") ELSE pg_catalog.jsonb_build_object('id', s."id", 'name', s."name", 'salary', s."salary", 'team_id', s."team_id") END AS row_data
      FROM "pgtide"."delta_forward_public_people" d
      JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
      JOIN (VALUES
        ('duplicate_key', 'duplicate key', 'id', 'several source rows have this key'),
        ('null_key:id', 'NULL in the key', 'id', 'the key has no value'),
        ('null_value:name', 'NULL in a NOT NULL column', 'name', 'the target takes no NULL here'),
        ('does_not_fit:name', 'does not fit', 'name', 'the target''s character varying(50) cannot hold the value as it is'),
        ('does_not_fit:salary', 'does not fit', 'salary', 'the target''s numeric(8,2) cannot hold the value as it is'),
        ('missing_parent:team_id_fkey', 'missing parent', 'team_id', 'no such row in public.teams (foreign key team_id_fkey)'),
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
--   $1 = 'people'
--   $2 = 'forward'
--   $3 = '1'
--   $4 = '1'
--   $5 = '1'
--   $6 = 'people'

-- target: enter it in the history (only if nothing is to be written)
-- As above: target: enter it in the history

-- target: enter it in the status table (only if nothing is to be written)
-- As above: target: enter it in the status table
-- As above: target: enter it in the status table

-- target: list the protected rows that differ (only if there are any)
WITH picked AS MATERIALIZED (
  SELECT s.* FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  WHERE d.verdict OPERATOR(pg_catalog.=) 'protected_different'
),
found AS MATERIALIZED (
  SELECT DISTINCT ON (r.row_key) r.row_key, r.source_row, r.target_row
  FROM (
    SELECT CASE WHEN pg_catalog.pg_column_size(k.row_key) OPERATOR(pg_catalog.<=) 2000 THEN k.row_key
  ELSE pg_catalog.jsonb_build_object('SHA-256', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((k.row_key)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')) END AS row_key, k.source_row, k.target_row
    FROM (
      SELECT pg_catalog.jsonb_build_object('id', pg_catalog.to_jsonb(t."id")) AS row_key,
        pg_catalog.jsonb_build_object('id', pg_catalog.to_jsonb(s."id"), 'name', CASE WHEN pg_catalog.octet_length(CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END) OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END)::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(CASE WHEN (s."name" IS NULL OR pg_catalog.char_length(s."name") OPERATOR(pg_catalog.<=) 50) THEN s."name" END) END, 'salary', pg_catalog.to_jsonb(CASE WHEN (s."salary" IS NULL OR (s."salary" OPERATOR(pg_catalog.=) 'NaN' OR pg_catalog.abs(s."salary") OPERATOR(pg_catalog.<) 1e6 AND pg_catalog.round(s."salary", 2) OPERATOR(pg_catalog.=) s."salary")) THEN s."salary"::numeric(8,2) END), 'team_id', pg_catalog.to_jsonb(s."team_id"), 'born', pg_catalog.to_jsonb(s."born"), 'note', CASE WHEN pg_catalog.octet_length(s."note") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(s."note"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((s."note")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(s."note") END) AS source_row,
        pg_catalog.jsonb_build_object('id', pg_catalog.to_jsonb(t."id"), 'name', CASE WHEN pg_catalog.octet_length(t."name") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(t."name"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((t."name")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(t."name") END, 'salary', pg_catalog.to_jsonb(t."salary"), 'team_id', pg_catalog.to_jsonb(t."team_id"), 'born', pg_catalog.to_jsonb(t."born"), 'note', CASE WHEN pg_catalog.octet_length(t."note") OPERATOR(pg_catalog.>) 10000
  THEN pg_catalog.to_jsonb(pg_catalog.concat(pg_catalog.octet_length(t."note"), ' bytes, SHA-256 ', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to((t."note")::pg_catalog.text, pg_catalog.getdatabaseencoding())), 'hex')))
  ELSE pg_catalog.to_jsonb(t."note") END) AS target_row
      FROM picked s JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
      WHERE NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL) AND (ROW(s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."name", t."salary", t."team_id", t."born", t."note")::pg_catalog.record)) k) r
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
--   $3 = 'people'
--   $4 = '1'
--   $5 = 'forward'
--   $6 = 'people'
--   $7 = '1'

-- target: look whether the COMMIT came about (only if the connection is lost at the COMMIT)
SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 1 FROM "pgtide"."run_tables"
WHERE run_id OPERATOR(pg_catalog.=) $1::bigint
  AND table_name OPERATOR(pg_catalog.=) ANY ($2::pg_catalog.text[])
  AND status OPERATOR(pg_catalog.=) ANY ('{success,partial}');
--   $1 = '1'
--   $2 = '{"people"}'

-- ==== Merge (only if anything is to be written)

-- target: count the stage
SELECT pg_catalog.count(*) FROM "pgtide"."stage_forward_public_people";

-- target: count what this session has written
SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(16410),
  pg_catalog.pg_stat_get_xact_tuples_updated(16410),
  pg_catalog.pg_stat_get_xact_tuples_deleted(16410);

-- target: lock the table against changes of its shape (only if 1000 rows or more go in)
LOCK TABLE "public"."people" IN ROW EXCLUSIVE MODE;

-- target: look whether its foreign keys and triggers are as planned (only if 1000 rows or more go in)
WITH wanted AS (
  SELECT c.oid, c.relkind, n.nspname, c.relname
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
      pg_catalog.unnest($2::pg_catalog.text[])) AS w (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
    AND c.relname OPERATOR(pg_catalog.=) w.name AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}')),
-- Rows may go into any of its partitions.
members AS (
  SELECT w.oid AS root, w.oid FROM wanted w
  UNION
  SELECT w.oid, leaf.relid FROM wanted w, LATERAL (WITH RECURSIVE tree (relid, relkind) AS (
    SELECT tree_root.oid, tree_root.relkind
    FROM pg_catalog.pg_class tree_root WHERE tree_root.oid OPERATOR(pg_catalog.=) w.oid
    UNION ALL
    SELECT tree_part.oid, tree_part.relkind
    FROM tree
    JOIN pg_catalog.pg_inherits tree_link ON tree_link.inhparent OPERATOR(pg_catalog.=) tree.relid
      AND tree.relkind OPERATOR(pg_catalog.=) 'p'
      AND COALESCE(pg_catalog.to_jsonb(tree_link) OPERATOR(pg_catalog.->>) 'inhdetachpending', 'false')
        OPERATOR(pg_catalog.=) 'false'
    JOIN pg_catalog.pg_class tree_part ON tree_part.oid OPERATOR(pg_catalog.=) tree_link.inhrelid)
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) leaf
    WHERE w.relkind OPERATOR(pg_catalog.=) 'p'),
keys AS (
  SELECT m.root, f.*, pg_catalog.to_jsonb(f) AS raw
  FROM members m JOIN pg_catalog.pg_constraint f ON f.conrelid OPERATOR(pg_catalog.=) m.oid
    AND f.contype OPERATOR(pg_catalog.=) 'f'
  WHERE f.conparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid OR NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint whole JOIN members r ON r.oid OPERATOR(pg_catalog.=) whole.conrelid
      AND r.root OPERATOR(pg_catalog.=) m.root
    WHERE whole.oid OPERATOR(pg_catalog.=) f.conparentid)),
obstacles AS (
  -- Bit 2 of tgtype is INSERT. Those that fire on updates alone, such as one that keeps a time up, stay.
  SELECT m.root, pg_catalog.format('the trigger %s', t.tgname) AS obstacle
  FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
  WHERE NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'
    AND (t.tgtype OPERATOR(pg_catalog.&) 4) OPERATOR(pg_catalog.=) 4
  UNION ALL
  SELECT m.root, 'a constraint whose triggers are disabled, or always run'
  FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
  WHERE t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'O'
  UNION ALL
  SELECT m.root, pg_catalog.format('the rule %s', r.rulename)
  FROM members m JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) m.oid
  UNION ALL
  SELECT m.root, pg_catalog.format('the deferrable constraint %s', k.conname)
  FROM members m JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.oid
  WHERE k.contype OPERATOR(pg_catalog.=) ANY ('{p,u,x}') AND k.condeferrable
  UNION ALL
  SELECT k.root, pg_catalog.format('the foreign key %s, which ', k.conname) OPERATOR(pg_catalog.||) flaw.text
  FROM keys k, LATERAL (VALUES
    (k.conrelid OPERATOR(pg_catalog.<>) k.root, 'only a partition has'),
    (NOT k.convalidated, 'is NOT VALID'),
    ((k.raw OPERATOR(pg_catalog.->>) 'conenforced') OPERATOR(pg_catalog.=) 'false', 'is NOT ENFORCED'),
    ((k.raw OPERATOR(pg_catalog.->>) 'conperiod') OPERATOR(pg_catalog.=) 'true', 'is over a PERIOD'),
    (k.confmatchtype OPERATOR(pg_catalog.=) 'f'
      AND pg_catalog.cardinality(k.conkey) OPERATOR(pg_catalog.>) 1, 'is MATCH FULL over several columns'),
    (EXISTS (
      SELECT FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS pair (child, parent)
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) k.conrelid
        AND a.attnum OPERATOR(pg_catalog.=) pair.child
      JOIN pg_catalog.pg_attribute p ON p.attrelid OPERATOR(pg_catalog.=) k.confrelid
        AND p.attnum OPERATOR(pg_catalog.=) pair.parent
      WHERE a.atttypid OPERATOR(pg_catalog.<>) p.atttypid OR a.attcollation OPERATOR(pg_catalog.<>) p.attcollation),
      'compares different types or collations'),
    (pg_catalog.row_security_active(k.confrelid), 'refers to a table with row-level security'),
    (NOT (pg_catalog.has_table_privilege(k.confrelid, 'SELECT')
        AND pg_catalog.has_table_privilege(k.confrelid, 'UPDATE')),
      'refers to a table that we may not SELECT from and UPDATE')
  ) AS flaw (holds, text)
  WHERE flaw.holds)
SELECT w.nspname, w.relname, o.obstacles, k.keys, k.names
FROM wanted w
LEFT JOIN (
  SELECT o.root, pg_catalog.array_agg(DISTINCT o.obstacle) AS obstacles FROM obstacles o GROUP BY o.root) o
  ON o.root OPERATOR(pg_catalog.=) w.oid
LEFT JOIN (
  SELECT k.root, pg_catalog.array_agg(k.oid::pg_catalog.text ORDER BY k.oid) AS keys,
    pg_catalog.array_agg(k.conname::pg_catalog.text) FILTER (WHERE p.relkind OPERATOR(pg_catalog.=) 'p') AS names
  FROM keys k JOIN pg_catalog.pg_class p ON p.oid OPERATOR(pg_catalog.=) k.confrelid
  GROUP BY k.root) k ON k.root OPERATOR(pg_catalog.=) w.oid;
--   $1 = '{"public"}'
--   $2 = '{"people"}'

-- target: update what differs (only if there is any)
WITH written AS (
  UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND t."id" OPERATOR(pg_catalog.=) s."id"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: leave triggers out, because foreign keys are proved (only if 1000 rows or more go in)
SET LOCAL session_replication_role = replica;

-- target: insert what is missing (only if there is any)
WITH written AS (
  INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
  SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", $1::character(1), pg_catalog.now(), pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
  ON CONFLICT ("id") DO NOTHING
  RETURNING t."source" AS marker
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), 0 FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: insert all rows (only if all are missing)
INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", $1::character(1), pg_catalog.now(), pg_catalog.now()
FROM "pgtide"."stage_forward_public_people" s;
--   $1 = 'D'

-- target: run triggers again (only if they were left out)
SET LOCAL session_replication_role = origin;

-- target: count those that turned out to be protected (only if fewer rows were written than differ)
SELECT pg_catalog.count(*) FILTER (WHERE NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)), pg_catalog.count(*) FILTER (WHERE false)
FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND (NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) OR false);
--   $1 = 'D'
--   $2 = 'D'

-- target: update what stands there by now (only if fewer rows were written than differ)
WITH written AS (
  UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text AND t."id" OPERATOR(pg_catalog.=) s."id"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: insert what has gone meanwhile (only if fewer rows were written than differ)
WITH written AS (
  INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
  SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", $1::character(1), pg_catalog.now(), pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND NOT EXISTS (SELECT FROM ONLY "public"."people" t WHERE t."id" OPERATOR(pg_catalog.=) s."id")
  ON CONFLICT ("id") DO NOTHING
  RETURNING t."source" AS marker
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), 0 FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: update the rows that nobody has locked (only if somebody has locked a row that is to be updated; then all is written again)
WITH free AS MATERIALIZED (
  SELECT d.row_id FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  FOR NO KEY UPDATE OF t SKIP LOCKED
),
written AS (
  UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) 'update' AND t."id" OPERATOR(pg_catalog.=) s."id"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL)
    AND d.row_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT f.row_id FROM free f))
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'

-- target: wait for one of the others (only if somebody has locked a row that is to be updated; then all is written again)
SAVEPOINT pgtide_wait;
SELECT FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
  WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
LIMIT 1 FOR NO KEY UPDATE OF t;
--   $1 = 'D'
ROLLBACK TO SAVEPOINT pgtide_wait;
RELEASE SAVEPOINT pgtide_wait;

-- target: update those that are free by now (only if somebody has locked a row that is to be updated; then all is written again)
WITH free AS MATERIALIZED (
  SELECT d.row_id FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
  WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  FOR NO KEY UPDATE OF t SKIP LOCKED
),
written AS (
  UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
  FROM "pgtide"."stage_forward_public_people" s JOIN "pgtide"."delta_forward_public_people" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
  WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.<>) pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text AND t."id" OPERATOR(pg_catalog.=) s."id"
    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL)
    AND d.row_id OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT f.row_id FROM free f))
  RETURNING t."source" AS marker, false AS is_moved
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $3::character(1) OR marker IS NULL)),
  pg_catalog.count(*) FILTER (WHERE is_moved)
FROM written;
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'D'

-- target: lock the parents of inserted rows, and count the keys that have none (only if 1000 rows or more go in)
SET LOCAL enable_nestloop = off;
WITH referring AS MATERIALIZED (
  SELECT DISTINCT s."team_id" AS k1
  FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
  WHERE (s."team_id") IS NOT NULL AND d.verdict OPERATOR(pg_catalog.=) 'insert'
),
locked AS MATERIALIZED (
  SELECT p."id" FROM ONLY "public"."teams" p JOIN referring r ON p."id" OPERATOR(pg_catalog.=) r.k1
  FOR KEY SHARE OF p
)
SELECT (SELECT pg_catalog.count(*) FROM referring r
    WHERE NOT EXISTS (SELECT FROM locked p WHERE p."id" OPERATOR(pg_catalog.=) r.k1));
SET LOCAL enable_nestloop TO DEFAULT;

-- target: lock the parents of inserted rows, and count the keys that have none (only if 1000 rows or more go in, which are all)
-- As above: target: lock the parents of inserted rows, and count the keys that have none
WITH referring AS MATERIALIZED (
  SELECT DISTINCT s."team_id" AS k1
  FROM "pgtide"."stage_forward_public_people" s
  WHERE (s."team_id") IS NOT NULL
),
locked AS MATERIALIZED (
  SELECT p."id" FROM ONLY "public"."teams" p JOIN referring r ON p."id" OPERATOR(pg_catalog.=) r.k1
  FOR KEY SHARE OF p
)
SELECT (SELECT pg_catalog.count(*) FROM referring r
    WHERE NOT EXISTS (SELECT FROM locked p WHERE p."id" OPERATOR(pg_catalog.=) r.k1));
-- As above: target: lock the parents of inserted rows, and count the keys that have none

-- target: have deferred constraints speak
SET CONSTRAINTS ALL IMMEDIATE;

-- target: count what this session has written
-- As above: target: count what this session has written

-- target: enter it in the history
-- As above: target: enter it in the history

-- target: enter it in the status table
-- As above: target: enter it in the status table
-- As above: target: enter it in the status table

-- target: list the protected rows that differ (only if there are any)
-- As above: target: list the protected rows that differ

-- target: make sure that the table is as it was planned upon
WITH changed AS (
  SELECT p.place, c.now
  FROM ROWS FROM (
      pg_catalog.unnest($1::pg_catalog.text[]),
      pg_catalog.unnest($2::pg_catalog.text[]),
      pg_catalog.unnest($3::pg_catalog.text[]))
    WITH ORDINALITY AS p (schema, name, fingerprint, place)
  -- By name, as the table is written: another may have it by now.
  LEFT JOIN LATERAL (
    SELECT (SELECT pg_catalog.string_agg(pg_catalog.concat(kind.name, ':', pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(kind.lines, pg_catalog.getdatabaseencoding())), 'hex'), 16)), ', ' ORDER BY kind.name)
      FROM (SELECT part.kind AS name, pg_catalog.string_agg(part.line, E'\n' ORDER BY part.line COLLATE pg_catalog."C") AS lines
        FROM (
          WITH members AS (
            SELECT c.oid
            UNION ALL
            SELECT tree.relid FROM (WITH RECURSIVE tree (relid, relkind) AS (
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
  SELECT tree.relid, tree.relkind OPERATOR(pg_catalog.<>) 'p' AS isleaf FROM tree) tree
            WHERE c.relkind OPERATOR(pg_catalog.=) 'p' AND tree.relid OPERATOR(pg_catalog.<>) c.oid)
          SELECT 'partitions' AS kind, pg_catalog.concat_ws(' ', r.oid, r.relkind, r.relpersistence,
              r.relispartition, r.relpartbound) AS line
            FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
          UNION ALL
          SELECT 'columns', pg_catalog.concat_ws(' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod,
              a.attcollation, a.attnotnull, a.attidentity, a.attgenerated, d.adbin)
            FROM members m JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) m.oid
              AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
            LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid OPERATOR(pg_catalog.=) a.attrelid
              AND d.adnum OPERATOR(pg_catalog.=) a.attnum
          UNION ALL
          SELECT 'constraints', (pg_catalog.to_jsonb(k) OPERATOR(pg_catalog.-) 'conindid'::pg_catalog.text)::pg_catalog.text
            FROM members m JOIN pg_catalog.pg_constraint k ON k.conrelid OPERATOR(pg_catalog.=) m.oid
          UNION ALL
          SELECT 'unique indexes', pg_catalog.concat_ws(' ', i.indrelid, x.relname, i.indisvalid, i.indisready,
              i.indimmediate, i.indkey, i.indclass, i.indcollation, i.indexprs, i.indpred)
            FROM members m JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) m.oid AND i.indisunique
            JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
          UNION ALL
          SELECT CASE WHEN t.tgisinternal THEN 'foreign keys' ELSE 'triggers' END,
              pg_catalog.concat_ws(' ',
                pg_catalog.to_jsonb(t) OPERATOR(pg_catalog.-) 'tgconstrindid'::pg_catalog.text, CASE WHEN NOT t.tgisinternal
                THEN pg_catalog.concat_ws(' ', p.prosrc, p.probin, p.proconfig) END)
            FROM members m JOIN pg_catalog.pg_trigger t ON t.tgrelid OPERATOR(pg_catalog.=) m.oid
            JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) t.tgfoid
          UNION ALL
          SELECT 'rules', r::pg_catalog.text
            FROM members m JOIN pg_catalog.pg_rewrite r ON r.ev_class OPERATOR(pg_catalog.=) m.oid
          UNION ALL
          SELECT 'row-level security', pg_catalog.concat_ws(' ', r.oid, r.relrowsecurity, r.relforcerowsecurity,
              y::pg_catalog.text)
            FROM members m JOIN pg_catalog.pg_class r ON r.oid OPERATOR(pg_catalog.=) m.oid
              AND r.relrowsecurity
            LEFT JOIN pg_catalog.pg_policy y ON y.polrelid OPERATOR(pg_catalog.=) r.oid
          ) AS part GROUP BY part.kind) AS kind) AS now
    FROM pg_catalog.pg_namespace n
    JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
      AND c.relname OPERATOR(pg_catalog.=) p.name
    WHERE n.nspname OPERATOR(pg_catalog.=) p.schema) c ON true
  WHERE NOT COALESCE(c.now OPERATOR(pg_catalog.=) p.fingerprint, false)
  ORDER BY p.place LIMIT 1)
SELECT COALESCE((SELECT pg_catalog.concat('pgtide finds a table changed since the plan:', ' ', x.place, ' ', x.now)
  FROM changed x), 'true')::boolean;
--   $1 = '{"public"}'
--   $2 = '{"people"}'
--   $3 = '{""}'

-- target: look whether the COMMIT came about (only if the connection is lost at the COMMIT)
-- As above: target: look whether the COMMIT came about

-- ==== Merge in parts (only if the target refuses a row, so that all is rolled back and written again)

-- target: let constraints speak at once
-- As above: target: have deferred constraints speak

-- target: count the stage
-- As above: target: count the stage

-- target: write what the target takes, and find what it refuses
DO $pgtide$
-- Writes the rows of a delta that the target takes, and rejects the others.
#variable_conflict use_column
<<pgtide>>
DECLARE
  blocks pg_catalog.refcursor;
  verdict pg_catalog.text;            -- of the rows of a block: insert or update
  block pg_catalog.tid[];
  low integer;             -- the part that is tried is block[low:high]
  high integer;
  part pg_catalog.tid[];
  bad_until integer;       -- a part that ended here failed
  act pg_catalog.text;                -- what is done with the part
  tries integer;           -- of a single row that was neither written nor refused
  written bigint;
  foreign_markers bigint;
  moved bigint;
  counted bigint;
  state pg_catalog.text;              -- NULL: the part went in
  message pg_catalog.text;
  detail pg_catalog.text;
  subject pg_catalog.text;
  rule pg_catalog.text;
  fate pg_catalog.text;
  behind pg_catalog.jsonb;            -- what the session had done to rows that refer to the table's
  reached pg_catalog.record;
  others bigint;
  xid pg_catalog.text;
  walked bigint;           -- rows of this pass that have a fate
  failed bigint;           -- of these, rows that did not go in
  inserted bigint := 0;
  updated bigint := 0;
  has_written boolean;
  refused pg_catalog.jsonb[] := '{}';
  refused_rows bigint := 0;
  waiting pg_catalog.jsonb[] := '{}'; -- refused, but perhaps only until another row is in
  again pg_catalog.jsonb[];
  together pg_catalog.jsonb[];        -- rows that wait, and are tried all at once
  outside pg_catalog.tid[];           -- of these, rows that do not go in even so
  inside pg_catalog.tid[];            -- and those that do, or have to be tried again
  turn integer := 0;
  has_moved boolean;       -- rows have gone in together, so that others may
  acts pg_catalog.text[];
  counts bigint[];         -- updated and inserted, of these
  item pg_catalog.jsonb;
  ended boolean := false;
BEGIN
  <<turns>>
  LOOP
    turn := turn OPERATOR(pg_catalog.+) 1;
    has_moved := false;
    <<passes>>
    FOR pass IN LEAST(turn, 2) .. 20 LOOP
      walked := 0;
      failed := 0;
      has_written := false;
      IF pass OPERATOR(pg_catalog.=) 1 THEN
        OPEN blocks FOR
          SELECT verdict, pg_catalog.array_agg(row_id ORDER BY place)
          FROM (
            SELECT d.verdict, d.row_id, pg_catalog.row_number() OVER (PARTITION BY d.verdict
              ORDER BY s."id") OPERATOR(pg_catalog.-) 1 AS place
            FROM "pgtide"."delta_forward_public_people" d JOIN "pgtide"."stage_forward_public_people" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
            WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[])) placed
          GROUP BY verdict, place OPERATOR(pg_catalog./) 1024
          ORDER BY verdict DESC, place OPERATOR(pg_catalog./) 1024;
      ELSE
        again := waiting;
        waiting := '{}';
        OPEN blocks FOR
          SELECT act, pg_catalog.array_agg(row_id ORDER BY place)
          FROM (
            SELECT w.item OPERATOR(pg_catalog.->>) 'act' AS act,
              (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid AS row_id,
              pg_catalog.row_number() OVER (
                PARTITION BY w.item OPERATOR(pg_catalog.->>) 'act' ORDER BY
                  CASE WHEN (passes.pass OPERATOR(pg_catalog.%) 2) OPERATOR(pg_catalog.=) 0
                    THEN 0 OPERATOR(pg_catalog.-) w.place ELSE w.place END) OPERATOR(pg_catalog.-) 1 AS place
            FROM pg_catalog.unnest(pgtide.again) WITH ORDINALITY AS w (item, place)) placed
          GROUP BY act, place OPERATOR(pg_catalog./) 1024
          ORDER BY act DESC, place OPERATOR(pg_catalog./) 1024;
      END IF;
      LOOP
        FETCH blocks INTO verdict, block;
        EXIT WHEN NOT FOUND;
        low := 1;
        bad_until := 0;
        act := verdict;
        tries := 0;
        WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
          high := CASE
            WHEN tries OPERATOR(pg_catalog.>) 0 THEN low
            WHEN low OPERATOR(pg_catalog.<=) bad_until
              THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
            WHEN failed OPERATOR(pg_catalog.=) 0 THEN pg_catalog.cardinality(block)
            -- Half of what lies between two bad rows so far.
            ELSE LEAST(
              low OPERATOR(pg_catalog.+) ((walked OPERATOR(pg_catalog.+) 1024) OPERATOR(pg_catalog./) 2
                OPERATOR(pg_catalog./) (failed OPERATOR(pg_catalog.+) 1)),
              pg_catalog.cardinality(block)) END;
          part := block[low:high];
          state := NULL;
          BEGIN
            counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                  OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                  OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410);
                IF act OPERATOR(pg_catalog.=) 'update' THEN
                  -- No foreign key writes to other rows.
                  WITH written AS (
                    UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
                    FROM "pgtide"."stage_forward_public_people" s
                    WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part) AND t."id" OPERATOR(pg_catalog.=) s."id"
                      AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
                    RETURNING t."source" AS marker, false AS is_moved
                  )
                  SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)),
                    pg_catalog.count(*) FILTER (WHERE is_moved)
                  FROM written
                  INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
                  
                
                ELSE
                  WITH written AS (
                    INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
                    SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", 'D'::character(1), pg_catalog.now(), pg_catalog.now()
                    FROM "pgtide"."stage_forward_public_people" s
                      WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part)
                    ON CONFLICT ("id") DO NOTHING
                    RETURNING t."source" AS marker
                  )
                  SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)), 0 FROM written
                  INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
                END IF;
                IF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
                  RAISE EXCEPTION USING ERRCODE = 'TIDE1', MESSAGE =
                    foreign_markers OPERATOR(pg_catalog.||) CASE WHEN foreign_markers OPERATOR(pg_catalog.=) 1
                      THEN ' row that it would write shows' ELSE ' rows that it would write show' END
                    OPERATOR(pg_catalog.||) ' a marker that is not ours';
                ELSIF moved OPERATOR(pg_catalog.>) 0 THEN
                  RAISE EXCEPTION USING ERRCODE = 'TIDE2', MESSAGE =
                    moved OPERATOR(pg_catalog.||) CASE WHEN moved OPERATOR(pg_catalog.=) 1
                      THEN ' row that it would write has' ELSE ' rows that it would write have' END
                    OPERATOR(pg_catalog.||) ' another key than on the source';
                END IF;
                counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                  OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                  OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410) OPERATOR(pg_catalog.-) counted;
                IF counted OPERATOR(pg_catalog.<>) written THEN
                  RAISE EXCEPTION USING ERRCODE = 'TIDE4', MESSAGE =
                    pg_catalog.format('the server counts %s rows written where %s came back', counted, written);
                END IF;
            IF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(part) AND low OPERATOR(pg_catalog.<) high THEN
              RAISE EXCEPTION USING ERRCODE = 'TIDE0', MESSAGE = 'not all rows were written';
            END IF;
          EXCEPTION WHEN OTHERS OR assert_failure THEN
            GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
              subject = COLUMN_NAME, rule = CONSTRAINT_NAME;
            IF state OPERATOR(pg_catalog.<>) 'TIDE0' AND NOT (state OPERATOR(pg_catalog.=) ANY (ARRAY['54000']::pg_catalog.text[])
  OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['03', '08', '0A', '0B', '25', '2D', '3B', '0L', '0P', '28', '2B', '24', '26', '34', '3D', '3F', '42', '40', '53', '54', '55', '57', '58', '72', 'F0', 'HV', 'XX', 'TI']::pg_catalog.text[])) THEN
              RAISE;
            END IF;
          END;
          IF state IS NULL AND written OPERATOR(pg_catalog.=) pg_catalog.cardinality(part) THEN
            IF act OPERATOR(pg_catalog.=) 'update'
              THEN updated := updated OPERATOR(pg_catalog.+) written;
            ELSE inserted := inserted OPERATOR(pg_catalog.+) written; END IF;
            walked := walked OPERATOR(pg_catalog.+) written;
            has_written := true;
            low := high OPERATOR(pg_catalog.+) 1;
            act := verdict;
            tries := 0;
            CONTINUE;
          ELSIF low OPERATOR(pg_catalog.<) high THEN
            bad_until := high;
            CONTINUE;
          END IF;
          -- A single row that did not go in.
          IF state IS NULL THEN
            tries := tries OPERATOR(pg_catalog.+) 1;
            SELECT CASE WHEN t."id" IS NULL THEN 'insert'
              WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL) THEN 'protected'
              WHEN false THEN 'changes_referrers' ELSE 'update' END
            FROM "pgtide"."stage_forward_public_people" s LEFT JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
            WHERE s.ctid OPERATOR(pg_catalog.=) pgtide.part[1]
            INTO pgtide.fate;
            IF fate OPERATOR(pg_catalog.=) 'protected' THEN
              refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                fate));
            ELSIF fate OPERATOR(pg_catalog.=) 'changes_referrers' THEN
              refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict', fate,
                'subject', '', 'message', 'rows that are not ours refer to it'));
              refused_rows := refused_rows OPERATOR(pg_catalog.+) 1;
            ELSIF tries OPERATOR(pg_catalog.>=) 5 THEN
              RAISE EXCEPTION USING ERRCODE = 'TIDE3', MESSAGE =
                '1 row keeps changing under the merge';
            ELSE
              act := fate;
              CONTINUE;
            END IF;
          ELSE
            fate := CASE WHEN state OPERATOR(pg_catalog.=) '23503'
    AND rule OPERATOR(pg_catalog.=) ANY (ARRAY['team_id_fkey']::pg_catalog.text[])
  THEN 'missing_parent:' OPERATOR(pg_catalog.||) rule
    ELSE CASE WHEN state OPERATOR(pg_catalog.=) 'PGTD1' THEN 'changes_referrers'
    ELSE 'refused_by_target' END END;
            message := pg_catalog.concat_ws(': ', message,
              CASE WHEN state OPERATOR(pg_catalog.<>) ALL ('{23502,23514}') AND detail OPERATOR(pg_catalog.<>) ''
                THEN detail END)
              OPERATOR(pg_catalog.||) CASE WHEN state OPERATOR(pg_catalog.=) 'PGTD1' THEN ''
                ELSE ' (SQLSTATE ' OPERATOR(pg_catalog.||) state OPERATOR(pg_catalog.||) ')' END;
            IF (pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) '22'
  OR state OPERATOR(pg_catalog.=) ANY ('{23502,23514,54000}')) THEN
              refused := pg_catalog.array_append(refused, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                fate,
                'subject', CASE WHEN fate OPERATOR(pg_catalog.=) 'refused_by_target'
    THEN COALESCE(CASE WHEN subject OPERATOR(pg_catalog.<>) '' THEN subject END, rule, '') END, 'message', message));
              refused_rows := refused_rows OPERATOR(pg_catalog.+) 1;
            ELSE
              waiting := pg_catalog.array_append(waiting, pg_catalog.jsonb_build_object('row', part[1], 'verdict',
                fate,
                'subject', CASE WHEN fate OPERATOR(pg_catalog.=) 'refused_by_target'
    THEN COALESCE(CASE WHEN subject OPERATOR(pg_catalog.<>) '' THEN subject END, rule, '') END, 'message', message, 'act', verdict, 'state', state, 'rule', rule));
            END IF;
          END IF;
          walked := walked OPERATOR(pg_catalog.+) 1;
          failed := failed OPERATOR(pg_catalog.+) 1;
          low := low OPERATOR(pg_catalog.+) 1;
          bad_until := 0;
          act := verdict;
          tries := 0;
          IF false THEN
            ended := true;
            EXIT passes;
          END IF;
        END LOOP;
      END LOOP;
      CLOSE blocks;
      EXIT WHEN pg_catalog.cardinality(waiting) OPERATOR(pg_catalog.=) 0 OR NOT has_written;
    END LOOP;
    -- No foreign key of the run refuses updates of the table.
    together := waiting;
        <<rings>>
        FOR pass IN 1 .. 20 LOOP
          -- Without an update nothing is given up.
          EXIT WHEN ended OR NOT EXISTS (
            SELECT FROM pg_catalog.unnest(pgtide.together) AS w (item)
            WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) 'update'
              AND w.item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) ANY ('{23505,23P01}'));
          outside := '{}';
          counts := ARRAY[0, 0];
          state := NULL;
          BEGIN
            acts := ARRAY['update', 'insert'];
            FOREACH act IN ARRAY acts LOOP
              block := ARRAY(
                SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid
                FROM pg_catalog.unnest(pgtide.together) WITH ORDINALITY AS w (item, place)
                WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) CASE WHEN pgtide.act OPERATOR(pg_catalog.=) 'park'
                  THEN 'update' ELSE pgtide.act END
                ORDER BY w.place);
              -- Where not all rows could give up their values, each may wait for the one before.
              FOR pass IN 1 .. 20 LOOP
                inside := '{}';
                has_written := false;
                low := 1;
                high := pg_catalog.cardinality(block);
                WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
                  part := block[low:high];
                  state := NULL;
                  BEGIN
                    counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                          OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                          OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410);
                        IF act OPERATOR(pg_catalog.=) 'update' THEN
                          -- No foreign key writes to other rows.
                          WITH written AS (
                            UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
                            FROM "pgtide"."stage_forward_public_people" s
                            WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part) AND t."id" OPERATOR(pg_catalog.=) s."id"
                              AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
                            RETURNING t."source" AS marker, false AS is_moved
                          )
                          SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)),
                            pg_catalog.count(*) FILTER (WHERE is_moved)
                          FROM written
                          INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
                          
                        
                        ELSE
                          WITH written AS (
                            INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
                            SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", 'D'::character(1), pg_catalog.now(), pg_catalog.now()
                            FROM "pgtide"."stage_forward_public_people" s
                              WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part)
                            ON CONFLICT ("id") DO NOTHING
                            RETURNING t."source" AS marker
                          )
                          SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)), 0 FROM written
                          INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
                        END IF;
                        IF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
                          RAISE EXCEPTION USING ERRCODE = 'TIDE1', MESSAGE =
                            foreign_markers OPERATOR(pg_catalog.||) CASE WHEN foreign_markers OPERATOR(pg_catalog.=) 1
                              THEN ' row that it would write shows' ELSE ' rows that it would write show' END
                            OPERATOR(pg_catalog.||) ' a marker that is not ours';
                        ELSIF moved OPERATOR(pg_catalog.>) 0 THEN
                          RAISE EXCEPTION USING ERRCODE = 'TIDE2', MESSAGE =
                            moved OPERATOR(pg_catalog.||) CASE WHEN moved OPERATOR(pg_catalog.=) 1
                              THEN ' row that it would write has' ELSE ' rows that it would write have' END
                            OPERATOR(pg_catalog.||) ' another key than on the source';
                        END IF;
                        counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                          OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                          OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410) OPERATOR(pg_catalog.-) counted;
                        IF counted OPERATOR(pg_catalog.<>) written THEN
                          RAISE EXCEPTION USING ERRCODE = 'TIDE4', MESSAGE =
                            pg_catalog.format('the server counts %s rows written where %s came back', counted, written);
                        END IF;
                    IF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(part)
                        AND act OPERATOR(pg_catalog.<>) 'park' THEN
                      RAISE EXCEPTION USING ERRCODE = 'TIDE0', MESSAGE = 'not all rows were written';
                    END IF;
                  EXCEPTION WHEN OTHERS OR assert_failure THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
                    IF state OPERATOR(pg_catalog.<>) 'TIDE0' AND NOT (state OPERATOR(pg_catalog.=) ANY (ARRAY['54000']::pg_catalog.text[])
          OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['03', '08', '0A', '0B', '25', '2D', '3B', '0L', '0P', '28', '2B', '24', '26', '34', '3D', '3F', '42', '40', '53', '54', '55', '57', '58', '72', 'F0', 'HV', 'XX', 'TI']::pg_catalog.text[])) THEN
                      RAISE;
                    END IF;
                  END;
                  IF state IS NOT NULL AND low OPERATOR(pg_catalog.<) high THEN
                    high := low;
                    CONTINUE;
                  ELSIF act OPERATOR(pg_catalog.=) 'park' THEN
                    -- A row that keeps its value may find its place all the same.
                    state := NULL;
                  ELSIF state IS NOT NULL THEN
                    inside := inside OPERATOR(pg_catalog.||) part;
                  ELSIF act OPERATOR(pg_catalog.=) 'update' THEN
                    counts[1] := counts[1] OPERATOR(pg_catalog.+) written;
                  ELSE
                    counts[2] := counts[2] OPERATOR(pg_catalog.+) written;
                  END IF;
                  has_written := has_written OR state IS NULL;
                  low := high OPERATOR(pg_catalog.+) 1;
                  high := low;
                END LOOP;
                EXIT WHEN act OPERATOR(pg_catalog.=) 'park' OR NOT has_written
                  OR pg_catalog.cardinality(inside) OPERATOR(pg_catalog.=) 0;
                block := inside;
              END LOOP;
              outside := outside OPERATOR(pg_catalog.||) inside;
            END LOOP;
            IF pg_catalog.cardinality(outside) OPERATOR(pg_catalog.>) 0 THEN
              RAISE EXCEPTION USING ERRCODE = 'TIDE0', MESSAGE = 'not all rows were written';
            END IF;
          EXCEPTION WHEN SQLSTATE 'TIDE0' THEN
            state := 'TIDE0';
          END;
          IF pg_catalog.cardinality(outside) OPERATOR(pg_catalog.=) 0 THEN
            updated := updated OPERATOR(pg_catalog.+) counts[1];
            inserted := inserted OPERATOR(pg_catalog.+) counts[2];
            has_moved := true;
            outside := ARRAY(
              SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid FROM pg_catalog.unnest(pgtide.together) AS w (item));
            waiting := ARRAY(
              SELECT w.item FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
              WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.outside)
              ORDER BY w.place);
            EXIT rings;
          END IF;
          together := ARRAY(
            SELECT w.item FROM pg_catalog.unnest(pgtide.together) WITH ORDINALITY AS w (item, place)
            WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.outside)
            ORDER BY w.place);
        END LOOP;
    block := ARRAY(
          SELECT (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid
          FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
          WHERE w.item OPERATOR(pg_catalog.->>) 'act' OPERATOR(pg_catalog.=) 'update'
            AND w.item OPERATOR(pg_catalog.->>) 'state' OPERATOR(pg_catalog.=) ANY ('{23505,23P01}')
          ORDER BY w.place);
        IF pg_catalog.cardinality(block) OPERATOR(pg_catalog.>) 1 THEN
          PERFORM FROM "pgtide"."stage_forward_public_people" s JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
          WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.block)
              AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
          FOR UPDATE OF t;
          -- Nobody comes to refer to a row that is locked.
          block := ARRAY(SELECT s.ctid FROM "pgtide"."stage_forward_public_people" s JOIN ONLY "public"."people" t ON t."id" OPERATOR(pg_catalog.=) s."id"
          WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.block)
              AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
            ORDER BY s.ctid);
        END IF;
        walked := 0;
        <<replacing>>
        WHILE NOT ended AND pg_catalog.cardinality(block) OPERATOR(pg_catalog.>) 1 LOOP
          outside := '{}';
          inside := '{}';
          low := 1;
          high := pg_catalog.cardinality(block);
          WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block) LOOP
            walked := walked OPERATOR(pg_catalog.+) pg_catalog.cardinality(block);
            EXIT replacing WHEN walked OPERATOR(pg_catalog.>) 100000;
            part := inside OPERATOR(pg_catalog.||) block[low:high];
            act := 'update';
            state := NULL;
            BEGIN
              WITH gone AS (
                DELETE FROM ONLY "public"."people" t USING "pgtide"."stage_forward_public_people" s
                WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.block) AND t."id" OPERATOR(pg_catalog.=) s."id"
                  AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
                RETURNING s.ctid AS row_id, t."id" AS value_0, s."name" AS value_1, s."salary"::numeric(8,2) AS value_2, s."team_id" AS value_3, s."born" AS value_4, s."note" AS value_5, t."source" AS value_6, t."created_at" AS value_7, pg_catalog.now() AS value_8
              ),
              written AS (
                INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
                SELECT gone.value_0, gone.value_1, gone.value_2, gone.value_3, gone.value_4, gone.value_5, gone.value_6, gone.value_7, gone.value_8 FROM gone
                WHERE gone.row_id OPERATOR(pg_catalog.=) ANY (pgtide.part) ORDER BY gone.row_id
                RETURNING t."source" AS marker
              )
              SELECT (SELECT pg_catalog.count(*) FROM gone), pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL))
              FROM written
              INTO pgtide.counted, pgtide.written, pgtide.foreign_markers;
              IF counted OPERATOR(pg_catalog.<>) pg_catalog.cardinality(block)
                  OR written OPERATOR(pg_catalog.<>) pg_catalog.cardinality(part) THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE0', MESSAGE = 'not all rows were written';
              ELSIF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE1', MESSAGE =
                  foreign_markers OPERATOR(pg_catalog.||) ' rows that it would write show a marker that is not ours';
              END IF;
              counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410);
              IF act OPERATOR(pg_catalog.=) 'update' THEN
                -- No foreign key writes to other rows.
                WITH written AS (
                  UPDATE ONLY "public"."people" t SET "name" = s."name", "salary" = s."salary"::numeric(8,2), "team_id" = s."team_id", "born" = s."born", "note" = s."note", "updated_at" = pg_catalog.now()
                  FROM "pgtide"."stage_forward_public_people" s
                  WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part) AND t."id" OPERATOR(pg_catalog.=) s."id"
                    AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL)
                  RETURNING t."source" AS marker, false AS is_moved
                )
                SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)),
                  pg_catalog.count(*) FILTER (WHERE is_moved)
                FROM written
                INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
                
              
              ELSE
                WITH written AS (
                  INSERT INTO "public"."people" AS t ("id", "name", "salary", "team_id", "born", "note", "source", "created_at", "updated_at")
                  SELECT s."id", s."name", s."salary"::numeric(8,2), s."team_id", s."born", s."note", 'D'::character(1), pg_catalog.now(), pg_catalog.now()
                  FROM "pgtide"."stage_forward_public_people" s
                    WHERE s.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part)
                  ON CONFLICT ("id") DO NOTHING
                  RETURNING t."source" AS marker
                )
                SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR marker IS NULL)), 0 FROM written
                INTO pgtide.written, pgtide.foreign_markers, pgtide.moved;
              END IF;
              IF foreign_markers OPERATOR(pg_catalog.>) 0 THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE1', MESSAGE =
                  foreign_markers OPERATOR(pg_catalog.||) CASE WHEN foreign_markers OPERATOR(pg_catalog.=) 1
                    THEN ' row that it would write shows' ELSE ' rows that it would write show' END
                  OPERATOR(pg_catalog.||) ' a marker that is not ours';
              ELSIF moved OPERATOR(pg_catalog.>) 0 THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE2', MESSAGE =
                  moved OPERATOR(pg_catalog.||) CASE WHEN moved OPERATOR(pg_catalog.=) 1
                    THEN ' row that it would write has' ELSE ' rows that it would write have' END
                  OPERATOR(pg_catalog.||) ' another key than on the source';
              END IF;
              counted := pg_catalog.pg_stat_get_xact_tuples_inserted(16410)
                OPERATOR(pg_catalog.-) pg_catalog.pg_stat_get_xact_tuples_deleted(16410)
                OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(16410) OPERATOR(pg_catalog.-) counted;
              IF counted OPERATOR(pg_catalog.<>) written THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE4', MESSAGE =
                  pg_catalog.format('the server counts %s rows written where %s came back', counted, written);
              END IF;
              IF written OPERATOR(pg_catalog.<>) pg_catalog.cardinality(part) THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE0', MESSAGE = 'not all rows were written';
              ELSIF written OPERATOR(pg_catalog.<) pg_catalog.cardinality(block) THEN
                RAISE EXCEPTION USING ERRCODE = 'TIDE1', MESSAGE = 'these rows find a place';
              END IF;
            EXCEPTION WHEN OTHERS OR assert_failure THEN
              GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
              IF NOT state OPERATOR(pg_catalog.=) ANY (ARRAY['TIDE0', 'TIDE1']::pg_catalog.text[]) AND NOT (state OPERATOR(pg_catalog.=) ANY (ARRAY['54000']::pg_catalog.text[])
          OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['03', '08', '0A', '0B', '25', '2D', '3B', '0L', '0P', '28', '2B', '24', '26', '34', '3D', '3F', '42', '40', '53', '54', '55', '57', '58', '72', 'F0', 'HV', 'XX', 'TI']::pg_catalog.text[])) THEN
                RAISE;
              END IF;
            END;
            IF state IS NULL THEN
              updated := updated OPERATOR(pg_catalog.+) written;
              has_moved := true;
              waiting := ARRAY(
                SELECT w.item FROM pg_catalog.unnest(pgtide.waiting) WITH ORDINALITY AS w (item, place)
                WHERE (w.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid OPERATOR(pg_catalog.<>) ALL (pgtide.block)
                ORDER BY w.place);
              EXIT replacing;
            ELSIF state OPERATOR(pg_catalog.=) 'TIDE1'
                -- They found their places. What refers to one that is not there again may be why.
                OR (state OPERATOR(pg_catalog.=) '23503'
                  AND pg_catalog.cardinality(part) OPERATOR(pg_catalog.<) pg_catalog.cardinality(block)) THEN
              inside := part;
              low := high OPERATOR(pg_catalog.+) 1;
              high := pg_catalog.cardinality(block);
            ELSIF low OPERATOR(pg_catalog.<) high THEN
              high := (low OPERATOR(pg_catalog.+) high) OPERATOR(pg_catalog./) 2;
            ELSE
              outside := pg_catalog.array_append(outside, block[low]);
              low := low OPERATOR(pg_catalog.+) 1;
              high := pg_catalog.cardinality(block);
            END IF;
          END LOOP;
          EXIT replacing WHEN pg_catalog.cardinality(outside) OPERATOR(pg_catalog.=) 0;
          block := inside;
        END LOOP;
    EXIT turns WHEN ended OR NOT has_moved OR pg_catalog.cardinality(waiting) OPERATOR(pg_catalog.=) 0
      OR turn OPERATOR(pg_catalog.>=) 20;
  END LOOP;
  -- No unique index beside the key's, as far as the plan knows, or not all rows were read.
  refused := refused OPERATOR(pg_catalog.||) waiting;
  refused_rows := refused_rows OPERATOR(pg_catalog.+) pg_catalog.cardinality(waiting);
  UPDATE "pgtide"."delta_forward_public_people" d
  SET verdict = r.item OPERATOR(pg_catalog.->>) 'verdict',
    subject = r.item OPERATOR(pg_catalog.->>) 'subject',
    message = r.item OPERATOR(pg_catalog.->>) 'message'
  FROM pg_catalog.unnest(pgtide.refused) AS r (item)
  WHERE d.row_id OPERATOR(pg_catalog.=) (r.item OPERATOR(pg_catalog.->>) 'row')::pg_catalog.tid;
  PERFORM pg_catalog.set_config('pgtide.inserted', inserted::pg_catalog.text, true),
    pg_catalog.set_config('pgtide.updated', updated::pg_catalog.text, true),
    pg_catalog.set_config('pgtide.refused', refused_rows::pg_catalog.text, true),
      pg_catalog.set_config('pgtide.ended', ended::pg_catalog.text, true);
END pgtide
$pgtide$;

-- target: ask what came of it
SELECT pg_catalog.current_setting('pgtide.inserted'), pg_catalog.current_setting('pgtide.updated'),
  pg_catalog.current_setting('pgtide.refused'), pg_catalog.current_setting('pgtide.ended')::boolean;

-- target: count the verdicts
-- As above: target: count the verdicts

-- target: keep the rejected rows
-- As above: target: forget the verdicts, and what was rejected
-- As above: target: forget the verdicts, and what was rejected
-- As above: target: keep the rejected rows

-- target: enter it in the history
-- As above: target: enter it in the history

-- target: enter it in the status table
-- As above: target: enter it in the status table
-- As above: target: enter it in the status table

-- target: list the protected rows that differ (only if there are any)
-- As above: target: list the protected rows that differ

-- target: make sure that the table is as it was planned upon
-- As above: target: make sure that the table is as it was planned upon

-- target: take the refused rows out of the transaction (only if a refused row may be another's parent)
WITH refused AS (
  SELECT *, false AS is_torn FROM "pgtide"."delta_forward_public_people"
  WHERE message IS NOT NULL
    AND pg_catalog.strpos(verdict, 'does_not_fit') OPERATOR(pg_catalog.<>) 1)
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
  'row', row_id, 'verdict', verdict, 'subject', subject, 'message', message))
FROM refused WHERE NOT is_torn OR NOT EXISTS (SELECT FROM refused others WHERE NOT others.is_torn);

-- target: reject them in one of their own (only if a refused row may be another's parent)
UPDATE "pgtide"."delta_forward_public_people" d SET verdict = r.verdict, subject = r.subject, message = r.message
FROM pg_catalog.json_to_recordset($1::pg_catalog.json)
  AS r ("row" pg_catalog.text, verdict pg_catalog.text, subject pg_catalog.text, message pg_catalog.text)
WHERE d.row_id OPERATOR(pg_catalog.=) r."row"::pg_catalog.tid
  AND d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]);
--   $1 = '[]'

-- ==== Afterwards

-- target: empty stage and delta (only if the table went through its stage)
-- As above: target: empty stage and delta
-- As above: target: empty stage and delta
TRUNCATE "pgtide"."stage_forward_public_people", "pgtide"."delta_forward_public_people";

-- target: refresh the planner's statistics (only if much has changed and the configuration does not forbid it)
ANALYZE "public"."people" ("id");
