#!/usr/bin/env bash
# Times pgtide beside the hand-written floor, in one run on the same two servers, and prints medians and ratios.
#   compare.sh DIR [ROUNDS]      DIR as `pgtide-practice up DIR` made it; its target is emptied again and again
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${PGTIDE_BIN:-$here/../.build/release}
dir=$1 rounds=${2:-3}
. "$dir/env"

seconds() { # how long a command takes
  local start end
  start=$(date +%s%N)
  "$@" >/dev/null
  end=$(date +%s%N)
  echo $(((end - start) / 1000000))
}
median() { sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'; }
show() { # a line of medians, and how many times faster pgtide is than each
  awk -v name="$1" -v pipes="$(printf '%s\n' $2 | median)" -v session="$(printf '%s\n' $3 | median)" \
    -v ours="$(printf '%s\n' $4 | median)" 'BEGIN {
    printf "%-28s %8.2f s %8.2f s %8.2f s %14.1f %14.1f\n",
      name, pipes / 1000, session / 1000, ours / 1000, pipes / ours, session / ours }'
}
floor() { "$here/floor/run.sh" "$PGTIDE_SOURCE" "$PGTIDE_TARGET" "$dir/floor" "$@"; }
ours() { "$bin/pgtide" sync --quiet --config "$dir/pgtide.yaml"; }
empty() { "$bin/pgtide-practice" reset-target "$dir" >/dev/null; }

"$here/floor/prepare.sh" "$PGTIDE_SOURCE" "$PGTIDE_TARGET" "$dir/floor"
pipes_first="" pipes_again="" session_first="" session_again="" ours_first="" ours_again=""
for _ in $(seq "$rounds"); do
  empty
  took=$(seconds floor); pipes_first+=" $took"
  took=$(seconds floor); pipes_again+=" $took"
  empty
  took=$(seconds floor session); session_first+=" $took"
  took=$(seconds floor session); session_again+=" $took"
  empty
  took=$(seconds ours); ours_first+=" $took"
  took=$(seconds ours); ours_again+=" $took"
done
printf '%-28s %10s %10s %10s %14s %14s\n' "medians of $rounds rounds" "psql pipes" "one psql" "pgtide" "times faster" "than one psql"
show "first load" "$pipes_first" "$session_first" "$ours_first"
show "second run, nothing changed" "$pipes_again" "$session_again" "$ours_again"
