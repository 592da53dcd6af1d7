/* What the microscope did: heights, B factors, scales, backgrounds, shifts, noise. */
#include "atoms/refine_private.h"
#include <math.h>
#include <petsctao.h>
#include <string.h>

#define ALTERNATIONS 30 /* between heights and the images' scales: a bilinear fit of few numbers */
#define LEAST_FLOOR 0.1 /* of the noise, over the mean square of the residuals: no pixel is so dark that the model is exact there */

/* Weighted sums of a view: of the products of the species' images, 1 and the measured image. */
#define SUMS ((AET_SPECIES_MAX + 2) * (AET_SPECIES_MAX + 2))

static int Terms(const AetRefinery *r)
{
  return r->optics.species_count + 2;
}

/* a <- solution of the symmetric positive n×n system, by Cholesky with a floor on the pivots. */
static void SolveSmall(int n, double *matrix, double *a)
{
  for (int i = 0; i < n; i++) {
    double before = matrix[i * n + i];
    for (int k = 0; k < i; k++) matrix[i * n + i] -= matrix[i * n + k] * matrix[i * n + k];
    if (!(matrix[i * n + i] > 1e-12 * before)) matrix[i * n + i] = before > 0 ? 1e12 * before : 1; /* no say in the matter */
    matrix[i * n + i] = sqrt(matrix[i * n + i]);
    for (int j = i + 1; j < n; j++) {
      for (int k = 0; k < i; k++) matrix[j * n + i] -= matrix[j * n + k] * matrix[i * n + k];
      matrix[j * n + i] /= matrix[i * n + i];
    }
    for (int k = 0; k < i; k++) a[i] -= matrix[i * n + k] * a[k];
    a[i] /= matrix[i * n + i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) a[i] -= matrix[k * n + i] * a[k];
    a[i] /= matrix[i * n + i];
  }
}

/* unit[s] <- images of species s alone at height 1 and scale 1, one after the other in the room of `unit`. */
static PetscErrorCode UnitImages(AetRefinery *r, float *unit)
{
  AetOptics     plain;
  AetScatterers alone = r->atoms;
  int          *species;

  PetscFunctionBegin;
  PetscCall(AetOpticsCreate(r->optics.views, r->optics.species_count, r->optics.Z, &plain));
  PetscCall(AetOpticsCopy(&r->optics, &plain));
  for (int s = 0; s < plain.species_count; s++) plain.height[s] = 1;
  for (ptrdiff_t j = 0; j < plain.views; j++) plain.scale[j] = 1, plain.background[j] = 0;
  PetscCall(AetImagingSetOptics(r->imaging, &plain));
  PetscCall(PetscMalloc1((size_t)r->atoms.count + 1, &species));
  alone.species = species;
  for (int s = 0; s < plain.species_count; s++) {
    for (PetscInt i = 0; i < r->atoms.count; i++) species[i] = r->species[i] == s ? s : -1;
    PetscCall(AetImagingProject(r->imaging, &plain, &alone, unit + (ptrdiff_t)s * r->tilt->v_count * r->pixels));
  }
  PetscCall(PetscFree(species));
  PetscCall(AetOpticsFree(&plain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sums [views][terms][terms] of the used pixels, on every rank. */
static PetscErrorCode ViewSums(const AetRefinery *r, const float *unit, double *sums)
{
  const int       n = Terms(r), S = r->optics.species_count;
  const ptrdiff_t all = r->tilt->v_count * r->pixels;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(sums, (size_t)(r->tilt->views * n * n)));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    double *sum = sums + (r->tilt->v_start + j) * n * n, term[AET_SPECIES_MAX + 2];
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      const double w = (double)r->weight[p];
      if (!(w > 0)) continue;
      for (int s = 0; s < S; s++) term[s] = (double)unit[s * all + p];
      term[S] = 1, term[S + 1] = (double)r->tilt->image[p];
      for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++) sum[a * n + b] += w * term[a] * term[b];
    }
    for (int a = 0; a < n; a++)
      for (int b = a + 1; b < n; b++) sum[a * n + b] = sum[b * n + a];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, (int)(r->tilt->views * n * n), MPI_DOUBLE, MPI_SUM, r->comm)); /* one term is not 0 */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The scale and background of a view for given heights. */
