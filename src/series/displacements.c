/* Displacements of sites between two times. */
#include <aet4d/series.h>
#include <math.h>
#include <stdlib.h>

static int Ascending(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;

  return (l > r) - (l < r);
}

static double Percentile(PetscInt count, const double *sorted, double fraction)
{
  return count ? sorted[PetscMin(count - 1, (PetscInt)(fraction * count))] : 0;
}

PetscErrorCode AetRegistrationDisplacements(AetRegistration r, int from, int to, PetscBool core_only, AetDisplacements *d)
{
  double *length;

  PetscFunctionBegin;
  *d = (AetDisplacements){.count = 0};
  AetCheck(from >= 0 && from < r->times && to >= 0 && to < r->times, AET_ERR_INPUT,
           "displacements: expected times 0 to %d, found %d and %d", r->times - 1, from, to);
  PetscCall(PetscMalloc1((size_t)r->sites + 1, &length));
  for (PetscInt s = 0; s < r->sites; s++) {
    const PetscInt i = r->atom[(ptrdiff_t)s * r->times + from], j = r->atom[(ptrdiff_t)s * r->times + to];
    double         square = 0;
    if (i < 0 || j < 0 || (core_only && !r->core[s])) continue;
    for (int k = 0; k < 3; k++) {
      const double move = r->position[to][3 * j + k] - r->position[from][3 * i + k];
      d->mean[k] += move, d->rms[k] += move * move, square += move * move;
    }
    length[d->count++] = sqrt(square);
  }
  for (int k = 0; k < 3 && d->count; k++) d->mean[k] /= d->count, d->rms[k] = sqrt(d->rms[k] / d->count);
  if (d->count) qsort(length, (size_t)d->count, sizeof *length, Ascending);
  d->median = Percentile(d->count, length, 0.5);
  d->percentile90 = Percentile(d->count, length, 0.9);
  d->percentile95 = Percentile(d->count, length, 0.95);
  d->percentile99 = Percentile(d->count, length, 0.99);
  d->largest = Percentile(d->count, length, 1);
  PetscCall(PetscFree(length));
  PetscFunctionReturn(PETSC_SUCCESS);
}
