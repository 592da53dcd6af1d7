/* Parametric bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 12): measurements of the refined
   model, as they might have been, and what the chain makes of them. docs/theory/uncertainty.md. */
#include "atoms/kernel/pair.h"
#include "recon/kernel/pixels.h"
#include "recon/subseries.h"
#include <aet4d/atoms.h>
#include <math.h>
#include <string.h>

#define STREAM_GAUSSIAN 0x7369676d61700003ull
#define STREAM_COUNTS 0x7369676d61700004ull
#define ROUNDS 6     /* of the fit of the noise */
#define LEAST 1e-3   /* of the noise that weights are made with, over the mean square: counting leaves none where nothing is */
#define FIT_CYCLES 2 /* of the optics, atoms held */

/* 1 at pixels that were measured. */
static PetscErrorCode Measured(AetTiltSeries tilt, PetscBool extended, unsigned char **use)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(tilt->v_count * pixels) + 1, use));
  memset(*use, AET_PIXEL_USED, (size_t)(tilt->v_count * pixels));
  for (ptrdiff_t j = 0; j < tilt->v_count && extended; j++)
    AetPixelsBlankBorder(tilt->ny, tilt->nx, tilt->image + j * pixels, *use + j * pixels);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* s <- Σ u, u P, u P², u d², u P d², 1, d² with u = 1/(floor + slope P + least)², over the views of all ranks. */
static PetscErrorCode NoiseSums(AetTiltSeries tilt, const AetTiltSeries model, const unsigned char *use, const AetBootstrapNoise *noise,
                                double least, double robust, double s[7])
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(7 * (size_t)tilt->v_count + 1, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < tilt->v_count; j++)
    for (ptrdiff_t p = j * pixels; p < (j + 1) * pixels; p++) {
      const double P = PetscMax((double)model->image[p], 0), d = (double)tilt->image[p] - (double)model->image[p];
      const double expected = noise->floor + noise->per_signal * P + least, u = expected > 0 ? 1 / (expected * expected) : 0;
      double       square = d * d, *row = rows + 7 * j;
      if (use[p] != AET_PIXEL_USED) continue;
      row[5] += 1, row[6] += square;
      if (robust > 0 && expected > 0) square = PetscMin(square, robust * robust * expected);
      row[0] += u, row[1] += u * P, row[2] += u * P * P, row[3] += u * square, row[4] += u * P * square;
    }
  PetscCall(AetSumOrdered(tilt->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 7, rows, s));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Variance of a pixel by the model's image: both parts 0 or more, unlike the weights of the refinement without a least floor. */
static PetscErrorCode FitNoise(AetTiltSeries tilt, AetTiltSeries model, const AetRefineSettings *settings, AetBootstrapNoise *noise)
{
  unsigned char *use;
  double         s[7], least = 0;

  PetscFunctionBegin;
  PetscCall(AetAgree(tilt->comm, Measured(tilt, settings->extended, &use)));
  *noise = (AetBootstrapNoise){1, 0};
  PetscCall(NoiseSums(tilt, model, use, noise, 0, 0, s));
  noise->floor = s[5] > 0 ? s[6] / s[5] : 0, least = LEAST * noise->floor;
  for (int round = 0; round < ROUNDS && noise->floor + noise->per_signal > 0; round++) {
    double determinant;
    PetscCall(NoiseSums(tilt, model, use, noise, least, settings->robust, s));
    determinant = s[0] * s[2] - s[1] * s[1];
    noise->per_signal = settings->counting && determinant > 1e-9 * s[0] * s[2] ? PetscMax((s[0] * s[4] - s[1] * s[3]) / determinant, 0) : 0;
    noise->floor = s[0] > 0 ? (s[3] - noise->per_signal * s[1]) / s[0] : 0;
    if (noise->floor < 0) noise->floor = 0, noise->per_signal = s[2] > 0 ? PetscMax(s[4] / s[2], 0) : 0;
  }
  PetscCall(PetscFree(use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBootstrapModel(AetAtoms atoms, AetTiltSeries tilt, const AetRefineSettings *settings, AetTiltSeries *model,
                                 AetBootstrapNoise *noise)
{
  AetRefineSettings still = *settings;
  AetRefineReport   report;
  AetAtoms          copy;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesCreate(tilt->comm, tilt->views, tilt->ny, tilt->nx, tilt->pixel_angstrom, AET_ANGLES_ZYX,
                                (const double(*)[3])tilt->angles_deg, model));
  PetscCall(PetscArraycpy((*model)->rotation, tilt->rotation, tilt->views));
  still.positions_iterations = 0, still.probes = 0, still.cycles = FIT_CYCLES;
  still.model = (*model)->image;
  PetscCall(AetAtomsCopy(atoms, &copy));
  PetscCall(AetRefine(copy, tilt, &still, &report));
  PetscCall(AetAtomsDestroy(&copy));
  PetscCall(FitNoise(tilt, *model, settings, noise));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetBootstrapShare(AetTiltSeries model, MPI_Comm group, AetTiltSeries *shared)
{
  ptrdiff_t *view;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)model->views, &view));
  for (ptrdiff_t j = 0; j < model->views; j++) view[j] = j;
  PetscCall(AetSubseries(model, group, model->views, view, shared));
  PetscCall(PetscFree(view));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts where the noise grows with the signal, so that nothing is below what an empty pixel may be; the floor is Gaussian. */
static double Measure(const AetBootstrapNoise *noise, uint64_t seed, uint64_t key, double P)
{
  double value = P;

  if (noise->per_signal > 0 && P > 0) value = noise->per_signal * AetRandomPoisson(seed, STREAM_COUNTS, key, P / noise->per_signal);
  if (noise->floor > 0) value += sqrt(noise->floor) * AetRandomNormal(seed, STREAM_GAUSSIAN, key);
  return value;
}

PetscErrorCode AetBootstrapReplica(AetTiltSeries model, const AetBootstrapNoise *noise, uint64_t seed, PetscInt replica,
                                   AetTiltSeries *series)
{
  const ptrdiff_t pixels = model->ny * model->nx;

  PetscFunctionBegin;
  PetscCall(AetTiltSeriesCreate(model->comm, model->views, model->ny, model->nx, model->pixel_angstrom, AET_ANGLES_ZYX,
                                (const double(*)[3])model->angles_deg, series));
  PetscCall(PetscArraycpy((*series)->rotation, model->rotation, model->views));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < model->v_count * pixels; p++) {
    const uint64_t key = ((uint64_t)replica * (uint64_t)model->views + (uint64_t)model->v_start) * (uint64_t)pixels + (uint64_t)p;
    (*series)->image[p] = (float)Measure(noise, seed, key, (double)model->image[p]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
