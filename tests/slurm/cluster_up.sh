#!/bin/bash
# A private SLURM on loopback for tests: cluster_up.sh DIR NODES CPUS_PER_NODE. No systemd, no cgroups; everything lives in DIR and is
# stopped by cluster_down.sh DIR. Then: export SLURM_CONF=DIR/slurm.conf
set -euo pipefail
dir=$(realpath -m "$1") nodes=${2:-2} cpus=${3:-1}
for tool in munged slurmctld slurmd; do
  PATH=$PATH:/usr/sbin command -v $tool >/dev/null || { echo "$tool is missing: Debian packages slurm-wlm and munge" >&2; exit 77; }
done
export PATH=$PATH:/usr/sbin
port=${AET_SLURM_PORT:-$((20000 + $$ % 20000))}
host=$(hostname -s)
user=$(id -un)
mkdir -p "$dir"/{munge,state,log,run}
chmod 700 "$dir/munge"
(umask 077; head -c 128 /dev/urandom > "$dir/munge/key")

cat > "$dir/slurm.conf" <<CONF
ClusterName=aet4dtest
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$port
SlurmdPort=$((port + 1))
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/run/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=pmix
SwitchType=switch/none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
KillOnBadExit=1
InactiveLimit=0
MinJobAge=600
MailProg=/bin/true
JobRequeue=1
SlurmdParameters=config_overrides
PropagateResourceLimitsExcept=ALL
CONF
for i in $(seq 1 "$nodes"); do
  mkdir -p "$dir/run/n$i" "$dir/tmp/n$i"
  echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1 + i)) CPUs=$cpus RealMemory=4000 State=UNKNOWN" >> "$dir/slurm.conf"
done
echo "PartitionName=main Nodes=n[1-$nodes] Default=YES MaxTime=INFINITE State=UP" >> "$dir/slurm.conf"

export SLURM_CONF=$dir/slurm.conf
munged --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/munged.pid" --log-file="$dir/munge/munged.log" \
       --seed-file="$dir/munge/seed" --force
slurmctld -f "$SLURM_CONF"
for i in $(seq 1 "$nodes"); do slurmd -N "n$i" -f "$SLURM_CONF" || break; done
for _ in $(seq 1 300); do
  [ "$(sinfo -h -t idle -o %D 2>/dev/null | tail -1)" = "$nodes" ] && exit 0
  sleep 0.1
done
echo "skipped: SLURM does not start on this machine (containers without /sys/fs/cgroup are known for that); its logs:" >&2
tail -n 5 "$dir"/log/*.log >&2
exit 77
