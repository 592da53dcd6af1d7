/* Multislice images: the work, which is orientations × configurations × bands of rows of the probe, over ranks and threads. */
#include "simulate/kernel/wave.h"
#include "simulate/multislice_private.h"
#include <math.h>
#include <string.h>

#define BAND 4                 /* rows of an image in one piece of work */
#define UNITS 0x1p40           /* of the integer sums: they do not depend on their order */
#define SUMS_LARGEST (8 << 20) /* pixels summed at a time */

/* Whether an atom of slice k lies in the window that begins at (top, left). */
static int Meets(const AetMicroscope *m, const AetSlices *s, int k, ptrdiff_t top, ptrdiff_t left)
{
  for (PetscInt i = s->first[k]; i < s->first[k + 1]; i++) {
    const double x = s->at[2 * i] - (double)left, y = s->at[2 * i + 1] - (double)top;
    if (x >= 0 && y >= 0 && x < (double)m->n && y < (double)m->n) return 1;
  }
  return 0;
}

double AetProbeSignal(const AetMicroscope *m, const AetSlices *s, ptrdiff_t j, ptrdiff_t i, float complex *wave)
{
  const ptrdiff_t n = m->n, top = j * m->per_pixel, left = i * m->per_pixel, size = m->grid[0] * m->grid[1];
  int             k = 0, next;

  while (k < s->count && !Meets(m, s, k, top, left)) k++;
  if (k == s->count) return s->vacuum;
  AetKernelTransmit(n, s->probe + k * m->room, s->transmission + k * size + top * m->grid[1] + left, m->grid[1], wave);
  for (;; k = next) {
    AetToSpectrum(m, wave);
    for (next = k + 1; next < s->count && !Meets(m, s, next, top, left); next++)
      ;
    if (next == s->count) return AetKernelDetect(n, m->reach, m->detector, wave);
    AetKernelPropagate(n, m->reach, m->propagator, next - k, wave);
    AetToWave(m, wave);
    AetKernelTransmit(n, wave, s->transmission + next * size + top * m->grid[1] + left, m->grid[1], wave);
  }
}

/* Adds rows j0 … j1-1 of one configuration to sums [ny][nx]. */
static void Scan(const AetMicroscope *m, const AetSlices *s, ptrdiff_t j0, ptrdiff_t j1, float complex *waves, int64_t *sums)
{
  const int threads = AetThreads();

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t p = j0 * m->nx + t; p < j1 * m->nx; p += threads)
      sums[p] += llrint(UNITS * AetProbeSignal(m, s, p / m->nx, p % m->nx, waves + t * m->room));
}

/* sums [views][ny][nx] of the views from `view`: this rank's share of the work. */
static PetscErrorCode Share(MPI_Comm comm, const AetMicroscope *m, const double (*rotation)[9], ptrdiff_t view, ptrdiff_t views,
                            int64_t *sums)
{
  const ptrdiff_t bands = (m->ny + BAND - 1) / BAND, configurations = m->settings->configurations;
  ptrdiff_t       start, count, made = -1;
  int             rank, size;
  float complex  *waves = AetWaves(AetThreads() * m->room);
  AetSlices       slices = {0};
  AetProgress     progress;

  PetscFunctionBegin;
  PetscCheck(waves, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the waves of the probes");
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(views * configurations * bands, rank, size, &start, &count);
  PetscCall(AetProgressCreate(comm, "multislice", (PetscInt)count, &progress));
  for (ptrdiff_t task = start; task < start + count; task++) {
    const ptrdiff_t pair = task / bands, v = pair / configurations, band = task % bands;
    if (pair != made) {
      AetSlicesDestroy(&slices);
      PetscCall(AetSlicesCreate(m, rotation[view + v], (uint64_t)(view * configurations + pair), &slices));
      made = pair;
    }
    Scan(m, &slices, band * BAND, PetscMin((band + 1) * BAND, m->ny), waves, sums + v * m->ny * m->nx);
    PetscCall(AetProgressStep(progress, (PetscInt)(task - start + 1), NULL));
  }
  PetscCall(AetProgressDestroy(&progress));
  AetSlicesDestroy(&slices);
  fftwf_free(waves);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImageBlur(ptrdiff_t ny, ptrdiff_t nx, double sigma, float *image)
{
  fftwf_plan there, back;

  PetscFunctionBegin;
  if (sigma == 0) PetscFunctionReturn(PETSC_SUCCESS);
  there = fftwf_plan_r2r_2d((int)ny, (int)nx, image, image, FFTW_REDFT10, FFTW_REDFT10, FFTW_ESTIMATE | FFTW_UNALIGNED);
  back = fftwf_plan_r2r_2d((int)ny, (int)nx, image, image, FFTW_REDFT01, FFTW_REDFT01, FFTW_ESTIMATE | FFTW_UNALIGNED);
  AetCheckFFTW(there);
  AetCheckFFTW(back);
  fftwf_execute(there);
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double ky = (double)y / (2 * (double)ny), kx = (double)x / (2 * (double)nx);
      image[y * nx + x] *= (float)(exp(-2 * M_PI * M_PI * sigma * sigma * (ky * ky + kx * kx)) / (4 * (double)(ny * nx)));
    }
  fftwf_execute(back);
  fftwf_destroy_plan(there);
  fftwf_destroy_plan(back);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Images of the views that this rank owns among those of `sums`, which begin at `view`. */
static PetscErrorCode Finish(MPI_Comm comm, const AetMicroscope *m, ptrdiff_t all, ptrdiff_t view, ptrdiff_t views, const int64_t *sums,
                             float *images)
{
  const ptrdiff_t pixels = m->ny * m->nx;
  const double    sigma = m->settings->source_fwhm_angstrom / sqrt(8 * log(2)) / m->pixel;
  ptrdiff_t       start, count;
  int             rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(all, rank, size, &start, &count);
  for (ptrdiff_t v = PetscMax(view, start); v < PetscMin(view + views, start + count); v++) {
    float *image = images + (v - start) * pixels;
    for (ptrdiff_t p = 0; p < pixels; p++)
      image[p] = (float)((double)sums[(v - view) * pixels + p] / (UNITS * (double)m->settings->configurations));
    PetscCall(AetImageBlur(m->ny, m->nx, sigma, image));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateMultislice(MPI_Comm comm, const AetSpecimen *specimen, const AetMultisliceSettings *settings, ptrdiff_t views,
                                     const double (*rotation)[9], ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom, float *images)
{
  const ptrdiff_t pixels = ny * nx, chunk = PetscMax(1, SUMS_LARGEST / pixels);
  AetMicroscope   m;
  int64_t        *sums;

  PetscFunctionBegin;
  AetEventBegin(AET_EVENT_SIMULATE);
  PetscCall(AetAgree(comm, AetMicroscopeCreate(specimen, settings, views, rotation, ny, nx, pixel_angstrom, &m)));
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(PetscMin(chunk, views) * pixels), &sums)));
  for (ptrdiff_t view = 0; view < views; view += chunk) {
    const ptrdiff_t count = PetscMin(chunk, views - view);
    memset(sums, 0, sizeof *sums * (size_t)(count * pixels));
    PetscCall(AetAgree(comm, Share(comm, &m, rotation, view, count, sums)));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, (int)(count * pixels), MPI_INT64_T, MPI_SUM, comm));
    PetscCall(AetAgree(comm, Finish(comm, &m, views, view, count, sums, images)));
  }
  PetscCall(PetscFree(sums));
  AetMicroscopeDestroy(&m);
  AetEventEnd(AET_EVENT_SIMULATE);
  PetscFunctionReturn(PETSC_SUCCESS);
}
