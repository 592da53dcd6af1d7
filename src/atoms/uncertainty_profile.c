/* What a wrong profile does to the atoms. It is wrong in all views alike, so neither residuals with random signs nor views left out show
   it; a profile with more freedom does (docs/theory/uncertainty.md). */
#include "atoms/uncertainty_private.h"
#include <math.h>
#include <string.h>

#define WIDTHS 4
#define TERMS_MOST (WIDTHS * AET_SPECIES_MAX + 1) /* images of every species at every width, and a constant */
#define RIDGE 1e-8
#define SOLVE_TOLERANCE 0.02
#define SOLVE_STEPS 40

static const double times_b[WIDTHS] = {0.5, 1, 2, 4}; /* B of the parts of the freer profile, over that of the refinement */

/* part [width][species] <- images of a species alone at a width, at the height and the scales of the refinement, without background. */
static PetscErrorCode Parts(const AetRefinery *r, float *part)
{
  const int     S = r->optics.species_count;
  AetScatterers alone = r->atoms;
  AetOptics     optics;
  AetImaging    imaging;
  int          *species;

  PetscFunctionBegin;
  PetscCall(AetOpticsCreate(r->optics.views, S, r->optics.Z, &optics));
  PetscCall(PetscMalloc1((size_t)r->atoms.count + 1, &species));
  alone.species = species;
  for (int m = 0; m < WIDTHS; m++) {
    PetscCall(AetOpticsCopy(&r->optics, &optics));
    for (ptrdiff_t j = 0; j < optics.views; j++) optics.background[j] = 0;
    for (int s = 0; s < S; s++) optics.b_factor[s] *= times_b[m];
    PetscCall(AetImagingCreate(r->tilt, &optics, &imaging));
    for (int s = 0; s < S; s++) {
      for (PetscInt i = 0; i < r->atoms.count; i++) species[i] = r->species[i] == s ? s : -1;
      PetscCall(AetImagingProject(imaging, &optics, &alone, part + (ptrdiff_t)(m * S + s) * r->tilt->v_count * r->pixels));
    }
    PetscCall(AetImagingDestroy(&imaging));
  }
  PetscCall(PetscFree(species));
  PetscCall(AetOpticsFree(&optics));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The terms of the fit at pixel p of view j: the parts, 1, and what they have to add up to. */
static void TermsAt(const AetRefinery *r, const float *part, int terms, ptrdiff_t j, ptrdiff_t p, double *term)
{
  const ptrdiff_t all = r->tilt->v_count * r->pixels;

  for (int t = 0; t < terms - 1; t++) term[t] = (double)part[t * all + p];
  term[terms - 1] = 1;
  term[terms] = (double)r->tilt->image[p] - r->optics.background[r->tilt->v_start + j];
}

/* matrix [terms][terms + 1] of the weighted fit, its right side in the last column. */
static PetscErrorCode Normal(const AetRefinery *r, const float *part, int terms, double *matrix)
{
  const int width = terms * (terms + 1);
  double   *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)width * (size_t)r->tilt->v_count + 1, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++)
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      const double w = (double)r->weight[p];
      double       term[TERMS_MOST + 1], *row = rows + j * width;
      if (!(w > 0)) continue;
      TermsAt(r, part, terms, j, p, term);
      for (int a = 0; a < terms; a++)
        for (int b = 0; b <= terms; b++) row[a * (terms + 1) + b] += w * term[a] * term[b];
    }
  PetscCall(AetSumOrdered(r->comm, (PetscInt)r->tilt->v_start, (PetscInt)r->tilt->v_count, (PetscInt)r->tilt->views, width, rows, matrix));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Elimination of the positive system with a small ridge; the solution takes the last column. */
static void Solve(int n, double *m)
{
  for (int a = 0; a < n; a++) m[a * (n + 1) + a] *= 1 + RIDGE;
  for (int a = 0; a < n; a++)
    for (int b = 0; b < n; b++) {
      const double factor = b != a && m[a * (n + 1) + a] > 0 ? m[b * (n + 1) + a] / m[a * (n + 1) + a] : 0;
      for (int c = a; c <= n && factor != 0; c++) m[b * (n + 1) + c] -= factor * m[a * (n + 1) + c];
    }
  for (int a = 0; a < n; a++) m[a * (n + 1) + n] = m[a * (n + 1) + a] > 0 ? m[a * (n + 1) + n] / m[a * (n + 1) + a] : 0;
}

/* residual <- weight × (the best images with the freer profile - those of the refinement). */
static PetscErrorCode Difference(AetRefinery *r)
{
  const int terms = WIDTHS * r->optics.species_count + 1;
  float    *part;
  double   *matrix;

  PetscFunctionBegin;
  PetscCall(AetAgree(r->comm, PetscMalloc1((size_t)(terms - 1) * (size_t)(r->tilt->v_count * r->pixels) + 1, &part)));
  PetscCall(PetscMalloc1((size_t)(terms * (terms + 1)), &matrix));
  PetscCall(Parts(r, part));
  PetscCall(Normal(r, part, terms, matrix));
  Solve(terms, matrix);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++)
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      double term[TERMS_MOST + 1], sum = r->optics.background[r->tilt->v_start + j] - (double)r->images[p];
      TermsAt(r, part, terms, j, p, term);
      for (int t = 0; t < terms; t++) sum += matrix[t * (terms + 1) + terms] * term[t];
      r->residual[p] = (float)((double)r->weight[p] * sum);
    }
  PetscCall(PetscFree(part));
  PetscCall(PetscFree(matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryProfileError(AetRefinery *r, const double *block, const double *bound, double *variance)
{
  const size_t       size = 3 * (size_t)r->atoms.count;
  AetImagingGradient g = {0};
  double            *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size + 1, &g.position));
  PetscCall(PetscCalloc1(size + 1, &x));
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(Difference(r));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  PetscCall(AetRefinerySolve(r, block, 0, SOLVE_TOLERANCE, SOLVE_STEPS, g.position, x));
  for (size_t i = 0; i < size; i++) x[i] *= x[i];
  PetscCall(AetRatioNearby(r->atoms.count, r->position, x, bound, variance));
  for (size_t i = 0; i < size; i++) variance[i] *= bound[i];
  PetscCall(PetscFree(g.position));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}
