/* The half of the padded transform that works on planes of z: x, then y. */
#include "dist/transform_private.h"
#include <omp.h>
#include <string.h>

/* One thread's arrays, in rows of lanes. */
typedef struct {
  AetLane *lines; /* n_x: sixteen real lines */
  AetLane *full;  /* max(N_x, N_y): their spectrum, or a narrow block along k_y */
  AetLane *half;  /* [block][n_y]: half spectra of the plane */
  AetLane *work;
} PlaneWork;

static ptrdiff_t FullRows(const struct _p_AetTransform *t)
{
  return PetscMax(t->N[1], t->N[2]);
}

size_t AetPlaneWork(const struct _p_AetTransform *t)
{
  ptrdiff_t rows = t->n[2] + FullRows(t) + t->blocks * t->n[1] + 2 * PetscMax(t->axis[1].length, t->axis[2].length);

  return (size_t)rows * AET_LINE;
}

static PlaneWork GetWork(const struct _p_AetTransform *t, int thread)
{
  AetLane  *base = AetThreadWork(t, thread), *full = base + 2 * t->n[2], *half = full + 2 * FullRows(t);
  PlaneWork w = {base, full, half, half + 2 * t->blocks * t->n[1]};

  return w;
}

/* Where (k_y = 0, block, plane) begins. */
static float *PlaneAt(const struct _p_AetTransform *t, ptrdiff_t b, ptrdiff_t z)
{
  return t->planes + b * AET_LINE * t->z_count + z * 2 * AetBlockLanes(t, b);
}

static void PlaneForward(const struct _p_AetTransform *t, const float *plane, ptrdiff_t z, const PlaneWork *w)
{
  const ptrdiff_t ny = t->n[1], nx = t->n[2], step = AetPieceRow(t, t->z_count);

  for (ptrdiff_t y = 0; y < ny; y += 2 * AET_LANES) {
    const int lines = (int)PetscMin(ny - y, 2 * AET_LANES);
    AetLinesToRows(plane + y * nx, nx, nx, lines, w->lines);
    AetPaddedForward(&t->axis[2], w->lines, w->full, 1, w->work);
    AetRealSplit(w->full, t->N[2], lines, w->half + 2 * y, ny);
  }
  for (ptrdiff_t b = 0; b < t->blocks; b++) {
    const int lanes = AetBlockLanes(t, b);
    float    *to = PlaneAt(t, b, z);
    if (lanes == AET_LANES) {
      AetPaddedForward(&t->axis[1], w->half + 2 * b * ny, (AetLane *)to, step / AET_LINE, w->work);
      continue;
    }
    AetPaddedForward(&t->axis[1], w->half + 2 * b * ny, w->full, 1, w->work);
    for (ptrdiff_t k = 0; k < t->N[1]; k++)
      for (int l = 0; l < lanes; l++) to[k * step + l] = w->full[2 * k][l], to[k * step + lanes + l] = w->full[2 * k + 1][l];
  }
}

static void PlaneBackward(const struct _p_AetTransform *t, float scale, float *plane, ptrdiff_t z, const PlaneWork *w)
{
  const ptrdiff_t ny = t->n[1], nx = t->n[2], step = AetPieceRow(t, t->z_count);

  for (ptrdiff_t b = 0; b < t->blocks; b++) {
    const int    lanes = AetBlockLanes(t, b);
    const float *from = PlaneAt(t, b, z);
    if (lanes == AET_LANES) {
      AetPaddedBackward(&t->axis[1], (const AetLane *)from, step / AET_LINE, w->half + 2 * b * ny, w->work);
      continue;
    }
    memset(w->full, 0, sizeof(AetLane) * 2 * (size_t)t->N[1]);
    for (ptrdiff_t k = 0; k < t->N[1]; k++)
      for (int l = 0; l < lanes; l++) w->full[2 * k][l] = from[k * step + l], w->full[2 * k + 1][l] = from[k * step + lanes + l];
    AetPaddedBackward(&t->axis[1], w->full, 1, w->half + 2 * b * ny, w->work);
  }
  for (ptrdiff_t y = 0; y < ny; y += 2 * AET_LANES) {
    const int lines = (int)PetscMin(ny - y, 2 * AET_LANES);
    AetRealJoin(w->half + 2 * y, ny, t->N[2], lines, w->full);
    AetPaddedBackward(&t->axis[2], w->full, 1, w->lines, w->work);
    AetRowsToLines(w->lines, nx, lines, scale, plane + y * nx, nx);
  }
}

void AetPlanesForward(AetTransform t, const float *object)
{
#pragma omp parallel num_threads(t->threads)
  {
    const PlaneWork w = GetWork(t, omp_get_thread_num());
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < t->z_count; z++) PlaneForward(t, object + z * t->n[1] * t->n[2], z, &w);
  }
}

void AetPlanesBackward(AetTransform t, float scale, float *object)
{
#pragma omp parallel num_threads(t->threads)
  {
    const PlaneWork w = GetWork(t, omp_get_thread_num());
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < t->z_count; z++) PlaneBackward(t, scale, object + z * t->n[1] * t->n[2], z, &w);
  }
}
