/* What the measured images say about the species of every atom (species_evidence.h). */
#include "atoms/species_evidence.h"
#include "atoms/kernel/cells.h"
#include "atoms/kernel/overlap.h"
#include <math.h>

#define STREAM_SIGNS 0x7370656369650001ull
#define FREQUENCIES 1000
#define RADIUS_ANGSTROM 3.5 /* beyond, the square of an atom's profile is nothing */
#define NEIGHBOURS_ANGSTROM 6.0
#define NEIGHBOURS_MOST 256

/* The profiles of all species at distances from an atom: Hankel transforms. */
static void Profiles(const AetOptics *optics, double pixel, AetOverlap *overlap)
{
  const double last = 3, step = last / FREQUENCIES; /* 1/Å */

  overlap->species = optics->species_count;
  overlap->radius = RADIUS_ANGSTROM / pixel;
  for (int i = 0; i < AET_OVERLAP_STEPS + 2; i++)
    for (int s = 0; s < overlap->species; s++) overlap->value[i][s] = 0;
  for (int k = 0; k < FREQUENCIES; k++) {
    const double q = (k + 0.5) * step, area = pixel * pixel * 2 * M_PI * q * step;
    double       F[AET_SPECIES_MAX];
    for (int s = 0; s < overlap->species; s++) F[s] = area * optics->height[s] * AetOpticsProfile(optics, s, 1, q);
    for (int i = 0; i < AET_OVERLAP_STEPS + 2; i++) {
      const double wave = j0(2 * M_PI * q * RADIUS_ANGSTROM * sqrt((double)i / AET_OVERLAP_STEPS));
      for (int s = 0; s < overlap->species; s++) overlap->value[i][s] += wave * F[s];
    }
  }
}

/* The unit of the integer sums: 2^-40 of about the largest that one view can give. The same on every rank. Collective. */
static PetscErrorCode Unit(AetTiltSeries tilt, const AetOptics *optics, const AetOverlap *overlap, const float *weight, double *unit)
{
  double largest[2] = {0, 0}, all, profile = 0;
  int    exponent;

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; p < tilt->v_count * tilt->ny * tilt->nx; p++) largest[0] = fmax(largest[0], fabs((double)weight[p]));
  for (ptrdiff_t j = 0; j < tilt->views; j++) largest[1] = fmax(largest[1], optics->scale[j] * optics->scale[j]);
  PetscCallMPI(MPI_Allreduce(&largest[0], &all, 1, MPI_DOUBLE, MPI_MAX, tilt->comm));
  for (int s = 0; s < overlap->species; s++) profile = fmax(profile, fabs(overlap->value[0][s]));
  (void)frexp(fmax(all * largest[1] * profile * profile * overlap->radius, 1e-280), &exponent);
  *unit = ldexp(0x1p-40, exponent);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* information [count][species][species] <- Σ over views and pixels of weight × the images that the atom would have as two species.
   Collective; complete on every rank, the same bits on any number of them. */
static PetscErrorCode Information(AetTiltSeries tilt, const AetOptics *optics, const AetScatterers *atoms, const float *weight,
                                  double *information)
{
  const int    K = optics->species_count, width = K * K;
  const double pixel = tilt->pixel_angstrom;
  AetOverlap  *overlap;
  int64_t     *sum;
  double       unit;

  PetscFunctionBegin;
  PetscCall(PetscNew(&overlap));
  Profiles(optics, pixel, overlap);
  PetscCall(Unit(tilt, optics, overlap, weight, &unit));
  PetscCall(AetAgree(tilt->comm, PetscCalloc1((size_t)(atoms->count * width) + 1, &sum)));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    const ptrdiff_t view = tilt->v_start + j;
    const double    scale = optics->scale[view] * optics->scale[view];
#pragma omp parallel for schedule(static) num_threads(AetThreads())
    for (PetscInt i = 0; i < atoms->count; i++) {
      double seen[3], pair[AET_SPECIES_MAX * AET_SPECIES_MAX];
      if (atoms->species[i] < 0) continue;
      AetRotate(tilt->rotation[view], atoms->position + 3 * i, seen);
      AetOverlapSum(overlap, tilt->ny, tilt->nx, weight + j * tilt->ny * tilt->nx,
                    (seen[0] + optics->shift[view][0]) / pixel + (double)AetOrigin(tilt->nx),
                    (seen[1] + optics->shift[view][1]) / pixel + (double)AetOrigin(tilt->ny), pair);
      for (int k = 0; k < width; k++) sum[(ptrdiff_t)i * width + k] += llrint(scale * pair[k] / unit);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, (int)(atoms->count * width), MPI_INT64_T, MPI_SUM, tilt->comm));
  for (ptrdiff_t k = 0; k < (ptrdiff_t)atoms->count * width; k++) information[k] = (double)sum[k] * unit;
  PetscCall(PetscFree(sum));
  PetscCall(PetscFree(overlap));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* pull [count][species] <- Σ residual × the image that the atom would have as that species. Collective. */
