#!/usr/bin/env bash
# step.sh TITLE COMMAND…: runs one step of a build, says what it is, how it ended and how long it took.
set -uo pipefail
title=$1
shift
printf '==> %s\n' "$title" >&2
started=$(date +%s%N)
"$@"
code=$?
seconds=$(awk "BEGIN { printf \"%.1f\", ($(date +%s%N) - $started) / 1e9 }")
if ((code == 0)); then
  printf '    %s: ok, %s s\n' "$title" "$seconds" >&2
else
  printf '    %s: FAILED (exit code %d) after %s s\n' "$title" "$code" "$seconds" >&2
fi
exit "$code"
