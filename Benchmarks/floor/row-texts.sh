#!/usr/bin/env bash
# Compares tables as one does by hand: both sides at the same time sum up an MD5 of each row's text, a table at a time. Of
# a table whose sums differ, key and MD5 of every row are fetched from both sides and compared. Prints the keys that differ.
#   row-texts.sh SOURCE TARGET DIR     (DIR/tables has a line a table: target, source, key, columns; tabs between them)
set -euo pipefail
source=$1 target=$2 dir=$3

# The sums of all tables of one side, whose names are in the given field.
sums() {
  while IFS=$'\t' read -r -a line; do
    echo "SELECT '${line[0]}', count(*), sum(('x' || left(md5(ROW(${line[3]})::text), 16))::bit(64)::bigint)
      FROM public.${line[$2]};"
  done <"$dir/tables" | psql -XAtq -v ON_ERROR_STOP=1 "$1"
}
rows() {
  psql -XAtq -v ON_ERROR_STOP=1 -c "COPY (SELECT $3, md5(ROW($4)::text) FROM public.$2) TO STDOUT" "$1" | LC_ALL=C sort
}

sums "$source" 1 >"$dir/sums.source" &
reader=$!
sums "$target" 0 >"$dir/sums.target"
wait $reader
sort "$dir/sums.source" "$dir/sums.target" | uniq -u | cut -d'|' -f1 | uniq >"$dir/differing"
while IFS=$'\t' read -r table from key columns; do
  grep -qxF "$table" "$dir/differing" || continue
  rows "$source" "$from" "$key" "$columns" >"$dir/rows.source" &
  reader=$!
  rows "$target" "$table" "$key" "$columns" >"$dir/rows.target"
  wait $reader
  LC_ALL=C comm -3 "$dir/rows.source" "$dir/rows.target" | sed 's/^\t//' | cut -f1 | sort -u
done <"$dir/tables"
