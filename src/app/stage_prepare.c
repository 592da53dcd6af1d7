/* Measured images to an aligned tilt series. */
#include "prepare.h"
#include <math.h>
#include <stdarg.h>
#include <string.h>

#define CENTRE_ERROR_MOST 0.05 /* px: more is worth the time of a refinement, so that what is left is below 0.1 */
#define SHIFTS_RANGE_DEG 0.01 /* the refinement's least: angles stay */
enum { SHIFTS_ROUNDS = 6 };

PetscErrorCode AetPrepareStep(AetPrepared *prepared, const char *name, double begin, const char *format, ...)
{
  const double seconds = MPI_Wtime() - begin;
  double       most, sum;
  char         key[64], text[256] = "";
  int          ranks;
  va_list      list;

  PetscFunctionBegin;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  PetscCallMPI(MPI_Comm_size(prepared->comm, &ranks));
  PetscCallMPI(MPI_Allreduce(&seconds, &most, 1, MPI_DOUBLE, MPI_MAX, prepared->comm));
  PetscCallMPI(MPI_Allreduce(&seconds, &sum, 1, MPI_DOUBLE, MPI_SUM, prepared->comm));
  snprintf(key, sizeof key, "prepare.seconds.%s", name);
  PetscCall(AetSummarySetNumber(prepared->summary, key, most));
  snprintf(key, sizeof key, "prepare.seconds_per_image_and_rank.%s", name);
  PetscCall(AetSummarySetNumber(prepared->summary, key, sum / (double)prepared->views));
  PetscCall(AetReport(prepared->comm, "  %s: %s; %.3g s, %.3g s per image and rank\n", name, text, most, sum / (double)prepared->views));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- steps on the series */

static PetscErrorCode Background(AetPrepared *prepared, const AetBackgroundSettings *settings)
{
  const double begin = MPI_Wtime();
  double       level = 0, object = 0, noise = 0;

  PetscFunctionBegin;
  if (settings->method == AET_BACKGROUND_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTiltBackground(prepared->tilt, settings, prepared->record));
  for (ptrdiff_t v = 0; v < prepared->views; v++) {
    const AetPreparedView *view = &prepared->record->view[v];
    level += view->background / (double)prepared->views, object += view->object / (double)prepared->views;
    noise += view->noise / (double)prepared->views;
  }
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.background_mean", level));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.background_noise", noise));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.object_fraction", object));
  PetscCall(AetPrepareStep(prepared, "background", begin, "%.4g taken off, noise %.3g, object on %.0f %% of the images", level, noise,
                           100 * object));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Normalise(AetPrepared *prepared, const AetBackgroundSettings *settings)
{
  const double begin = MPI_Wtime();
  double       least = PETSC_MAX_REAL, most = 0;

  PetscFunctionBegin;
  if (settings->normalise == AET_NORMALISE_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTiltNormalise(prepared->tilt, settings, prepared->record));
  for (ptrdiff_t v = 0; v < prepared->views; v++) {
    least = PetscMin(least, prepared->record->view[v].scale);
    most = PetscMax(most, prepared->record->view[v].scale);
  }
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.scale_min", least));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.scale_max", most));
  PetscCall(AetPrepareStep(prepared, "intensity", begin, "factors %.4g to %.4g", least, most));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double ShiftRms(const AetPreparation record)
{
  double sum = 0;

  for (ptrdiff_t v = 0; v < record->views; v++)
    for (int a = 0; a < 2; a++) sum += record->view[v].shift_px[a] * record->view[v].shift_px[a];
  return sqrt(sum / (double)record->views);
}

static PetscErrorCode Align(AetPrepared *prepared, const AetAlignSettings *settings, const AetBackgroundSettings *background)
{
  const double         begin = MPI_Wtime();
  const AetPreparation record = prepared->record;
  double               shift, misfit = 0;

  PetscFunctionBegin;
  if (settings->method == AET_TILT_ALIGN_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetTiltAlign(prepared->tilt, settings, background, record));
  shift = ShiftRms(record);
  for (ptrdiff_t v = 0; v < prepared->views; v++) misfit = PetscMax(misfit, record->view[v].line_misfit);
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.shift_rms_px", shift));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.align_residual_px", record->residual_px));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.line_misfit_max", misfit));
  PetscCall(AetPrepareStep(prepared, "align", begin, "shifts of %.3g pixels r.m.s. taken out, %.2g are left at most", shift,
                           record->residual_px));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shifts alone against reconstructions. */
