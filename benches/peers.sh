#!/usr/bin/env bash
# peers.sh [bytewax] [polars] [duckdb] [pyflink]: installs the systems that Flott is compared with, each into a virtual environment of its
# own below the cache folder; those that are there stay. PyFlink takes 500 MB and needs Python 3.11 at most, and Java 17.
set -euo pipefail
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/flott
PYTHON=${PYTHON:-python3.11}
command -v "$PYTHON" >/dev/null || PYTHON=python3

install() { # folder module requirement
  if "$CACHE/$1/bin/python" -c "import $2" 2>/dev/null; then
    echo "$3: is in $CACHE/$1"
    return
  fi
  "$PYTHON" -m venv "$CACHE/$1"
  "$CACHE/$1/bin/python" -m pip --quiet --no-input --disable-pip-version-check install "$3"
  echo "$3: installed into $CACHE/$1"
}

for peer in "${@:-bytewax polars duckdb pyflink}"; do
  for name in $peer; do
    case $name in
      bytewax) install bench-bytewax bytewax bytewax==0.21.1 ;;
      duckdb) install bench-duckdb duckdb duckdb==2.0.0 ;;
      polars) install bench-polars polars polars==2.1.0 ;;
      pyflink)
        install pyflink-venv pyflink.datastream apache-flink==1.20.3
        command -v java >/dev/null || echo "PyFlink needs Java: apt-get install openjdk-17-jre-headless" >&2
        ;;
      *)
        echo "there is no peer '$name': bytewax, polars, duckdb, pyflink" >&2
        exit 2
        ;;
    esac
  done
done
