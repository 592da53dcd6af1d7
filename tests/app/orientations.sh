#!/bin/bash
# tilt_orientations unknown: a series without angles becomes a volume.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

good "$RANKS" simulate -output made -simulate_diameter_angstrom 14 -simulate_views 50 -simulate_pixel_angstrom 0.7 -simulate_dose 1e3 \
  -simulate_angles_scheme random
cat >unknown.yaml <<END
output: run
tilt: {projections: made/simulated/projections.mrc, pixel_angstrom: 0.7, orientations: unknown}
recon: {iterations: 15, orientations: {starts: 2}, angles: {rounds: 4}}
END
good "$RANKS" reconstruct unknown.yaml
check "the report names the object's size" grep -q 'orientations: object of' run/run.log
check "and the hand" grep -q 'mirror image' run/run.log
check "the object's size is right" holds "$(number tilt.orientations_diameter_angstrom run/summary.json) > 10 && $(number tilt.orientations_diameter_angstrom run/summary.json) < 18"
found=$(number recon.r1 run/summary.json)
good "$RANKS" reconstruct -output true -tilt_projections made/simulated/projections.mrc -tilt_angles made/simulated/angles.txt -recon_iterations 15
check "R1 is that of the true angles" holds "$found < 1.2 * $(number recon.r1 true/summary.json)"
good "$RANKS" reconstruct unknown.yaml
check "an unchanged run searches nothing again" [ "$(grep -c 'orientations: object of' run/run.log)" = 1 ]
bad_extended() { aet "$RANKS" reconstruct unknown.yaml -output film -recon_extended true; [ $? = 2 ]; }
check "an extended object is refused" bad_extended
check "in one line" grep -q 'tilt_orientations: expected an isolated object' err
finish
