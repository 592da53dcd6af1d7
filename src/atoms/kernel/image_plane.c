/* Two-dimensional transforms of real planes, and products with the profile of an atom in between. */
#include "atoms/kernel/image_plane.h"
#include <string.h>

int AetImagePlanePlanCreate(AetImagePlanePlan *plan, const ptrdiff_t n[2], ptrdiff_t reach_x)
{
  memset(plan, 0, sizeof *plan);
  plan->n[0] = n[0], plan->n[1] = n[1];
  plan->all = n[1] / 2 / AET_LANES + 1, plan->kept = reach_x / AET_LANES + 1;
  return AetPaddedPlanCreate(&plan->axis[0], n[0], n[0]) || AetPaddedPlanCreate(&plan->axis[1], n[1], n[1]);
}

void AetImagePlanePlanFree(AetImagePlanePlan *plan)
{
  for (int a = 0; a < 2; a++) AetPaddedPlanFree(&plan->axis[a]);
}

/* Of the rows: two lines' arrays of n_x, the half spectra of all lines, the work of a transform. */
size_t AetImagePlaneWork(const AetImagePlanePlan *plan)
{
  const ptrdiff_t longer = plan->n[0] > plan->n[1] ? plan->n[0] : plan->n[1];

  return 2 * (size_t)(2 * plan->n[1] + plan->all * plan->n[0] + 2 * longer);
}

size_t AetImagePlaneSpectrum(const AetImagePlanePlan *plan)
{
  return 2 * (size_t)(plan->kept * plan->n[0]);
}

typedef struct {
  AetLane *lines, *full, *half, *work;
} Work;

static Work WorkOf(const AetImagePlanePlan *plan, AetLane *work)
{
  Work w = {work, work + 2 * plan->n[1], work + 4 * plan->n[1], NULL};

  w.work = w.half + 2 * plan->all * plan->n[0];
  return w;
}

static int Lines(ptrdiff_t left)
{
  return (int)(left < 2 * AET_LANES ? left : 2 * AET_LANES);
}

void AetImagePlaneForward(const AetImagePlanePlan *plan, const float *grid, ptrdiff_t first, ptrdiff_t count, AetLane *spectrum,
                          AetLane *work)
{
  const ptrdiff_t ny = plan->n[0], nx = plan->n[1];
  const Work      w = WorkOf(plan, work);

  for (ptrdiff_t b = 0; b < plan->kept; b++) {
    memset(w.half + 2 * b * ny, 0, sizeof(AetLane) * 2 * (size_t)first);
    memset(w.half + 2 * (b * ny + first + count), 0, sizeof(AetLane) * 2 * (size_t)(ny - first - count));
  }
  for (ptrdiff_t y = first; y < first + count; y += 2 * AET_LANES) {
    const int lines = Lines(first + count - y);
    AetLinesToRows(grid + y * nx, nx, nx, lines, w.lines);
    AetPaddedForward(&plan->axis[1], w.lines, w.full, 1, w.work);
    AetRealSplit(w.full, nx, lines, w.half + 2 * y, ny);
  }
  for (ptrdiff_t b = 0; b < plan->kept; b++) AetPaddedForward(&plan->axis[0], w.half + 2 * b * ny, spectrum + 2 * b * ny, 1, w.work);
}

void AetImagePlaneBackward(const AetImagePlanePlan *plan, const AetLane *spectrum, float scale, float *grid, ptrdiff_t first,
                           ptrdiff_t count, AetLane *work)
{
  const ptrdiff_t ny = plan->n[0], nx = plan->n[1];
  const Work      w = WorkOf(plan, work);

  for (ptrdiff_t b = 0; b < plan->kept; b++) AetPaddedBackward(&plan->axis[0], spectrum + 2 * b * ny, 1, w.half + 2 * b * ny, w.work);
  memset(w.half + 2 * plan->kept * ny, 0, sizeof(AetLane) * 2 * (size_t)((plan->all - plan->kept) * ny));
  for (ptrdiff_t y = first; y < first + count; y += 2 * AET_LANES) {
    const int lines = Lines(first + count - y);
    AetRealJoin(w.half + 2 * y, ny, nx, lines, w.full);
    AetPaddedBackward(&plan->axis[1], w.full, 1, w.lines, w.work);
    AetRowsToLines(w.lines, nx, lines, scale, grid + y * nx, nx);
  }
}

static ptrdiff_t Wrap(ptrdiff_t k, ptrdiff_t n)
{
  return k < 0 ? k + n : k;
}

static AetLane Factor(const AetImagePlaneProfile *p, ptrdiff_t block, ptrdiff_t ky)
{
  AetLane factor;

  memcpy(&factor, p->factor + (block * (2 * p->reach_y + 1) + ky + p->reach_y) * AET_LANES, sizeof factor);
  return factor;
}

void AetImagePlaneAdd(const AetImagePlaneProfile *p, const AetLane *points, AetLane *image)
{
  for (ptrdiff_t b = 0; b < p->kept; b++)
    for (ptrdiff_t ky = -p->reach_y; ky <= p->reach_y; ky++) {
      const AetLane  factor = Factor(p, b, ky), *from = points + 2 * (b * p->points + Wrap(ky, p->points));
      AetLane *const to = image + 2 * (b * p->image + Wrap(ky, p->image));
      to[0] += factor * from[0], to[1] += factor * from[1];
    }
}

void AetImagePlaneTake(const AetImagePlaneProfile *p, const AetLane *image, AetLane *points)
{
  memset(points, 0, sizeof *points * 2 * (size_t)(p->kept * p->points));
  for (ptrdiff_t b = 0; b < p->kept; b++)
    for (ptrdiff_t ky = -p->reach_y; ky <= p->reach_y; ky++) {
      const AetLane  factor = Factor(p, b, ky), *from = image + 2 * (b * p->image + Wrap(ky, p->image));
      AetLane *const to = points + 2 * (b * p->points + Wrap(ky, p->points));
      to[0] = factor * from[0], to[1] = factor * from[1];
    }
}

double AetImagePlaneSecondMoment(const AetImagePlaneProfile *p, const double step[2], const AetLane *points, const AetLane *image)
{
  double sum = 0;

  for (ptrdiff_t b = 0; b < p->kept; b++)
    for (ptrdiff_t ky = -p->reach_y; ky <= p->reach_y; ky++) {
      const AetLane *from = points + 2 * (b * p->points + Wrap(ky, p->points)), *to = image + 2 * (b * p->image + Wrap(ky, p->image));
      const AetLane  product = Factor(p, b, ky) * (from[0] * to[0] + from[1] * to[1]);
      const double   qy = (double)ky * step[0];
      for (int l = 0; l < AET_LANES; l++) {
        const ptrdiff_t kx = b * AET_LANES + l;
        const double    qx = (double)kx * step[1];
        sum += (kx ? 2 : 1) * (double)product[l] * (qy * qy + qx * qx);
      }
    }
  return sum;
}
