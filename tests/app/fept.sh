#!/bin/bash
# 23,914 atoms of iron (28 %) and platinum, 50 views to 70 degrees of 300 x 300 pixels of 0.347 A: simulated, reconstructed, traced, refined and
# compared, at 1.6e5 electrons per square angstrom and image; at 2e4 it tells what it finds.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=3000
specimen="-simulate_diameter_angstrom 86.5 -simulate_composition 0.28 -simulate_views 50 -simulate_pixel_angstrom 0.347 -simulate_image_size 300"

# chain DOSE
chain() {
  local begin=$SECONDS
  good 1 simulate $specimen -simulate_dose "$1" -output "dose$1"
  good "$RANKS" run -output "dose$1" -trace_species '[Fe, Pt]' -recon_iterations 60 -pictures false
  good 1 compare "dose$1/atoms.h5" "dose$1/simulated/truth.h5" -output "dose$1"
  echo "dose $1, $RANKS ranks, $((SECONDS - begin)) s:"
  cat out
}
chain 1.6e5
check "atoms" holds "$(number compare.truth dose1.6e5/summary.json) == 23914"
check "recall" holds "$(number compare.recall dose1.6e5/summary.json) >= 0.995"
check "precision" holds "$(number compare.precision dose1.6e5/summary.json) >= 0.995"
check "species" holds "$(number compare.species_agreement dose1.6e5/summary.json) >= 0.99"
check "r.m.s.d." holds "$(number compare.rmsd_pm dose1.6e5/summary.json) <= 15"
chain 2e4
check "recall at 2e4" holds "$(number compare.recall dose2e4/summary.json) >= 0.9"
finish
