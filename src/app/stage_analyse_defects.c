/* What breaks the order: vacancies, antisites, boundaries, dislocations, as one list, whoever found it. */
#include "analysis_sheets.h"
#include <string.h>

typedef enum {
  VACANCY,
  ANTISITE,
  SWAP,
  ANTIPHASE_BOUNDARY,
  BOUNDARY, /* and the further kinds of AetBoundaryKind */
  DISLOCATION = BOUNDARY + AET_BOUNDARY_HCP_LAYERS + 1,
  KINDS
} Kind;
static const char *const kind_words[KINDS] = {"vacancy",         "antisite", "swap",           "antiphase_boundary", "grain_boundary",
                                              "incoherent_twin", "twin",     "stacking_fault", "hcp_layers",         "dislocation"};

/* The list, column by column. */
typedef struct {
  PetscInt count, room, *kind, *atom, *atoms, *part;                     /* [count], the last [count][2] */
  double  *position, *vector, *direction, *probability, *extent, *angle; /* [count][3] and [count] */
} List;

static PetscErrorCode ListCreate(List *l, PetscInt room)
{
  const size_t n = (size_t)room + 1;

  PetscFunctionBegin;
  memset(l, 0, sizeof *l);
  l->room = room;
  PetscCall(PetscCalloc4(n, &l->kind, n, &l->atom, n, &l->atoms, 2 * n, &l->part));
  PetscCall(PetscCalloc6(3 * n, &l->position, 3 * n, &l->vector, 3 * n, &l->direction, n, &l->probability, n, &l->extent, n, &l->angle));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ListDestroy(List *l)
{
  PetscFunctionBegin;
  PetscCall(PetscFree4(l->kind, l->atom, l->atoms, l->part));
  PetscCall(PetscFree6(l->position, l->vector, l->direction, l->probability, l->extent, l->angle));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One more; its number. Parts that it does not have are -1. */
static PetscInt Add(List *l, Kind kind, PetscInt atom, PetscInt atoms, const double position[3], double probability)
{
  const PetscInt d = l->count++;

  l->kind[d] = kind, l->atom[d] = atom, l->atoms[d] = atoms, l->probability[d] = probability;
  l->part[2 * d] = l->part[2 * d + 1] = -1;
  memcpy(l->position + 3 * (ptrdiff_t)d, position, 3 * sizeof *position);
  return d;
}

static void OfChemistry(const AetAnalysis *a, List *l)
{
  const AetChemistry c = a->chemistry;

  for (PetscInt k = 0; k < c->antisites; k++) {
    const AetAntisite *s = &c->antisite[k];
    if (s->probability < a->claim) continue;
    l->part[2 * Add(l, ANTISITE, s->atom, 1, a->position + 3 * (ptrdiff_t)s->atom, s->probability)] = s->domain;
  }
  for (PetscInt k = 0; k < c->swaps; k++) {
    const double  *x = a->position + 3 * (ptrdiff_t)c->swap[k].atom[0], *y = a->position + 3 * (ptrdiff_t)c->swap[k].atom[1];
    const double   middle[3] = {(x[0] + y[0]) / 2, (x[1] + y[1]) / 2, (x[2] + y[2]) / 2};
    const PetscInt d = Add(l, SWAP, c->swap[k].atom[0], 2, middle, c->swap[k].probability);
    for (int b = 0; b < 3; b++) l->vector[3 * d + b] = y[b] - x[b];
    l->part[2 * d] = l->part[2 * d + 1] = c->domain[c->swap[k].atom[0]];
  }
  for (PetscInt k = 0; k < c->boundaries; k++) {
    const AetAntiphaseBoundary *b = &c->boundary[k];
    const PetscInt              d = Add(l, ANTIPHASE_BOUNDARY, -1, b->atoms, b->centre, 1);
    memcpy(l->direction + 3 * d, b->normal, sizeof b->normal);
    l->extent[d] = b->area;
    l->part[2 * d] = b->domain[0], l->part[2 * d + 1] = b->domain[1];
  }
}

static void OfLattice(const AetAnalysis *a, List *l)
{
  for (PetscInt k = 0; k < a->vacancies->count; k++)
    l->part[2 * Add(l, VACANCY, -1, a->vacancies->neighbours[k], a->vacancies->position[k], 1)] = a->vacancies->grain[k];
  for (PetscInt k = 0; k < a->dislocations->count; k++) {
    const PetscInt d = Add(l, DISLOCATION, -1, 0, a->dislocations->position[k], 1);
    memcpy(l->vector + 3 * d, a->dislocations->vector[k], 3 * sizeof *l->vector);
    memcpy(l->direction + 3 * d, a->dislocations->direction[k], 3 * sizeof *l->vector);
    l->extent[d] = a->dislocations->length[k];
    l->angle[d] = a->dislocations->angle_deg[k];
    l->part[2 * d] = a->dislocations->grain[k];
  }
}

static void OfCrystals(const AetAnalysis *a, List *l)
{
  for (PetscInt k = 0; k < a->boundaries->count; k++) {
    const AetBoundary *b = &a->boundaries->boundary[k];
    const PetscInt     d = Add(l, (Kind)(BOUNDARY + b->kind), -1, b->atoms, b->point, 1);
    memcpy(l->direction + 3 * d, b->normal, sizeof b->normal);
    l->angle[d] = b->angle_deg;
    l->part[2 * d] = b->grain[0], l->part[2 * d + 1] = b->grain[1];
  }
}

PetscErrorCode AetAnalysisDefects(const AetAnalysis *a, AetSheet *sheet)
{
  List     l;
  PetscInt room = a->vacancies->count + a->dislocations->count + a->boundaries->count;

  PetscFunctionBegin;
  if (a->chemistry) room += a->chemistry->antisites + a->chemistry->swaps + a->chemistry->boundaries;
  PetscCall(ListCreate(&l, room));
  if (a->chemistry) OfChemistry(a, &l);
  OfLattice(a, &l);
  OfCrystals(a, &l);
  sheet->rows = l.count;
  PetscCall(AetSheetWhole(sheet, "kind", "kind",
                          "0 vacancy, 1 antisite, 2 swap, 3 antiphase boundary, 4 grain boundary, 5 incoherent twin, 6 coherent twin, 7 "
                          "stacking fault, 8 layers of hcp, 9 dislocation",
                          1, l.kind, 0, kind_words));
  PetscCall(AetSheetWhole(sheet, "atom", "atom",
                          "row of it, or of the first of two, in the table of atoms, from 0; -1: of planes and lines", 1, l.atom, 0, NULL));
  PetscCall(AetSheetReal(sheet, "x,y,z", "position", "angstrom", "of the atom, or of the middle of the plane or line", 3, l.position));
  PetscCall(AetSheetReal(sheet, "vector_x,vector_y,vector_z", "vector", "angstrom",
                         "from the first atom of a swap to the second; Burgers vector; else 0", 3, l.vector));
  PetscCall(AetSheetReal(sheet, "direction_x,direction_y,direction_z", "direction", "",
                         "unit normal of a plane, unit direction of a line; else 0", 3, l.direction));
  PetscCall(AetSheetReal(sheet, "probability", "probability", "",
                         "that it is one, by the probabilities of the species; 1 where no species matters", 1, l.probability));
  PetscCall(AetSheetWhole(sheet, "atoms", "atoms", "that take part; of a vacancy, that expect one there", 1, l.atoms, 0, NULL));
  PetscCall(AetSheetReal(sheet, "extent", "extent", "",
                         "area of an antiphase boundary in square angstrom, length of a dislocation in angstrom; else 0", 1, l.extent));
  PetscCall(AetSheetReal(sheet, "angle", "angle", "degree", "misorientation of two crystals; of a dislocation, from its line to its vector",
                         1, l.angle));
  PetscCall(AetSheetWhole(sheet, "part_1,part_2", "parts",
                          "what it is in or between, from 1; 0: none: domains (1 to 3), crystals (4 to 8), grains (0, 9)", 2, l.part, 1,
                          NULL));
  PetscCall(ListDestroy(&l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisDomains(const AetAnalysis *a, AetSheet *sheet)
{
  static const char *const words[] = {"l10", "l12_ab3", "l12", "a1_a", "a1_b"}, *const axes[] = {"-", "x", "y", "z"};
  const AetChemistry c = a->chemistry;
  const size_t       room = (size_t)c->domains + 1;
  PetscInt          *whole[6];
  double            *centre, *real[3];

  PetscFunctionBegin;
  sheet->rows = c->domains;
  PetscCall(PetscMalloc6(room, &whole[0], room, &whole[1], room, &whole[2], room, &whole[3], room, &whole[4], room, &whole[5]));
  PetscCall(PetscMalloc4(3 * room, &centre, room, &real[0], room, &real[1], room, &real[2]));
  for (PetscInt d = 0; d < c->domains; d++) {
    const AetChemicalDomain *m = &c->domain_list[d];
    const AetPhase          *p = &AetPhases[m->phase];
    const PetscInt           values[6] = {d, m->sites, p->kind, p->axis + 1, p->variant, m->grain};
    for (int f = 0; f < 6; f++) whole[f][d] = values[f];
    memcpy(centre + 3 * (ptrdiff_t)d, m->centre, sizeof m->centre);
    real[0][d] = m->max_order, real[1][d] = m->mean_order, real[2][d] = m->antisites;
  }
  PetscCall(AetSheetWhole(sheet, "domain", "domain", "number of the domain, from 1", 1, whole[0], 1, NULL));
  PetscCall(AetSheetWhole(sheet, "sites", "sites", "atoms of the domain", 1, whole[1], 0, NULL));
  PetscCall(AetSheetReal(sheet, "x,y,z", "position", "angstrom", "mean position of the atoms", 3, centre));
  PetscCall(AetSheetWhole(sheet, "phase", "phase", "0 L1_0, 1 L1_2 AB3, 2 L1_2 A3B", 1, whole[2], 0, words));
  PetscCall(AetSheetWhole(sheet, "axis", "axis", "of L1_0 in the cell of the grain: 1 x, 2 y, 3 z; 0: none", 1, whole[3], 0, axes));
  PetscCall(AetSheetWhole(sheet, "variant", "variant", "of the phase", 1, whole[4], 0, NULL));
  PetscCall(AetSheetWhole(sheet, "grain", "grain", "of the lattice, from 1", 1, whole[5], 1, NULL));
  PetscCall(AetSheetReal(sheet, "max_order", "max_order", "", "largest order parameter", 1, real[0]));
  PetscCall(AetSheetReal(sheet, "mean_order", "mean_order", "", "mean order parameter", 1, real[1]));
  PetscCall(
      AetSheetReal(sheet, "antisites", "antisites", "", "expected fraction of wrong species inside; -1: nothing is inside", 1, real[2]));
  PetscCall(PetscFree6(whole[0], whole[1], whole[2], whole[3], whole[4], whole[5]));
  PetscCall(PetscFree4(centre, real[0], real[1], real[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAnalysisWarren(const AetAnalysis *a, AetSheet *sheet)
{
  static char     name[2][AET_SPECIES_MAX * AET_SPECIES_MAX][32];
  const AetWarren w = a->warren;
  const int       K = w->species;
  PetscInt       *number;
  double         *values;

  PetscFunctionBegin;
  sheet->rows = w->shells;
  PetscCall(PetscMalloc2((size_t)w->shells + 1, &number, (size_t)w->shells + 1, &values));
  for (PetscInt s = 0; s < w->shells; s++) number[s] = s;
  PetscCall(AetSheetWhole(sheet, "shell", "shell", "of neighbours, from 1", 1, number, 1, NULL));
  PetscCall(AetSheetReal(sheet, "from", "from", "angstrom", "distances above this", 1, w->edge));
  PetscCall(AetSheetReal(sheet, "to", "to", "angstrom", "up to this", 1, w->edge + 1));
  for (int i = 0; i < K && K <= 4; i++)
    for (int j = i; j < K; j++)
      for (int m = 0; m < 2; m++) {
        char *here = name[m][i * K + j];
        snprintf(here, sizeof name[m][0], "%s_%s_%s", m ? "sigma" : "alpha", a->atoms->symbol[i], a->atoms->symbol[j]);
        for (PetscInt s = 0; s < w->shells; s++) values[s] = (m ? w->sigma : w->alpha)[(s * K + i) * K + j];
        PetscCall(AetSheetReal(sheet, here, here, "",
                               m ? "its standard error in a random alloy" : "Warren-Cowley parameter of the two species", 1, values));
      }
  PetscCall(PetscFree2(number, values));
  PetscFunctionReturn(PETSC_SUCCESS);
}
