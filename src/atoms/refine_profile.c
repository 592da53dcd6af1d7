/* An atom's image as a sum of widths: what the optics of a microscope do to it is no single Gaussian (docs/theory/refinement.md). */
#include "atoms/refine_private.h"
#include <math.h>
#include <string.h>

#define TERMS_MOST (AET_WIDTHS * AET_SPECIES_MAX + 1) /* images of every species at every width, and a constant */
#define RIDGE 1e-8
#define LEAST_HEIGHT 0.2 /* of a species with shares, over that with one width: less is no profile but a way to fit something else */

/* part [width][species] <- images of a species alone at `times` B, at the height and the scales of the refinement, without background. */
static PetscErrorCode Parts(const AetRefinery *r, const double *times, float *part)
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
  for (int m = 0; m < AET_WIDTHS; m++) {
    PetscCall(AetOpticsCopy(&r->optics, &optics));
    for (ptrdiff_t j = 0; j < optics.views; j++) optics.background[j] = 0;
    for (int s = 0; s < S; s++) optics.b_factor[s] *= times[m], AetOpticsOneWidth(&optics, s);
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

PetscErrorCode AetRefineryWidths(AetRefinery *r, const double times[AET_WIDTHS], double *amount, float *images)
{
  const int terms = AET_WIDTHS * r->optics.species_count + 1;
  float    *part;
  double   *matrix;

  PetscFunctionBegin;
  PetscCall(AetAgree(r->comm, PetscMalloc1((size_t)(terms - 1) * (size_t)(r->tilt->v_count * r->pixels) + 1, &part)));
  PetscCall(PetscMalloc1((size_t)(terms * (terms + 1)), &matrix));
  PetscCall(Parts(r, times, part));
  PetscCall(Normal(r, part, terms, matrix));
  Solve(terms, matrix);
  for (int t = 0; t < terms; t++) amount[t] = matrix[t * (terms + 1) + terms];
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < (images ? r->tilt->v_count : 0); j++)
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) {
      double term[TERMS_MOST + 1], sum = r->optics.background[r->tilt->v_start + j];
      TermsAt(r, part, terms, j, p, term);
      for (int t = 0; t < terms; t++) sum += amount[t] * term[t];
      images[p] = (float)sum;
    }
  PetscCall(PetscFree(part));
  PetscCall(PetscFree(matrix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the amounts as heights and shares, unless a species would lose its height. */
static PetscBool Take(AetOptics *optics, const double *amount)
{
  const int S = optics->species_count;

  for (int s = 0; s < S; s++) {
    double sum = 0;
    for (int m = 0; m < AET_WIDTHS; m++) sum += amount[m * S + s];
    if (!(sum > LEAST_HEIGHT) || !(sum < 1 / LEAST_HEIGHT)) return PETSC_FALSE;
  }
  for (int s = 0; s < S; s++) {
    double sum = 0;
    for (int m = 0; m < AET_WIDTHS; m++) sum += amount[m * S + s];
    for (int m = 0; m < AET_WIDTHS; m++) optics->share[s][m] = amount[m * S + s] / sum;
    optics->height[s] *= sum;
  }
  return PETSC_TRUE;
}

PetscErrorCode AetRefineryProfile(AetRefinery *r)
{
  double amount[TERMS_MOST], energy;

  PetscFunctionBegin;
  PetscCall(AetRefineryEvaluate(r));
  energy = r->energy;
  if (!r->one.species_count) PetscCall(AetOpticsCreate(r->optics.views, r->optics.species_count, r->optics.Z, &r->one));
  PetscCall(AetOpticsCopy(&r->optics, &r->one));
  PetscCall(AetRefineryWidths(r, AetWidths, amount, NULL));
  if (Take(&r->optics, amount)) PetscCall(AetRefineryOptics(r, 0));
  PetscCall(AetRefineryEvaluate(r));
  if (r->energy < energy) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOpticsCopy(&r->one, &r->optics));
  PetscCall(AetOpticsFree(&r->one));
  r->one.species_count = 0;
  PetscCall(AetRefineryOptics(r, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}
