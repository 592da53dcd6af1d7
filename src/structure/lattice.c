/* Grains and their lattices. Seeds are judged by blocks of atoms over the ranks; growing is done alike on every rank. */
#include "atoms/kernel/rigid.h"
#include "structure/kernel/lattice_seed.h"
#include "structure/lattice_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORST_SEED 0.2    /* misfit in nearest distances */
#define CERTAIN_SEED 0.14 /* no other kind fits surroundings that one kind fits so well: fcc and hcp are 0.29 apart */
enum { KINDS = AET_LATTICE_KINDS, NO_KIND = -1 };

/* What is worked on; all on every rank. */
typedef struct {
  const AetLatticeSettings *settings;
  AetSurroundings           around;
  AetSeedTemplate           seed[KINDS];
  double (*misfit)[KINDS]; /* [total] */
  int          *best;      /* [total] kind that fits the atom best */
  int          *owner, *visited, *grow, shells;
  char         *tried;
  ptrdiff_t    *member, *order;
  AetGrowGrain *grain; /* [grains] */
  PetscInt      grains, room;
  int (*index)[3];
} Work;

static PetscErrorCode CheckSettings(const AetLatticeSettings *s)
{
  PetscFunctionBegin;
  AetCheck(s->shape == AET_LATTICE_FREE || s->shape == AET_LATTICE_IDEAL, AET_ERR_INPUT, "lattice: shape: expected free or ideal, found %d",
           (int)s->shape);
  AetCheck(isfinite(s->lattice_angstrom) && s->lattice_angstrom >= 0, AET_ERR_INPUT,
           "lattice: lattice constant: expected a length >= 0 Å, found %g", s->lattice_angstrom);
  AetCheck(s->min_sites >= 8, AET_ERR_INPUT, "lattice: least number of sites: expected 8 or more, found %" PetscInt_FMT, s->min_sites);
  AetCheck(s->tolerance > 0 && s->tolerance <= 0.5, AET_ERR_INPUT, "lattice: tolerance: expected more than 0 and at most 0.5, found %g",
           s->tolerance);
  AetCheck(s->mismatch > 0 && s->mismatch <= 1, AET_ERR_INPUT, "lattice: mismatch: expected more than 0 and at most 1, found %g",
           s->mismatch);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cell that a kind gives the surroundings of an atom, and its misfit. */
static double SeedOf(const Work *w, ptrdiff_t atom, int kind, double cell[9])
{
  const AetGrowAtoms *a = &w->around.atoms;
  const int           count = (int)PetscMin(AET_SITES_NEAR, a->first[atom + 1] - a->first[atom]);
  double              v[AET_SITES_NEAR][3];

  for (int k = 0; k < count; k++)
    for (int c = 0; c < 3; c++) v[k][c] = a->position[3 * a->near[a->first[atom] + k] + c] - a->position[3 * atom + c];
  return AetSeedFit(&w->seed[kind], count, v, cell);
}

static PetscErrorCode JudgeSeeds(MPI_Comm comm, Work *w)
{
  const ptrdiff_t total = w->around.atoms.count;
  ptrdiff_t       start, count;
  int             rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(total, rank, size, &start, &count);
  for (int k = 0; k < KINDS; k++) AetSeedTemplateMake(k, &w->seed[k]);
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 64)
  for (ptrdiff_t i = start; i < start + count; i++)
    for (int k = 0, certain = 0; k < KINDS; k++) {
      double cell[9];
      w->misfit[i][k] = certain ? INFINITY : SeedOf(w, i, k, cell);
      certain |= w->misfit[i][k] < CERTAIN_SEED;
    }
  PetscCall(AetBlockGather(comm, (PetscInt)total, KINDS, MPI_DOUBLE, w->misfit));
  for (ptrdiff_t i = 0; i < total; i++) {
    int best = 0;
    for (int k = 1; k < KINDS; k++)
      if (w->misfit[i][k] < w->misfit[i][best]) best = k;
    w->best[i] = w->misfit[i][best] <= WORST_SEED ? best : NO_KIND;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double    misfit;
  ptrdiff_t atom;
} Seed;

static int CompareSeeds(const void *a, const void *b)
{
  const Seed *x = a, *y = b;

  if (x->misfit != y->misfit) return x->misfit < y->misfit ? -1 : 1;
  return (x->atom > y->atom) - (x->atom < y->atom);
}

/* Atoms of a kind, at least half of whose neighbours are of it too; the best first. Returns how many. */
static PetscErrorCode OrderSeeds(const Work *w, int kind, Seed *seed, ptrdiff_t *seeds)
{
  const AetGrowAtoms *a = &w->around.atoms;

  PetscFunctionBegin;
  *seeds = 0;
  for (ptrdiff_t i = 0; i < a->count; i++) {
    int alike = 0;
    if (w->best[i] != kind || w->owner[i] >= 0) continue;
    for (int k = 0; k < w->seed[kind].count; k++) alike += w->best[a->near[a->first[i] + k]] == kind;
    if (2 * alike < w->seed[kind].count) continue;
    seed[*seeds].misfit = w->misfit[i][kind];
    seed[(*seeds)++].atom = i;
  }
  qsort(seed, (size_t)*seeds, sizeof *seed, CompareSeeds);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether a cell is that of its kind, deformed by at most about a tenth: a wrong kind may grow where its cell may deform at will. */
static int Plausible(int kind, const double cell[9])
{
  double ideal[9], size[3], unit[3], cosine[3], expected[3];

  AetSitesCell(kind, ideal);
  for (int i = 0; i < 3; i++) {
    const double *a = cell + 3 * i, *b = cell + 3 * ((i + 1) % 3), *p = ideal + 3 * i, *q = ideal + 3 * ((i + 1) % 3);
    size[i] = sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
    unit[i] = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
    cosine[i] = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / size[i] / sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2]);
    expected[i] = (p[0] * q[0] + p[1] * q[1] + p[2] * q[2]) / unit[i] / sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
  }
  for (int i = 0; i < 3; i++) {
    const double ratio = size[i] / unit[i] / (size[(i + 1) % 3] / unit[(i + 1) % 3]);
    if (ratio < 0.87 || ratio > 1.15 || fabs(cosine[i] - expected[i]) > 0.15) return 0;
  }
  return 1;
}

