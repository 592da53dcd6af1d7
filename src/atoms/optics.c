/* Heights, B factors, scales, backgrounds and shifts of a series (imaging.h). */
#include "atoms/imaging.h"
#include <math.h>
#include <string.h>

const double AetWidths[AET_WIDTHS] = {0.5, 1, 2, 4};

void AetOpticsOneWidth(AetOptics *optics, int s)
{
  for (int m = 0; m < AET_WIDTHS; m++) optics->share[s][m] = m == 1;
}

double AetOpticsProfile(const AetOptics *optics, int s, double narrower, double q)
{
  const int    Z = optics->Z[s];
  const double form = Z > 0 ? AetElectronScatteringFactor(Z, q) / AetElectronScatteringFactor(Z, 0) : 1;
  double       sum = 0;

  for (int m = 0; m < AET_WIDTHS; m++)
    if (optics->share[s][m] != 0) sum += optics->share[s][m] * exp(-0.25 * AetWidths[m] * narrower * optics->b_factor[s] * q * q);
  return form * sum;
}

PetscErrorCode AetOpticsCreate(ptrdiff_t views, int species_count, const int Z[], AetOptics *optics)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(optics, sizeof *optics));
  optics->views = views;
  optics->species_count = species_count;
  for (int s = 0; s < species_count; s++) {
    optics->Z[s] = Z[s];
    AetOpticsOneWidth(optics, s);
  }
  PetscCall(PetscMalloc1((size_t)views, &optics->scale));
  PetscCall(PetscCalloc1((size_t)views, &optics->background));
  PetscCall(PetscCalloc1((size_t)views, &optics->shift));
  for (ptrdiff_t j = 0; j < views; j++) optics->scale[j] = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOpticsCopy(const AetOptics *from, AetOptics *to)
{
  double *scale = to->scale, *background = to->background, (*shift)[2] = to->shift;

  PetscFunctionBegin;
  *to = *from;
  to->scale = scale, to->background = background, to->shift = shift;
  PetscCall(PetscArraycpy(scale, from->scale, from->views));
  PetscCall(PetscArraycpy(background, from->background, from->views));
  PetscCall(PetscArraycpy(shift, from->shift, from->views));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOpticsFree(AetOptics *optics)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(optics->scale));
  PetscCall(PetscFree(optics->background));
  PetscCall(PetscFree(optics->shift));
  PetscFunctionReturn(PETSC_SUCCESS);
}
