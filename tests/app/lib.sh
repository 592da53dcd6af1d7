# Of the tests that run the program: AET4D, MPIEXEC and RANKS come from ctest, the working folder is the test's own.
set -u
failures=0
checks=0
export SOURCE_DATE_EPOCH=1700000000
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # what an error leaves unfreed is given back at exit

# fail TEXT: counts and tells, goes on
fail() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# check TEXT COMMAND...: the command must succeed
check() {
  local text=$1
  shift
  checks=$((checks + 1))
  "$@" || fail "$text"
}

# aet RANKS ARGUMENTS...: runs the program into files `out` and `err`; its status is the function's. The time limit turns a hang into 124.
aet() {
  local ranks=$1
  shift
  if [ "$ranks" = 1 ]; then
    timeout -k 5 "${LIMIT:-90}" "$AET4D" "$@" >out 2>err </dev/null
  else
    timeout -k 5 "${LIMIT:-90}" "$MPIEXEC" -q -n "$ranks" "$AET4D" "$@" >out 2>err </dev/null
  fi
}

# good RANKS ARGUMENTS...: must end with status 0
good() {
  aet "$@" || {
    fail "status $? of: $*"
    tail -5 out err >&2
  }
  checks=$((checks + 1))
}

# number KEY FILE: a number of a summary
number() {
  sed -n "s/^[[:space:]]*\"$1\":[[:space:]]*\(-\{0,1\}[0-9][0-9.eE+-]*\),\{0,1\}$/\1/p" "$2"
}

# holds EXPRESSION: of numbers, as awk reads it
holds() {
  awk "BEGIN { exit !($1) }"
}

# same_atoms A.xyz B.xyz: the same lines in the same order, numbers to 1e-3
same_atoms() {
  paste "$1" "$2" | awk 'NR > 2 { n = NF / 2
    for (i = 1; i <= n; i++) { a = $i; b = $(i + n)
      if (a ~ /^[-+0-9.]/ && i <= 4) { if (a - b > 1e-3 || b - a > 1e-3) bad = 1 } else if (i <= 4 && a != b) bad = 1 } }
    END { exit bad || NR < 5 }' && [ "$(wc -l <"$1")" = "$(wc -l <"$2")" ]
}

finish() {
  echo "$checks checks, $failures failures"
  [ "$failures" = 0 ] && [ "$checks" -gt 0 ]
  exit
}
