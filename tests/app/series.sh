#!/bin/bash
# A series of times by one command: a folder of each, side by side on groups of ranks, the same on any number of them; resumed, refused, ended.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
cat >series.yaml <<END
simulate: {shape: sphere, diameter_angstrom: 24, composition: 0.4, views: 9, pixel_angstrom: 0.8,
  series: {labels: [a, b, c], minutes: [1, 2, 4], script: "null", nucleus_angstrom: 3}}
recon_iterations: 12
trace_species: [Fe, Pt]
refine_enabled: false
pictures: false
series_track: false
END
cat >times.yaml <<END
series:
  time_1: {label: a, minutes: 1}
  time_2: {label: b, minutes: 2, recon: {iterations: 9}}
  time_3: {label: c, minutes: 4}
END
# fresh NAME: an output folder with the measurements
fresh() { rm -rf "$1" && mkdir "$1" && cp -r made/simulated "$1"; }
executed() { grep -Ex '(\[[abc]\] )?(prepare|reconstruct|trace)' out | tr -d '[]' | sort | tr '\n' ','; }

good 1 simulate -output made series.yaml
cp -r made one
good 1 run -output one series.yaml times.yaml
for t in a b c; do
  for file in tilt.h5 volume.h5 atoms.h5 atoms.xyz run.log summary.json; do check "$t/$file" test -s one/$t/$file; done
  check "the summary above has $t" [ "$(number times.$t.trace.count one/summary.json)" = "$(number trace.count one/$t/summary.json)" ]
  check "$t has atoms" holds "$(number trace.count one/$t/summary.json) > 300"
done
check "a key of one time is of that time" [ "$(number recon.iterations one/a/summary.json).$(number recon.iterations one/b/summary.json)" = 12.9 ]
check "a log of each" [ "$(grep -c '^reconstruct$' one/a/run.log).$(grep -c '^reconstruct$' one/run.log)" = 1.0 ]
check "a time is named on every line of it" grep -q '^\[b\]   9/9\|^\[b\] reconstruct' out

cp one/b/atoms.xyz kept.xyz
# by itself a time is the same
good "$RANKS" run -output alone series.yaml -tilt_projections made/simulated/c/projections.mrc -tilt_angles made/simulated/c/angles.txt
check "a time of a series is as by itself" cmp alone/atoms.xyz one/c/atoms.xyz
if [ "$RANKS" -gt 1 ]; then
  for groups in 2 "$RANKS"; do
    fresh many
    good "$RANKS" run -output many series.yaml times.yaml -groups $groups
    check "$groups groups" grep -q "^3 times on $groups group" out
    for t in a b c; do check "$t is the same in $groups groups" cmp many/$t/atoms.xyz one/$t/atoms.xyz; done
    check "what $t was made from does not show the groups" [ "$(number times.c.recon.r1 many/summary.json)" != "" ]
  done
  check "inputs of one time only" bash -c '! grep -aq simulated/a/projections many/c/volume.h5 && grep -aq simulated/c/projections many/c/volume.h5'
fi
good "$RANKS" run -output one series.yaml times.yaml
check "unchanged: nothing is executed" [ -z "$(executed)" ]
rm one/b/volume.h5
good "$RANKS" run -output one series.yaml times.yaml
check "what is missing is made again" [ "$(executed)" = "b reconstruct," ]
good "$RANKS" run -output one series.yaml times.yaml -series_time_3_recon_iterations 8
check "a changed time alone is made again" [ "$(executed)" = "c reconstruct,c trace," ]
good "$RANKS" reconstruct -output nothing -preflight series.yaml times.yaml -series_time_1_tilt_projections made/simulated/a/projections.mrc \
  -series_time_2_tilt_projections made/simulated/a/projections.mrc -series_time_3_tilt_projections made/simulated/a/projections.mrc \
  -tilt_angles made/simulated/a/angles.txt
check "preflight tells every time and writes nothing" [ "$(grep -c '^\[[abc]\] reconstruct .*GiB' out).$(ls -d nothing 2>/dev/null)" = 3. ]

