#!/bin/bash
# Before the work: estimates are printed, jobs that cannot fit are refused, and neither writes anything.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
unset SLURM_MEM_PER_NODE SLURM_MEM_PER_CPU

good 1 simulate -output one -simulate_diameter_angstrom 14 -simulate_views 21 -simulate_pixel_angstrom 0.45 -seed 3
before=$(find one | sort | xargs stat -c '%n %s %Y')
for command in run prepare reconstruct; do
  good 2 $command -output one -recon_iterations 30 -preflight
  check "$command says what there is" grep -q '^2 ranks of .* GiB are to be had' out
  check "$command: prepare" grep -q '^prepare .* GiB per rank' out
done
check "reconstruct: time" grep -q '^reconstruct .* GiB per rank.*resire: about .* per iteration, .* for 30' out
good 2 run -output other/deep -tilt_projections one/simulated/projections.mrc -tilt_angles one/simulated/angles.txt -preflight
check "trace too" grep -q '^trace .* GiB per rank' out
check "no folder appears" [ ! -e other ]
check "nothing in the folder changes" [ "$before" = "$(find one | sort | xargs stat -c '%n %s %Y')" ]

# 4000 views of nothing, as large as a disk may pretend: an MRC stack of 60 x 4000 x 4000 floats without its bytes
word() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 24)))"; }
{ word 4000; word 4000; word 60; word 2; head -c 192 /dev/zero; printf 'MAP '; printf '\x44\x44\x00\x00'; head -c 808 /dev/zero; } >big.mrc
truncate -s $((1024 + 4 * 60 * 4000 * 4000)) big.mrc
for i in $(seq 0 59); do echo $((3 * i - 88)); done >big.tlt
big="-tilt_projections big.mrc -tilt_pixel_angstrom 0.3"
for method in resire genfire sirt wbp; do
  start=$(date +%s%N)
  aet 2 reconstruct -output big $big -recon_method $method
  status=$?
  milliseconds=$((($(date +%s%N) - start) / 1000000))
  check "$method, 4000^3: refused with status 2" [ $status = 2 ]
  echo "$method: refused after $milliseconds ms, the start of MPI included"
  check "$method: at once" [ $milliseconds -lt 5000 ]
  check "$method: in one line" [ "$(wc -l <err)" = 1 ]
  check "$method: which says by how many ranks it would fit" grep -Eq 'it would fit on [0-9]+ ranks, [12] on each of [0-9]+ such nodes; memory_limit' err
  check "$method: nothing written" [ ! -e big ]
done
# the number it names: with room for that many on one node it is not refused, with room for fewer it is
aet 2 reconstruct -output big $big -memory_limit 64 -preflight
check "-preflight of what cannot fit: told, and refused" [ $? = 2 ]
check "with its estimates" grep -q '^reconstruct .* GiB per rank' out
nodes=$(sed -n 's/.*on each of \([0-9]*\) such nodes.*/\1/p' err)
check "more nodes of less" holds "$nodes > 4"
need=$(sed -n 's/^reconstruct *\([0-9.]*\) GiB per rank, *\([0-9.]*\) GiB on a node.*/\2/p' out)
check "about as many as the need over the room" holds "$nodes > $need / 64 * 0.8 && $nodes < $need / 64 * 2"
aet 2 reconstruct -output big $big -memory_limit 100000 -preflight
check "memory_limit overrules" [ $? = 0 ]
aet 2 reconstruct -output one -memory_limit 0.001
check "and can be too small" [ $? = 2 ]
check "nothing begun" [ ! -e one/volume.h5 ]

# a stage that has been done needs no room
good 2 reconstruct -output one -recon_iterations 5
check "the summary has the estimate" holds "$(number recon.estimated_bytes_per_rank one/summary.json) > 1e6"
check "and the time" holds "$(number recon.estimated_seconds_per_iteration one/summary.json) > 0"
good 2 reconstruct -output one -recon_iterations 5 -memory_limit 0.001
aet 2 reconstruct -output one -recon_iterations 6 -memory_limit 0.001
check "its turn comes when something changed" [ $? = 2 ]
finish
