#!/bin/bash
# Stops exactly what cluster_up.sh DIR started, by its pid files.
dir=$(realpath -m "$1")
export SLURM_CONF=$dir/slurm.conf
[ -s "$SLURM_CONF" ] || exit 0
scancel --full -u "$(id -un)" 2>/dev/null
for _ in $(seq 1 50); do
  [ -z "$(squeue -h 2>/dev/null)" ] && break
  sleep 0.1
done
stop() { # pid file, name of the program
  local pid
  [ -s "$1" ] || return 0
  pid=$(<"$1")
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] || return 0
  kill -TERM "$pid"
  for _ in $(seq 1 100); do
    case "$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null)" in ''|Z*) return 0 ;; esac
    sleep 0.1
  done
  kill -KILL "$pid"
}
for file in "$dir"/run/slurmd.*.pid; do stop "$file" slurmd; done
stop "$dir/run/slurmctld.pid" slurmctld
stop "$dir/munge/munged.pid" munged
