/* The uncertainty of every coordinate by leaving out views: what a wrong view does to the atoms shows when it is not there
   (Quenouille, Biometrika 43 (1956) 353; delete-a-group: Kott, J. Off. Stat. 17 (2001) 521). docs/theory/uncertainty.md. */
#include "atoms/kernel/pair.h"
#include "atoms/uncertainty_private.h"
#include "recon/subseries.h"
#include <math.h>
#include <stdlib.h>

enum { PROFILE_SCATTERING = 1, PROFILE_GAUSSIAN = 2 }; /* order of refine_profile's choices */

#define PAIR_ANGSTROM 0.7 /* an atom is found again within half the distance of two */
#define CYCLES 2          /* of a refit, which begins at the answer */
#define VIEWS_LEAST 3     /* that must be left */

typedef struct {
  MPI_Comm      comm; /* the group of ranks that refines by itself */
  int           index, groups;
  AetTiltSeries tilt; /* all views */
} Group;

static PetscErrorCode GroupCreate(AetRefinery *r, PetscInt refits, Group *g)
{
  ptrdiff_t *view;
  int        size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(r->comm, &size));
  AetCheck(r->settings->groups <= size, AET_ERR_INPUT, "groups: expected 1 to %d (the number of ranks), or 0, found %d", size,
           (int)r->settings->groups);
  g->groups = (int)PetscMin(r->settings->groups ? r->settings->groups : size, refits);
  PetscCall(AetCommSplit(r->comm, g->groups, &g->comm, &g->index));
  PetscCall(PetscMalloc1((size_t)r->tilt->views, &view));
  for (ptrdiff_t j = 0; j < r->tilt->views; j++) view[j] = j;
  PetscCall(AetSubseries(r->tilt, g->comm, r->tilt->views, view, &g->tilt));
  PetscCall(PetscFree(view));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode GroupFree(Group *g)
{
  PetscFunctionBegin;
  PetscCall(AetTiltSeriesDestroy(&g->tilt));
  PetscCallMPI(MPI_Comm_free(&g->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The atoms as they stand, on a group. */
static PetscErrorCode Copy(const AetRefinery *r, MPI_Comm comm, AetAtoms *atoms)
{
  const char *symbols[AET_SPECIES_MAX];
  ptrdiff_t   start, count;
  int         rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(r->atoms.count, rank, size, &start, &count);
  for (int s = 0; s < r->optics.species_count; s++) symbols[s] = r->optics.Z[s] > 0 ? AetElementSymbol(r->optics.Z[s]) : "X";
  PetscCall(AetAtomsCreate(comm, (PetscInt)count, r->optics.species_count, symbols, atoms));
  PetscCall(PetscArraycpy((*atoms)->position, r->position + 3 * start, 3 * count));
  PetscCall(PetscArraycpy((*atoms)->species, r->species + start, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* change [count][3] <- where the refit has moved every atom of the refinement, which are found again by their places. */
static PetscErrorCode Moved(const AetRefinery *r, AetAtoms atoms, double *change)
{
  const double none[3] = {0};
  double      *position;
  int         *species;
  ptrdiff_t   *partner;

  PetscFunctionBegin;
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, &partner));
  PetscCheck(!AetPairPoints(atoms->total, position, none, r->atoms.count, r->position, PAIR_ANGSTROM, partner), PETSC_COMM_SELF,
             PETSC_ERR_MEM, "no memory to pair %d atoms", (int)atoms->total);
  for (PetscInt i = 0; i < atoms->total; i++)
    for (int a = 0; a < 3 && partner[i] >= 0; a++) change[3 * partner[i] + a] = position[3 * i + a] - r->position[3 * partner[i] + a];
  PetscCall(PetscFree(partner));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One refit on a group, without the views j of which j mod refits is `left_out`. */
static PetscErrorCode Refit(const AetRefinery *r, Group *g, PetscInt refits, PetscInt left_out, double *change)
{
  AetRefineSettings settings = *r->settings;
  AetRefineReport   report;
  AetTiltSeries     tilt;
  AetAtoms          atoms;
  unsigned char    *used;

  PetscFunctionBegin;
  settings.probes = 0, settings.model = NULL;
  settings.cycles = PetscMin(settings.cycles, CYCLES);
  settings.profile = r->optics.Z[0] > 0 ? PROFILE_SCATTERING : PROFILE_GAUSSIAN;
  PetscCall(PetscMalloc1((size_t)r->tilt->views, &used));
  for (ptrdiff_t j = 0; j < r->tilt->views; j++) used[j] = j % refits != left_out;
  PetscCall(AetSubseriesWhere(g->tilt, g->comm, used, 1, &tilt));
  PetscCall(Copy(r, g->comm, &atoms));
  PetscCall(AetRefine(atoms, tilt, &settings, &report));
  PetscCall(Moved(r, atoms, change));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscCall(PetscFree(used));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* change [refits][count][3] of all refits, on all ranks. */
static PetscErrorCode Refits(AetRefinery *r, PetscInt refits, double *change)
{
  const size_t   size = 3 * (size_t)r->atoms.count;
  Group          g;
  int            rank;
  PetscBool      quiet = PETSC_FALSE;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(GroupCreate(r, refits, &g));
  PetscCallMPI(MPI_Comm_rank(g.comm, &rank));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-quiet", &quiet, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-quiet", "true")); /* of each refit */
  for (PetscInt k = 0; k < refits && !code; k++)
    if (k % g.groups == g.index) code = Refit(r, &g, refits, k, change + (size_t)k * size);
  if (quiet)
    PetscCall(PetscOptionsSetValue(NULL, "-quiet", "true"));
  else
    PetscCall(PetscOptionsClearValue(NULL, "-quiet"));
  PetscCall(AetAgree(r->comm, code));
  if (rank) PetscCall(PetscArrayzero(change, (size_t)refits * size)); /* a group's first rank speaks: one term of a sum is not 0 */
  for (PetscInt k = 0; k < refits; k++)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, change + (size_t)k * size, (int)size, MPI_DOUBLE, MPI_SUM, r->comm));
  PetscCall(GroupFree(&g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

/* Which refit has moved the atoms most from the mean of all, and how far. */
static PetscErrorCode Worst(AetRefinery *r, PetscInt refits, const double *change, const double *mean)
{
  const size_t size = 3 * (size_t)r->atoms.count;
  double      *moved, *sorted;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)refits, &moved, (size_t)refits, &sorted));
  for (PetscInt k = 0; k < refits; k++) {
    for (size_t i = 0; i < size; i++) moved[k] += pow(change[(size_t)k * size + i] - mean[i], 2);
    moved[k] = sorted[k] = sqrt(moved[k]);
    if (moved[k] > moved[r->report->jackknife_worst]) r->report->jackknife_worst = k;
  }
  qsort(sorted, (size_t)refits, sizeof *sorted, Ascending);
  r->report->jackknife_groups = refits;
  r->report->jackknife_worst_ratio = sorted[refits / 2] > 0 ? moved[r->report->jackknife_worst] / sorted[refits / 2] : 1;
  PetscCall(PetscFree2(moved, sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryJackknife(AetRefinery *r, const double *bound, double *variance)
{
  const size_t   size = 3 * (size_t)r->atoms.count;
  const PetscInt wanted = r->settings->jackknife_groups;
  const PetscInt refits = wanted > 0 ? (PetscInt)PetscMin(wanted, r->tilt->views) : (PetscInt)r->tilt->views;
  double        *change, *mean, *ratio;

  PetscFunctionBegin;
  AetCheck(refits >= 2 && r->tilt->views - (r->tilt->views + refits - 1) / refits >= VIEWS_LEAST, AET_ERR_INPUT,
           "refine_jackknife_groups: expected groups of views without any one of which %d views are left, found %d groups of %td views",
           VIEWS_LEAST, (int)refits, r->tilt->views);
  PetscCall(AetAgree(r->comm, PetscCalloc3((size_t)refits * size + 1, &change, size + 1, &mean, size + 1, &ratio)));
  PetscCall(Refits(r, refits, change));
  for (PetscInt k = 0; k < refits; k++)
    for (size_t i = 0; i < size; i++) mean[i] += change[(size_t)k * size + i] / (double)refits;
  PetscCall(PetscArrayzero(variance, size));
  for (PetscInt k = 0; k < refits; k++)
    for (size_t i = 0; i < size; i++) variance[i] += (double)(refits - 1) / (double)refits * pow(change[(size_t)k * size + i] - mean[i], 2);
  PetscCall(Worst(r, refits, change, mean));
  PetscCall(AetRatioNearby(r->atoms.count, r->position, r->species, variance, bound, ratio));
  for (size_t i = 0; i < size; i++) variance[i] = bound[i] * ratio[i];
  PetscCall(PetscFree3(change, mean, ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}
