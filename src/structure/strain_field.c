/* The displacements around a place. */
#include "structure/kernel/sites.h"
#include "structure/strain_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN 1.5 /* Å between a site and its atom that are looked for */

PetscErrorCode AetStrainFieldCreate(AetLattice lattice, const double *position, double sigma, AetStrainField *field)
{
  static const int per_cell[AET_LATTICE_KINDS] = {4, 2, 2, 1};

  PetscFunctionBegin;
  memset(field, 0, sizeof *field);
  field->lattice = lattice;
  field->sigma = sigma;
  field->position = position;
  PetscCall(PetscMalloc2((size_t)lattice->grains + 1, &field->inverse, (size_t)lattice->grains + 1, &field->bulk));
  for (PetscInt g = 0; g < lattice->grains; g++) {
    const double *a = lattice->cell[g];
    const double  volume = a[0] * (a[4] * a[8] - a[5] * a[7]) + a[1] * (a[5] * a[6] - a[3] * a[8]) + a[2] * (a[3] * a[7] - a[4] * a[6]);
    if (!AetSitesInvert(a, field->inverse[g])) memset(field->inverse[g], 0, sizeof field->inverse[g]);
    field->bulk[g] = pow(2 * M_PI * sigma * sigma, 1.5) * per_cell[lattice->kind[g]] / fabs(volume);
  }
  if (AetCellsBuild(&field->cells, lattice->total, position, AET_STRAIN_REACH * sigma + MARGIN)) {
    PetscCall(PetscFree2(field->inverse, field->bulk));
    PetscFunctionReturn(AetRaise(AET_ERR_MEMORY, "strain: no memory for the cells of %" PetscInt_FMT " atoms", lattice->total));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetStrainFieldDestroy(AetStrainField *field)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(field->inverse, field->bulk));
  AetCellsFree(&field->cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetStrainAroundFree(AetStrainAround *around)
{
  free(around->near);
  free(around->atom);
  free(around->d);
  free(around->u);
  free(around->variance);
  free(around->w);
  memset(around, 0, sizeof *around);
}

static int Reserve(AetStrainAround *around, ptrdiff_t room)
{
  const size_t n = (size_t)room;

  if (room <= around->room) return 0;
  AetStrainAroundFree(around);
  around->near = malloc(n * sizeof *around->near);
  around->atom = malloc(n * sizeof *around->atom);
  around->d = malloc(n * sizeof *around->d);
  around->u = malloc(n * sizeof *around->u);
  around->variance = malloc(n * sizeof *around->variance);
  around->w = malloc(n * sizeof *around->w);
  if (!around->near || !around->atom || !around->d || !around->u || !around->variance || !around->w) return 1;
  around->room = room;
  return 0;
}

/* The translation of the lattice nearest to a vector, in Å. */
static void Translation(const AetStrainField *field, PetscInt grain, const double v[3], double b[3])
{
  double    f[3], g[3];
  int       n[3];
  const int kind = field->lattice->kind[grain];

  AetSitesVector(field->inverse[grain], v, f);
  if (kind == AET_LATTICE_HCP)
    for (int a = 0; a < 3; a++) g[a] = round(f[a]);
  else
    AetSitesRound(kind, f, n), AetSitesFraction(kind, n, g);
  AetSitesVector(field->lattice->cell[grain], g, b);
}

int AetStrainLook(const AetStrainField *field, PetscInt grain, const double site[3], const double displacement[3], AetStrainAround *around)
{
  const AetLattice l = field->lattice;
  const double     reach = AET_STRAIN_REACH * field->sigma, half = 0.25 * l->nearest[grain] * l->nearest[grain];
  const double     x[3] = {site[0] + displacement[0], site[1] + displacement[1], site[2] + displacement[2]};
  ptrdiff_t        found = AetCellsNear(&field->cells, field->position, x, reach + MARGIN, around->room, around->near);

  if (found > around->room) {
    if (Reserve(around, found + found / 2)) return 1;
    found = AetCellsNear(&field->cells, field->position, x, reach + MARGIN, around->room, around->near);
  }
  around->count = 0;
  for (ptrdiff_t k = 0; k < found; k++) {
    const ptrdiff_t i = around->near[k], n = around->count;
    double          away[3], far = 0, square = 0, b[3] = {0};
    if (l->grain[i] != grain) continue;
    for (int a = 0; a < 3; a++) away[a] = l->displacement[i][a] - displacement[a], far += away[a] * away[a];
    if (far > half) Translation(field, grain, away, b);
    for (int a = 0; a < 3; a++) {
      around->u[n][a] = l->displacement[i][a] - b[a];
      around->d[n][a] = field->position[3 * i + a] - around->u[n][a] - site[a];
      square += around->d[n][a] * around->d[n][a];
    }
    if (square > reach * reach) continue;
    around->w[n] = exp(-0.5 * square / (field->sigma * field->sigma));
    around->atom[n] = i;
    around->count++;
  }
  return 0;
}
