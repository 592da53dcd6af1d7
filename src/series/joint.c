/* What the other times say of a volume, and where they may be trusted: for a joint reconstruction (docs/theory/series.md). */
#include "series/kernel/resample.h"
#include "series/kernel/soft_mask.h"
#include <aet4d/series.h>
#include <math.h>
#include <stdlib.h>

#define CHUNK 16          /* planes of a volume that all ranks look at together: fixed, so that sums do not depend on the ranks */
#define MASK_SIGMA 0.5    /* of the neighbour distance */
#define MASK_FLOOR 0.3    /* of the sum of the Gaussians, which is about 2.8 inside a crystal: the mask ends at the surface */
#define STREAM 0x4a4f494e /* of the shuffled mask */

typedef struct {
  double   key;
  PetscInt index;
} Draw;

static int CompareDraws(const void *a, const void *b)
{
  const Draw *x = a, *y = b;

  return x->key < y->key ? -1 : x->key > y->key ? 1 : (x->index > y->index) - (x->index < y->index);
}

/* values[count] in an order drawn by the seed. */
static PetscErrorCode Shuffle(uint64_t seed, PetscInt count, double *values)
{
  Draw   *draw;
  double *kept;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)count + 1, &draw, (size_t)count + 1, &kept));
  for (PetscInt i = 0; i < count; i++) draw[i] = (Draw){AetRandomUniform(seed, STREAM, (uint64_t)i), i}, kept[i] = values[i];
  qsort(draw, (size_t)count, sizeof *draw, CompareDraws);
  for (PetscInt i = 0; i < count; i++) values[i] = kept[draw[i].index];
  PetscCall(PetscFree2(draw, kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x with linear x + shift = y. */
static void Unmap(const double m[9], const double shift[3], const double y[3], double x[3])
{
  const double d[3] = {y[0] - shift[0], y[1] - shift[1], y[2] - shift[2]};
  const double c[9] = {m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
                       m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
                       m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
  const double determinant = m[0] * c[0] + m[1] * c[3] + m[2] * c[6];

  for (int a = 0; a < 3; a++) x[a] = (c[3 * a] * d[0] + c[3 * a + 1] * d[1] + c[3 * a + 2] * d[2]) / determinant;
}

PetscErrorCode AetJointMask(AetRegistration registration, int time, PetscBool shuffled, uint64_t seed, AetVolume mask)
{
  const ptrdiff_t plane = mask->n[1] * mask->n[2];
  const PetscInt  total = registration->total[time];
  const double    pixel = mask->pixel_angstrom;
  double(*point)[3], *value;
  float *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)total + 1, &point, (size_t)total + 1, &value, (size_t)plane, &work));
  for (PetscInt i = 0; i < total; i++) {
    const PetscInt site = registration->site[time][i];
    Unmap(registration->linear[time], registration->shift[time], registration->position[time] + 3 * i, point[i]);
    value[i] = registration->core[site] ? registration->agreement_near[site] : 0;
  }
  if (shuffled) PetscCall(Shuffle(seed, total, value));
  for (ptrdiff_t z = 0; z < mask->z_count; z++)
    AetSoftMaskPlane(total, (const double(*)[3])point, value, MASK_SIGMA * registration->neighbour_angstrom, MASK_FLOOR,
                     (double)(mask->z_start + z - mask->n[0] / 2) * pixel, -(double)(mask->n[1] / 2) * pixel,
                     -(double)(mask->n[2] / 2) * pixel, pixel, mask->n[1], mask->n[2], mask->data + z * plane, work);
  PetscCall(PetscFree3(point, value, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Voxel (z, y, x) of a volume at time `to`, in voxels of a volume at time `from`. */
static void Place(AetRegistration r, int to, AetVolume target, const double voxel[3], int from, AetVolume source, double place[3])
{
  double x[3], y[3];

  for (int a = 0; a < 3; a++) x[2 - a] = (voxel[a] - (double)(target->n[a] / 2)) * target->pixel_angstrom;
  AetRegistrationMap(r, to, x, y);
  Unmap(r->linear[from], r->shift[from], y, x);
  for (int a = 0; a < 3; a++) place[a] = x[2 - a] / source->pixel_angstrom + (double)(source->n[a] / 2);
}

/* Planes first ... first+count-1 of a volume on every rank. */
static PetscErrorCode Share(AetVolume volume, ptrdiff_t first, ptrdiff_t count, float *planes)
{
  const ptrdiff_t plane = volume->n[1] * volume->n[2];

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(planes, count * plane));
  for (ptrdiff_t z = first; z < first + count; z++)
    if (z >= volume->z_start && z < volume->z_start + volume->z_count)
      PetscCall(PetscArraycpy(planes + (z - first) * plane, volume->data + (z - volume->z_start) * plane, plane));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, planes, (int)(count * plane), MPI_FLOAT, MPI_SUM, volume->comm)); /* one brings each plane */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetJointResample(AetRegistration registration, int from, AetVolume source, int to, AetVolume target)
{
  const ptrdiff_t plane = source->n[1] * source->n[2], out = target->n[1] * target->n[2];
  float          *planes;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(target->data, target->z_count * out));
  PetscCall(AetAgree(source->comm, PetscMalloc1(CHUNK * plane, &planes)));
  for (ptrdiff_t first = 0; first < source->n[0]; first += CHUNK) {
    const ptrdiff_t count = PetscMin(CHUNK, source->n[0] - first);
    PetscCall(Share(source, first, count, planes));
#pragma omp parallel for num_threads(AetThreads())
    for (ptrdiff_t z = 0; z < target->z_count; z++) {
      const double corner[3] = {(double)(target->z_start + z), 0, 0}, below[3] = {corner[0], 1, 0}, beside[3] = {corner[0], 0, 1};
      double       origin[3], down[3], across[3];
      Place(registration, to, target, corner, from, source, origin);
      Place(registration, to, target, below, from, source, down);
      Place(registration, to, target, beside, from, source, across);
      for (int a = 0; a < 3; a++) down[a] -= origin[a], across[a] -= origin[a];
      AetResamplePlane(planes, first, count, source->n, origin, down, across, target->n[1], target->n[2], target->data + z * out);
    }
  }
  PetscCall(PetscFree(planes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetJointFactor(AetVolume volume, AetVolume other, AetVolume mask, double *factor)
{
  const ptrdiff_t plane = volume->n[1] * volume->n[2];
  double         *rows, sums[2];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2 * (size_t)volume->z_count + 1, &rows));
  for (ptrdiff_t z = 0; z < volume->z_count; z++)
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) {
      const double w = mask->data[i];
      rows[2 * z] += w * volume->data[i] * other->data[i];
      rows[2 * z + 1] += w * other->data[i] * other->data[i];
    }
  PetscCall(AetSumOrdered(volume->comm, (PetscInt)volume->z_start, (PetscInt)volume->z_count, (PetscInt)volume->n[0], 2, rows, sums));
  PetscCall(PetscFree(rows));
  *factor = sums[1] > 0 ? sums[0] / sums[1] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
