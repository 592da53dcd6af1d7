/* The options of an annealing series. */
#include <aet4d/simulate.h>

static const AetOption options[] = {
    {"simulate_series_labels", AET_OPTION_TEXTS, "", "", 0, 0, NULL,
     "labels of the annealing times, in order: the same particle at each of them (default: no series)"},
    {"simulate_series_minutes", AET_OPTION_REALS, "min", "", 0, 1e9, NULL, "accumulated times (default: 0, 1, 2, ...)"},
    {"simulate_series_script", AET_OPTION_FILE, "", "standard", 0, 0, "standard|null",
     "nuclei of every kind of event; nuclei that stay as they are; or a table of time (from 1), nucleus, x, y, z, radius (Å, axes of the "
     "lattice), order (place in simulate_order, from 0), variant"},
    {"simulate_series_events", AET_OPTION_INT, "", "1", 1, 20, NULL,
     "how many nuclei grow, fluctuate, are born and dissolve at each of two times in the standard script; one pair merges, one divides"},
    {"simulate_series_nucleus_angstrom", AET_OPTION_REAL, "Å", "10", 3, 200, NULL,
     "radius of a nucleus, where the planted order is a half"},
    {"simulate_series_interface_angstrom", AET_OPTION_REAL, "Å", "2.5", 0.1, 50, NULL, "width of its border, tanh profile"},
    {"simulate_series_orders", AET_OPTION_TEXTS, "", "[l10, l10, l12_ab3]", 0, 0, NULL,
     "orders of the nuclei in turn, words of simulate_order"},
    {"simulate_series_core_diameter_angstrom", AET_OPTION_REAL, "Å", "0", 0, 2000, NULL,
     "diameter of the frozen core; 0: 0.45 of the particle's"},
    {"simulate_series_core_fraction", AET_OPTION_REAL, "", "0.2", 0, 1, NULL, "fraction of the first species in it"},
    {"simulate_series_exchange", AET_OPTION_REAL, "", "0.1", 0, 1, NULL,
     "fraction of the other sites that draw their species again at each time"},
    {"simulate_series_even", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "spread the species of the disordered alloy evenly over blocks and sublattices, so that no order arises by chance"},
    {"simulate_series_surface", AET_OPTION_REAL, "", "0.1", 0, 1, NULL,
     "fraction of the surface atoms that leave at each time: half to another place of the surface, half for good, replaced by new ones"},
    {"simulate_series_rotation_deg", AET_OPTION_REAL, "degree", "180", 0, 180, NULL, "largest turn of the particle at a time"},
    {"simulate_series_shift_angstrom", AET_OPTION_REAL, "Å", "3", 0, 100, NULL, "largest shift along each axis"},
};
AET_OPTION_TABLE(AetSimulateSeriesOptions, "simulate_series", "Annealing series: one particle at several times", options);
