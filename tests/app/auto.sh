#!/bin/bash
# `recon: auto`: settings chosen by a scan, the same on any number of ranks and groups; a stage that resumes like any other.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
good 1 simulate -output made -simulate_diameter_angstrom 9 -simulate_views 25 -simulate_pixel_angstrom 0.5 -simulate_dose 2e4 -seed 3
files="projections: made/simulated/projections.mrc, angles: made/simulated/angles.txt"
printf 'recon: auto\ntilt: {%s}\n' "$files" >word.yaml
printf 'recon: {auto: true, method: resire}\ntilt: {%s}\n' "$files" >map.yaml
small="-recon_oversampling 2 -recon_gridding_distance 0.5"

# table FOLDER: scan.csv without the seconds
table() { cut -d, -f1-4,6 "$1/scan.csv"; }

good 1 reconstruct word.yaml -output one $small
check "head of the table" [ "$(head -1 one/scan.csv)" = "settings,iterations,r1,rfree,seconds,chosen" ]
check "one line is chosen" [ "$(grep -c ',1$' one/scan.csv)" = 1 ]
check "both methods were tried" [ "$(grep -c 'method=genfire' one/scan.csv)" -gt 3 -a "$(grep -c 'method=resire' one/scan.csv)" -gt 3 ]
check "the log shows the table" grep -q '^ \* .*method=' one/run.log
for key in rfree r1 iterations candidates views_left_out seconds; do
  check "summary has recon.auto.$key" [ -n "$(number recon.auto.$key one/summary.json)" ]
done
check "the settings are told" grep -q '"recon.auto.settings":.*"method=' one/summary.json
check "R_free is the scan's" holds "$(number recon.rfree one/summary.json) == $(number recon.auto.rfree one/summary.json)"
if [ "$(grep -c '"recon.auto.settings":.*"method=resire' one/summary.json)" = 1 ]; then
  check "the volume has the chosen iterations" holds "$(number recon.iterations one/summary.json) == $(number recon.auto.iterations one/summary.json)"
fi

for groups in 0 1 "$RANKS"; do
  good "$RANKS" reconstruct word.yaml -output many -resume false -groups $groups $small
  check "the same table on $RANKS ranks, groups $groups" [ "$(table one)" = "$(table many)" ]
  check "the same R1" holds "(x = $(number recon.r1 one/summary.json) / $(number recon.r1 many/summary.json) - 1) < 1e-5 && x > -1e-5"
done

good "$RANKS" reconstruct word.yaml -output many -groups 1 $small
check "done once, skipped the next time, groups do not matter" [ "$(grep -c 'unchanged, skipped' out)" = 2 ]
good "$RANKS" reconstruct map.yaml -output many $small
check "another scan is another stage" grep -q '^reconstruct$' out
check "of the method that is set" [ "$(grep -c 'method=resire' many/scan.csv)" -gt 5 -a "$(grep -c genfire many/scan.csv)" = 0 ]
good "$RANKS" reconstruct map.yaml -output many -recon_auto false $small
check "without a scan no table stays" [ ! -e many/scan.csv ]
check "and no number of it" [ -z "$(number recon.auto.rfree many/summary.json)" ]

# refused TEXT ARGUMENTS...: one line that says so
refused() {
  local text=$1
  shift
  aet "$RANKS" "$@"
  check "status 2 of: $*" [ $? = 2 ]
  check "one line: $text" [ "$(wc -l <err)" = 1 ]
  check "it says $text" grep -Eq "$text" err
}
refused "groups: expected 1 to $RANKS .*found 9" reconstruct word.yaml -output many -groups 9 $small
printf 'recon: autos\ntilt: {%s}\n' "$files" >typo.yaml
refused 'typo.yaml:1: unknown key recon' reconstruct typo.yaml -output many
finish
