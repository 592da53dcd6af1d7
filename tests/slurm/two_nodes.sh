#!/bin/bash
# jobs/run.sbatch over two nodes of a private SLURM gives the result of mpirun: two_nodes.sh AET4D SOURCE_DIR WORK_DIR
set -euo pipefail
program=$(realpath "$1") source=$(realpath "$2") work=$3
here=$(dirname "$(realpath "$0")")
rm -rf "$work" && mkdir -p "$work" && cd "$work"
work=$PWD
trap '"$here/cluster_down.sh" "$work/cluster"' EXIT
"$here/cluster_up.sh" "$work/cluster" 2 1
export SLURM_CONF=$work/cluster/slurm.conf
# Two nodes of one host share /dev/shm: only TCP on loopback keeps them apart.
export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo OMPI_MCA_mpi_yield_when_idle=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

cp "$source/tests/slurm/particle.yaml" .
"$program" simulate particle.yaml -quiet
# ends ID: waits for the end of a job; its state must be COMPLETED
ends() {
  for _ in $(seq 1 1200); do
    state=$(scontrol -o show job "$1" | sed 's/.*JobState=\([A-Z_]*\).*/\1/')
    case $state in COMPLETED) break ;; PENDING|RUNNING|CONFIGURING|COMPLETING|REQUEUED) sleep 0.2 ;; *) break ;; esac
  done
  echo "job $1: $state"
  if [ "$state" != COMPLETED ]; then cat "aet4d-$1.log"; exit 1; fi
}
id=$(AET4D=$program sbatch --parsable --time=5 "$source/jobs/run.sbatch" particle.yaml -output by-slurm)
ends "$id"
grep -q "on 2 nodes, 2 ranks" "aet4d-$id.log"
mpirun -n 2 "$program" run particle.yaml -output by-mpirun -quiet
"$program" compare by-slurm/atoms.xyz by-mpirun/atoms.xyz
cmp by-slurm/atoms.xyz by-mpirun/atoms.xyz
[ "$(sed -n 1p by-slurm/atoms.xyz)" -gt 100 ]
echo "two SLURM nodes and mpirun agree"

# the signal that SLURM sends ahead of a job's end: a checkpoint, status 85, queued again, and the atoms of a run that nothing disturbed
long="-recon_iterations 500"
id=$(AET4D=$program sbatch --parsable --time=5 "$source/jobs/run.sbatch" particle.yaml -output asked $long)
for _ in $(seq 1 600); do
  grep -qs 'RESIRE 50/500' asked/run.log && break
  sleep 0.1
done
scancel --signal=USR1 --batch "$id"
ends "$id"
grep -q "run.sbatch: asked to end; job $id is queued again" "aet4d-$id.log"
grep -q 'attempt 2' "aet4d-$id.log"
grep -q 'goes on after iteration' "aet4d-$id.log"
mpirun -n 2 "$program" run particle.yaml -output undisturbed $long -quiet
cmp asked/atoms.xyz undisturbed/atoms.xyz
echo "a job that was queued again gives the same atoms"
