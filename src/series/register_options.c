/* The options of a registration. */
#include <aet4d/series.h>

static const AetOption options[] = {
    {"registration_cutoff_angstrom", AET_OPTION_REAL, "Å", "1.2", 0.1, 5, NULL,
     "atoms of different times at most that far apart are one site"},
    {"registration_calibration", AET_OPTION_ENUM, "", "scale", 0, 0, "none|scale|affine",
     "what may differ between times beside rotation and shift: nothing; the pixel size; the pixel sizes along all directions"},
    {"registration_calibration_limit", AET_OPTION_REAL, "", "0.05", 0, 0.2, NULL,
     "largest credible difference of a length from that of the time before, as a fraction"},
    {"registration_least_paired", AET_OPTION_REAL, "", "0.5", 0, 1, NULL,
     "fraction of the atoms that must find one of the time before for the two to be one particle"},
    {"registration_least_kappa", AET_OPTION_REAL, "", "0.1", -1, 1, NULL,
     "least Cohen's kappa of their species, of which 0 is chance and 1 all alike; 0 or less: none; not asked for where there is one "
     "species"},
};
AET_OPTION_TABLE(AetRegistrationOptions, "registration", "Registration of the times of a series", options);

PetscErrorCode AetRegistrationSettingsFromOptions(AetRegistrationSettings *settings)
{
  int calibration;

  PetscFunctionBegin;
  AetRegistrationDefaults(settings);
  PetscCall(AetOptionGetReal("registration_cutoff_angstrom", &settings->cutoff_angstrom));
  PetscCall(AetOptionGetEnum("registration_calibration", &calibration));
  PetscCall(AetOptionGetReal("registration_calibration_limit", &settings->calibration_limit));
  PetscCall(AetOptionGetReal("registration_least_paired", &settings->least_paired));
  PetscCall(AetOptionGetReal("registration_least_kappa", &settings->least_kappa));
  settings->calibration = (AetCalibration)calibration;
  PetscFunctionReturn(PETSC_SUCCESS);
}
