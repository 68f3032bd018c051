#!/usr/bin/env bash
# Runs what prepare.sh wrote.
#   run.sh SOURCE TARGET DIR            a pair of psql processes a table, one after the other
#   run.sh SOURCE TARGET DIR session    one psql session a side for all tables
set -euo pipefail
source=$1 target=$2 dir=$3

if [ "${4:-}" = session ]; then
  psql -Xq -v ON_ERROR_STOP=1 -f "$dir/source.sql" "$source" >/dev/null &
  reader=$!
  psql -Xq -v ON_ERROR_STOP=1 -f "$dir/target.sql" "$target" >/dev/null
  wait $reader
else
  while read -r table; do
    psql -Xq -v ON_ERROR_STOP=1 -f "$dir/$table.source.sql" "$source" \
      | psql -Xq -v ON_ERROR_STOP=1 -f "$dir/$table.target.sql" "$target" >/dev/null
  done <"$dir/tables"
fi
