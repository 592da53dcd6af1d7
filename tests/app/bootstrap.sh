#!/bin/bash
# Replicas of the measurement through the whole chain: the same on any number of ranks and groups, kept when a run goes on, added to.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=200
good 1 simulate -output one -simulate_diameter_angstrom 9 -simulate_views 15 -simulate_pixel_angstrom 0.5 -simulate_dose 2e4 -seed 3
for n in two three; do cp -r one $n; done
options="-trace_species [Fe,Pt] -pictures false -recon_iterations 20 -refine_cycles 1 -refine_probes 4 -seed 3"

good 1 run -output one $options -bootstrap_replicas 3
check "refined atoms apart, and replicas" test -s one/refined.h5 -a -s one/bootstrap/replica_0002.h5 -a -s one/bootstrap/replica_0002.key
check "columns" grep -q 'sigma_total:R:3:p_found:R:1' one/atoms.xyz
check "none in the refined atoms" [ "$(grep -c sigma_total one/refined.xyz)" = 0 ]
for key in replicas recall recall_spread precision species_accuracy recall.Fe recall.Pt rmsd_pm bias_z_pm factor_x_median sigma_total_z_median_pm; do
  check "summary has bootstrap.$key" [ -n "$(number "bootstrap.$key" one/summary.json)" ]
done
check "expected recall" holds "$(number bootstrap.recall one/summary.json) > 0.9"
check "a factor near 1" holds "(x = $(number bootstrap.factor_y_median one/summary.json) + 0) > 0.5 && x < 2"

good 3 run -output two $options -bootstrap_replicas 3 -groups 1
check "the same on 3 ranks in 1 group" cmp -s one/atoms.xyz two/atoms.xyz
good 3 run -output three $options -bootstrap_replicas 2
before=$(stat -c %Y.%i three/bootstrap/replica_0000.h5)
good 3 run -output three $options -bootstrap_replicas 3
check "the same on 3 ranks in 3 groups, one replica added" cmp -s one/atoms.xyz three/atoms.xyz
check "those that are there are kept" [ "$before" = "$(stat -c %Y.%i three/bootstrap/replica_0000.h5)" ]
good 2 run -output three $options -bootstrap_replicas 3
check "done is done" [ "$(grep -c 'unchanged, skipped' out)" = 5 ]
rm three/bootstrap/replica_0001.key three/atoms.h5
good 2 run -output three $options -bootstrap_replicas 3
check "a replica without its key is made again" cmp -s one/atoms.xyz three/atoms.xyz
check "only that one" [ "$before" = "$(stat -c %Y.%i three/bootstrap/replica_0000.h5)" ]

aet 2 run -output three $options -bootstrap_replicas 3 -refine_enabled false
check "without refinement it is refused" [ $? = 2 ]
check "in one line" grep -q 'bootstrap_replicas: expected a run that refines' err
aet 2 run -output three $options -bootstrap_replicas 4 -groups 7
check "more groups than ranks are refused" grep -q 'groups: expected 1 to 2' err
finish
