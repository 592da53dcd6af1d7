/* Refinement of the angles and shifts of a tilt series, coarse to fine (docs/theory/angles.md). */
#include "recon/angles_private.h"
#include "recon/kernel/rigid.h"
#include "recon/kernel/slice_image.h"
#include <math.h>
#include <string.h>

#define COARSEST 16 /* pixels: smaller images tell no rotation */
#define GROWTH 1.4  /* from level to level */
#define LEVELS_MAX 32
#define NEWTON_STEPS 2 /* against one volume */
#define SEARCH_LEVELS 2
#define SEARCH_REACH 2

/* Spectra of the measured images. */
static PetscErrorCode TransformImages(AetAngles *angles)
{
  AetTiltSeries   tilt = angles->measured;
  const ptrdiff_t L = angles->L, size = L * (L / 2 + 1), pixels = tilt->ny * tilt->nx;
  fftwf_plan      plan;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(tilt->v_count * size), &angles->spectra));
  PetscCall(AetPosesCreate(tilt->views, &angles->nominal));
  PetscCall(AetPosesCreate(tilt->views, &angles->now));
  memcpy(angles->nominal.rotation, tilt->rotation, (size_t)tilt->views * sizeof *tilt->rotation);
  AetPosesCopy(tilt->views, &angles->nominal, &angles->now);
  if (!tilt->v_count) PetscFunctionReturn(PETSC_SUCCESS);
  fftwf_plan_with_nthreads(1);
  plan = fftwf_plan_dft_r2c_2d((int)L, (int)L, (float *)angles->spectra, (fftwf_complex *)angles->spectra, FFTW_ESTIMATE | FFTW_UNALIGNED);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(plan);
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    AetSlicePad(L, L, tilt->ny, tilt->nx, tilt->image + v * pixels, (float *)(angles->spectra + v * size));
    fftwf_execute_dft_r2c(plan, (float *)(angles->spectra + v * size), (fftwf_complex *)(angles->spectra + v * size));
  }
  fftwf_destroy_plan(plan);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesOpen(AetTiltSeries tilt, const AetAngleSettings *settings, AetAngles *angles)
{
  PetscFunctionBegin;
  memset(angles, 0, sizeof *angles);
  angles->measured = tilt;
  angles->settings = *settings;
  angles->L = AetSmoothSize(PetscMax(tilt->ny, tilt->nx), PETSC_TRUE);
  PetscCall(AetAgree(tilt->comm, TransformImages(angles)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesClose(AetAngles *angles)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(angles->spectra));
  PetscCall(AetPosesDestroy(&angles->nominal));
  PetscCall(AetPosesDestroy(&angles->now));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sizes of the levels: at the coarsest, an error of range_deg moves the rim of the object by one pixel; the finest is the measured size or
   size_max. */
static int ChooseLevels(const AetAngles *angles, ptrdiff_t M[LEVELS_MAX])
{
  ptrdiff_t finest = angles->L, coarsest = (ptrdiff_t)ceil(2 / (angles->settings.range_deg * AET_DEG));
  int       levels = 0;

  if (angles->settings.size_max) finest = PetscMin(finest, AetSmoothSize(angles->settings.size_max, PETSC_TRUE));
  for (double size = (double)PetscMax(coarsest, COARSEST); levels < LEVELS_MAX - 1 && size < 0.85 * (double)finest; size *= GROWTH)
    M[levels++] = AetSmoothSize((ptrdiff_t)size, PETSC_TRUE);
  M[levels++] = finest;
  return levels;
}

/* Takes out of the poses what is common to all views. */
static void FixGauge(AetAngles *angles)
{
  const ptrdiff_t views = angles->measured->views;
  AetPoses       *now = &angles->now;
  double          Q[9], T[3], R[9];

  AetRotationCommon(views, (const double(*)[9])now->rotation, (const double(*)[9])angles->nominal.rotation, Q);
  AetShiftCommon(views, (const double(*)[9])now->rotation, (const double(*)[2])now->shift, T);
  for (ptrdiff_t v = 0; v < views; v++) {
    for (int row = 0; row < 2; row++)
      for (int a = 0; a < 3; a++) now->shift[v][row] -= now->rotation[v][3 * row + a] * T[a];
    AetRotationMultiply(now->rotation[v], Q, R);
    memcpy(now->rotation[v], R, sizeof R);
  }
}

static double RootMeanSquare(ptrdiff_t count, const double *values)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) sum += values[i] * values[i];
  return sqrt(sum / (double)count);
}

