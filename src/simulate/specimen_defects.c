/* Point defects, the surface, the dislocation. */
#include "simulate/kernel/neighbours.h"
#include "simulate/specimen_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_MAX = 64, DEEP = 4 };
#define REACH 1.12 /* of the nearest distance: below the second neighbours of bcc, above the spread of an icosahedron */

/* Neighbours in the ideal particle, as they are before anything is displaced. */
typedef struct {
  double            nearest;
  double           *x; /* [count][3] */
  AetNeighbourCells cells;
} Surroundings;

static PetscErrorCode LookAround(const AetSpecimenPlan *plan, const AetMaking *work, Surroundings *around)
{
  PetscFunctionBegin;
  around->nearest = plan->cell.kind == AET_LATTICE_NONE ? 1.2 * plan->min_distance : AetKernelNearest(&plan->cell);
  PetscCall(PetscMalloc1(3 * (size_t)work->count + 3, &around->x));
  for (PetscInt i = 0; i < work->count; i++) memcpy(around->x + 3 * i, work->atom[i].x, sizeof work->atom[i].x);
  AetCheck(AetKernelNeighbourCells((int)work->count, around->x, REACH * around->nearest, &around->cells), AET_ERR_MEMORY,
           "simulate: no memory");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Near(const Surroundings *around, PetscInt atom, int near[NEAR_MAX])
{
  const int count =
      AetKernelNeighbours(&around->cells, around->x, around->x + 3 * atom, (int)atom, REACH * around->nearest, NEAR_MAX, near);

  return PetscMin(count, NEAR_MAX);
}

/* Layer 1 has too few neighbours; layer n + 1 is next to layer n. */
static PetscErrorCode CountLayers(const AetSpecimenPlan *plan, AetMaking *work, const Surroundings *around)
{
  const int full = AetKernelCoordination(plan->cell.kind);
  int       near[NEAR_MAX], count;
  PetscInt *queue, head = 0, tail = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)work->count + 1, &queue));
  for (PetscInt i = 0; i < work->count; i++) {
    work->atom[i].layer = Near(around, i, near) < full;
    if (work->atom[i].layer) queue[tail++] = i;
  }
  while (head < tail) {
    const PetscInt i = queue[head++];
    count = Near(around, i, near);
    for (int n = 0; n < count; n++)
      if (!work->atom[near[n]].layer) work->atom[near[n]].layer = work->atom[i].layer + 1, queue[tail++] = near[n];
  }
  PetscCall(PetscFree(queue));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether a point defect at the atom can be told from all else that is planted: deep, and in one domain and zone with its neighbours. */
static PetscBool Quiet(const AetSpecimenPlan *plan, const AetMaking *work, const Surroundings *around, PetscInt atom)
{
  const AetMakingAtom *here = work->atom + atom;
  const double        *p = plan->dislocation.point, *t = plan->dislocation.line;
  double               r[3], along = 0, size = 0, far = 0;
  int                  near[NEAR_MAX], count = Near(around, atom, near);

  if (here->layer < DEEP) return PETSC_FALSE;
  for (int n = 0; n < count; n++)
    if (work->atom[near[n]].domain != here->domain || work->atom[near[n]].zone != here->zone) return PETSC_FALSE;
  if (!plan->dislocated) return PETSC_TRUE;
  for (int a = 0; a < 3; a++) r[a] = here->x[a] - p[a], along += r[a] * t[a], size += t[a] * t[a], far += r[a] * r[a];
  return (PetscBool)(far - along * along / size > 16 * around->nearest * around->nearest);
}

typedef struct {
  double   rank;
  PetscInt atom;
} Ranked;

