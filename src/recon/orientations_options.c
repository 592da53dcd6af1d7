/* The options of the search of orientations. */
#include <aet4d/recon.h>

static const AetOption options[] = {
    {"recon_orientations_starts", AET_OPTION_INT, "", "4", 1, 1000, NULL,
     "random beginnings of the search of orientations; the best goes on"},
    {"recon_orientations_diameter_angstrom", AET_OPTION_REAL, "Å", "0", 0, 1e5, NULL, "diameter of the object at most; 0: from the images"},
    {"recon_orientations_refine", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "refine the orientations that were found, with the settings recon_angles_..."},
};
AET_OPTION_TABLE(AetOrientationOptions, "orientations", "search of orientations of which nothing is known", options);

PetscErrorCode AetOrientationSettingsFromOptions(AetOrientationSettings *settings)
{
  PetscInt seed;

  PetscFunctionBegin;
  PetscCall(AetAngleSettingsFromOptions(&settings->angles));
  PetscCall(AetOptionsRegister(&AetBaseOptions));
  PetscCall(AetOptionsRegister(&AetOrientationOptions));
  PetscCall(AetOptionGetInt("recon_orientations_starts", &settings->starts));
  PetscCall(AetOptionGetReal("recon_orientations_diameter_angstrom", &settings->diameter_angstrom));
  PetscCall(AetOptionGetBool("recon_orientations_refine", &settings->refine));
  PetscCall(AetOptionGetInt("seed", &seed));
  settings->seed = (uint64_t)seed;
  PetscFunctionReturn(PETSC_SUCCESS);
}
