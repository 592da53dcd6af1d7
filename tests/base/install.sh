#!/bin/sh
# install.sh SOURCE BUILD VERSION CMAKE: what is installed can be found, linked and run from elsewhere.
source=$1 build=$2 version=$3 cmake=$4
prefix=$(mktemp -d "${TMPDIR:-/tmp}/aet4d-install-XXXXXX") || exit 1
trap 'rm -rf "$prefix"' EXIT
log=$prefix/log
say() { echo "FAILED: $1"; cat "$log"; exit 1; }

"$cmake" --install "$build" --prefix "$prefix/usr" >"$log" 2>&1 || say "install"
mv "$prefix/usr" "$prefix/moved" # nothing may remember where it was installed first
"$cmake" -S "$source/tests/base/consumer" -B "$prefix/consumer" -DCMAKE_PREFIX_PATH="$prefix/moved" -DCMAKE_BUILD_TYPE=Release >"$log" 2>&1 ||
  say "find_package(aet4d)"
"$cmake" --build "$prefix/consumer" >"$log" 2>&1 || say "build of the consumer"
"$prefix/consumer/consumer" >"$log" 2>&1 || say "run of the consumer"
grep -q "^aet4d $version of commit " "$log" || say "the consumer's version is not $version"
"$prefix/moved/bin/aet4d" -version >"$log" 2>&1 || say "run of the installed program"
"$cmake" -S "$source/tests/base/consumer" -B "$prefix/none" -DCMAKE_PREFIX_PATH="$prefix/empty" >"$log" 2>&1 && say "found what is not there"
echo "installed, found, linked and run"
