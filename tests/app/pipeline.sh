#!/bin/bash
# The chain: atoms found, the same on any number of ranks, stages skipped when nothing changed, repeated when something did.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
small="-simulate_diameter_angstrom 14 -simulate_views 31 -simulate_pixel_angstrom 0.45 -seed 3"
options="-trace_species [Fe,Pt] -recon_iterations 40 -pictures false"

# stages FILE: names of the stages that were executed, in order
executed() { grep -Ex 'prepare|reconstruct|trace|refine' out | tr '\n' ' '; }
skipped() { grep -c 'unchanged, skipped' out; }

good 2 simulate -output one $small
check "truth is written" test -s one/simulated/truth.xyz -a -s one/simulated/truth.h5
for n in 2 3 4; do cp -r one run$n && rm -f run$n/.lock; done
mv one run1
for n in 1 2 3 4; do
  good $n run -output run$n $options
  check "outputs of $n ranks" test -s run$n/tilt.h5 -a -s run$n/volume.h5 -a -s run$n/atoms.h5 -a -s run$n/atoms.xyz -a -s run$n/run.log
  check "no temporaries" [ -z "$(find run$n -name '*.tmp')" ]
  check "the same atoms on 1 and $n ranks" cmp -s run1/atoms.xyz run$n/atoms.xyz
done
for key in recon.r1 recon.iterations recon.seconds_per_iteration recon.seconds trace.seconds trace.count trace.count_by_species.Fe \
  recon.peak_memory_bytes_per_rank_max trace.peak_memory_bytes_per_rank_max; do
  check "summary has $key" [ -n "$(number $key run1/summary.json)" ]
done

# agree A B TOLERANCE: R1 of two runs
agree() { holds "(x = $(number recon.r1 "$1/summary.json") / $(number recon.r1 "$2/summary.json") - 1) < $3 && x > -$3"; }
for n in 2 3 4; do check "R1 on 1 and $n ranks" agree run1 run$n 1e-6; done

good 2 compare run1/atoms.h5 run1/simulated/truth.h5 -output run1
check "compare prints" grep -q '^recall' out
check "recall" holds "$(number compare.recall run1/summary.json) >= 0.97"
check "r.m.s.d." holds "$(number compare.rmsd_pm run1/summary.json) <= 40"
good 1 compare run1/atoms.xyz run1/simulated/truth.xyz
check "without -output compare writes nothing" [ ! -e aet4d-out ]

# nothing changed: nothing is done, on another number of ranks too
before=$(stat -c %Y.%s.%i run2/volume.h5 run2/atoms.h5)
good 3 run -output run2 $options
check "an unchanged run executes nothing" [ -z "$(executed)" ]
check "it skips four stages" [ "$(skipped)" = 4 ]
check "its files stay" [ "$before" = "$(stat -c %Y.%s.%i run2/volume.h5 run2/atoms.h5)" ]
check "its summary keeps the numbers" [ -n "$(number recon.r1 run2/summary.json)" ]

# a changed option repeats what depends on it, and no more
good 2 run -output run2 $options -trace_min_distance_angstrom 1.9
check "a trace option repeats the trace only" [ "$(executed)" = "trace refine " ]
good 2 run -output run2 $options -trace_min_distance_angstrom 1.9 -recon_iterations 15
check "a reconstruction option repeats both" [ "$(executed)" = "reconstruct trace refine " ]
good 2 run -output run2 $options -trace_min_distance_angstrom 1.9 -recon_iterations 15 -resume false
check "-resume false repeats all" [ "$(executed)" = "prepare reconstruct trace refine " ]

# resolution by half sets
options_half="$options -trace_min_distance_angstrom 1.9 -recon_iterations 15"
good 3 reconstruct -output run2 $options_half -recon_half_sets
check "a curve of frequency, correlation and threshold" grep -qx 'frequency_per_angstrom,fsc,half_bit' run2/fsc.csv
for key in 05 0143 halfbit; do
  check "resolution $key is finer than 3 Å, no finer than two pixels" holds "(x = $(number recon.resolution_${key}_angstrom run2/summary.json) + 0) < 3 && x > 0.89"
done
good 2 reconstruct -output run2 $options_half
check "a volume made without has no curve of another" [ ! -e run2/fsc.csv -a -z "$(number recon.resolution_05_angstrom run2/summary.json)" ]

# damage is seen and repaired
cp run3/volume.h5 kept.h5
size=$(stat -c %s run3/volume.h5)
printf 'x' | dd of=run3/volume.h5 bs=1 seek=$((size / 2)) conv=notrunc status=none
good 3 run -output run3 $options
check "one damaged byte: the volume is made again" grep -q '^reconstruct$' out
good 1 trace run3/volume.h5 -output other $options
check "the volume made again gives the same atoms" same_atoms run1/traced.xyz other/atoms.xyz
head -c $((size / 3)) kept.h5 >run3/volume.h5
good 2 run -output run3 $options
check "half a file: the volume is made again" grep -q '^reconstruct$' out
rm run3/atoms.xyz
good 2 run -output run3 $options
check "a missing twin is made again" test -s run3/atoms.xyz
printf '{"recon.key": ' >run3/summary.json
good 2 run -output run3 $options
check "a damaged summary: everything is done again" [ "$(executed)" = "prepare reconstruct trace refine " ]

# a killed run leaves no half-written result and the next one succeeds
rm -rf killed && mkdir killed && cp -r run1/simulated killed/
timeout -s KILL 0.9 "$MPIEXEC" -q -n 2 "$AET4D" run -output killed $options -recon_iterations 2000 >out 2>err
touch killed/volume.h5.stray.tmp
good 2 run -output killed $options
check "no temporaries after the next run" [ -z "$(find killed -name '*.tmp')" ]
check "the same atoms after a killed run" same_atoms run1/atoms.xyz killed/atoms.xyz

# two runs in one folder: the second is refused while the first lives
rm -f run4/run.log
"$MPIEXEC" -q -n 1 "$AET4D" run -output run4 $options -resume false -recon_iterations 100000 >/dev/null 2>&1 &
first=$!
for i in $(seq 100); do grep -qsx 'reconstruct' run4/run.log && break; sleep 0.1; done
aet 1 run -output run4 $options
check "a folder in use is refused" [ $? = 2 ]
check "and the holder is named" grep -q 'in use by process' err
kill -KILL $first 2>/dev/null
wait $first 2>/dev/null
good 1 run -output run4 $options
check "a dead run holds no lock" same_atoms run1/atoms.xyz run4/atoms.xyz
finish