static void FitView(const AetRefinery *r, const double *sum, double *scale, double *background)
{
  const int n = Terms(r), S = r->optics.species_count, scaled = r->settings->scales, shaded = r->settings->backgrounds;
  double    PP = 0, P1 = 0, Pb = 0, one = sum[S * n + S], b = sum[S * n + S + 1], determinant;

  for (int s = 0; s < S; s++) {
    P1 += r->optics.height[s] * sum[s * n + S], Pb += r->optics.height[s] * sum[s * n + S + 1];
    for (int t = 0; t < S; t++) PP += r->optics.height[s] * r->optics.height[t] * sum[s * n + t];
  }
  if (!(one > 0) || !(PP > 0)) return; /* nothing measured, or nothing there */
  determinant = PP * one - P1 * P1;
  if (scaled && shaded && determinant > 1e-9 * PP * one)
    *scale = (Pb * one - P1 * b) / determinant, *background = (PP * b - P1 * Pb) / determinant;
  else if (scaled)
    *scale = (Pb - *background * P1) / PP;
  else if (shaded)
    *background = (b - *scale * P1) / one;
}

/* The heights for given scales and backgrounds. */
static void FitHeights(AetRefinery *r, const double *sums)
{
  const int n = Terms(r), S = r->optics.species_count;
  double    matrix[AET_SPECIES_MAX * AET_SPECIES_MAX] = {0}, a[AET_SPECIES_MAX] = {0};

  for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
    const double *sum = sums + j * n * n, scale = r->optics.scale[j];
    for (int s = 0; s < S; s++) {
      a[s] += scale * (sum[s * n + S + 1] - r->optics.background[j] * sum[s * n + S]);
      for (int t = 0; t < S; t++) matrix[s * S + t] += scale * scale * sum[s * n + t];
    }
  }
  SolveSmall(S, matrix, a);
  for (int s = 0; s < S; s++)
    if (isfinite(a[s])) r->optics.height[s] = a[s];
}

