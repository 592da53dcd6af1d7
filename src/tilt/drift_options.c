/* The options of drift correction. */
#include "tilt/drift_private.h"

static const AetOption options[] = {
    {"drift_method", AET_OPTION_ENUM, "", "auto", 0, 0, "auto|rigid|linear|lines",
     "what frames of a view are corrected for: rigid: one shift each; linear: a steady drift while they are scanned as well; lines: a path "
     "along "
     "the lines; auto: lines"},
    {"drift_flyback_lines", AET_OPTION_REAL, "line", "0", 0, 1e6, NULL,
     "time between the last line of a frame and the first of the next, in times of a line"},
    {"drift_walk_px", AET_OPTION_REAL, "pixel", "0", 0, 100, NULL,
     "r.m.s. random walk of the stage during one frame, by which lines are smoothed; 0: found from the frames of each view"},
    {"drift_iterations", AET_OPTION_INT, "", "12", 1, 100, NULL, "rounds of registering each frame to the mean of the others, at most"},
    {"drift_range_px", AET_OPTION_REAL, "pixel", "0", 0, 1e5, NULL,
     "largest shift between two frames that is looked for; 0: half the image"},
    {"drift_taper", AET_OPTION_REAL, "", "0.06", 0, 0.5, NULL,
     "for the first shifts, images fade out within this part of their size at each edge"},
    {"drift_misfit", AET_OPTION_REAL, "", "1.5", 1, 1e6, NULL,
     "a frame is left out if its mean squared difference from the others is this many times the median of the frames"},
    {"drift_height", AET_OPTION_REAL, "", "0.5", 0, 1, NULL,
     "a frame is left out if its correlation with the others is below this part of the median of the frames"},
};
AET_OPTION_TABLE(AetDriftOptions, "drift", "Drift between and within the frames of a view", options);

PetscErrorCode AetDriftSettingsFromOptions(AetDriftSettings *settings)
{
  int      method;
  PetscInt iterations;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(settings, sizeof *settings));
  PetscCall(AetOptionGetEnum("drift_method", &method));
  PetscCall(AetOptionGetInt("drift_iterations", &iterations));
  PetscCall(AetOptionGetReal("drift_flyback_lines", &settings->flyback_lines));
  PetscCall(AetOptionGetReal("drift_walk_px", &settings->walk_px));
  PetscCall(AetOptionGetReal("drift_range_px", &settings->match.range_px));
  PetscCall(AetOptionGetReal("drift_taper", &settings->match.taper));
  PetscCall(AetOptionGetReal("drift_misfit", &settings->misfit));
  PetscCall(AetOptionGetReal("drift_height", &settings->height));
  settings->method = method == 0 ? AET_DRIFT_LINES : (AetDriftMethod)(method - 1);
  settings->iterations = (int)iterations;
  settings->match.wiener = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
