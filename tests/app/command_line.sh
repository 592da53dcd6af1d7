#!/bin/bash
# Words of the program: usage, help, version, mistakes on the command line, the committed reference of all options.
. "$SOURCE/tests/app/lib.sh"

# one_line PATTERN ARGUMENTS...: status 2, one line on stderr that matches, nothing on stdout
one_line() {
  local pattern=$1 status
  shift
  aet "$RANKS" "$@"
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*"
  [ "$(wc -l <err)" = 1 ] && grep -q "^aet4d: " err || fail "expected one line, found $(wc -l <err): $*: $(head -3 err)"
  grep -Eq -- "$pattern" err || fail "expected /$pattern/, found $(cat err): $*"
}

aet 1
check "no command: status 2" [ $? = 2 ]
check "no command: usage on stderr" grep -q "commands:" err
good 1 -version
check "version" grep -Eq '^aet4d [0-9]+\.[0-9]+\.[0-9]+ \(' out
good 1 -help
for key in output tilt_projections recon_iterations trace_species compare_cutoff_angstrom simulate_dose; do
  check "-help lists $key" grep -q -- "-$key " out
done
for command in run prepare reconstruct trace simulate compare info convert; do
  check "-help lists $command" grep -Eq "^  $command " out
done
good 1 compare -help
check "the help of compare has its own options" grep -q -- -compare_cutoff_angstrom out
check "and no others" bash -c '! grep -q -- -recon_iterations out'

one_line 'nearest is run ' rnu
one_line 'nearest is simulate ' simulat x.yaml
one_line 'recon_iteration;.*recon_iterations' run -recon_iteration 3
one_line 'recon_oversampling.*expected.*1 to 8.*found' run -recon_oversampling 100
one_line 'recon_method.*expected.*genfire.*found' run -recon_method magic
one_line 'recon_iterations.*expected' run -recon_iterations many
one_line 'tilt_pixel_angstrom.*expected.*found' run -tilt_pixel_angstrom -0.3
printf 'resume: perhaps\n' >truth.yaml
one_line 'resume.*expected' run truth.yaml
one_line 'found the argument "perhaps"' run -resume perhaps
one_line 'expected.*FOUND TRUTH' compare one.xyz
one_line 'found the argument "stray"' run stray
one_line 'missing.yaml' run missing.yaml
mkdir -p folder.yaml
one_line 'folder.yaml' run folder.yaml
printf 'recon:\n  method: resire\n iterations: [\n' >broken.yaml
one_line 'broken.yaml:3' run broken.yaml
printf 'recon:\n  metod: resire\n' >mistyped.yaml
one_line 'mistyped.yaml.*recon_metod.*recon_method' run mistyped.yaml
one_line 'tilt_projections' run -output fresh
# a true/false option does not swallow the file behind it
printf 'simulate:\n  shape: pyramid\n' >shape.yaml
one_line 'simulate_shape' simulate -quiet shape.yaml

good 1 reference
check "configs/reference.yaml is what \`aet4d reference\` writes" cmp -s out "$SOURCE/configs/reference.yaml"
finish
