/* Nuclei at one time: the regions of the maxima of an order parameter. */
#include "structure/kernel/ascent.h"
#include "structure/structure_private.h"
#include <math.h>

/* What is worked on; all arrays on every rank. */
typedef struct {
  MPI_Comm                 comm;
  const AetNucleiSettings *settings;
  const int               *group; /* [total]; NULL: all sites are of one */
  ptrdiff_t                total;
  double                  *position, *value; /* [total][3], [total] folded */
  ptrdiff_t               *next, *label;     /* [total] */
  ptrdiff_t               *peak, *sites;     /* [total], filled for the nuclei found */
} Work;

void AetNucleiDefaults(AetNucleiSettings *settings)
{
  *settings = (AetNucleiSettings){.threshold = 0.5, .radius_angstrom = 4, .min_sites = 13, .core_fraction = 0.01};
}

static PetscErrorCode CheckSettings(const AetNucleiSettings *s)
{
  PetscFunctionBegin;
  AetCheck(!isnan(s->threshold), AET_ERR_INPUT, "nuclei: threshold: expected a number, found %g", s->threshold);
  AetCheck(isfinite(s->radius_angstrom) && s->radius_angstrom > 0, AET_ERR_INPUT, "nuclei: radius: expected a length > 0 Å, found %g",
           s->radius_angstrom);
  AetCheck(s->min_sites >= 1, AET_ERR_INPUT, "nuclei: least number of sites: expected 1 or more, found %" PetscInt_FMT, s->min_sites);
  AetCheck(s->core_fraction >= 0 && s->core_fraction <= 1, AET_ERR_INPUT, "nuclei: core fraction: expected 0 … 1, found %g",
           s->core_fraction);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the atoms of this rank's block point. Not collective. */
static PetscErrorCode PointBlock(Work *w)
{
  AetCells  cells;
  ptrdiff_t start, count;
  int       rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  AetBlock(w->total, rank, size, &start, &count);
  AetCheck(!AetCellsBuild(&cells, w->total, w->position, w->settings->radius_angstrom), AET_ERR_MEMORY,
           "nuclei: no memory for the cells of %td atoms", w->total);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++)
    w->next[i] = w->value[i] >= w->settings->threshold
                     ? AetAscentStep(&cells, w->position, w->value, w->group, w->settings->radius_angstrom, i)
                     : -1;
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centres and cores, from the labels; sums in the order of the atoms. */
static void Describe(const Work *w, AetNuclei n)
{
  for (PetscInt i = 0; i < n->total; i++) {
    const PetscInt k = n->label[i];
    if (k < 0) continue;
    n->core[i] = w->value[i] >= n->max_order[k] - w->settings->core_fraction * fabs(n->max_order[k]) ? PETSC_TRUE : PETSC_FALSE;
    n->core_sites[k] += n->core[i] ? 1 : 0;
    for (int a = 0; a < 3; a++) n->centre[3 * k + a] += w->position[3 * (ptrdiff_t)i + a] / n->sites[k];
  }
}

static PetscErrorCode Fill(const Work *w, ptrdiff_t count, ptrdiff_t dropped, AetNuclei *nuclei)
{
  const size_t atoms = (size_t)w->total + 1, found = (size_t)count + 1;
  AetNuclei    n;

  PetscFunctionBegin;
  PetscCall(PetscNew(&n));
  n->total = (PetscInt)w->total;
  n->count = (PetscInt)count;
  n->dropped = (PetscInt)dropped;
  PetscCall(PetscCalloc2(atoms, &n->label, atoms, &n->core));
  PetscCall(PetscCalloc5(found, &n->peak, found, &n->sites, found, &n->core_sites, found, &n->max_order, 3 * found, &n->centre));
  for (PetscInt i = 0; i < n->total; i++) n->label[i] = (PetscInt)w->label[i];
  for (PetscInt k = 0; k < n->count; k++) {
    n->peak[k] = (PetscInt)w->peak[k];
    n->sites[k] = (PetscInt)w->sites[k];
    n->max_order[k] = w->value[w->peak[k]];
  }
  Describe(w, n);
  *nuclei = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNucleiCreate(AetAtoms atoms, const double *order, const int *group, const AetNucleiSettings *settings, AetNuclei *nuclei)
{
  Work           w = {.comm = atoms->comm, .settings = settings, .group = group, .total = atoms->total};
  const size_t   room = (size_t)w.total + 1;
  ptrdiff_t      count, dropped;
  PetscErrorCode code;

  PetscFunctionBegin;
  *nuclei = NULL;
  PetscCall(CheckSettings(settings));
  PetscCall(AetPositionsGather(atoms, &w.position));
  PetscCall(PetscMalloc5(room, &w.value, room, &w.next, room, &w.label, room, &w.peak, room, &w.sites));
  PetscCall(PetscArraycpy(w.value, order, w.total));
  AetAscentFold(w.total, w.value);
  code = AetAgree(w.comm, PointBlock(&w));
  if (!code) {
    PetscCall(AetBlockGather(w.comm, atoms->total, sizeof(ptrdiff_t), MPI_BYTE, w.next));
    AetAscentFollow(w.total, w.next);
    count = AetAscentLabel(w.total, w.next, settings->min_sites, w.label, w.peak, w.sites, &dropped);
    PetscCall(Fill(&w, count, dropped, nuclei));
  }
  PetscCall(PetscFree5(w.value, w.next, w.label, w.peak, w.sites));
  PetscCall(PetscFree(w.position));
  PetscFunctionReturn(code);
}

PetscErrorCode AetNucleiDestroy(AetNuclei *nuclei)
{
  PetscFunctionBegin;
  if (!*nuclei) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*nuclei)->label, (*nuclei)->core));
  PetscCall(PetscFree5((*nuclei)->peak, (*nuclei)->sites, (*nuclei)->core_sites, (*nuclei)->max_order, (*nuclei)->centre));
  PetscCall(PetscFree(*nuclei));
  PetscFunctionReturn(PETSC_SUCCESS);
}
