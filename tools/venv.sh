#!/usr/bin/env bash
# venv.sh FOLDER [pip arguments]: a virtual environment with pip and what the arguments name. FOLDER/ready marks it done.
set -euo pipefail
PYTHON=${PYTHON:-python3}
folder=$1
shift
# One whose interpreter is gone, or another version's, is made anew.
version='import sys; print(sys.version_info[:2], sys.base_prefix)'
if [[ $("$folder/bin/python" -c "$version" 2>/dev/null) != $("$PYTHON" -c "$version") ]]; then
  rm -rf "$folder"
  "$PYTHON" -m venv "$folder"
fi
export PIP_DISABLE_PIP_VERSION_CHECK=1
pip=("$folder/bin/python" -m pip --quiet --no-input)
# Dependency groups (pip install --group) came with pip 25.1.
"${pip[@]}" install 'pip>=25.1'
"${pip[@]}" install "$@"
touch "$folder/ready"
