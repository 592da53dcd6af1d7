#!/bin/bash
# Bad input: one line, status 2, no hang, nothing half-written; on any number of ranks.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

le32() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 24 & 255)))"; }

# bad PATTERN ARGUMENTS...: of `run` into a fresh folder
bad() {
  local pattern=$1 status
  shift
  rm -rf result
  aet "$RANKS" run -output result "$@"
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -5 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
  [ -z "$(find result \( -name '*.tmp' -o -name '*.h5' -o -name '*.xyz' -o -name '*.xdmf' \) 2>/dev/null)" ] || fail "left behind by $*: $(ls result)"
}

good "$RANKS" simulate -output made -simulate_diameter_angstrom 11 -simulate_views 9 -simulate_pixel_angstrom 0.5
P=made/simulated/projections.mrc
A=made/simulated/angles.txt
good "$RANKS" prepare -output made
H=made/tilt.h5
size=$(stat -c %s $P)

head -c $((size / 2)) $P >short.mrc
bad 'short.mrc' -tilt_projections short.mrc -tilt_angles $A
head -c 500 $P >header.mrc
bad 'header.mrc' -tilt_projections header.mrc -tilt_angles $A
head -c $(($(stat -c %s $H) / 2)) $H >short.h5
bad 'short.h5' -tilt_projections short.h5 -tilt_angles $A
{ # a MAT v5 file that promises 8 x 8 x 9 numbers and ends early
  printf '%-124s' 'MATLAB 5.0 MAT-file'
  printf '\x00\x01IM'
  le32 14; le32 2376                           # a matrix
  le32 6; le32 8; le32 7; le32 0               # of floats
  le32 5; le32 12; le32 8; le32 8; le32 9; le32 0 # 8 x 8 x 9
  le32 1; le32 4; printf 'data'; le32 0
  le32 7; le32 2304
  head -c 300 /dev/zero
} >short.mat
bad 'short.mat' -tilt_projections short.mat -tilt_angles $A
{ printf '%-124s' 'MATLAB 7.3 MAT-file'; printf '\x00\x02IM'; head -c 384 /dev/zero; head -c 3000 $H; } >short73.mat
bad 'short73.mat' -tilt_projections short73.mat -tilt_angles $A
{ printf 'II*\0'; le32 100000; head -c 500 /dev/zero; } >short.tif
bad 'short.tif' -tilt_projections short.tif -tilt_angles $A
: >empty.mrc
bad 'empty.mrc' -tilt_projections empty.mrc -tilt_angles $A
: >empty.h5
bad 'empty.h5' -tilt_projections empty.h5 -tilt_angles $A
: >empty.txt
bad 'empty.txt' -tilt_projections $P -tilt_angles empty.txt
bad 'made.*folder' -tilt_projections made -tilt_angles $A
bad 'absent.mrc' -tilt_projections absent.mrc -tilt_angles $A
bad 'absent.txt' -tilt_projections $P -tilt_angles absent.txt
bad 'nosuch' -tilt_projections $H:nosuch -tilt_angles $A
cp $P nan.mrc
printf '\x00\x00\xc0\x7f' | dd of=nan.mrc bs=1 seek=$((size - 400)) conv=notrunc status=none
bad 'nan.mrc.*finite.*view' -tilt_projections nan.mrc -tilt_angles $A
head -n -1 $A >fewer.txt
bad 'fewer.txt.*9.*8|fewer.txt.*8.*9' -tilt_projections $P -tilt_angles fewer.txt
printf '1 2\n3 4\n5 6\n7 8\n9 10\n11 12\n13 14\n15 16\n17 18\n' >two.txt
bad 'two.txt' -tilt_projections $P -tilt_angles two.txt
printf 'one\ntwo\n' >words.txt
bad 'words.txt' -tilt_projections $P -tilt_angles words.txt
bad 'tilt_pixel_angstrom' -tilt_projections $P -tilt_angles $A -tilt_pixel_angstrom -0.3
bad 'tilt_pixel_angstrom.*0\.5.*projections.mrc.*0\.3' -tilt_projections $P -tilt_angles $A -tilt_pixel_angstrom 0.3
bad 'absent_support' -tilt_projections $P -tilt_angles $A -recon_support absent_support.h5

# output that cannot be written
for where in $P/inside /proc/aet4d; do
  aet "$RANKS" run -tilt_projections $P -tilt_angles $A -output $where
  check "output $where: status 2" [ $? = 2 ]
  check "output $where: one line" [ "$(wc -l <err)" = 1 ]
  check "output $where: named" grep -q "$where" err
done

# damage that only the rank sees that owns these images: one of three checksummed pieces
if command -v h5repack >/dev/null; then
  h5repack -l tilt_series/data:CHUNK=3x40x40 -f tilt_series/data:FLET $H hurt.h5
  yes damaged | head -c 64 | dd of=hurt.h5 bs=1 seek=$(($(stat -c %s hurt.h5) / 2)) conv=notrunc status=none
  bad 'hurt.h5.*checksum' -tilt_projections hurt.h5:tilt_series/data -tilt_angles $A
else
  echo "skipped: no h5repack to make a file that one rank fails to read"
fi
# memory that only one rank has not: agreed where the code asks for it, ended by the failing rank where the others wait for it
starved() {
  local limit=$1
  shift
  timeout -k 5 90 "$MPIEXEC" -q -n $((RANKS - 1)) "$AET4D" "$@" : -n 1 bash -c "ulimit -v $limit; exec \"$AET4D\" $*" >out 2>err </dev/null
}
if [ "$RANKS" -gt 1 ] && ! nm -D "$AET4D" 2>/dev/null | grep -q __asan; then
  starved 900000 simulate -output starved -simulate_image_size 10000 -simulate_views "$RANKS" -simulate_diameter_angstrom 9
  status=$?
  check "one rank without memory: status 2, found $status" [ $status = 2 ]
  check "one rank without memory: one line" [ "$(grep -c '^aet4d: out of memory' err)" = 1 ]
  check "one rank without memory: nothing written" [ ! -e starved/simulated ]
fi

# what can work does: more ranks than views and than planes
good "$RANKS" simulate -output few -simulate_diameter_angstrom 9 -simulate_views 2 -simulate_pixel_angstrom 0.5
good "$RANKS" reconstruct -output few -recon_thickness 2 -recon_iterations 2
finish
