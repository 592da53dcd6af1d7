/* What a wrong profile does to the atoms. It is wrong in all views alike, so neither residuals with random signs nor views left out show
   it; a profile with more freedom does (docs/theory/uncertainty.md). */
#include "atoms/uncertainty_private.h"
#include <math.h>
#include <string.h>

#define SOLVE_TOLERANCE 0.02
#define SOLVE_STEPS 40

/* other <- the images of one width where the profile has several, else the best ones of several widths. */
static PetscErrorCode Other(AetRefinery *r, float *other)
{
  double     amount[AET_WIDTHS * AET_SPECIES_MAX + 1];
  AetImaging imaging;

  PetscFunctionBegin;
  if (!r->one.species_count) {
    PetscCall(AetRefineryWidths(r, AetWidths, amount, other));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(AetImagingCreate(r->tilt, &r->one, &imaging));
  PetscCall(AetImagingProject(imaging, &r->one, &r->atoms, other));
  PetscCall(AetImagingDestroy(&imaging));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* residual <- weight × (the images of the other profile - those of the refinement). */
static PetscErrorCode Difference(AetRefinery *r)
{
  PetscFunctionBegin;
  PetscCall(Other(r, r->residual));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) r->residual[p] = r->weight[p] * (r->residual[p] - r->images[p]);
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
  PetscCall(AetRatioNearby(r->atoms.count, r->position, r->species, x, bound, variance));
  for (size_t i = 0; i < size; i++) variance[i] *= bound[i];
  PetscCall(PetscFree(g.position));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}
