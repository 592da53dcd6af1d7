#!/bin/bash
# Nuclei through three annealing times by the command `track`: from files and from a config's series, the scripted events by name, the same on any
# number of ranks and groups; what it refuses.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

# bad PATTERN ARGUMENTS...: refused with one line and status 2, nothing written
bad() {
  local pattern=$1 status
  shift
  rm -rf result
  aet "$RANKS" track "$@" -output result -quiet
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -5 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
  [ -z "$(find result \( -name '*.tmp' -o -name '*.csv' -o -name '*.h5' \) 2>/dev/null)" ] || fail "left behind by $*: $(ls result)"
}

# measured SEED SCALE IN OUT: atoms as measured: 20 pm, 1 % misnamed, 1 % lost
measured() {
  awk -v seed="$1" -v scale="$2" 'function g() { return 0.2 * sqrt(-2 * log(1 - rand())) * cos(6.28318530718 * rand()) }
    BEGIN { srand(seed) } FNR <= 2 || rand() < 0.01 { next }
    { s = $1; if (rand() < 0.01) s = s == "Fe" ? "Pt" : "Fe"; row[++n] = s " " scale * ($2 + g()) " " scale * ($3 + g()) " " scale * ($4 + g()) }
    END { print n; print "measured"; for (i = 1; i <= n; i++) print row[i] }' "$3" >"$4"
}

# event FROM TO KIND: its probability, of the only one of that kind
event() { awk -F, -v f="$1" -v t="$2" -v k="$3" '$1 == f && $2 == t && $3 == k { n++; p = $6 } END { print n == 1 ? p : 0 }' result/events.csv; }

# time, nucleus, x, y, z, radius, order, variant: one stays, one is born, one dissolves, one grows
cat >script.txt <<'TABLE'
1 1 18 0 0 8 1 0
2 1 18 0 0 8 1 0
3 1 18 0 0 8 1 0
2 2 -18 0 0 8 1 2
3 2 -18 0 0 8 1 2
1 3 0 18 0 8 3 1
1 4 0 -17 0 6 1 4
2 4 0 -17 0 9 1 4
3 4 0 -17 0 9 1 4
TABLE
good "$RANKS" simulate -output made -simulate_shape sphere -simulate_diameter_angstrom 56 -simulate_composition 0.4 -simulate_species '[Fe,Pt]' \
  -simulate_series_labels '[a,b,c]' -simulate_series_minutes '[9,16,26]' -simulate_series_script script.txt -simulate_series_core_diameter_angstrom 16 \
  -simulate_views 1 -simulate_pixel_angstrom 2 -quiet
n=1
for time in a b c; do
  measured $n 1 made/simulated/$time/truth.xyz $time.xyz
  n=$((n + 1))
done
few="-track_replicas 40 -track_shuffles 4 -quiet -pictures false"

mkdir -p again/9min again/16min again/26min
printf 'output: again\nseries:\n  time_1: {label: 9min, minutes: 9}\n  time_2: {label: 16min, minutes: 16}\n  time_3: {label: 26min, minutes: 26}\n' >config.yaml

