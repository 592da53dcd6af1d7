/* What holds atoms to where they were traced, where the images show more than atoms explain (docs/theory/refinement.md). */
#include "atoms/refine_private.h"

PetscErrorCode AetRefineryHold(AetRefinery *r, const double *block)
{
  const double       trust = r->settings->trust_angstrom;
  AetImagingGradient g = {0};
  double             shown = 0, expected = 0;

  PetscFunctionBegin;
  r->hold = 0;
  if (!(trust > 0) || !(r->report->noise_floor > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(6 * (size_t)r->atoms.count + 1, &g.outer));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  for (PetscInt i = 0; i < 6 * r->atoms.count; i++)
    if (i % 6 == 0 || i % 6 == 3 || i % 6 == 5) shown += g.outer[i], expected += block[i];
  PetscCall(PetscFree(g.outer));
  r->report->correlation = expected > 0 ? PetscMax(shown / expected, 1) : 1;
  r->hold = r->report->correlation / (trust * trust);
  PetscFunctionReturn(PETSC_SUCCESS);
}
