#!/bin/bash
# Raw frames: simulated with their truth, prepared from every kind of file, mistakes told in one line; on any number of ranks.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
small="-simulate_diameter_angstrom 11 -simulate_views 5 -simulate_pixel_angstrom 0.5 -seed 3 -simulate_frames 3 -simulate_scan_deg [0,90]"
wrong="-simulate_drift_px_per_frame 2 -simulate_shift_px 3 -simulate_distortion [0.015,0.01,0] -simulate_background 0.002 -simulate_read_noise 1 -simulate_reference_size 128"

# bad PATTERN ARGUMENTS...: of `prepare` into a fresh folder
bad() {
  local pattern=$1 status
  shift
  rm -rf result
  aet "$RANKS" prepare -output result "$@"
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -5 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
  [ -z "$(find result \( -name '*.tmp' -o -name 'tilt.h5' \) 2>/dev/null)" ] || fail "left behind by $*: $(ls result)"
}

# the same bytes on any number of ranks
good 1 simulate -output made $small $wrong
mv made one
good "$RANKS" simulate -output made $small $wrong
for file in frames.h5 reference.h5 frames_truth.h5 frames_truth.csv; do
  check "$file is the same on 1 and $RANKS ranks" cmp one/simulated/$file made/simulated/$file
done
check "one row for each frame" [ "$(wc -l <made/simulated/frames_truth.csv)" = 16 ]
check "frames are counted" holds "$(number simulate.frames made/summary.json) == 3"

# the chain takes them, and what else holds them
F=made/simulated/frames.h5
A=made/simulated/angles.txt
good "$RANKS" prepare -output made
check "views" holds "$(number prepare.views made/summary.json) == 5"
check "the shear is found in the noise" holds "$(number prepare.distortion_shear made/summary.json) > 0.0145 && $(number prepare.distortion_shear made/summary.json) < 0.0155"
good "$RANKS" prepare -output again -frames_files $F -distortion_file made/tilt.h5
check "and used again" [ "$(number prepare.distortion_shear made/summary.json)" = "$(number prepare.distortion_shear again/summary.json)" ]
bad 'made/tilt.h5: expected images with a pixel of 0.5' -frames_files made/simulated/projections.mrc -frames_angles $A -frames_pixel_angstrom 0.504 -distortion_file made/tilt.h5
good "$RANKS" info $F
check "info shows the frames" grep -q 'frames/data' out
good "$RANKS" prepare -output own -frames_files $F -frames_angles $A -frames_pixel_angstrom 0.5 -frames_reference none
check "tilt.h5" test -s own/tilt.h5
cat >frames.yaml <<END
output: mapped
frames: {files: $F, angles: $A, scan_deg: [0, 90, 0]}
END
good "$RANKS" prepare frames.yaml
check "the same from the keys of a file" test -s mapped/tilt.h5

bad 'found both' -frames_files $F -tilt_projections made/simulated/projections.mrc
bad 'absent.h5: no such file' -frames_files absent.h5
bad 'absent.txt: no such file' -frames_files $F -frames_angles absent.txt
bad 'absent_reference.h5: no such file' -frames_files $F -frames_reference absent_reference.h5
bad 'reference.h5: expected an image of a lattice of 4.9' -frames_files $F -frames_reference made/simulated/reference.h5 -distortion_lattice_angstrom [4.9,4.9,90]
bad 'distortion_lattice_angstrom: expected a, b, gamma' -frames_files $F -frames_reference made/simulated/projections.mrc
head -3 $A >few.txt
bad 'few.txt: expected angles for the 5 views' -frames_files $F -frames_angles few.txt
bad 'frames_scan_deg: expected one direction' -frames_files $F -frames_scan_deg [0,90]
bad 'expected 4 frames of a view' -frames_files $F -frames_per_view 4
bad 'frames_pixel_angstrom: expected 0.5' -frames_files $F -frames_pixel_angstrom 0.6
bad 'projections.mrc: expected the same number of images' -frames_files made/simulated/projections.mrc -frames_angles $A -frames_per_view 2
printf 'absent.mrc\n' >list.txt
bad 'absent.mrc' -frames_files list.txt -frames_angles $A
head -c $(($(stat -c %s $F) / 2)) $F >short.h5
bad 'short.h5' -frames_files short.h5 -frames_angles $A

# wrong plans of the microscope
aet "$RANKS" simulate -output result $small -simulate_scan_deg 45
check "status of a wrong scan" [ $? = 2 ]
check "one line" [ "$(wc -l <err)" = 1 ]
check "which names the key" grep -q simulate_scan_deg err

aet "$RANKS" simulate -output result $small -simulate_images multislice
check "status of frames by multislice" [ $? = 2 ]
check "which says why" grep -q 'simulate_frames: expected 0 with simulate_images multislice' err

# a stage is made again where a file of its list has changed, and only then
for v in 0 1 2 3 4; do cp made/simulated/projections.mrc view$v.mrc && echo view$v.mrc; done >views.txt
good "$RANKS" prepare -output listed -frames_files views.txt -frames_angles $A
good "$RANKS" prepare -output listed -frames_files views.txt -frames_angles $A
check "nothing has changed" grep -q 'prepare: unchanged, skipped' out
printf '\x00\x00\x80\x3f' | dd of=view3.mrc bs=1 seek=2048 conv=notrunc 2>/dev/null
good "$RANKS" prepare -output listed -frames_files views.txt -frames_angles $A
check "a listed file has changed" [ "$(grep -c 'unchanged, skipped' out)" = 0 ]

# without frames those of before are gone, and the images are the measurement again
good "$RANKS" simulate -output made $small -simulate_frames 0
check "no frames are left" [ ! -e $F -a ! -e made/simulated/reference.h5 -a ! -e made/simulated/frames_truth.h5 ]
good "$RANKS" prepare -output made
finish