if [ "$RANKS" != 3 ]; then # three ranks only see what is refused
  good "$RANKS" track a.xyz b.xyz c.xyz -track_minutes '[9,16,26]' -output result $few -pictures $([ $RANKS = 4 ] && echo true || echo false)
  check "heads" [ "$(head -1 result/nuclei.csv) $(head -1 result/events.csv)" = \
    "time,nucleus,sites,x,y,z,max_order,phase,axis,sigma_sites from_time,to_time,event,from_nuclei,to_nuclei,probability" ]
  check "seven events" [ "$(wc -l <result/events.csv)" = 8 ]
  for e in "a b fluctuation" "a b birth" "a b dissolution" "a b growth"; do
    check "$e: $(event $e)" holds "$(event $e) >= 0.8"
  done
  check "no growth or dissolution later" bash -c '! grep -E "^b,c,(growth|dissolution|birth)" result/events.csv'
  check "four nuclei" [ "$(number series.nuclei result/summary.json)" = 4 ]
  check "core: $(number series.core_rmsd_pm result/summary.json) pm" holds "$(number series.core_rmsd_pm result/summary.json) < 60"
  check "core fraction" holds "$(number series.core_fraction result/summary.json) > 0.3"
  check "series.h5" [ -s result/series.h5 ]
  check "diffusion.csv" [ "$(head -1 result/diffusion.csv | cut -d, -f1-6) $(tail -1 result/diffusion.csv | cut -d, -f1,2)" = \
    "from_time,to_time,from_angstrom,to_angstrom,sites,same b,c" ]
  check "moves.csv" [ "$(wc -l <result/moves.csv)" = 5 ]
  check "median displacement" holds "($(number series.core_displacement_median_pm.b result/summary.json) - 43.5) ^ 2 < 16" # of 20 pm, twice
  check "margin" holds "$(number series.margin.c result/summary.json) > 0.05"
  [ $RANKS != 4 ] || check "series.png" [ -s result/series.png ]
  good "$RANKS" info result/series.h5
  mv result all
fi
if [ "$RANKS" = 1 ]; then # pixels that disagree by 3 %: calibrated, told
  measured 2 1.03 made/simulated/b/truth.xyz wide.xyz
  good 1 track a.xyz wide.xyz -output result -track_replicas 10 -track_shuffles 0 -pictures false
  check "told" grep -q 'wide: lengths are [23]\.[0-9]* % larger' out
  check "scale $(number series.scale.wide result/summary.json)" holds "($(number series.scale.wide result/summary.json) * 1.03 - 1) ^ 2 < 1e-6"
fi
if [ "$RANKS" = 1 ]; then # by the order of bonds the whole crystal is one nucleus
  good 1 track made/simulated/a/truth.xyz made/simulated/b/truth.xyz -analyse_order boo -output result -track_replicas 4 -quiet -pictures false
  check "one nucleus of bonds that stays" [ "$(cut -d, -f3-5 result/events.csv | tail -n +2)" = fluctuation,1,1 ]
  check "its phase" [ "$(awk -F, '{ print $8 $9 }' result/nuclei.csv | tail -1)" = boo- ]
fi
if [ "$RANKS" = 4 ]; then # the same on one rank from a config, and in groups
  for time in 9min:a 16min:b 26min:c; do cp ${time#*:}.xyz again/${time%:*}/atoms.h5; done
  good 1 track config.yaml $few
  check "events on one rank" cmp <(sed 's/^16min/b/; s/^9min/a/; s/^26min/c/; s/,16min,/,b,/; s/,26min,/,c,/' again/events.csv) all/events.csv
  check "nuclei on one rank" cmp <(sed 's/^16min/b/; s/^9min/a/; s/^26min/c/' again/nuclei.csv) all/nuclei.csv
  for groups in 1 2 3; do
    good 3 track a.xyz b.xyz c.xyz -groups $groups -output result $few
    check "events in $groups groups" cmp result/events.csv all/events.csv
    check "nuclei in $groups groups" cmp result/nuclei.csv all/nuclei.csv
  done
fi
rm -rf again/*/atoms.h5

bad "atoms.h5: no such file" config.yaml
bad "b: expected more than the 9 min of a, found 7" a.xyz b.xyz -track_minutes '[9,7]'
bad "at least two times, found 1" a.xyz
bad "neither" -track_replicas 3
printf '0\nempty\n' >empty.xyz
bad "empty|expected atoms|expected at least" a.xyz empty.xyz
sed 's/^Fe/Co/' b.xyz >other.xyz
bad "other: expected the species of a \(.*\), found .*Co" a.xyz other.xyz
bad "no such file" a.xyz nothing.xyz
bad "groups" a.xyz b.xyz -groups 9
bad "different labels" a.xyz b.xyz -track_labels '[x,x]'
bad "track_minutes" a.xyz b.xyz -track_minutes '[1,2,3]'
finish
