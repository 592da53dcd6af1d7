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
  float                       *given; /* [v_count][ny][nx] the images before any shift: each is interpolated once */
  double (*centre)[2];                /* [views] where the object is seen, from the origin, in the images as they are */
  double (*shift)[2];                 /* [views] by how much they were moved back so far */
  double         *profiles;           /* [views][ny] along the axis */
  double         *along, *misfit;     /* [views] places and misfits of the common line */
  AetObjectFound *found;              /* [v_count] */
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
  const size_t  views = (size_t)tilt->views, local = (size_t)(tilt->v_count * tilt->ny * tilt->nx);

  PetscFunctionBegin;
  PetscCall(PetscCalloc5(views, &work->centre, views, &work->shift, views * (size_t)tilt->ny, &work->profiles, views, &work->along, views,
                         &work->misfit));
  PetscCall(PetscMalloc2(local, &work->given, (size_t)tilt->v_count, &work->found));
  PetscCall(AetObjectRoomsCreate(tilt->ny, tilt->nx, AetThreads(), &work->rooms));
  if (local) memcpy(work->given, tilt->image, local * sizeof *work->given);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Free(Alignment *work)
{
  PetscFunctionBegin;
  PetscCall(AetObjectRoomsDestroy(AetThreads(), &work->rooms));
  PetscCall(PetscFree2(work->given, work->found));
  PetscCall(PetscFree5(work->centre, work->shift, work->profiles, work->along, work->misfit));
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

  AetKernelObjectFind(ny, nx, image, &search, room->mask, &work->found[v], room->work, room->stack);
  (void)AetKernelMoments(ny, nx, image, room->mask, work->found[v].plane, work->centre[view]);
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
  PetscCall(PetscArrayzero(work->profiles, tilt->views * tilt->ny));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads) Measure(work, v, &work->rooms[t]);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) code = AetObjectCheck(tilt->v_start + v, &work->found[v]);
  PetscCall(AetAgree(tilt->comm, code));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, work->centre, (int)(2 * tilt->views), MPI_DOUBLE, MPI_SUM, tilt->comm));
  if (!work->line) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, work->profiles, (int)(tilt->views * tilt->ny), MPI_DOUBLE, MPI_SUM, tilt->comm));
  for (ptrdiff_t v = 0; v < tilt->views; v++) work->along[v] = work->centre[v][1];
  PetscCall(AetAgree(tilt->comm, AetCommonLine(tilt->views, tilt->ny, work->profiles, work->along, work->misfit)));
  for (ptrdiff_t v = 0; v < tilt->views; v++) work->centre[v][1] = work->along[v];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The images as given, moved back by the shifts so far. */
static PetscErrorCode Move(Alignment *work)
{
  AetTiltSeries   tilt = work->tilt;
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  AetRegister     room = NULL;
  PetscErrorCode  code;

  PetscFunctionBegin;
  code = AetRegisterCreate(tilt->ny, tilt->nx, &room);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) {
    const double *shift = work->shift[tilt->v_start + v];
    code = AetRegisterShift(room, -shift[0], -shift[1], work->given + v * pixels, tilt->image + v * pixels);
  }
  PetscCall(AetRegisterDestroy(&room));
  PetscCall(AetAgree(tilt->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One pass; `most`: the largest shift that it found. */
static PetscErrorCode Pass(Alignment *work, double *most)
{
  const ptrdiff_t views = work->tilt->views;

  PetscFunctionBegin;
  PetscCall(Locate(work));
  *most = 0;
  for (ptrdiff_t v = 0; v < views; v++) {
    for (int a = 0; a < 2; a++) work->shift[v][a] += work->centre[v][a];
    *most = PetscMax(*most, hypot(work->centre[v][0], work->centre[v][1]));
  }
  PetscCall(Move(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Record(const Alignment *work, PetscInt passes, double residual, AetPreparation preparation)
{
  PetscFunctionBegin;
  preparation->passes = passes, preparation->residual_px = residual;
  for (ptrdiff_t v = 0; v < work->tilt->views; v++) {
    for (int a = 0; a < 2; a++) preparation->view[v].shift_px[a] += work->shift[v][a];
    preparation->view[v].line_misfit = work->misfit[v];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Align(Alignment *work, const AetAlignSettings *settings, AetPreparation preparation)
{
  double   most = PETSC_MAX_REAL;
  PetscInt passes = 0;

  PetscFunctionBegin;
  while (passes < settings->passes && most > settings->tolerance_px) {
    PetscCall(Pass(work, &most));
    passes++;
  }
  if (preparation) PetscCall(Record(work, passes, most, preparation));
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
  if (!code) code = Align(&work, settings, preparation);
  PetscCall(Free(&work));
  PetscFunctionReturn(code);
}
