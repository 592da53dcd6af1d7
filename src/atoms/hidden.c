/* Atoms that make no maximum of their own on the flank of a brighter neighbour: found where the volume, less the atoms that are known,
   still has the top of an atom. */
#include "atoms/kernel/cells.h"
#include "atoms/kernel/filter.h"
#include "atoms/kernel/subtract.h"
#include "atoms/trace_private.h"
#include <math.h>
#include <stdlib.h>

PetscErrorCode AetAtomWidths(const AetCandidates *c, const AetTraceSettings *settings, double sigma[3])
{
  static const int stride[3] = {1, 5, 25}, top = 62;
  double           mean[AET_BOX_POINTS] = {0};
  int64_t          members;
  int             *label;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &label));
  for (PetscInt i = 0; i < c->total; i++) label[i] = c->keep[i] ? 0 : -1;
  PetscCall(AetBoxMeans(c, 1, label, mean, &members));
  PetscCall(PetscFree(label));
  for (int a = 0; a < 3; a++) {
    double ratio = mean[top] / fmax(1e-300, 0.5 * (mean[top - stride[a]] + mean[top + stride[a]]));
    sigma[a] = ratio > 1.01 ? settings->box_step / sqrt(2 * log(ratio)) : 7 * settings->box_step;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesKnown(const AetCandidates *c, PetscInt *count, double **centre, double **height)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * (size_t)c->total + 1, centre));
  PetscCall(PetscMalloc1((size_t)c->total + 1, height));
  *count = 0;
  for (PetscInt i = 0; i < c->total; i++) {
    if (!c->keep[i]) continue;
    for (int a = 0; a < 3; a++) (*centre)[3 * *count + a] = c->peak[i].centre[a];
    (*height)[(*count)++] = c->peak[i].value;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Peaks of the volume less the known atoms. */
static PetscErrorCode Residual(AetVolume volume, const AetTraceSettings *settings, double background, double threshold,
                               const double sigma[3], PetscInt known, const double *centre, const double *height, AetCandidates *extra)
{
  AetField field;
  float    weight[AET_FILTER_TAPS + 1];
  PetscInt count, all;
  int64_t *index;

  PetscFunctionBegin;
  PetscCall(AetFieldCreate(volume, AetPeaksReach(settings), &field));
  PetscCall(AetFieldFilter(&field, AetFilterGaussian(settings->smoothing_angstrom / settings->pixel_angstrom, weight), weight));
#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < field.planes; z++)
    AetSubtractGaussians(field.data + z * field.n[1] * field.n[2], field.first + z, field.n[1], field.n[2], known, centre, height, sigma);
  PetscCall(AetMaximaFind(&field, background + threshold, &count, &index));
  PetscCallMPI(MPI_Allreduce(&count, &all, 1, MPIU_INT, MPI_SUM, volume->comm));
  PetscCall(PetscMemzero(extra, sizeof *extra));
  if (all) PetscCall(AetPeaksFit(&field, settings, background, count, index, extra));
  PetscCall(PetscFree(index));
  PetscCall(AetFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  ptrdiff_t l = *(const ptrdiff_t *)left, r = *(const ptrdiff_t *)right;
  return (l > r) - (l < r);
}

/* The median number of atoms within `reach` of one. */
static PetscErrorCode MedianNeighbours(const AetCells *cells, PetscInt known, const double *centre, double reach, ptrdiff_t *median)
{
  ptrdiff_t *number, one;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)known + 1, &number));
#pragma omp parallel for schedule(dynamic, 64) private(one) num_threads(AetThreads())
  for (PetscInt i = 0; i < known; i++) number[i] = AetCellsNear(cells, centre, centre + 3 * i, reach, 1, &one) - 1;
  qsort(number, (size_t)known, sizeof *number, Ascending);
  *median = number[known / 2];
  PetscCall(PetscFree(number));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Keeps what is bright enough and at the minimum distance from every known atom; if `within`, only what has at least half as many of them
   about it as one of them has: near a surface noise finds room that inside only an atom leaves. */
static PetscErrorCode Sift(AetCandidates *extra, const AetTraceSettings *settings, PetscBool within, double threshold, PetscInt known,
                           const double *centre)
{
  AetCells  cells;
  PetscInt  dropped = 0;
  double    reach = settings->min_distance_angstrom / settings->pixel_angstrom;
  ptrdiff_t near, median = 0;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, known, centre, reach), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the cells of %d peaks",
             (int)known);
  if (within) PetscCall(MedianNeighbours(&cells, known, centre, 2 * reach, &median));
  for (PetscInt i = 0; i < extra->total; i++) {
    const double *at = extra->peak[i].centre;
    if (extra->peak[i].sum3 / 27 < threshold || AetCellsNear(&cells, centre, at, reach, 1, &near) ||
        (within && 2 * AetCellsNear(&cells, centre, at, 2 * reach, 1, &near) < median))
      extra->keep[i] = 0;
  }
  AetCellsFree(&cells);
  PetscCall(AetCandidatesThin(extra, settings, 1, &dropped));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  AetPeak      peak;
  const float *box;
  char         keep;
} Entry;

