/* Equal-slope tomography: which lines of a pseudo-polar grid the views measure, and their values. docs/theory/est.md. */
#include "recon/est_private.h"
#include "recon/exchange.h"
#include "recon/kernel/pseudopolar_lines.h"
#include "recon/projector_private.h"
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MOST 4                                       /* lines per sector over the larger side of a slice */
#define STREAM_EST 0x6573740001ull                         /* of the random numbers that choose withheld points */
static const double tolerance_deg[3] = {0.001, 0.03, 0.1}; /* the fewest lines for the first of these that can be met */

PetscErrorCode AetEstAllocate(size_t lanes, AetLane **array)
{
  PetscFunctionBegin;
  *array = aligned_alloc(64, sizeof(AetLane) * (lanes + lanes % 2 + 2));
  AetCheck(*array, AET_ERR_MEMORY, "est: no memory for %zu bytes", sizeof(AetLane) * lanes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckAxial(AetTiltSeries tilt)
{
  PetscFunctionBegin;
  if (AetSeriesIsAxial(tilt)) PetscFunctionReturn(PETSC_SUCCESS);
  for (ptrdiff_t j = 0; j < tilt->views; j++) {
    const double *R = tilt->rotation[j];
    AetCheck(
        fabs(R[1]) + fabs(R[3]) + fabs(R[5]) <= 1e-12 && R[4] > 0, AET_ERR_INPUT,
        "tilt_angles: view %td (from 0): recon_method est expects rotations about the tilt axis alone, phi = psi = 0, found phi %.6g, psi "
        "%.6g degrees; genfire and resire take any angles",
        j, tilt->angles_deg[j][0], tilt->angles_deg[j][2]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lines per sector. */
static PetscErrorCode ChooseLines(AetRecon recon, AetEstData *d)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     n = PetscMax(recon->n[0], recon->n[2]), first = PetscMax(n + n % 2, 4), last = LINES_MOST * first;
  double(*direction)[2];
  ptrdiff_t misfit = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(tilt->views, &direction));
  for (ptrdiff_t j = 0; j < tilt->views; j++) direction[j][0] = tilt->rotation[j][0], direction[j][1] = tilt->rotation[j][2];
  d->L = 0;
  for (int t = 0; t < 3 && !d->L; t++)
    d->L = AetEqualSlopeLines(tilt->views, (const double(*)[2])direction, tolerance_deg[t], first, last, &misfit);
  if (!d->L) {
    const double off = AetEqualSlopeNearest(last, direction[misfit][0], direction[misfit][1]).error_deg;
    PetscCall(PetscFree(direction));
    AetCheck(0, AET_ERR_INPUT,
             "tilt_angles: view %td (from 0): recon_method est expects angles within %g degrees of equal slopes, tan or cot a multiple of "
             "2/L, L "
             "up to %td, found %.6g, which is %.2g off; genfire and resire take any angles",
             misfit, tolerance_deg[2], last, tilt->angles_deg[misfit][1], off);
  }
  d->snap_deg = 0;
  for (ptrdiff_t j = 0; j < tilt->views; j++)
    d->snap_deg = PetscMax(d->snap_deg, AetEqualSlopeNearest(d->L, direction[j][0], direction[j][1]).error_deg);
  PetscCall(PetscFree(direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which views have any light. */
static PetscErrorCode FindLit(AetTiltSeries tilt, int *lit)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(lit, tilt->views));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    for (ptrdiff_t p = 0; p < pixels && !lit[tilt->v_start + v]; p++) lit[tilt->v_start + v] = tilt->image[v * pixels + p] != 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, lit, (int)tilt->views, MPI_INT, MPI_MAX, tilt->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static AetEqualSlopeLine LineOf(const AetEstData *d, AetTiltSeries tilt, ptrdiff_t view)
{
  return AetEqualSlopeNearest(d->L, tilt->rotation[view][0], tilt->rotation[view][2]);
}

/* Lines in the order of sector and row, each with all its views. */
static void ListLines(AetEstData *d, AetTiltSeries tilt, const int *lit)
{
  for (ptrdiff_t v = 0; v < tilt->views; v++) d->line_of_view[v] = -1;
  for (int sector = 0; sector < 2; sector++) {
    d->first[sector] = d->lines;
    for (ptrdiff_t row = 0; row < d->L; row++) {
      PetscBool found = PETSC_FALSE;
      for (ptrdiff_t v = 0; v < tilt->views; v++) {
        const AetEqualSlopeLine line = LineOf(d, tilt, v);
        if (!lit[v] || line.sector != sector || line.row != row) continue;
        d->line_of_view[v] = d->lines;
        d->line[d->lines] = (AetEstLine){.sector = sector, .row = row, .begin = d->points, .stretch = line.stretch};
        found = PETSC_TRUE;
      }
      if (!found) continue;
      AetEstLine *line = &d->line[d->lines++];
      while (line->count <= d->N / 2 && 2 * (double)line->count * line->stretch < (double)d->N * (1 - 1e-12)) line->count++;
      d->points += line->count;
    }
  }
  d->first[2] = d->lines;
}

PetscErrorCode AetEstLinesCreate(AetRecon recon, AetEstData *d)
{
  const AetTiltSeries tilt = recon->tilt;
  int                 rank, size, *lit;

  PetscFunctionBegin;
  PetscCall(CheckAxial(tilt));
  PetscCall(ChooseLines(recon, d));
  d->N = PetscMax(recon->N[0], recon->N[2]);
  PetscCallMPI(MPI_Comm_rank(recon->comm, &rank));
  PetscCallMPI(MPI_Comm_size(recon->comm, &size));
  AetBlock(recon->n[1], rank, size, &d->y_start, &d->y_count);
  d->batches = (d->y_count + AET_LANES - 1) / AET_LANES;
  PetscCall(PetscMalloc2(tilt->views, &d->line, tilt->views, &d->line_of_view));
  PetscCall(PetscMalloc1(tilt->views, &lit));
  PetscCall(FindLit(tilt, lit));
  ListLines(d, tilt, lit);
  PetscCall(PetscFree(lit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Image rows of this rank's slices, eight to a lane: [view][batch][x]. */
static PetscErrorCode GatherRows(AetRecon recon, const AetEstData *d, AetLane **packed)
{
  const AetTiltSeries     tilt = recon->tilt;
  const AetExchangeLayout layout = {recon->comm, tilt->views, tilt->ny, tilt->nx};
  const size_t            count = (size_t)(tilt->views * d->batches * tilt->nx);
  float                  *rows = NULL;
  PetscErrorCode          code;

  PetscFunctionBegin;
  code = PetscMalloc1(tilt->views * d->y_count * tilt->nx, &rows);
  if (!code) code = AetEstAllocate(count, packed);
  PetscCall(AetAgree(recon->comm, code));
  PetscCall(AetExchangeToInner(&layout, tilt->image, rows));
  memset(*packed, 0, sizeof(AetLane) * count);
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    for (ptrdiff_t y = 0; y < d->y_count; y++) {
      const float *row = rows + (v * d->y_count + y) * tilt->nx;
      AetLane     *to = *packed + (v * d->batches + y / AET_LANES) * tilt->nx;
      for (ptrdiff_t x = 0; x < tilt->nx; x++) to[x][y % AET_LANES] = row[x];
    }
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds to the values of a line `part` of the transforms of one view's rows at f = ±u stretch/N. turn: [nx] cos, [nx] sin. */
static void AddView(const AetEstData *d, AetTiltSeries tilt, ptrdiff_t view, double part, const AetLane *packed, float *turn)
{
  const AetEstLine *line = d->line + d->line_of_view[view];
  const ptrdiff_t   nx = tilt->nx;
  const double      step = 2 * M_PI * line->stretch / (double)d->N * (LineOf(d, tilt, view).turned ? -1 : 1);

  for (ptrdiff_t u = 0; u < line->count; u++) {
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double angle = step * (double)(u * (x - nx / 2));
      turn[x] = (float)(part * cos(angle)), turn[nx + x] = (float)(-part * sin(angle));
    }
    for (ptrdiff_t b = 0; b < d->batches; b++) {
      const AetLane *row = packed + (view * d->batches + b) * nx;
      AetLane       *value = d->value + 2 * (b * d->points + line->begin + u), re = value[0], im = value[1];
      for (ptrdiff_t x = 0; x < nx; x++) re += turn[x] * row[x], im += turn[nx + x] * row[x];
      value[0] = re, value[1] = im;
    }
  }
}

/* All views of a line by one thread, in order. */
static void FillLine(const AetEstData *d, AetTiltSeries tilt, ptrdiff_t line, const AetLane *packed, float *turn)
{
  ptrdiff_t views = 0;

  for (ptrdiff_t v = 0; v < tilt->views; v++) views += d->line_of_view[v] == line;
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    if (d->line_of_view[v] == line) AddView(d, tilt, v, 1 / (double)views, packed, turn);
}

/* Points withheld, by the seed and the point's number among those of all slices. The sums of the slices, u = 0, never are. */
static void Withhold(AetRecon recon, const AetEstData *d)
{
  for (ptrdiff_t y = 0; y < d->y_count; y++)
    for (ptrdiff_t l = 0; l < d->lines; l++)
      for (ptrdiff_t u = 1; u < d->line[l].count; u++) {
        const ptrdiff_t p = d->line[l].begin + u;
        const uint64_t  key = (uint64_t)((d->y_start + y) * d->points + p);
        if (AetRandomUniform(recon->seed, STREAM_EST, key) < recon->rfree_fraction)
          d->held[y / AET_LANES * d->points + p] |= (unsigned char)(1 << y % AET_LANES);
      }
}

PetscErrorCode AetEstValuesCreate(AetRecon recon, AetEstData *d)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     count = d->batches * d->points;
  const int           threads = AetThreads();
  AetLane            *packed = NULL;
  float              *turn = NULL;
  PetscErrorCode      code;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_GRIDDING));
  code = AetEstAllocate(2 * (size_t)count, &d->value);
  if (!code) code = PetscCalloc1(count, &d->held);
  if (!code) code = PetscMalloc1(threads * 2 * tilt->nx, &turn);
  PetscCall(AetAgree(recon->comm, code));
  memset(d->value, 0, sizeof(AetLane) * 2 * (size_t)count);
  PetscCall(GatherRows(recon, d, &packed));
#pragma omp parallel for num_threads(threads) schedule(dynamic)
  for (ptrdiff_t l = 0; l < d->lines; l++) FillLine(d, tilt, l, packed, turn + omp_get_thread_num() * 2 * tilt->nx);
  if (recon->rfree_fraction > 0) Withhold(recon, d);
  free(packed);
  PetscCall(PetscFree(turn));
  PetscCall(AetEventEnd(AET_EVENT_GRIDDING));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetEstDataDestroy(AetEstData *d)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(d->line, d->line_of_view));
  PetscCall(PetscFree(d->held));
  free(d->value);
  PetscFunctionReturn(PETSC_SUCCESS);
}
