/* Tilt series to the same with refined angles and shifts. */
#include "stages.h"

PetscErrorCode AetStageRefineAngles(AetTiltSeries tilt, AetSummary summary, AetPrepared *prepared)
{
  AetAngleSettings settings;
  AetAnglesReport  report;
  PetscBool        extended;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  AetCheck(!extended, AET_ERR_INPUT, "tilt_refine_angles: expected an isolated object, found recon_extended true");
  PetscCall(AetAngleSettingsFromOptions(&settings));
  PetscCall(AetAnglesRefine(tilt, &settings, &report));
  AetPrepareRecordAngles(prepared, &report);
  PetscCall(AetSummarySetNumber(summary, "tilt.angles_mean_change_deg", report.mean_change_deg));
  PetscCall(AetSummarySetNumber(summary, "tilt.angles_max_change_deg", report.max_change_deg));
  PetscCall(AetSummarySetNumber(summary, "tilt.angles_mean_shift_px", report.mean_shift_px));
  PetscCall(AetSummarySetNumber(summary, "tilt.angles_misfit_before", report.before));
  PetscCall(AetSummarySetNumber(summary, "tilt.angles_misfit_after", report.after));
  if (settings.axis_range_deg > 0) PetscCall(AetSummarySetNumber(summary, "tilt.axis_deg", report.axis_deg));
  if (settings.axis_range_deg > 0) PetscCall(AetSummarySetNumber(summary, "tilt.axis_shift_px", report.axis_shift_px));
  PetscCall(AetReport(tilt->comm, "  angles: changed by %.2f° (at most %.2f°), shifts %.2f pixels, misfit %.4f before, %.4f after%s\n",
                      report.mean_change_deg, report.max_change_deg, report.mean_shift_px, report.before, report.after,
                      report.changed ? "" : ": kept as given"));
  PetscCall(AetAnglesReportFree(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}
