/* 3D Fourier filtering: what stands out of the radial background (docs/theory/fourier_filter.md). */
#include "recon/kernel/grow.h"
#include "recon/kernel/shell.h"
#include "recon/kernel/wiener.h"
#include "recon/recon_private.h"
#include "recon/spectrum_halo.h"
#include <math.h>
#include <omp.h>
#include <string.h>

enum {
  MEDIAN_LEAST = 64, /* coefficients behind a median: smaller shells share one */
  SUMS = 4           /* of a row of k_y: coefficients found, gain, power kept, power */
};

typedef struct {
  MPI_Comm                        comm;
  const AetFourierFilterSettings *settings;
  AetTransform                    transform;
  ptrdiff_t                       N[3], Kx, ky_start, ky_count;
  int                             threads, reach, shells, groups;
  float complex                  *spectrum;   /* [ky_count][Kx][N_z] */
  int                            *shell;      /* [threads][N_z], of the column at hand */
  int                            *group;      /* [shells] */
  float                          *background; /* [groups] square of the median of |F| */
  void                           *field;      /* AetSpectrumHalo's array: squared distances (bytes) or gains (floats) */
  double                         *rows;       /* [ky_count][SUMS] */
} Filter;

PetscErrorCode AetFourierFilterSettingsFromOptions(AetFourierFilterSettings *settings)
{
  int kind;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetReconOptions));
  PetscCall(AetOptionGetEnum("recon_filter", &kind));
  settings->kind = (AetFourierFilter)kind;
  PetscCall(AetOptionGetReal("recon_filter_threshold", &settings->threshold));
  PetscCall(AetOptionGetReal("recon_filter_radius", &settings->radius));
  PetscCall(AetOptionGetReal("recon_filter_edge", &settings->edge));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- background */

static const float complex *Column(const Filter *f, ptrdiff_t row, ptrdiff_t kx)
{
  return f->spectrum + (row * f->Kx + kx) * f->N[0];
}

/* Shells of a column into this thread's array. */
static const int *Shells(const Filter *f, ptrdiff_t row, ptrdiff_t kx)
{
  int *shell = f->shell + omp_get_thread_num() * f->N[0];

  aet_shell_column(f->N, f->ky_start + row, kx, shell);
  return shell;
}

