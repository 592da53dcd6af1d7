#!/bin/bash
# The measured tantalum film: configs/ta-film.yaml as it stands against the published atoms, and the same file of atoms on 1 to 4 ranks.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/tilt/ta_film_band2
if [ ! -r "$data/projections.mat" ]; then
  echo "skipped: $data is not here"
  exit 77
fi
LIMIT=400
inputs="-tilt_projections $data/projections.mat -tilt_angles $data/angles.mat"
for n in 1 2 3 4; do
  good $n run "$SOURCE/configs/ta-film.yaml" $inputs -output run$n -pictures false
  check "the same atoms on 1 and $n ranks" cmp run1/atoms.xyz run$n/atoms.xyz
done
good 1 compare run1/atoms.h5 "$data/published_atoms_Ta_A.xyz" -compare_box '[-999,999,-10.93,10.93,-999,999]' -compare_reference_box -output run1
cat out
check "R1" holds "$(number recon.r1 run1/summary.json) <= 0.20"
check "recall" holds "$(number compare.recall run1/summary.json) >= 0.90"
check "precision" holds "$(number compare.precision run1/summary.json) >= 0.90"
check "r.m.s.d." holds "$(number compare.rmsd_pm run1/summary.json) <= 29"
finish
