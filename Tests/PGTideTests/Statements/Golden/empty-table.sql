-- empty-table: what a run may send for the table, in its order.
-- Renew: PGTIDE_GOLDEN=write swift test --filter StatementGoldenTests

-- ==== Before the rows

-- target: look whether the table is empty
SELECT NOT EXISTS (SELECT FROM ONLY "public"."readings");

-- ==== Straight into the table

-- target: look whether it is empty, and its columns are as planned
SELECT NOT EXISTS (SELECT FROM ONLY "public"."readings"),
  (SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 6
    FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
        pg_catalog.unnest($2::pg_catalog.text[]))
      AS planned (name, type)
    JOIN pg_catalog.pg_attribute a ON a.attname OPERATOR(pg_catalog.=) planned.name AND NOT a.attisdropped
      AND CASE WHEN a.atttypmod OPERATOR(pg_catalog.=) -1 THEN CASE WHEN a.atttypid OPERATOR(pg_catalog.=) 114::pg_catalog.oid THEN 'pg_catalog.json' WHEN a.atttypid OPERATOR(pg_catalog.=) 199::pg_catalog.oid THEN 'pg_catalog.json[]' WHEN a.atttypid OPERATOR(pg_catalog.=) 1042::pg_catalog.oid THEN 'pg_catalog.bpchar' WHEN a.atttypid OPERATOR(pg_catalog.=) 1014::pg_catalog.oid THEN 'pg_catalog.bpchar[]' WHEN a.atttypid OPERATOR(pg_catalog.=) 1560::pg_catalog.oid THEN 'pg_catalog."bit"' WHEN a.atttypid OPERATOR(pg_catalog.=) 1561::pg_catalog.oid THEN 'pg_catalog."bit"[]' ELSE (pg_catalog.pg_identify_object('pg_catalog.pg_type'::pg_catalog.regclass, a.atttypid, 0)).identity END WHEN a.atttypid OPERATOR(pg_catalog.<) 10000::pg_catalog.oid THEN pg_catalog.format_type(a.atttypid, a.atttypmod) ELSE pg_catalog.regexp_replace(CASE WHEN a.atttypid OPERATOR(pg_catalog.=) 114::pg_catalog.oid THEN 'pg_catalog.json' WHEN a.atttypid OPERATOR(pg_catalog.=) 199::pg_catalog.oid THEN 'pg_catalog.json[]' WHEN a.atttypid OPERATOR(pg_catalog.=) 1042::pg_catalog.oid THEN 'pg_catalog.bpchar' WHEN a.atttypid OPERATOR(pg_catalog.=) 1014::pg_catalog.oid THEN 'pg_catalog.bpchar[]' WHEN a.atttypid OPERATOR(pg_catalog.=) 1560::pg_catalog.oid THEN 'pg_catalog."bit"' WHEN a.atttypid OPERATOR(pg_catalog.=) 1561::pg_catalog.oid THEN 'pg_catalog."bit"[]' ELSE (pg_catalog.pg_identify_object('pg_catalog.pg_type'::pg_catalog.regclass, a.atttypid, 0)).identity END, '[[][]]$', '') OPERATOR(pg_catalog.||) pg_catalog.substr( pg_catalog.format_type(a.atttypid, a.atttypmod), 1 OPERATOR(pg_catalog.+) pg_catalog.length(pg_catalog.regexp_replace(pg_catalog.format_type(a.atttypid, -1), '[[][]]$', ''))) END OPERATOR(pg_catalog.=) planned.type
    WHERE a.attrelid OPERATOR(pg_catalog.=) 16460),
  (SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 1
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid OPERATOR(pg_catalog.=) 16460
      AND a.attname
        OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.text[])
      AND EXISTS (SELECT FROM pg_catalog.pg_attrdef def WHERE def.adrelid OPERATOR(pg_catalog.=) a.attrelid
  AND def.adnum OPERATOR(pg_catalog.=) a.attnum
    AND CASE WHEN (def.adrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT l.relation FROM pg_catalog.pg_locks l
        WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.mode OPERATOR(pg_catalog.=) 'AccessExclusiveLock'
          AND COALESCE(l.pid, 0) OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND l.database OPERATOR(pg_catalog.=) (
            SELECT d.oid FROM pg_catalog.pg_database d
            WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())))) THEN false
      ELSE pg_catalog.pg_get_expr(def.adbin, def.adrelid)
        OPERATOR(pg_catalog.=) ANY ('{now(),pg_catalog.now(),CURRENT_TIMESTAMP}') END
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        AND d.objid OPERATOR(pg_catalog.=) def.oid
        AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass))), pg_catalog.now()::timestamp with time zone::pg_catalog.text;
