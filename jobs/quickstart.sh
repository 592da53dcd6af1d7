#!/bin/bash
# From a fresh machine to atoms: installs what is missing, builds, simulates raw frames of a small FePt particle, prepares, reconstructs, traces and
# refines them, and compares the atoms with the truth. Run it from anywhere; results go to aet4d-out/quickstart in the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
jobs/lib/packages.sh
begin=$SECONDS
jobs/lib/build.sh release aet4d-program
echo "built in $((SECONDS - begin)) s"

ranks=$(nproc)
[ "$ranks" -gt 2 ] && ranks=2
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-$(($(nproc) / ranks))}
if [ "$(id -u)" = 0 ]; then # containers and CI run as root, which Open MPI refuses unless told
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
aet4d=build/src/app/aet4d
out=aet4d-out/quickstart

$aet4d simulate configs/quickstart.yaml
mpirun -n "$ranks" $aet4d run configs/quickstart.yaml -resume false
echo "comparison with the truth:"
$aet4d compare $out/atoms.h5 $out/simulated/truth.h5 -compare_align rigid -output $out # the shear of the scan hides a small rotation
echo "pictures: $out/prepare.png $out/slices.png $out/atoms.png; atoms for OVITO: $out/atoms.xyz; volume for ParaView: $out/volume.xdmf"
echo "$((SECONDS - begin)) s without the packages"

# the script is also the test of the whole chain
awk -F'[:,]' '/"compare.recall"/ { recall = $2 } /"compare.species_agreement"/ { species = $2 } /"compare.rmsd_pm"/ { rmsd = $2 }
  END { if (recall < 0.99 || species < 0.98 || rmsd > 25 || rmsd <= 0) { print "quickstart: worse than recall 0.99, species 0.98, 25 pm"; exit 1 } }' \
  $out/summary.json
