/* The options of reconstruction. */
#include "recon/recon_private.h"

static const AetOption options[] = {
    {"recon_method", AET_OPTION_ENUM, "", "resire", 0, 0, "resire|genfire|sirt|sart|cgls|lsqr|wbp|dfi|est|tv|poisson",
     "method of reconstruction"},
    {"recon_iterations", AET_OPTION_INT, "", "0", 0, 1e6, NULL, "iterations; 0: the default of the method"},
    {"recon_plateau", AET_OPTION_REAL, "", "0", 0, 1, NULL,
     "iterations end when ten of them have lowered the misfit by less than this part of it; 0: all are made"},
    {"recon_checkpoint_every", AET_OPTION_INT, "iterations", "0", 0, 1e6, NULL,
     "from one checkpoint to the next; 0: by time (recon_checkpoint_minutes)"},
    {"recon_checkpoint_minutes", AET_OPTION_REAL, "min", "5", 0, 1e6, NULL,
     "from one checkpoint to the next, longer where that would cost 2 % of the time; 0: only when SIGUSR1 or SIGTERM ask for the end"},
    {"recon_thickness", AET_OPTION_INT, "voxels", "0", 0, 1e5, NULL, "size of the volume along the beam; 0: the width of the images"},
    {"recon_width", AET_OPTION_INT, "voxels", "0", 0, 1e5, NULL,
     "size of the volume across the tilt axis; 0: the width of the images, 1.5 times that for an extended object"},
    {"recon_support", AET_OPTION_FILE, "", "none", 0, 0, "auto|otsu|shrinkwrap|none",
     "where the object may be: a volume FILE; auto, the hull of its shadows; otsu, a quick reconstruction above a threshold; shrinkwrap, "
     "the "
     "hull first, then the object itself, smoothed, above a tenth of its maximum (genfire, resire); or none"},
    {"recon_support_soft", AET_OPTION_REAL, "voxels", "0", 0, 100, NULL, "width of an edge around the support in which it falls to 0"},
    {"recon_support_factor", AET_OPTION_REAL, "", "0.9", 0.01, 10, NULL, "threshold over Otsu's (recon_support otsu)"},
    {"recon_support_radius", AET_OPTION_INT, "voxels", "6", 0, 100, NULL, "gaps and holes that are closed (recon_support otsu)"},
    {"recon_support_every", AET_OPTION_INT, "iterations", "0", 0, 1e6, NULL,
     "between two supports (recon_support shrinkwrap); 0: a fifth of all iterations"},
    {"recon_initial", AET_OPTION_FILE, "", "none", 0, 0, NULL,
     "what iterations begin with: a volume FILE with the pixel of the images, cropped or filled up with zeros about its centre, or none"},
    {"recon_prior", AET_OPTION_FILE, "", "none", 0, 0, NULL,
     "resire: a volume FILE of the size of the reconstruction that every step is pulled towards, or none"},
    {"recon_prior_mask", AET_OPTION_FILE, "", "none", 0, 0, NULL, "volume FILE of 0 to 1: where that holds, or none: everywhere"},
    {"recon_prior_weight", AET_OPTION_REAL, "", "0", 0, 1e6, NULL,
     "strength of the pull, over that of the data in a direction that is measured in full"},
    {"recon_oversampling", AET_OPTION_REAL, "", "2", 1, 8, NULL, "size of the padded grid over the size of the volume"},
    {"recon_rfree_fraction", AET_OPTION_REAL, "", "0.05", 0, 0.5, NULL,
     "fraction of the data withheld for R_free: measured Fourier voxels (genfire) or points (est), detector pixels (sirt, sart, resire "
     "without the "
     "convolution), "
     "or whole views"},
    {"recon_smooth", AET_OPTION_REAL, "voxels", "0", 0, 20, NULL,
     "width (standard deviation) of the Gaussian that smooths the volume in every iteration (genfire, resire)"},
    {"recon_relaxation", AET_OPTION_REAL, "", "0", 0, 1, NULL,
     "genfire: length of the relaxed step (Douglas and Rachford), 0.9 for instance; est: what lies outside the support or falls below 0 "
     "becomes what it was less this part of what it would be (hybrid input-output, without acceleration); 0: the plain iteration"},
    {"recon_gridding_distance", AET_OPTION_REAL, "voxels", "0.5", 0.01, 3, NULL,
     "largest distance of a Fourier voxel of the padded grid from the plane of a view that measures it (genfire, dfi)"},
    {"recon_resolution_extension", AET_OPTION_ENUM, "", "none", 0, 0, "none|extension|extension+suppression",
     "order in which measured Fourier voxels are enforced: all at once, from low frequencies on, and back again (genfire)"},
    {"recon_operator", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|convolution|pair",
     "the normal operator as a convolution, which takes what the images do not see for empty, or as the projector pair; auto: the "
     "convolution unless the object is extended or the images are bright at their borders (resire, tv)"},
    {"recon_acceleration", AET_OPTION_ENUM, "", "ramp", 0, 0, "ramp|fista|none",
     "steps with momentum and restart along the gradient filtered by the inverse of the views' density, with momentum alone, or the plain "
     "published steps (resire, est)"},
    {"recon_step", AET_OPTION_REAL, "", "1", 0.01, 2, NULL,
     "length of a step over the inverse of the largest eigenvalue of the normal operator: below 2, and at most 1 for fista (resire); "
     "relaxation (sirt, sart)"},
    {"recon_subsets", AET_OPTION_INT, "", "10", 1, 1e5, NULL, "ordered subsets of views; at most one view each (sart)"},
    {"recon_positive", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "values below 0 become 0 after every step (sirt, sart)"},
    {"recon_tv_weight", AET_OPTION_REAL, "", "0.003", 0, 1, NULL,
     "weight of the total variation over the largest value of the back-projected images; 0: plain least squares (tv)"},
    {"recon_counts_per_unit", AET_OPTION_REAL, "", "1", 1e-9, 1e12, NULL,
     "counts of electrons that a value of 1 in the images stands for; matters beside a background only (poisson)"},
    {"recon_background", AET_OPTION_REAL, "counts", "-1", -1, 1e9, NULL,
     "counts per pixel that were subtracted from the images; -1: the variance that their negative pixels tell (poisson)"},
    {"recon_window", AET_OPTION_ENUM, "", "ram-lak", 0, 0, "ram-lak|shepp-logan|cosine|hamming|hann",
     "what the weights of the views are multiplied with, from 1 at frequency 0 to Nyquist's (wbp)"},
    {"recon_diameter", AET_OPTION_INT, "voxels", "0", 0, 1e5, NULL,
     "of the object, which the weights of the views are made for; 0: the size of the volume along the beam (wbp)"},
    {"recon_kernel_width", AET_OPTION_INT, "grid points", "6", 4, 8, NULL,
     "taps per axis of the projector's kernel; 4: error 1e-3, 6: 1e-5"},
    {"recon_extended", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "the object runs past the field of view: rays outside it are not counted"},
    {"recon_auto", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "choose what is not set by scanning: method, iterations, support, sampling, smoothing, by how they predict views left out "
     "(`recon: auto`)"},
    {"recon_half_sets", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "also reconstruct the odd and the even views, each half with half the angular sampling, and report the resolution at which they "
     "agree"},
    {"recon_filter", AET_OPTION_ENUM, "", "none", 0, 0, "none|bragg|wiener",
     "3D Fourier filtering of the volume: what stands out of the radial background, with its surroundings, or a Wiener gain. It suppresses "
     "defects: the unfiltered volume is kept and traced too"},
    {"recon_filter_threshold", AET_OPTION_REAL, "", "16", 1, 1e6, NULL,
     "|F|² over the square of the shell's median |F| from which on a Fourier coefficient is kept; noise alone exceeds it once in "
     "2^threshold (bragg)"},
    {"recon_filter_radius", AET_OPTION_REAL, "voxels", "3", 0, 8, NULL, "by which what is kept grows in Fourier space (bragg)"},
    {"recon_filter_edge", AET_OPTION_REAL, "voxels", "2", 0, 7, NULL, "soft edge beyond that radius (bragg)"},
};
AET_OPTION_TABLE(AetReconOptions, "recon", "reconstruction of volumes from tilt series", options);