# bad PATTERN ARGUMENTS...: one line, status 2, before anything is written
bad() {
  local pattern=$1 status
  shift
  aet "$RANKS" run -output refused series.yaml "$@"
  status=$?
  checks=$((checks + 1))
  [ $status = 2 ] || fail "status $status, expected 2: $*: $(head -3 err)"
  [ "$(wc -l <err)" = 1 ] && grep -Eq -- "$pattern" err || fail "expected one line /$pattern/, found $(head -5 err): $*"
  [ ! -e refused/a ] || fail "begun in spite of $*"
}
fresh refused
P=made/simulated/a/projections.mrc
bad 'series_time_2_minutes: expected more than the 1 of time_1.*found 0.5' times.yaml -series_time_2_minutes 0.5
bad 'series_time_2_minutes: needed' -series_time_1_label a -series_time_1_minutes 1 -series_time_2_label b
bad 'series_time_3_label: .*a twice' times.yaml -series_time_3_label a
bad 'series_time_1_label: needed' -series_time_1_minutes 1 -series_time_2_label b -series_time_2_minutes 2
bad 'series_time_2_label: .*b/c' times.yaml -series_time_2_label b/c
bad 'series_time_5: .*without gaps' times.yaml -series_time_5_label e
bad 'at least two times' -series_time_1_label a -series_time_1_minutes 1
bad 'numbered 1, 2.*found 02' times.yaml -series_time_02_label e
bad 'series_time_4_tilt_projections: .*FILE of the images of d' times.yaml -series_time_4_label d -series_time_4_minutes 9
bad 'b: absent.mrc: .*No such file' times.yaml -series_time_2_tilt_projections absent.mrc -series_time_2_tilt_angles made/simulated/b/angles.txt
bad 'tilt_projections: expected the measurement of each time' times.yaml -tilt_projections $P
bad 'series_time_1_output: expected output for the whole series' times.yaml -series_time_1_output elsewhere
bad 'unknown key series_time_1_tilt_projektions' times.yaml -series_time_1_tilt_projektions $P
head -c 4000 $P >short.mrc
bad 'c: .*short.mrc' times.yaml -series_time_3_tilt_projections short.mrc -series_time_3_tilt_angles made/simulated/c/angles.txt
good 1 simulate -output wide series.yaml -simulate_pixel_angstrom 0.824 -simulate_views 3
W="-series_time_2_tilt_projections wide/simulated/b/projections.mrc -series_time_2_tilt_angles wide/simulated/b/angles.txt"
bad 'series_time_2_tilt_pixel_angstrom: expected the 0.8 .* of a within .*found 0.824 .*3.0 %' times.yaml $W -series_pixel_tolerance_percent 2
good "$RANKS" reconstruct -output refused series.yaml times.yaml $W -recon_method wbp
check "a small difference is told" grep -q '^b: pixel 0.824 .*3.00 % from that of a' out
bad_groups=$((RANKS + 1))
rm -rf refused/[abc]
bad "groups: expected 1 to $RANKS.*found $bad_groups" times.yaml -groups $bad_groups

if [ "$RANKS" -gt 1 ]; then # memory: as many groups as fit, never more
  good "$RANKS" run -output refused series.yaml times.yaml -preflight
  need=$(awk '$2 == "reconstruct" && $7 > m { m = $7 } END { print m }' out)
  check "need of a time in a group: $need GiB" holds "$need > 0"
  bad 'groups: expected times that fit side by side into .*found .* GiB for 3 groups' times.yaml -groups 3 -memory_limit "$(awk "BEGIN { print 2 * $need }")"
  good "$RANKS" run -output refused series.yaml times.yaml -preflight -memory_limit "$(awk "BEGIN { print 2 * $need }")"
  check "fewer groups where no more fit" grep -q '^3 times on [12] group' out
fi

# one time fails after the work has begun: one line with its label; the other groups come to their end
fresh hurt
printf '\x00\x00\xc0\x7f' | dd of=hurt/simulated/b/projections.mrc bs=1 seek=$(($(stat -c %s $P) - 400)) conv=notrunc status=none
aet "$RANKS" run -output hurt series.yaml times.yaml -groups "$RANKS"
check "a time that fails: status 2" [ $? = 2 ]
check "in one line with its label" [ "$(wc -l <err)" = 1 -a "$(grep -c '^aet4d: b: .*projections.mrc.*finite' err)" = 1 ]
[ "$RANKS" -lt 3 ] || check "the other times are there" [ -s hurt/a/atoms.xyz -a -s hurt/c/atoms.xyz ]
cp made/simulated/b/projections.mrc hurt/simulated/b/
good "$RANKS" run -output hurt series.yaml times.yaml
check "mended, it is the same" cmp hurt/b/atoms.xyz kept.xyz

