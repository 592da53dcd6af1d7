/* A lattice in the names of another one. */
#include "atoms/kernel/cells.h"
#include "structure/lattice_private.h"
#include <math.h>
#include <string.h>

/* The sites of the reference's atoms, and cells to find them in. */
typedef struct {
  AetLattice lattice;
  AetCells   cells;
  double    *site;  /* [sites][3]: where its atoms are, not where they should be */
  PetscInt  *atom;  /* [sites] */
  double     reach; /* Å: half the largest nearest distance */
} Reference;

static PetscErrorCode ReferenceCreate(AetLattice lattice, Reference *r)
{
  ptrdiff_t count = 0;

  PetscFunctionBegin;
  memset(r, 0, sizeof *r);
  r->lattice = lattice;
  PetscCall(PetscMalloc2(3 * (size_t)lattice->total + 3, &r->site, (size_t)lattice->total + 1, &r->atom));
  for (PetscInt g = 0; g < lattice->grains; g++) r->reach = fmax(r->reach, 0.5 * lattice->nearest[g]);
  for (PetscInt i = 0; i < lattice->total; i++) {
    double x[3];
    if (lattice->grain[i] < 0) continue;
    AetLatticeSite(lattice, lattice->grain[i], lattice->index[i], x);
    for (int a = 0; a < 3; a++) r->site[3 * count + a] = x[a] + lattice->displacement[i][a];
    r->atom[count++] = i;
  }
  if (count && AetCellsBuild(&r->cells, count, r->site, r->reach)) {
    PetscCall(PetscFree2(r->site, r->atom));
    PetscFunctionReturn(AetRaise(AET_ERR_MEMORY, "lattice: no memory for the cells of %td sites", count));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReferenceDestroy(Reference *r)
{
  PetscFunctionBegin;
  if (r->cells.first) AetCellsFree(&r->cells);
  PetscCall(PetscFree2(r->site, r->atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The reference's atom nearest to x within reach; -1: none. */
static PetscInt NearestAtom(const Reference *r, const double x[3])
{
  enum { ROOM = 32 };
  ptrdiff_t list[ROOM], found = AetCellsNear(&r->cells, r->site, x, r->reach, ROOM, list);
  PetscInt  best = -1;
  double    least = INFINITY;

  for (ptrdiff_t k = 0; k < PetscMin(found, ROOM); k++) {
    const double *p = r->site + 3 * list[k], far = pow(p[0] - x[0], 2) + pow(p[1] - x[1], 2) + pow(p[2] - x[2], 2);
    if (far < least) least = far, best = r->atom[list[k]];
  }
  return best;
}

/* For every found grain, the grain of the reference in whose atoms' places most of its atoms are, each given to the one that covers most
   of it; -1: none. `pairs` [found grains][reference grains]. */
static void PairGrains(AetLattice found, AetLattice reference, const PetscInt *pairs, PetscInt *to)
{
  for (PetscInt g = 0; g < found->grains; g++) to[g] = -1;
  for (;;) {
    PetscInt most = 0, from = -1, into = -1;
    for (PetscInt g = 0; g < found->grains; g++)
      for (PetscInt h = 0; h < reference->grains; h++) {
        PetscBool free = (PetscBool)(to[g] < 0 && found->kind[g] == reference->kind[h]);
        for (PetscInt o = 0; o < found->grains; o++)
          if (to[o] == h) free = PETSC_FALSE;
        if (free && pairs[g * reference->grains + h] > most) most = pairs[g * reference->grains + h], from = g, into = h;
      }
    if (from < 0) return;
    to[from] = into;
  }
}

/* Of the equivalent axes of a grain, those nearest to the rows of a cell. */
static void NearestAxes(int kind, const double own[9], const double wanted[9], double chosen[9])
{
  double P[9], best = INFINITY;

  for (int choice = 0; AetSitesAxes(kind, choice, P); choice++) {
    double far = 0, row[3];
    for (int i = 0; i < 3; i++) {
      AetSitesVector(own, P + 3 * i, row);
      for (int a = 0; a < 3; a++) far += (row[a] - wanted[3 * i + a]) * (row[a] - wanted[3 * i + a]);
    }
    if (far < best - 1e-9) best = far, memcpy(chosen, P, sizeof P);
  }
}

/* Gives a found grain the axes and indices of the reference's grain h. The atom whose place is occupied in the reference too, nearest to
   the reference's origin, becomes the origin, and then all are displaced by the difference that most of the common places name. 0 where
   that cannot be. */
static int Rename(AetLattice l, PetscInt g, const Reference *r, PetscInt h, const double *position, const PetscInt *common)
{
  enum { CHOICES = 64 };
  AetLattice reference = r->lattice;
  double     P[9], least = INFINITY;
  PetscInt   centre = -1, votes[CHOICES], choices = 0, best = 0;
  int        shift[CHOICES][3];

  NearestAxes(l->kind[g], l->cell[g], reference->cell[h], P);
  for (PetscInt i = 0; i < l->total; i++) {
    const double *x = position + 3 * (ptrdiff_t)i, *o = reference->origin[h];
    const double  far = pow(x[0] - o[0], 2) + pow(x[1] - o[1], 2) + pow(x[2] - o[2], 2);
    if (l->grain[i] != g || common[i] < 0 || reference->grain[common[i]] != h || far >= least) continue;
    if (AetSitesSublattice(l->kind[g], reference->index[common[i]])) continue;
    least = far, centre = i;
  }
  if (centre < 0 || !AetLatticeRename(l, g, P, centre)) return 0;
  for (PetscInt i = 0; i < l->total; i++) {
    int n[3], c;
    if (l->grain[i] != g || common[i] < 0 || reference->grain[common[i]] != h) continue;
    for (int a = 0; a < 3; a++) n[a] = reference->index[common[i]][a] - l->index[i][a];
    for (c = 0; c < choices && memcmp(shift[c], n, sizeof n); c++)
      ;
    if (c == CHOICES) continue;
    if (c == choices) votes[choices] = 0, memcpy(shift[choices++], n, sizeof n);
    votes[c]++;
  }
  for (PetscInt c = 1; c < choices; c++)
    if (votes[c] > votes[best]) best = c;
  for (PetscInt i = 0; i < l->total; i++)
    for (int a = 0; a < 3 && l->grain[i] == g; a++) l->index[i][a] += shift[best][a];
  return 1;
}

/* The found lattice in the numbers of the reference. */
static PetscErrorCode Merge(AetLattice found, AetLattice reference, const PetscInt *to, const double *position, AetLattice *lattice)
{
  PetscInt   grains = reference->grains, *number;
  AetLattice l;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)found->grains + 1, &number));
  for (PetscInt g = 0; g < found->grains; g++) number[g] = to[g] >= 0 ? to[g] : grains++;
  PetscCall(AetLatticeAllocate(found->total, grains, &l));
  for (PetscInt k = 0; k < reference->grains; k++) {
    l->kind[k] = reference->kind[k];
    l->nearest[k] = reference->nearest[k];
    memcpy(l->cell[k], reference->cell[k], sizeof l->cell[k]);
    memcpy(l->origin[k], reference->origin[k], sizeof l->origin[k]);
  }
  for (PetscInt g = 0; g < found->grains; g++) {
    const PetscInt k = number[g];
    if (to[g] >= 0) continue;
    l->kind[k] = found->kind[g];
    l->nearest[k] = found->nearest[g];
    memcpy(l->cell[k], found->cell[g], sizeof l->cell[k]);
    memcpy(l->origin[k], found->origin[g], sizeof l->origin[k]);
  }
  for (PetscInt i = 0; i < l->total; i++) {
    if (found->grain[i] < 0) continue;
    l->grain[i] = number[found->grain[i]];
    memcpy(l->index[i], found->index[i], sizeof l->index[i]);
  }
  AetLatticeDescribe(l, position);
  PetscCall(PetscFree(number));
  *lattice = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLatticeCreateLike(AetNeighbours neighbours, AetLattice reference, const AetLatticeSettings *settings, AetLattice *lattice)
{
  AetLattice     found;
  Reference      r;
  PetscInt      *common, *pairs, *to;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetLatticeCreate(neighbours, settings, lattice));
  found = *lattice;
  *lattice = NULL;
  code = AetAgree(neighbours->comm, ReferenceCreate(reference, &r));
  if (code) PetscCall(AetLatticeDestroy(&found));
  PetscCall(code);
  PetscCall(PetscMalloc2((size_t)found->total + 1, &common, (size_t)found->grains + 1, &to));
  PetscCall(PetscCalloc1((size_t)found->grains * (size_t)reference->grains + 1, &pairs));
  for (PetscInt i = 0; i < found->total; i++) {
    common[i] = found->grain[i] >= 0 && r.cells.first ? NearestAtom(&r, neighbours->position + 3 * (ptrdiff_t)i) : -1;
    if (common[i] >= 0) pairs[found->grain[i] * reference->grains + reference->grain[common[i]]]++;
  }
  PairGrains(found, reference, pairs, to);
  for (PetscInt g = 0; g < found->grains; g++)
    if (to[g] >= 0 && !Rename(found, g, &r, to[g], neighbours->position, common)) to[g] = -1;
  PetscCall(Merge(found, reference, to, neighbours->position, lattice));
  PetscCall(PetscFree2(common, to));
  PetscCall(PetscFree(pairs));
  PetscCall(AetLatticeDestroy(&found));
  PetscCall(ReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}
