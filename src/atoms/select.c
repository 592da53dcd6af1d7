/* Which peaks are atoms: minimum distance, threshold, checks. The lists are whole on every rank, which all walk them in the same order. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/threshold.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <stdlib.h>

#define CORE 0.3 /* of the median company: a flat face leaves half of it, noise about a specimen finds less */

typedef struct {
  double   value;
  PetscInt place;
} Rank;

static int Brighter(const void *left, const void *right)
{
  const Rank *l = left, *r = right;

  if (l->value != r->value) return l->value > r->value ? -1 : 1;
  return (l->place > r->place) - (l->place < r->place);
}

/* Positions in Å of the candidates that `list` names. */
static PetscErrorCode Positions(const AetCandidates *c, double pixel, PetscInt count, const PetscInt *list, double **position)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count * 3 + 1, position));
  for (PetscInt i = 0; i < count; i++)
    for (int a = 0; a < 3; a++) (*position)[3 * i + a] = c->peak[list ? list[i] : i].centre[a] * pixel;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesThin(AetCandidates *c, const AetTraceSettings *settings, double part, PetscInt *dropped)
{
  double    reach = part * settings->min_distance_angstrom, *position;
  AetCells  cells;
  Rank     *order;
  ptrdiff_t low[3], high[3];

  PetscFunctionBegin;
  PetscCall(Positions(c, settings->pixel_angstrom, c->total, NULL, &position));
  PetscCall(PetscMalloc1((size_t)c->total + 1, &order));
  for (PetscInt i = 0; i < c->total; i++) order[i] = (Rank){c->peak[i].value, i};
  if (c->total) qsort(order, (size_t)c->total, sizeof *order, Brighter);
  PetscCheck(!AetCellsBuild(&cells, c->total, position, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
             (int)c->total);
  for (PetscInt i = 0; i < c->total; i++) {
    PetscInt me = order[i].place;
    if (!c->keep[me]) continue;
    AetCellsRange(&cells, position + 3 * me, reach, low, high);
    for (ptrdiff_t z = low[2]; z <= high[2]; z++)
      for (ptrdiff_t y = low[1]; y <= high[1]; y++) {
        ptrdiff_t row = (z * cells.n[1] + y) * cells.n[0];
        for (ptrdiff_t m = cells.first[row + low[0]]; m < cells.first[row + high[0] + 1]; m++) {
          ptrdiff_t     other = cells.member[m];
          const double *a = position + 3 * me, *b = position + 3 * other;
          double        d[3] = {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
          if (other == me || !c->keep[other] || d[0] * d[0] + d[1] * d[1] + d[2] * d[2] >= reach * reach) continue;
          c->keep[other] = 0; /* whoever still stands here is dimmer: the brighter ones had their turn */
          ++*dropped;
        }
      }
  }
  AetCellsFree(&cells);
  PetscCall(PetscFree(order));
  PetscCall(PetscFree(position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetIntensityThreshold(MPI_Comm comm, const AetTraceSettings *settings, PetscInt count, const double *value, ptrdiff_t stride,
                                     double *threshold)
{
  int64_t bins[AET_LOG_BINS] = {0};
  double  largest = 0;
  int     valley;

  PetscFunctionBegin;
  *threshold = 0;
  for (PetscInt i = 0; i < count; i++) largest = PetscMax(largest, value[i * stride]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, comm));
  if (!(largest > 0)) PetscFunctionReturn(PETSC_SUCCESS);
  AetLogHistogram(count, value, stride, largest, bins);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bins, AET_LOG_BINS, MPI_INT64_T, MPI_SUM, comm));
  *threshold = AetThresholdFind(bins, largest, settings->modes, settings->least_ratio, settings->widest, &valley);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesThreshold(AetCandidates *c, const AetTraceSettings *settings, double *threshold, PetscInt *dropped)
{
  double  *value;
  PetscInt kept = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &value));
  for (PetscInt i = 0; i < c->total; i++)
    if (c->keep[i]) value[kept++] = c->peak[i].sum3 / 27;
  *threshold = settings->threshold;
  if (*threshold == 0) PetscCall(AetIntensityThreshold(PETSC_COMM_SELF, settings, kept, value, 1, threshold));
  PetscCall(PetscFree(value));
  *dropped = 0;
  for (PetscInt i = 0; i < c->total; i++)
    if (c->keep[i] && !(c->peak[i].sum3 / 27 >= *threshold && c->peak[i].sum3 > 0)) {
      c->keep[i] = 0;
      ++*dropped;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A box is no atom when the mean atom, scaled to the box's own brightness, leaves more of it unexplained than nothing does (the test of
   published tracings, freed from the brightness that the threshold has judged). */
static PetscErrorCode CheckShape(AetCandidates *c, PetscInt *dropped)
{
  double   mean[AET_BOX_POINTS], mean_sum = 0;
  int64_t  members;
  int     *label;
  PetscInt total;
  char    *mine, *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)c->total + 1, &label, (size_t)c->count + 1, &mine));
  for (PetscInt i = 0; i < c->total; i++) label[i] = c->keep[i] ? 0 : -1;
  PetscCall(AetBoxMeans(c, 1, label, mean, &members));
  for (int p = 0; p < AET_BOX_POINTS; p++) mean_sum += mean[p];
  for (PetscInt i = 0; i < c->count; i++) {
    const float *box = c->boxes + (size_t)i * AET_BOX_POINTS;
    double       nothing = 0, atom = 0, scale = mean_sum > 0 ? c->peak[c->start + i].sum5 / mean_sum : 0;
    for (int p = 0; p < AET_BOX_POINTS; p++) {
      nothing += fabs(box[p]);
      atom += fabs(box[p] - scale * mean[p]);
    }
    mine[i] = (char)(c->keep[c->start + i] && atom < nothing);
  }
  PetscCall(AetRecordsGather(c->comm, c->count, mine, 1, &total, &all));
  for (PetscInt i = 0; i < total; i++) {
    *dropped += c->keep[i] && !all[i];
    c->keep[i] = all[i];
  }
  PetscCall(PetscFree2(label, mine));
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double    square;
  ptrdiff_t index;
} Near;

