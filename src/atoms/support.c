/* Where the specimen is: the candidates themselves, smoothed to a density on a coarse grid, above Otsu's threshold and closed. The volume's
   own brightness would not do: a carbon film or counts from everywhere make the vacuum as bright, on average, as the specimen. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/subtract.h"
#include "atoms/trace_private.h"
#include "recon/kernel/morphology.h"
#include <math.h>
#include <stdlib.h>

enum {
  LEAST = 64, /* fewer candidates make no density */
  BINS = 256,
  SIGMA = 3,  /* of the density; this and the next two in cells of the coarse grid, half a minimum distance each */
  CLOSED = 2, /* gaps and notches up to twice this are filled */
  MARGIN = 1  /* about it, for atoms that stand out of a face or a corner, where the density is low */
};
#define FACTOR 0.9    /* of Otsu's threshold */
#define CONTRAST 0.65 /* mean densities outside and inside: above this the volume is filled, and the threshold would part nothing */

static int Ascending(const void *left, const void *right)
{
  double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

/* How much every kept candidate counts for an atom, in the order of AetCandidatesKnown: brightness over its median, at most 1, squared;
   noise is dimmer. */
static PetscErrorCode Weigh(const AetCandidates *c, PetscInt count, double *weight)
{
  double  *sorted;
  PetscInt n = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count + 1, &sorted));
  for (PetscInt i = 0; i < c->total; i++)
    if (c->keep[i]) sorted[n++] = c->peak[i].sum3;
  PetscCall(PetscArraycpy(weight, sorted, (size_t)n));
  if (n) qsort(sorted, (size_t)n, sizeof *sorted, Ascending);
  for (PetscInt i = 0; i < n; i++) weight[i] = pow(fmax(0, fmin(1, weight[i] / sorted[n / 2])), 2);
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What part of a Gaussian at cell k lies in a volume of n cells: the density near its faces is divided by it. */
static double Mass(ptrdiff_t k, ptrdiff_t n)
{
  const double scale = sqrt(2) * SIGMA;

  return 0.5 * (erf(((double)(n - k) - 0.5) / scale) - erf((-0.5 - (double)k) / scale));
}

static void Density(AetVolume map, PetscInt count, const double *place, const double *minus)
{
  const ptrdiff_t ny = map->n[1], nx = map->n[2];
  const double    sigma[3] = {SIGMA, SIGMA, SIGMA};

#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (ptrdiff_t k = 0; k < map->z_count; k++) {
    float *plane = map->data + k * ny * nx;
    double mass = Mass(map->z_start + k, map->n[0]);
    AetSubtractGaussians(plane, map->z_start + k, ny, nx, count, place, minus, sigma);
    for (ptrdiff_t i = 0; i < ny * nx; i++) plane[i] /= (float)(mass * Mass(i / nx, ny) * Mass(i % nx, nx));
  }
}

/* Otsu's threshold; *contrast receives the mean below it over the mean above it. Counts are whole numbers: the same on any number of ranks.
 */
static PetscErrorCode Threshold(AetVolume map, double *threshold, double *contrast)
{
  const ptrdiff_t cells = map->z_count * map->n[1] * map->n[2];
  int64_t         count[BINS] = {0};
  float           largest = 0;
  double          moment[2] = {0, 0}, number[2] = {0, 0};

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < cells; i++) largest = fmaxf(largest, map->data[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_FLOAT, MPI_MAX, map->comm));
  for (ptrdiff_t i = 0; i < cells && largest > 0; i++) count[PetscMax(0, PetscMin(BINS - 1, (int)(map->data[i] / largest * BINS)))]++;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, BINS, MPI_INT64_T, MPI_SUM, map->comm));
  *threshold = AetOtsuThreshold(BINS, count, 0, largest);
  for (int b = 0; b < BINS; b++) {
    int above = (b + 0.5) * largest / BINS > *threshold;
    moment[above] += (b + 0.5) * (double)count[b];
    number[above] += (double)count[b];
  }
  *contrast = number[0] > 0 && number[1] > 0 ? moment[0] / number[0] * number[1] / moment[1] : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 1 within `radius` cells of a cell above 0, else 0. */
static PetscErrorCode Grow(AetVolume map, ptrdiff_t radius)
{
  const ptrdiff_t ny = map->n[1], nx = map->n[2], area = ny * nx, cells = map->z_count * area;
  const float     set = (float)((radius + 1) * (radius + 1)), least = set - (float)(radius * radius);
  const AetAxis   x = {nx, 1, 0, nx}, y = {ny, nx, 0, ny};
  float          *work, *halo;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < cells; i++) map->data[i] = map->data[i] > 0 ? set : 0;
  PetscCall(PetscMalloc1((size_t)area + 1, &work));
  for (ptrdiff_t z = 0; z < map->z_count; z++) {
    for (ptrdiff_t j = 0; j < ny; j++) AetNearAxis(&x, radius, map->data + z * area + j * nx, work + j * nx);
    AetNearAxis(&y, radius, work, map->data + z * area);
  }
  PetscCall(PetscFree(work));
  PetscCall(AetVolumeHalo(map, radius, &halo));
  for (ptrdiff_t z = 0; z < map->z_count; z++) {
    const ptrdiff_t at = map->z_start + z;
    const AetAxis   axis = {1, area, -at, map->n[0] - at};
    AetNearAxis(&axis, radius, halo + (z + radius) * area, map->data + z * area);
  }
  PetscCall(PetscFree(halo));
  for (ptrdiff_t i = 0; i < cells; i++) map->data[i] = map->data[i] >= least;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Invert(AetVolume map)
{
  for (ptrdiff_t i = 0; i < map->z_count * map->n[1] * map->n[2]; i++) map->data[i] = 1 - map->data[i];
}