/* Heights, scales (their mean is 1) and backgrounds at the present B. */
static PetscErrorCode FitLinear(AetRefinery *r)
{
  const int n = Terms(r);
  float    *unit;
  double   *sums;

  PetscFunctionBegin;
  PetscCall(AetAgree(r->comm, PetscMalloc1((size_t)(r->optics.species_count * r->tilt->v_count * r->pixels) + 1, &unit)));
  PetscCall(PetscMalloc1((size_t)(r->tilt->views * n * n), &sums));
  PetscCall(UnitImages(r, unit));
  PetscCall(ViewSums(r, unit, sums));
  for (int round = 0; round < ALTERNATIONS; round++) {
    double mean = 0;
    FitHeights(r, sums);
    for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
      FitView(r, sums + j * n * n, &r->optics.scale[j], &r->optics.background[j]);
      mean += r->optics.scale[j] / (double)r->tilt->views;
    }
    if (!r->settings->scales || !(fabs(mean) > 1e-12)) continue;
    for (ptrdiff_t j = 0; j < r->tilt->views; j++) r->optics.scale[j] /= mean;
    for (int s = 0; s < r->optics.species_count; s++) r->optics.height[s] *= mean;
  }
  PetscCall(AetImagingSetOptics(r->imaging, &r->optics));
  PetscCall(PetscFree(sums));
  PetscCall(PetscFree(unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A grid for narrower atoms, where B has fallen below what the present one was made for. */
static PetscErrorCode Regrid(AetRefinery *r)
{
  PetscBool narrow = (PetscBool)(r->imaging == NULL);

  PetscFunctionBegin;
  for (int s = 0; s < r->optics.species_count; s++)
    if (r->optics.b_factor[s] < 0.8 * r->b_grid[s] || r->optics.Z[s] != r->z_grid[s] ||
        memcmp(r->optics.share[s], r->share_grid[s], sizeof r->share_grid[s]))
      narrow = PETSC_TRUE;
  if (!narrow) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetImagingDestroy(&r->imaging));
  PetscCall(AetImagingCreate(r->tilt, &r->optics, &r->imaging));
  for (int s = 0; s < r->optics.species_count; s++) {
    r->b_grid[s] = r->optics.b_factor[s], r->z_grid[s] = r->optics.Z[s];
    memcpy(r->share_grid[s], r->optics.share[s], sizeof r->share_grid[s]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The energy at given B with the best linear optics, and its gradient: at their optimum the linear ones add nothing to it. */
static PetscErrorCode AtB(Tao tao, Vec x, PetscReal *energy, Vec gradient, void *context)
{
  AetRefinery       *r = context;
  AetImagingGradient g = {0};
  const PetscScalar *B;
  PetscScalar       *out;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x, &B));
  for (int s = 0; s < r->optics.species_count; s++) r->optics.b_factor[s] = B[s];
  PetscCall(VecRestoreArrayRead(x, &B));
  PetscCall(Regrid(r));
  PetscCall(FitLinear(r));
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_TRUE, &g));
  PetscCall(VecGetArrayWrite(gradient, &out));
  for (int s = 0; s < r->optics.species_count; s++) out[s] = g.b_factor[s];
  PetscCall(VecRestoreArrayWrite(gradient, &out));
  *energy = r->energy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every rank solves the same small problem with the same numbers, so all of them meet in the collective calls. */
static PetscErrorCode FitB(AetRefinery *r, PetscInt fits)
{
  Tao          tao;
  Vec          x, low, high;
  PetscScalar *B;

  PetscFunctionBegin;
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, r->optics.species_count, &x));
  PetscCall(VecDuplicate(x, &low));
  PetscCall(VecDuplicate(x, &high));
  PetscCall(VecSet(low, r->settings->b_min));
  PetscCall(VecSet(high, r->settings->b_max));
  PetscCall(VecGetArrayWrite(x, &B));
  for (int s = 0; s < r->optics.species_count; s++) B[s] = r->optics.b_factor[s];
  PetscCall(VecRestoreArrayWrite(x, &B));
  PetscCall(TaoCreate(PETSC_COMM_SELF, &tao));
  PetscCall(TaoSetType(tao, TAOBLMVM));
  PetscCall(TaoSetSolution(tao, x));
  PetscCall(TaoSetVariableBounds(tao, low, high));
  PetscCall(TaoSetObjectiveAndGradient(tao, NULL, AtB, r));
  PetscCall(TaoSetTolerances(tao, 0, 0, 1e-2));
  PetscCall(TaoSetMaximumFunctionEvaluations(tao, fits));
  PetscCall(TaoSolve(tao));
  PetscCall(VecGetArrayWrite(x, &B));
  for (int s = 0; s < r->optics.species_count; s++) r->optics.b_factor[s] = B[s];
  PetscCall(VecRestoreArrayWrite(x, &B));
  PetscCall(TaoDestroy(&tao));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&low));
  PetscCall(VecDestroy(&high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryOptics(AetRefinery *r, PetscInt fits)
{
  PetscFunctionBegin;
  if (fits > 0) /* a profile of several widths has no one B */
    for (int s = 0; s < r->optics.species_count; s++) AetOpticsOneWidth(&r->optics, s);
  PetscCall(Regrid(r));
  if (fits > 0) PetscCall(FitB(r, fits));
  PetscCall(Regrid(r));
  PetscCall(FitLinear(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- shifts */

/* Σ w of the products of an image's derivatives by x and y, 1/Å². */
static void Curvature(const AetRefinery *r, ptrdiff_t j, double sum[3])
{
  const ptrdiff_t ny = r->tilt->ny, nx = r->tilt->nx;
  const float    *image = r->images + j * r->pixels, *w = r->weight + j * r->pixels;
  const double    per = 0.5 / r->tilt->pixel_angstrom;

  sum[0] = sum[1] = sum[2] = 0;
  for (ptrdiff_t y = 1; y < ny - 1; y++)
    for (ptrdiff_t x = 1; x < nx - 1; x++) {
      const ptrdiff_t p = y * nx + x;
      const double    dx = per * ((double)image[p + 1] - (double)image[p - 1]), dy = per * ((double)image[p + nx] - (double)image[p - nx]);
      sum[0] += (double)w[p] * dx * dx, sum[1] += (double)w[p] * dx * dy, sum[2] += (double)w[p] * dy * dy;
    }
}

/* Takes off every shift what a common displacement t of all atoms does: Σ_j |shift_j - (R_j t)_xy|² least. */
static void Centre(AetRefinery *r)
{
  double matrix[9] = {0}, t[3] = {0}, trace = 0;

  for (ptrdiff_t j = 0; j < r->tilt->views; j++) {
    const double *R = r->tilt->rotation[j];
    for (int c = 0; c < 2; c++)
      for (int a = 0; a < 3; a++) {
        t[a] += R[3 * c + a] * r->optics.shift[j][c];
        for (int b = 0; b < 3; b++) matrix[3 * a + b] += R[3 * c + a] * R[3 * c + b];
      }
  }
  for (int a = 0; a < 3; a++) trace += matrix[4 * a];
  for (int a = 0; a < 3; a++) matrix[4 * a] += 1e-6 * trace;
  SolveSmall(3, matrix, t);
  for (ptrdiff_t j = 0; j < r->tilt->views; j++)
    for (int c = 0; c < 2; c++)
      for (int a = 0; a < 3; a++) r->optics.shift[j][c] -= r->tilt->rotation[j][3 * c + a] * t[a];
}

PetscErrorCode AetRefineryShifts(AetRefinery *r)
{
  const ptrdiff_t    views = r->tilt->views;
  AetImagingGradient g = {0};
  double            *sums;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)(3 * views), &sums));
  PetscCall(PetscMalloc1((size_t)views, &g.shift));
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) Curvature(r, j, sums + 3 * (r->tilt->v_start + j));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, (int)(3 * views), MPI_DOUBLE, MPI_SUM, r->comm)); /* one term is not 0 */
  for (ptrdiff_t j = 0; j < views; j++) {
    const double *c = sums + 3 * j, determinant = c[0] * c[2] - c[1] * c[1];
    if (!(determinant > 1e-6 * c[0] * c[2])) continue;
    r->optics.shift[j][0] -= (c[2] * g.shift[j][0] - c[1] * g.shift[j][1]) / determinant;
    r->optics.shift[j][1] -= (c[0] * g.shift[j][1] - c[1] * g.shift[j][0]) / determinant;
  }
  Centre(r);
  PetscCall(PetscFree(g.shift));
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- noise */

