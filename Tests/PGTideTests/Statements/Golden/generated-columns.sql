-- generated-columns: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Into the stage

-- source: find the rows whose texts cannot be converted (only if a text cannot be converted)
DO $pgtide$
-- Looks for rows with a text that cannot be converted.
#variable_conflict use_column
<<pgtide>>
DECLARE
  block pg_catalog.record;
  low integer;           -- the part that is tried is block[low:high]
  high integer;
  bad_until integer;     -- a part that ended here failed
  is_bad boolean;
  places pg_catalog.text[];
  unreadable pg_catalog.text[] := '{}';
BEGIN
  FOR block IN
    SELECT pg_catalog.array_agg(r."pgtide row") AS names, pg_catalog.array_agg(r.whole) AS wholes,
      pg_catalog.array_agg(r."id"::pg_catalog.text) AS c0,
      pg_catalog.array_agg(r."title"::pg_catalog.text) AS c1,
      pg_catalog.array_agg(r."body"::pg_catalog.text) AS c2
    FROM (
      SELECT r.*, ROW(r."id", r."title", r."body")::pg_catalog.text AS whole,
        (pg_catalog.row_number() OVER ()) OPERATOR(pg_catalog./) 128 AS block
      FROM (SELECT r.*, pg_catalog.md5(ROW(r.*)::pg_catalog.text) AS "pgtide row" FROM (SELECT src."id" AS "id", src."title" AS "title", src."body" AS "body", NULL::pg_catalog.text AS "pgtide unreadable"
FROM ONLY "public"."notes" AS src) AS r) AS r) AS r
    GROUP BY r.block
  LOOP
    low := 1;
    bad_until := 0;
    WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(block.names) LOOP
      high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
        THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
        ELSE pg_catalog.cardinality(block.names) END;
      is_bad := false;
      BEGIN
        PERFORM pg_catalog.convert_to(pg_catalog.array_to_string(block.wholes[low:high], ' '), 'UTF8');
      EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        is_bad := true;
      END;
      IF NOT is_bad THEN
        low := high OPERATOR(pg_catalog.+) 1;
        CONTINUE;
      ELSIF low OPERATOR(pg_catalog.<) high THEN
        bad_until := high;
        CONTINUE;
      END IF;
      places := '{}';
      BEGIN
        PERFORM pg_catalog.convert_to(block.c0[low], 'UTF8');
      EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        places := pg_catalog.array_append(places, '0');
      END;
      BEGIN
        PERFORM pg_catalog.convert_to(block.c1[low], 'UTF8');
      EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        places := pg_catalog.array_append(places, '1');
      END;
      BEGIN
        PERFORM pg_catalog.convert_to(block.c2[low], 'UTF8');
      EXCEPTION WHEN character_not_in_repertoire OR untranslatable_character THEN
        places := pg_catalog.array_append(places, '2');
      END;
      unreadable := pg_catalog.array_append(unreadable,
        pg_catalog.concat(block.names[low], ':', pg_catalog.array_to_string(places, ',')));
      IF pg_catalog.cardinality(unreadable) OPERATOR(pg_catalog.>) 10000 THEN
        RAISE EXCEPTION USING ERRCODE = 'untranslatable_character', MESSAGE =
          'more than 10000 rows of a chunk hold texts that the other end cannot take';
      END IF;
      low := low OPERATOR(pg_catalog.+) 1;
    END LOOP;
  END LOOP;
  PERFORM pg_catalog.set_config('pgtide.unreadable', pg_catalog.array_to_string(unreadable, ' '), true);
END pgtide
$pgtide$;
SELECT pg_catalog.current_setting('pgtide.unreadable');

-- source: read the rows with these texts escaped (only if a text cannot be converted)
COPY (SELECT r."id", CASE WHEN r."pgtide row" OPERATOR(pg_catalog.=) ANY ('{"row"}'::pg_catalog.text[]) THEN pg_catalog.encode(pg_catalog.convert_to(r."title"::pg_catalog.text, pg_catalog.getdatabaseencoding()), 'escape')::pg_catalog.text ELSE r."title" END AS "title", r."body", CASE WHEN r."pgtide row" OPERATOR(pg_catalog.=) ANY ('{"row"}'::pg_catalog.text[]) THEN 'title' END AS "pgtide unreadable"
FROM (SELECT r.*, pg_catalog.md5(ROW(r.*)::pg_catalog.text) AS "pgtide row" FROM (SELECT src."id" AS "id", src."title" AS "title", src."body" AS "body", NULL::pg_catalog.text AS "pgtide unreadable"
FROM ONLY "public"."notes" AS src) AS r OFFSET 0) AS r) TO STDOUT (FORMAT binary);

