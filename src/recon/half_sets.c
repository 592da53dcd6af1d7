/* Resolution by half sets: reconstructions from the odd and the even views, compared shell by shell. */
#include "recon/kernel/resolution.h"
#include "recon/metrics_private.h"
#include "recon/recon_private.h"
#include "recon/subseries.h"

/* Views of one parity: view 2h + parity of `tilt` is view h of `half`. */
static PetscErrorCode HalfSeries(AetTiltSeries tilt, int parity, AetTiltSeries *half)
{
  unsigned char *odd;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(tilt->views, &odd));
  for (ptrdiff_t v = 0; v < tilt->views; v++) odd[v] = v % 2;
  PetscCall(AetSubseriesWhere(tilt, tilt->comm, odd, (unsigned char)parity, half));
  PetscCall(PetscFree(odd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReconstructHalf(AetTiltSeries tilt, int parity, AetVolume *volume)
{
  AetTiltSeries half;
  AetRecon      recon;

  PetscFunctionBegin;
  PetscCall(HalfSeries(tilt, parity, &half));
  PetscCall(AetReconCreate(half, &recon));
  PetscCall(AetReconSetFromOptions(recon));
  PetscCall(AetReconSolve(recon, volume));
  PetscCall(AetReconDestroy(&recon));
  PetscCall(AetTiltSeriesDestroy(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frequencies, thresholds and crossings of a curve whose shells hold coefficients[shells] Fourier coefficients. */
static PetscErrorCode Resolve(AetVolume volume, const double *coefficients, AetResolution *r)
{
  const double constants[2] = {0.5, 0.143};
  double      *found[2] = {&r->angstrom_05, &r->angstrom_0143}, *constant;
  const double size = (double)PetscMin(volume->n[0], PetscMin(volume->n[1], volume->n[2])) * volume->pixel_angstrom;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(r->shells, &r->frequency));
  PetscCall(PetscMalloc1(r->shells, &r->half_bit));
  PetscCall(PetscMalloc1(r->shells, &constant));
  for (int s = 0; s < r->shells; s++) {
    r->frequency[s] = s / size;
    r->half_bit[s] = aet_half_bit(coefficients[s] / 2); /* those at k and -k are one: the volume is real */
  }
  for (int c = 0; c < 2; c++) {
    for (int s = 0; s < r->shells; s++) constant[s] = constants[c];
    *found[c] = size / aet_first_crossing(r->shells, r->fsc, constant);
  }
  r->angstrom_half_bit = size / aet_first_crossing(r->shells, r->fsc, r->half_bit);
  PetscCall(PetscFree(constant));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetReconHalfSets(AetTiltSeries tilt, AetResolution *resolution)
{
  AetVolume half[2];
  double   *coefficients;

  PetscFunctionBegin;
  AetCheck(tilt->views >= 2, AET_ERR_INPUT, "recon_half_sets: expected 2 views or more, found %td", tilt->views);
  PetscCall(PetscMemzero(resolution, sizeof *resolution));
  for (int parity = 0; parity < 2; parity++) PetscCall(ReconstructHalf(tilt, parity, &half[parity]));
  PetscCall(AetShellCorrelation(half[0], half[1], &resolution->shells, &resolution->fsc, &coefficients));
  AetCheck(resolution->shells > 1, AET_ERR_INPUT, "recon_half_sets: expected volumes of 2 voxels or more along each axis, found one");
  PetscCall(Resolve(half[0], coefficients, resolution));
  PetscCall(PetscFree(coefficients));
  for (int parity = 0; parity < 2; parity++) PetscCall(AetVolumeDestroy(&half[parity]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetResolutionFree(AetResolution *resolution)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(resolution->frequency));
  PetscCall(PetscFree(resolution->fsc));
  PetscCall(PetscFree(resolution->half_bit));
  resolution->shells = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
