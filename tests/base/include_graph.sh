#!/bin/sh
# include_graph.sh ROOT: no arrow of the include graph points up.    include_graph.sh --prove: trees with one wrong arrow each are refused.
rules=$(cd "$(dirname "$0")" && pwd)/include_graph.awk

check() {
  cd "$1" || return 2
  files=$(find src include -name '*.[ch]' | sort)
  [ -n "$files" ] || { echo "$1: no sources"; return 2; }
  # shellcheck disable=SC2086 # names of sources have no spaces
  awk -f "$rules" $files
}

if [ "$1" != --prove ]; then
  check "$1" && echo "no arrow points up"
  exit
fi

tree=$(mktemp -d "${TMPDIR:-/tmp}/aet4d-graph-XXXXXX") || exit 1
trap 'rm -rf "$tree"' EXIT
failures=0

# arrow STATUS FILE INCLUDE: a tree whose only include is that one.
arrow() {
  rm -rf "$tree/src" "$tree/include"
  mkdir -p "$tree/include" "$tree/$(dirname "$2")"
  printf '/* a comment */\n  #  include %s\n' "$3" >"$tree/$2"
  found=0
  (check "$tree") >"$tree/said" || found=1
  if [ "$found" -ne "$1" ] || { [ "$1" -eq 1 ] && ! grep -q "^$2:[12]: " "$tree/said"; }; then
    echo "FAILED: $3 in $2: $found, expected $1"; cat "$tree/said"; failures=1
  fi
}
arrow 0 src/atoms/trace.c '<aet4d/recon.h>'
arrow 0 src/atoms/trace.c '"atoms/kernel/peak.h"'
arrow 0 src/atoms/kernel/peak.c '"atoms/kernel/peak.h"'
arrow 0 src/app/kernel/canvas.c '"kernel/canvas.h"'
arrow 0 src/io/file.c '<hdf5.h>'
arrow 0 src/app/main.c '<aet4d/aet4d.h>'
arrow 0 src/correlate/frame.c '<aet4d/probe.h>'
arrow 0 src/recon/image.c '<fftw3.h>'
arrow 1 src/base/error.c '<aet4d/io.h>'
arrow 1 src/base/error.c '"dist/comm_private.h"'
arrow 1 src/recon/solve.c '<aet4d/atoms.h>'
arrow 1 src/tilt/read.c '"recon/recon_private.h"'
arrow 1 src/simulate/frames.c '<aet4d/tilt.h>'
arrow 1 src/probe/hits.c '<aet4d/tilt.h>'
arrow 1 src/diffraction/match.c '<aet4d/atoms.h>'
arrow 1 src/series/match.c '<aet4d/probe.h>'
arrow 1 src/recon/solve.c '<aet4d/aet4d.h>'
arrow 1 src/recon/solve.c '<hdf5.h>'
arrow 1 src/tilt/read.c '<matio.h>'
arrow 1 src/app/info.c '<tiffio.h>'
arrow 1 src/atoms/trace.c '<fftw3.h>'
arrow 1 src/atoms/kernel/peak.c '<mpi.h>'
arrow 1 src/atoms/kernel/peak.c '<petscvec.h>'
arrow 1 src/io/kernel/convert.c '<hdf5.h>'
arrow 1 src/atoms/kernel/peak.c '<aet4d/base.h>'
arrow 1 src/atoms/kernel/peak.c '"atoms/atoms_private.h"'
arrow 1 src/nowhere/a.c '<string.h>'
arrow 1 src/app/main.c '<aet4d/nowhere.h>'
mkdir -p "$tree/include/aet4d" && printf '#include <aet4d/atoms.h>\n' >"$tree/include/aet4d/dist.h"
if (check "$tree") >"$tree/said"; then echo "FAILED: a public header that includes a room above it"; failures=1; fi
[ $failures -eq 0 ] && echo "every wrong arrow was refused"
exit $failures