# together, at a low dose: the same on any number of ranks; atoms nearer to the truth, species of the shell's nuclei left alone
if [ "$RANKS" = 2 ]; then
  rm -rf together apart
  noisy="-simulate_diameter_angstrom 42 -simulate_series_script standard -simulate_series_nucleus_angstrom 4 -simulate_series_core_diameter_angstrom 22
    -simulate_views 25 -simulate_pixel_angstrom 0.5 -simulate_dose 6e3 -recon_iterations 20 -series_time_2_recon_iterations 20
    -recon_rfree_fraction 0.12 -series_track true -track_replicas 20 -track_shuffles 5 -series_joint_weights 0.1"
  LIMIT=500
  good 1 simulate -output together series.yaml $noisy
  cp -r together apart
  good 2 run -output together series.yaml times.yaml $noisy
  core=$(number series.core_rmsd_pm together/summary.json)
  good 2 run -output together series.yaml times.yaml $noisy -series_joint true
  good 1 run -output apart series.yaml times.yaml $noisy -series_joint true
  check "the core's r.m.s.d. falls from $core pm" holds "$(number series.core_rmsd_pm together/summary.json) < 0.9 * $core"
  for t in a b c; do
    S=together/$t/joint/summary.json
    check "R_free of $t: $(number joint.rfree_before $S), pulled $(number joint.rfree $S), shuffled $(number joint.rfree_null $S)" \
      holds "$(number joint.rfree $S) < $(number joint.rfree_before $S) && $(number joint.rfree $S) < $(number joint.rfree_null $S)"
    check "together, $t is the same on 1 and 2 ranks" cmp apart/$t/joint/atoms.xyz together/$t/joint/atoms.xyz
    for kind in . joint; do
      good 1 compare together/$t/$kind/atoms.h5 together/simulated/$t/truth.h5
      awk '$1 == "recall" && $2 > 0 { r = $2 } $1 == "r.m.s.d." { d = $2 } /^species agreement/ { s = $3 } END { print r, d, s }' out
    done >told
    cat told
    awk '{ r[NR] = $1; d[NR] = $2; s[NR] = $3 } END { exit !(r[2] > r[1] && d[2] < 0.85 * d[1] && s[2] > 0.999) }' told
    check "with the others $t is nearer to the truth" [ $? = 0 ]
  done
  good 2 run -output together series.yaml times.yaml $noisy -series_joint true
  check "unchanged, it is not made again" [ "$(grep -c 'joint: unchanged, skipped' out)" = 3 ]
  check "nor tracked" grep -q '^track: unchanged, skipped' out
  for file in nuclei.csv events.csv; do check "$file does not depend on ranks and groups" cmp together/$file apart/$file; done
  unset LIMIT
fi
bad 'series_joint: expected recon_method resire.*found genfire' times.yaml -series_joint true -recon_method genfire

# an end that is asked for, on one rank of one group
if [ -n "${KILLER:-}" ] && [ "$RANKS" -gt 1 ]; then
  fresh asked
  AET_KILL_RANK=0 AET_KILL_SIGNAL=15 AET_KILL_FILE=tilt.h5 AET_KILL_RENAME=1 timeout -k 5 90 "$MPIEXEC" -q -n "$RANKS" \
    env LD_PRELOAD="$KILLER" "$AET4D" run -output asked series.yaml times.yaml -groups 2 >out 2>err </dev/null
  check "ended on request: status 85" [ $? = 85 ]
  check "told with the label" grep -q '^[abc]: ended on request' out
  good "$RANKS" run -output asked series.yaml times.yaml
  for t in a b c; do check "gone on, $t is the same" cmp asked/$t/atoms.xyz many/$t/atoms.xyz; done
fi
finish
