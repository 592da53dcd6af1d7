/* The common line of a series with one tilt axis: its profiles along the axis are one and the same (docs/theory/alignment.md). */
#include "tilt/kernel/common_line.h"
#include "tilt/align_private.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 40, REACH = 8, EDGE = 3 };
#define STILL 5e-4        /* px: shifts that change less are found */
#define WEIGHT_FLOOR 0.02 /* of the mean variance: the least that is granted to a point */

typedef struct {
  ptrdiff_t       views, n, N;
  const double   *profiles;
  double complex *spectrum;                                          /* [views][N/2+1] */
  double         *moved, *t, *scale, *offset, *step, *misfit;        /* [views][n], [views] … */
  double         *reference, *derivative, *variance, *weight, *work; /* [n] */
  double complex *line;                                              /* [N/2+1] spectrum of the reference */
} Lines;

static PetscErrorCode LinesCreate(ptrdiff_t views, ptrdiff_t n, const double *profiles, double *t, double *misfit, Lines *lines)
{
  PetscFunctionBegin;
  memset(lines, 0, sizeof *lines);
  lines->views = views, lines->n = n, lines->N = 2 * (n + REACH);
  lines->profiles = profiles, lines->t = t, lines->misfit = misfit;
  PetscCall(PetscMalloc2((size_t)(views * (lines->N / 2 + 1)), &lines->spectrum, (size_t)(lines->N / 2 + 1), &lines->line));
  PetscCall(PetscCalloc4((size_t)(views * n), &lines->moved, (size_t)views, &lines->scale, (size_t)views, &lines->offset, (size_t)views,
                         &lines->step));
  PetscCall(PetscCalloc5((size_t)n, &lines->reference, (size_t)n, &lines->derivative, (size_t)n, &lines->variance, (size_t)n,
                         &lines->weight, (size_t)n, &lines->work));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t v = 0; v < views; v++) AetKernelLineSpectrum(n, lines->N, profiles + v * n, lines->spectrum + v * (lines->N / 2 + 1));
  for (ptrdiff_t v = 0; v < views; v++) lines->scale[v] = 1;
  for (ptrdiff_t y = 0; y < n; y++) lines->variance[y] = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LinesDestroy(Lines *lines)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(lines->spectrum, lines->line));
  PetscCall(PetscFree4(lines->moved, lines->scale, lines->offset, lines->step));
  PetscCall(PetscFree5(lines->reference, lines->derivative, lines->variance, lines->weight, lines->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether a point of the line was in the field of view of an image. */
static int Seen(const Lines *lines, ptrdiff_t view, ptrdiff_t y)
{
  const double at = (double)y + lines->t[view];

  return at >= EDGE && at <= (double)(lines->n - 1 - EDGE);
}

static void Move(Lines *lines)
{
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t v = 0; v < lines->views; v++)
    AetKernelLineMoved(lines->n, lines->N, lines->spectrum + v * (lines->N / 2 + 1), lines->t[v], 0, lines->moved + v * lines->n);
}

/* The mean of the moved profiles, at the same scale and offset; points that few see are zero and have no weight. */
static void Reference(Lines *lines)
{
  const ptrdiff_t n = lines->n;

  for (ptrdiff_t y = 0; y < n; y++) {
    double    sum = 0;
    ptrdiff_t seen = 0;
    for (ptrdiff_t v = 0; v < lines->views; v++)
      if (Seen(lines, v, y)) sum += (lines->moved[v * n + y] - lines->offset[v]) / lines->scale[v], seen++;
    lines->reference[y] = seen ? sum / (double)seen : 0;
    lines->weight[y] = 2 * seen > lines->views ? 1 / lines->variance[y] : 0;
  }
  AetKernelLineSpectrum(n, lines->N, lines->reference, lines->line);
  AetKernelLineMoved(n, lines->N, lines->line, 0, 1, lines->derivative);
}

/* One view against the reference, with its own weights. */
static double Fit(const Lines *lines, ptrdiff_t v, const double *moved, double *weight, double *scale, double *offset, double *step)
{
  for (ptrdiff_t y = 0; y < lines->n; y++) weight[y] = Seen(lines, v, y) ? lines->weight[y] : 0;
  return AetKernelLineFit(lines->n, moved, lines->reference, lines->derivative, weight, scale, offset, step);
}

/* Whole pixels first: the profile may be periodic, and a first guess off by more than half a period. */
static double BestLag(Lines *lines, ptrdiff_t v, double *wide)
{
  const ptrdiff_t n = lines->n;
  const double    from = lines->t[v];
  double          best = INFINITY, to = from, scale, offset, step;

  AetKernelLineMoved(n + 2 * REACH, lines->N, lines->spectrum + v * (lines->N / 2 + 1), from - REACH, 0, wide);
  for (int lag = -REACH; lag <= REACH; lag++) {
    double left;
    lines->t[v] = from + lag;
    left = Fit(lines, v, wide + REACH + lag, lines->work, &scale, &offset, &step);
    if (fabs(step) <= 1 && left < best) best = left, to = from + lag;
  }
  lines->t[v] = to;
  return to - from;
}

static PetscErrorCode Scan(Lines *lines)
{
  double drift = 0, *wide;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(lines->n + 2 * REACH), &wide));
  for (ptrdiff_t v = 0; v < lines->views; v++) drift += BestLag(lines, v, wide) / (double)lines->views;
  for (ptrdiff_t v = 0; v < lines->views; v++) lines->t[v] -= drift;
  PetscCall(PetscFree(wide));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Shifts, scales and offsets of all views against the reference; what they leave is the variance of the points, neighbours averaged. */
