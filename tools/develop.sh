#!/usr/bin/env bash
# develop.sh VENV: builds the native module (dev profile) and installs Flott editable into the virtual environment.
set -euo pipefail
mkdir -p "$CARGO_TARGET_DIR"
# cargo puts the module under one name for all clones that share the target folder: none may build between
# this build and its copying.
exec 9>"$CARGO_TARGET_DIR/develop.lock"
flock 9
# Of two modules Python takes the one with the longer name, whichever is newer.
rm -f python/flott/_flott.*.so
# Cargo speaks for itself; what maturin and pip add is of interest only when it fails.
cargo build --package flott-python --lib --locked 9>&-
if ! output=$(VIRTUAL_ENV=$1 "$1/bin/maturin" develop --locked 2>&1 9>&-); then
  echo "$output" >&2
  exit 1
fi