static int Nearer(const void *left, const void *right)
{
  const Near *l = left, *r = right;

  if (l->square != r->square) return l->square < r->square ? -1 : 1;
  return (l->index > r->index) - (l->index < r->index);
}

/* Mean intensity of the (up to) 16 nearest neighbours of x, each counted at most as `cap`; 0 where fewer than 4 are near. */
static double NeighbourMean(const AetCells *cells, const double *position, const double *intensity, ptrdiff_t me, double cap, double reach)
{
  enum { ROOM = 512, NEIGHBOURS = 16 };
  ptrdiff_t list[ROOM], found = AetCellsNear(cells, position, position + 3 * me, reach, ROOM, list);
  Near      near[ROOM];
  double    sum = 0;
  int       count = 0;

  found = PetscMin(found, ROOM);
  for (ptrdiff_t k = 0; k < found; k++) {
    const double *a = position + 3 * me, *b = position + 3 * list[k];
    near[k] = (Near){pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2) + pow(a[2] - b[2], 2), list[k]};
  }
  qsort(near, (size_t)found, sizeof *near, Nearer);
  for (ptrdiff_t k = 0; k < found && count < NEIGHBOURS; k++) {
    if (near[k].index == me) continue;
    sum += fmin(cap, intensity[near[k].index]);
    count++;
  }
  return count >= 4 ? sum / count : 0;
}

static int Ascending(const void *left, const void *right)
{
  double l = *(const double *)left, r = *(const double *)right;
  return (l > r) - (l < r);
}

