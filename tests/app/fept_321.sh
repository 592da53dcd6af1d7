#!/bin/bash
# The simulated FePt cluster, whose tutorial counts 321 atoms: every method against the atoms of the default one. No true volume is
# published, so what a volume is worth is counted in atoms missed and atoms that are not there.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/tilt/fept_321
if [ ! -r "$data/projections_FePt.mat" ]; then
  echo "skipped: $data is not here"
  exit 77
fi
LIMIT=300
for method in resire genfire sirt wbp; do
  oversampling=2
  [ $method = genfire ] && oversampling=3
  good 1 run -tilt_projections "$data/projections_FePt.mat" -tilt_angles "$data/angles.mat" -tilt_pixel_angstrom 0.38 -output $method \
    -recon_method $method -recon_oversampling $oversampling -trace_species '[Fe,Pt]' -refine_enabled false -pictures false
  good 1 compare $method/atoms.h5 resire/atoms.h5 -output $method
  found=$(number compare.found $method/summary.json)
  paired=$(number compare.paired $method/summary.json)
  errors=$((found - paired + 321 - paired))
  echo "$method: $found atoms, $((321 - paired)) missed, $((found - paired)) false; R1 $(number recon.r1 $method/summary.json)"
  eval "$method=$errors found_$method=$found"
done
check "321 atoms by RESIRE" [ "$found_resire" = 321 ]
check "RESIRE at or above GENFIRE" [ "$resire" -le "$genfire" ]
check "GENFIRE above SIRT" [ "$genfire" -lt "$sirt" ]
check "GENFIRE above weighted back-projection" [ "$genfire" -lt "$wbp" ]
finish
