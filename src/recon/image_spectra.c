#include "recon/image_spectra.h"
#include <string.h>

/* Spectra held at a time: enough to pay for a pass over the columns, little beside a padded grid. */
#define BATCH_BYTES (64.0 * 1024 * 1024)

static ptrdiff_t RowFloats(const AetImageSpectra *spectra)
{
  return 2 * (spectra->M[1] / 2 + 1);
}

static PetscErrorCode SpectraAllocate(AetImageSpectra *s)
{
  size_t half = (size_t)(s->M[0] * (s->M[1] / 2 + 1)), expanded = AetImageExpandedSize(s->M);

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(s->tilt->ny, &s->factor_y, s->tilt->nx, &s->factor_x));
  PetscCall(PetscCalloc2(s->batch, &s->expanded, s->batch, &s->nonzero));
  for (int i = 0; i < s->batch; i++) PetscCall(PetscMalloc1(expanded, &s->expanded[i]));
  s->half = fftwf_alloc_complex(half);
  AetCheck(s->half, AET_ERR_MEMORY, "gridding: no memory for the spectrum of an image (%zu bytes)", half * sizeof(float complex));
  s->plan = fftwf_plan_dft_r2c_2d((int)s->M[0], (int)s->M[1], (float *)s->half, s->half, FFTW_ESTIMATE);
  AetCheckFFTW(s->plan);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ChooseGrid(AetImageSpectra *s)
{
  s->M[0] = AetSmoothSize(PetscMax(2 * s->tilt->ny, 2 * AET_IMAGE_TAPS), PETSC_TRUE);
  s->M[1] = AetSmoothSize(PetscMax(2 * s->tilt->nx, 2 * AET_IMAGE_TAPS), PETSC_TRUE);
  s->batch = (int)PetscMax(1, PetscMin((double)s->tilt->views, BATCH_BYTES / (double)(AetImageExpandedSize(s->M) * sizeof(float complex))));
}

double AetImageSpectraBytes(AetTiltSeries tilt)
{
  AetImageSpectra s = {.tilt = tilt};

  ChooseGrid(&s);
  return 8.0 * ((double)s.batch * (double)AetImageExpandedSize(s.M) + (double)(s.M[0] * (s.M[1] / 2 + 1)));
}

PetscErrorCode AetImageSpectraCreate(AetTiltSeries tilt, AetImageSpectra *spectra)
{
  PetscFunctionBegin;
  memset(spectra, 0, sizeof *spectra);
  spectra->tilt = tilt;
  ChooseGrid(spectra);
  PetscCall(AetAgree(tilt->comm, SpectraAllocate(spectra)));
  AetImageKernelInit(&spectra->kernel);
  AetImageDeconvolution(&spectra->kernel, tilt->ny, spectra->M[0], spectra->factor_y);
  AetImageDeconvolution(&spectra->kernel, tilt->nx, spectra->M[1], spectra->factor_x);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImageSpectraDestroy(AetImageSpectra *spectra)
{
  PetscFunctionBegin;
  for (int i = 0; i < spectra->batch; i++) PetscCall(PetscFree(spectra->expanded[i]));
  PetscCall(PetscFree2(spectra->expanded, spectra->nonzero));
  PetscCall(PetscFree2(spectra->factor_y, spectra->factor_x));
  if (spectra->plan) fftwf_destroy_plan(spectra->plan);
  fftwf_free(spectra->half);
  memset(spectra, 0, sizeof *spectra);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImageSpectraLoad(AetImageSpectra *s, ptrdiff_t first, int count)
{
  const ptrdiff_t n[2] = {s->tilt->ny, s->tilt->nx};
  int             rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->tilt->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->tilt->comm, &size));
  for (int i = 0; i < count; i++) {
    ptrdiff_t view = first + i;
    int       owner = AetBlockOwner(s->tilt->views, size, view), nonzero = 0;
    if (rank == owner) {
      const float *image = s->tilt->image + (view - s->tilt->v_start) * n[0] * n[1];
      for (ptrdiff_t p = 0; p < n[0] * n[1] && !nonzero; p++) nonzero = image[p] != 0;
      AetImagePad(n, s->M, RowFloats(s), s->factor_y, s->factor_x, image, (float *)s->half);
      fftwf_execute(s->plan);
    }
    PetscCallMPI(MPI_Bcast(&nonzero, 1, MPI_INT, owner, s->tilt->comm));
    s->nonzero[i] = nonzero ? PETSC_TRUE : PETSC_FALSE;
    if (!nonzero) continue;
    PetscCallMPI(MPI_Barrier(s->tilt->comm)); /* or a rank that is behind would keep all that others send it */
    PetscCallMPI(MPI_Bcast(s->half, (int)(s->M[0] * RowFloats(s)), MPI_FLOAT, owner, s->tilt->comm));
    AetImageExpand(s->M, s->half, s->expanded[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