/* Variance of a pixel = floor + per_signal · max(P, 0): weighted least squares of the squared residuals, weights from the last fit. */
static PetscErrorCode FitNoise(AetRefinery *r, double least, double *floor, double *per_signal)
{
  double *rows, s[6];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(6 * (size_t)r->tilt->v_count + 1, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++)
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      const double P = PetscMax((double)r->images[p], 0), difference = (double)r->images[p] - (double)r->tilt->image[p];
      const double expected = *floor + *per_signal * P, u = expected > 0 ? 1 / (expected * expected) : 0;
      double       square = difference * difference, *row = rows + 6 * j;
      if (!(r->weight[p] > 0)) continue;
      if (r->settings->robust > 0) square = PetscMin(square, r->settings->robust * r->settings->robust * expected);
      row[0] += u, row[1] += u * P, row[2] += u * P * P, row[3] += u * square, row[4] += u * P * square, row[5] += 1;
    }
  PetscCall(AetSumOrdered(r->comm, (PetscInt)r->tilt->v_start, (PetscInt)r->tilt->v_count, (PetscInt)r->tilt->views, 6, rows, s));
  PetscCall(PetscFree(rows));
  if (s[0] > 0) {
    const double determinant = s[0] * s[2] - s[1] * s[1];
    double       slope = determinant > 1e-9 * s[0] * s[2] ? (s[0] * s[4] - s[1] * s[3]) / determinant : 0, base;
    slope = r->settings->counting ? PetscMax(slope, 0) : 0;
    base = (s[3] - slope * s[1]) / s[0];
    if (base < least && slope > 0 && s[2] > 0) base = least, slope = PetscMax((s[4] - base * s[1]) / s[2], 0);
    *floor = PetscMax(base, least), *per_signal = slope;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryWeights(AetRefinery *r)
{
  double floor = 0, per_signal = 0, *rows, s[2];

  PetscFunctionBegin;
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(PetscCalloc1(2 * (size_t)r->tilt->v_count + 1, &rows));
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++)
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++)
      if (r->weight[p] > 0) {
        const double difference = (double)r->images[p] - (double)r->tilt->image[p];
        rows[2 * j] += difference * difference, rows[2 * j + 1] += 1;
      }
  PetscCall(AetSumOrdered(r->comm, (PetscInt)r->tilt->v_start, (PetscInt)r->tilt->v_count, (PetscInt)r->tilt->views, 2, rows, s));
  PetscCall(PetscFree(rows));
  if (!(s[0] > 0)) PetscFunctionReturn(PETSC_SUCCESS); /* images without noise, fitted to the last bit */
  floor = s[0] / s[1];
  for (int round = 0; round < 4; round++) PetscCall(FitNoise(r, LEAST_FLOOR * s[0] / s[1], &floor, &per_signal));
  r->report->noise_floor = floor, r->report->noise_per_signal = per_signal;
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++)
    if (r->weight[p] > 0) r->weight[p] = (float)(1 / (floor + per_signal * PetscMax((double)r->images[p], 0)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
