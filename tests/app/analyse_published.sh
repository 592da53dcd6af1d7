#!/bin/bash
# analyse on published models: as many nuclei as were published, with the published cut-offs; the other models go through.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
data=$AET_SHARED_DATA/atoms
if [ ! -d "$data/hea" ]; then
  echo "skipped: $data/hea is not here"
  exit 77
fi

while read -r particle cutoff nuclei; do
  good "$RANKS" analyse "$data/hea/Final_atomic_model_HEA_${particle}_nanoparticle.mat" -analyse_order boo -analyse_neighbour_cutoff_angstrom "$cutoff" \
    -output "hea$particle" -pictures false
  check "HEA $particle: $nuclei nuclei, found $(number analyse.nuclei "hea$particle/summary.json")" \
    [ "$(number analyse.nuclei "hea$particle/summary.json")" = "$nuclei" ]
done <<END
3 3.87161795 33
25 3.80866385 56
END
for model in "$data"/pdpt/*.xyz; do
  [ -s "$model" ] && LIMIT=300 good "$RANKS" analyse "$model" -output pdpt -pictures false
done
finish
