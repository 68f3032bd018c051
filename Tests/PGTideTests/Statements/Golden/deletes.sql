-- deletes: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Verdicts (only if the table is not empty any more, or its load is given up)

-- target: find rows of ours that the source no longer has
INSERT INTO "pgtide"."delta_forward_public_cards" (verdict, place, part, version, row_key)
SELECT 'delete', t.ctid, t.tableoid, t.xmin::pg_catalog.text, pg_catalog.jsonb_build_object('id', t."id")
FROM ONLY "public"."cards" t
WHERE (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  AND NOT EXISTS (SELECT FROM "pgtide"."stage_forward_public_cards" s WHERE t."id" OPERATOR(pg_catalog.=) s."id");
--   $1 = 'D'

-- ==== Merge (only if the table is not empty any more, or its load is given up)

-- target: lock those to which no row refers, and take them down (only if rows of ours are to go, and again for those that are left when all tables have landed)
WITH free AS MATERIALIZED (
  SELECT d.ctid AS entry, pg_catalog.jsonb_build_object('id', CASE WHEN pg_catalog.num_nulls(t."id") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."id") END, 'name', CASE WHEN pg_catalog.num_nulls(t."name") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."name") END, 'source', CASE WHEN pg_catalog.num_nulls(t."source") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."source") END) AS row_data
  FROM "pgtide"."delta_forward_public_cards" d JOIN ONLY "public"."cards" t ON t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part
  WHERE d.verdict OPERATOR(pg_catalog.=) 'delete' AND d.message IS NULL
    AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) d.version AND d.row_key OPERATOR(pg_catalog.=) pg_catalog.jsonb_build_object('id', t."id") AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
    AND NOT EXISTS (SELECT FROM ONLY "public"."lines" c WHERE t."id" OPERATOR(pg_catalog.=) c."card_id")
  FOR UPDATE OF t SKIP LOCKED
)
UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'deleting', row_data = free.row_data
FROM free WHERE d.ctid OPERATOR(pg_catalog.=) free.entry;
--   $1 = 'D'

-- target: take down the others, which a trigger may take along (only if rows of ours are to go, and again for those that are left when all tables have landed)
UPDATE "pgtide"."delta_forward_public_cards" d SET row_data = pg_catalog.jsonb_build_object('id', CASE WHEN pg_catalog.num_nulls(t."id") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."id") END, 'name', CASE WHEN pg_catalog.num_nulls(t."name") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."name") END, 'source', CASE WHEN pg_catalog.num_nulls(t."source") OPERATOR(pg_catalog.=) 0 THEN pg_catalog.concat(t."source") END)
FROM ONLY "public"."cards" t
WHERE d.verdict OPERATOR(pg_catalog.=) 'delete' AND d.row_data IS NULL AND t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part AND t.xmin::pg_catalog.text OPERATOR(pg_catalog.=) d.version AND d.row_key OPERATOR(pg_catalog.=) pg_catalog.jsonb_build_object('id', t."id");

-- target: leave those alone to which a row refers by now (only if rows of ours are to go, and again for those that are left when all tables have landed)
UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'delete'
FROM ONLY "public"."cards" t
WHERE d.verdict OPERATOR(pg_catalog.=) 'deleting' AND t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part
  AND EXISTS (SELECT FROM ONLY "public"."lines" c WHERE t."id" OPERATOR(pg_catalog.=) c."card_id");

-- target: delete the others, and keep them (only if rows of ours are to go, and again for those that are left when all tables have landed)
WITH gone AS (
  DELETE FROM ONLY "public"."cards" t USING "pgtide"."delta_forward_public_cards" d
  WHERE d.verdict OPERATOR(pg_catalog.=) 'deleting' AND t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $1::character(1) OR t."source" IS NULL)
  RETURNING d.ctid AS entry, d.row_key, d.row_data, t."source" AS marker
),
marked AS (
  UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'deleted'
  FROM gone WHERE d.ctid OPERATOR(pg_catalog.=) gone.entry
),
kept AS (
  INSERT INTO "pgtide"."deleted" (run_id, flow, table_name, row_key, row_data, relation)
    SELECT $2::bigint, $3::pg_catalog.text, $4::pg_catalog.text,
      gone.row_key, gone.row_data, $5::pg_catalog.text
    FROM gone
)
SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (gone.marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $6::character(1) OR gone.marker IS NULL)) FROM gone;
--   $1 = 'D'
--   $2 = '1'
--   $3 = 'forward'
--   $4 = 'cards'
--   $5 = '"public"."cards"'
--   $6 = 'D'

