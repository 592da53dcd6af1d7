#!/bin/bash
# A series of annealing times: folders of the times, tables above them, the same on any number of ranks; specimens from CIF and POSCAR.
. "$SOURCE/tests/app/lib.sh"

# one_line PATTERN ARGUMENTS...: status 2 and one line on stderr that matches
one_line() {
  local pattern=$1 status
  shift
  aet "$RANKS" "$@"
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*"
  [ "$(wc -l <err)" = 1 ] && grep -Eq -- "$pattern" err || fail "expected one line /$pattern/, found $(head -3 err)"
}

series="-simulate_shape sphere -simulate_diameter_angstrom 58 -simulate_composition 0.4 -simulate_series_labels [9min,16min,26min]
  -simulate_series_minutes [9,16,26] -simulate_series_nucleus_angstrom 5.5 -simulate_views 3 -simulate_pixel_angstrom 0.8 -quiet"
good "$RANKS" simulate -output many $series
good 1 simulate -output one $series
for file in nuclei.csv events.csv 9min/truth.xyz 16min/truth.xyz 26min/truth.xyz 26min/angles.txt 26min/projections.mrc; do
  check "$file does not depend on the ranks" cmp many/simulated/$file one/simulated/$file
done
check "series_truth.h5" [ -s many/simulated/series_truth.h5 ]
check "head of nuclei.csv" grep -q '^time,nucleus,sites,x,y,z,phase,axis' many/simulated/nuclei.csv
for event in birth growth fluctuation dissolution merge division; do
  check "an event: $event" grep -q "^[0-9]*min,[0-9]*min,$event," many/simulated/events.csv
done
check "every atom has an identity" grep -q 'id:I:1:site:I:1:core:I:1:nucleus:I:1:order:R:1' many/simulated/9min/truth.xyz
check "noise differs between times" bash -c '! cmp -s many/simulated/9min/projections.mrc many/simulated/16min/projections.mrc'
good "$RANKS" compare many/simulated/9min/truth.h5 one/simulated/9min/truth.xyz
check "the truth reads as atoms" grep -q 'recall' out

printf 'copper gold\n4\n1 0 0\n0 1 0\n0 0 1\nCu Au\n3 1\nDirect\n0 0.5 0.5\n0.5 0 0.5\n0.5 0.5 0\n0 0 0\n' >POSCAR
good "$RANKS" simulate -output poscar -simulate_atoms POSCAR -simulate_views 2 -quiet
check "a POSCAR is a specimen" [ "$(grep -c '^Cu' poscar/simulated/truth.xyz)" = 3 ]
printf 'POSCAR\n1\nno number\n' >bad.vasp
one_line 'bad.vasp' simulate -output bad -simulate_atoms bad.vasp -quiet
one_line 'do not fit' simulate -output bad $series -simulate_series_nucleus_angstrom 20
one_line 'simulate_series_labels' simulate -output bad $series -simulate_series_labels a
finish
