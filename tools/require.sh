#!/usr/bin/env bash
# require.sh build|lint|servers…: makes sure that the programs for a group of steps are there. On Debian as root it installs
# what is missing; otherwise it says what to install.
set -euo pipefail
PYTHON=${PYTHON:-python3}
packages=()
by_hand=()

have() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null; }

# program PROGRAM PACKAGE…: the program, from these Debian packages.
program() {
  local name=$1
  shift
  have "$name" || packages+=("$@")
}

java_is_new() {
  local java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  have "$java" && [[ $("$java" -version 2>&1) =~ version\ \"([0-9]+) ]] && ((BASH_REMATCH[1] >= 17))
}

for group in "$@"; do
  case $group in
    build)
      have cargo || by_hand+=("Rust: rustup's installer, then 'rustup toolchain install stable' (Debian 12's own is too old)")
      program cc gcc libc6-dev
      # librdkafka asks for a C++ compiler, OpenSSL for perl.
      program c++ g++
      program perl perl
      # RocksDB's bindings are made with libclang.
      compgen -G "/usr/lib/llvm*/lib/libclang.so*" >/dev/null || compgen -G "/usr/lib*/libclang.so*" >/dev/null || [[ -n ${LIBCLANG_PATH:-} ]] ||
        packages+=(libclang-dev)
      program make make
      if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        by_hand+=("Python 3.10 or newer: apt-get install python3 (or name one: make PYTHON=…)")
      elif ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        packages+=(python3-venv)
      fi
      ;;
    lint)
      for tool in fmt clippy; do
        cargo "$tool" --version >/dev/null 2>&1 || by_hand+=("cargo $tool: rustup component add rustfmt clippy")
      done
      ;;
    servers)
      if [[ -z ${FLOTT_TEST_MARIADB:-} ]] && ! have mysqld; then
        program mariadbd mariadb-server-core mariadb-client-core
      fi
      if [[ -z ${FLOTT_TEST_POSTGRES:-} ]] && ! have initdb; then
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
      fi
      # Kafka's console tools are tested too, so its jars are needed even when the broker is somebody else's.
      java_is_new || packages+=(openjdk-17-jre-headless)
      [[ -n ${FLOTT_KAFKA_LIBS:-} ]] || program mvn maven
      # Not a server, but what the dashboard's tests look at it with; a browser without fonts shows nothing.
      if [[ -z ${FLOTT_TEST_CHROMIUM:-} ]] && ! have google-chrome && ! have chromium-browser; then
        program chromium chromium fonts-dejavu-core
      fi
      ;;
    *)
      echo "require.sh: no group '$group'" >&2
      exit 2
      ;;
  esac
done

if ((${#by_hand[@]})); then
  printf 'Missing on this machine: %s\n' "${by_hand[@]}" >&2
  exit 1
fi
((${#packages[@]})) || exit 0

if [[ $(id -u) != 0 ]] || ! have apt-get; then
  echo "Missing on this machine. Install with: sudo apt-get install ${packages[*]}" >&2
  echo "(on another system: what its packages of that kind are called)" >&2
  exit 1
fi

# Debian's packages start their servers; the tests start their own and leave the machine as quiet as it was.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
log=$(mktemp -t flott-apt-XXXXXX.log)
export DEBIAN_FRONTEND=noninteractive
echo "    installing ${packages[*]}" >&2
if ! { apt-get update && apt-get install --yes --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  echo "Could not install ${packages[*]}: see above, and $log" >&2
  exit 1
fi
rm -f "$log"
