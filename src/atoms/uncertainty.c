/* The uncertainty of every coordinate (docs/theory/uncertainty.md): the Cramér–Rao bound of the noise, and how much more than that the
   views show, by their residuals or by leaving some of them out. */
#include "atoms/kernel/cells.h"
#include "atoms/uncertainty_private.h"
#include <math.h>
#include <stdlib.h>

#define STREAM_PROBES 0x7369676d61700001ull
#define STREAM_NOISE 0x7369676d61700002ull
#define STREAM_STARTS 0x7369676d61700003ull
#define NEIGHBOURS_MOST 256
#define SHARE_MOST 0.5 /* of what is known of a coordinate, in views that are alike: with more, residuals say nothing */
#define ALIKE_LEAST 6  /* atoms of one species for a mean of their own */
#define NOISE_PROBES \
  4 /* one draw of the noise for so many of the views: its ratio to the sparse bound varies little from place to place \
     */
#define SOLVE_STEPS 40
#define SOLVE_TOLERANCE 0.02

/* Whether two views look along nearly one line, from either side: less than `apart_deg` from one another. */
static int Alike(const AetRefinery *r, ptrdiff_t j, ptrdiff_t k, double apart_deg)
{
  const double *a = r->tilt->rotation[j] + 6, *b = r->tilt->rotation[k] + 6;

  return fabs(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) > cos(apart_deg * M_PI / 180);
}

/* The multiplier of view j in a draw: a random sign, or the sum of those of the views that look along nearly the same line, over the root
   of their number. What the model does not explain is alike in views that are alike (dependent wild bootstrap: Shao, J. Am. Stat. Assoc.
   105 (2010) 218), and inside a view nothing is assumed (wild cluster bootstrap: Cameron, Gelbach and Miller, Rev. Econ. Stat. 90 (2008)
   414). */
static double Multiplier(const AetRefinery *r, PetscInt probe, ptrdiff_t j)
{
  double sum = 0, count = 0;

  for (ptrdiff_t k = 0; k < r->tilt->views; k++) {
    if (k != j && !Alike(r, j, k, 0.5 * r->settings->alike_deg)) continue;
    sum += AetRandomUniform(r->settings->seed, STREAM_PROBES, (uint64_t)(probe * r->tilt->views + k)) < 0.5 ? -1 : 1;
    count++;
  }
  return sum / sqrt(count);
}

/* P = Rᵀ diag(1, 1, 0) R: what a view sees of a displacement. */
static void Seen(const double R[9], double P[6])
{
  for (int a = 0, k = 0; a < 3; a++)
    for (int b = a; b < 3; b++, k++) P[k] = R[a] * R[b] + R[3 + a] * R[3 + b];
}

/* What residuals are smaller for, because the atoms were fitted to them: the views alike to view j carry the share s_j of what is known of
   a coordinate, and their residuals show 1 - s_j of their errors. held <- the mean of 1/(1 - s_j)², views weighing as they do in the
   coordinate's variance (CR3: Bell and McCaffrey, Survey Methodology 28 (2002) 169). For an atom that all views see alike. */
static void Held(const AetRefinery *r, double alike_deg, double held[3])
{
  const ptrdiff_t views = r->tilt->views;
  double          F[6] = {0}, inverse[6], P[6], sum[3] = {0}, all[3] = {0};

  for (ptrdiff_t j = 0; j < views; j++) {
    Seen(r->tilt->rotation[j], P);
    for (int k = 0; k < 6; k++) F[k] += P[k];
  }
  AetBlockInvert(F, inverse);
  for (ptrdiff_t j = 0; j < views; j++) {
    double near[6] = {0};
    for (ptrdiff_t l = 0; l < views; l++) {
      if (l != j && !Alike(r, j, l, 0.5 * alike_deg)) continue;
      Seen(r->tilt->rotation[l], P);
      for (int k = 0; k < 6; k++) near[k] += P[k];
    }
    Seen(r->tilt->rotation[j], P);
    for (int a = 0; a < 3; a++) {
      const double unit[3] = {a == 0, a == 1, a == 2};
      double       row[3], image[3], share, part;
      AetBlockApply(inverse, unit, row);
      AetBlockApply(near, unit, image);
      share = PetscMin(SHARE_MOST, row[0] * image[0] + row[1] * image[1] + row[2] * image[2]);
      AetBlockApply(P, row, image);
      part = row[0] * image[0] + row[1] * image[1] + row[2] * image[2];
      sum[a] += part / ((1 - share) * (1 - share)), all[a] += part;
    }
  }
  for (int a = 0; a < 3; a++) held[a] = all[a] > 0 ? sum[a] / all[a] : 1;
}

/* residual <- the weighted residuals of the fit times the views' multipliers. */
static void Probe(AetRefinery *r, PetscInt probe, const float *weighted)
{
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < r->tilt->v_count; j++) {
    const float multiplier = (float)Multiplier(r, probe, r->tilt->v_start + j);
    for (ptrdiff_t p = j * r->pixels; p < (j + 1) * r->pixels; p++) r->residual[p] = multiplier * weighted[p];
  }
}