static PetscErrorCode AddGrain(Work *w, const AetGrowGrain *grain)
{
  PetscFunctionBegin;
  if (w->grains == w->room) {
    AetGrowGrain  *more;
    const PetscInt room = 2 * w->room + 8;
    PetscCall(PetscMalloc1(room, &more));
    PetscCall(PetscArraycpy(more, w->grain, w->grains));
    PetscCall(PetscFree(w->grain));
    w->grain = more;
    w->room = room;
  }
  w->grain[w->grains++] = *grain;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GrowFrom(Work *w, int kind, ptrdiff_t seed)
{
  AetGrowGrain g = {.tolerance = w->settings->tolerance,
                    .mismatch = w->settings->mismatch,
                    .member = w->member,
                    .owner = w->owner,
                    .index = w->index,
                    .visited = w->visited,
                    .shells = &w->shells,
                    .label = (int)w->grains};
  double       cell[9];

  PetscFunctionBegin;
  if (!isfinite(SeedOf(w, seed, kind, cell))) PetscFunctionReturn(PETSC_SUCCESS);
  AetGrowBegin(&g, kind, cell, &w->around.atoms, seed);
  AetGrow(&g, &w->around.atoms, AET_GROW_STRICT, w->grow);
  if (g.members < w->settings->min_sites || !Plausible(kind, g.cell)) {
    for (ptrdiff_t m = 0; m < g.members; m++) w->owner[g.member[m]] = -1, w->tried[g.member[m]] = 1;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  AetGrow(&g, &w->around.atoms, AET_GROW_SEAM, w->grow);
  PetscCall(AddGrain(w, &g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The kinds with most seeds first, of equally many fcc, hcp, bcc, sc. */
static PetscErrorCode FindGrains(Work *w)
{
  ptrdiff_t votes[KINDS] = {0}, seeds;
  Seed     *seed;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < w->around.atoms.count; i++)
    if (w->best[i] != NO_KIND) votes[w->best[i]]++;
  PetscCall(PetscMalloc1((size_t)w->around.atoms.count + 1, &seed));
  for (int round = 0; round < KINDS; round++) {
    int kind = 0;
    for (int k = 1; k < KINDS; k++)
      if (votes[k] > votes[kind]) kind = k;
    votes[kind] = -1;
    PetscCall(OrderSeeds(w, kind, seed, &seeds));
    PetscCall(PetscArrayzero(w->tried, w->around.atoms.count));
    for (ptrdiff_t s = 0; s < seeds; s++)
      if (w->owner[seed[s].atom] < 0 && !w->tried[seed[s].atom]) PetscCall(GrowFrom(w, kind, seed[s].atom));
  }
  PetscCall(PetscFree(seed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The members of a grain, from the owners. */
static void Recall(Work *w, AetGrowGrain *g)
{
  g->members = 0;
  for (ptrdiff_t i = 0; i < w->around.atoms.count; i++)
    if (w->owner[i] == g->label) g->member[g->members++] = i;
}

/* Atoms that are left over at surfaces and defects join the grain that expects them; then every place holds one, and the last fit. */
static void Finish(Work *w)
{
  for (int pass = 0; pass < 2; pass++)
    for (PetscInt k = 0; k < w->grains; k++) {
      AetGrowGrain *g = &w->grain[k];
      Recall(w, g);
      if (!pass) {
        AetGrow(g, &w->around.atoms, AET_GROW_LOOSE, w->grow);
      } else {
        AetGrowUnique(g, &w->around.atoms);
        AetGrowFit(g, &w->around.atoms);
      }
    }
}

/* Of the equivalent axes, those nearest to x, y, z; the atom nearest to the middle that can be their origin. */
static PetscErrorCode ChooseAxes(AetLattice l, PetscInt label, const double *position)
{
  double P[9], chosen[9], best = -INFINITY, middle[3] = {0};

  PetscFunctionBegin;
  for (int choice = 0; AetSitesAxes(l->kind[label], choice, P); choice++) {
    double sum = 0, row[3];
    for (int i = 0; i < 3; i++) {
      AetSitesVector(l->cell[label], P + 3 * i, row);
      sum += row[i] / sqrt(row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);
    }
    if (sum > best + 1e-9) best = sum, memcpy(chosen, P, sizeof P);
  }
  for (PetscInt i = 0; i < l->total; i++)
    for (int a = 0; a < 3 && l->grain[i] == label; a++) middle[a] += position[3 * (ptrdiff_t)i + a] / (double)l->sites[label];
  for (int sublattice = 0; sublattice < 2; sublattice++) {
    PetscInt centre = -1;
    double   least = INFINITY;
    for (PetscInt i = 0; i < l->total; i++) {
      const double *x = position + 3 * (ptrdiff_t)i, far = pow(x[0] - middle[0], 2) + pow(x[1] - middle[1], 2) + pow(x[2] - middle[2], 2);
      if (l->grain[i] == label && AetSitesSublattice(l->kind[label], l->index[i]) == sublattice && far < least) least = far, centre = i;
    }
    if (centre >= 0 && AetLatticeRename(l, label, chosen, centre)) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cell without strain that lies nearest to the fitted one, at the place of the grain. */
static void MakeIdeal(AetLattice l, PetscInt label, double constant, const double *position)
{
  double ideal[9], rows[18], cell[18], R[9], shift[3], size[3] = {0}, middle[3] = {0}, f[3], x[3];

  AetSitesCell(l->kind[label], ideal);
  for (int i = 0; i < 3; i++) {
    const double *a = l->cell[label] + 3 * i, *p = ideal + 3 * i;
    for (int c = 0; c < 3; c++) rows[3 * i + c] = p[c], rows[9 + 3 * i + c] = -p[c], cell[3 * i + c] = a[c], cell[9 + 3 * i + c] = -a[c];
  }
  AetRigidFit(6, rows, cell, R, shift);
  for (int i = 0; i < 3; i++) {
    double along = 0, square = 0;
    for (int c = 0; c < 3; c++) {
      const double turned = R[3 * c] * ideal[3 * i] + R[3 * c + 1] * ideal[3 * i + 1] + R[3 * c + 2] * ideal[3 * i + 2];
      along += turned * l->cell[label][3 * i + c];
      square += turned * turned;
      cell[3 * i + c] = turned;
    }
    size[i] = along / square;
  }
  if (l->kind[label] == AET_LATTICE_HCP) {
    const double edge = constant > 0 ? constant : (size[0] + size[1]) / 2;
    size[2] *= edge / ((size[0] + size[1]) / 2); /* c/a as found */
    size[0] = size[1] = edge;
  } else {
    for (int i = 1; i < 3; i++) size[0] += size[i];
    size[0] = constant > 0 ? constant / ideal[0] : size[0] / 3;
    size[1] = size[2] = size[0];
  }
  for (int i = 0; i < 9; i++) l->cell[label][i] = size[i / 3] * cell[i];
  for (PetscInt i = 0; i < l->total; i++) {
    if (l->grain[i] != label) continue;
    AetSitesFraction(l->kind[label], l->index[i], f);
    AetSitesVector(l->cell[label], f, x);
    for (int a = 0; a < 3; a++) middle[a] += (position[3 * (ptrdiff_t)i + a] - x[a]) / (double)l->sites[label];
  }
  memcpy(l->origin[label], middle, sizeof middle);
}

static PetscErrorCode Collect(const Work *w, AetLattice *lattice)
{
  const AetGrowAtoms *a = &w->around.atoms;
  AetLattice          l;

  PetscFunctionBegin;
  PetscCall(AetLatticeAllocate((PetscInt)a->count, w->grains, &l));
  for (PetscInt i = 0; i < l->total; i++) {
    l->grain[i] = w->owner[i];
    if (w->owner[i] >= 0) memcpy(l->index[i], w->index[i], sizeof l->index[i]);
  }
  for (PetscInt k = 0; k < l->grains; k++) {
    l->kind[k] = w->grain[k].kind;
    memcpy(l->cell[k], w->grain[k].cell, sizeof l->cell[k]);
    memcpy(l->origin[k], w->grain[k].origin, sizeof l->origin[k]);
    l->nearest[k] = w->grain[k].nearest;
  }
  AetLatticeDescribe(l, a->position);
  for (PetscInt k = 0; k < l->grains; k++) {
    PetscCall(ChooseAxes(l, k, a->position));
    if (w->settings->shape == AET_LATTICE_IDEAL) MakeIdeal(l, k, w->settings->lattice_angstrom, a->position);
  }
  AetLatticeDescribe(l, a->position);
  *lattice = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetLatticeCreate(AetNeighbours neighbours, const AetLatticeSettings *settings, AetLattice *lattice)
{
  const size_t   room = (size_t)neighbours->total + 1;
  Work           w = {.settings = settings};
  PetscErrorCode code;

  PetscFunctionBegin;
  *lattice = NULL;
  PetscCall(CheckSettings(settings));
  PetscCall(
      AetAgree(neighbours->comm, AetSurroundingsCreate(neighbours->total, neighbours->position, neighbours->cutoff_angstrom, &w.around)));
  PetscCall(PetscMalloc4(room, &w.misfit, room, &w.best, room, &w.owner, room, &w.visited));
  PetscCall(PetscCalloc4(4 * room, &w.grow, room, &w.tried, room, &w.member, room, &w.index));
  for (PetscInt i = 0; i < neighbours->total; i++) w.owner[i] = w.visited[i] = -1;
  PetscCall(JudgeSeeds(neighbours->comm, &w));
  code = FindGrains(&w);
  if (!code) {
    Finish(&w);
    code = Collect(&w, lattice);
  }
  PetscCall(PetscFree4(w.misfit, w.best, w.owner, w.visited));
  PetscCall(PetscFree4(w.grow, w.tried, w.member, w.index));
  PetscCall(PetscFree(w.grain));
  PetscCall(AetSurroundingsDestroy(&w.around));
  PetscFunctionReturn(code);
}
