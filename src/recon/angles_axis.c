/* Tilt-axis search: one rotation of all images about the beam and one shift across the axis, by the misfit of quick reconstructions. */
#include "recon/angles_private.h"
#include "recon/kernel/rigid.h"
#include <math.h>
#include <string.h>

#define ITERATIONS 8
#define SCAN 4 /* steps to either side at first */

/* Sizes of images at most, and the halvings of the first step that are tried on them. Atomic planes are misfit's traps: fine images come
   last. */
static const struct {
  ptrdiff_t size;
  int       first, last;
} passes[] = {{24, 0, 2}, {48, 2, 6}};
enum { PASSES = sizeof passes / sizeof passes[0] };

typedef struct {
  AetAngleLevel level;
  AetPoses      poses;
  double       *misfit;
} Search;

/* Every nominal pose after a rotation about the beam; all images shifted. */
static void TrialPoses(const AetAngles *angles, const double place[2], AetPoses *poses)
{
  const double w[3] = {0, 0, place[0] * AET_DEG};
  double       Q[9];

  AetRotationExp(w, Q);
  for (ptrdiff_t v = 0; v < angles->measured->views; v++) {
    AetRotationMultiply(Q, angles->nominal.rotation[v], poses->rotation[v]);
    poses->shift[v][0] = place[1], poses->shift[v][1] = 0;
  }
}

static PetscErrorCode Trial(Search *search, const double place[2], double *misfit)
{
  const ptrdiff_t views = search->level.tilt->views;
  double          sum = 0;

  PetscFunctionBegin;
  TrialPoses(search->level.angles, place, &search->poses);
  AetAngleLevelPose(&search->level, &search->poses);
  PetscCall(AetAngleLevelReconstruct(&search->level, ITERATIONS));
  PetscCall(AetAngleLevelMisfit(&search->level, search->misfit));
  for (ptrdiff_t v = 0; v < views; v++) sum += search->misfit[v] * search->misfit[v];
  *misfit = sqrt(sum / (double)views);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The best of the places up to `reach` steps to either side along both coordinates. */
static PetscErrorCode Scan(Search *search, const double step[2], int reach, double place[2], double *least)
{
  const double from[2] = {place[0], place[1]};

  PetscFunctionBegin;
  for (int i = -reach; i <= reach; i++)
    for (int j = -reach; j <= reach; j++) {
      double at[2] = {from[0] + i * step[0], from[1] + j * step[1]}, misfit;
      if ((i == 0 && j == 0) || (j != 0 && step[1] == 0)) continue; /* known */
      PetscCall(Trial(search, at, &misfit));
      if (misfit < *least) *least = misfit, memcpy(place, at, sizeof at);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Descend(Search *search, int first, int last, const double range[2], double place[2])
{
  double least;

  PetscFunctionBegin;
  PetscCall(Trial(search, place, &least));
  for (int halving = first; halving <= last; halving++) {
    const double step[2] = {range[0] / SCAN / (1 << halving), range[1] / SCAN / (1 << halving)};
    PetscCall(Scan(search, step, halving ? 1 : SCAN, place, &least));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnglesAxis(AetAngles *angles, double range_deg, double range_px, double *axis_deg, double *shift_px)
{
  const double range[2] = {range_deg, range_px};
  double       place[2] = {0, 0};
  Search       search;

  PetscFunctionBegin;
  PetscCall(AetPosesCreate(angles->measured->views, &search.poses));
  PetscCall(PetscMalloc1((size_t)angles->measured->views, &search.misfit));
  for (int p = 0; p < PASSES; p++) {
    PetscCall(AetAngleLevelCreate(angles, PetscMin(angles->L, passes[p].size), &search.level));
    PetscCall(Descend(&search, passes[p].first, passes[p].last, range, place));
    PetscCall(AetAngleLevelDestroy(&search.level));
  }
  TrialPoses(angles, place, &angles->now);
  AetPosesCopy(angles->measured->views, &angles->now, &angles->nominal);
  *axis_deg = place[0], *shift_px = place[1];
  PetscCall(PetscFree(search.misfit));
  PetscCall(AetPosesDestroy(&search.poses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltAxisSearch(AetTiltSeries tilt, double range_deg, double range_px, double *axis_deg, double *shift_px)
{
  const AetAngleSettings settings = {.range_deg = range_deg, .shift_range_px = range_px};
  AetAngles              angles;

  PetscFunctionBegin;
  PetscCall(AetAnglesOpen(tilt, &settings, &angles));
  PetscCall(AetAnglesAxis(&angles, range_deg, range_px, axis_deg, shift_px));
  PetscCall(AetAnglesClose(&angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}
