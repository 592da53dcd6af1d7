/* The options of the noise model and of denoising. */
#include <aet4d/tilt.h>

static const AetOption options[] = {
    {"denoise_enabled", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|on|off",
     "denoise the images: off unless the tilt series comes from raw frames and auto says so"},
    {"denoise_method", AET_OPTION_ENUM, "", "bm3d", 0, 0, "bm3d|wiener|both",
     "block matching with collaborative filtering, a Wiener filter of blocks with the measured noise spectrum, or the first with the "
     "second as a "
     "check of it"},
    {"denoise_profile", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|standard|tomography|strong",
     "parameters of bm3d: standard (block 8, step 3, group 16, search 39), tomography (search 100 at step 2, larger groups; ten times "
     "slower), strong "
     "(blocks 12 and 11, for noise above a sixth of the range); auto: standard or strong, by the noise"},
    {"denoise_noise", AET_OPTION_REALS, "", "", 0, 0, NULL,
     "alpha, mu, sigma of one image (variance = alpha (mean - mu) + sigma²), in units of its pixels; measured where not given"},
};
AET_OPTION_TABLE(AetDenoiseOptions, "denoise", "Noise and denoising", options);
