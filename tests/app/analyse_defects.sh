#!/bin/bash
# analyse on simulated particles with planted defects, displaced by 20 pm: all are told, at their places, and none is invented.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock

# near KIND A B: as many of a kind in both lists, each of A within 1.5 Å of one of B
near() {
  awk -F, -v kind="$1" 'FNR == 1 { file++ } $1 == kind && file == 1 { n++; x[n] = $3; y[n] = $4; z[n] = $5 }
    $1 == kind && file == 2 { m++; u[m] = $3; v[m] = $4; w[m] = $5 }
    END { for (i = 1; i <= n; i++) { found = 0
        for (j = 1; j <= m; j++) if ((x[i] - u[j]) ^ 2 + (y[i] - v[j]) ^ 2 + (z[i] - w[j]) ^ 2 < 2.25) found = 1
        if (!found) bad = 1 }
      exit bad || n != m || !n }' "$2" "$3"
}

body="-simulate_shape sphere -simulate_diameter_angstrom 46 -simulate_lattice_angstrom 3.85 -simulate_displacement_angstrom 0.2 -simulate_views 3"
good 1 simulate $body -output ordered -simulate_order l10 -simulate_vacancies 3 -simulate_antisites 5 -simulate_antiphase 0,0,1,2
good "$RANKS" analyse ordered/simulated/truth.h5 -output ordered -pictures false
for kind in vacancy antisite; do
  check "every $kind" near $kind ordered/simulated/defects.csv ordered/defects.csv
done
check "one antiphase boundary" [ "$(cut -d, -f1 ordered/defects.csv | grep -c antiphase_boundary)" = 1 ]
check "nothing else" [ "$(wc -l <ordered/defects.csv)" = 10 ]
check "two domains" [ "$(number analyse.domains ordered/summary.json)" = 2 ]

good 1 simulate $body -output twinned -simulate_twins 3
good "$RANKS" analyse twinned/simulated/truth.h5 -output twinned -pictures false
check "a twin and nothing else" [ "$(cut -d, -f1 twinned/defects.csv | tail -n +2)" = twin ]
check "two grains" [ "$(number analyse.grains twinned/summary.json)" = 2 ]
check "by 60 degrees" holds "$(awk -F, 'NR == 2 { print $15 }' twinned/defects.csv) > 59.5"

good 1 simulate $body -output screw -simulate_dislocation_burgers 0.5,0.5,0 -simulate_dislocation_line 1,1,0
good "$RANKS" analyse screw/simulated/truth.h5 -output screw -pictures false
check "a dislocation and nothing else: $(cut -d, -f1 screw/defects.csv | tr '\n' ' ')" [ "$(cut -d, -f1 screw/defects.csv | tail -n +2)" = dislocation ]
finish
