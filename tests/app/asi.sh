#!/bin/bash
# Amorphous silicon, simulated by others (multislice, raw counts at three doses): from counts to refined atoms with the same options at every dose,
# against the true atoms. Its authors find 208, 208 and 199 of 208 atoms to 4.2, 17.3 and 28.8 pm.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/tilt/asi_208
if [ ! -r "$data/Si_Angle.mat" ]; then
  echo "skipped: $data is not here"
  exit 77
fi
LIMIT=1200
# the file of the truth has x and y exchanged
awk '/^%/ { next } { line[++n] = "Si " $3 " " $2 " " $4 } END { print n; print "truth"; for (i = 1; i <= n; i++) print line[i] }' \
  "$data/aSi_208atoms_GT.txt" >truth.xyz
check "208 true atoms" [ "$(head -1 truth.xyz)" = 208 ]

# dose DOSE RECALL PRECISION PM: least recall and precision, largest r.m.s.d.
dose() {
  local folder=dose$1
  good "$RANKS" run -tilt_projections "$data/aSi_2nmFosCetr_Dose$1_cov35pm_ForBM3D.mat" -tilt_angles "$data/Si_Angle.mat" \
    -tilt_pixel_angstrom 0.195 -trace_species '[Si]' -output "$folder" -pictures false
  good "$RANKS" compare "$folder/atoms.h5" truth.xyz -output "$folder"
  echo "dose $1: recall $(number compare.recall $folder/summary.json), precision $(number compare.precision $folder/summary.json)," \
    "$(number compare.rmsd_pm $folder/summary.json) pm; traced $(number trace.count $folder/summary.json), smoothing" \
    "$(number trace.smoothing_angstrom $folder/summary.json) A, expected false $(number trace.expected_false $folder/summary.json)"
  check "dose $1: recall" holds "$(number compare.recall $folder/summary.json) >= $2"
  check "dose $1: precision" holds "$(number compare.precision $folder/summary.json) >= $3"
  check "dose $1: r.m.s.d." holds "$(number compare.rmsd_pm $folder/summary.json) <= $4"
}
dose 1p6e5 1 1 4.2
dose 1p6e4 1 0.99 17
dose 8p0e3 0.9567 0.95 28 # 199 of 208
finish
