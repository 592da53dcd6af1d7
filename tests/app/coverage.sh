#!/bin/bash
# Standard deviations against known truth: fractions of the coordinates within 1, 2, 3 of them, per axis. CASE: particle, fept or asi.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=1500
data=$AET_SHARED_DATA/tilt/asi_208

# covers TEXT TRUTH ATOMS COLUMN TOLERANCE: 0.683 and 0.954 and 0.997 of the coordinates along every axis, give or take
covers() {
  local fractions
  fractions=$(awk -v column="$4" -f "$SOURCE/tests/app/coverage.awk" "$2" "$3") || fail "$1: no fractions"
  echo "$1, $4, within 1, 2, 3 along x, y, z; pairs: $fractions"
  check "$1, $4: fractions give or take $5" holds "$(echo "$fractions" | awk -v t="$5" '{
    want[0] = 0.6827; want[1] = 0.9545; want[2] = 0.9973; bad = NF != 10
    for (i = 1; i <= 9; i++) { d = $i - want[int((i - 1) / 3)]; if (d > t || d < -t) bad = 1 }
    print bad "== 0" }')"
}

# xyz FILE: places of an XYZ file
xyz() { awk 'NR > 2 { print $2, $3, $4 }' "$1"; }

case $CASE in
particle)
  good 1 simulate -output p -simulate_diameter_angstrom 20 -simulate_views 41 -simulate_tilt_max_deg 70 -simulate_pixel_angstrom 0.4 -simulate_dose 1e5 -seed 3
  good 2 run -output p -trace_species '[Fe,Pt]' -pictures false -bootstrap_replicas 4
  xyz p/simulated/truth.xyz >truth
  covers particle truth p/atoms.xyz sigma 0.08
  covers particle truth p/atoms.xyz sigma_total 0.08
  awk 'NR <= 2 { print; next } { $7 /= 2; print }' p/refined.xyz >halved.xyz # sigma of x
  awk -v column=sigma -f "$SOURCE/tests/app/coverage.awk" truth halved.xyz >halved
  check "halved standard deviations are seen not to cover" holds "$(awk '{ print $1 }' halved) < 0.603"
  ;;
fept)
  good 1 simulate -output f -simulate_diameter_angstrom 40 -simulate_species '[Fe,Pt]' -simulate_composition 0.28 -simulate_displacement_angstrom 0.1 \
    -simulate_views 50 -simulate_tilt_max_deg 70 -simulate_pixel_angstrom 0.347 -simulate_dose 1.6e5 -seed 5
  good 2 run -output f -trace_species '[Fe,Pt]' -pictures false -recon_iterations 50
  xyz f/simulated/truth.xyz >truth
  covers FePt truth f/atoms.xyz sigma 0.08
  ;;
asi)
  if [ ! -r "$data/Si_Angle.mat" ]; then
    echo "skipped: $data is not here"
    exit 77
  fi
  awk '!/%/ { print $3, $2, $4 }' "$data/aSi_208atoms_GT.txt" >truth # its x and y are exchanged
  for dose in 1p6e5 1p6e4; do
    case $dose in 1p6e5) method="resire" ;; *) method="tv -recon_tv_weight 0.03" ;; esac
    good 2 run -output a$dose -tilt_projections "$data/aSi_2nmFosCetr_Dose${dose}_cov35pm_ForBM3D.mat" -tilt_angles "$data/Si_Angle.mat" \
      -tilt_pixel_angstrom 0.195 -trace_species '[Si]' -pictures false -recon_method $method
  done
  covers "silicon at 1.6e5" truth a1p6e5/atoms.xyz sigma 0.08
  covers "silicon at 1.6e4" truth a1p6e4/atoms.xyz sigma 0.08
  ;;
esac
finish
