#!/bin/sh
# packages.sh [--tests]: what aet4d is built and run with (and, with --tests, what its tests need beside).
# Installs what is missing where apt-get and the right to use it are there; elsewhere says what to install or load, and leaves the verdict
# to CMake, which finds libraries wherever they are.
set -eu

build="build-essential cmake ninja-build pkg-config libopenmpi-dev openmpi-bin libfftw3-dev libfftw3-mpi-dev libhdf5-openmpi-dev petsc-dev
  libmatio-dev libtiff-dev zlib1g-dev libcjson-dev libyaml-dev libxxhash-dev libpng-dev libqhull-dev git"
tests="libcunit1-dev hdf5-tools slurm-wlm munge"
spack="cmake ninja pkgconf openmpi fftw+mpi+openmp precision=float,double hdf5+mpi petsc+mpi+hdf5+fftw matio libtiff zlib cjson libyaml xxhash libpng qhull cunit"
wanted=$build
[ "${1:-}" != --tests ] || wanted="$build $tests"

if ! command -v apt-get >/dev/null 2>&1; then
  if pkg-config --exists PETSc fftw3f libcjson yaml-0.1 libxxhash 2>/dev/null && command -v mpicc >/dev/null 2>&1; then exit 0; fi
  echo "packages.sh: no apt-get here. Load the modules of MPI, FFTW, parallel HDF5 and PETSc of this machine (module load openmpi fftw hdf5 petsc), or:" >&2
  echo "  spack install $spack" >&2
  exit 0
fi

missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

run=""
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then run=sudo
  else
    echo "packages.sh: missing:$missing. Ask for:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    exit 0
  fi
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing$missing"
# shellcheck disable=SC2086 # lists of words
if ! { $run env DEBIAN_FRONTEND=noninteractive apt-get -q update &&
  $run env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
  tail -n 20 "$log" >&2
  echo "packages.sh: apt-get could not install$missing" >&2
  exit 1
fi
