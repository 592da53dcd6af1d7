/* The options of simulate. */
#include <aet4d/simulate.h>

static const AetOption options[] = {
    {"simulate_shape", AET_OPTION_ENUM, "", "truncated_octahedron", 0, 0, "sphere|octahedron|truncated_octahedron|cube",
     "shape of the particle"},
    {"simulate_diameter_angstrom", AET_OPTION_REAL, "Å", "32", 1, 2000, NULL, "diameter of the sphere of the particle's volume"},
    {"simulate_lattice_angstrom", AET_OPTION_REAL, "Å", "3.85", 1, 20, NULL, "fcc lattice constant"},
    {"simulate_species", AET_OPTION_TEXTS, "", "[Fe, Pt]", 0, 0, NULL, "one or two element symbols"},
    {"simulate_composition", AET_OPTION_REAL, "", "0.5", 0, 1, NULL, "fraction of atoms of the first species (random order)"},
    {"simulate_order", AET_OPTION_ENUM, "", "random", 0, 0, "random|l10|l12", "chemical order; l10 and l12 fix the composition"},
    {"simulate_displacement_angstrom", AET_OPTION_REAL, "Å", "0.05", 0, 5, NULL, "r.m.s. random displacement of an atom"},
    {"simulate_rotation_deg", AET_OPTION_REALS, "degree", "[13, 29, 41]", 0, 0, NULL,
     "phi, theta, psi that turn the particle off the grid"},
    {"simulate_views", AET_OPTION_INT, "", "41", 1, 100000, NULL, "images of the tilt series"},
    {"simulate_tilt_max_deg", AET_OPTION_REAL, "degree", "70", 0, 90, NULL, "tilts run from minus this to plus this"},
    {"simulate_angles_scheme", AET_OPTION_ENUM, "", "even", 0, 0, "even|equal_slope|random",
     "equal steps of the angle; of its tangent within 45 degrees and of its cotangent beyond (recon_method est), up to "
     "simulate_tilt_max_deg at most; or random orientations from all sides"},
    {"simulate_pixel_angstrom", AET_OPTION_REAL, "Å", "0.4", 0.01, 100, NULL, "pixel size"},
    {"simulate_image_size", AET_OPTION_INT, "pixel", "0", 0, 65536, NULL, "edge of the square images; 0: fits the particle"},
    {"simulate_z_exponent", AET_OPTION_REAL, "", "1.7", 0, 4, NULL, "intensity of an atom grows as this power of Z (annular dark field)"},
    {"simulate_b_factor_angstrom2", AET_OPTION_REAL, "Å²", "5", 0, 100, NULL,
     "B: width of an atom's scattering and thermal motion, variance B/8π²"},
    {"simulate_source_fwhm_angstrom", AET_OPTION_REAL, "Å", "0.5", 0, 10, NULL, "full width at half maximum of the probe"},
    {"simulate_dose", AET_OPTION_REAL, "e/Å²", "1.6e5", 0, 1e12, NULL, "electrons per Å² and image; 0: no noise"},
    {"simulate_cross_section_angstrom2", AET_OPTION_REAL, "Å²", "0.02", 1e-9, 10, NULL,
     "cross section of a gold atom for the detector: its yield"},
};
AET_OPTION_TABLE(AetSimulateOptions, "simulate", "Specimens and measurements with known truth", options);
