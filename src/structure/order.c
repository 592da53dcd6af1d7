/* Chemical order parameters. A template is a choice of species for the four simple cubic sublattices of fcc, so the smoothed sums of the
   four sublattices give all templates at once; on the grid of lattice indices the Gaussian is separable. */
#include "structure/chemistry_private.h"
#include "structure/kernel/phase.h"
#include "structure/kernel/smooth4.h"
#include <math.h>

enum { TAPS = 65 };
#define CUT 4.0 /* standard deviations */

const AetPhase AetPhases[AET_PHASES] = {
    {AET_ORDER_L10, 0, 2},      {AET_ORDER_L10, 1, 0},      {AET_ORDER_L10, 2, 1},      {AET_ORDER_L10, 3, 2},
    {AET_ORDER_L10, 4, 0},      {AET_ORDER_L10, 5, 1},      {AET_ORDER_L12_AB3, 0, -1}, {AET_ORDER_L12_AB3, 1, -1},
    {AET_ORDER_L12_AB3, 2, -1}, {AET_ORDER_L12_AB3, 3, -1}, {AET_ORDER_L12_A3B, 0, -1}, {AET_ORDER_L12_A3B, 1, -1},
    {AET_ORDER_L12_A3B, 2, -1}, {AET_ORDER_L12_A3B, 3, -1}, {AET_ORDER_A1_A, 0, -1},    {AET_ORDER_A1_B, 0, -1},
};

/* The box of lattice indices of one grain. */
typedef struct {
  int       low[3];
  ptrdiff_t n[3];
  int       reach[3];
  float     weight[3][TAPS];
  ptrdiff_t first, last; /* of its atoms in `member` */
} Grain;

struct _p_AetOrderPlan {
  PetscInt     total, grains;
  Grain       *grain;                /* [grains] */
  PetscInt    *member;               /* atoms with a site, by grain */
  ptrdiff_t   *place;                /* [total] point of the grain's grid */
  signed char *sublattice;           /* [total] -1: no site */
  float (*all)[4], (*a)[4], (*b)[4]; /* [total] weights of all atoms, of A, of B */
  float *field, *work;               /* grids of the largest grain, four floats a point */
};

const char *AetOrderKindName(AetOrderKind kind)
{
  static const char *const name[] = {"L1_0", "L1_2 AB3", "L1_2 A3B", "A1 A", "A1 B"};

  return name[kind];
}

/* Bit c: sublattice c has species B. */
static int Mask(const AetPhase *phase)
{
  switch (phase->kind) {
  case AET_ORDER_L10:
    return AetPhaseMaskL10(phase->axis, phase->variant / 3);
  case AET_ORDER_L12_AB3:
    return 15 ^ 1 << phase->variant;
  case AET_ORDER_L12_A3B:
    return 1 << phase->variant;
  case AET_ORDER_A1_A:
    return 0;
  default:
    return 15;
  }
}

int AetPhaseSpecies(const AetPhase *phase, const int index[3])
{
  const int c = AetPhaseSublattice(index);

  return c < 0 ? 0 : Mask(phase) >> c & 1;
}

/* ---------------------------------------------------------------- the plan */

