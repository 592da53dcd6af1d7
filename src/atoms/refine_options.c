/* The options of refinement. */
#include <aet4d/atoms.h>

#define TRUST_EXTENDED 0.1 /* Å, of a coordinate traced in a film */

static const AetOption options[] = {
    {"refine_enabled", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "run refines the traced atoms against the images"},
    {"refine_cycles", AET_OPTION_INT, "", "3", 1, 100, NULL, "rounds of optics, weights and positions"},
    {"refine_positions_iterations", AET_OPTION_INT, "", "8", 0, 10000, NULL,
     "Gauss-Newton steps of the positions in a round, at most; 0: the atoms stay, only the optics are fitted"},
    {"refine_limit_angstrom", AET_OPTION_REAL, "Å", "1", 0.001, 10, NULL, "farthest that an atom may move from where it was traced"},
    {"refine_b_min_angstrom2", AET_OPTION_REAL, "Å²", "1", 0.1, 1000, NULL, "least B of a species"},
    {"refine_b_max_angstrom2", AET_OPTION_REAL, "Å²", "40", 0.1, 1000, NULL, "largest B of a species"},
    {"refine_profile", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|scattering|gaussian",
     "an atom's image: its electron scattering factor times exp(-B q²/4), or that Gaussian alone; auto: what fits the images better"},
    {"refine_widths", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "from the second round on, an atom's image is a sum of four widths (B times 0.5, 1, 2, 4), its shares fitted for every species"},
    {"refine_scales", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "fit a scale of every image"},
    {"refine_backgrounds", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "fit a constant background of every image"},
    {"refine_shifts", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "fit a shift of every image"},
    {"refine_angles", AET_OPTION_BOOL, "", "false", 0, 0, NULL, "fit three small turns of every view; angles_refined.txt has the angles"},
    {"refine_weights", AET_OPTION_ENUM, "", "counting", 0, 0, "counting|uniform",
     "weights of pixels: by the noise, a floor and a part that grows with the signal, both from the residuals; or all alike"},
    {"refine_robust", AET_OPTION_REAL, "standard deviations", "4", 0, 100, NULL,
     "residuals beyond this many standard deviations count linearly (Huber); 0: all count squared"},
    {"refine_trust_angstrom", AET_OPTION_REAL, "Å", "-1", -1, 10, NULL,
     "standard deviation of the given coordinates, which hold the atoms against the images; 0: nothing holds them; -1: 0.1 for an extended "
     "object, 0 for others"},
    {"refine_volume", AET_OPTION_FILE, "", "auto", 0, 0, "auto|none",
     "what this volume holds away from the atoms is projected and taken off the images: a FILE; auto, that of the run, for an extended "
     "object; or none"},
    {"refine_radius_angstrom", AET_OPTION_REAL, "Å", "0", 0, 10, NULL,
     "of the spheres that are the atoms' own in that volume; 0: half the median distance of nearest neighbours"},
    {"refine_probes", AET_OPTION_INT, "", "16", 0, 10000, NULL,
     "random vectors for the uncertainties of the coordinates; 0: none are computed"},
    {"refine_uncertainty", AET_OPTION_ENUM, "", "views", 0, 0, "views|bound|jackknife",
     "standard deviations by what the views' residuals show; the Cramer-Rao bound of the noise alone; or refits without some of the views"},
    {"refine_alike_deg", AET_OPTION_REAL, "degree", "10", 0, 90, NULL,
     "for the uncertainties, views that look along lines less than this apart share part of what the model does not explain"},
    {"refine_jackknife_groups", AET_OPTION_INT, "", "10", 0, 10000, NULL,
     "of views, each left out once by the jackknife, 2 or more; 0: one view at a time"},
};
AET_OPTION_TABLE(AetRefineOptions, "refine", "refinement of atoms against the images", options);

PetscErrorCode AetRefineSettingsFromOptions(AetRefineSettings *s)
{
  int      profile, weights, uncertainty;
  PetscInt seed = 0;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetRefineOptions));
  PetscCall(AetOptionGetBool("refine_enabled", &s->enabled));
  PetscCall(AetOptionGetInt("refine_cycles", &s->cycles));
  PetscCall(AetOptionGetInt("refine_positions_iterations", &s->positions_iterations));
  PetscCall(AetOptionGetReal("refine_limit_angstrom", &s->limit_angstrom));
  PetscCall(AetOptionGetReal("refine_b_min_angstrom2", &s->b_min));
  PetscCall(AetOptionGetReal("refine_b_max_angstrom2", &s->b_max));
  AetCheck(s->b_min < s->b_max, AET_ERR_INPUT,
           "refine_b_min_angstrom2, refine_b_max_angstrom2: expected the first below the second, found %g and %g", s->b_min, s->b_max);
  PetscCall(AetOptionGetEnum("refine_profile", &profile));
  s->profile = profile;
  PetscCall(AetOptionGetBool("refine_widths", &s->widths));
  PetscCall(AetOptionGetBool("refine_scales", &s->scales));
  PetscCall(AetOptionGetBool("refine_backgrounds", &s->backgrounds));
  PetscCall(AetOptionGetBool("refine_shifts", &s->shifts));
  PetscCall(AetOptionGetBool("refine_angles", &s->angles));
  PetscCall(AetOptionGetEnum("refine_weights", &weights));
  s->counting = (PetscBool)(weights == 0);
  PetscCall(AetOptionGetReal("refine_robust", &s->robust));
  PetscCall(AetOptionGetReal("refine_trust_angstrom", &s->trust_angstrom));
  PetscCall(AetOptionGetReal("refine_radius_angstrom", &s->radius_angstrom));
  PetscCall(AetOptionGetInt("refine_probes", &s->probes));
  PetscCall(AetOptionGetEnum("refine_uncertainty", &uncertainty));
  s->uncertainty = (AetUncertainty)uncertainty;
  PetscCall(AetOptionGetReal("refine_alike_deg", &s->alike_deg));
  PetscCall(AetOptionGetInt("refine_jackknife_groups", &s->jackknife_groups));
  s->groups = 0, s->model = NULL;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-groups", &s->groups, NULL));
  s->extended = PETSC_FALSE;
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-recon_extended", &s->extended, NULL));
  if (s->trust_angstrom < 0) s->trust_angstrom = s->extended ? TRUST_EXTENDED : 0;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-seed", &seed, NULL));
  s->seed = (uint64_t)seed;
  PetscFunctionReturn(PETSC_SUCCESS);
}