/* The density of candidates of these weights becomes a mask; *filled where the volume has no empty part. */
static PetscErrorCode Mask(AetVolume map, PetscInt count, const double *place, double *weight, PetscBool *filled)
{
  const ptrdiff_t cells = map->z_count * map->n[1] * map->n[2];
  double          threshold, contrast;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < count; i++) weight[i] = -weight[i];
  Density(map, count, place, weight);
  PetscCall(Threshold(map, &threshold, &contrast));
  *filled = contrast >= CONTRAST;
  for (ptrdiff_t i = 0; i < cells; i++) map->data[i] = map->data[i] > FACTOR * threshold;
  PetscCall(Grow(map, CLOSED + MARGIN));
  Invert(map);
  PetscCall(Grow(map, CLOSED));
  Invert(map);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSupportFind(AetVolume volume, const AetTraceSettings *settings, const AetCandidates *c, AetSupport *support)
{
  ptrdiff_t n[3];
  PetscInt  count;
  double   *place, *weight;
  PetscBool filled = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(support, sizeof *support));
  support->step = fmax(1, 0.5 * settings->min_distance_angstrom / settings->pixel_angstrom);
  for (int a = 0; a < 3; a++) n[a] = (ptrdiff_t)ceil((double)volume->n[a] / support->step);
  PetscCall(AetCandidatesKnown(c, &count, &place, &weight));
  for (PetscInt i = 0; i < 3 * count; i++) place[i] = (place[i] + 0.5) / support->step - 0.5;
  if (count >= LEAST) {
    PetscCall(AetVolumeCreate(volume->comm, n, 0, &support->mask));
    PetscCall(Weigh(c, count, weight));
    PetscCall(Mask(support->mask, count, place, weight, &filled));
    if (filled) PetscCall(AetVolumeDestroy(&support->mask));
  }
  PetscCall(PetscFree(place));
  PetscCall(PetscFree(weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSupportDestroy(AetSupport *support)
{
  PetscFunctionBegin;
  PetscCall(AetVolumeDestroy(&support->mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSupportApply(const AetSupport *support, AetCandidates *c, PetscInt *dropped)
{
  const AetVolume mask = support->mask;
  char           *out;

  PetscFunctionBegin;
  if (!mask) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc1((size_t)c->total + 1, &out));
  for (PetscInt i = 0; i < c->total; i++) {
    ptrdiff_t cell[3];
    for (int a = 0; a < 3; a++)
      cell[a] = PetscMax(0, PetscMin(mask->n[2 - a] - 1, (ptrdiff_t)floor((c->peak[i].centre[a] + 0.5) / support->step)));
    if (!c->keep[i] || cell[2] < mask->z_start || cell[2] >= mask->z_start + mask->z_count) continue;
    out[i] = !(mask->data[((cell[2] - mask->z_start) * mask->n[1] + cell[1]) * mask->n[2] + cell[0]] > 0);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, out, (PetscMPIInt)c->total, MPI_SIGNED_CHAR, MPI_MAX, c->comm));
  for (PetscInt i = 0; i < c->total; i++) {
    *dropped += out[i];
    if (out[i]) c->keep[i] = 0;
  }
  PetscCall(PetscFree(out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSupportExpectedFalse(const AetSupport *support, const AetTraceSettings *settings, const AetCandidates *c,
                                       PetscInt outside, double *expected)
{
  const AetVolume mask = support->mask;
  const double    reach = settings->min_distance_angstrom / settings->pixel_angstrom;
  int64_t         cells[2] = {0, 0}; /* outside; inside and free */
  PetscInt        count;
  double         *centre, *height;
  AetCells        grid;

  PetscFunctionBegin;
  *expected = 0;
  if (!mask || !outside) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetCandidatesKnown(c, &count, &centre, &height));
  PetscCheck(!AetCellsBuild(&grid, count, centre, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
             (int)count);
#pragma omp parallel for schedule(dynamic, 1) reduction(+ : cells[:2]) num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < mask->z_count; z++)
    for (ptrdiff_t i = 0; i < mask->n[1] * mask->n[2]; i++) {
      const double at[3] = {((double)(i % mask->n[2]) + 0.5) * support->step - 0.5, ((double)(i / mask->n[2]) + 0.5) * support->step - 0.5,
                            ((double)(mask->z_start + z) + 0.5) * support->step - 0.5};
      ptrdiff_t    near;
      if (mask->data[z * mask->n[1] * mask->n[2] + i] > 0)
        cells[1] += !AetCellsNear(&grid, centre, at, reach, 1, &near);
      else
        cells[0]++;
    }
  AetCellsFree(&grid);
  PetscCall(PetscFree(centre));
  PetscCall(PetscFree(height));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, cells, 2, MPI_INT64_T, MPI_SUM, c->comm));
  *expected = cells[0] ? (double)outside * (double)cells[1] / (double)cells[0] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
