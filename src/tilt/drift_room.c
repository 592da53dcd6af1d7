/* What one thread needs to work on one view. */
#include "tilt/drift_private.h"

PetscErrorCode AetDriftRoomCreate(ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, AetDriftRoom *room)
{
  const size_t size = (size_t)(ny * nx), lines = (size_t)ny, count = (size_t)frames;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(room, sizeof *room));
  room->frames = frames, room->ny = ny, room->nx = nx;
  PetscCall(AetRegisterCreate(ny, nx, &room->room));
  PetscCall(PetscMalloc2(count * size, &room->corrected, count * size, &room->covered));
  PetscCall(PetscMalloc7(size, &room->sum, size, &room->total, size, &room->others, size, &room->template, size, &room->gradient[0], size,
                         &room->gradient[1], size, &room->mask));
  PetscCall(PetscMalloc2(size, &room->scan, count * AetRegisterSpectrumSize(room->room), &room->spectra));
  PetscCall(PetscMalloc6(8 * lines, &room->walk, count * lines, &room->information, count * lines, &room->pull, lines, &room->variance,
                         lines, &room->path, count * lines, &room->before));
  PetscCall(PetscMalloc2(lines, &room->soft_information, lines, &room->soft_pull));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDriftRoomDestroy(AetDriftRoom *room)
{
  PetscFunctionBegin;
  PetscCall(AetRegisterDestroy(&room->room));
  PetscCall(PetscFree2(room->corrected, room->covered));
  PetscCall(PetscFree7(room->sum, room->total, room->others, room->template, room->gradient[0], room->gradient[1], room->mask));
  PetscCall(PetscFree2(room->scan, room->spectra));
  PetscCall(PetscFree6(room->walk, room->information, room->pull, room->variance, room->path, room->before));
  PetscCall(PetscFree2(room->soft_information, room->soft_pull));
  PetscFunctionReturn(PETSC_SUCCESS);
}