-- target: have triggers run that wait (only if rows of ours are to go, and again for those that are left when all tables have landed)
SET CONSTRAINTS "public"."archive" IMMEDIATE;

-- target: keep what triggers have taken along (only if rows of ours are to go, and again for those that are left when all tables have landed)
WITH lost AS MATERIALIZED (
  SELECT d.ctid AS entry, d.row_key, d.row_data FROM "pgtide"."delta_forward_public_cards" d
  WHERE d.verdict OPERATOR(pg_catalog.=) ANY (ARRAY['delete', 'deleting']::pg_catalog.text[]) AND d.row_data IS NOT NULL
    AND NOT EXISTS (SELECT FROM ONLY "public"."cards" t WHERE t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part)
    AND NOT EXISTS (SELECT FROM ONLY "public"."cards" t WHERE t."id" OPERATOR(pg_catalog.=) (d.row_key OPERATOR(pg_catalog.->>) 'id')::integer)
),
marked AS (
  UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'deleted'
  FROM lost WHERE d.ctid OPERATOR(pg_catalog.=) lost.entry
),
kept AS (
  INSERT INTO "pgtide"."deleted" (run_id, flow, table_name, row_key, row_data, relation)
    SELECT $1::bigint, $2::pg_catalog.text, $3::pg_catalog.text,
      lost.row_key, lost.row_data, $4::pg_catalog.text
    FROM lost
)
SELECT pg_catalog.count(*) FROM lost;
--   $1 = '1'
--   $2 = 'forward'
--   $3 = 'cards'
--   $4 = '"public"."cards"'

-- target: list what triggers have put in again (only if rows of ours are to go, and again for those that are left when all tables have landed)
WITH back AS MATERIALIZED (
  SELECT d.ctid AS entry, k.deleted_id
  FROM "pgtide"."delta_forward_public_cards" d
  JOIN "pgtide"."deleted" k ON k.run_id OPERATOR(pg_catalog.=) $1::bigint
    AND k.flow OPERATOR(pg_catalog.=) $2::pg_catalog.text
    AND k.table_name OPERATOR(pg_catalog.=) $3::pg_catalog.text
    AND k.deleted_at OPERATOR(pg_catalog.=) pg_catalog.now() AND k.row_key OPERATOR(pg_catalog.=) d.row_key
  WHERE d.verdict OPERATOR(pg_catalog.=) 'deleted' AND EXISTS (SELECT FROM ONLY "public"."cards" t WHERE t."id" OPERATOR(pg_catalog.=) (d.row_key OPERATOR(pg_catalog.->>) 'id')::integer AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) $4::character(1) OR t."source" IS NULL))
),
marked AS (
  UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'delete', message = 'a trigger has put it in again'
  FROM back WHERE d.ctid OPERATOR(pg_catalog.=) back.entry
),
forgotten AS (
  DELETE FROM "pgtide"."deleted" k USING back WHERE k.deleted_id OPERATOR(pg_catalog.=) back.deleted_id
)
SELECT pg_catalog.count(*) FROM back;
--   $1 = '1'
--   $2 = 'forward'
--   $3 = 'cards'
--   $4 = 'D'

-- target: let rows go another time that a trigger has kept (only if rows of ours are to go, and again for those that are left when all tables have landed)
UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'delete'
WHERE d.verdict OPERATOR(pg_catalog.=) 'deleting';

-- target: let those triggers wait again (only if rows of ours are to go, and again for those that are left when all tables have landed)
SET CONSTRAINTS "public"."archive" DEFERRED;

-- ==== Merge in parts (only if the target refuses a row, so that all is rolled back and written again)

