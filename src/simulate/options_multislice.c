/* The options of multislice images. */
#include <aet4d/simulate.h>

static const AetOption options[] = {
    {"simulate_multislice_energy_kev", AET_OPTION_REAL, "keV", "300", 10, 3000, NULL, "kinetic energy of the electrons"},
    {"simulate_multislice_semi_angle_mrad", AET_OPTION_REAL, "mrad", "25", 0.1, 200, NULL,
     "convergence: half the opening of the probe's cone"},
    {"simulate_multislice_defocus_angstrom", AET_OPTION_REAL, "Å", "0", -1e5, 1e5, NULL,
     "place of the focus along the beam, from the origin of the specimen"},
    {"simulate_multislice_cs_mm", AET_OPTION_REAL, "mm", "0", -10, 10, NULL, "third-order spherical aberration"},
    {"simulate_multislice_inner_mrad", AET_OPTION_REAL, "mrad", "40", 0, 1000, NULL, "inner angle of the ring detector"},
    {"simulate_multislice_outer_mrad", AET_OPTION_REAL, "mrad", "160", 0.1, 1000, NULL, "outer angle of the ring detector"},
    {"simulate_multislice_slice_angstrom", AET_OPTION_REAL, "Å", "2", 0.1, 100, NULL, "thickness of a slice"},
    {"simulate_multislice_sampling_angstrom", AET_OPTION_REAL, "Å", "0", 0, 1, NULL,
     "largest step of the wave; 0: the largest that holds the outer angle and the semi-angle. A pixel is a whole number of steps"},
    {"simulate_multislice_window_angstrom", AET_OPTION_REAL, "Å", "0", 0, 10000, NULL,
     "edge of the square that is computed around every position of the probe; 0: by the probe and the thickness"},
    {"simulate_multislice_configurations", AET_OPTION_INT, "", "8", 1, 100000, NULL,
     "frozen-phonon configurations per image, none of which is used twice"},
    {"simulate_multislice_b_factor_angstrom2", AET_OPTION_REALS, "Å²", "[0.5]", 0, 50, NULL,
     "B of the thermal motion alone, one number or one per species: mean square displacement along an axis B/8π²"},
    {"simulate_multislice_source_fwhm_angstrom", AET_OPTION_REAL, "Å", "0.5", 0, 10, NULL,
     "full width at half maximum of the Gaussian image of the electron source"},
};
AET_OPTION_TABLE(AetMultisliceOptions, "multislice", "Multislice images (simulate_images: multislice)", options);
