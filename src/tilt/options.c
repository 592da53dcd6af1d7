/* The options of the tilt series. */
#include <aet4d/tilt.h>

static const AetOption aet_tilt_options[] = {
    {"tilt_projections", AET_OPTION_FILE, "", "", 0, 0, NULL, "the aligned images: MATLAB (x, y, view), MRC, TIFF, HDF5 or EMD"},
    {"tilt_angles", AET_OPTION_FILE, "", "", 0, 0, NULL,
     "one row per view: phi theta psi, or theta alone, in degrees; .rawtlt or .tlt beside an MRC stack is found by itself"},
    {"tilt_pixel_angstrom", AET_OPTION_REAL, "Å", "0", 0, 1e6, NULL,
     "pixel of the images; 0: what the file says, or 1 where it says nothing"},
    {"tilt_angle_convention", AET_OPTION_ENUM, "", "zyx", 0, 0, "zyx|zyz",
     "rotation by (phi, theta, psi): Rz Ry Rx, or GENFIRE's older Rz Ry Rz"},
    {"tilt_orientations", AET_OPTION_ENUM, "", "known", 0, 0, "known|unknown",
     "unknown: no angles are read; they and the shifts are found from the images of one isolated object, seen from all sides"},
    {"tilt_refine_angles", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "refine the angles against the reconstruction"},
};
AET_OPTION_TABLE(AetTiltOptions, "tilt", "The tilt series", aet_tilt_options);