-- ==== Verdicts

-- target: give every staged row its verdict
WITH repeated AS (
  SELECT k1 FROM (SELECT s."id" AS k1 FROM "pgtide"."stage_forward_public_notes" s ORDER BY k1) keys
  WHERE k1 IS NOT NULL GROUP BY k1 HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1
),
duplicates AS (
  SELECT row_id FROM (
    SELECT s.ctid AS row_id
    FROM "pgtide"."stage_forward_public_notes" s
    JOIN repeated ON repeated.k1 OPERATOR(pg_catalog.=) s."id"
  ) ranked
),
classified AS MATERIALIZED (
  SELECT s.ctid AS row_id,
    CASE
      WHEN duplicates.row_id IS NOT NULL THEN 'duplicate_key'
      WHEN s."pgtide unreadable" IS NOT NULL THEN pg_catalog.concat('unreadable:', s."pgtide unreadable")
      WHEN (s."id") IS NULL THEN 'null_key:id'
      WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
        AND NOT (ROW(s."title", s."body")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."title", t."body")::pg_catalog.record) THEN 'unchanged'
      WHEN t."id" IS NULL THEN 'insert'
      WHEN NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR t."source" IS NULL) THEN CASE WHEN (ROW(s."title", s."body")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."title", t."body")::pg_catalog.record) THEN 'protected_different' ELSE 'protected' END
      WHEN EXISTS (SELECT FROM "pgtide"."rewritten_rows" m WHERE m.flow OPERATOR(pg_catalog.=) $3::pg_catalog.text
        AND m.table_name OPERATOR(pg_catalog.=) $4::pg_catalog.text
        AND m.triggers OPERATOR(pg_catalog.=) $5::pg_catalog.text
        AND m.row_key OPERATOR(pg_catalog.=) pg_catalog.sha256(pg_catalog.record_send(ROW(t."id")::pg_catalog.record)) AND m.sent OPERATOR(pg_catalog.=) pg_catalog.sha256(pg_catalog.record_send(ROW(s."title", s."body")::pg_catalog.record))
        AND m.standing OPERATOR(pg_catalog.=) pg_catalog.sha256(pg_catalog.record_send(ROW(t."title", t."body")::pg_catalog.record))) THEN 'rewritten'
      ELSE 'update'
    END AS verdict,
    CASE WHEN t."id" IS NOT NULL AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR t."source" IS NULL) THEN t.ctid END AS standing, CASE WHEN t."id" IS NOT NULL AND NOT (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $7::character(1) OR t."source" IS NULL)
      THEN pg_catalog.lower(pg_catalog.btrim((t."source")::pg_catalog.text) COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.btrim(($8::character(1))::pg_catalog.text) COLLATE pg_catalog."C") ELSE false END AS looks_like_ours
  FROM "pgtide"."stage_forward_public_notes" s
  LEFT JOIN duplicates ON duplicates.row_id OPERATOR(pg_catalog.=) s.ctid
  LEFT JOIN ONLY "public"."notes" t ON t."id" OPERATOR(pg_catalog.=) s."id"
),
kept AS (
  INSERT INTO "pgtide"."delta_forward_public_notes" (row_id, verdict)
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
SELECT NULL, pg_catalog.count(*), 0, 0 FROM ONLY "public"."notes" t WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $9::character(1) OR t."source" IS NULL);
--   $1 = 'D'
--   $2 = 'D'
--   $3 = 'forward'
--   $4 = '"public"."notes"'
--   $5 = '00ff'
--   $6 = 'D'
--   $7 = 'D'
--   $8 = 'D'
--   $9 = 'D'

-- target: name the columns that a trigger rewrites (only if such rows were left alone)
SELECT pg_catalog.array_agg(DISTINCT c.name) FROM "pgtide"."rewritten_rows" m, pg_catalog.unnest(m.column_names) AS c (name)
WHERE m.flow OPERATOR(pg_catalog.=) $1::pg_catalog.text
        AND m.table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text;
