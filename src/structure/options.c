/* The options of an analysis of a model. */
#include <aet4d/structure.h>

static const AetOption options[] = {
    {"analyse_enabled", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "run analyses its atoms at the end, as the command analyse does"},
    {"analyse_order", AET_OPTION_ENUM, "", "auto", 0, 0, "boo|l10|l12|auto",
     "order parameter of the nuclei: of bonds (boo), of the phases L1_0 or L1_2; auto: of L1_0 and L1_2 for two species on an fcc lattice, "
     "else of bonds"},
    {"analyse_neighbour_cutoff_angstrom", AET_OPTION_REAL, "Å", "0", 0, 100, NULL,
     "atoms nearer than this are neighbours; 0: the first valley of the pair distribution"},
    {"analyse_surface_angstrom", AET_OPTION_REAL, "Å", "4", 0.1, 1000, NULL,
     "radius of the spheres whose reach ends at the surface (alpha shape)"},
    {"analyse_order_sigma_angstrom", AET_OPTION_REAL, "Å", "3.87", 0.1, 100, NULL, "of the Gaussian over which chemical order is averaged"},
    {"analyse_nucleus_threshold", AET_OPTION_REAL, "", "0", 0, 10, NULL,
     "least order parameter of a site of a nucleus; 0: 0.3 for phases, 0.5 for bonds"},
    {"analyse_nucleus_radius_angstrom", AET_OPTION_REAL, "Å", "4", 0.1, 100, NULL,
     "each site belongs to the nucleus of the most ordered site within this radius"},
    {"analyse_nucleus_min_sites", AET_OPTION_INT, "", "13", 1, 1e9, NULL, "smaller nuclei are dropped"},
    {"analyse_nucleus_core_fraction", AET_OPTION_REAL, "", "0.01", 0, 1, NULL,
     "sites within this fraction of the largest order parameter of a nucleus are its core"},
    {"analyse_replicas", AET_OPTION_INT, "", "20", 0, 100000, NULL,
     "replicas of the nuclei, for the standard deviations of their sizes; 0: none"},
    {"analyse_threshold_spread", AET_OPTION_REAL, "", "0.05", 0, 1, NULL,
     "replicas have thresholds up to this far from the one of the nuclei"},
    {"analyse_strain_grid_angstrom", AET_OPTION_REAL, "Å", "0", 0, 100, NULL, "step of a grid on which strain.h5 has the strain; 0: none"},
    {"analyse_lattice", AET_OPTION_ENUM, "", "free", 0, 0, "free|ideal",
     "what strain is relative to: the cell that fits each grain best (free), or one that is cubic or hexagonal (ideal)"},
    {"analyse_lattice_angstrom", AET_OPTION_REAL, "Å", "0", 0, 100, NULL,
     "edge of the undeformed cell, of analyse_lattice ideal; 0: fitted"},
    {"analyse_strain_sigma_angstrom", AET_OPTION_REAL, "Å", "4.4", 0.1, 100, NULL,
     "of the Gaussian in which displacements are fitted; 4.4: 1.04 nm wide, strain to 1e-3 from atoms known to 20 pm"},
};
AET_OPTION_TABLE(AetAnalyseOptions, "analyse", "analysis of a model's structure", options);

PetscErrorCode AetAnalyseSettingsFromOptions(AetAnalyseSettings *s)
{
  PetscInt seed = 0;
  int      order, shape;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetAnalyseOptions));
  PetscCall(AetOptionGetBool("analyse_enabled", &s->enabled));
  PetscCall(AetOptionGetEnum("analyse_order", &order));
  s->order = (AetAnalyseOrder)order;
  PetscCall(AetOptionGetReal("analyse_neighbour_cutoff_angstrom", &s->neighbour_cutoff_angstrom));
  PetscCall(AetOptionGetReal("analyse_surface_angstrom", &s->surface_angstrom));
  PetscCall(AetOptionGetReal("analyse_order_sigma_angstrom", &s->order_sigma_angstrom));
  PetscCall(AetOptionGetReal("analyse_strain_sigma_angstrom", &s->strain_sigma_angstrom));
  PetscCall(AetOptionGetReal("analyse_strain_grid_angstrom", &s->strain_grid_angstrom));
  PetscCall(AetOptionGetEnum("analyse_lattice", &shape));
  s->lattice_ideal = (PetscBool)(shape == 1);
  PetscCall(AetOptionGetReal("analyse_lattice_angstrom", &s->lattice_angstrom));
  AetCheck(s->lattice_ideal || !(s->lattice_angstrom > 0), AET_ERR_INPUT,
           "analyse_lattice_angstrom: expected analyse_lattice ideal where an edge is given, found free");
  PetscCall(AetOptionGetInt("analyse_replicas", &s->replicas));
  PetscCall(AetOptionGetReal("analyse_threshold_spread", &s->threshold_spread));
  PetscCall(AetOptionGetInt("seed", &seed));
  s->seed = (uint64_t)seed;
  PetscCall(AetOptionGetReal("analyse_nucleus_threshold", &s->nuclei.threshold));
  PetscCall(AetOptionGetReal("analyse_nucleus_radius_angstrom", &s->nuclei.radius_angstrom));
  PetscCall(AetOptionGetInt("analyse_nucleus_min_sites", &s->nuclei.min_sites));
  PetscCall(AetOptionGetReal("analyse_nucleus_core_fraction", &s->nuclei.core_fraction));
  PetscFunctionReturn(PETSC_SUCCESS);
}
