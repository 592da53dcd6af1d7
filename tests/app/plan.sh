#!/bin/bash
# A plan and what becomes of it: the standard deviations that `plan` expects against the errors of a whole run on one such measurement; the
# dose that the specimen bears; multislice images of the program on several ranks and threads.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=200
cat >config.yaml <<'EOF'
seed: 5
simulate:
  diameter_angstrom: 17
  displacement_angstrom: 0.1
  views: 25
  tilt_max_deg: 70
  dose: 2.0e+4
tilt:
  projections: result/simulated/projections.mrc
  angles: result/simulated/angles.txt
  pixel_angstrom: 0.4
trace: {species: [Fe, Pt]}
pictures: false
output: result
EOF
good "$RANKS" plan config.yaml
good "$RANKS" simulate config.yaml
good "$RANKS" run config.yaml
good "$RANKS" compare result/atoms.h5 result/simulated/truth.h5 -output result
summary=result/summary.json
echo "expected $(number plan.rmsd_pm $summary) pm, found $(number compare.rmsd_pm $summary) pm"
check "recall" holds "$(number compare.recall $summary) == 1"
check "the run is as good as planned, within 20 %" holds \
  "$(number compare.rmsd_pm $summary) / $(number plan.rmsd_pm $summary) > 0.8 && $(number compare.rmsd_pm $summary) / $(number plan.rmsd_pm $summary) < 1.2"
check "light atoms are less well known" holds "$(number plan.sigma_z_median_pm.Fe $summary) > 2 * $(number plan.sigma_z_median_pm.Pt $summary)"
check "per-atom file" [ -s result/plan.h5 ]

# 25 images of 2e4
aet "$RANKS" plan config.yaml -output refused -simulate_dose_tolerance 4.9e5
check "a plan above the tolerance ends with status 2" [ $? = 2 ]
check "and says why" grep -q 'simulate_dose_tolerance, 490000 e/Å², found 500000' err
check "in its summary too" holds "$(number plan.valid refused/summary.json) == 0"
check "without an expectation" [ -z "$(number plan.rmsd_pm refused/summary.json)" ]

# the wave through the specimen: the same bytes on any number of ranks and threads
wave() {
  OMP_NUM_THREADS=$2 good "$1" simulate -simulate_images multislice -simulate_diameter_angstrom 6 -simulate_views 2 -simulate_pixel_angstrom 0.5 \
    -simulate_multislice_outer_mrad 60 -simulate_multislice_window_angstrom 5 -simulate_multislice_configurations 2 -simulate_dose 1e5 -output "$3"
}
wave 1 1 one
wave "$RANKS" 1 ranks
wave 1 3 threads
check "multislice images on $RANKS ranks" cmp -s one/simulated/projections.mrc ranks/simulated/projections.mrc
check "multislice images on 3 threads" cmp -s one/simulated/projections.mrc threads/simulated/projections.mrc
finish
