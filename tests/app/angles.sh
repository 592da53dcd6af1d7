#!/bin/bash
# tilt_refine_angles: wrong angles are brought back before the reconstruction, which then fits better.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

good "$RANKS" simulate -output run -simulate_diameter_angstrom 13 -simulate_views 31 -simulate_pixel_angstrom 0.55 -simulate_dose 1e6
awk 'BEGIN { srand(1) } !/^#/ { print $1 + 4 * rand() - 2, $2 + 4 * rand() - 2, $3 + 4 * rand() - 2 }' run/simulated/angles.txt >wrong.txt
options="-refine_enabled false -tilt_angles wrong.txt -recon_iterations 15 -recon_angles_range_deg 3 -recon_angles_rounds 12"

good "$RANKS" reconstruct -output run $options
given=$(number recon.r1 run/summary.json)
good "$RANKS" reconstruct -output run $options -tilt_refine_angles true
check "the option repeats the tilt series" grep -qx prepare run/run.log
check "the report says by how much" grep -q 'angles: changed by' run/run.log
check "mean change" holds "$(number tilt.angles_mean_change_deg run/summary.json) > 1 && $(number tilt.angles_mean_change_deg run/summary.json) < 3.5"
check "the misfit falls" holds "$(number tilt.angles_misfit_after run/summary.json) < 0.6 * $(number tilt.angles_misfit_before run/summary.json)"
check "R1 falls" holds "$(number recon.r1 run/summary.json) < 0.7 * $given"
good "$RANKS" reconstruct -output run $options -tilt_refine_angles true
check "an unchanged run refines nothing again" [ "$(grep -c 'angles: changed by' run/run.log)" = 1 ]
bad_extended() { aet "$RANKS" reconstruct -output film $options -tilt_projections run/simulated/projections.mrc -tilt_refine_angles true -recon_extended true; [ $? = 2 ]; }
check "an extended object is refused" bad_extended
check "in one line" grep -q 'tilt_refine_angles: expected an isolated object' err
finish
