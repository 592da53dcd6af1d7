#!/bin/sh
# The command line as users type it, through a real process: options_cli.sh PROBE [LAUNCHER…]. Every case without a launcher, a few with one.
probe=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/aet4d-cli-XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0

# gives STATUS TEXT ARGUMENTS…: the program ends with STATUS and says TEXT; an error is one line.
gives() {
  status=$1
  text=$2
  shift 2
  "$launch" "$probe" "$@" >"$folder/out" 2>"$folder/err" </dev/null
  found=$?
  if [ $found -ne "$status" ]; then
    echo "FAILED: $*: status $found, expected $status"; cat "$folder/err"; failures=$((failures + 1))
  elif ! cat "$folder/out" "$folder/err" | grep -qF -e "$text"; then
    echo "FAILED: $*: no \"$text\" in:"; cat "$folder/out" "$folder/err"; failures=$((failures + 1))
  elif [ "$status" -eq 2 ] && [ "$(grep -c '^aet4d: ' "$folder/err")" -ne 1 ]; then
    echo "FAILED: $*: not one line:"; cat "$folder/err"; failures=$((failures + 1))
  fi
}
printf '#!/bin/sh\nexec' >"$folder/launch"
for word in "$@"; do printf " '%s'" "$word" >>"$folder/launch"; done
printf ' "$@"\n' >>"$folder/launch"
chmod +x "$folder/launch"
launch=$folder/launch
mkdir "$folder/configs"
config=$folder/configs/a.yaml
cat >"$config" <<'YAML'
recon: {iterations: 7, method: genfire, support: mask.h5}
tilt:
  projections: data/x.mat:stack
  pixel_angstrom: 0.5
series:
  time_1: {label: 9min, minutes: 9, tilt: {projections: t1.mat}}
  time_12: {recon: {iterations: 3}}
YAML

gives 0 "recon_iterations=50" -series_time_3_tilt_projections x.mat -series_time_3_minutes 16
gives 2 "command line: unknown key recon_iteratoins; the nearest known key is recon_iterations" -recon_iteratoins 3
gives 2 "absent.yaml: no such file" "$folder/absent.yaml"
gives 0 "recon_iterations=9" "$config" -recon_iterations 9
if [ $# -gt 0 ]; then
  [ $failures -eq 0 ] && echo "all as expected"
  exit $((failures > 0))
fi
gives 0 "recon_iterations=50"
gives 0 "recon_iterations=7" "$config"
gives 0 "tilt_projections=$folder/configs/data/x.mat:stack" "$config"
gives 0 "recon_iterations=9" -recon_iterations 9 "$config"
gives 0 "recon_iterations=9" --recon_iterations 9 "$config"
gives 0 "recon_method=genfire" -recon_iterations 9 "$config"
gives 0 "tilt_projections=x.mat" "$config" -tilt_projections x.mat
gives 0 "tilt_angle_deg=-5" -tilt_angle_deg -5
gives 0 "tilt_angle_deg=-.5" -tilt_angle_deg -.5
gives 0 "trace_rotation_deg=-1,-2,-3" -trace_rotation_deg -1,-2,-3
gives 0 "recon_iterations=7" -quiet "$config"
gives 0 "quiet=true" -quiet "$config"
gives 0 "quiet=false" "$config" -quiet no
gives 0 "resume=true" -resume
gives 0 "recon_method=resire" -ksp_type cg -log_view :"$folder"/log.txt -refine_tao_max_it 3
gives 2 "command line: unknown key iterations; the nearest known key is recon_iterations" -iterations 3
gives 2 "unknown key series_time_3_tilt_projection; the nearest known key is series_time_3_tilt_projections" -series_time_3_tilt_projection x
gives 2 "unknown key seires_time_3_label" -seires_time_3_label x
gives 2 "unknown key recon_iterations=3" -recon_iterations=3
gives 2 "command line: recon_iterations: expected 1 to 100000, found 0" -recon_iterations 0
gives 2 "command line: recon_iterations: expected a whole number, found 2.5" -recon_iterations 2.5
gives 2 "command line: recon_iterations: expected a whole number, found \"many\"" -recon_iterations many
gives 2 "command line: recon_iterations: expected a whole number, found \"\"" -recon_iterations
gives 2 "command line: tilt_pixel_angstrom: expected 0.001 to 1000 Å, found -1" -tilt_pixel_angstrom -1
gives 2 "command line: tilt_pixel_angstrom: expected a number, found \"nan\"" -tilt_pixel_angstrom nan
gives 2 "command line: tilt_pixel_angstrom: expected a number, found \"inf\"" -tilt_pixel_angstrom inf
gives 2 "command line: trace_rotation_deg: expected -180 to 180 degree, found -inf" -trace_rotation_deg 1,-inf
gives 2 "command line: recon_method: expected one of resire|genfire, found \"sart\"" -recon_method sart
gives 2 "command line: recon_extended: expected true or false, found \"2\"" -recon_extended 2 -quiet
gives 2 "command line: trace_rotation_deg: expected -180 to 180 degree, found 181" -trace_rotation_deg 1,181
gives 2 "series_time_3_minutes: expected a number, found \"soon\"" -series_time_3_minutes soon
printf 'recon:\n  iterations: 3\n  methud: resire\n' >"$folder/b.yaml"
gives 2 "b.yaml:3: unknown key recon_methud; the nearest known key is recon_method" "$folder/b.yaml"
printf 'recon:\n  iterations: -3\n' >"$folder/b.yaml"
gives 2 "b.yaml:2: recon_iterations: expected 1 to 100000, found -3" "$folder/b.yaml"
gives 0 "recon_iterations=4" "$folder/b.yaml" -recon_iterations 4
gives 2 "expected a file, found a folder" "$folder"
# a stage's key does not depend on the order in which the modules registered their tables
gives 0 "stage key " "$config"
key=$(grep '^stage key' "$folder/out")
export AET_PROBE_REVERSE=1
gives 0 "$key" "$config"
[ $failures -eq 0 ] && echo "all as expected"
exit $((failures > 0))
