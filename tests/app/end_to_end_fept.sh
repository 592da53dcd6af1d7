#!/bin/bash
# configs/frames.yaml: raw frames of 23,914 atoms of iron (28 %) and platinum, 50 views to 70 degrees at 1.6e5 electrons per square angstrom and view, to
# refined atoms; the same particle from perfect images beside it.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=7000
for case in perfect raw; do
  begin=$SECONDS
  frames=4
  [ $case = perfect ] && frames=0
  good 1 simulate "$SOURCE/configs/frames.yaml" -output $case -simulate_frames $frames
  good "$RANKS" run "$SOURCE/configs/frames.yaml" -output $case -refine_correct false -refine_uncertainty bound -pictures false
  good 1 compare $case/atoms.h5 $case/simulated/truth.h5 -compare_align rigid -output $case
  echo "$case, $RANKS ranks, $((SECONDS - begin)) s:"
  cat out
  eval "$case=$(number compare.rmsd_pm $case/summary.json)"
done
check "recall" holds "$(number compare.recall raw/summary.json) >= 0.99"
check "species" holds "$(number compare.species_agreement raw/summary.json) >= 0.985"
check "r.m.s.d." holds "$raw <= 20 && $raw <= $perfect + 5"
finish
