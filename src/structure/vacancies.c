/* Vacancies of a fitted lattice. */
#include "structure/kernel/vacant.h"
#include "structure/structure_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FITS 0.42   /* in nearest distances: an atom so near to a site may be on it */
#define GATHER 0.45 /* in nearest distances: what is expected so near to each other is one place */

PetscErrorCode AetVacanciesDestroy(AetVacancies *vacancies)
{
  PetscFunctionBegin;
  if (!*vacancies) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree4((*vacancies)->grain, (*vacancies)->index, (*vacancies)->position, (*vacancies)->neighbours));
  PetscCall(PetscFree(*vacancies));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TakeVacancies(ptrdiff_t count, const AetVacant *vacant, AetVacancies *vacancies)
{
  const size_t room = (size_t)count + 1;
  AetVacancies v;

  PetscFunctionBegin;
  PetscCall(PetscNew(&v));
  v->count = (PetscInt)count;
  PetscCall(PetscMalloc4(room, &v->grain, room, &v->index, room, &v->position, room, &v->neighbours));
  for (ptrdiff_t k = 0; k < count; k++) {
    v->grain[k] = vacant[k].grain;
    v->neighbours[k] = vacant[k].expected;
    memcpy(v->index[k], vacant[k].index, sizeof v->index[k]);
    memcpy(v->position[k], vacant[k].x, sizeof v->position[k]);
  }
  *vacancies = v;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  AetLattice    lattice;
  const double *position;
  AetCells      cells;
  AetExpected  *expected;
  ptrdiff_t     count, room;
} Work;

static PetscErrorCode Expect(Work *w, PetscInt atom, PetscInt grain, const int index[3])
{
  AetLattice  l = w->lattice;
  AetExpected own[AET_SITES_NEAR];
  const int   found =
      AetVacantExpect(&w->cells, w->position, atom, l->kind[grain], (int)grain, index, l->cell[grain], l->nearest[grain], own);

  PetscFunctionBegin;
  if (w->count + found > w->room) {
    AetExpected *more;
    w->room = 2 * w->room + 4 * AET_SITES_NEAR;
    PetscCall(PetscMalloc1((size_t)w->room, &more));
    PetscCall(PetscArraycpy(more, w->expected, w->count));
    PetscCall(PetscFree(w->expected));
    w->expected = more;
  }
  PetscCall(PetscArraycpy(w->expected + w->count, own, found));
  w->count += found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The site that an atom would have in the grain of a neighbour; 0 where it lies on none. */
static int SiteIn(const Work *w, PetscInt atom, PetscInt neighbour, int index[3])
{
  AetLattice     l = w->lattice;
  const PetscInt g = l->grain[neighbour];
  int            offset[AET_SITES_NEAR][3], best = -1;
  const int      count = AetSitesNeighbours(l->kind[g], AetSitesSublattice(l->kind[g], l->index[neighbour]), offset);
  double         near = FITS * FITS * l->nearest[g] * l->nearest[g], here[3];

  AetSitesFraction(l->kind[g], l->index[neighbour], here);
  for (int k = 0; k < count; k++) {
    double f[3], x[3], far = 0;
    int    n[3];
    for (int a = 0; a < 3; a++) n[a] = l->index[neighbour][a] + offset[k][a];
    AetSitesFraction(l->kind[g], n, f);
    for (int a = 0; a < 3; a++) f[a] -= here[a];
    AetSitesVector(l->cell[g], f, x);
    for (int a = 0; a < 3; a++) far += pow(w->position[3 * (ptrdiff_t)neighbour + a] + x[a] - w->position[3 * (ptrdiff_t)atom + a], 2);
    if (far < near) near = far, best = k;
  }
  for (int a = 0; a < 3 && best >= 0; a++) index[a] = l->index[neighbour][a] + offset[best][a];
  return best >= 0;
}

/* An atom on a twin boundary belongs to both grains, and one without a grain may fit its neighbours': they expect in those as well. */
static PetscErrorCode ExpectBeyond(Work *w, PetscInt atom)
{
  enum { ROOM = 48, GRAINS = 4 };
  AetLattice l = w->lattice;
  PetscInt   done[GRAINS];
  ptrdiff_t  list[ROOM], found = AetCellsNear(&w->cells, w->position, w->position + 3 * (ptrdiff_t)atom, w->cells.size, ROOM, list);
  int        grains = 0;

  PetscFunctionBegin;
  for (ptrdiff_t k = 0; k < PetscMin(found, ROOM) && grains < GRAINS; k++) {
    const PetscInt j = (PetscInt)list[k], g = l->grain[j];
    int            index[3], known = 0;
    if (j == atom || g < 0 || g == l->grain[atom]) continue;
    for (int m = 0; m < grains; m++) known |= done[m] == g;
    if (known || !SiteIn(w, atom, j, index)) continue;
    done[grains++] = g;
    PetscCall(Expect(w, atom, g, index));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective. */
static PetscErrorCode FindVacancies(AetLattice l, const double *position, AetVacancies *vacancies)
{
  Work       w = {.lattice = l, .position = position};
  double    *reach, most = 1, least = INFINITY;
  int       *full, offset[AET_SITES_NEAR][3];
  ptrdiff_t  places = 0;
  AetVacant *vacant = NULL;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)l->grains + 1, &reach, (size_t)l->grains + 1, &full));
  for (PetscInt g = 0; g < l->grains; g++) {
    reach[g] = AetSitesReach(l->kind[g]);
    full[g] = AetSitesNeighbours(l->kind[g], 0, offset);
    most = fmax(most, reach[g] * l->nearest[g]), least = fmin(least, l->nearest[g]);
  }
  AetCheck(!AetCellsBuild(&w.cells, l->total, position, most), AET_ERR_MEMORY,
           "defects: no memory for the cells of %" PetscInt_FMT " atoms", l->total);
  for (PetscInt i = 0; i < l->total; i++) {
    if (l->grain[i] >= 0) PetscCall(Expect(&w, i, l->grain[i], l->index[i]));
    PetscCall(ExpectBeyond(&w, i));
  }
  PetscCall(PetscMalloc1((size_t)w.count + 1, &vacant));
  if (w.count) places = AetVacantGather(w.count, w.expected, GATHER * least, vacant);
  if (places > 0) places = AetVacantKeep(places, vacant, &w.cells, position, l->nearest, full, reach);
  if (places >= 0) PetscCall(TakeVacancies(places, vacant, vacancies));
  AetCellsFree(&w.cells);
  PetscCall(PetscFree(w.expected));
  PetscCall(PetscFree(vacant));
  PetscCall(PetscFree2(reach, full));
  AetCheck(places >= 0, AET_ERR_MEMORY, "defects: no memory for vacant sites");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVacanciesCreate(AetAtoms atoms, AetLattice lattice, AetVacancies *vacancies)
{
  double        *position;
  PetscErrorCode code;

  PetscFunctionBegin;
  *vacancies = NULL;
  AetCheck(lattice->total == atoms->total, AET_ERR_INPUT,
           "defects: expected the lattice of %" PetscInt_FMT " atoms, found one of %" PetscInt_FMT, atoms->total, lattice->total);
  PetscCall(AetPositionsGather(atoms, &position));
  code = AetAgree(atoms->comm, FindVacancies(lattice, position, vacancies));
  if (code) PetscCall(AetVacanciesDestroy(vacancies));
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}
