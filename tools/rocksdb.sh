#!/usr/bin/env bash
# rocksdb.sh DIR: compiles RocksDB's C++ (from the crate librocksdb-sys, for Linux) to DIR/librocksdb.a, which every profile and every
# clone links with ROCKSDB_LIB_DIR=DIR. Many sources to a compilation share their headers: 10 minutes of a core, where the crate's own build
# script takes 30 to 60, for each profile again.
set -euo pipefail
mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9
[[ -e librocksdb.a ]] && exit 0

read -r crate lz4 < <(cd "$OLDPWD" && cargo metadata --format-version 1 --locked 9>&- | "${PYTHON:-python3}" -c '
import json, os, sys
at = {package["name"]: os.path.dirname(package["manifest_path"]) for package in json.load(sys.stdin)["packages"]}
print(at["librocksdb-sys"], at["lz4-sys"])')

rm -rf build
mkdir build
# The crate's own list of sources; it brings another build_version.cc.
grep -v 'util/build_version\.cc' "$crate/rocksdb_lib_sources.txt" |
  awk 'NF { print "#include \"rocksdb/" $1 "\"" > sprintf("build/%02d.cc", int((NR - 1) / 25)) }'
ln -s "$crate/build_version.cc" build/version.cc
# What the crate's build script defines on Linux, for the features it is used with here.
flags=(-std=c++20 -O2 -w -fPIC -ffunction-sections -fdata-sections -include cstdint
  "-I$crate/rocksdb/include" "-I$crate/rocksdb" "-I$crate" "-I$lz4/liblz4/lib"
  -DNDEBUG=1 -DLZ4=1 -DOS_LINUX -DHAVE_ALIGNED_NEW -DHAVE_UINT128_EXTENSION -DROCKSDB_PLATFORM_POSIX -DROCKSDB_LIB_IO_POSIX
  -DROCKSDB_SCHED_GETCPU_PRESENT -DROCKSDB_AUXV_GETAUXVAL_PRESENT -DROCKSDB_FALLOCATE_PRESENT -DROCKSDB_RANGESYNC_PRESENT)
printf '%s\0' build/*.cc | xargs -0 -P "$(nproc)" -I{} "${CXX:-c++}" "${flags[@]}" -c {} -o {}.o 9>&-
ar crs build/librocksdb.a build/*.o
mv build/librocksdb.a librocksdb.a
rm -rf build
