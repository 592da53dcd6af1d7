/* Some views of a tilt series as a series of their own, on the same ranks or on groups of them. */
#include "recon/subseries.h"

/* Place of every rank of tilt->comm in its group: rank and size, pairs. */
static PetscErrorCode Places(AetTiltSeries tilt, MPI_Comm group, int size, int **places)
{
  int mine[2];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(group, &mine[0]));
  PetscCallMPI(MPI_Comm_size(group, &mine[1]));
  PetscCall(PetscMalloc1(2 * size, places));
  PetscCallMPI(MPI_Allgather(mine, 2, MPI_INT, *places, 2, MPI_INT, tilt->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sends this rank's images to all who own a view made of them: calls with `request` NULL only count. */
static PetscErrorCode Send(AetTiltSeries tilt, const int *places, int size, ptrdiff_t count, const ptrdiff_t *view, MPI_Datatype row,
                           MPI_Request *request, ptrdiff_t *sent)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  PetscFunctionBegin;
  *sent = 0;
  for (int r = 0; r < size; r++) {
    ptrdiff_t start, theirs;
    AetBlock(count, places[2 * r], places[2 * r + 1], &start, &theirs);
    for (ptrdiff_t h = start; h < start + theirs; h++) {
      const ptrdiff_t local = view[h] - tilt->v_start;
      if (local < 0 || local >= tilt->v_count) continue;
      if (request) PetscCallMPI(MPI_Isend(tilt->image + local * pixels, (int)tilt->ny, row, r, 0, tilt->comm, &request[*sent]));
      ++*sent;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Views travel between a pair of ranks in the order of their places, so one tag does. */
static PetscErrorCode MoveImages(AetTiltSeries tilt, MPI_Comm group, const ptrdiff_t *view, AetTiltSeries series)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  MPI_Request    *request;
  MPI_Datatype    row;
  ptrdiff_t       sends, received = series->v_count;
  int            *places, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(tilt->comm, &size));
  PetscCall(Places(tilt, group, size, &places));
  PetscCallMPI(MPI_Type_contiguous((int)tilt->nx, MPI_FLOAT, &row)); /* an image may have more pixels than an int counts */
  PetscCallMPI(MPI_Type_commit(&row));
  PetscCall(Send(tilt, places, size, series->views, view, row, NULL, &sends));
  PetscCall(AetAgree(tilt->comm, PetscMalloc1(sends + received, &request)));
  for (ptrdiff_t h = 0; h < received; h++)
    PetscCallMPI(MPI_Irecv(series->image + h * pixels, (int)tilt->ny, row, AetBlockOwner(tilt->views, size, view[series->v_start + h]), 0,
                           tilt->comm, &request[h]));
  PetscCall(Send(tilt, places, size, series->views, view, row, request + received, &sends));
  PetscCallMPI(MPI_Waitall((int)(sends + received), request, MPI_STATUSES_IGNORE));
  PetscCallMPI(MPI_Type_free(&row));
  PetscCall(PetscFree(request));
  PetscCall(PetscFree(places));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSubseries(AetTiltSeries tilt, MPI_Comm group, ptrdiff_t count, const ptrdiff_t *view, AetTiltSeries *series)
{
  double(*angles)[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count, &angles));
  for (ptrdiff_t h = 0; h < count; h++) PetscCall(PetscArraycpy(angles[h], tilt->angles_deg[view[h]], 3));
  PetscCall(AetAgree(tilt->comm, AetTiltSeriesCreate(group, count, tilt->ny, tilt->nx, tilt->pixel_angstrom, AET_ANGLES_ZYX,
                                                     (const double(*)[3])angles, series)));
  PetscCall(PetscFree(angles));
  for (ptrdiff_t h = 0; h < count; h++) PetscCall(PetscArraycpy((*series)->rotation[h], tilt->rotation[view[h]], 9));
  PetscCall(MoveImages(tilt, group, view, *series));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSubseriesWhere(AetTiltSeries tilt, MPI_Comm group, const unsigned char *chosen, unsigned char which,
                                 AetTiltSeries *series)
{
  ptrdiff_t *view, count = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(tilt->views, &view));
  for (ptrdiff_t j = 0; j < tilt->views; j++)
    if (chosen[j] == which) view[count++] = j;
  PetscCall(AetSubseries(tilt, group, count, view, series));
  PetscCall(PetscFree(view));
  PetscFunctionReturn(PETSC_SUCCESS);
}
