#!/bin/bash
# info and convert: arrays and atoms go from format to format and come back with their numbers and their scale.
. "$SOURCE/tests/app/lib.sh"

# a line of an XYZ file without what another writer may print otherwise
atoms() { awk 'NR > 2 { printf "%s %.4f %.4f %.4f\n", $1, $2, $3, $4 }' "$1" | sort; }

cat >model.xyz <<'END'
3
three atoms
Fe 1.5 -2.25 0.125
Pt -3 4 5.0625
Fe 0 0 -1
END
good "$RANKS" convert model.xyz model.h5
good "$RANKS" info model.h5
check "info counts atoms by species" grep -Eq '3 atoms: .*Fe 2' out
check "info names the program that wrote the file" grep -q 'made by aet4d' out
good "$RANKS" convert model.h5 back.xyz
check "atoms come back" bash -c "$(declare -f atoms); diff <(atoms model.xyz) <(atoms back.xyz)"
good 1 info model.xyz
check "info of XYZ" grep -q '3 atoms: Fe 2 Pt 1' out

good 1 simulate -simulate_shape sphere -simulate_diameter_angstrom 12 -output made -quiet
stack=made/simulated/projections.mrc
good "$RANKS" info $stack
check "info of a tilt series" grep -q 'MRC' out
good "$RANKS" info made/simulated/truth.h5
check "info of atoms" grep -q 'EMD\|HDF5' out
good "$RANKS" convert $stack one.mrc
good "$RANKS" convert one.mrc two.tif
good "$RANKS" convert two.tif three.h5
good "$RANKS" convert three.h5 four.mrc
# the labels of a stack and of a volume differ; the numbers are behind the header of 1024 bytes
check "MRC, TIFF, HDF5, MRC: the same numbers" bash -c "cmp <(tail -c +1025 one.mrc) <(tail -c +1025 four.mrc)"
good 1 info three.h5
check "XDMF beside the volume" [ -s three.xdmf ]
pixel=$(sed -n 's/.*pixel \([0-9.]*\) Å.*/\1/p' out | head -1)
good 1 info four.mrc
check "the pixel size stays ($pixel)" grep -q "pixel $pixel Å" out

# atoms in a box, and back
for name in POSCAR $([ "$RANKS" = 1 ] && echo model.vasp model.cif model.lmp); do
  good "$RANKS" convert model.h5 $name
  good "$RANKS" convert $name boxed.xyz
  check "$name: the atoms, moved by half the empty space from the lowest corner" bash -c "$(declare -f atoms); diff <(atoms model.xyz |
    awk '{ printf \"%s %.4f %.4f %.4f\\n\", \$1, \$2 + 9, \$3 + 8.25, \$4 + 7 }' | sort) <(atoms boxed.xyz)"
done
# parts of a particle
printf '4\nProperties=species:S:1:pos:R:3:grain:I:1\nX1 0 0 0 1\nX2 3 0 0 2\nX1 0 3 0 1\nX2 9 9 9 2\n' >parts.xyz
good "$RANKS" convert parts.xyz cut.xyz -convert_cut '[sphere, 0, 0, 0, 3.5]' -convert_species '[X1:Fe, X2:Pt]'
check "a sphere" [ "$(atoms cut.xyz | tr '\n' ' ')" = "Fe 0.0000 0.0000 0.0000 Fe 0.0000 3.0000 0.0000 Pt 3.0000 0.0000 0.0000 " ]
good "$RANKS" convert parts.xyz cut.xyz -convert_cut '[box, -1, 1, 1, 4, -1, 1]'
check "a box" [ "$(atoms cut.xyz)" = "X1 0.0000 3.0000 0.0000" ]
good "$RANKS" convert parts.xyz cut.xyz -convert_cut '[grain, 2]' -convert_species '[X1:Fe, X2:Fe]'
check "a grain, two species made one" [ "$(atoms cut.xyz | tr '\n' ' ')" = "Fe 3.0000 0.0000 0.0000 Fe 9.0000 9.0000 9.0000 " ]
good "$RANKS" convert parts.xyz cut.xyz -convert_atoms_max 2
check "the innermost" [ "$(head -1 cut.xyz)" = 2 ]
refused() {
  local pattern=$1
  shift
  aet "$RANKS" convert "$@"
  check "status 2 of $*" [ $? = 2 ]
  check "one line /$pattern/ of $*: $(cat err)" sh -c '[ "$(wc -l <err)" = 1 ] && grep -Eq "$1" err' sh "$pattern"
}
refused 'convert_species' parts.xyz cut.cif
if [ "$RANKS" = 1 ]; then
refused 'no such species' parts.xyz cut.cif -convert_species '[Fe:Pt]'
refused 'OLD:NEW' parts.xyz cut.cif -convert_species '[Fe]'
refused '4 numbers behind sphere' parts.xyz cut.xyz -convert_cut '[sphere, 1]'
refused 'no atom is inside' parts.xyz cut.xyz -convert_cut '[sphere, 50, 0, 0, 1]'
refused 'column nucleus' parts.xyz cut.xyz -convert_cut '[nucleus, 1]'
refused 'sphere, box' parts.xyz cut.xyz -convert_cut '[cone, 1]'
fi

aet "$RANKS" convert model.xyz model.mat
check "a format that is not written: status 2" [ $? = 2 ]
check "and one line" [ "$(wc -l <err)" = 1 ]
aet "$RANKS" convert missing.h5 x.mrc
check "a missing file: status 2" [ $? = 2 ]
check "that is named" grep -q missing.h5 err
check "and nothing is written" [ ! -e x.mrc ]
aet "$RANKS" info .
check "a folder: status 2" [ $? = 2 ]
check "no temporary is left" bash -c '! ls *.tmp 2>/dev/null'
finish
