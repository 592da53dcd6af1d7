#!/bin/bash
# Denoising by the program: off unless asked for, with the noise measured or given, the same on any number of ranks; and nearer to the images without
# noise than those that were measured.
. "$SOURCE/tests/app/lib.sh"
rm -rf ./* .lock
specimen="-simulate_diameter_angstrom 18 -simulate_views 5 -simulate_pixel_angstrom 0.4 -seed 3"
good 1 simulate -output clean $specimen -simulate_dose 0
good 1 simulate -output noisy $specimen -simulate_dose 2000
images="-tilt_projections noisy/simulated/projections.mrc -tilt_angles noisy/simulated/angles.txt"

# values FILE: the images of a file as text, one number per line
values() { "$AET4D" convert "$1" "$1.mrc" >/dev/null && od -An -v -t f4 -w4 -j 1024 "$1.mrc"; }
# distance FILE FILE: sum of the squared differences of two tilt.h5
distance() { paste <(values "$1") <(values "$2") | awk '{ s += ($1 - $2) * ($1 - $2); n++ } END { print n ? s : -1 }'; }

good 1 prepare -output truth -tilt_projections clean/simulated/projections.mrc -tilt_angles clean/simulated/angles.txt
good 2 prepare -output plain $images
check "off unless asked for" [ -z "$(number prepare.denoise_residual plain/summary.json)" ]
good 1 prepare -output one $images -denoise_enabled on -denoise_method both -denoise_profile standard
good "$RANKS" prepare -output many $images -denoise_enabled on -denoise_method both -denoise_profile standard
check "the summary says what was taken away" holds "(x = $(number prepare.denoise_residual one/summary.json) + 0) > 0.5 && x < 1.1"
check "no image flagged" [ "$(number prepare.denoise_flagged one/summary.json)" = 0 ]
values one/tilt.h5 >one.txt
values many/tilt.h5 >many.txt
check "the same images on $RANKS ranks" cmp one.txt many.txt
before=$(distance plain/tilt.h5 truth/tilt.h5)
after=$(distance one/tilt.h5 truth/tilt.h5)
echo "squared error $before as measured, $after denoised"
check "nearer to the truth, by 3 dB" holds "$after >= 0 && $after * 2 < $before"
aet 2 prepare -output wrong $images -denoise_enabled on -denoise_noise '[1, 2]'
check "two numbers of three: status 2" [ $? = 2 ]
check "and what was expected" grep -q 'denoise_noise: expected alpha, mu, sigma, found 2 numbers' err
aet 1 prepare -output wrong $images -denoise_enabled on -denoise_noise '[0, 0, 0]'
check "no noise: status 2" [ $? = 2 ]
finish