static PetscErrorCode RefineShifts(AetPrepared *prepared)
{
  const double     begin = MPI_Wtime();
  AetAngleSettings settings;
  AetAnglesReport  report;

  PetscFunctionBegin;
  PetscCall(AetAngleSettingsFromOptions(&settings));
  settings.range_deg = SHIFTS_RANGE_DEG, settings.search = PETSC_FALSE, settings.axis_range_deg = 0;
  settings.rounds = PetscMin(settings.rounds, SHIFTS_ROUNDS);
  PetscCall(AetAnglesRefine(prepared->tilt, &settings, &report));
  AetPrepareRecordAngles(prepared, &report);
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.refined_mean_px", report.mean_shift_px));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.refined_misfit_before", report.before));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.refined_misfit_after", report.after));
  PetscCall(AetPrepareStep(prepared, "refine_shifts", begin, "moved by %.3g pixels in the mean, misfit %.4f before, %.4f after%s",
                           report.mean_shift_px, report.before, report.after, report.changed ? "" : ": kept"));
  PetscCall(AetAnglesReportFree(&report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetPrepareRecordAngles(AetPrepared *prepared, const AetAnglesReport *report)
{
  for (ptrdiff_t v = 0; v < report->views; v++) {
    AetPreparedView *view = &prepared->record->view[v];
    for (int a = 0; a < 2; a++) view->refined_px[a] += report->shift_px[v][a], view->shift_px[a] += report->shift_px[v][a];
    memcpy(view->angles_deg, prepared->tilt->angles_deg[v], sizeof view->angles_deg);
  }
  prepared->changed = PETSC_TRUE;
}

static PetscErrorCode Damage(AetPrepared *prepared, const AetAlignSettings *settings, const AetBackgroundSettings *background)
{
  const double         begin = MPI_Wtime();
  const AetPreparation record = prepared->record;
  ptrdiff_t            flagged = 0;
  double               worst = 0;
  AetNoise             noise = prepared->noise;

  PetscFunctionBegin;
  if (noise.alpha > 0 || noise.sigma > 0) noise = AetNoiseOfMean(noise, record->view[0].frames_used);
  PetscCall(AetTiltDamage(prepared->tilt, settings, background, (const double[2]){noise.alpha, noise.sigma}, record));
  if (!record->repeats) PetscFunctionReturn(PETSC_SUCCESS);
  for (ptrdiff_t i = 0; i < record->repeats; i++) {
    const AetRepeat *repeat = &record->repeat[i];
    PetscCall(AetReport(prepared->comm, "  images %td and %td, of one orientation: correlation %.4f (noise allows %.4f), R %.4f (%.4f)%s\n",
                        repeat->views[0], repeat->views[1], repeat->correlation, repeat->correlation_expected, repeat->r,
                        repeat->r_expected,
                        repeat->flagged ? ": they differ by more than their noise, the specimen or the alignment changed" : ""));
    flagged += repeat->flagged;
    if (repeat->r_expected > 0) worst = PetscMax(worst, repeat->r / repeat->r_expected);
  }
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.repeats", (double)record->repeats));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.repeats_flagged", (double)flagged));
  PetscCall(AetSummarySetNumber(prepared->summary, "prepare.repeats_worst_r_over_expected", worst));
  PetscCall(AetPrepareStep(prepared, "repeats", begin, "%td of %td differ by more than their noise", flagged, record->repeats));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The shifts and angles of another signal, in place of what would be estimated. */
static PetscErrorCode Transform(AetPrepared *prepared)
{
  const double begin = MPI_Wtime();

  PetscFunctionBegin;
  PetscCall(AetPreparationApply(prepared->transforms, prepared->tilt));
  AetPreparationTakeOver(prepared->record, prepared->transforms);
  PetscCall(AetPrepareStep(prepared, "transforms", begin, "shifts of %.3g pixels r.m.s. and the angles of another signal",
                           ShiftRms(prepared->record)));
  prepared->changed = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the noise leaves the centres of mass so uncertain that reconstructions tell the shifts better. */
static PetscBool CentresUncertain(const AetPreparation record)
{
  double mean = 0;

  for (ptrdiff_t v = 0; v < record->views; v++) mean += record->view[v].centre_error_px / (double)record->views;
  return (PetscBool)(mean > CENTRE_ERROR_MOST);
}

PetscErrorCode AetPrepareSeries(AetPrepared *prepared)
{
  AetBackgroundSettings background;
  AetAlignSettings      align;
  const PetscBool       transforms = (PetscBool)(prepared->transforms != NULL);
  PetscBool             extended, automatic;
  int                   unknown;

  PetscFunctionBegin;
  PetscCall(AetOptionGetBool("recon_extended", &extended));
  PetscCall(AetOptionGetEnum("tilt_orientations", &unknown));
  automatic = (PetscBool)(prepared->from_frames && !extended); /* an extended object leaves no background to see, and no centre */
  PetscCall(AetBackgroundSettingsFromOptions(automatic, &background));
  PetscCall(AetAlignSettingsFromOptions((PetscBool)(automatic && !transforms && !unknown), &align));
  AetCheck(!transforms || align.method == AET_TILT_ALIGN_NONE, AET_ERR_INPUT,
           "prepare_transforms: the shifts of another signal leave nothing to align: expected align_method auto or none");
  PetscCall(Background(prepared, &background));
  PetscCall(Normalise(prepared, &background));
  if (transforms) PetscCall(Transform(prepared));
  PetscCall(Align(prepared, &align, &background));
  if (align.refine == AET_TILT_ALIGN_REFINE_AUTO && align.method != AET_TILT_ALIGN_NONE && CentresUncertain(prepared->record))
    align.refine = AET_TILT_ALIGN_REFINE_SHIFTS;
  if (align.refine == AET_TILT_ALIGN_REFINE_SHIFTS) PetscCall(RefineShifts(prepared));
  prepared->refine_angles = (PetscBool)(align.refine == AET_TILT_ALIGN_REFINE_ALL);
  if (automatic || align.method != AET_TILT_ALIGN_NONE) PetscCall(Damage(prepared, &align, &background));
  PetscFunctionReturn(PETSC_SUCCESS);
}
