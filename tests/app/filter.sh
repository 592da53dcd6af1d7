#!/bin/bash
# Fourier filtering is flagged, the unfiltered volume is kept and traced, and the difference is told.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
options="-output one -trace_species [Fe,Pt] -recon_iterations 30 -pictures false -refine_enabled false"
unfiltered="one/volume_unfiltered.h5 one/volume_unfiltered.xdmf one/atoms_unfiltered.h5 one/atoms_unfiltered.xyz"
executed() { grep -Ex 'prepare|reconstruct|trace|refine' out | tr '\n' ' '; }
all_there() { for f in $unfiltered; do [ -s "$f" ] || return 1; done; }
none_there() { for f in $unfiltered; do [ ! -e "$f" ] || return 1; done; }

good 1 simulate -output one -simulate_diameter_angstrom 14 -simulate_views 31 -simulate_pixel_angstrom 0.45 -simulate_dose 3000 -seed 3
good 2 run $options
check "without a filter no unfiltered twin" none_there
cp one/atoms.xyz plain.xyz
for filter in bragg wiener; do
  good 2 run $options -recon_filter $filter
  check "$filter: the unfiltered volume and its atoms are kept" all_there
  check "$filter: without the filter the atoms are those of an unfiltered run" same_atoms plain.xyz one/atoms_unfiltered.xyz
  check "$filter: the volume says so" grep -q "Fourier filter $filter" one/volume.h5
  check "$filter: the unfiltered does not" [ -z "$(grep -c "Fourier filter $filter" one/volume_unfiltered.h5 | grep -v '^0')" ]
  check "$filter: the summary says so" grep -q "\"recon.filter\":[[:space:]]*\"$filter\"" one/summary.json
  check "$filter: kept fraction" holds "(x = $(number recon.filter_kept_fraction one/summary.json) + 0) > 0 && x < 1"
  check "$filter: partners add up" holds "$(number trace.count one/summary.json) - $(number trace.filter_only one/summary.json) == \
    $(number trace.unfiltered_count one/summary.json) - $(number trace.unfiltered_only one/summary.json)"
  check "$filter: atoms of the unfiltered volume" holds "$(number trace.unfiltered_count one/summary.json) == $(($(wc -l <plain.xyz) - 2))"
  check "$filter: the log says so" grep -q 'atoms without the filter' one/run.log
done
good 3 run $options -recon_filter wiener
check "an unchanged run executes nothing" [ -z "$(executed)" ]
rm one/volume_unfiltered.h5
good 1 run $options -recon_filter wiener
check "a missing unfiltered volume is made again" [ "$(executed)" = "reconstruct trace " -o "$(executed)" = "reconstruct " ]
check "all are there" all_there
good 1 trace one/volume.h5 -output two -trace_species [Fe,Pt] -pictures false
check "a trace of the file says what it went through" grep -q 'Fourier filter wiener' out
good 2 run $options
check "the twins of another run go" none_there
check "and its numbers" [ -z "$(number trace.filter_only one/summary.json)$(number recon.filter_kept_fraction one/summary.json)" ]
finish