static int CompareRanked(const void *a, const void *b)
{
  const Ranked *x = a, *y = b;

  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

/* Point defects that are already planted keep three neighbour distances free. */
static PetscBool Apart(const AetMaking *work, const Surroundings *around, PetscInt atom)
{
  const double *x = around->x + 3 * atom;

  for (PetscInt d = 0; d < work->defects; d++) {
    const double *y = work->defect[d].position;
    if (work->defect[d].kind > AET_DEFECT_ANTISITE) continue;
    if (hypot(hypot(x[0] - y[0], x[1] - y[1]), x[2] - y[2]) < 3 * around->nearest) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

static PetscErrorCode PlantPoint(AetMaking *work, const Surroundings *around, int kind, PetscInt atom)
{
  AetPlantedDefect defect = {.kind = kind, .id = (int)atom + 1};

  PetscFunctionBegin;
  memcpy(defect.position, around->x + 3 * atom, sizeof defect.position);
  PetscCall(AetMakingAddDefect(work, &defect));
  if (kind == AET_DEFECT_VACANCY)
    work->atom[atom].gone = PETSC_TRUE;
  else
    work->atom[atom].species = 1 - work->atom[atom].species;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first `wanted` quiet atoms in a random order; of antisites, of the two species in turn. */
static PetscErrorCode PlantPoints(const AetSpecimenPlan *plan, AetMaking *work, const Surroundings *around, int kind, PetscInt wanted,
                                  const char *key)
{
  const uint64_t stream = kind == AET_DEFECT_VACANCY ? STREAM_VACANCY : STREAM_ANTISITE;
  PetscInt       planted = 0, places = 0;
  Ranked        *ranked;

  PetscFunctionBegin;
  if (!wanted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1((size_t)work->count + 1, &ranked));
  for (PetscInt i = 0; i < work->count; i++) {
    if (!Quiet(plan, work, around, i)) continue;
    if (kind == AET_DEFECT_ANTISITE && work->domain[work->atom[i].domain].order == AET_PHASE_A1) continue;
    ranked[places].atom = i;
    ranked[places++].rank = AetRandomUniform(plan->seed, stream, work->atom[i].key);
  }
  qsort(ranked, (size_t)places, sizeof *ranked, CompareRanked);
  for (PetscBool found = PETSC_TRUE; planted < wanted && found;) {
    found = PETSC_FALSE;
    for (PetscInt r = 0; r < places && !found; r++) {
      const PetscInt atom = ranked[r].atom;
      if (kind == AET_DEFECT_ANTISITE && work->atom[atom].species != planted % 2) continue;
      if (!Apart(work, around, atom)) continue;
      PetscCall(PlantPoint(work, around, kind, atom));
      planted++;
      found = PETSC_TRUE;
    }
  }
  PetscCall(PetscFree(ranked));
  AetCheck(planted == wanted, AET_ERR_INPUT,
           "%s: expected at most the %d for which there is room three neighbours apart inside %s, found %d", key, (int)planted,
           kind == AET_DEFECT_ANTISITE ? "ordered domains" : "the particle", (int)wanted);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Outward: from the origin; of a film, from its middle plane. In the frame of the lattice. */
static void Outward(const AetSpecimenPlan *plan, const double x[3], double u[3])
{
  double size;

  for (int a = 0; a < 3; a++) u[a] = x[a];
  if (plan->body.shape == AET_SHAPE_FILM) {
    const double z = plan->R[6] * x[0] + plan->R[7] * x[1] + plan->R[8] * x[2];
    for (int a = 0; a < 3; a++) u[a] = (z > 0 ? 1 : -1) * plan->R[6 + a];
  }
  size = sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]);
  for (int a = 0; a < 3; a++) u[a] = size > 0 ? u[a] / size : 0;
}

static void Relax(const AetSpecimenPlan *plan, AetMaking *work, double nearest)
{
  for (PetscInt i = 0; i < work->count; i++) {
    AetMakingAtom *atom = work->atom + i;
    double         u[3];

    if (atom->layer < 1 || atom->layer > plan->relaxed_layers) continue;
    Outward(plan, atom->x, u);
    for (int a = 0; a < 3; a++) atom->x[a] += plan->relaxation[atom->layer - 1] * nearest * u[a];
  }
}

static PetscErrorCode Dislocate(const AetSpecimenPlan *plan, AetMaking *work)
{
  AetPlantedDefect defect = {.kind = AET_DEFECT_DISLOCATION};
  const double    *t = plan->dislocation.line, size = hypot(hypot(t[0], t[1]), t[2]);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < work->count; i++) {
    double u[3];
    AetKernelDislocation(&plan->dislocation, work->atom[i].x, u);
    for (int a = 0; a < 3; a++) work->atom[i].x[a] += u[a];
  }
  for (int a = 0; a < 3; a++) {
    defect.position[a] = plan->dislocation.point[a];
    defect.vector[a] = plan->dislocation.burgers[a];
    defect.direction[a] = t[a] / size;
  }
  PetscCall(AetMakingAddDefect(work, &defect));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Vacancies and antisites lie where their atoms do once all is displaced. */
static void FollowAtoms(AetMaking *work)
{
  for (PetscInt d = 0; d < work->defects; d++)
    if (work->defect[d].id) memcpy(work->defect[d].position, work->atom[work->defect[d].id - 1].x, sizeof work->defect[d].position);
}

PetscErrorCode AetMakingDefects(const AetSpecimenPlan *plan, AetMaking *work)
{
  Surroundings around;

  PetscFunctionBegin;
  if (plan->vacancies || plan->antisites || plan->relaxed_layers) {
    PetscErrorCode code;

    PetscCall(LookAround(plan, work, &around));
    code = CountLayers(plan, work, &around);
    if (!code) code = PlantPoints(plan, work, &around, AET_DEFECT_VACANCY, plan->vacancies, "simulate_vacancies");
    if (!code) code = PlantPoints(plan, work, &around, AET_DEFECT_ANTISITE, plan->antisites, "simulate_antisites");
    AetKernelNeighbourCellsFree(&around.cells);
    PetscCall(PetscFree(around.x));
    if (code) PetscFunctionReturn(code);
    if (plan->relaxed_layers) Relax(plan, work, around.nearest);
  }
  if (plan->dislocated) PetscCall(Dislocate(plan, work));
  FollowAtoms(work);
  PetscFunctionReturn(PETSC_SUCCESS);
}