--   $1 = 'forward'
--   $2 = '"public"."notes"'

-- target: forget the protected rows that differed (only if none differs)
DELETE FROM "pgtide"."protected" p WHERE p.flow OPERATOR(pg_catalog.=) $1::pg_catalog.text
    AND p.table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text
    AND p.reason OPERATOR(pg_catalog.=) 'differs';
--   $1 = 'forward'
--   $2 = 'notes'

-- ==== Merge (only if anything is to be written)

-- target: insert what is missing (only if there is any)
WITH written AS (
  INSERT INTO "public"."notes" AS t ("id", "title", "body", "source", "created_at", "updated_at") OVERRIDING SYSTEM VALUE
  SELECT s."id", s."title", s."body", $1::character(1), pg_catalog.now(), pg_catalog.now()
  FROM "pgtide"."stage_forward_public_notes" s JOIN "pgtide"."delta_forward_public_notes" d ON d.row_id OPERATOR(pg_catalog.=) s.ctid
    WHERE d.verdict OPERATOR(pg_catalog.=) 'insert'
  ON CONFLICT ("id") DO NOTHING
  RETURNING t."source" AS marker, t."id" AS key_0
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $2::character(1) OR marker IS NULL)), (SELECT pg_catalog.count(*) FROM written WHERE NOT EXISTS (SELECT FROM "pgtide"."stage_forward_public_notes" s WHERE written.key_0 OPERATOR(pg_catalog.=) s."id")) FROM written;
--   $1 = 'D'
--   $2 = 'D'

-- target: remember what triggers made of the rows
DELETE FROM "pgtide"."rewritten_rows" m WHERE m.flow OPERATOR(pg_catalog.=) $1::pg_catalog.text
        AND m.table_name OPERATOR(pg_catalog.=) $2::pg_catalog.text
  AND (m.triggers OPERATOR(pg_catalog.<>) $3::pg_catalog.text
    OR m.row_key OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.sha256(pg_catalog.record_send(ROW(t."id")::pg_catalog.record)) FROM "pgtide"."delta_forward_public_notes" d
    JOIN "pgtide"."stage_forward_public_notes" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
    JOIN ONLY "public"."notes" t ON t."id" OPERATOR(pg_catalog.=) s."id"
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL)));
--   $1 = 'forward'
--   $2 = '"public"."notes"'
--   $3 = '00ff'
--   $4 = 'D'
WITH found AS MATERIALIZED (
  SELECT pg_catalog.sha256(pg_catalog.record_send(ROW(t."id")::pg_catalog.record)) AS row_key, pg_catalog.sha256(pg_catalog.record_send(ROW(s."title", s."body")::pg_catalog.record)) AS sent, pg_catalog.sha256(pg_catalog.record_send(ROW(t."title", t."body")::pg_catalog.record)) AS standing,
    pg_catalog.array_remove(ARRAY[CASE WHEN (ROW(s."title")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."title")::pg_catalog.record)
        THEN 'title'::pg_catalog.text END,
          CASE WHEN (ROW(s."body")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."body")::pg_catalog.record)
        THEN 'body'::pg_catalog.text END], NULL) AS column_names
  FROM "pgtide"."delta_forward_public_notes" d
    JOIN "pgtide"."stage_forward_public_notes" s ON s.ctid OPERATOR(pg_catalog.=) d.row_id
    JOIN ONLY "public"."notes" t ON t."id" OPERATOR(pg_catalog.=) s."id"
    WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['insert', 'update']::pg_catalog.text[]) AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
    AND (ROW(s."title", s."body")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(t."title", t."body")::pg_catalog.record)
),
kept AS (
  INSERT INTO "pgtide"."rewritten_rows" (flow, table_name, row_key, sent, standing, column_names, triggers)
  SELECT $2::pg_catalog.text, $3::pg_catalog.text, f.row_key, f.sent,
    f.standing, f.column_names, $4::pg_catalog.text
  FROM found f
  LIMIT GREATEST(0, 100000 OPERATOR(pg_catalog.-) (
    SELECT pg_catalog.count(*) FROM "pgtide"."rewritten_rows" m WHERE m.flow OPERATOR(pg_catalog.=) $5::pg_catalog.text
        AND m.table_name OPERATOR(pg_catalog.=) $6::pg_catalog.text))
  RETURNING 1
)
SELECT (SELECT pg_catalog.count(*) FROM found), (SELECT pg_catalog.count(*) FROM kept),
  (SELECT pg_catalog.array_agg(DISTINCT c.name) FROM found f, pg_catalog.unnest(f.column_names) AS c (name));