static void FitAll(Lines *lines)
{
  const ptrdiff_t n = lines->n;
  double          mean = 0, scales = 0, power = PETSC_SMALL * PETSC_SMALL;

  memset(lines->variance, 0, sizeof(double) * (size_t)n);
  for (ptrdiff_t v = 0; v < lines->views; v++) {
    const double *moved = lines->moved + v * n;
    double        norm = 0, left = 0;
    (void)Fit(lines, v, moved, lines->work, &lines->scale[v], &lines->offset[v], &lines->step[v]);
    for (ptrdiff_t y = 0; y < n; y++) {
      const double model = lines->scale[v] * (lines->reference[y] - lines->step[v] * lines->derivative[y]);
      const double rest = lines->work[y] > 0 ? (moved[y] - lines->offset[v] - model) / lines->scale[v] : 0;
      lines->variance[y] += rest * rest / (double)lines->views;
      left += rest * rest, norm += lines->work[y] > 0 ? lines->reference[y] * lines->reference[y] : 0;
    }
    lines->misfit[v] = norm > 0 ? sqrt(left / norm) : 0;
    scales += lines->scale[v] / (double)lines->views;
  }
  for (ptrdiff_t v = 0; v < lines->views; v++) lines->scale[v] /= scales;
  for (ptrdiff_t y = 0; y < n; y++) {
    mean += lines->variance[y] / (double)n;
    power += lines->reference[y] * lines->reference[y] / (double)n;
  }
  memcpy(lines->work, lines->variance, sizeof(double) * (size_t)n);
  for (ptrdiff_t y = 0; y < n; y++) {
    double sum = 0;
    for (ptrdiff_t d = -2; d <= 2; d++) sum += lines->work[PetscMin(n - 1, PetscMax(0, y + d))] / 5;
    lines->variance[y] = sum + WEIGHT_FLOOR * mean + 1e-12 * power;
  }
}

/* Takes the steps, at most a pixel each, without a step common to all. Returns the largest. */
static double Step(Lines *lines)
{
  double mean = 0, most = 0;

  for (ptrdiff_t v = 0; v < lines->views; v++) {
    lines->step[v] = PetscMax(-1, PetscMin(1, lines->step[v]));
    mean += lines->step[v] / (double)lines->views;
  }
  for (ptrdiff_t v = 0; v < lines->views; v++) {
    lines->t[v] += lines->step[v] - mean;
    most = PetscMax(most, fabs(lines->step[v] - mean));
  }
  return most;
}

PetscErrorCode AetCommonLine(ptrdiff_t views, ptrdiff_t n, const double *profiles, double *t, double *misfit)
{
  Lines lines;

  PetscFunctionBegin;
  PetscCall(LinesCreate(views, n, profiles, t, misfit, &lines));
  Move(&lines);
  Reference(&lines);
  PetscCall(Scan(&lines));
  for (int round = 0; round < ROUNDS; round++) {
    Move(&lines);
    Reference(&lines);
    FitAll(&lines);
    if (Step(&lines) < STILL) break;
  }
  PetscCall(LinesDestroy(&lines));
  PetscFunctionReturn(PETSC_SUCCESS);
}
