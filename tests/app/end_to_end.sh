#!/bin/bash
# Raw frames of a simulated particle (drift between and within frames, a distorted scan, detector noise, background, shifts) to refined atoms, against
# the same particle from perfect images; a second signal moved by the record of the first.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=300
specimen="-simulate_diameter_angstrom 20 -simulate_composition 0.28 -simulate_views 25 -simulate_pixel_angstrom 0.347 -simulate_dose 1.6e5"
frames="-simulate_frames 4 -simulate_drift_px_per_frame 3 -simulate_drift_walk_px 0.5 -simulate_flyback_lines 10 -simulate_distortion [0.015,0.01,0]
  -simulate_shift_px 6 -simulate_background 0.02 -simulate_background_gradient 0.3 -simulate_gain 0.01 -simulate_offset 0.1 -simulate_read_noise 0.005"
quick="-trace_species [Fe,Pt] -recon_iterations 40 -refine_cycles 2 -refine_correct false -refine_uncertainty bound -pictures false"
good 1 simulate $specimen -output perfect
good 1 simulate $specimen $frames -output raw
for case in perfect raw; do
  good "$RANKS" run $quick -output $case
  [ $case = raw ] && cp out log_raw
  good 1 compare $case/atoms.h5 $case/simulated/truth.h5 -compare_align rigid -output $case
  eval "$case=$(number compare.rmsd_pm $case/summary.json)"
done
echo "r.m.s.d.: perfect images $perfect pm, raw frames $raw pm"
check "recall" holds "$(number compare.recall raw/summary.json) >= 0.99"
check "species" holds "$(number compare.species_agreement raw/summary.json) >= 0.985"
check "r.m.s.d." holds "$raw <= 20 && $raw <= $perfect + 5"
check "the shear" holds "($(number prepare.distortion_shear raw/summary.json) - 0.015)^2 < 0.0002^2"
check "the noise" holds "($(number prepare.noise_alpha raw/summary.json) - 0.01)^2 < 0.0005^2"
check "a row for every image" [ "$(wc -l <raw/prepare.csv)" = 26 ]
check "a picture" [ -s raw/prepare.png ]
check "every step is timed" grep -q 'prepare.seconds_per_image_and_rank.drift' raw/summary.json
check "no record of perfect images" [ ! -e perfect/prepare.csv ]

# resume, and a step that is asked for anew
good 1 prepare -output raw
check "unchanged, skipped" grep -q '^prepare: unchanged, skipped' out
good 1 prepare -output raw -background_method laplace
check "another background" grep -q '^  background:' out
good 1 prepare -output raw

# the same numbers on any number of ranks
good 3 prepare -output three -frames_files raw/simulated/frames.h5 -frames_reference raw/simulated/reference.h5
check "the same record on 3 ranks and on $RANKS" cmp raw/prepare.csv three/prepare.csv

# the frames again, moved by the record of the first time: the same images but for their intensities
good "$RANKS" prepare -output again -frames_files raw/simulated/frames.h5 -prepare_transforms raw/tilt.h5
check "nothing is estimated" grep -q 'as that of another signal' out
check "the same shifts" [ "$(cut -d, -f16,17 raw/prepare.csv)" = "$(cut -d, -f16,17 again/prepare.csv)" ]
aet 1 prepare -output other -tilt_projections perfect/simulated/projections.mrc -tilt_angles perfect/simulated/angles.txt -prepare_transforms raw/tilt.h5
check "another size is refused" [ $? = 2 ]
check "and named" grep -q 'prepare_transforms: expected 25 images' err
good 1 prepare -output raw -preflight
check "frames count" grep -q '^prepare .* GiB per rank' out
finish
