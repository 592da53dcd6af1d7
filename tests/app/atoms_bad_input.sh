#!/bin/bash
# Atoms, volumes and tilt series of other programs, good and bad: trace, refine and compare take what can be taken, refuse the rest with one line
# and status 2, and write no NaN; on any number of ranks.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

# bad PATTERN COMMAND ARGUMENTS...: refused into a fresh folder
bad() {
  local pattern=$1 status
  shift
  rm -rf result
  aet "$RANKS" "$@" -output result -quiet
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -5 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
  [ -z "$(find result \( -name '*.tmp' -o -name 'atoms.*' -o -name 'compare.*' \) 2>/dev/null)" ] || fail "left behind by $*: $(ls result)"
}

# finite COMMAND ARGUMENTS...: must end with status 0 in a fresh folder, and nothing it writes or says may be NaN or infinite
finite() {
  rm -rf result
  good "$RANKS" "$@" -output result
  ! grep -Eiq '(^|[^a-z])(nan|inf)([^a-z]|$)' result/*.xyz result/summary.json result/compare.csv out 2>/dev/null || fail "not finite: $*"
  checks=$((checks + 1))
}

# xyz NAME LINE...: atoms as other programs write them
xyz() {
  local name=$1
  shift
  { echo $#; echo "made elsewhere"; [ $# = 0 ] || printf '%s\n' "$@"; } >"$name"
}

le32() { printf "\\x$(printf %02x $(($1 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 24 & 255)))"; }

good "$RANKS" simulate -output made -simulate_diameter_angstrom 11 -simulate_views 9 -simulate_pixel_angstrom 0.5
good "$RANKS" reconstruct -output made -tilt_projections made/simulated/projections.mrc -tilt_angles made/simulated/angles.txt -tilt_pixel_angstrom 0.5
T="-tilt_projections made/simulated/projections.mrc -tilt_angles made/simulated/angles.txt -tilt_pixel_angstrom 0.5"
mapfile -t rows < <(awk 'NR > 2 { print $1, $2, $3, $4 }' made/simulated/truth.xyz)
xyz plain.xyz "${rows[@]}"
xyz one.xyz "${rows[0]}"
xyz two.xyz "${rows[@]:0:2}"
xyz empty.xyz
xyz outside.xyz "${rows[@]}" "Fe 300 0 0"
xyz twice.xyz "${rows[@]}" "${rows[3]}"
xyz unknown.xyz "${rows[@]}" "Qq 0.1 0.2 9.9"
xyz nan.xyz "${rows[@]:0:5}" "Fe nan 0 0"
xyz infinite.xyz "${rows[@]:0:5}" "Fe 1 2 inf"
printf '2\nProperties=species:S:1:pos:R:3:sigma:R:3\nFe 0 0 0 0.1 0.1 -1\nFe 3 0 0 0.1 0.1 0.1\n' >negative.xyz
printf '1\nProperties=species:S:1:pos:R:3:confidence:R:1\nFe 0 0 0 nan\n' >doubt.xyz

# refine
finite refine plain.xyz $T -refine_cycles 1
check "all atoms are there" [ "$(head -1 result/atoms.xyz)" = ${#rows[@]} ]
finite refine made/simulated/truth.h5 $T -refine_cycles 1
finite refine one.xyz $T -refine_cycles 1
finite refine two.xyz $T -refine_cycles 1
bad 'atom [0-9]+ at \(300.*inside at least 2 images' refine outside.xyz $T
bad 'atoms [0-9]+ and [0-9]+.*one place' refine twice.xyz $T
bad 'species Qq.*scattering factor' refine unknown.xyz $T
finite refine unknown.xyz $T -refine_cycles 1 -refine_profile gaussian
bad 'nan.xyz: line 8.*finite' refine nan.xyz $T
bad 'infinite.xyz: line 8.*finite' refine infinite.xyz $T
bad 'negative.xyz: atom 1.*sigma' refine negative.xyz $T
bad 'doubt.xyz: atom 1.*confidence' refine doubt.xyz $T
bad 'refine: expected atoms, found none' refine empty.xyz $T
bad 'absent.xyz' refine absent.xyz $T
bad 'expected atoms, found MRC' refine made/simulated/projections.mrc $T

# too few views: no uncertainty is made up
size=$((4 * $(od -An -tu4 -N4 made/simulated/projections.mrc) * $(od -An -tu4 -j4 -N4 made/simulated/projections.mrc)))
for views in 1 2; do
  { head -c 8 made/simulated/projections.mrc; le32 $views; head -c 36 made/simulated/projections.mrc | tail -c 24; le32 $views
    head -c $((1024 + views * size)) made/simulated/projections.mrc | tail -c $((1024 + views * size - 40)); } >views$views.mrc
  grep -v '^#' made/simulated/angles.txt | head -n $views >views$views.txt
done
bad 'at least 2 images, found it in 1' refine plain.xyz -tilt_projections views1.mrc -tilt_angles views1.txt -tilt_pixel_angstrom 0.5
bad 'refine_probes.*3 views' refine plain.xyz -tilt_projections views2.mrc -tilt_angles views2.txt -tilt_pixel_angstrom 0.5
finite refine plain.xyz -tilt_projections views2.mrc -tilt_angles views2.txt -tilt_pixel_angstrom 0.5 -refine_probes 0 -refine_cycles 1
check "without uncertainties sigma is 0" awk 'NR > 2 && ($7 != 0 || $8 != 0 || $9 != 0) { bad = 1 } END { exit bad }' result/atoms.xyz

# trace: the same atoms from aet4d's HDF5, MRC and a MAT v5 file
good 1 convert made/volume.h5 v.mrc
read -r nx ny nz < <(od -An -tu4 -N12 v.mrc)
bytes=$((4 * nx * ny * nz))
{
  printf '%-124s' 'MATLAB 5.0 MAT-file'
  printf '\x00\x01IM'
  le32 14; le32 $((16 + 24 + 16 + 8 + bytes))
  le32 6; le32 8; le32 7; le32 0
  le32 5; le32 12; le32 $nx; le32 $ny; le32 $nz; le32 0
  le32 1; le32 3; printf 'vol\0\0\0\0\0'
  le32 7; le32 $bytes
  tail -c $bytes v.mrc
} >v.mat
finite trace made/volume.h5 -trace_species Fe,Pt
cp result/atoms.xyz own.xyz
finite trace v.mrc -trace_species Fe,Pt
check "atoms of the MRC file" same_atoms own.xyz result/atoms.xyz
finite trace v.mat -trace_species Fe,Pt -trace_pixel_angstrom 0.5
check "atoms of the MAT file" same_atoms own.xyz result/atoms.xyz
{ head -c 1024 v.mrc; head -c $bytes /dev/zero; } >zero.mrc
finite trace zero.mrc -trace_species Fe,Pt
check "nothing in an empty volume" [ "$(head -1 result/atoms.xyz)" = 0 ]
cp result/atoms.h5 none.h5
finite compare none.h5 plain.xyz
{ head -c 40 v.mrc; head -c 12 /dev/zero; tail -c +53 v.mrc; } >nopixel.mrc
bad 'trace_pixel_angstrom.*voxel size' trace nopixel.mrc -trace_species Fe,Pt
cp v.mrc nan.mrc
printf '\x00\x00\xc0\x7f' | dd of=nan.mrc bs=1 seek=3024 conv=notrunc status=none
bad 'nan.mrc.*finite' trace nan.mrc -trace_species Fe,Pt
bad 'plain.xyz: expected a volume' trace plain.xyz -trace_species Fe,Pt
bad 'absent.mrc' trace absent.mrc -trace_species Fe,Pt
bad 'trace_species.*1 to 8.*9' trace v.mrc -trace_species a,b,c,d,e,f,g,h,i
bad 'trace_species.*different.*Fe' trace v.mrc -trace_species Fe,Pt,Fe
bad 'trace_species.*letters' trace v.mrc -trace_species Ferrum.et.al

# compare: everything that is a list of atoms can be compared
for pair in "plain.xyz plain.xyz" "empty.xyz plain.xyz" "plain.xyz empty.xyz" "empty.xyz empty.xyz" "one.xyz plain.xyz" "twice.xyz plain.xyz" \
  "unknown.xyz plain.xyz" "outside.xyz plain.xyz"; do
  finite compare $pair
done
for align in none axes rigid; do
  finite compare one.xyz one.xyz -compare_align $align
  finite compare empty.xyz plain.xyz -compare_align $align
done
check "the recall of nothing" [ "$(number compare.recall result/summary.json)" = 0 ]
bad 'nan.xyz: line 8.*finite' compare plain.xyz nan.xyz
bad 'negative.xyz: atom 1.*sigma' compare negative.xyz plain.xyz
bad 'expected atoms, found MRC' compare v.mrc plain.xyz
bad 'absent.xyz' compare absent.xyz plain.xyz
bad 'compare_align' compare plain.xyz plain.xyz -compare_align sideways
bad 'compare_box.*6 numbers' compare plain.xyz plain.xyz -compare_box 1,2,3
finish
