/* Iterated closest points with species weights, trimmed (Besl, McKay, IEEE TPAMI 14 (1992) 239; Chetverikov et al., ICPR 2002), and what
   such a fit is worth. */
#include "series/register_icp.h"
#include "atoms/kernel/cells.h"
#include "atoms/kernel/pair.h"
#include "series/kernel/icp.h"
#include "series/register_private.h"
#include "structure/structure_private.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 200 };
#define RESTS 1e-11 /* largest change of a number of the map (Å of a shift: a hundred times) */

int AetIcpFit(const AetCloud *a, const AetCloud *b, ptrdiff_t count, const ptrdiff_t *list, const AetRegistrationSettings *settings,
              AetFitKind kind, AetIcpRoom *room, AetFit *fit, double *moved)
{
  const double limit = AetIcpTrim(count, room->partner, room->square, settings->keep, room->a);
  ptrdiff_t    pairs = 0;
  AetFit       next;

  for (ptrdiff_t k = 0; k < count; k++) {
    const ptrdiff_t i = list ? list[k] : k, j = room->partner[k];
    if (j < 0 || room->square[k] > limit) continue;
    memcpy(room->a + 3 * pairs, a->position + 3 * i, 3 * sizeof(double));
    memcpy(room->b + 3 * pairs, b->position + 3 * j, 3 * sizeof(double));
    room->weight[pairs++] = a->species[i] >= 0 && a->species[i] == b->species[j] ? 1 : settings->other_weight;
  }
  *moved = 0;
  if (AetFitPairs(kind, pairs, room->a, room->b, room->weight, &next)) return 1;
  if (!(next.stretch[0] > 0.7 && next.stretch[0] < 1.4)) return 1;
  for (int k = 0; k < 9; k++) *moved = fmax(*moved, fabs(next.linear[k] - fit->linear[k]));
  for (int k = 0; k < 3; k++) *moved = fmax(*moved, 0.01 * fabs(next.shift[k] - fit->shift[k]));
  *fit = next;
  return 0;
}

PetscErrorCode AetIcpRoomCreate(ptrdiff_t count, AetIcpRoom *room)
{
  const size_t n = (size_t)count + 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(n, &room->partner, n, &room->square, 3 * n, &room->a, 3 * n, &room->b, n, &room->weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetIcpRoomDestroy(AetIcpRoom *room)
{
  PetscFunctionBegin;
  PetscCall(PetscFree5(room->partner, room->square, room->a, room->b, room->weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Nearest pairs of all atoms of a, each rank's block of them by itself. */
static PetscErrorCode Pairs(MPI_Comm comm, const AetCells *cells, const AetCloud *a, const AetCloud *b, double reach, const AetFit *fit,
                            AetIcpRoom *room)
{
  ptrdiff_t start, count;
  int       rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(a->total, rank, size, &start, &count);
#pragma omp parallel for schedule(static) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++)
    AetIcpNearest(cells, b->position, a->position + 3 * i, 1, NULL, fit->linear, fit->shift, reach, room->partner + i, room->square + i);
  PetscCall(AetBlockGather(comm, (PetscInt)a->total, (int)sizeof *room->partner, MPI_BYTE, room->partner));
  PetscCall(AetBlockGather(comm, (PetscInt)a->total, 1, MPI_DOUBLE, room->square));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRegisterRefine(MPI_Comm comm, const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings,
                                 AetFitKind kind, AetFit *fit)
{
  AetCells   cells;
  AetIcpRoom room;
  double     moved = 1;

  PetscFunctionBegin;
  PetscCall(AetAgree(comm, AetCellsBuild(&cells, b->total, b->position, settings->icp_angstrom)
                               ? AetRaise(AET_ERR_MEMORY, "registration: no memory for the cells of %td atoms", b->total)
                               : PETSC_SUCCESS));
  PetscCall(AetIcpRoomCreate(a->total, &room));
  for (int round = 0; round < ROUNDS && moved > RESTS; round++) {
    PetscCall(Pairs(comm, &cells, a, b, settings->icp_angstrom, fit, &room));
    if (AetIcpFit(a, b, a->total, NULL, settings, kind, &room, fit, &moved)) break;
  }
  PetscCall(AetIcpRoomDestroy(&room));
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Species of the pairs: the fraction alike, and Cohen's kappa (Educ. Psychol. Meas. 20 (1960) 37). */
static void Species(const AetCloud *a, const AetCloud *b, const ptrdiff_t *partner, AetPairFit *pair)
{
  double by_a[AET_SPECIES_MAX] = {0}, by_b[AET_SPECIES_MAX] = {0}, alike = 0, named = 0, chance = 0;

  for (ptrdiff_t i = 0; i < a->total; i++) {
    const int s = a->species[i], t = partner[i] < 0 ? -1 : b->species[partner[i]];
    if (s < 0 || t < 0) continue;
    named++, by_a[s]++, by_b[t]++, alike += s == t;
  }
  pair->agreement = named > 0 ? alike / named : 1;
  for (int s = 0; s < AET_SPECIES_MAX && named > 0; s++) chance += by_a[s] * by_b[s] / (named * named);
  pair->kappa = chance < 1 ? (pair->agreement - chance) / (1 - chance) : 1;
}

PetscErrorCode AetRegisterJudge(const AetCloud *a, const AetCloud *b, const AetRegistrationSettings *settings, AetPairFit *pair)
{
  const double zero[3] = {0};
  ptrdiff_t   *partner, pairs = 0;
  double      *mapped;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)a->total + 1, &partner, 3 * (size_t)a->total + 3, &mapped));
  for (ptrdiff_t i = 0; i < a->total; i++) AetFitMap(pair->fit.linear, pair->fit.shift, a->position + 3 * i, mapped + 3 * i);
  AetCheck(!AetPairPoints(a->total, mapped, zero, b->total, b->position, settings->cutoff_angstrom, partner), AET_ERR_MEMORY,
           "registration: no memory for the pairs of %td atoms", a->total);
  for (ptrdiff_t i = 0; i < a->total; i++) pairs += partner[i] >= 0;
  pair->paired = (double)pairs / (double)PetscMin(a->total, b->total);
  Species(a, b, partner, pair);
  PetscCall(PetscFree2(partner, mapped));
  PetscFunctionReturn(PETSC_SUCCESS);
}
