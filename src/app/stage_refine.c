/* Atoms and tilt series to refined atoms. */
#include "stages.h"
#include <unistd.h>

static PetscErrorCode Summarise(AetAtoms atoms, const AetRefineReport *report, AetSummary summary)
{
  static const char *const axis[] = {"refine.sigma_x_median_pm", "refine.sigma_y_median_pm", "refine.sigma_z_median_pm"};
  static const char *const profile[] = {"refine.profile_x_median_pm", "refine.profile_y_median_pm", "refine.profile_z_median_pm"};
  static const char *const bound[] = {"refine.bound_x_median_pm", "refine.bound_y_median_pm", "refine.bound_z_median_pm"};
  char                     key[64];

  PetscFunctionBegin;
  PetscCall(AetSummarySetNumber(summary, "refine.count", atoms->total));
  PetscCall(AetSummarySetNumber(summary, "refine.r1_before", report->r1_before));
  PetscCall(AetSummarySetNumber(summary, "refine.r1", report->r1));
  PetscCall(AetSummarySetNumber(summary, "refine.chi2", report->chi2));
  PetscCall(AetSummarySetNumber(summary, "refine.steps", report->steps));
  PetscCall(AetSummarySetNumber(summary, "refine.moved_rms_pm", AET_PM_PER_ANGSTROM * report->moved_rms_angstrom));
  PetscCall(AetSummarySetNumber(summary, "refine.moved_max_pm", AET_PM_PER_ANGSTROM * report->moved_max_angstrom));
  PetscCall(AetSummarySetNumber(summary, "refine.correlation", report->correlation));
  PetscCall(AetSummarySetNumber(summary, "refine.at_limit", report->at_limit));
  PetscCall(AetSummarySetNumber(summary, "refine.shift_rms_angstrom", report->shift_rms_angstrom));
  if (report->turn_rms_deg > 0) PetscCall(AetSummarySetNumber(summary, "refine.turn_rms_deg", report->turn_rms_deg));
  PetscCall(AetSummarySetNumber(summary, "refine.noise_floor", report->noise_floor));
  PetscCall(AetSummarySetNumber(summary, "refine.noise_per_signal", report->noise_per_signal));
  for (int s = 0; s < atoms->species_count; s++) {
    snprintf(key, sizeof key, "refine.height.%s", atoms->symbol[s]);
    PetscCall(AetSummarySetNumber(summary, key, report->height[s]));
    snprintf(key, sizeof key, "refine.b_factor_angstrom2.%s", atoms->symbol[s]);
    PetscCall(AetSummarySetNumber(summary, key, report->b_factor[s]));
  }
  if (report->expected_accuracy > 0) {
    PetscCall(AetSummarySetNumber(summary, "refine.expected_accuracy", report->expected_accuracy));
    PetscCall(AetSummarySetNumber(summary, "refine.species_by_images", report->species_by_images));
  }
  if (!(report->sigma_median_pm > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "refine.sigma_median_pm", report->sigma_median_pm));
  for (int a = 0; a < 3; a++) PetscCall(AetSummarySetNumber(summary, axis[a], report->sigma_axis_median_pm[a]));
  for (int a = 0; a < 3; a++) PetscCall(AetSummarySetNumber(summary, bound[a], report->bound_axis_median_pm[a]));
  for (int a = 0; a < 3; a++) PetscCall(AetSummarySetNumber(summary, profile[a], report->profile_axis_median_pm[a]));
  PetscCall(AetSummarySetNumber(summary, "refine.overdispersion", report->overdispersion));
  if (!report->jackknife_groups) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSummarySetNumber(summary, "refine.jackknife_groups", report->jackknife_groups));
  PetscCall(AetSummarySetNumber(summary, "refine.jackknife_worst_view", report->jackknife_worst));
  PetscCall(AetSummarySetNumber(summary, "refine.jackknife_worst_ratio", report->jackknife_worst_ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SummariseEdits(AetAtoms atoms, const AetCorrectReport *report, const char *edits, AetSummary summary)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCall(AetAgree(atoms->comm, rank || !edits ? PETSC_SUCCESS : AetEditsWrite(edits, atoms->symbol, report->edits, report->edit)));
  PetscCall(AetSummarySetNumber(summary, "refine.added", report->added));
  PetscCall(AetSummarySetNumber(summary, "refine.deleted", report->deleted));
  PetscCall(AetSummarySetNumber(summary, "refine.swapped", report->swapped));
  PetscCall(AetSummarySetNumber(summary, "refine.edit_rounds", report->rounds));
  PetscCall(AetSummarySetNumber(summary, "refine.edits_user", report->user));
  PetscCall(AetSummarySetNumber(summary, "refine.edits_refused", report->refused));
  PetscCall(AetSummarySetNumber(summary, "refine.edits_vetoed", report->vetoed));
  PetscCall(AetReport(atoms->comm, "  %d atoms added, %d deleted, %d of another species in %d rounds", (int)report->added,
                      (int)report->deleted, (int)report->swapped, (int)report->rounds));
  PetscCall(AetReport(atoms->comm, "; by the user: %d edits, %d forbidden; %d candidates refused\n", (int)report->user, (int)report->vetoed,
                      (int)report->refused));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Refines, and corrects the list by the images and by the user's edits. */
static PetscErrorCode Correct(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, const AetCorrectSettings *correction,
                              const char *edits, AetRefineReport *refined, AetSummary summary)
{
  AetCorrectReport report = {0};
  PetscErrorCode   code;
  PetscInt         count = 0;
  AetEdit         *given = NULL;
  PetscBool        file;
  char             path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetOptionNamesFile("refine_edits", &file));
  PetscCall(AetOptionGetText("refine_edits", path, sizeof path));
  if (file && edits) PetscCall(AetEditsRead(tilt->comm, path, atoms->species_count, atoms->symbol, &count, &given));
  code = AetCorrect(atoms, tilt, settings, correction, count, given, refined, &report);
  if (!code) code = SummariseEdits(atoms, &report, edits, summary);
  PetscCall(PetscFree(report.edit));
  PetscCall(PetscFree(given));
  PetscFunctionReturn(code);
}

/* The table of edits that an earlier run left. */
static PetscErrorCode Forget(MPI_Comm comm, const char *edits)
{
  int rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && edits) (void)unlink(edits);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStageRefine(AetAtoms atoms, AetTiltSeries tilt, AetVolume volume, const char *edits, AetSummary summary)
{
  AetRefineSettings  settings;
  AetRefineReport    report;
  AetCorrectSettings correction;
  float             *measured = tilt->image, *image = NULL;
  PetscErrorCode     code;
  PetscBool          asked;

  PetscFunctionBegin;
  PetscCall(AetRefineSettingsFromOptions(&settings));
  PetscCall(AetCorrectSettingsFromOptions(&correction));
  PetscCall(AetOptionIsSet("refine_correct", &asked));
  if (volume && !asked) correction.enabled = PETSC_FALSE; /* where light was taken off, no candidate is left to be seen */
  PetscCall(Forget(tilt->comm, edits));
  if (volume) {
    PetscCall(AetRefineImages(tilt, volume, atoms, &settings, &image));
    tilt->image = image;
  }
  code = correction.enabled ? Correct(atoms, tilt, &settings, &correction, edits, &report, summary)
                            : AetRefine(atoms, tilt, &settings, &report);
  tilt->image = measured;
  PetscCall(PetscFree(image));
  PetscCall(code);
  PetscCall(Summarise(atoms, &report, summary));
  PetscCall(AetReport(tilt->comm, "  %d atoms: R1 %.4f, %.4f before; moved by %.1f pm r.m.s.", (int)atoms->total, report.r1,
                      report.r1_before, AET_PM_PER_ANGSTROM * report.moved_rms_angstrom));
  for (int s = 0; s < atoms->species_count; s++)
    PetscCall(AetReport(tilt->comm, "; %s: height %.3g, B %.3g Å²", atoms->symbol[s], report.height[s], report.b_factor[s]));
  PetscCall(AetReport(tilt->comm, "\n"));
  if (report.sigma_median_pm > 0)
    PetscCall(AetReport(tilt->comm, "  standard deviations (median): %.1f pm; x %.1f, y %.1f, z %.1f pm\n", report.sigma_median_pm,
                        report.sigma_axis_median_pm[0], report.sigma_axis_median_pm[1], report.sigma_axis_median_pm[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
