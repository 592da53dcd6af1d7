#!/bin/bash
# The misaligned images of the simulated FePt cluster, prepared (centre of mass, common line, shifts against reconstructions), against its
# aligned ones: GENFIRE's error with the published support.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/tilt/fept_321
if [ ! -r "$data/projections_FePt_misaligned.mat" ]; then
  echo "skipped: $data is not here"
  exit 77
fi
LIMIT=900
genfire() {
  good 1 reconstruct -tilt_projections "$data/$2" -tilt_angles "$data/angles.mat" -tilt_pixel_angstrom 0.38 -output "$1" \
    -recon_method genfire -recon_oversampling 3 -recon_support "$data/support_FePt.mat" "${@:3}"
}
genfire aligned projections_FePt.mat
genfire misaligned projections_FePt_misaligned.mat
genfire prepared projections_FePt_misaligned.mat -align_method line -align_refine shifts
clean=$(number recon.error aligned/summary.json)
shifted=$(number recon.error misaligned/summary.json)
prepared=$(number recon.error prepared/summary.json)
echo "errK: aligned images $clean, misaligned $shifted, prepared $prepared"
check "the images are misaligned" holds "$shifted > $clean + 0.1"
check "prepared as good as aligned" holds "$prepared <= $clean + 0.01"
check "a row for every image" [ "$(wc -l <prepared/prepare.csv)" = 38 ]
check "a picture" [ -s prepared/prepare.png ]
check "no record where nothing was done" [ ! -e aligned/prepare.csv ]
finish
