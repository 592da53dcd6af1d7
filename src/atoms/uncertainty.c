/* The uncertainty of every coordinate (docs/theory/refinement.md): the Cramér–Rao bound of the noise, coupling between atoms included,
   times what the views show beyond that noise. */
#include "atoms/kernel/cells.h"
#include "atoms/refine_private.h"
#include <math.h>
#include <stdlib.h>

#define STREAM_PROBES 0x7369676d61700001ull
#define NEIGHBOURS_ANGSTROM 6.0 /* ratios are averaged over atoms this near: one atom's own estimate is noisy */
#define NEIGHBOURS_MOST 256
#define SOLVE_STEPS 40
#define SOLVE_TOLERANCE 0.02

/* residual <- the weighted residuals of the fit, each view with a random sign of its own: the views' errors are independent, whatever they
   are inside a view (wild cluster bootstrap: Cameron, Gelbach and Miller, Rev. Econ. Stat. 90 (2008) 414). */
static void Probe(AetRefinery *r, PetscInt probe, const float *weighted)
{
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    const uint64_t key = (uint64_t)(probe * r->tilt->views + r->tilt->v_start + j);
    const float    sign = AetRandomUniform(r->settings->seed, STREAM_PROBES, key) < 0.5 ? -1 : 1;
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) r->residual[p] = sign * weighted[p];
  }
}

/* sum [count][3] <- Σ over probes of x², x = (JᵀWJ)⁻¹Jᵀ of a probe: draws of the estimate's error. Begins with the residuals in place. */
static PetscErrorCode Draw(AetRefinery *r, const double *block, double *sum)
{
  const size_t       size = 3 * (size_t)r->atoms.count;
  AetImagingGradient g = {0};
  const ptrdiff_t    pixels = r->tilt->v_count * r->pixels;
  double            *x;
  float             *weighted;

  PetscFunctionBegin;
  PetscCall(AetAgree(r->comm, PetscMalloc3(size + 1, &g.position, size + 1, &x, (size_t)pixels + 1, &weighted)));
  PetscCall(PetscArraycpy(weighted, r->residual, pixels));
  PetscCall(PetscArrayzero(sum, size));
  for (PetscInt probe = 0; probe < r->settings->probes; probe++) {
    Probe(r, probe, weighted);
    PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
    PetscCall(PetscArrayzero(x, size));
    PetscCall(AetRefinerySolve(r, block, 0, SOLVE_TOLERANCE, SOLVE_STEPS, g.position, x));
    for (size_t i = 0; i < size; i++) sum[i] += x[i] * x[i];
  }
  PetscCall(PetscFree3(g.position, x, weighted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance [count][3] of the diagonal of inverse · meat · inverse. */
static void Sandwich(PetscInt count, const double *block, const double *outer, double factor, double *variance)
{
  for (PetscInt i = 0; i < count; i++) {
    double inverse[6];
    AetBlockInvert(block + 6 * i, inverse);
    for (int a = 0; a < 3; a++) {
      const double unit[3] = {a == 0, a == 1, a == 2};
      double       row[3], meat[3];
      AetBlockApply(inverse, unit, row);
      AetBlockApply(outer + 6 * i, row, meat);
      variance[3 * i + a] = factor * (row[0] * meat[0] + row[1] * meat[1] + row[2] * meat[2]);
    }
  }
}

/* ratio [count][3] <- the mean of above / below over each atom's neighbourhood. */
static PetscErrorCode Smooth(PetscInt count, const double *position, const double *above, const double *below, double *ratio)
{
  AetCells cells;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, count, position, NEIGHBOURS_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < count; i++) {
    ptrdiff_t near[NEIGHBOURS_MOST], found = AetCellsNear(&cells, position, position + 3 * i, NEIGHBOURS_ANGSTROM, NEIGHBOURS_MOST, near);
    for (int a = 0; a < 3; a++) {
      double sum = 0, counted = 0;
      for (ptrdiff_t k = 0; k < found; k++)
        if (below[3 * near[k] + a] > 0) sum += above[3 * near[k] + a] / below[3 * near[k] + a], counted++;
      ratio[3 * i + a] = counted > 0 ? sum / counted : 1;
    }
  }
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *left, const void *right)
{
  const double a = *(const double *)left, b = *(const double *)right;

  return (a > b) - (a < b);
}

static double Median(double *values, size_t count)
{
  qsort(values, count, sizeof *values, Ascending);
  return count ? values[count / 2] : 0;
}

/* Medians over the atoms for the report; `scratch` [count][3]. */
static void Report(AetRefinery *r, const double *sigma, const double *dispersion, double *scratch)
{
  const size_t count = (size_t)r->atoms.count;

  for (int a = 0; a < 3; a++) {
    for (size_t i = 0; i < count; i++) scratch[i] = sigma[3 * i + (size_t)a];
    r->report->sigma_axis_median_pm[a] = AET_PM_PER_ANGSTROM * Median(scratch, count);
  }
  for (size_t i = 0; i < count; i++) {
    const double *s = sigma + 3 * i;
    scratch[i] = sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]);
  }
  r->report->sigma_median_pm = AET_PM_PER_ANGSTROM * Median(scratch, count);
  for (size_t i = 0; i < 3 * count; i++) scratch[i] = dispersion[i];
  r->report->overdispersion = Median(scratch, 3 * count);
}

PetscErrorCode AetRefineryUncertainty(AetRefinery *r, double *sigma)
{
  const size_t       size = 3 * (size_t)r->atoms.count;
  const double       held = 1 / (1 - 1.5 / PetscMax((double)r->tilt->views, 3)); /* three coordinates were fitted to two per view */
  AetImagingGradient g = {0};
  double            *block, *bound, *work, *ratio, *dispersion;

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(2 * size + 1, &block, size + 1, &bound, size + 1, &work, size + 1, &ratio, size + 1, &dispersion, 2 * size + 1,
                         &g.outer));
  PetscCall(AetImagingBlocks(r->imaging, &r->optics, &r->atoms, r->weight, block));
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double inverse[6];
    AetBlockInvert(block + 6 * i, inverse);
    bound[3 * i] = inverse[0], bound[3 * i + 1] = inverse[3], bound[3 * i + 2] = inverse[5];
  }
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  Sandwich(r->atoms.count, block, g.outer, held, work);
  PetscCall(Smooth(r->atoms.count, r->position, work, bound, dispersion));
  PetscCall(Draw(r, block, work));
  for (size_t i = 0; i < size; i++) work[i] *= held * held / (double)r->settings->probes;
  PetscCall(Smooth(r->atoms.count, r->position, work, bound, ratio));
  for (size_t i = 0; i < size; i++) sigma[i] = sqrt(PetscMax(bound[i] * ratio[i], 0));
  Report(r, sigma, dispersion, work);
  PetscCall(PetscFree6(block, bound, work, ratio, dispersion, g.outer));
  PetscFunctionReturn(PETSC_SUCCESS);
}
