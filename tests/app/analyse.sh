#!/bin/bash
# analyse: what it writes of a model, the same on any number of ranks; models that cannot be analysed are refused with one line and status 2.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

# ball EDGE RADIUS KIND: a ball of cubes of that edge: fcc (of Fe and Pt, layered as L1_0 along z), or sc
ball() {
  awk -v a="$1" -v r="$2" -v kind="$3" 'BEGIN {
    n = int(2 * r / a) + 2
    for (k = -n; k <= n; k++) for (j = -n; j <= n; j++) for (i = -n; i <= n; i++) {
      if (kind == "fcc" && (i + j + k) % 2) continue
      e = kind == "fcc" ? a / 2 : a
      x = (i + 0.1) * e; y = (j + 0.2) * e; z = (k + 0.3) * e
      if (x * x + y * y + z * z <= r * r) list[++count] = sprintf("%s %.6f %.6f %.6f", kind == "fcc" && k % 2 ? "Pt" : "Fe", x, y, z)
    }
    print count; print "made elsewhere"; for (i = 1; i <= count; i++) print list[i] }'
}

# bad PATTERN ARGUMENTS...: refused, and nothing is left behind
bad() {
  local pattern=$1 status
  shift
  rm -rf refused
  aet "$RANKS" analyse "$@" -output refused -quiet
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -5 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
  [ -z "$(find refused \( -name '*.tmp' -o -name 'structure.*' \) 2>/dev/null)" ] || fail "left behind by $*: $(ls refused)"
}

ball 3.86 9.5 fcc >fcc.xyz
atoms=$(head -1 fcc.xyz)

# what is written
[ "$RANKS" = 1 ] && pictures=true || pictures=false
good "$RANKS" analyse fcc.xyz -output made -pictures $pictures
[ "$RANKS" = 1 ] && check "analyse.png is there" [ -s made/analyse.png ]
for file in structure.h5 structure.xyz nuclei.csv summary.json; do
  check "$file is there" [ -s "made/$file" ]
done
check "all atoms" [ "$(number analyse.atoms made/summary.json)" = "$atoms" ]
check "the head of nuclei.csv" grep -q '^time,nucleus,sites,x,y,z,max_order,phase,axis,sigma_sites' made/nuclei.csv
check "as many nuclei as lines" [ "$(($(wc -l <made/nuclei.csv) - 1))" = "$(number analyse.nuclei made/summary.json)" ]
check "no number is not one" sh -c '! grep -Eiq "(^|[^a-z])(nan|inf)([^a-z]|$)" made/*.xyz made/*.csv made/summary.json'
awk 'NR == 2 { sub(/^Properties=/, ""); n = split($1, p, ":"); for (i = 1; i <= n; i += 3) w += p[i + 2] } NR > 2 && NF != w { bad = 1 } END { exit bad }' made/structure.xyz
check "as many words in a row as columns are named" [ $? = 0 ]

# the same on one rank, and again from its own file
if [ "$RANKS" != 1 ]; then
  good 1 analyse fcc.xyz -output alone -pictures false
  for file in structure.xyz structure.h5 nuclei.csv; do
    [ "$file" = structure.h5 ] || check "$file on one rank" cmp -s "made/$file" "alone/$file"
  done
fi
good "$RANKS" analyse made/structure.h5 -output again -pictures false -analyse_strain_grid_angstrom 3
good 1 info again/strain.h5
check "six components of strain and a mask" [ "$(grep -Ec "^ *(strain_..|mask)/data" out)" = 7 ]
check "structure.h5 is a model" cmp -s made/nuclei.csv again/nuclei.csv
good "$RANKS" convert made/structure.xyz part.xyz -convert_cut '[nucleus, 1]'
check "structure.xyz is a model, and a nucleus can be cut out of it" [ "$(head -1 part.xyz)" = "$(awk -F, 'NR == 2 { print $3 }' made/nuclei.csv)" ]
good "$RANKS" convert made/structure.h5 part.vasp -convert_cut '[grain, 1]'
check "a grain of the HDF5" [ "$(sed -n 7p part.vasp | awk '{ print $1 + $2 }')" = "$(awk -F, 'NR == 2 { print $3 }' made/grains.csv)" ]
check "no picture where none is wanted" [ ! -e again/analyse.png ]

# models that are hard, and models that are none
{ echo 1; echo; echo "Fe 1 2 3"; } >one.xyz
{ echo 2; echo; echo "Fe 1 2 3"; echo "Pt 3.5 2 3"; } >two.xyz
{ echo 0; echo; } >none.xyz
{ echo $((atoms + 1)); sed -n '2,$p' fcc.xyz; sed -n 9p fcc.xyz; } >twice.xyz
sed '7s/[^ ]* *\(.*\) [^ ]*$/Fe \1 nan/' fcc.xyz >nan.xyz
sed 's/^Pt/Qq/' fcc.xyz >unknown.xyz
bad 'two species for l10, found 1' one.xyz -analyse_order l10
ball 3 8 sc >sc.xyz
awk 'NR > 2 && NR % 2 { $1 = "Pt" } { print }' sc.xyz >mixed.xyz
bad 'fcc lattice for l12, found none' mixed.xyz -analyse_order l12
check "the phase" grep -q '^1,1,.*,l10,' made/nuclei.csv
for model in one two unknown; do
  good "$RANKS" analyse $model.xyz -output hard -pictures false
done
bad 'one atom in one place.*atoms 7 and 8' twice.xyz
bad 'nan.xyz: line 7.*finite' nan.xyz
bad 'expected atoms, found none' none.xyz
bad 'absent.xyz: no such file' absent.xyz
bad 'expected a MODEL'
bad 'analyse_order' fcc.xyz -analyse_order l13
bad 'analyse_neighbour_cutoff_angstrom' fcc.xyz -analyse_neighbour_cutoff_angstrom -1
bad 'analyse_nucleus_min_sites' fcc.xyz -analyse_nucleus_min_sites 0

# at the end of a run, and skipped where nothing changed
if [ "$RANKS" = 1 ]; then
  small="-output run -simulate_diameter_angstrom 11 -simulate_views 9 -simulate_pixel_angstrom 0.5 -trace_species Fe,Pt -refine_enabled false"
  good 1 simulate $small
  good 1 run $small -analyse_enabled -pictures false
  check "the run's own atoms" [ "$(number analyse.atoms run/summary.json)" = "$(number trace.count run/summary.json)" ]
  good 1 run $small -analyse_enabled -pictures false
  check "skipped" grep -q '^analyse: unchanged, skipped' out
  good 1 run $small -analyse_enabled -pictures false -analyse_nucleus_min_sites 2
  check "only the analysis is made again" sh -c '[ "$(grep -c skipped out)" = 3 ]'
  good 1 analyse -output run -pictures false
  check "atoms of the run" [ "$(number analyse.atoms run/summary.json)" = "$(number trace.count run/summary.json)" ]
fi
finish
