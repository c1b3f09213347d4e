#!/usr/bin/env bash
# smoke.sh WHEEL: installs a wheel alone into a clean environment of each CPython of this machine (PYTHONS="…" names others), and
# runs the programs of tests/smoke there: without Rust on the path, in an empty folder.
set -euo pipefail
wheel=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
programs=$(cd "$(dirname "${BASH_SOURCE[0]}")/../tests/smoke" && pwd)
work=$(mktemp -d -t flott-smoke-XXXXXX)
trap 'rm -rf "$work"' EXIT

# Of each version from 3.10 on the first that is found.
pythons() {
  local seen=" " python version
  local candidates=("${PYTHON:-python3}" python3.{10..19} "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python)
  for python in ${PYTHONS:-"${candidates[@]}"}; do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 10) else "")' 2>/dev/null) || continue
    [[ -n $version && $seen != *" $version "* ]] || continue
    seen+="$version "
    "$python" -c 'import sys; print(sys.executable)'
  done
}

tested=0
while read -r python; do
  folder=$work/$((tested += 1))
  "$python" -m venv "$folder"
  bin=$folder/bin
  [[ -d $bin ]] || bin=$folder/Scripts
  "$bin/python" -m pip --quiet --disable-pip-version-check install --no-index "$wheel"
  mkdir "$folder/empty"
  for program in "$programs"/*.py; do
    name=$(basename "$program" .py)
    [[ $name == __init__ || $name == test_* ]] && continue
    (cd "$folder/empty" && env -i HOME="$folder/empty" PATH="$bin:/usr/bin:/bin" ${SYSTEMROOT:+SYSTEMROOT="$SYSTEMROOT"} \
      "$bin/python" -I "$program" >"$folder/output" 2>&1) || {
      cat "$folder/output" >&2
      echo "$name.py fails with $python" >&2
      exit 1
    }
  done
  echo "    $("$bin/python" -c 'import platform as p; print(p.python_implementation(), p.python_version())'): ok" >&2
done < <(pythons)

if ((tested == 0)); then
  echo "No CPython from 3.10 on is here: name some in PYTHONS" >&2
  exit 1
fi
