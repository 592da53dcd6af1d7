/* The options of the alignment. */
#include <aet4d/tilt.h>

static const AetOption options[] = {
    {"align_method", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|none|mass|line",
     "mass: the object's centre of mass to the origin of every image; line: that across the tilt axis, the common line along it; auto: for "
     "frames line, or mass where there is no one tilt axis, else none"},
    {"align_refine", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|none|shifts|all",
     "at last, shifts (or angles and shifts, as tilt_refine_angles) against reconstructions, see recon_angles; auto: shifts where noise "
     "leaves the centres of mass uncertain by 0.05 pixels"},
    {"align_repeat_deg", AET_OPTION_REAL, "degree", "0.1", 0, 180, NULL,
     "images whose orientations differ by at most this are compared, to see damage"},
    {"align_damage_factor", AET_OPTION_REAL, "", "1.25", 1, 1e6, NULL,
     "repeats whose R is larger than their noise allows by this factor are flagged"},
};
AET_OPTION_TABLE(AetAlignOptions, "align", "Alignment of the images", options);

PetscErrorCode AetAlignSettingsFromOptions(PetscBool automatic, AetAlignSettings *settings)
{
  int      method, refine;
  PetscInt seed;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetAlignOptions));
  PetscCall(AetOptionGetEnum("align_method", &method));
  PetscCall(AetOptionGetEnum("align_refine", &refine));
  settings->method = method ? (AetAlignMethod)(method - 1) : automatic ? AET_TILT_ALIGN_AUTO : AET_TILT_ALIGN_NONE;
  settings->refine = refine ? (AetAlignRefine)(refine - 1) : AET_TILT_ALIGN_REFINE_AUTO;
  PetscCall(AetOptionGetReal("align_repeat_deg", &settings->repeat_deg));
  PetscCall(AetOptionGetReal("align_damage_factor", &settings->damage_factor));
  PetscCall(AetOptionGetInt("seed", &seed));
  settings->seed = (uint64_t)seed;
  PetscFunctionReturn(PETSC_SUCCESS);
}