--   $1 = '{"id","team_id","taken","value","source","updated_at"}'
--   $2 = '{"bigint","integer","timestamp with time zone","double precision","character(1)","timestamp with time zone"}'
--   $3 = '{"created_at"}'

-- target: find the indexes that can be built behind the rows
SELECT n.nspname, c.relname, x.relname, pg_catalog.pg_get_indexdef(x.oid),
  CASE
    WHEN NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') THEN 'we do not own the table'
    WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'CREATE') THEN 'we may not create in its schema'
    WHEN c.relkind OPERATOR(pg_catalog.=) 'p' OR c.relispartition THEN 'the table is partitioned'
    WHEN NOT i.indisvalid THEN 'it is not valid'
    WHEN i.indisclustered THEN 'the table is clustered by it'
    WHEN x.reltablespace OPERATOR(pg_catalog.<>) 0 THEN 'it has a tablespace of its own'
    WHEN pg_catalog.obj_description(x.oid, 'pg_class') IS NOT NULL THEN 'it has a comment'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid OPERATOR(pg_catalog.=) x.oid
      AND a.attstattarget OPERATOR(pg_catalog.>=) 0)
      THEN 'it has a statistics target'
    WHEN EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
          AND d.objid OPERATOR(pg_catalog.=) x.oid AND d.deptype OPERATOR(pg_catalog.=) ANY ('{e,x}'))
      THEN 'it belongs to an extension'
  END
FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]),
    pg_catalog.unnest($2::pg_catalog.text[])) AS w (schema, name)
JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) w.schema
JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
  AND c.relname OPERATOR(pg_catalog.=) w.name
JOIN pg_catalog.pg_index i ON i.indrelid OPERATOR(pg_catalog.=) c.oid AND NOT i.indisunique AND NOT i.indisexclusion
JOIN pg_catalog.pg_class x ON x.oid OPERATOR(pg_catalog.=) i.indexrelid
ORDER BY n.nspname, c.relname, x.relname;
--   $1 = '{"public"}'
--   $2 = '{"readings"}'

-- target: drop these indexes
DROP INDEX "public"."readings_taken_idx";

-- target: take them
COPY "public"."readings" ("id", "team_id", "taken", "value", "source", "updated_at") FROM STDIN (FORMAT binary);

-- target: create the indexes as they were
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL default_tablespace = '';

-- target: lock the parents of the rows, and count the keys that have none
SET LOCAL enable_nestloop = off;
WITH referring AS MATERIALIZED (
  SELECT DISTINCT t."team_id" AS k1
  FROM ONLY "public"."readings" t
  WHERE (t."team_id") IS NOT NULL
),
locked AS MATERIALIZED (
  SELECT p."id" FROM ONLY "public"."teams" p JOIN referring r ON p."id" OPERATOR(pg_catalog.=) r.k1
  FOR KEY SHARE OF p
)
SELECT (SELECT pg_catalog.count(*) FROM referring r
    WHERE NOT EXISTS (SELECT FROM locked p WHERE p."id" OPERATOR(pg_catalog.=) r.k1));
SET LOCAL enable_nestloop TO DEFAULT;
