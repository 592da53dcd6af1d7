/* Antiphase boundaries: bonds between sites of two domains of one phase and axis on different sublattices. */
#include "structure/chemistry_private.h"
#include "structure/kernel/boundary.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From an atom of the domain of lower number to one of the other. */
typedef struct {
  PetscInt domain[2], atom[2];
  int      near; /* of AetFccNear */
} Bond;

typedef struct {
  PetscInt *row; /* [total] of the atom among those of a boundary; -1 */
  double (*vector)[3], (*around)[3];
  PetscInt *atom;
} Rows;

static int Compare(const void *left, const void *right)
{
  const Bond *l = left, *r = right;

  for (int k = 0; k < 2; k++)
    if (l->domain[k] != r->domain[k]) return l->domain[k] < r->domain[k] ? -1 : 1;
  if (l->atom[0] != r->atom[0]) return l->atom[0] < r->atom[0] ? -1 : 1;
  return (l->near > r->near) - (l->near < r->near);
}

static PetscBool Antiphase(AetChemistry c, PetscInt one, PetscInt other)
{
  const AetPhase *p = AetPhases + c->domain_list[one].phase, *q = AetPhases + c->domain_list[other].phase;

  return (PetscBool)(p->kind == q->kind && p->axis == q->axis && p->variant != q->variant);
}

/* The bonds across, sorted; counts them if `bond` is NULL. */
static PetscInt Across(const AetSites *s, AetChemistry c, Bond *bond)
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < c->total; i++)
    for (int n = 0; n < AET_FCC_NEAR; n++) {
      const PetscInt j = (PetscInt)s->near[i][n], one = c->near_domain[i], other = j < 0 ? -1 : c->near_domain[j];
      if (one < 0 || other <= one || !Antiphase(c, one, other)) continue;
      if (bond) bond[count] = (Bond){.domain = {one, other}, .atom = {i, j}, .near = n};
      count++;
    }
  if (bond && count) qsort(bond, (size_t)count, sizeof *bond, Compare);
  return count;
}

static void BondVector(const double cell[9], int near, double vector[3])
{
  for (int a = 0; a < 3; a++) {
    vector[a] = 0;
    for (int k = 0; k < 3; k++) vector[a] += 0.5 * AetFccNear[near][k] * cell[3 * k + a];
  }
}

/* Density times Σ|b|²/6: what the sum of the bonds that cross a unit area is. */
static double Crossing(const double cell[9])
{
  const double *a = cell, *b = cell + 3, *c = cell + 6;
  const double  volume = fabs(a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]));
  double        squares = 0, vector[3];

  for (int n = 0; n < AET_FCC_NEAR; n++) {
    BondVector(cell, n, vector);
    squares += vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2];
  }
  return volume > 0 ? 4 / volume * squares / 6 : 0;
}

/* The bonds of one boundary, gathered by the atoms of its first domain. Returns how many atoms there are on both sides. */
static PetscInt GatherRows(const AetSites *s, const double cell[9], PetscInt count, const Bond *bond, Rows *r, PetscInt *rows)
{
  PetscInt far = 0;

  *rows = 0;
  for (PetscInt b = 0; b < count; b++) {
    const PetscInt i = bond[b].atom[0];
    double         vector[3];
    if (r->row[i] < 0) {
      r->atom[*rows] = i;
      memset(r->vector[*rows], 0, sizeof r->vector[*rows]);
      r->row[i] = (*rows)++;
    }
    BondVector(cell, bond[b].near, vector);
    for (int a = 0; a < 3; a++) r->vector[r->row[i]][a] += vector[a];
  }
  for (PetscInt k = 0; k < *rows; k++) {
    memcpy(r->around[k], r->vector[k], sizeof r->vector[k]);
    for (int n = 0; n < AET_FCC_NEAR; n++) {
      const ptrdiff_t j = s->near[r->atom[k]][n];
      for (int a = 0; a < 3 && j >= 0 && r->row[j] >= 0; a++) r->around[k][a] += r->vector[r->row[j]][a];
    }
  }
  for (PetscInt k = 0; k < *rows; k++) r->row[r->atom[k]] = -1;
  for (PetscInt b = 0; b < count; b++) { /* row marks the far side for a moment */
    far += r->row[bond[b].atom[1]] < 0;
    r->row[bond[b].atom[1]] = 0;
  }
  for (PetscInt b = 0; b < count; b++) r->row[bond[b].atom[1]] = -1;
  return *rows + far;
}

static void Measure(const AetSites *s, AetChemistry c, PetscInt count, const Bond *bond, Rows *r, AetAntiphaseBoundary *boundary)
{
  const double    *cell = s->lattice->cell[c->domain_list[bond->domain[0]].grain];
  PetscInt         rows;
  AetBoundaryShape shape;

  memset(boundary, 0, sizeof *boundary);
  memcpy(boundary->domain, bond->domain, sizeof boundary->domain);
  boundary->bonds = count;
  boundary->atoms = GatherRows(s, cell, count, bond, r, &rows);
  shape = AetBoundaryMeasure(rows, (const double(*)[3])r->vector, (const double(*)[3])r->around, Crossing(cell));
  boundary->area = shape.area;
  boundary->flatness = shape.flatness;
  memcpy(boundary->normal, shape.normal, sizeof shape.normal);
  for (PetscInt b = 0; b < count; b++)
    for (int a = 0; a < 3; a++)
      boundary->centre[a] +=
          0.5 * (s->position[3 * (ptrdiff_t)bond[b].atom[0] + a] + s->position[3 * (ptrdiff_t)bond[b].atom[1] + a]) / count;
}

static PetscErrorCode MeasureAll(const AetSites *s, AetChemistry c, PetscInt bonds, const Bond *bond)
{
  const size_t room = (size_t)PetscMin(bonds, c->total) + 1;
  Rows         r;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < bonds; b++)
    c->boundaries += !b || bond[b].domain[0] != bond[b - 1].domain[0] || bond[b].domain[1] != bond[b - 1].domain[1];
  PetscCall(PetscCalloc1((size_t)c->boundaries + 1, &c->boundary));
  PetscCall(PetscMalloc4((size_t)c->total + 1, &r.row, room, &r.vector, room, &r.around, room, &r.atom));
  for (PetscInt i = 0; i < c->total; i++) r.row[i] = -1;
  for (PetscInt b = 0, k = 0, end; b < bonds; b = end, k++) {
    for (end = b; end < bonds && bond[end].domain[0] == bond[b].domain[0] && bond[end].domain[1] == bond[b].domain[1];) end++;
    Measure(s, c, end - b, bond + b, &r, c->boundary + k);
  }
  PetscCall(PetscFree4(r.row, r.vector, r.around, r.atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetChemistryBoundaries(const AetSites *s, AetChemistry c)
{
  const PetscInt bonds = Across(s, c, NULL);
  Bond          *bond;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)bonds + 1, &bond));
  Across(s, c, bond);
  PetscCall(MeasureAll(s, c, bonds, bond));
  PetscCall(PetscFree(bond));
  PetscFunctionReturn(PETSC_SUCCESS);
}
