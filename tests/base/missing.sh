#!/bin/sh
# missing.sh SOURCE CMAKE: a library that is not there is told by the names it has on Debian and in Spack, all of them at once.
folder=$(mktemp -d "${TMPDIR:-/tmp}/aet4d-missing-XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0

# told FILE DEBIAN SPACK
told() {
  if ! tr '\n' ' ' <"$1" | tr -s ' ' | grep -qF "Debian package $2, Spack package $3"; then
    echo "FAILED: $2 ($3) is not named in:"; cat "$1"; failures=1
  fi
}
mkdir "$folder/empty"
if PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR="$folder/empty" "$2" -S "$1" -B "$folder/a" >"$folder/said" 2>&1; then
  echo "FAILED: configured without any library"; failures=1
fi
told "$folder/said" petsc-dev petsc
told "$folder/said" libhdf5-openmpi-dev hdf5+mpi
told "$folder/said" libfftw3-dev fftw+mpi
told "$folder/said" libcjson-dev cjson
told "$folder/said" libyaml-dev libyaml
told "$folder/said" libxxhash-dev xxhash
if "$2" -S "$1" -B "$folder/b" -DMATIO_LIBRARY=OFF -DFFTW_MPI_LIBRARY=OFF \
  -DCMAKE_DISABLE_FIND_PACKAGE_TIFF=ON >"$folder/said" 2>&1; then
  echo "FAILED: configured without matio, TIFF and FFTW-MPI"; failures=1
fi
told "$folder/said" libmatio-dev matio
told "$folder/said" libfftw3-mpi-dev fftw+mpi
told "$folder/said" libtiff-dev libtiff
# without CUnit there are no tests, but a program; where tests are the purpose (warnings as errors, as in CI) it is asked for
mkdir "$folder/pc"
for place in $(pkg-config --variable pc_path pkg-config | tr ':' ' '); do
  for file in "$place"/*.pc; do
    case $file in */cunit.pc | */\*.pc) ;; *) ln -sf "$file" "$folder/pc/" ;; esac
  done
done
export PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR="$folder/pc"
if ! "$2" -S "$1" -B "$folder/c" >"$folder/said" 2>&1; then
  echo "FAILED: the program cannot be configured without CUnit:"; cat "$folder/said"; failures=1
fi
if "$2" -S "$1" -B "$folder/d" -DAET_WERROR=ON >"$folder/said" 2>&1; then
  echo "FAILED: CI configured without CUnit"; failures=1
fi
told "$folder/said" libcunit1-dev cunit
[ $failures -eq 0 ] && echo "every missing library was named"
exit $failures
