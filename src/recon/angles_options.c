/* The options of angle refinement. */
#include <aet4d/recon.h>

static const AetOption options[] = {
    {"recon_angles_rounds", AET_OPTION_INT, "", "30", 1, 1000, NULL, "rounds of reconstruction and refinement of angles, coarse to fine"},
    {"recon_angles_iterations", AET_OPTION_INT, "", "12", 1, 1000, NULL, "steps of each reconstruction while angles are refined"},
    {"recon_angles_range_deg", AET_OPTION_REAL, "degree", "5", 0.01, 30, NULL,
     "nominal angles are wrong by at most this, each of the three"},
    {"recon_angles_shift_range_px", AET_OPTION_REAL, "pixel", "4", 0, 1000, NULL, "images are shifted by at most this, along either axis"},
    {"recon_angles_axis_range_deg", AET_OPTION_REAL, "degree", "0", 0, 90, NULL,
     "search of a rotation of all images about the beam, before the refinement; 0: none"},
    {"recon_angles_size_max", AET_OPTION_INT, "pixel", "128", 0, 1e5, NULL,
     "finest images and volumes of the refinement, pixels per side; 0: as measured"},
    {"recon_angles_search", AET_OPTION_BOOL, "", "true", 0, 0, NULL, "projection matching on a grid of angles before Gauss-Newton"},
};
AET_OPTION_TABLE(AetAngleOptions, "angles", "refinement of the angles and shifts of a tilt series", options);

PetscErrorCode AetAngleSettingsFromOptions(AetAngleSettings *settings)
{
  PetscInt thickness;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetReconOptions));
  PetscCall(AetOptionsRegister(&AetAngleOptions));
  PetscCall(AetOptionGetInt("recon_angles_rounds", &settings->rounds));
  PetscCall(AetOptionGetInt("recon_angles_iterations", &settings->iterations));
  PetscCall(AetOptionGetReal("recon_angles_range_deg", &settings->range_deg));
  PetscCall(AetOptionGetReal("recon_angles_shift_range_px", &settings->shift_range_px));
  PetscCall(AetOptionGetReal("recon_angles_axis_range_deg", &settings->axis_range_deg));
  PetscCall(AetOptionGetInt("recon_angles_size_max", &settings->size_max));
  PetscCall(AetOptionGetBool("recon_angles_search", &settings->search));
  PetscCall(AetOptionGetInt("recon_thickness", &thickness));
  settings->thickness = thickness;
  PetscFunctionReturn(PETSC_SUCCESS);
}
