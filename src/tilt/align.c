/* Alignment of the images: centre of mass and common line (docs/theory/alignment.md). */
#include "tilt/align_private.h"
#include "tilt/background_private.h"
#include "tilt/kernel/moments.h"
#include <math.h>
#include <string.h>

#define AXIS_TOLERANCE 1e-3 /* of a row of R: 0.06° */

typedef struct {
  AetTiltSeries                tilt;
  const AetBackgroundSettings *background;
  PetscBool                    line;
  double (*centre)[2];                    /* [views] where the object is seen, from the origin, in the images as they are */
  double (*shift)[2];                     /* [views] by how much they were moved back */
  double         *profiles;               /* [views][ny] along the axis */
  double         *along, *misfit, *error; /* [views] places and misfits of the common line; standard deviation of a centre */
  AetObjectFound *found;                  /* [v_count] */
  AetObjectRoom  *rooms;
} Alignment;

/* Whether every view turns about the y axis of the images: the same row of R. */
static PetscBool OneAxis(AetTiltSeries tilt)
{
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    for (int a = 0; a < 3; a++)
      if (fabs(tilt->rotation[v][3 + a] - (a == 1 ? 1 : 0)) > AXIS_TOLERANCE) return PETSC_FALSE;
  return PETSC_TRUE;
}

static PetscErrorCode Allocate(Alignment *work)
{
  AetTiltSeries tilt = work->tilt;
  const size_t  views = (size_t)tilt->views;

  PetscFunctionBegin;
  PetscCall(PetscCalloc6(views, &work->centre, views, &work->shift, views * (size_t)tilt->ny, &work->profiles, views, &work->along, views,
                         &work->misfit, views, &work->error));
  PetscCall(PetscMalloc1((size_t)tilt->v_count, &work->found));
  PetscCall(AetObjectRoomsCreate(tilt->ny, tilt->nx, AetThreads(), &work->rooms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Free(Alignment *work)
{
  PetscFunctionBegin;
  PetscCall(AetObjectRoomsDestroy(AetThreads(), &work->rooms));
  PetscCall(PetscFree(work->found));
  PetscCall(PetscFree6(work->centre, work->shift, work->profiles, work->along, work->misfit, work->error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centre of mass and profile of one local view. */
static void Measure(Alignment *work, ptrdiff_t v, AetObjectRoom *room)
{
  AetTiltSeries         tilt = work->tilt;
  const AetObjectSearch search = AetObjectSearchOf(work->background);
  const ptrdiff_t       ny = tilt->ny, nx = tilt->nx, view = tilt->v_start + v;
  const float          *image = tilt->image + v * ny * nx;
  ptrdiff_t             box[4];
  double                total;

  AetKernelObjectFind(ny, nx, image, &search, room->mask, &work->found[v], room->work, room->stack);
  total = AetKernelMoments(ny, nx, image, room->mask, work->found[v].plane, work->centre[view]);
  work->error[view] = work->found[v].noise * sqrt(AetKernelMaskInertia(ny, nx, room->mask, work->centre[view])) / fabs(total);
  AetKernelMaskBox(ny, nx, room->mask, box);
  AetKernelProfile(ny, nx, image, work->found[v].plane, box[0], box[1], work->profiles + view * ny);
}

/* Where the object is in every image, on every rank. */
static PetscErrorCode Locate(Alignment *work)
{
  AetTiltSeries  tilt = work->tilt;
  const int      threads = AetThreads();
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(work->centre, tilt->views));
  PetscCall(PetscArrayzero(work->error, tilt->views));
  PetscCall(PetscArrayzero(work->profiles, tilt->views * tilt->ny));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads) Measure(work, v, &work->rooms[t]);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) code = AetObjectCheck(tilt->v_start + v, &work->found[v]);
  PetscCall(AetAgree(tilt->comm, code));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, work->centre, (int)(2 * tilt->views), MPI_DOUBLE, MPI_SUM, tilt->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, work->error, (int)tilt->views, MPI_DOUBLE, MPI_SUM, tilt->comm));
  if (!work->line) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, work->profiles, (int)(tilt->views * tilt->ny), MPI_DOUBLE, MPI_SUM, tilt->comm));
  for (ptrdiff_t v = 0; v < tilt->views; v++) work->along[v] = work->centre[v][1];
  PetscCall(AetAgree(tilt->comm, AetCommonLine(tilt->views, tilt->ny, work->profiles, work->along, work->misfit)));
  for (ptrdiff_t v = 0; v < tilt->views; v++) work->centre[v][1] = work->along[v];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The images, moved back: each is interpolated once. */
static PetscErrorCode Move(Alignment *work)
{
  AetTiltSeries   tilt = work->tilt;
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  AetRegister     room = NULL;
  PetscErrorCode  code;

  PetscFunctionBegin;
  memcpy(work->shift, work->centre, sizeof *work->shift * (size_t)tilt->views);
  code = AetRegisterCreate(tilt->ny, tilt->nx, &room);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) {
    const double *shift = work->shift[tilt->v_start + v];
    code = AetRegisterShift(room, -shift[0], -shift[1], tilt->image + v * pixels, tilt->image + v * pixels);
  }
  PetscCall(AetRegisterDestroy(&room));
  PetscCall(AetAgree(tilt->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Estimates, moves, and looks again: what is found then should be no shift. */
static PetscErrorCode Align(Alignment *work, AetPreparation preparation)
{
  AetTiltSeries tilt = work->tilt;

  PetscFunctionBegin;
  PetscCall(Locate(work));
  PetscCall(Move(work));
  if (!preparation) PetscFunctionReturn(PETSC_SUCCESS);
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    AetPreparedView *view = &preparation->view[v];
    for (int a = 0; a < 2; a++) view->shift_px[a] += work->shift[v][a];
    view->line_misfit = work->misfit[v], view->centre_error_px = work->error[v];
  }
  PetscCall(Locate(work));
  preparation->residual_px = 0;
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    preparation->residual_px = PetscMax(preparation->residual_px, hypot(work->centre[v][0], work->centre[v][1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltAlign(AetTiltSeries tilt, const AetAlignSettings *settings, const AetBackgroundSettings *background,
                            AetPreparation preparation)
{
  Alignment       work = {.tilt = tilt, .background = background};
  const PetscBool one = OneAxis(tilt);
  PetscErrorCode  code;

  PetscFunctionBegin;
  if (settings->method == AET_TILT_ALIGN_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  AetCheck(one || settings->method != AET_TILT_ALIGN_LINE, AET_ERR_INPUT,
           "align_method: a common line needs views about one tilt axis (phi and psi 0); expected mass for these angles, found line");
  work.line = (PetscBool)(one && settings->method != AET_TILT_ALIGN_MASS);
  code = AetAgree(tilt->comm, Allocate(&work));
  if (!code) code = Align(&work, preparation);
  PetscCall(Free(&work));
  PetscFunctionReturn(code);
}
