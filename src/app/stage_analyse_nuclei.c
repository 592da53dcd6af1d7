/* The nuclei of an analysis, and what is told of each of them. */
#include "analysis.h"
#include <math.h>

#define BOND_LIMIT 1.2 /* of order of bonds: strain lifts it above 1 */

/* Rows of the order parameter of every template that a nucleus has; -1 off its lattice. PetscFree2 of both. */
static PetscErrorCode TemplateOrders(const AetAnalysis *a, double **values, const double ***row)
{
  const PetscInt total = a->atoms->total;
  AetPhase       which[AET_PHASES];
  int            place[AET_PHASES], *letter;
  PetscInt       count = 0;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int p = 0; p < AET_PHASES; p++) place[p] = -1;
  for (PetscInt k = 0; k < a->nuclei->count; k++) {
    const int p = a->phase[a->nuclei->peak[k]];
    if (place[p] >= 0) continue;
    place[p] = (int)count;
    which[count++] = AetPhases[p];
  }
  PetscCall(PetscMalloc2((size_t)(count * total) + 1, values, (size_t)a->nuclei->count + 1, row));
  PetscCall(PetscMalloc1((size_t)total + 1, &letter));
  AetAnalysisLetters(a, letter);
  code = AetOrderEvaluate(a->plan, letter, count, which, *values);
  PetscCall(PetscFree(letter));
  PetscCall(code);
  for (ptrdiff_t i = 0; i < (ptrdiff_t)count * total; i++)
    if (a->phase[i % total] < 0) (*values)[i] = NAN;
  for (PetscInt k = 0; k < a->nuclei->count; k++) (*row)[k] = *values + (ptrdiff_t)place[a->phase[a->nuclei->peak[k]]] * total;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Å³ of an atom inside. */
static double AtomVolume(const AetAnalysis *a)
{
  double sum = 0;
  int    closed = 0;

  if (a->pairs && a->pairs->density > 0) return 1 / a->pairs->density;
  for (PetscInt i = 0; i < a->voronoi->total; i++)
    if (a->voronoi->closed[i]) sum += a->voronoi->volume[i], closed++;
  return closed ? sum / closed
                : pow(a->cutoff_angstrom / 1.207, 3) / sqrt(2); /* close packing of the distance that the cut-off stands for */
}

static PetscErrorCode Describe(AetAnalysis *a)
{
  AetNucleiShapeSettings s;
  double                *values = NULL;
  const double         **row;
  PetscErrorCode         code;

  PetscFunctionBegin;
  AetNucleiShapeDefaults(&s);
  s.atom_volume_angstrom3 = AtomVolume(a);
  if (a->group) {
    s.smoothing_angstrom = a->settings.order_sigma_angstrom;
    PetscCall(TemplateOrders(a, &values, &row));
  } else {
    s.baseline = PETSC_TRUE;
    s.order_limit = BOND_LIMIT;
    PetscCall(PetscMalloc2(1, &values, (size_t)a->nuclei->count + 1, &row));
    for (PetscInt k = 0; k < a->nuclei->count; k++) row[k] = a->order;
  }
  code = AetNucleiDescribe(a->atoms, a->nuclei, row, a->surface, &s, &a->shape);
  PetscCall(PetscFree2(values, row));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisNuclei(AetAnalysis *a)
{
  AetNucleiSettings *s = &a->settings.nuclei;

  PetscFunctionBegin;
  if (!(s->threshold > 0)) s->threshold = a->kind == AET_ANALYSE_BOO ? AET_NUCLEUS_THRESHOLD_BOO : AET_NUCLEUS_THRESHOLD_CHEMICAL;
  PetscCall(AetNucleiCreate(a->atoms, a->order, a->group, s, &a->nuclei));
  PetscCall(PetscCalloc1((size_t)a->nuclei->count + 1, &a->sigma_sites));
  PetscCall(AetAnalysisSpread(a));
  PetscCall(Describe(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetAnalysisCell(const AetAnalysis *a)
{
  PetscInt largest = 0;

  for (PetscInt g = 1; g < a->lattice->grains; g++)
    if (a->lattice->sites[g] > a->lattice->sites[largest]) largest = g;
  return sqrt(2.) * (a->lattice->grains ? a->lattice->nearest[largest] : a->cutoff_angstrom / 1.207);
}
