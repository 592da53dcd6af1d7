/* Names by the neighbourhood: an atom goes to the class whose mean box among the atoms around it is nearest. Slow drifts of intensity
   cancel, as they are shared. */
#include "atoms/kernel/cells.h"
#include "atoms/trace_private.h"
#include <math.h>

enum { ROUNDS = 500, EQUAL_FLIPS = 5 };

/* The kept atoms; boxes of all of them, as whole numbers so that the order of a sum does not show. */
typedef struct {
  PetscInt  count, start, own; /* this rank names start … start+own-1 */
  PetscInt *index;             /* among the candidates */
  double   *position;          /* [count][3] Å */
  int32_t  *box;               /* [count][AET_BOX_POINTS] */
  AetCells  cells;
} Hood;

static PetscErrorCode GatherBoxes(const AetCandidates *c, Hood *h)
{
  double   largest = 0;
  int32_t *mine, scale;
  PetscInt own = 0, total;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < c->count; i++)
    for (int p = 0; p < AET_BOX_POINTS && c->keep[c->start + i]; p++)
      largest = PetscMax(largest, fabs(c->boxes[(size_t)i * AET_BOX_POINTS + (size_t)p]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, c->comm));
  scale = largest > 0 ? 24 - ilogb(largest) : 0; /* 24 bits: differences are squared, and sums of thousands fit */
  PetscCall(PetscMalloc1(((size_t)c->count + 1) * AET_BOX_POINTS, &mine));
  for (PetscInt i = 0; i < c->count; i++) {
    if (!c->keep[c->start + i]) continue;
    for (int p = 0; p < AET_BOX_POINTS; p++)
      mine[own * AET_BOX_POINTS + p] = (int32_t)lrint(ldexp((double)c->boxes[(size_t)i * AET_BOX_POINTS + (size_t)p], scale));
    own++;
  }
  h->own = own;
  PetscCall(AetRecordsGather(c->comm, own, mine, AET_BOX_POINTS * sizeof *mine, &total, &h->box));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HoodCreate(const AetCandidates *c, const AetTraceSettings *settings, Hood *h)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)c->total + 1, &h->index, 3 * (size_t)c->total + 1, &h->position));
  h->count = h->start = 0;
  for (PetscInt i = 0; i < c->total; i++) {
    if (!c->keep[i]) continue;
    if (i < c->start) h->start++;
    for (int a = 0; a < 3; a++) h->position[3 * h->count + a] = c->peak[i].centre[a] * settings->pixel_angstrom;
    h->index[h->count++] = i;
  }
  PetscCall(GatherBoxes(c, h));
  PetscCheck(!AetCellsBuild(&h->cells, h->count, h->position, settings->classify_radius_angstrom), PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for the cells of %d atoms", (int)h->count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HoodDestroy(Hood *h)
{
  PetscFunctionBegin;
  AetCellsFree(&h->cells);
  PetscCall(PetscFree(h->box));
  PetscCall(PetscFree2(h->index, h->position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Σ of the boxes of every class among the atoms within the radius of atom i, itself included. */
static void Sums(const Hood *h, PetscInt i, double radius, int classes, const int *label, int64_t *sum, int64_t *members)
{
  const double *x = h->position + 3 * i;
  ptrdiff_t     low[3], high[3];

  for (int k = 0; k < classes; k++) members[k] = 0;
  for (int p = 0; p < classes * AET_BOX_POINTS; p++) sum[p] = 0;
  AetCellsRange(&h->cells, x, radius, low, high);
  for (ptrdiff_t z = low[2]; z <= high[2]; z++)
    for (ptrdiff_t y = low[1]; y <= high[1]; y++) {
      const ptrdiff_t row = (z * h->cells.n[1] + y) * h->cells.n[0];
      for (ptrdiff_t m = h->cells.first[row + low[0]]; m < h->cells.first[row + high[0] + 1]; m++) {
        const ptrdiff_t j = h->cells.member[m];
        const double   *r = h->position + 3 * j, d[3] = {r[0] - x[0], r[1] - x[1], r[2] - x[2]};
        const int32_t  *box = h->box + j * AET_BOX_POINTS;
        int64_t        *to = sum + label[j] * AET_BOX_POINTS;
        if (d[0] * d[0] + d[1] * d[1] + d[2] * d[2] > radius * radius) continue;
        members[label[j]]++;
        for (int p = 0; p < AET_BOX_POINTS; p++) to[p] += box[p];
      }
    }
}

/* The class whose mean box is nearest in the sum of squares; a class that is not around cannot be chosen. */
static int Nearest(const int32_t *box, int classes, const int64_t *sum, const int64_t *members, int now)
{
  double best = INFINITY;
  int    nearest = now;

  for (int k = 0; k < classes; k++) {
    double square = 0;
    if (!members[k]) continue;
    for (int p = 0; p < AET_BOX_POINTS; p++) {
      const double d = box[p] - (double)sum[k * AET_BOX_POINTS + p] / (double)members[k];
      square += d * d;
    }
    if (square < best) best = square, nearest = k;
  }
  return nearest;
}

/* All atoms at once (Jacobi), from the labels of the round before; label [count] of the kept. */
static PetscErrorCode Round(const AetCandidates *c, const Hood *h, double radius, int classes, int *label, PetscInt *flips)
{
  int     *mine, *all;
  PetscInt total;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)h->own + 1, &mine));
#pragma omp parallel for schedule(dynamic, 32) num_threads(AetThreads())
  for (PetscInt i = 0; i < h->own; i++) {
    int64_t sum[AET_SPECIES_MAX * AET_BOX_POINTS], members[AET_SPECIES_MAX];
    Sums(h, h->start + i, radius, classes, label, sum, members);
    mine[i] = Nearest(h->box + (ptrdiff_t)(h->start + i) * AET_BOX_POINTS, classes, sum, members, label[h->start + i]);
  }
  PetscCall(AetRecordsGather(c->comm, h->own, mine, sizeof *mine, &total, &all));
  *flips = 0;
  for (PetscInt i = 0; i < h->count; i++) {
    *flips += all[i] != label[i];
    label[i] = all[i];
  }
  PetscCall(PetscFree(all));
  PetscCall(PetscFree(mine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetClassifyLocal(const AetCandidates *c, const AetTraceSettings *settings, int *label, AetTraceReport *report)
{
  Hood     h;
  PetscInt flips = 1, before = -1, equal = 0;
  int     *kept;

  PetscFunctionBegin;
  PetscCall(HoodCreate(c, settings, &h));
  PetscCall(PetscMalloc1((size_t)h.count + 1, &kept));
  for (PetscInt i = 0; i < h.count; i++) kept[i] = label[h.index[i]];
  for (int round = 0; round < ROUNDS && flips && equal < EQUAL_FLIPS; round++) {
    PetscCall(Round(c, &h, settings->classify_radius_angstrom, settings->species_count, kept, &flips));
    equal = flips == before ? equal + 1 : 0;
    before = flips;
    report->rounds++;
  }
  for (PetscInt i = 0; i < h.count; i++) label[h.index[i]] = kept[i];
  PetscCall(PetscFree(kept));
  PetscCall(HoodDestroy(&h));
  PetscFunctionReturn(PETSC_SUCCESS);
}
