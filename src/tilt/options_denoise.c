/* The options of the noise model and of denoising. */
#include <aet4d/tilt.h>

static const AetOption options[] = {
    {"denoise_enabled", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|on|off",
     "take the noise out of the images before they are aligned; auto: off (reconstruction and refinement average the noise of many views "
     "better than a "
     "filter of single images can)"},
    {"denoise_method", AET_OPTION_ENUM, "", "bm3d", 0, 0, "bm3d|wiener|both",
     "block matching with collaborative filtering, a Wiener filter of blocks with the measured noise spectrum, or the first with the "
     "second as a "
     "check of it"},
    {"denoise_profile", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|standard|tomography|strong",
     "parameters of bm3d: tomography (blocks of 8 and 16 every 2 and 3 pixels, search 101), standard (blocks of 8 every 3 pixels, search "
     "39: "
     "nine times faster), strong (blocks of 12 and 11, for crystals in very much noise); auto: tomography"},
    {"denoise_noise", AET_OPTION_REALS, "", "", 0, 0, NULL,
     "alpha, mu, sigma of one image (variance = alpha (mean - mu) + sigma²), in units of its pixels; measured where not given"},
};
AET_OPTION_TABLE(AetDenoiseOptions, "denoise", "Noise and denoising", options);
