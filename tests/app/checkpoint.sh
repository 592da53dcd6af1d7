#!/bin/bash
# Runs that are killed, at any moment, and begun again give the bytes of a run that nothing disturbed; runs that are asked to end do so in
# order. checkpoint.sh quick: the methods with a state of their own, few kills. checkpoint.sh all: every method there is, many.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
breadth=${BREADTH:-quick}
kills=1
[ "$breadth" = all ] && kills=8
RANDOM=${SEED:-1} # the same moments every time
small="-simulate_diameter_angstrom 9 -simulate_views 15 -simulate_pixel_angstrom 0.7 -simulate_angles_scheme equal_slope -seed 3"
common="-tilt_projections ../../sim/simulated/projections.mrc -tilt_angles ../../sim/simulated/angles.txt -trace_species [Fe,Pt] -pictures false
  -output out -recon_rfree_fraction 0.1 -recon_checkpoint_every 3"

# run RANKS ARGUMENTS...: the program in the folder $work, with the killer inside; files out and err, its status
run() {
  local ranks=$1
  shift
  (cd "$work" && timeout -k 5 60 "$MPIEXEC" -q -n "$ranks" env LD_PRELOAD="$KILLER" "$AET4D" run $common "$@") >out 2>err </dev/null
}

# killed RANKS ARGUMENTS...: the same, but it may be killed; only a hang is a failure. Whatever is left of a checkpoint is a whole file.
killed() {
  local begin=$SECONDS status
  run "$@"
  status=$?
  check "no rank waits for a dead one (status $status)" [ $status != 124 -a $((SECONDS - begin)) -lt 60 ]
  check "a checkpoint is a whole file" whole "$work/out/checkpoint.h5"
  grep -q 'goes on after iteration' out && resumed=$((resumed + 1))
  return $status
}

# A run whose mpirun was killed may still come to its end and remove the file.
whole() { "$AET4D" info "$1" >/dev/null 2>&1 || [ ! -e "$1" ]; }
same() { cmp "$1/out/volume.h5" "$2/out/volume.h5" && cmp "$1/out/atoms.xyz" "$2/out/atoms.xyz"; }

# moment: one of the ways and moments to be killed, by the seed
moment() {
  unset AET_KILL_CALL AET_KILL_AFTER AET_KILL_PARENT
  export AET_KILL_RANK=$((RANDOM % ranks)) AET_KILL_FILE=checkpoint.h5
  case $((RANDOM % 3)) in
  0) export AET_KILL_CALL=$((1 + RANDOM % calls)) AET_KILL_RANK=0 ;; # while a file is written
  1) export AET_KILL_AFTER=$((1 + RANDOM % 200000)) ;;               # while it computes
  2) export AET_KILL_AFTER=$((1 + RANDOM % 200000)) AET_KILL_PARENT=1 ;;
  esac
}

# trial NAME OPTIONS...
trial() {
  local name=$1 ranks state i
  shift
  mkdir -p "$name/ref" "$name/cut"
  work=$name/ref
  AET_KILL_RANK=0 AET_KILL_COUNT=$PWD/$name/calls run 2 "$@"
  check "$name: the run that nothing disturbs" [ $? = 0 ]
  calls=$(cat "$name/calls")
  state=$(number recon.checkpoints "$work/out/summary.json") # 0: a method without a state, which begins again
  work=$name/cut
  resumed=0
  # after the first checkpoint, and once more after half of the iterations, when withheld data is in use again
  for i in 1 2; do AET_KILL_RANK=0 AET_KILL_FILE=checkpoint.h5 AET_KILL_RENAME=$i killed 2 "$@"; done
  for i in $(seq $kills); do
    ranks=2
    [ "$state" != 0 ] && ranks=$((1 + RANDOM % 4)) # cgls and lsqr sum in PETSc, in an order that depends on the ranks
    moment
    killed $ranks "$@" && break
  done
  unset AET_KILL_RANK AET_KILL_CALL AET_KILL_AFTER AET_KILL_PARENT AET_KILL_FILE
  ranks=2
  [ "$state" != 0 ] && ranks=3
  run $ranks "$@"
  check "$name: it comes to its end" [ $? = 0 ]
  check "$name: $state checkpoints, $resumed times gone on from one" [ "$state" = 0 -o $resumed -ge 1 ]
  check "$name: the bytes of the undisturbed run" same "$name/ref" "$name/cut"
  check "$name: nothing is left behind" [ -z "$(find "$name/cut" -name '*.tmp' -o -name checkpoint.h5)" ]
  echo "$name: $state checkpoints, gone on $resumed times"
}