/* An atom is not much dimmer than its neighbours; heavier neighbours count as atoms of median intensity. */
static PetscErrorCode CheckNeighbours(AetCandidates *c, const AetTraceSettings *settings, PetscInt *dropped)
{
  double    reach = 2.5 * settings->min_distance_angstrom, *position, *intensity, *sorted, cap;
  PetscInt *list, kept = 0;
  char     *weak;
  AetCells  cells;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)c->total + 1, &list, (size_t)c->total + 1, &intensity, (size_t)c->total + 1, &sorted, (size_t)c->total + 1,
                         &weak));
  for (PetscInt i = 0; i < c->total; i++)
    if (c->keep[i]) {
      intensity[kept] = sorted[kept] = c->peak[i].sum3;
      list[kept++] = i;
    }
  if (kept) {
    qsort(sorted, (size_t)kept, sizeof *sorted, Ascending);
    cap = sorted[kept / (2 * settings->species_count)]; /* the middle of the lightest species, were all equally many */
    PetscCall(Positions(c, settings->pixel_angstrom, kept, list, &position));
    PetscCheck(!AetCellsBuild(&cells, kept, position, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
               (int)kept);
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
    for (PetscInt i = 0; i < kept; i++)
      weak[i] = (char)(intensity[i] < settings->min_intensity_ratio * NeighbourMean(&cells, position, intensity, i, cap, reach));
    for (PetscInt i = 0; i < kept; i++) {
      if (weak[i]) c->keep[list[i]] = 0;
      *dropped += weak[i];
    }
    AetCellsFree(&cells);
    PetscCall(PetscFree(position));
  }
  PetscCall(PetscFree4(list, intensity, sorted, weak));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesCheck(AetCandidates *candidates, const AetTraceSettings *settings, PetscInt *dropped)
{
  PetscFunctionBegin;
  *dropped = 0;
  PetscCall(CheckShape(candidates, dropped));
  PetscCall(CheckNeighbours(candidates, settings, dropped));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Part of a ball of radius 1 that lies on the inner side of a plane `away` from its centre. */
static double BallInside(double away)
{
  double h = fmax(-1, fmin(1, away));

  return 0.5 + 0.75 * h - 0.25 * h * h * h;
}

/* Of every kept peak: the brightness of those within `reach` Å, each at most 1 and squared, made up for what the faces of the volume cut
 * off. */
static PetscErrorCode Company(const AetCandidates *c, const AetTraceSettings *settings, const ptrdiff_t n[3], double reach,
                              const PetscInt *list, PetscInt kept, const double *bright, double *company)
{
  enum { ROOM = 512 };
  double  *position;
  AetCells cells;

  PetscFunctionBegin;
  PetscCall(Positions(c, settings->pixel_angstrom, kept, list, &position));
  PetscCheck(!AetCellsBuild(&cells, kept, position, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
             (int)kept);
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (PetscInt i = 0; i < kept; i++) {
    const double *x = position + 3 * i;
    ptrdiff_t     near[ROOM], found = PetscMin(ROOM, AetCellsNear(&cells, position, x, reach, ROOM, near));
    double        inside = 1;
    company[i] = 0;
    for (ptrdiff_t k = 0; k < found; k++)
      if (near[k] != i) company[i] += pow(fmax(0, fmin(1, bright[near[k]])), 2);
    for (int a = 0; a < 3; a++) {
      double width = (double)n[2 - a] * settings->pixel_angstrom, low = x[a] + 0.5 * settings->pixel_angstrom;
      inside *= fmax(0.3, BallInside(low / reach)) * fmax(0.3, BallInside((width - low) / reach));
    }
    company[i] /= inside;
  }
  AetCellsFree(&cells);
  PetscCall(PetscFree(position));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesCore(AetCandidates *c, const AetTraceSettings *settings, const ptrdiff_t n[3], PetscInt *dropped)
{
  const double reach = 2 * settings->min_distance_angstrom;
  double      *bright, *company, *sorted;
  PetscInt    *list, kept, last = -1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4((size_t)c->total + 1, &list, (size_t)c->total + 1, &bright, (size_t)c->total + 1, &company, (size_t)c->total + 1,
                         &sorted));
  while (last != 0) {
    kept = 0;
    for (PetscInt i = 0; i < c->total; i++)
      if (c->keep[i]) sorted[kept] = bright[kept] = c->peak[i].sum3, list[kept++] = i;
    last = 0;
    if (!kept) break;
    qsort(sorted, (size_t)kept, sizeof *sorted, Ascending);
    for (PetscInt i = 0; i < kept; i++) bright[i] /= sorted[kept / (2 * settings->species_count)];
    PetscCall(Company(c, settings, n, reach, list, kept, bright, company));
    PetscCall(PetscArraycpy(sorted, company, (size_t)kept));
    qsort(sorted, (size_t)kept, sizeof *sorted, Ascending);
    for (PetscInt i = 0; i < kept; i++) {
      if (fmin(1.5, bright[i]) * company[i] >= CORE * sorted[kept / 2]) continue;
      c->keep[list[i]] = 0;
      last++;
    }
    *dropped += last;
  }
  PetscCall(PetscFree4(list, bright, company, sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}