-- target: lock those to which no row refers, and take them down (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: lock those to which no row refers, and take them down

-- target: take down the others, which a trigger may take along (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: take down the others, which a trigger may take along

-- target: leave those alone to which a row refers by now (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: leave those alone to which a row refers by now

-- target: delete the others that the target lets go, and keep them (only if rows of ours are to go, and again for those that are left when all tables have landed)
DO $pgtide$
-- Deletes the rows that the target lets go, and keeps the others.
#variable_conflict use_column
<<pgtide>>
DECLARE
  entries pg_catalog.tid[];      -- of the delta, a row each
  low integer := 1;              -- the part that is tried is entries[low:high]
  high integer;
  part pg_catalog.tid[];
  bad_until integer := 0;        -- a part that ended here failed
  counted bigint;
  foreign_markers bigint;
  all_counted bigint := 0;
  all_foreign bigint := 0;
  state pg_catalog.text;
  words pg_catalog.text;
  context pg_catalog.text;       -- what was being run: the statement itself stands behind what it has called
BEGIN
  entries := ARRAY(SELECT d.ctid FROM "pgtide"."delta_forward_public_cards" d
    WHERE d.verdict OPERATOR(pg_catalog.=) 'deleting' ORDER BY d.row_key);
  WHILE low OPERATOR(pg_catalog.<=) pg_catalog.cardinality(entries) LOOP
    high := CASE WHEN low OPERATOR(pg_catalog.<=) bad_until
      THEN (low OPERATOR(pg_catalog.+) bad_until) OPERATOR(pg_catalog./) 2
      ELSE LEAST(low OPERATOR(pg_catalog.+) 1023, pg_catalog.cardinality(entries)) END;
    part := entries[low:high];
    state := NULL;
    BEGIN
      WITH gone AS (
            DELETE FROM ONLY "public"."cards" t USING "pgtide"."delta_forward_public_cards" d
            WHERE d.verdict OPERATOR(pg_catalog.=) 'deleting' AND t.ctid OPERATOR(pg_catalog.=) d.place AND t.tableoid OPERATOR(pg_catalog.=) d.part AND (t."source" COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR t."source" IS NULL) AND d.ctid OPERATOR(pg_catalog.=) ANY (pgtide.part)
            RETURNING d.ctid AS entry, d.row_key, d.row_data, t."source" AS marker
          ),
          marked AS (
            UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'deleted'
            FROM gone WHERE d.ctid OPERATOR(pg_catalog.=) gone.entry
          ),
          kept AS (
            INSERT INTO "pgtide"."deleted" (run_id, flow, table_name, row_key, row_data, relation)
              SELECT '1'::bigint, 'forward'::pg_catalog.text, 'cards'::pg_catalog.text,
                gone.row_key, gone.row_data, '"public"."cards"'::pg_catalog.text
              FROM gone
          )
          SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE NOT (gone.marker COLLATE pg_catalog."C" OPERATOR(pg_catalog.=) 'D'::character(1) OR gone.marker IS NULL)) FROM gone
      INTO pgtide.counted, pgtide.foreign_markers;
    EXCEPTION WHEN OTHERS OR assert_failure THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, words = MESSAGE_TEXT,
        context = PG_EXCEPTION_CONTEXT;
      IF NOT ((state OPERATOR(pg_catalog.=) ANY (ARRAY['54000']::pg_catalog.text[])
  OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['03', '08', '0A', '0B', '25', '2D', '3B', '0L', '0P', '28', '2B', '24', '26', '34', '3D', '3F', '42', '40', '53', '54', '55', '57', '58', '72', 'F0', 'HV', 'XX', 'TI']::pg_catalog.text[]))
        OR NOT pg_catalog.left(state, 2) OPERATOR(pg_catalog.=) ANY (ARRAY['08', '25', '40', '53', '55', '57', '58', 'F0', 'XX', 'TI']::pg_catalog.text[])
          AND pg_catalog.strpos(pg_catalog.split_part(context, 'WITH gone AS', 1), E'\n') OPERATOR(pg_catalog.>) 0) THEN
        RAISE;
      END IF;
    END;
    IF state IS NULL THEN
      all_counted := all_counted OPERATOR(pg_catalog.+) counted;
      all_foreign := all_foreign OPERATOR(pg_catalog.+) foreign_markers;
      low := high OPERATOR(pg_catalog.+) 1;
    ELSIF low OPERATOR(pg_catalog.<) high THEN
      bad_until := high;
    ELSE
      UPDATE "pgtide"."delta_forward_public_cards" d SET verdict = 'delete', message = pg_catalog.concat(
        pgtide.words, ' (SQLSTATE ', pgtide.state, ')')
      WHERE d.ctid OPERATOR(pg_catalog.=) pgtide.part[1];
      low := low OPERATOR(pg_catalog.+) 1;
      bad_until := 0;
    END IF;
  END LOOP;
  PERFORM pg_catalog.set_config('pgtide.gone', all_counted::pg_catalog.text, true),
    pg_catalog.set_config('pgtide.foreign_markers', all_foreign::pg_catalog.text, true);
END pgtide
$pgtide$;
SELECT pg_catalog.current_setting('pgtide.gone'), pg_catalog.current_setting('pgtide.foreign_markers');

-- target: keep what triggers have taken along (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: keep what triggers have taken along

-- target: list what triggers have put in again (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: list what triggers have put in again

-- target: let rows go another time that a trigger has kept (only if rows of ours are to go, and again for those that are left when all tables have landed)
-- As above: target: let rows go another time that a trigger has kept
