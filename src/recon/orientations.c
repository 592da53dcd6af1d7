/* Orientations of views of which nothing is known: random starts, coarse to fine (docs/theory/orientations.md). */
#include "recon/kernel/rigid.h"
#include "recon/orientations_private.h"
#include <math.h>
#include <string.h>

enum { STREAM_STARTS = 0x4f00 };
#define FINEST_PX 2.2 /* resolution at best, in pixels */

/* Resolutions, as parts of the diameter, and iterations of each. All starts go through the first, the best start through all. */
static const struct {
  double   part;
  PetscInt iterations;
} levels[] = {{3, 8}, {5, 8}, {6.25, 6}, {7.5, 6}, {10, 6}};
enum { LEVELS = sizeof levels / sizeof levels[0], COMMON = 3 };

#define BROAD 0.02 /* perplexity at first, in the number of all orientations; halved from iteration to iteration */
#define MEDIUM 40  /* perplexity of a level's first iterations, */
#define NARROW 3   /* and in the end */

static double Resolution(const AetOrientViews *views, int l)
{
  return PetscMax(views->diameter / levels[l].part, FINEST_PX * views->tilt->pixel_angstrom);
}

static double PerplexityAt(const AetOrientLevel *level, int l, PetscInt k)
{
  if (l == 0) return PetscMax(NARROW, BROAD * AetOrientLevelPlaces(level) / (double)(1 << k));
  return k < levels[l].iterations / 2 ? MEDIUM : NARROW;
}

/* A rotation drawn evenly from all (a quaternion of normal numbers) for every view. */
static void RandomPoses(uint64_t seed, PetscInt start, ptrdiff_t views, AetPoses *poses)
{
  for (ptrdiff_t v = 0; v < views; v++) {
    double q[4], size = 0, w[3], sine, angle;
    for (int i = 0; i < 4; i++) q[i] = AetRandomNormal(seed, (uint64_t)(STREAM_STARTS + 4 * start + i), (uint64_t)v), size += q[i] * q[i];
    sine = sqrt(PetscMax(0, size - q[0] * q[0]));
    angle = 2 * atan2(sine, q[0]);
    for (int i = 0; i < 3; i++) w[i] = sine > 0 ? angle * q[1 + i] / sine : 0;
    AetRotationExp(w, poses->rotation[v]);
    poses->shift[v][0] = poses->shift[v][1] = 0;
  }
}

