#!/bin/bash
# The annealing series of 23,000 atoms and the series in which nothing happens, atoms given with 20 pm of noise, 1 % misnamed, 1 % lost: every
# scripted event with a probability of at least 0.8, at most one spurious event in ten, nothing claimed of the null series.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
LIMIT=3000
for script in standard null; do
  for seed in ${SEEDS:-6}; do
    here=$script.$seed
    good 1 simulate "$SOURCE/configs/annealing.yaml" -simulate_series_script $script -seed $seed -simulate_views 1 -simulate_pixel_angstrom 2 \
      -output $here -quiet
    for time in 9min 16min 26min; do
      awk -v seed="$seed${time%min}" 'function g() { return 0.2 * sqrt(-2 * log(1 - rand())) * cos(6.28318530718 * rand()) }
        BEGIN { srand(seed) } FNR <= 2 || rand() < 0.01 { next }
        { s = $1; if (rand() < 0.01) s = s == "Fe" ? "Pt" : "Fe"; row[++n] = s " " $2 + g() " " $3 + g() " " $4 + g() }
        END { print n; print "measured"; for (i = 1; i <= n; i++) print row[i] }' $here/simulated/$time/truth.xyz >$here/$time.xyz
    done
    good "$RANKS" track $here/9min.xyz $here/16min.xyz $here/26min.xyz -track_minutes '[9,16,26]' -output $here/tracked -quiet
    read -r scripted found least events spurious claimed worst <<<"$(awk -v probability=0.8 -f "$SOURCE/tests/app/track_score.awk" \
      $here/simulated/nuclei.csv $here/simulated/events.csv $here/tracked/nuclei.csv $here/tracked/events.csv)"
    echo "$script, seed $seed: $found of $scripted scripted events, the least at $least; $events events, $spurious spurious, $claimed of them at 0.8;" \
      "worst $worst; core $(number series.core_fraction $here/tracked/summary.json), $(number series.core_rmsd_pm $here/tracked/summary.json) pm;" \
      "$(number series.seconds $here/tracked/summary.json) s"
    check "$script $seed: every scripted event" [ "$found" = "$scripted" ]
    check "$script $seed: at most one spurious event in ten" holds "10 * $spurious <= $events"
    check "$script $seed: nothing claimed that is not there" holds "$claimed == 0"
    [ $script = standard ] || check "$seed: no growth or dissolution" holds "$worst <= 0.8"
  done
done
finish
