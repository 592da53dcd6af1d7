#!/bin/sh
# build.sh PRESET [TARGET…]: configures (Ninja, or make where it is missing) and builds with every core; the build folder is that of the preset.
set -eu
cd "$(dirname "$0")/../.."
preset=$1
shift
case $preset in
release) folder=build ;;
*) folder=build-$preset ;;
esac
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)

generator=Ninja
command -v ninja >/dev/null 2>&1 || generator="Unix Makefiles"
if [ -f "$folder/CMakeCache.txt" ] && ! grep -q "^CMAKE_GENERATOR:INTERNAL=$generator\$" "$folder/CMakeCache.txt"; then rm -rf "$folder"; fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! cmake --preset "$preset" -G "$generator" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
if [ $# -gt 0 ]; then set -- --target "$@"; fi
cmake --build "$folder" --parallel "$cores" "$@" >"$log" 2>&1 || {
  cat "$log" >&2
  exit 1
}
if grep -q 'warning:' "$log"; then cat "$log" >&2; fi
