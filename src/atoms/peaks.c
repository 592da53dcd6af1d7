/* Local maxima of a slab and their fits. Every rank takes the maxima of its own planes; a voxel's arithmetic does not depend on the slab it
   is held in, so the peaks are the same to the last bit on any number of ranks. */
#include "atoms/kernel/filter.h"
#include "atoms/kernel/gaussian.h"
#include "atoms/kernel/maxima.h"
#include "atoms/kernel/peak.h"
#include "atoms/trace_private.h"
#include <math.h>

#define WIDEST 2.0 /* spheres of a fit, relative to the first */

/* The farthest coefficient that a fit or a box may read: drift and clip, half a sample, and the support of the spline. */
ptrdiff_t AetPeaksReach(const AetTraceSettings *settings)
{
  float  weight[AET_FILTER_TAPS + 1];
  int    smoothing = AetFilterGaussian(settings->smoothing_angstrom / settings->pixel_angstrom, weight), spline = AetFilterSpline(weight);
  double step = WIDEST * settings->fit_step, drift = fmax(1.5, 3 * step) + 1, sample = fmax(3 * step, 2 * settings->box_step);

  return smoothing + spline + (ptrdiff_t)ceil(drift + sample) + 3;
}

PetscErrorCode AetMaximaFind(const AetField *field, double floor, PetscInt *count, int64_t **index)
{
  const ptrdiff_t ny = field->n[1], nx = field->n[2];
  ptrdiff_t      *found, *place, total = 0, room = (ny / 2 + 1) * (nx / 2 + 1);

  PetscFunctionBegin;
  /* two passes: count, then keep (the second costs as little as the first) */
  PetscCall(PetscCalloc1((size_t)field->core_count + 1, &found));
#pragma omp parallel for schedule(dynamic, 1) num_threads(AetThreads())
  for (ptrdiff_t k = 0; k < field->core_count; k++) {
    ptrdiff_t z = field->core + k;
    if (field->first + z < 1 || field->first + z > field->n[0] - 2) continue;
    found[k] = AetMaximaPlane(field->data, z, ny, nx, (float)floor, 0, NULL);
  }
  for (ptrdiff_t k = 0; k < field->core_count; k++) total += found[k];
  PetscCheck(total < PETSC_MAX_INT, PETSC_COMM_SELF, PETSC_ERR_MEM, "too many local maxima on one rank: %lld", (long long)total);
  PetscCall(PetscMalloc1((size_t)total + 1, index));
  PetscCall(PetscMalloc1((size_t)room, &place));
  *count = 0;
  for (ptrdiff_t k = 0; k < field->core_count; k++) {
    ptrdiff_t z = field->core + k;
    if (!found[k]) continue;
    AetMaximaPlane(field->data, z, ny, nx, (float)floor, room, place);
    for (ptrdiff_t i = 0; i < found[k]; i++) (*index)[(*count)++] = (int64_t)(field->first + z) * ny * nx + place[i];
  }
  PetscCall(PetscFree(place));
  PetscCall(PetscFree(found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fits one maximum and fills its box; returns nonzero where it is no peak. */
static int FitOne(const AetField *field, const AetQuartic *quartic, const AetTraceSettings *settings, double background, int64_t index,
                  AetPeak *peak, float *box)
{
  AetSpline     spline = {field->data, {field->planes, field->n[1], field->n[2]}};
  ptrdiff_t     nx = field->n[2], plane = field->n[1] * nx, z = (ptrdiff_t)(index / plane), yx = (ptrdiff_t)(index % plane);
  ptrdiff_t     base[3] = {yx % nx, yx / nx, z - field->first}, whole[3] = {yx % nx, yx / nx, z};
  double        offset[3], samples[AET_BOX_POINTS];
  AetPeakStatus status = AET_PEAK_SADDLE;

  /* where noise has roughened a top, a wider sphere still sees it */
  for (double widen = 1; status != AET_PEAK_GOOD && widen <= (settings->gaussian ? 1 : WIDEST); widen += 0.5)
    status = settings->gaussian ? AetPeakFitGaussian(&spline, base, widen * settings->fit_step, offset, &peak->value)
                                : AetPeakFit(&spline, quartic, base, widen * settings->fit_step, offset, &peak->value);
  if (status != AET_PEAK_GOOD) return 1;
  for (int a = 0; a < 3; a++) {
    peak->centre[a] = (double)whole[a] + offset[a];
    if (peak->centre[a] < -0.5 || peak->centre[a] > (double)field->n[2 - a] - 0.5) return 1;
  }
  peak->index = index;
  peak->value -= background;
  peak->sum3 = peak->sum5 = 0;
  AetSplineSample(&spline, base, offset, settings->box_step, 2, samples);
  for (int i = 0; i < AET_BOX_POINTS; i++) {
    int x = i % 5, y = i / 5 % 5, k = i / 25;
    box[i] = (float)(samples[i] - background);
    peak->sum5 += box[i];
    if (x % 4 && y % 4 && k % 4) peak->sum3 += box[i];
  }
  return 0;
}

/* Peaks of all ranks, in the order of their index: ranks hold ascending planes. */
static PetscErrorCode Gather(const AetPeak *peaks, AetCandidates *c)
{
  PetscFunctionBegin;
  PetscCall(AetRecordsGather(c->comm, c->count, peaks, sizeof *peaks, &c->total, &c->peak));
  PetscCallMPI(MPI_Scan(&c->count, &c->start, 1, MPIU_INT, MPI_SUM, c->comm));
  c->start -= c->count;
  PetscCall(PetscMalloc1((size_t)c->total + 1, &c->keep));
  PetscCall(PetscMemzero(c->keep, (size_t)c->total + 1));
  for (PetscInt i = 0; i < c->total; i++) c->keep[i] = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPeaksFit(AetField *field, const AetTraceSettings *settings, double background, PetscInt count, const int64_t *index,
                           AetCandidates *candidates)
{
  AetQuartic *quartic;
  AetPeak    *peaks;
  float       weight[AET_FILTER_TAPS + 1], *boxes;
  int         taps = AetFilterSpline(weight);
  char       *bad;

  PetscFunctionBegin;
  candidates->comm = field->comm;
  PetscCall(AetFieldFilter(field, taps, weight));
  PetscCall(PetscMalloc3((size_t)count + 1, &peaks, (size_t)count + 1, &bad, 1, &quartic));
  PetscCall(PetscMalloc1(((size_t)count + 1) * AET_BOX_POINTS, &boxes));
  AetQuarticPrepare(quartic);
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (PetscInt i = 0; i < count; i++)
    bad[i] = (char)FitOne(field, quartic, settings, background, index[i], peaks + i, boxes + (size_t)i * AET_BOX_POINTS);
  candidates->count = 0;
  for (PetscInt i = 0; i < count; i++) {
    PetscInt to = candidates->count;
    if (bad[i]) continue;
    peaks[to] = peaks[i];
    PetscCall(PetscMemmove(boxes + (size_t)to * AET_BOX_POINTS, boxes + (size_t)i * AET_BOX_POINTS, AET_BOX_POINTS * sizeof *boxes));
    candidates->count++;
  }
  candidates->boxes = boxes;
  PetscCall(Gather(peaks, candidates));
  PetscCall(PetscFree3(peaks, bad, quartic));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCandidatesDestroy(AetCandidates *candidates)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(candidates->peak));
  PetscCall(PetscFree(candidates->keep));
  PetscCall(PetscFree(candidates->boxes));
  PetscFunctionReturn(PETSC_SUCCESS);
}
