/* A table with every type of option. */
#ifndef AET_TESTS_BASE_TABLE_H
#define AET_TESTS_BASE_TABLE_H

#include <aet4d/base.h>

static const AetOption table_options[] = {
    {"recon_iterations", AET_OPTION_INT, "", "50", 1, 100000, NULL, "steps"},
    {"recon_method", AET_OPTION_ENUM, "", "resire", 0, 0, "resire|genfire", "method"},
    {"recon_support", AET_OPTION_FILE, "", "none", 0, 0, NULL, "a volume, auto or none"},
    {"recon_extended", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "runs past the field of view"},
    {"tilt_projections", AET_OPTION_FILE, "", "", 0, 0, NULL, "images: with a colon # and a hash"},
    {"tilt_pixel_angstrom", AET_OPTION_REAL, "Å", "", 1e-3, 1e3, NULL, "pixel size"},
    {"tilt_angle_deg", AET_OPTION_REAL, "degree", "-1.5", -90, 90, NULL, "offset"},
    {"trace_species", AET_OPTION_TEXTS, "", "[Fe, Pt]", 0, 0, NULL, "elements"},
    {"trace_note", AET_OPTION_TEXT, "", "say \"a: b\" # not", 0, 0, NULL, "a text that needs quotes"},
    {"trace_rotation_deg", AET_OPTION_REALS, "degree", "[13, -29.5, 41]", -180, 180, NULL, "three angles"},
    {"trace", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "a key that is also the first word of others"},
};
static AET_OPTION_TABLE(test_table, "test", "Options of this test", table_options);

#endif
