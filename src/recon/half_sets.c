/* Resolution by half sets: reconstructions from the odd and the even views, compared shell by shell. */
#include "recon/kernel/resolution.h"
#include "recon/metrics_private.h"
#include "recon/recon_private.h"

/* Images of the views of one parity, in order: view 2h + parity of `tilt` is view h of `half`. */
static PetscErrorCode MoveImages(AetTiltSeries tilt, int parity, AetTiltSeries half)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  MPI_Request    *request;
  MPI_Datatype    row;
  int             size, count = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(tilt->comm, &size));
  PetscCall(AetAgree(tilt->comm, PetscMalloc1(tilt->v_count + half->v_count, &request)));
  PetscCallMPI(MPI_Type_contiguous((int)tilt->nx, MPI_FLOAT, &row)); /* an image may have more pixels than an int counts */
  PetscCallMPI(MPI_Type_commit(&row));
  for (ptrdiff_t h = 0; h < half->v_count; h++)
    PetscCallMPI(MPI_Irecv(half->image + h * pixels, (int)tilt->ny, row, AetBlockOwner(tilt->views, size, 2 * (half->v_start + h) + parity),
                           parity, tilt->comm, &request[count++]));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    const ptrdiff_t view = tilt->v_start + v;
    if (view % 2 != parity) continue;
    PetscCallMPI(MPI_Isend(tilt->image + v * pixels, (int)tilt->ny, row, AetBlockOwner(half->views, size, view / 2), parity, tilt->comm,
                           &request[count++]));
  }
  PetscCallMPI(MPI_Waitall(count, request, MPI_STATUSES_IGNORE));
  PetscCallMPI(MPI_Type_free(&row));
  PetscCall(PetscFree(request));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode HalfSeries(AetTiltSeries tilt, int parity, AetTiltSeries *half)
{
  const ptrdiff_t views = (tilt->views + 1 - parity) / 2;
  double(*angles)[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(views, &angles));
  for (ptrdiff_t h = 0; h < views; h++) PetscCall(PetscArraycpy(angles[h], tilt->angles_deg[2 * h + parity], 3));
  PetscCall(
      AetTiltSeriesCreate(tilt->comm, views, tilt->ny, tilt->nx, tilt->pixel_angstrom, AET_ANGLES_ZYX, (const double(*)[3])angles, half));
  PetscCall(PetscFree(angles));
  for (ptrdiff_t h = 0; h < views; h++) PetscCall(PetscArraycpy((*half)->rotation[h], tilt->rotation[2 * h + parity], 9));
  PetscCall(MoveImages(tilt, parity, *half));
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
