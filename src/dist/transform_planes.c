/* The half of the padded transform that works on planes of z: x, then y. */
#include "dist/transform_private.h"
#include <omp.h>
#include <string.h>

/* One thread's arrays, in rows of lanes. Planes are taken in groups, so that what goes to the strided array goes in longer runs. */
typedef struct {
  AetLane *lines; /* n_x: sixteen real lines */
  AetLane *full;  /* N_x: their spectrum */
  AetLane *half;  /* [plane of the group][block][n_y]: half spectra */
  AetLane *along; /* [plane of the group][N_y, and one against equal cache sets]: one block along k_y */
  AetLane *work;
} PlaneWork;

#define GROUP_MOST 8
#define GROUP_BYTES (2 << 20)

/* Planes taken together: as many as the second-level cache holds, and no fewer groups than threads. */
static ptrdiff_t Group(const struct _p_AetTransform *t)
{
  ptrdiff_t fit = GROUP_BYTES / (t->blocks * t->n[1] * AET_LINE * (ptrdiff_t)sizeof(float)), share = t->z_count / t->threads;

  fit = PetscMin(fit, PetscMin(share, GROUP_MOST));
  return PetscMax(fit, 1);
}

size_t AetPlaneWork(const struct _p_AetTransform *t)
{
  ptrdiff_t rows = t->n[2] + t->N[2] + Group(t) * (t->blocks * t->n[1] + t->N[1] + 1) + 2 * PetscMax(t->axis[1].length, t->axis[2].length);

  return (size_t)rows * AET_LINE;
}

static PlaneWork GetWork(const struct _p_AetTransform *t, int thread)
{
  PlaneWork w;

  w.lines = AetThreadWork(t, thread);
  w.full = w.lines + 2 * t->n[2];
  w.half = w.full + 2 * t->N[2];
  w.along = w.half + 2 * Group(t) * t->blocks * t->n[1];
  w.work = w.along + 2 * Group(t) * (t->N[1] + 1);
  return w;
}

/* Where (block, plane) begins in a row of k_y. */
static ptrdiff_t PlaneAt(const struct _p_AetTransform *t, ptrdiff_t b, ptrdiff_t z)
{
  return b * AET_LINE * t->z_count + z * 2 * AetBlockLanes(t, b);
}

/* Columns along k_y of `count` planes to the strided array: per k_y one run of count rows. */
static void Scatter(const struct _p_AetTransform *t, const AetLane *along, ptrdiff_t count, int lanes, float *to)
{
  const ptrdiff_t step = AetPieceRow(t, t->z_count), pitch = 2 * (t->N[1] + 1), Ny = t->N[1];

  if (lanes < AET_LANES) {
    for (ptrdiff_t k = 0; k < Ny; k++)
      for (ptrdiff_t i = 0; i < count; i++) AetRowToPart(along + i * pitch + 2 * k, lanes, to + t->place[k] * step + i * 2 * lanes);
    return;
  }
  for (ptrdiff_t k = 0; k < Ny; k++) {
    AetLane *run = (AetLane *)(to + t->place[k] * step);
    for (ptrdiff_t i = 0; i < count; i++) run[2 * i] = along[i * pitch + 2 * k], run[2 * i + 1] = along[i * pitch + 2 * k + 1];
  }
}

/* The way back of Scatter. */
static void Gather(const struct _p_AetTransform *t, const float *from, ptrdiff_t count, int lanes, AetLane *along)
{
  const ptrdiff_t step = AetPieceRow(t, t->z_count), pitch = 2 * (t->N[1] + 1), Ny = t->N[1];

  if (lanes < AET_LANES) {
    for (ptrdiff_t k = 0; k < Ny; k++)
      for (ptrdiff_t i = 0; i < count; i++) AetPartToRow(from + t->place[k] * step + i * 2 * lanes, lanes, along + i * pitch + 2 * k);
    return;
  }
  for (ptrdiff_t k = 0; k < Ny; k++) {
    const AetLane *run = (const AetLane *)(from + t->place[k] * step);
    for (ptrdiff_t i = 0; i < count; i++) along[i * pitch + 2 * k] = run[2 * i], along[i * pitch + 2 * k + 1] = run[2 * i + 1];
  }
}

static void GroupForward(const struct _p_AetTransform *t, const float *object, ptrdiff_t z, ptrdiff_t count, const PlaneWork *w,
                         float *planes)
{
  const ptrdiff_t ny = t->n[1], nx = t->n[2], plane = 2 * t->blocks * ny;

  for (ptrdiff_t i = 0; i < count; i++)
    for (ptrdiff_t y = 0; y < ny; y += 2 * AET_LANES) {
      const int lines = (int)PetscMin(ny - y, 2 * AET_LANES);
      AetLinesToRows(object + ((z + i) * ny + y) * nx, nx, nx, lines, w->lines);
      AetPaddedForward(&t->axis[2], w->lines, w->full, 1, w->work);
      AetRealSplit(w->full, t->N[2], lines, w->half + i * plane + 2 * y, ny);
    }
  for (ptrdiff_t b = 0; b < t->blocks; b++) {
    for (ptrdiff_t i = 0; i < count; i++)
      AetPaddedForward(&t->axis[1], w->half + i * plane + 2 * b * ny, w->along + 2 * i * (t->N[1] + 1), 1, w->work);
    Scatter(t, w->along, count, AetBlockLanes(t, b), planes + PlaneAt(t, b, z));
  }
}

static void GroupBackward(const struct _p_AetTransform *t, const float *planes, float scale, float *object, ptrdiff_t z, ptrdiff_t count,
                          const PlaneWork *w)
{
  const ptrdiff_t ny = t->n[1], nx = t->n[2], plane = 2 * t->blocks * ny;

  for (ptrdiff_t b = 0; b < t->blocks; b++) {
    Gather(t, planes + PlaneAt(t, b, z), count, AetBlockLanes(t, b), w->along);
    for (ptrdiff_t i = 0; i < count; i++)
      AetPaddedBackward(&t->axis[1], w->along + 2 * i * (t->N[1] + 1), 1, w->half + i * plane + 2 * b * ny, w->work);
  }
  for (ptrdiff_t i = 0; i < count; i++)
    for (ptrdiff_t y = 0; y < ny; y += 2 * AET_LANES) {
      const int lines = (int)PetscMin(ny - y, 2 * AET_LANES);
      AetRealJoin(w->half + i * plane + 2 * y, ny, t->N[2], lines, w->full);
      AetPaddedBackward(&t->axis[2], w->full, 1, w->lines, w->work);
      AetRowsToLines(w->lines, nx, lines, scale, object + ((z + i) * ny + y) * nx, nx);
    }
}

void AetPlanesForward(AetTransform t, const float *object, float *planes)
{
  const ptrdiff_t group = Group(t);

#pragma omp parallel num_threads(t->threads)
  {
    const PlaneWork w = GetWork(t, omp_get_thread_num());
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < t->z_count; z += group) GroupForward(t, object, z, PetscMin(group, t->z_count - z), &w, planes);
  }
}

void AetPlanesBackward(AetTransform t, const float *planes, float scale, float *object)
{
  const ptrdiff_t group = Group(t);

#pragma omp parallel num_threads(t->threads)
  {
    const PlaneWork w = GetWork(t, omp_get_thread_num());
#pragma omp for schedule(static)
    for (ptrdiff_t z = 0; z < t->z_count; z += group) GroupBackward(t, planes, scale, object, z, PetscMin(group, t->z_count - z), &w);
  }
}