--   $1 = 'D'
--   $2 = 'forward'
--   $3 = '"public"."notes"'
--   $4 = '00ff'
--   $5 = 'forward'
--   $6 = '"public"."notes"'

-- target: move the sequence past the column's numbers, by drawing (only if any row was inserted)
WITH found AS MATERIALIZED (
  SELECT pg_catalog.pg_sequence_last_value('"public"."notes_id_seq"'::pg_catalog.regclass) AS stood, (
    SELECT pg_catalog.max(t."id")::bigint FROM "public"."notes" t
    WHERE t."id" OPERATOR(pg_catalog.<=) '2147483647'::bigint) AS number),
looked AS MATERIALIZED (
  SELECT f.stood, CASE WHEN f.number IS NOT NULL THEN LEAST(
    f.number, '2147483647'::bigint) END AS reached
  FROM found f),
begun AS MATERIALIZED (
  SELECT l.stood, l.reached,
    CASE WHEN l.reached IS NOT NULL THEN COALESCE(l.stood, pg_catalog.nextval('"public"."notes_id_seq"'::pg_catalog.regclass)) END AS last
  FROM looked l),
due AS MATERIALIZED (
  SELECT l.stood, l.last, l.reached, pg_catalog.div(
    l.reached::numeric OPERATOR(pg_catalog.-) l.last::numeric OPERATOR(pg_catalog.+) '0'::numeric, '1'::numeric) AS draws
  FROM begun l)
SELECT d.stood, d.reached, d.draws OPERATOR(pg_catalog.>) 10000000,
  CASE WHEN d.draws OPERATOR(pg_catalog.>) 0 AND d.draws OPERATOR(pg_catalog.<=) 10000000 THEN (
    SELECT drawn.number
    FROM (SELECT pg_catalog.nextval('"public"."notes_id_seq"'::pg_catalog.regclass) AS number
      FROM (SELECT pg_catalog.generate_series(1, d.draws::bigint OPERATOR(pg_catalog.+) '1'::bigint)) n
      OFFSET 0) drawn
    WHERE drawn.number OPERATOR(pg_catalog.>=) d.reached LIMIT 1)
    WHEN d.stood IS NULL AND d.last OPERATOR(pg_catalog.=) d.reached THEN d.last END
FROM due d;

-- target: keep others from drawing until the end of the transaction (only if more than 10000000 numbers would have to be drawn)
ALTER SEQUENCE "public"."notes_id_seq" CACHE 1;

-- target: set the sequence past the column's numbers (only if more than 10000000 numbers would have to be drawn)
WITH found AS MATERIALIZED (
  SELECT pg_catalog.pg_sequence_last_value('"public"."notes_id_seq"'::pg_catalog.regclass) AS stood, (
    SELECT pg_catalog.max(t."id")::bigint FROM "public"."notes" t
    WHERE t."id" OPERATOR(pg_catalog.<=) '2147483647'::bigint) AS number),
looked AS MATERIALIZED (
  SELECT f.stood, CASE WHEN f.number IS NOT NULL THEN LEAST(
    f.number, '2147483647'::bigint) END AS reached
  FROM found f),
begun AS MATERIALIZED (
  SELECT l.stood, l.reached,
    CASE WHEN l.reached IS NOT NULL THEN COALESCE(l.stood, pg_catalog.nextval('"public"."notes_id_seq"'::pg_catalog.regclass)) END AS last
  FROM looked l),
due AS MATERIALIZED (
  SELECT l.stood, l.last, l.reached, pg_catalog.div(
    l.reached::numeric OPERATOR(pg_catalog.-) l.last::numeric OPERATOR(pg_catalog.+) '0'::numeric, '1'::numeric) AS draws
  FROM begun l)
SELECT d.stood, d.reached, false,
  CASE WHEN d.draws OPERATOR(pg_catalog.>) 0 THEN pg_catalog.setval('"public"."notes_id_seq"'::pg_catalog.regclass, (
    d.last::numeric OPERATOR(pg_catalog.+) (d.draws OPERATOR(pg_catalog.*) '1'::numeric))::bigint) END
FROM due d;
