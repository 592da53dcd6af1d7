/* What was done to every image of a series (docs/theory/preparation.md). */
#include "tilt/tilt_private.h"
#include <stddef.h>
#include <string.h>

#define COLUMN(field, unit, text) \
  { \
#field, unit, text, (int)(sizeof((AetPreparedView *)0)->field / sizeof(double)), offsetof(AetPreparedView, field) \
  }

const AetPreparationColumn AetPreparationColumns[] = {
    COLUMN(frames, "", "frames of the view"),
    COLUMN(frames_used, "", "frames that were averaged"),
    COLUMN(drift_px, "px", "root mean square shift of the frames from their mean"),
    COLUMN(drift_residual_px, "px", "root mean square of what contradicts the shifts"),
    COLUMN(drift_rate, "px", "x, y: drift within the frames per line, mean"),
    COLUMN(denoised, "", "root mean square change by denoising"),
    COLUMN(background, "", "background that was taken off, at the origin of the image"),
    COLUMN(slope, "1/px", "x, y: slope of that background"),
    COLUMN(noise, "", "root mean square of the background, single pixels"),
    COLUMN(object, "", "part of the image that the object's mask covers"),
    COLUMN(total, "", "intensity of the object before scaling"),
    COLUMN(scale, "", "factor"),
    COLUMN(shift_px, "px", "u, v: where the object lay, by which the image was moved back"),
    COLUMN(centre_error_px, "px", "standard deviation of the centre of mass along x by the noise of the background"),
    COLUMN(line_misfit, "", "of the profile with the common line, relative"),
    COLUMN(angles_given, "deg", "phi, theta, psi before"),
    COLUMN(angles_deg, "deg", "phi, theta, psi after"),
    COLUMN(refined_px, "px", "u, v: part of the shift that the refinement against reconstructions added"),
    COLUMN(two_ways, "", "difference of the two ways of denoising, relative to the deviation of the image from its mean"),
    COLUMN(two_ways_ring, "1/px", "frequency at which the ring correlation of the two ways falls to a half"),
    COLUMN(denoise_flagged, "", "1: the two ways differ more than in other images, or structure was taken away"),
};
const int AetPreparationColumnCount = (int)(sizeof AetPreparationColumns / sizeof AetPreparationColumns[0]);

enum { WIDTH = (int)(sizeof(AetPreparedView) / sizeof(double)) };

PetscErrorCode AetPreparationAllocate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                      AetPreparation *preparation)
{
  AetPreparation record;

  PetscFunctionBegin;
  *preparation = NULL;
  PetscCall(PetscNew(&record));
  PetscCallMPI(MPI_Comm_dup(comm, &record->comm));
  record->views = views, record->ny = ny, record->nx = nx;
  record->pixel_angstrom = pixel_angstrom;
  AetDistortionIdentity(pixel_angstrom, &record->distortion);
  *preparation = record;
  PetscCall(AetAgree(comm, PetscCalloc1((size_t)views, &record->view)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationCreate(AetTiltSeries tilt, AetPreparation *preparation)
{
  PetscFunctionBegin;
  PetscCall(AetPreparationAllocate(tilt->comm, tilt->views, tilt->ny, tilt->nx, tilt->pixel_angstrom, preparation));
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    AetPreparedView *view = &(*preparation)->view[v];
    view->scale = view->frames = view->frames_used = 1;
    memcpy(view->angles_given, tilt->angles_deg[v], sizeof view->angles_given);
    memcpy(view->angles_deg, tilt->angles_deg[v], sizeof view->angles_deg);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationDestroy(AetPreparation *preparation)
{
  PetscFunctionBegin;
  if (!*preparation) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*preparation)->view));
  PetscCall(PetscFree((*preparation)->repeat));
  PetscCall(AetDriftRecordDestroy(&(*preparation)->drift));
  PetscCallMPI(MPI_Comm_free(&(*preparation)->comm));
  PetscCall(PetscFree(*preparation));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationShare(AetPreparation preparation)
{
  PetscMPIInt rank, size;
  int        *counts, *starts;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(preparation->comm, &rank));
  PetscCallMPI(MPI_Comm_size(preparation->comm, &size));
  PetscCall(AetAgree(preparation->comm, PetscMalloc2((size_t)size, &counts, (size_t)size, &starts)));
  for (int r = 0; r < size; r++) {
    ptrdiff_t start, count;
    AetBlock(preparation->views, r, size, &start, &count);
    counts[r] = (int)count * WIDTH, starts[r] = (int)start * WIDTH;
  }
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, preparation->view, counts, starts, MPI_DOUBLE, preparation->comm));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSame(AetPreparation preparation, AetTiltSeries tilt)
{
  PetscFunctionBegin;
  AetCheck(
      tilt->views == preparation->views && tilt->ny == preparation->ny && tilt->nx == preparation->nx, AET_ERR_INPUT,
      "prepare_transforms: expected %td images of %td x %td pixels as the series the transforms were made with, found %td of %td x %td",
      preparation->views, preparation->nx, preparation->ny, tilt->views, tilt->nx, tilt->ny);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MoveAll(AetPreparation preparation, AetTiltSeries tilt)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  AetRegister     room = NULL;
  PetscErrorCode  code;

  PetscFunctionBegin;
  code = AetRegisterCreate(tilt->ny, tilt->nx, &room);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) {
    const double *shift = preparation->view[tilt->v_start + v].shift_px;
    if (shift[0] == 0 && shift[1] == 0) continue;
    code = AetRegisterShift(room, -shift[0], -shift[1], tilt->image + v * pixels, tilt->image + v * pixels);
  }
  PetscCall(AetRegisterDestroy(&room));
  PetscFunctionReturn(code);
}

PetscErrorCode AetPreparationAverage(AetPreparation preparation, AetFrames frames, AetTiltSeries *tilt)
{
  PetscFunctionBegin;
  if (preparation->drift)
    PetscCall(AetFramesApply(preparation->drift, frames, tilt));
  else
    PetscCall(AetFramesMean(frames, tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPreparationApply(AetPreparation preparation, AetTiltSeries tilt)
{
  PetscFunctionBegin;
  PetscCall(CheckSame(preparation, tilt));
  PetscCall(AetAgree(tilt->comm, MoveAll(preparation, tilt)));
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    memcpy(tilt->angles_deg[v], preparation->view[v].angles_deg, sizeof tilt->angles_deg[v]);
    AetRotationFromAngles(AET_ANGLES_ZYX, tilt->angles_deg[v], tilt->rotation[v]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetPreparationTakeOver(AetPreparation preparation, AetPreparation from)
{
  preparation->distortion = from->distortion;
  for (ptrdiff_t v = 0; v < preparation->views; v++) {
    AetPreparedView *view = &preparation->view[v];
    for (int a = 0; a < 2; a++) view->shift_px[a] += from->view[v].shift_px[a];
    memcpy(view->angles_deg, from->view[v].angles_deg, sizeof view->angles_deg);
  }
}
