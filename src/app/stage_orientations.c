/* Views of unknown orientation to a tilt series. */
#include "stages.h"

static PetscErrorCode Describe(AetTiltSeries tilt, const AetOrientationSettings *settings, const AetOrientationsReport *report,
                               AetSummary summary)
{
  PetscFunctionBegin;
  PetscCall(AetSummarySetNumber(summary, "tilt.orientations_left_out", (double)report->left_out));
  PetscCall(AetSummarySetNumber(summary, "tilt.orientations_diameter_angstrom", report->diameter_angstrom));
  PetscCall(AetSummarySetNumber(summary, "tilt.orientations_angstrom", report->angstrom));
  PetscCall(AetSummarySetNumber(summary, "tilt.orientations_misfit", report->misfit));
  PetscCall(AetSummarySetNumber(summary, "tilt.orientations_mean_shift_px", report->mean_shift_px));
  PetscCall(AetReport(
      tilt->comm, "  orientations: object of %.1f Å, start %d of %d, what is left of it at %.2f Å %.3g, shifts %.2f pixels\n",
      report->diameter_angstrom, (int)report->best + 1, (int)report->starts, report->angstrom, report->misfit, report->mean_shift_px));
  if (settings->refine) {
    PetscCall(AetSummarySetNumber(summary, "tilt.angles_mean_change_deg", report->angles.mean_change_deg));
    PetscCall(AetSummarySetNumber(summary, "tilt.angles_misfit_before", report->angles.before));
    PetscCall(AetSummarySetNumber(summary, "tilt.angles_misfit_after", report->angles.after));
    PetscCall(AetReport(tilt->comm, "  angles: changed by %.2f°, misfit %.4f before, %.4f after%s\n", report->angles.mean_change_deg,
                        report->angles.before, report->angles.after, report->angles.changed ? "" : ": kept as found"));
  }
  PetscCall(AetReport(tilt->comm, "  the object may be its mirror image: views of unknown orientation do not tell\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageFindOrientations(AetTiltSeries tilt, AetSummary summary)
{
  AetOrientationSettings settings;
  AetOrientationsReport  report;
  PetscBool              extended;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  AetCheck(!extended, AET_ERR_INPUT, "tilt_orientations: expected an isolated object, found recon_extended true");
  PetscCall(AetOrientationSettingsFromOptions(&settings));
  PetscCall(AetOrientationsFind(tilt, &settings, &report));
  PetscCall(Describe(tilt, &settings, &report, summary));
  PetscCall(AetOrientationsReportFree(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}
