#!/bin/bash
# From a fresh machine to atoms and their history: installs what is missing, builds, simulates raw frames of a small FePt particle, prepares,
# reconstructs, traces, refines and analyses them, and compares the atoms with the truth; then the same particle kind at three annealing times, whose
# nuclei are followed and compared with the script. Run it from anywhere; results go to aet4d-out/quickstart and quickstart-series in the repository.
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
mpirun -n "$ranks" $aet4d run configs/quickstart.yaml -resume false -analyse_enabled
echo "comparison with the truth:"
$aet4d compare $out/atoms.h5 $out/simulated/truth.h5 -compare_align rigid -output $out # the shear of the scan hides a small rotation
series=aet4d-out/quickstart-series
$aet4d simulate configs/quickstart-series.yaml
mpirun -n "$ranks" $aet4d run configs/quickstart-series.yaml -resume false
# from_time,to_time,event of both, line by line
history() { tail -n +2 "$1" | cut -d, -f1-3 | sort; }
scripted=$(history $series/simulated/events.csv | wc -l)
as_scripted=$(comm -12 <(history $series/simulated/events.csv) <(history $series/events.csv) | wc -l)
echo "what became of the nuclei, and how sure that is ($as_scripted of the $scripted scripted events, $(history $series/events.csv | wc -l) found):"
cat $series/events.csv
echo "pictures: $out/prepare.png $out/slices.png $out/atoms.png $out/analyse.png $series/series.png; atoms for OVITO: $out/atoms.xyz; volume for ParaView: $out/volume.xdmf"
echo "$((SECONDS - begin)) s without the packages"

# the script is also the test of the whole chain
awk -F'[:,]' '/"compare.recall"/ { recall = $2 } /"compare.species_agreement"/ { species = $2 } /"compare.rmsd_pm"/ { rmsd = $2 }
  END { if (recall < 0.99 || species < 0.98 || rmsd > 25 || rmsd <= 0) { print "quickstart: worse than recall 0.99, species 0.98, 25 pm"; exit 1 } }' \
  $out/summary.json
[ "$as_scripted" = "$scripted" ] || { echo "quickstart: $as_scripted of $scripted scripted events"; exit 1; }