static PetscErrorCode Pulls(AetImaging imaging, const AetOptics *optics, const AetScatterers *atoms, const float *residual, double *pull)
{
  const int          K = optics->species_count;
  AetImagingGradient g = {0};
  int               *species;
  AetScatterers      as = {atoms->count, atoms->position, NULL, NULL};

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)atoms->count + 1, &species, (size_t)atoms->count + 1, &g.weight));
  as.species = species;
  for (int t = 0; t < K; t++) {
    for (PetscInt i = 0; i < atoms->count; i++) species[i] = atoms->species[i] < 0 ? -1 : t;
    PetscCall(AetImagingAdjoint(imaging, optics, &as, residual, PETSC_FALSE, &g));
    for (PetscInt i = 0; i < atoms->count; i++) pull[(ptrdiff_t)i * K + t] = g.weight[i];
  }
  PetscCall(PetscFree2(species, g.weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* square [count] <- the mean over probes of (Σ over views of ± a view's part of ∂E/∂w)²: its expectation is the sum of their squares, the
   variance of ∂E/∂w if the views err independently. Collective. */
static PetscErrorCode ViewSquares(AetImaging imaging, AetTiltSeries tilt, const AetOptics *optics, const AetScatterers *atoms,
                                  const float *residual, PetscInt probes, uint64_t seed, double *square)
{
  const ptrdiff_t    pixels = tilt->ny * tilt->nx;
  AetImagingGradient g = {0};
  float             *turned;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)atoms->count + 1, &g.weight));
  PetscCall(AetAgree(tilt->comm, PetscMalloc1((size_t)(tilt->v_count * pixels) + 1, &turned)));
  PetscCall(PetscArrayzero(square, atoms->count));
  for (PetscInt probe = 0; probe < probes; probe++) {
    for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
      const uint64_t key = (uint64_t)(probe * tilt->views + tilt->v_start + j);
      const float    sign = AetRandomUniform(seed, STREAM_SIGNS, key) < 0.5 ? -1 : 1;
      for (ptrdiff_t p = j * pixels; p < (j + 1) * pixels; p++) turned[p] = sign * residual[p];
    }
    PetscCall(AetImagingAdjoint(imaging, optics, atoms, turned, PETSC_FALSE, &g));
    for (PetscInt i = 0; i < atoms->count; i++) square[i] += g.weight[i] * g.weight[i] / (double)probes;
  }
  PetscCall(PetscFree(turned));
  PetscCall(PetscFree(g.weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* dispersion <- the sum of `square` over the sum of `curvature`, over each atom's neighbourhood: one atom's own is too noisy. */
static PetscErrorCode Disperse(const AetScatterers *atoms, const double *square, const double *curvature, double *dispersion)
{
  AetCells cells;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, atoms->count, atoms->position, NEIGHBOURS_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for the cells of %d atoms", (int)atoms->count);
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < atoms->count; i++) {
    ptrdiff_t near[NEIGHBOURS_MOST];
    ptrdiff_t found = AetCellsNear(&cells, atoms->position, atoms->position + 3 * i, NEIGHBOURS_ANGSTROM, NEIGHBOURS_MOST, near);
    double    sum = 0, counted = 0;
    for (ptrdiff_t k = 0; k < PetscMin(found, NEIGHBOURS_MOST); k++)
      if (curvature[near[k]] > 0) sum += square[near[k]] / curvature[near[k]], counted++;
    dispersion[i] = counted > 0 && sum > 0 ? sum / counted : 1;
  }
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpeciesEvidenceFree(AetSpeciesEvidence *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(e->change, e->height, e->error, e->dispersion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSpeciesEvidenceCreate(AetImaging imaging, AetTiltSeries tilt, const AetOptics *optics, const AetScatterers *atoms,
                                        const float *weight, const float *residual, PetscInt probes, uint64_t seed, AetSpeciesEvidence *e)
{
  const int    K = optics->species_count;
  const size_t count = (size_t)atoms->count;
  double      *information, *curvature, *square;

  PetscFunctionBegin;
  e->count = atoms->count, e->species_count = K;
  PetscCall(PetscCalloc4(count * (size_t)K + 1, &e->change, count + 1, &e->height, count + 1, &e->error, count + 1, &e->dispersion));
  PetscCall(PetscMalloc3(count * (size_t)(K * K) + 1, &information, count + 1, &curvature, count + 1, &square));
  PetscCall(Information(tilt, optics, atoms, weight, information));
  PetscCall(Pulls(imaging, optics, atoms, residual, e->change));
  for (size_t i = 0; i < count; i++) {
    const int     s = atoms->species[i];
    double       *change = e->change + i * (size_t)K;
    const double *A = information + i * (size_t)(K * K), own = s >= 0 ? change[s] : 0;
    e->dispersion[i] = 1;
    curvature[i] = s >= 0 ? A[s * K + s] : 0;
    if (!(curvature[i] > 0)) {
      for (int t = 0; t < K; t++) change[t] = 0;
      continue;
    }
    for (int t = 0; t < K; t++) change[t] += 0.5 * (A[t * K + t] - 2 * A[s * K + t] + A[s * K + s]) - own;
    e->height[i] = optics->height[s] * (1 - own / curvature[i]);
    e->error[i] = optics->height[s] / sqrt(curvature[i]);
  }
  if (probes > 0) {
    PetscCall(ViewSquares(imaging, tilt, optics, atoms, residual, probes, seed, square));
    PetscCall(Disperse(atoms, square, curvature, e->dispersion));
  }
  PetscCall(PetscFree3(information, curvature, square));
  PetscFunctionReturn(PETSC_SUCCESS);
}