/* residual <- noise of the variance that the weights say, weighted. */
static void Noise(AetRefinery *r, PetscInt probe)
{
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < r->tilt->v_count * r->pixels; p++) {
    const uint64_t key = (uint64_t)((probe * r->tilt->views + r->tilt->v_start) * r->pixels + p);
    r->residual[p] = r->weight[p] > 0 ? (float)(sqrt((double)r->weight[p]) * AetRandomNormal(r->settings->seed, STREAM_NOISE, key)) : 0;
  }
}

/* Where atoms are held to their starts, the error of these comes in with the force that holds. */
static void AddStarts(const AetRefinery *r, PetscInt probe, double *score)
{
  const PetscInt size = 3 * r->atoms.count;

  for (PetscInt i = 0; i < size && r->hold > 0; i++)
    score[i] += r->hold * r->settings->trust_angstrom *
                AetRandomNormal(r->settings->seed, STREAM_STARTS, (uint64_t)probe * (uint64_t)size + (uint64_t)i);
}

PetscErrorCode AetRefineryDraw(AetRefinery *r, const double *block, PetscBool views, PetscInt probes, double *sum)
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
  for (PetscInt probe = 0; probe < probes; probe++) {
    if (views)
      Probe(r, probe, weighted);
    else
      Noise(r, probe);
    PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
    if (views) AddStarts(r, probe, g.position);
    PetscCall(PetscArrayzero(x, size));
    PetscCall(AetRefinerySolve(r, block, 0, SOLVE_TOLERANCE, SOLVE_STEPS, g.position, x));
    for (size_t i = 0; i < size; i++) sum[i] += x[i] * x[i];
  }
  PetscCall(PetscFree3(g.position, x, weighted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance [count][3] of the diagonal of inverse · meat · inverse. */
static void Sandwich(PetscInt count, const double *block, const double *outer, const double factor[3], double *variance)
{
  for (PetscInt i = 0; i < count; i++) {
    double inverse[6];
    AetBlockInvert(block + 6 * i, inverse);
    for (int a = 0; a < 3; a++) {
      const double unit[3] = {a == 0, a == 1, a == 2};
      double       row[3], meat[3];
      AetBlockApply(inverse, unit, row);
      AetBlockApply(outer + 6 * i, row, meat);
      variance[3 * i + a] = factor[a] * (row[0] * meat[0] + row[1] * meat[1] + row[2] * meat[2]);
    }
  }
}

/* Moves the atoms of the species of atom i to the front, and returns their number; all of them where there are too few of these. */
static ptrdiff_t AlikeAmong(const int *species, PetscInt i, ptrdiff_t found, ptrdiff_t *near)
{
  ptrdiff_t alike = 0;

  for (ptrdiff_t k = 0; k < found; k++) {
    const ptrdiff_t atom = near[k];
    if (species[atom] != species[i]) continue;
    near[k] = near[alike], near[alike] = atom;
    alike++;
  }
  return alike < ALIKE_LEAST ? found : alike;
}

PetscErrorCode AetRatioNearby(PetscInt count, const double *position, const int *species, const double *above, const double *below,
                              double *ratio)
{
  AetCells cells;

  PetscFunctionBegin;
  PetscCheck(!AetCellsBuild(&cells, count, position, AET_NEIGHBOURS_ANGSTROM), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for cells");
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < count; i++) {
    ptrdiff_t near[NEIGHBOURS_MOST];
    ptrdiff_t found = AetCellsNear(&cells, position, position + 3 * i, AET_NEIGHBOURS_ANGSTROM, NEIGHBOURS_MOST, near);
    found = AlikeAmong(species, i, PetscMin(found, NEIGHBOURS_MOST), near);
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

/* Medians over the atoms of the axes of `sigma`, pm; `scratch` [count]. */
static void AxisMedians(PetscInt count, const double *sigma, double *scratch, double median_pm[3])
{
  for (int a = 0; a < 3; a++) {
    for (PetscInt i = 0; i < count; i++) scratch[i] = sigma[3 * i + a];
    median_pm[a] = AET_PM_PER_ANGSTROM * Median(scratch, (size_t)count);
  }
}

/* Medians over the atoms for the report; `scratch` [count][3]. */
static void Report(AetRefinery *r, const double *sigma, const double *bound, const double *profile, const double *dispersion,
                   double *scratch)
{
  const size_t count = (size_t)r->atoms.count;

  AxisMedians(r->atoms.count, sigma, scratch, r->report->sigma_axis_median_pm);
  AxisMedians(r->atoms.count, bound, scratch, r->report->bound_axis_median_pm);
  for (size_t i = 0; i < count; i++) {
    const double *s = sigma + 3 * i;
    scratch[i] = sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2]);
  }
  r->report->sigma_median_pm = AET_PM_PER_ANGSTROM * Median(scratch, count);
  AxisMedians(r->atoms.count, profile, scratch, r->report->profile_axis_median_pm);
  for (size_t i = 0; i < 3 * count; i++) scratch[i] = dispersion[i];
  r->report->overdispersion = Median(scratch, 3 * count);
}

/* dispersion [count][3] <- the variance that the views show over the one that the noise explains, atoms taken alone. */
static PetscErrorCode Overdispersion(AetRefinery *r, const double *block, double *dispersion)
{
  const size_t       size = 3 * (size_t)r->atoms.count;
  AetImagingGradient g = {0};
  double            *shown, *alone, held[3];

  PetscFunctionBegin;
  Held(r, 0, held);
  PetscCall(PetscMalloc3(size + 1, &shown, size + 1, &alone, 2 * size + 1, &g.outer));
  for (PetscInt i = 0; i < r->atoms.count; i++) {
    double inverse[6];
    AetBlockInvert(block + 6 * i, inverse);
    alone[3 * i] = inverse[0], alone[3 * i + 1] = inverse[3], alone[3 * i + 2] = inverse[5];
  }
  PetscCall(AetImagingAdjoint(r->imaging, &r->optics, &r->atoms, r->residual, PETSC_FALSE, &g));
  Sandwich(r->atoms.count, block, g.outer, held, shown);
  PetscCall(AetRatioNearby(r->atoms.count, r->position, r->species, shown, alone, dispersion));
  PetscCall(PetscFree3(shown, alone, g.outer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance [count][3], of the images alone: of the sparse Fisher matrix, times what draws of the noise show beyond the atoms near. */
static PetscErrorCode Bound(AetRefinery *r, const double *block, double *variance)
{
  const PetscInt probes = (r->settings->probes + NOISE_PROBES - 1) / NOISE_PROBES;
  const size_t   size = 3 * (size_t)r->atoms.count;
  const double   hold = r->hold;
  double        *drawn, *ratio;

  PetscFunctionBegin;
  r->hold = 0;
  PetscCall(PetscMalloc2(size + 1, &drawn, size + 1, &ratio));
  PetscCall(AetRefineryFisher(r, variance));
  PetscCall(AetRefineryDraw(r, block, PETSC_FALSE, probes, drawn));
  for (size_t i = 0; i < size; i++) drawn[i] /= (double)probes;
  PetscCall(AetRatioNearby(r->atoms.count, r->position, r->species, drawn, variance, ratio));
  for (size_t i = 0; i < size; i++) variance[i] *= ratio[i];
  r->hold = hold;
  PetscCall(PetscFree2(drawn, ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance [count][3]: the bound times what the views' residuals show. */
static PetscErrorCode ByViews(AetRefinery *r, const double *block, const double *bound, double *variance)
{
  const size_t size = 3 * (size_t)r->atoms.count;
  double      *ratio, held[3];

  PetscFunctionBegin;
  Held(r, r->settings->alike_deg, held);
  PetscCall(PetscMalloc1(size + 1, &ratio));
  PetscCall(AetRefineryDraw(r, block, PETSC_TRUE, r->settings->probes, variance));
  for (size_t i = 0; i < size; i++) variance[i] *= held[i % 3] / (double)r->settings->probes;
  PetscCall(AetRatioNearby(r->atoms.count, r->position, r->species, variance, bound, ratio));
  for (size_t i = 0; i < size; i++) variance[i] = bound[i] * ratio[i];
  PetscCall(PetscFree(ratio));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineryUncertainty(AetRefinery *r, double *sigma)
{
  const size_t size = 3 * (size_t)r->atoms.count;
  double      *block, *bound, *profile, *dispersion, *scratch;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(2 * size + 1, &block, size + 1, &bound, size + 1, &profile, size + 1, &dispersion, size + 1, &scratch));
  PetscCall(AetImagingBlocks(r->imaging, &r->optics, &r->atoms, r->weight, block));
  PetscCall(Bound(r, block, bound));
  PetscCall(AetRefineryProfileError(r, block, bound, profile));
  PetscCall(AetRefineryEvaluate(r));
  PetscCall(Overdispersion(r, block, dispersion));
  if (r->settings->uncertainty == AET_UNCERTAINTY_VIEWS) PetscCall(ByViews(r, block, bound, sigma));
  if (r->settings->uncertainty == AET_UNCERTAINTY_BOUND) PetscCall(PetscArraycpy(sigma, bound, size));
  if (r->settings->uncertainty == AET_UNCERTAINTY_JACKKNIFE) PetscCall(AetRefineryJackknife(r, bound, sigma));
  for (size_t i = 0; i < size; i++) {
    const double shared = r->settings->uncertainty == AET_UNCERTAINTY_BOUND ? 0 : profile[i];
    sigma[i] = sqrt(PetscMax(sigma[i] + shared, 0)), bound[i] = sqrt(PetscMax(bound[i], 0)), profile[i] = sqrt(PetscMax(profile[i], 0));
  }
  Report(r, sigma, bound, profile, dispersion, scratch);
  PetscCall(PetscFree5(block, bound, profile, dispersion, scratch));
  PetscFunctionReturn(PETSC_SUCCESS);
}
