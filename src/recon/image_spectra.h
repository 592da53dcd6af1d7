/* The 2D spectra of the views, made by their owners and sent to all, a batch at a time. */
#ifndef AET_RECON_IMAGE_SPECTRA_H
#define AET_RECON_IMAGE_SPECTRA_H

#include "recon/kernel/image_spectrum.h"
#include <aet4d/tilt.h>
#include <fftw3.h>

typedef struct {
  AetTiltSeries   tilt;  /* borrowed */
  ptrdiff_t       M[2];  /* padded image, y and x */
  int             batch; /* views at a time */
  AetKaiserBessel kernel;
  float          *factor_y, *factor_x;
  float complex  *half;     /* one spectrum of real data, transformed in place */
  float complex **expanded; /* [batch] */
  PetscBool      *nonzero;  /* [batch]: a view without any light measures nothing */
  fftwf_plan      plan;
} AetImageSpectra;
PetscErrorCode AetImageSpectraCreate(AetTiltSeries tilt, AetImageSpectra *spectra);
/* Bytes of the spectra of a series. Not collective. */
double AetImageSpectraBytes(AetTiltSeries tilt);
PetscErrorCode AetImageSpectraDestroy(AetImageSpectra *spectra);
/* Views first … first+count-1 (count ≤ batch) into expanded[0 …]. Collective. */
PetscErrorCode AetImageSpectraLoad(AetImageSpectra *spectra, ptrdiff_t first, int count);

#endif
