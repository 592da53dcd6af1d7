#!/bin/bash
# The annealing series of 23,144 atoms from its tilt series to the history of its nuclei, by one command: every scripted event is found. With
# REFINE=1 the atoms are refined too, as the config has it, which takes several times as long.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=14000
options="-refine_enabled false"
[ "${REFINE:-0}" = 1 ] && options=
good 1 simulate "$SOURCE/configs/annealing.yaml" -output series
good "$RANKS" run "$SOURCE/configs/annealing.yaml" -output series -pictures false $options
cat series/events.csv
grep -E '"series.core_(rmsd_pm|fraction)"|"times.seconds"' series/summary.json
# events by times and kind: scripted ones that are there with a probability of 0.8, and all that are there
awk -F, 'FNR == 1 { next } { key = $1 "," $2 "," $3 } NR == FNR { scripted[key]++; total++; next } $6 >= 0.8 { found[key]++ } { all++ }
  END { for (k in scripted) good += found[k] < scripted[k] ? found[k] : scripted[k]; print total, good, all }' series/simulated/events.csv series/events.csv >told
read -r scripted found all <told
check "every scripted event with a probability of 0.8: $found of $scripted" [ "$found" = "$scripted" ]
check "at most one spurious event in ten: $all" holds "$all - $found <= $all / 10"
check "core r.m.s.d." holds "$(number series.core_rmsd_pm series/summary.json) < 45"
finish
