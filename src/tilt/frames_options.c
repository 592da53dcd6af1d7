/* The options of raw frames. */
#include <aet4d/tilt.h>

static const AetOption aet_frames_options[] = {
    {"frames_files", AET_OPTION_FILE, "", "", 0, 0, NULL,
     "raw frames, in place of tilt_projections: one array [view][frame][y][x] (HDF5, EMD, MATLAB), a stack [view*frame][y][x] (also MRC, "
     "TIFF), or a text file that lists files, one per view or one per frame"},
    {"frames_angles", AET_OPTION_FILE, "", "", 0, 0, NULL, "one row per view: phi theta psi, or theta alone, in degrees"},
    {"frames_pixel_angstrom", AET_OPTION_REAL, "Å", "0", 0, 1e6, NULL,
     "pixel of the frames; 0: what the file says, or 1 where it says nothing"},
    {"frames_per_view", AET_OPTION_INT, "", "0", 0, 100000, NULL,
     "frames of one view in a stack or a list; 0: as the array says, or the images divided by the angles"},
    {"frames_scan_deg", AET_OPTION_REALS, "degree", "", 0, 0, NULL,
     "direction of the fast scan on the image, one for every frame of a view or one for all: 0 along x, 90 along y; unset: what the file "
     "says, or 0"},
    {"frames_reference", AET_OPTION_FILE, "", "", 0, 0, NULL,
     "an image of a crystal of known lattice, taken as the frames were: gives the distortion of the scan"},
    {"frames_angle_convention", AET_OPTION_ENUM, "", "zyx", 0, 0, "zyx|zyz",
     "rotation by (phi, theta, psi): Rz Ry Rx, or GENFIRE's older Rz Ry Rz"},
};
AET_OPTION_TABLE(AetFramesOptions, "frames", "Raw frames of the microscope", aet_frames_options);