/* weight[shells]: coefficients of the whole spectrum in each shell. */
static PetscErrorCode ShellWeights(const Filter *f, int64_t *weight)
{
  PetscFunctionBegin;
  for (ptrdiff_t row = 0; row < f->ky_count; row++)
    for (ptrdiff_t kx = 0; kx < f->Kx; kx++) {
      const int *shell = Shells(f, row, kx), copies = aet_shell_copies(f->N, kx);
      for (ptrdiff_t kz = 0; kz < f->N[0]; kz++) weight[shell[kz]] += copies;
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, weight, f->shells, MPI_INT64_T, MPI_SUM, f->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The counts of one byte over all threads and ranks, in the first thread's histogram. */
static PetscErrorCode CountBytes(const Filter *f, int pass, const uint32_t *found, int64_t *histogram)
{
  const ptrdiff_t bins = (ptrdiff_t)f->groups * AET_SHELL_BINS;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(histogram, f->threads * bins));
#pragma omp parallel for num_threads(f->threads) schedule(static)
  for (ptrdiff_t row = 0; row < f->ky_count; row++)
    for (ptrdiff_t kx = 0; kx < f->Kx; kx++)
      aet_shell_count_bytes(f->N[0], Column(f, row, kx), Shells(f, row, kx), f->group, aet_shell_copies(f->N, kx), pass, found,
                            histogram + omp_get_thread_num() * bins);
  for (int t = 1; t < f->threads; t++)
    for (ptrdiff_t b = 0; b < bins; b++) histogram[b] += histogram[t * bins + b];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, histogram, (int)bins, MPI_INT64_T, MPI_SUM, f->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Background(Filter *f)
{
  int64_t  *weight, *wanted, *histogram;
  uint32_t *found;

  PetscFunctionBegin;
  PetscCall(PetscCalloc3(f->shells, &weight, f->shells, &wanted, f->shells, &found));
  PetscCall(ShellWeights(f, weight));
  f->groups = aet_shell_groups(f->shells, weight, MEDIAN_LEAST, f->group);
  for (int s = 0; s < f->shells; s++) wanted[f->group[s]] += weight[s];
  for (int g = 0; g < f->groups; g++) wanted[g] = (wanted[g] - 1) / 2;
  PetscCall(AetAgree(f->comm, PetscMalloc1((size_t)f->threads * (size_t)f->groups * AET_SHELL_BINS, &histogram)));
  for (int pass = 0; pass < AET_SHELL_PASSES; pass++) {
    PetscCall(CountBytes(f, pass, found, histogram));
    aet_shell_take_byte(f->groups, histogram, found, wanted);
  }
  for (int g = 0; g < f->groups; g++) f->background[g] = aet_shell_value(found[g]);
  PetscCall(PetscFree(histogram));
  PetscCall(PetscFree3(weight, wanted, found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the mask of Bragg peaks */

static unsigned char *Near(const Filter *f, ptrdiff_t e, ptrdiff_t x)
{
  return (unsigned char *)f->field + (e * (f->Kx + 2 * f->reach) + x) * f->N[0];
}

/* 0 on coefficients above the threshold and on the mean, far elsewhere. */
static void FindPeaks(Filter *f)
{
  const ptrdiff_t Nz = f->N[0];

#pragma omp parallel for num_threads(f->threads) schedule(static)
  for (ptrdiff_t row = 0; row < f->ky_count; row++)
    for (ptrdiff_t kx = 0; kx < f->Kx; kx++) {
      const float complex *column = Column(f, row, kx);
      const int           *shell = Shells(f, row, kx);
      unsigned char       *near = Near(f, row + f->reach, kx + f->reach);
      for (ptrdiff_t kz = 0; kz < Nz; kz++) {
        const PetscBool found = (PetscBool)(aet_power(column[kz]) > f->settings->threshold * f->background[f->group[shell[kz]]]);
        const PetscBool mean = (PetscBool)(f->ky_start + row + kx + kz == 0);
        near[kz] = found || mean ? 0 : AET_GROW_FAR;
        if (found) f->rows[SUMS * row] += aet_shell_copies(f->N, kx);
      }
    }
}

/* Distances along k_z, then k_x, then k_y. Results move to the front of the array, where nothing is read any more. */
static PetscErrorCode Grow(Filter *f)
{
  const ptrdiff_t Nz = f->N[0], rows = f->ky_count ? f->ky_count + 2 * f->reach : 0, width = f->Kx + 2 * f->reach;
  unsigned char  *work;

  PetscFunctionBegin;
  PetscCall(AetSpectrumHalo(f->comm, f->N, f->reach, 1, f->field));
  PetscCall(AetAgree(f->comm, PetscMalloc1(f->threads * (Nz + 2 * f->reach), &work)));
#pragma omp parallel num_threads(f->threads)
  {
    const unsigned char *runs[2 * AET_GROW_REACH_MAX + 1];
#pragma omp for schedule(static)
    for (ptrdiff_t e = 0; e < rows; e++) {
      for (ptrdiff_t x = 0; x < width; x++) aet_grow_line(f->reach, Nz, Near(f, e, x), work + omp_get_thread_num() * (Nz + 2 * f->reach));
      for (ptrdiff_t x = 0; x < f->Kx; x++) {
        for (int j = 0; j <= 2 * f->reach; j++) runs[j] = Near(f, e, x + j);
        aet_grow_runs(f->reach, Nz, runs, Near(f, e, x));
      }
    }
#pragma omp for schedule(static)
    for (ptrdiff_t x = 0; x < f->Kx; x++)
      for (ptrdiff_t row = 0; row < f->ky_count; row++) {
        for (int j = 0; j <= 2 * f->reach; j++) runs[j] = Near(f, row + j, x);
        aet_grow_runs(f->reach, Nz, runs, Near(f, row, x));
      }
  }
  PetscCall(PetscFree(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void BraggGain(const Filter *f, ptrdiff_t row, ptrdiff_t kx, float *gain)
{
  const unsigned char *near = Near(f, row, kx);

  for (ptrdiff_t kz = 0; kz < f->N[0]; kz++)
    gain[kz] = near[kz] == AET_GROW_FAR ? 0 : aet_grow_weight(near[kz], f->settings->radius, f->settings->edge);
}

/* ---------------------------------------------------------------- the Wiener gain */

static float *Gain(const Filter *f, ptrdiff_t e, ptrdiff_t x)
{
  return (float *)f->field + (e * (f->Kx + 2 * f->reach) + x) * f->N[0];
}

static PetscErrorCode WienerGains(Filter *f)
{
  PetscFunctionBegin;
#pragma omp parallel for num_threads(f->threads) schedule(static)
  for (ptrdiff_t row = 0; row < f->ky_count; row++)
    for (ptrdiff_t kx = 0; kx < f->Kx; kx++) {
      float *gain = Gain(f, row + 1, kx + 1);
      aet_wiener_gain(f->N[0], Column(f, row, kx), Shells(f, row, kx), f->group, f->background, gain);
      for (ptrdiff_t kz = 0; kz < f->N[0]; kz++) f->rows[SUMS * row] += gain[kz] > 0 ? aet_shell_copies(f->N, kx) : 0;
    }
  PetscCall(AetSpectrumHalo(f->comm, f->N, 1, sizeof(float), f->field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WienerGain(const Filter *f, ptrdiff_t row, ptrdiff_t kx, float *gain)
{
  const float *from[9];

  for (int l = 0; l < 9; l++) from[l] = Gain(f, row + l / 3, kx + l % 3);
  aet_wiener_box(f->N[0], from, gain);
}

/* ---------------------------------------------------------------- both */

/* Multiplies the spectrum by the gain, the mean by 1. */
static PetscErrorCode ApplyGain(Filter *f)
{
  const PetscBool bragg = (PetscBool)(f->settings->kind == AET_FOURIER_FILTER_BRAGG);
  float          *gains;

  PetscFunctionBegin;
  PetscCall(AetAgree(f->comm, PetscMalloc1(f->threads * f->N[0], &gains)));
#pragma omp parallel for num_threads(f->threads) schedule(static)
  for (ptrdiff_t row = 0; row < f->ky_count; row++)
    for (ptrdiff_t kx = 0; kx < f->Kx; kx++) {
      float complex *column = f->spectrum + (row * f->Kx + kx) * f->N[0];
      float         *gain = gains + omp_get_thread_num() * f->N[0];
      double        *sums = f->rows + SUMS * row, copies = aet_shell_copies(f->N, kx);
      if (bragg)
        BraggGain(f, row, kx, gain);
      else
        WienerGain(f, row, kx, gain);
      if (f->ky_start + row + kx == 0) gain[0] = 1;
      for (ptrdiff_t kz = 0; kz < f->N[0]; kz++) {
        const double power = copies * aet_power(column[kz]);
        column[kz] *= gain[kz];
        sums[1] += copies * gain[kz], sums[2] += power * gain[kz] * gain[kz], sums[3] += power;
      }
    }
  PetscCall(PetscFree(gains));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ChooseGrid(const ptrdiff_t n[3], const AetFourierFilterSettings *settings, Filter *f)
{
  PetscFunctionBegin;
  *f = (Filter){.settings = settings, .threads = AetThreads()};
  f->reach = settings->kind == AET_FOURIER_FILTER_BRAGG ? (int)ceil(settings->radius + settings->edge) : 1;
  AetCheck(f->reach <= AET_GROW_REACH_MAX, AET_ERR_INPUT, "recon_filter_radius + recon_filter_edge: expected at most %d, found %g",
           AET_GROW_REACH_MAX, settings->radius + settings->edge);
  for (int a = 0; a < 3; a++) f->N[a] = AetSmoothSize(PetscMax(n[a], 2 * f->reach + 2), PETSC_TRUE);
  f->Kx = f->N[2] / 2 + 1;
  f->shells = aet_shell_count(f->N);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FilterCreate(AetVolume volume, const AetFourierFilterSettings *settings, Filter *f)
{
  const PetscBool bragg = (PetscBool)(settings->kind == AET_FOURIER_FILTER_BRAGG);
  ptrdiff_t       length, wide;
  PetscErrorCode  code;

  PetscFunctionBegin;
  PetscCall(ChooseGrid(volume->n, settings, f));
  f->comm = volume->comm;
  PetscCall(AetTransformCreate(volume->comm, volume->n, f->N, &f->transform));
  PetscCall(AetTransformGetLayout(f->transform, NULL, NULL, &f->ky_start, &f->ky_count, &length));
  wide = f->ky_count ? (f->ky_count + 2 * f->reach) * (f->Kx + 2 * f->reach) * f->N[0] : 0;
  code = PetscMalloc1(length, &f->spectrum);
  if (!code) code = PetscMalloc1((size_t)wide * (bragg ? 1 : sizeof(float)), (char **)&f->field);
  if (!code) code = PetscMalloc3(f->threads * f->N[0], &f->shell, f->shells, &f->group, f->shells, &f->background);
  if (!code) code = PetscCalloc1(SUMS * f->ky_count, &f->rows);
  PetscCall(AetAgree(f->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFourierFilterEstimateOn(const ptrdiff_t n[3], const AetFourierFilterSettings *settings, int ranks, double *bytes)
{
  Filter    f;
  ptrdiff_t start, rows;

  PetscFunctionBegin;
  *bytes = 0;
  if (settings->kind == AET_FOURIER_FILTER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(ChooseGrid(n, settings, &f));
  AetBlock(f.N[1], 0, ranks, &start, &rows);
  *bytes = AetTransformBytes(n, f.N, ranks, f.threads) + 8.0 * (double)rows * (double)f.Kx * (double)f.N[0];
  *bytes += (settings->kind == AET_FOURIER_FILTER_BRAGG ? 1.0 : 4.0) * (double)(rows + 2 * f.reach) * (double)(f.Kx + 2 * f.reach) *
            (double)f.N[0];
  *bytes += 8.0 * f.threads * f.shells * AET_SHELL_BINS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FilterDestroy(Filter *f)
{
  PetscFunctionBegin;
  PetscCall(AetTransformDestroy(&f->transform));
  PetscCall(PetscFree(f->spectrum));
  PetscCall(PetscFree(f->field));
  PetscCall(PetscFree3(f->shell, f->group, f->background));
  PetscCall(PetscFree(f->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FillReport(const Filter *f, AetVolume volume, AetFourierFilterReport *report)
{
  const AetFourierFilterSettings *s = f->settings;
  const double                    points = (double)f->N[0] * (double)f->N[1] * (double)f->N[2];
  const size_t                    said = strlen(volume->processing);
  double                          sums[SUMS];
  char                            how[96] = "";

  PetscFunctionBegin;
  PetscCall(AetSumOrdered(f->comm, (PetscInt)f->ky_start, (PetscInt)f->ky_count, (PetscInt)f->N[1], SUMS, f->rows, sums));
  AetCheck(isfinite(sums[3]), AET_ERR_DATA, "volume to filter: expected finite values, found others");
  report->found_fraction = sums[0] / points;
  report->kept_fraction = sums[1] / points;
  report->kept_power = sums[3] > 0 ? sums[2] / sums[3] : 1;
  if (s->kind == AET_FOURIER_FILTER_BRAGG)
    snprintf(how, sizeof how, " (threshold %g, radius %g, edge %g)", s->threshold, s->radius, s->edge);
  snprintf(volume->processing + said, sizeof volume->processing - said,
           "%sFourier filter %s%s: kept %.3g of the spectrum; defects may be suppressed", said ? "; " : "", report->name, how,
           report->kept_fraction);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeFourierFilter(AetVolume volume, const AetFourierFilterSettings *settings, AetFourierFilterReport *report)
{
  static const char *const names[] = {"none", "bragg", "wiener"};
  const ptrdiff_t          voxels = volume->z_count * volume->n[1] * volume->n[2];
  Filter                   f;

  PetscFunctionBegin;
  *report = (AetFourierFilterReport){.name = names[settings->kind], .found_fraction = 1, .kept_fraction = 1, .kept_power = 1};
  if (settings->kind == AET_FOURIER_FILTER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FilterCreate(volume, settings, &f));
  PetscCall(AetTransformForward(f.transform, volume->data, f.spectrum));
  PetscCall(Background(&f));
  if (settings->kind == AET_FOURIER_FILTER_BRAGG) {
    FindPeaks(&f);
    PetscCall(Grow(&f));
  } else {
    PetscCall(WienerGains(&f));
  }
  PetscCall(ApplyGain(&f));
  PetscCall(FillReport(&f, volume, report));
  PetscCall(AetTransformBackward(f.transform, f.spectrum, volume->data));
  for (ptrdiff_t i = 0; i < voxels; i++) volume->data[i] /= (float)((double)f.N[0] * (double)f.N[1] * (double)f.N[2]);
  PetscCall(FilterDestroy(&f));
  PetscFunctionReturn(PETSC_SUCCESS);
}