good 1 simulate -output sim $small
all="-refine_enabled false -recon_iterations 14"
trial resire-convolution $all -recon_method resire -recon_operator convolution
trial resire-pair $all -recon_method resire -recon_operator pair
trial genfire $all -recon_method genfire
trial sart $all -recon_method sart
trial est $all -recon_method est
iterating="resire-convolution resire-pair genfire sart est"
signals="10-mpirun 15-rank"
if [ "$breadth" = all ]; then
  iterating="$iterating sirt resire-plateau resire-wrap genfire-wrap genfire-relaxed"
  signals="$signals 10-rank 15-mpirun"
  trial resire-plateau -recon_iterations 200 -recon_plateau 0.05 -recon_method resire
  trial resire-fista $all -recon_method resire -recon_operator convolution -recon_acceleration fista
  trial resire-none $all -recon_method resire -recon_operator pair -recon_acceleration none
  trial resire-wrap $all -recon_method resire -recon_support shrinkwrap -recon_support_every 2 -recon_support_soft 2 -recon_smooth 0.5
  trial genfire-wrap $all -recon_method genfire -recon_support shrinkwrap -recon_support_every 4
  trial genfire-relaxed $all -recon_method genfire -recon_relaxation 0.9
  trial tv-convolution $all -recon_method tv -recon_operator convolution
  trial tv-pair $all -recon_method tv -recon_operator pair
  trial poisson $all -recon_method poisson
  for method in tv-convolution tv-pair poisson; do
    check "$method keeps its state" [ "$(number recon.checkpoints $method/ref/out/summary.json)" -gt 0 ]
  done
  trial genfire-extension $all -recon_method genfire -recon_resolution_extension extension+suppression
  for method in $("$AET4D" reference | awk '/^recon:/ { r = 1 } r && /^  method:/ { print before; exit } { before = $0 }' | tr -d '# ' | tr '|' ' '); do
    [ -d "$method" ] || trial "$method" $all -recon_method "$method"
  done
fi
for method in $iterating; do
  check "$method keeps its state" [ "$(number recon.checkpoints $method/ref/out/summary.json)" -gt 0 ]
done

# a signal to mpirun, to one rank: a checkpoint, the exit status 85, and the same command goes on
long="-recon_iterations 300 -recon_method resire -recon_operator convolution -recon_checkpoint_every 50"
work=long/ref
mkdir -p $work
run 2 $long
for case in $signals; do
  signal=${case%-*} whom=${case#*-}
  work=long/$case
  mkdir -p "$work"
  export AET_KILL_RANK=1 AET_KILL_SIGNAL=$signal AET_KILL_FILE=checkpoint.h5 AET_KILL_AFTER=1
  [ $whom = mpirun ] && unset AET_KILL_AFTER && export AET_KILL_PARENT=1 AET_KILL_RANK=0 AET_KILL_RENAME=1
  run 2 $long
  status=$?
  unset AET_KILL_RANK AET_KILL_SIGNAL AET_KILL_FILE AET_KILL_AFTER AET_KILL_PARENT AET_KILL_RENAME
  if [ $case = 15-mpirun ]; then # mpirun ends its ranks in its own time: this run may even have come to its end
    check "SIGTERM to mpirun ends the run" [ $status != 0 -a $status != 124 ]
  else
    check "signal $signal to $whom: status 85, found $status" [ $status = 85 ]
    check "one line says how to go on" grep -q '^ended on request after iteration [0-9]* of 300: the same command goes on from out/checkpoint.h5$' out
    check "the log says so too" grep -q '^ended on request' "$work/out/run.log"
  fi
  run 3 $long
  check "the same command goes on" grep -qE 'goes on after iteration|^reconstruct: unchanged, skipped' out
  check "to the same bytes" same long/ref "$work"
done

# what does not fit is not used: another command, a damaged file, half a file, -resume false
options="$all -recon_method resire -recon_operator convolution"
work=other/cut
mkdir -p $work/out
AET_KILL_RANK=0 AET_KILL_FILE=checkpoint.h5 AET_KILL_RENAME=1 run 2 $options
cp $work/out/checkpoint.h5 kept.h5
run 2 $all -recon_method resire -recon_operator pair
check "a checkpoint of another command is not used" grep -q 'checkpoint.h5: of other options or inputs; not used' out
check "and the result is the command's own" same resire-pair/ref $work
size=$(stat -c %s kept.h5)
for damage in bytes half; do # 16 KiB of other bytes: more than what lies between two arrays of the file
  rm -rf $work/out && mkdir -p $work/out
  cp kept.h5 $work/out/checkpoint.h5
  [ $damage = half ] && head -c $((size / 2)) kept.h5 >$work/out/checkpoint.h5
  [ $damage = bytes ] && printf 'x%.0s' {1..16384} | dd of=$work/out/checkpoint.h5 bs=16384 seek=$((size / 32768)) conv=notrunc status=none
  run 2 $options
  check "a damaged checkpoint ($damage) is not used" grep -q 'not used, the iterations begin anew' out
  check "and does no harm" same resire-convolution/ref $work
done
cp kept.h5 $work/out/checkpoint.h5
run 2 $options -resume false
check "-resume false does not look at it" [ $? = 0 -a -z "$(grep -E 'goes on|not used' out)" ]
finish
