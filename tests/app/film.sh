#!/bin/bash
# The measured tantalum film: configs/ta-film.yaml as it stands against the published atoms, the same file of atoms on 1 to 4 ranks, and
# the refined atoms explain the images better than the published ones do. Pairs are within 1 Å, as in the figures published with the data.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/tilt/ta_film_band2
if [ ! -r "$data/projections.mat" ]; then
  echo "skipped: $data is not here"
  exit 77
fi
LIMIT=600
inputs="-tilt_projections $data/projections.mat -tilt_angles $data/angles.mat"
for n in 1 2 3 4; do
  good $n run "$SOURCE/configs/ta-film.yaml" $inputs -output run$n -pictures false
  check "the same atoms on 1 and $n ranks" cmp run1/atoms.xyz run$n/atoms.xyz
done
box="-compare_box [-999,999,-10.93,10.93,-999,999] -compare_reference_box"
good 1 compare run1/atoms.h5 "$data/published_atoms_Ta_A.xyz" $box -output wide
echo "pairs within 1.5 Å:"
cat out
good 1 compare run1/atoms.h5 "$data/published_atoms_Ta_A.xyz" $box -compare_cutoff_angstrom 1 -output run1
echo "pairs within 1 Å:"
cat out
check "R1" holds "$(number recon.r1 run1/summary.json) <= 0.20"
check "recall" holds "$(number compare.recall run1/summary.json) >= 0.90"
check "precision" holds "$(number compare.precision run1/summary.json) >= 0.90"
check "r.m.s.d." holds "$(number compare.rmsd_pm run1/summary.json) <= 24"
good 1 compare run1/traced.h5 "$data/published_atoms_Ta_A.xyz" $box -compare_cutoff_angstrom 1 -output traced
check "refined atoms are nearer than traced ones" holds "$(number compare.rmsd_pm run1/summary.json) <= 0.96 * $(number compare.rmsd_pm traced/summary.json)"
plain="-tilt_pixel_angstrom 0.3216 -recon_extended true -refine_volume none -refine_positions_iterations 0 -refine_correct false -refine_probes 0 -pictures false"
good 1 refine $inputs $plain run1/atoms.h5 -output ours
good 1 refine $inputs $plain "$data/published_atoms_Ta_A.xyz" -output published
echo "R1 of the atoms alone: $(number refine.r1 ours/summary.json), published $(number refine.r1 published/summary.json)"
check "R1 of the atoms alone" holds "$(number refine.r1 ours/summary.json) < $(number refine.r1 published/summary.json)"
finish