/* Boxes and numbers of atoms of the grains; atoms without a site get sublattice -1. */
static PetscErrorCode Boxes(const PetscInt *grain, const int (*index)[3], AetOrderPlan p)
{
  PetscInt members = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->total; i++) {
    p->sublattice[i] = (signed char)(grain[i] < 0 ? -1 : AetPhaseSublattice(index[i]));
    AetCheck(grain[i] < p->grains, AET_ERR_INPUT,
             "order: atom %" PetscInt_FMT ": expected a grain below %" PetscInt_FMT ", found %" PetscInt_FMT, i + 1, p->grains, grain[i]);
    if (p->sublattice[i] < 0) continue;
    Grain *g = p->grain + grain[i];
    for (int a = 0; a < 3; a++) { /* n is the highest index until the boxes are known */
      g->low[a] = g->last ? PetscMin(g->low[a], index[i][a]) : index[i][a];
      g->n[a] = g->last ? PetscMax(g->n[a], index[i][a]) : index[i][a];
    }
    g->last++;
  }
  for (PetscInt k = 0; k < p->grains; k++) {
    Grain *g = p->grain + k;
    g->first = members;
    members += (PetscInt)g->last;
    for (int a = 0; a < 3; a++) g->n[a] = g->last ? g->n[a] - g->low[a] + 1 : 0;
    g->last = g->first;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Weights(const double cell[9], double sigma, PetscInt number, Grain *g)
{
  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    const double *edge = cell + 3 * a, step = 0.5 * sqrt(edge[0] * edge[0] + edge[1] * edge[1] + edge[2] * edge[2]);
    AetCheck(isfinite(step) && step > 0, AET_ERR_INPUT, "order: grain %" PetscInt_FMT ": expected an edge > 0 Å, found %g", number,
             2 * step);
    AetCheck(CUT * sigma / step < TAPS, AET_ERR_INPUT, "order: sigma: expected less than %g Å for an edge of %g Å, found %g",
             TAPS * step / CUT, 2 * step, sigma);
    g->reach[a] = (int)(CUT * sigma / step);
    AetSmoothWeights(step, sigma, g->reach[a], g->weight[a]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where every atom is on its grain's grid; the room of the largest grid. */
static PetscErrorCode Places(const PetscInt *grain, const int (*index)[3], AetOrderPlan p)
{
  size_t room = 1;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < p->grains; k++) {
    const Grain *g = p->grain + k;
    const double points = (double)g->n[0] * (double)g->n[1] * (double)g->n[2];
    AetCheck(points <= 4e9, AET_ERR_INPUT, "order: grain %" PetscInt_FMT ": expected at most 4e9 points of its lattice, found %g", k,
             points);
    room = PetscMax(room, (size_t)points);
  }
  for (PetscInt i = 0; i < p->total; i++) {
    if (p->sublattice[i] < 0) continue;
    Grain *g = p->grain + grain[i];
    p->place[i] = ((index[i][2] - g->low[2]) * g->n[1] + index[i][1] - g->low[1]) * g->n[0] + index[i][0] - g->low[0];
    p->member[g->last++] = i;
  }
  PetscCall(PetscMalloc2(4 * room, &p->field, 4 * room, &p->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* field <- its smoothed self. */
static void Smooth(const Grain *g, float *field, float *work)
{
  const ptrdiff_t row = 4 * g->n[0], plane = row * g->n[1];

#pragma omp parallel num_threads(AetThreads())
  {
#pragma omp for
    for (ptrdiff_t z = 0; z < g->n[2]; z++) {
      for (ptrdiff_t y = 0; y < g->n[1]; y++)
        AetSmoothLine4(g->n[0], g->reach[0], g->weight[0], field + z * plane + y * row, work + z * plane + y * row);
      AetSmoothRows(g->n[1], row, row, g->reach[1], g->weight[1], work + z * plane, 0, g->n[1], field + z * plane);
    }
#pragma omp for
    for (ptrdiff_t z = 0; z < g->n[2]; z++) AetSmoothRows(g->n[2], plane, plane, g->reach[2], g->weight[2], field, z, z + 1, work);
  }
}

/* sums [total][4] of the values [total][stride] over the neighbourhoods, by sublattice. */
static void SumGrains(AetOrderPlan p, const double *value, int stride, float (*sums)[4])
{
  for (PetscInt k = 0; k < p->grains; k++) {
    const Grain    *g = p->grain + k;
    const ptrdiff_t points = g->n[0] * g->n[1] * g->n[2];

    for (ptrdiff_t q = 0; q < 4 * points; q++) p->field[q] = 0;
    for (ptrdiff_t m = g->first; m < g->last; m++) {
      const PetscInt i = p->member[m];
      p->field[4 * p->place[i] + p->sublattice[i]] += (float)value[(ptrdiff_t)i * stride];
    }
    Smooth(g, p->field, p->work);
    for (ptrdiff_t m = g->first; m < g->last; m++)
      for (int c = 0; c < 4; c++) sums[p->member[m]][c] = p->work[4 * p->place[p->member[m]] + c];
  }
}

static PetscErrorCode Build(AetOrderPlan p, const PetscInt *grain, const int (*index)[3], const double (*cell)[9], double sigma)
{
  const size_t room = (size_t)p->total + 1;
  double      *one;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)p->grains + 1, &p->grain));
  PetscCall(PetscCalloc6(room, &p->member, room, &p->place, room, &p->sublattice, room, &p->all, room, &p->a, room, &p->b));
  PetscCall(Boxes(grain, index, p));
  for (PetscInt k = 0; k < p->grains; k++) PetscCall(Weights(cell[k], sigma, k, p->grain + k));
  PetscCall(Places(grain, index, p));
  PetscCall(PetscMalloc1(1, &one));
  *one = 1;
  SumGrains(p, one, 0, p->all);
  PetscCall(PetscFree(one));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderPlanCreateSites(PetscInt total, PetscInt grains, const PetscInt *grain, const int (*index)[3],
                                       const double (*cell)[9], double sigma_angstrom, AetOrderPlan *plan)
{
  AetOrderPlan   p;
  PetscErrorCode code;

  PetscFunctionBegin;
  *plan = NULL;
  AetCheck(isfinite(sigma_angstrom) && sigma_angstrom > 0, AET_ERR_INPUT, "order: sigma: expected a length > 0 Å, found %g",
           sigma_angstrom);
  PetscCall(PetscNew(&p));
  p->total = total;
  p->grains = grains;
  code = Build(p, grain, index, cell, sigma_angstrom);
  if (code) PetscCall(AetOrderPlanDestroy(&p));
  PetscCall(code);
  *plan = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderPlanCreate(AetLattice lattice, double sigma_angstrom, AetOrderPlan *plan)
{
  PetscInt      *grain;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)lattice->total + 1, &grain));
  for (PetscInt i = 0; i < lattice->total; i++) {
    const PetscInt g = lattice->grain[i];
    grain[i] = g >= 0 && lattice->kind[g] == AET_LATTICE_FCC ? g : -1;
  }
  code = AetOrderPlanCreateSites(lattice->total, lattice->grains, grain, (const int(*)[3])lattice->index, (const double(*)[9])lattice->cell,
                                 sigma_angstrom, plan);
  PetscCall(PetscFree(grain));
  PetscFunctionReturn(code);
}

/* The neighbours of the atoms of one grain; who[]: the atom at a point of its grid. */
static void NearGrain(AetOrderPlan p, const Grain *g, PetscInt *who, ptrdiff_t (*near)[AET_FCC_ABOUT])
{
  for (ptrdiff_t q = 0; q < g->n[0] * g->n[1] * g->n[2]; q++) who[q] = -1;
  for (ptrdiff_t m = g->last - 1; m >= g->first; m--) who[p->place[p->member[m]]] = p->member[m]; /* of two the first */
  for (ptrdiff_t m = g->first; m < g->last; m++) {
    const PetscInt  i = p->member[m];
    const ptrdiff_t q = p->place[i], at[3] = {q % g->n[0], q / g->n[0] % g->n[1], q / g->n[0] / g->n[1]};
    for (int n = 0; n < AET_FCC_ABOUT; n++) {
      ptrdiff_t to[3];
      int       inside = 1;
      for (int a = 0; a < 3; a++) to[a] = at[a] + AetFccNear[n][a], inside &= to[a] >= 0 && to[a] < g->n[a];
      near[i][n] = inside ? who[(to[2] * g->n[1] + to[1]) * g->n[0] + to[0]] : -1;
    }
  }
}

PetscErrorCode AetOrderPlanNear(AetOrderPlan p, ptrdiff_t (*near)[AET_FCC_ABOUT])
{
  ptrdiff_t room = 1;
  PetscInt *who;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->total; i++)
    for (int n = 0; n < AET_FCC_ABOUT; n++) near[i][n] = -1;
  for (PetscInt k = 0; k < p->grains; k++) room = PetscMax(room, p->grain[k].n[0] * p->grain[k].n[1] * p->grain[k].n[2]);
  PetscCall(PetscMalloc1((size_t)room, &who));
  for (PetscInt k = 0; k < p->grains; k++) NearGrain(p, p->grain + k, who, near);
  PetscCall(PetscFree(who));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderPlanDestroy(AetOrderPlan *plan)
{
  PetscFunctionBegin;
  if (!*plan) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*plan)->grain));
  PetscCall(PetscFree6((*plan)->member, (*plan)->place, (*plan)->sublattice, (*plan)->all, (*plan)->a, (*plan)->b));
  PetscCall(PetscFree2((*plan)->field, (*plan)->work));
  PetscCall(PetscFree(*plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- evaluation */

static void Templates(AetOrderPlan p, PetscInt count, const AetPhase *which, double *order)
{
  for (PetscInt t = 0; t < count; t++) {
    const int mask = Mask(which + t);
    double   *s = order + (ptrdiff_t)t * p->total;
#pragma omp parallel for num_threads(AetThreads())
    for (PetscInt i = 0; i < p->total; i++) s[i] = p->sublattice[i] < 0 ? 0 : AetPhaseOrder(mask, p->all[i], p->a[i], p->b[i]);
  }
}

/* The sums of A and of B. Where every atom is one of them, B is the rest. */
static PetscErrorCode SumSpecies(AetOrderPlan p, const int *species)
{
  double  *is;
  PetscInt others = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)p->total + 1, &is));
  for (PetscInt i = 0; i < p->total; i++) is[i] = species[i] == 0, others += species[i] != 0 && species[i] != 1;
  SumGrains(p, is, 1, p->a);
  for (PetscInt i = 0; i < p->total; i++) {
    is[i] = species[i] == 1;
    for (int c = 0; c < 4 && !others; c++) p->b[i][c] = p->all[i][c] - p->a[i][c];
  }
  if (others) SumGrains(p, is, 1, p->b);
  PetscCall(PetscFree(is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderEvaluate(AetOrderPlan plan, const int *species, PetscInt count, const AetPhase *which, double *order)
{
  PetscFunctionBegin;
  PetscCall(SumSpecies(plan, species));
  Templates(plan, count, which, order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderEvaluateProbable(AetOrderPlan plan, const double (*p)[2], PetscInt count, const AetPhase *which, double *order)
{
  PetscFunctionBegin;
  if (plan->total) {
    SumGrains(plan, &p[0][0], 2, plan->a);
    SumGrains(plan, &p[0][1], 2, plan->b);
  }
  Templates(plan, count, which, order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrderBest(AetOrderPlan plan, const int *species, PetscInt count, const AetPhase *which, double *order, int *best)
{
  int *mask;

  PetscFunctionBegin;
  PetscCall(SumSpecies(plan, species));
  PetscCall(PetscMalloc1((size_t)count + 1, &mask));
  for (PetscInt t = 0; t < count; t++) mask[t] = Mask(which + t);
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < plan->total; i++) {
    order[i] = 0, best[i] = -1;
    for (PetscInt t = 0; t < count && plan->sublattice[i] >= 0; t++) {
      const double s = AetPhaseOrder(mask[t], plan->all[i], plan->a[i], plan->b[i]);
      if (best[i] < 0 || s > order[i]) order[i] = s, best[i] = (int)t;
    }
  }
  PetscCall(PetscFree(mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}