/* One round: a volume from the poses so far, then the poses against it. */
static PetscErrorCode Round(AetAngleLevel *level, double search_deg)
{
  AetAngles *angles = level->angles;

  PetscFunctionBegin;
  AetAngleLevelPose(level, &angles->now);
  PetscCall(AetAngleLevelReconstruct(level, angles->settings.iterations));
  if (search_deg > 0) PetscCall(AetAnglesSearch(level, search_deg, SEARCH_REACH));
  PetscCall(AetAnglesNewton(level, NEWTON_STEPS));
  FixGauge(angles);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Misfits of all views with a reconstruction from `poses`. */
static PetscErrorCode Assess(AetAngleLevel *level, const AetPoses *poses, double *misfit)
{
  PetscFunctionBegin;
  AetAngleLevelPose(level, poses);
  PetscCall(AetAngleLevelReconstruct(level, level->angles->settings.iterations));
  PetscCall(AetAngleLevelMisfit(level, misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Rounds(AetAngles *angles, AetAnglesReport *report, AetProgress progress)
{
  AetAngleLevel level;
  ptrdiff_t     M[LEVELS_MAX];
  const int     levels = ChooseLevels(angles, M);
  PetscInt      total = PetscMax(angles->settings.rounds, levels), done = 0;

  PetscFunctionBegin;
  for (int l = 0; l < levels; l++) {
    PetscInt end = (PetscInt)((int64_t)total * (l + 1) / levels);
    PetscCall(AetAngleLevelCreate(angles, M[l], &level));
    if (l == levels - 1) PetscCall(Assess(&level, &angles->nominal, report->misfit_before));
    for (PetscBool first = PETSC_TRUE; done < end; done++, first = PETSC_FALSE) {
      double step = first && angles->settings.search && l < SEARCH_LEVELS ? 0.4 * angles->settings.range_deg / (1 << l) : 0;
      char   note[64];
      PetscCall(Round(&level, step));
      snprintf(note, sizeof note, "%td pixels", M[l]);
      PetscCall(AetProgressStep(progress, done + 1, note));
    }
    if (l == levels - 1) PetscCall(Assess(&level, &angles->now, report->misfit_after));
    PetscCall(AetAngleLevelDestroy(&level));
  }
  report->rounds = done;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesApply(AetAngles *angles)
{
  AetTiltSeries   tilt = angles->measured;
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  AetAngleLevel   level;

  PetscFunctionBegin;
  PetscCall(AetAngleLevelCreate(angles, angles->L, &level));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    AetAngleLevelImage(&level, v, angles->now.shift[tilt->v_start + v], 0, tilt->image + v * pixels);
  PetscCall(AetAngleLevelDestroy(&level));
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    memcpy(tilt->rotation[v], angles->now.rotation[v], sizeof tilt->rotation[v]);
    AetAnglesFromRotation(tilt->rotation[v], tilt->angles_deg[v]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void FillReport(const AetAngles *angles, AetAnglesReport *report)
{
  const ptrdiff_t views = report->views;

  for (ptrdiff_t v = 0; v < views; v++) {
    double Q[9];
    AetRotationDivide(angles->now.rotation[v], angles->measured->rotation[v], Q);
    report->change_deg[v] = AetRotationAngle(Q) / AET_DEG;
    memcpy(report->shift_px[v], angles->now.shift[v], sizeof report->shift_px[v]);
    report->mean_change_deg += report->change_deg[v] / (double)views;
    report->max_change_deg = fmax(report->max_change_deg, report->change_deg[v]);
    report->mean_shift_px += hypot(report->shift_px[v][0], report->shift_px[v][1]) / (double)views;
  }
}

static PetscErrorCode Refine(AetAngles *angles, AetAnglesReport *report)
{
  AetTiltSeries  tilt = angles->measured;
  const double   range = angles->settings.axis_range_deg;
  AetProgress    progress;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (range > 0) PetscCall(AetAnglesAxis(angles, range, angles->settings.shift_range_px, &report->axis_deg, &report->axis_shift_px));
  PetscCall(AetProgressCreate(tilt->comm, "angles", angles->settings.rounds, &progress));
  code = Rounds(angles, report, progress);
  PetscCall(AetProgressDestroy(&progress));
  PetscCall(code);
  report->before = RootMeanSquare(tilt->views, report->misfit_before);
  report->after = RootMeanSquare(tilt->views, report->misfit_after);
  report->changed = (PetscBool)(report->after < report->before);
  if (!report->changed) AetPosesCopy(tilt->views, &angles->nominal, &angles->now);
  FillReport(angles, report);
  if (report->changed || range > 0) PetscCall(AetAnglesApply(angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesRefine(AetTiltSeries tilt, const AetAngleSettings *settings, AetAnglesReport *report)
{
  AetAngles angles;

  PetscFunctionBegin;
  memset(report, 0, sizeof *report);
  report->views = tilt->views;
  PetscCall(PetscCalloc4((size_t)tilt->views, &report->change_deg, (size_t)tilt->views, &report->shift_px, (size_t)tilt->views,
                         &report->misfit_before, (size_t)tilt->views, &report->misfit_after));
  PetscCall(AetAnglesOpen(tilt, settings, &angles));
  PetscCall(Refine(&angles, report));
  PetscCall(AetAnglesClose(&angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesEstimateOn(AetTiltSeries tilt, int ranks, double *bytes)
{
  AetAngleSettings settings;
  const ptrdiff_t  L = AetSmoothSize(PetscMax(tilt->ny, tilt->nx), PETSC_TRUE);
  ptrdiff_t        start, views, M;

  PetscFunctionBegin;
  PetscCall(AetAngleSettingsFromOptions(&settings));
  AetBlock(tilt->views, 0, ranks, &start, &views);
  M = settings.size_max ? PetscMin((ptrdiff_t)settings.size_max, L) : L;
  *bytes = 8.0 * (double)views * (double)L * (double)(L / 2 + 1) + AetAngleLevelBytes(tilt, &settings, L, M, ranks);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesReportFree(AetAnglesReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(report->change_deg, report->shift_px, report->misfit_before, report->misfit_after));
  PetscFunctionReturn(PETSC_SUCCESS);
}
