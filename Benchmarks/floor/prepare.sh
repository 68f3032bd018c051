#!/usr/bin/env bash
# Writes what a careful person would write by hand for this job, for psql: binary COPY from one side to the other, and
# one guarded UPSERT a table. Twice: for one session a side (named pipes), and for a pair of psql processes a table.
#   prepare.sh SOURCE TARGET DIR [TABLE=FROM ...]      (connection strings; reads the target's catalog)
# With DELETES=yes the session also deletes its own rows that the source lacks.
set -euo pipefail
source=$1 target=$2 dir=$3

mkdir -p "$dir"
rm -f "$dir"/*.sql "$dir"/*.pipe "$dir"/tables
# Tables, parents first, as target=source: those given, or the 15 of the practice data.
shift 3
tables=$*
[ -n "$tables" ] || tables="orgmaster=orgmaster locmaster=locmaster conmaster=conmaster climaster=climaster mbstaff=mbstaff
  taskmaster=taskmaster jobmaster=jobmaster cliunimaster=cliunimaster jobshead=jobshead jobtasks=jobtasks
  taskchecklist=taskchecklist workdiary=workdiary reminder=mbreminder remdetail=mbremdetail learequest=learequest"

echo "SET client_min_messages = warning; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;" >"$dir/source.sql"
echo "SET client_min_messages = warning;" >"$dir/target.sql"
for pair in $tables; do
  table=${pair%=*} from=${pair#*=}
  columns=$(psql -XAtq "$target" -c "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'public.$table'::regclass AND attnum > 0 AND attname NOT IN ('source', 'created_at', 'updated_at')")
  key=$(psql -XAtq "$target" -c "SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_index i
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = 'public.$table'::regclass AND i.indisprimary")
  set=$(sed 's/\([a-z_0-9"]\+\)/\1 = EXCLUDED.\1/g' <<<"$columns")
  old=$(sed 's/\([a-z_0-9"]\+\)/t.\1/g' <<<"$columns")
  new=$(sed 's/\([a-z_0-9"]\+\)/EXCLUDED.\1/g' <<<"$columns")
  mkfifo "$dir/$table.pipe"
  echo "\\copy (SELECT $columns FROM public.$from) TO '$dir/$table.pipe' (FORMAT binary)" >>"$dir/source.sql"
  upsert="INSERT INTO public.$table AS t ($columns, source, created_at, updated_at)
SELECT $columns, 'D', now(), now() FROM stage
ON CONFLICT ($key) DO UPDATE SET $set, updated_at = now()
WHERE (t.source = 'D' OR t.source IS NULL) AND ($old) IS DISTINCT FROM ($new);"
  delete=""
  if [ -n "${DELETES:-}" ]; then
    ours=$(sed 's/\([a-z_0-9"]\+\)/t.\1/g' <<<"$key")
    theirs=$(sed 's/\([a-z_0-9"]\+\)/s.\1/g' <<<"$key")
    delete="ANALYZE stage;
DELETE FROM public.$table AS t WHERE (t.source = 'D' OR t.source IS NULL)
AND NOT EXISTS (SELECT FROM stage s WHERE ($theirs) = ($ours));"
  fi
  cat >>"$dir/target.sql" <<SQL
CREATE TEMP TABLE stage AS SELECT $columns FROM public.$table WITH NO DATA;
\\copy stage FROM '$dir/$table.pipe' (FORMAT binary)
$upsert
$delete
DROP TABLE stage;
SQL
  echo "$table" >>"$dir/tables"
  echo "COPY (SELECT $columns FROM public.$from) TO STDOUT (FORMAT binary)" >"$dir/$table.source.sql"
  cat >"$dir/$table.target.sql" <<SQL
SET client_min_messages = warning;
CREATE TEMP TABLE stage AS SELECT $columns FROM public.$table WITH NO DATA;
\\copy stage FROM PSTDIN (FORMAT binary)
$upsert
SQL
done