static PetscErrorCode Iterations(AetOrientLevel *level, int l, double *misfit)
{
  PetscFunctionBegin;
  PetscCall(AetOrientLevelBegin(level));
  for (PetscInt k = 0; k < levels[l].iterations; k++)
    PetscCall(AetOrientLevelIterate(level, PerplexityAt(level, l, k), (PetscBool)(l > 0), misfit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All starts through the coarse levels; `poses`: of the best. */
static PetscErrorCode Starts(AetOrientViews *views, const AetOrientationSettings *settings, AetOrientationsReport *report, AetPoses *poses,
                             AetProgress progress)
{
  const ptrdiff_t count = views->tilt->views;
  AetOrientLevel  level[COMMON];

  PetscFunctionBegin;
  for (int l = 0; l < COMMON; l++) PetscCall(AetOrientLevelCreate(views, Resolution(views, l), poses, &level[l]));
  for (PetscInt start = 0; start < settings->starts; start++) {
    double *misfit = &report->start_misfit[start];
    RandomPoses(settings->seed, start, count, &level[0].poses);
    for (int l = 0; l < COMMON; l++) {
      if (l) AetPosesCopy(count, &level[l - 1].poses, &level[l].poses);
      PetscCall(Iterations(&level[l], l, misfit));
    }
    if (start == 0 || *misfit < report->start_misfit[report->best]) {
      report->best = start;
      AetPosesCopy(count, &level[COMMON - 1].poses, poses);
    }
    PetscCall(AetProgressStep(progress, start + 1, "starts"));
  }
  for (int l = 0; l < COMMON; l++) PetscCall(AetOrientLevelDestroy(&level[l]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The best start through the finer levels, as long as they are finer. */
static PetscErrorCode Finer(AetOrientViews *views, AetOrientationsReport *report, AetPoses *poses, AetProgress progress)
{
  AetOrientLevel level;

  PetscFunctionBegin;
  report->angstrom = Resolution(views, COMMON - 1);
  report->misfit = report->start_misfit[report->best];
  for (int l = COMMON; l < LEVELS; l++) {
    char note[64];
    if (Resolution(views, l) >= report->angstrom) break;
    report->angstrom = Resolution(views, l);
    PetscCall(AetOrientLevelCreate(views, report->angstrom, poses, &level));
    PetscCall(Iterations(&level, l, &report->misfit));
    AetPosesCopy(views->tilt->views, &level.poses, poses);
    PetscCall(AetOrientLevelDestroy(&level));
    snprintf(note, sizeof note, "%.3g Å", report->angstrom);
    PetscCall(AetProgressStep(progress, report->starts + l - COMMON + 1, note));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The series as it is seen with the poses, whose shifts (Å, against the views' centres) become pixels off the origin. */
static PetscErrorCode Apply(AetOrientViews *views, const AetAngleSettings *settings, AetPoses *poses, double *mean_shift_px)
{
  AetTiltSeries tilt = views->tilt;
  AetAngles     angles;

  PetscFunctionBegin;
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    double *shift = poses->shift[tilt->v_start + v];
    shift[0] = shift[0] / tilt->pixel_angstrom + views->centre[v][0] - (double)(tilt->nx / 2);
    shift[1] = shift[1] / tilt->pixel_angstrom + views->centre[v][1] - (double)(tilt->ny / 2);
  }
  PetscCall(AetPosesShare(tilt, poses));
  *mean_shift_px = 0;
  for (ptrdiff_t v = 0; v < tilt->views; v++) *mean_shift_px += hypot(poses->shift[v][0], poses->shift[v][1]) / (double)tilt->views;
  PetscCall(AetAnglesOpen(tilt, settings, &angles));
  AetPosesCopy(tilt->views, poses, &angles.now);
  PetscCall(AetAnglesApply(&angles));
  PetscCall(AetAnglesClose(&angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Search(AetTiltSeries tilt, const AetOrientationSettings *settings, AetOrientationsReport *report)
{
  AetOrientViews views;
  AetPoses       poses;
  AetProgress    progress;
  PetscErrorCode code;

  PetscFunctionBegin;
  code = AetOrientViewsCreate(tilt, settings->diameter_angstrom, &views);
  if (code) PetscCall(AetOrientViewsDestroy(&views));
  PetscCall(code);
  PetscCall(AetPosesCreate(tilt->views, &poses));
  PetscCall(AetProgressCreate(tilt->comm, "orientations", settings->starts + LEVELS - COMMON, &progress));
  report->diameter_angstrom = views.diameter;
  PetscCall(Starts(&views, settings, report, &poses, progress));
  PetscCall(Finer(&views, report, &poses, progress));
  PetscCall(Apply(&views, &settings->angles, &poses, &report->mean_shift_px));
  PetscCall(AetProgressDestroy(&progress));
  PetscCall(AetPosesDestroy(&poses));
  PetscCall(AetOrientViewsDestroy(&views));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientationsFind(AetTiltSeries tilt, const AetOrientationSettings *settings, AetOrientationsReport *report)
{
  PetscFunctionBegin;
  memset(report, 0, sizeof *report);
  AetCheck(tilt->views >= 3, AET_ERR_INPUT, "tilt_orientations: expected at least 3 views, found %td", tilt->views);
  PetscCall(AetOrientLeaveOutDark(tilt, &report->left_out));
  report->views = tilt->views;
  report->starts = settings->starts;
  PetscCall(PetscCalloc1((size_t)settings->starts, &report->start_misfit));
  PetscCall(Search(tilt, settings, report));
  if (settings->refine) PetscCall(AetAnglesRefine(tilt, &settings->angles, &report->angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientationsReportFree(AetOrientationsReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(report->start_misfit));
  PetscCall(AetAnglesReportFree(&report->angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}
