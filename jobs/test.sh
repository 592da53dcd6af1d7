#!/bin/sh
# test.sh [ctest arguments]: installs what is missing, builds with warnings as errors, runs every test that is not slow (-L slow runs those).
set -eu
cd "$(dirname "$0")/.."
jobs/lib/packages.sh --tests
jobs/lib/build.sh ci
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
# one more than the cores: a test waits for its ranks to start, for files and for signals about half of its time
cd build-ci
[ $# -gt 0 ] || set -- -LE slow
exec ctest --output-on-failure --no-label-summary --parallel "$((cores + 1))" "$@" </dev/null