static int Earlier(const void *left, const void *right)
{
  const Entry *l = left, *r = right;

  if (l->peak.index != r->peak.index) return l->peak.index < r->peak.index ? -1 : 1;
  return l->keep < r->keep; /* one voxel may have begun a dropped and a kept peak */
}

/* Adds the kept peaks of `extra` to `c`, in the order of their index. */
static PetscErrorCode Merge(AetCandidates *c, const AetCandidates *extra)
{
  const AetCandidates *source[2] = {c, extra};
  Entry               *entry;
  float               *boxes;
  AetPeak             *peaks;
  char                *keep;
  PetscInt             count = 0, total;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(c->count + extra->count) + 1, &entry));
  for (int s = 0; s < 2; s++)
    for (PetscInt i = 0; i < source[s]->count; i++) {
      PetscInt at = source[s]->start + i;
      if (s == 0 || extra->keep[at])
        entry[count++] = (Entry){source[s]->peak[at], source[s]->boxes + (size_t)i * AET_BOX_POINTS, source[s]->keep[at]};
    }
  if (count) qsort(entry, (size_t)count, sizeof *entry, Earlier);
  PetscCall(PetscMalloc1(((size_t)count + 1) * AET_BOX_POINTS, &boxes));
  PetscCall(PetscMalloc2((size_t)count + 1, &peaks, (size_t)count + 1, &keep));
  for (PetscInt i = 0; i < count; i++) {
    peaks[i] = entry[i].peak;
    keep[i] = entry[i].keep;
    PetscCall(PetscArraycpy(boxes + (size_t)i * AET_BOX_POINTS, entry[i].box, AET_BOX_POINTS));
  }
  PetscCall(AetCandidatesDestroy(c));
  c->boxes = boxes;
  c->count = count;
  PetscCall(AetRecordsGather(c->comm, count, peaks, sizeof *peaks, &c->total, &c->peak));
  PetscCall(AetRecordsGather(c->comm, count, keep, 1, &total, &c->keep));
  PetscCallMPI(MPI_Scan(&count, &c->start, 1, MPIU_INT, MPI_SUM, c->comm));
  c->start -= count;
  PetscCall(PetscFree2(peaks, keep));
  PetscCall(PetscFree(entry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As if the peaks had been found at the smoothing of the others, where a Gaussian is higher by 1/part. */
static void Rescale(AetCandidates *extra, double part)
{
  for (PetscInt i = 0; i < extra->total; i++) {
    extra->peak[i].value /= part;
    extra->peak[i].sum3 /= part;
    extra->peak[i].sum5 /= part;
  }
  for (size_t k = 0; k < (size_t)extra->count * AET_BOX_POINTS; k++) extra->boxes[k] /= (float)part;
}

PetscErrorCode AetHiddenFind(AetVolume volume, const AetTraceSettings *settings, double widen, double background, double threshold,
                             const double sigma[3], AetCandidates *candidates, PetscInt *found)
{
  AetTraceSettings wide = *settings;
  AetCandidates    extra;
  PetscInt         known;
  double          *centre, *height, wider[3], part = 1, old = settings->smoothing_angstrom / settings->pixel_angstrom;

  PetscFunctionBegin;
  *found = 0;
  wide.smoothing_angstrom *= widen;
  for (int a = 0; a < 3; a++) {
    wider[a] = sqrt(sigma[a] * sigma[a] + (widen * widen - 1) * old * old);
    part *= sigma[a] / wider[a];
  }
  PetscCall(AetCandidatesKnown(candidates, &known, &centre, &height));
  if (known) {
    for (PetscInt i = 0; i < known; i++) height[i] *= part;
    PetscCall(Residual(volume, &wide, background, part * threshold, wider, known, centre, height, &extra));
    Rescale(&extra, part);
    PetscCall(Sift(&extra, settings, widen > 1, threshold, known, centre));
    for (PetscInt i = 0; i < extra.total; i++) *found += extra.keep[i];
    if (*found) PetscCall(Merge(candidates, &extra));
    PetscCall(AetCandidatesDestroy(&extra));
  }
  PetscCall(PetscFree(centre));
  PetscCall(PetscFree(height));
  PetscFunctionReturn(PETSC_SUCCESS);
}
