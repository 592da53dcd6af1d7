/* Background and intensity of the images (docs/theory/preparation.md). */
#include "tilt/background_private.h"
#include "tilt/kernel/blur.h"
#include "tilt/kernel/laplace_fill.h"
#include "tilt/kernel/plane_fit.h"
#include <math.h>
#include <string.h>

enum { LAPLACE_BLURS = 4 };
#define LAPLACE_TOLERANCE 1e-4
#define DARK_LEAST 0.01 /* of the image, to tell a background from */

PetscErrorCode AetObjectRoomsCreate(ptrdiff_t ny, ptrdiff_t nx, int threads, AetObjectRoom **rooms)
{
  const size_t pixels = (size_t)(ny * nx);

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)threads, rooms));
  for (int t = 0; t < threads; t++) {
    PetscCall(PetscMalloc1(4 * pixels, &(*rooms)[t].mask));
    PetscCall(PetscMalloc1((size_t)AET_OBJECT_WORK(ny * nx) + (size_t)AetKernelLaplaceWork(ny, nx), &(*rooms)[t].work));
    PetscCall(PetscMalloc1(2 * pixels, &(*rooms)[t].image));
    PetscCall(PetscMalloc1(pixels, &(*rooms)[t].stack));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetObjectRoomsDestroy(int threads, AetObjectRoom **rooms)
{
  PetscFunctionBegin;
  for (int t = 0; *rooms && t < threads; t++) {
    PetscCall(PetscFree((*rooms)[t].mask));
    PetscCall(PetscFree((*rooms)[t].work));
    PetscCall(PetscFree((*rooms)[t].image));
    PetscCall(PetscFree((*rooms)[t].stack));
  }
  PetscCall(PetscFree(*rooms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

AetObjectSearch AetObjectSearchOf(const AetBackgroundSettings *settings)
{
  return (AetObjectSearch){settings->smooth_px, settings->threshold, settings->dilate_px};
}

PetscErrorCode AetObjectCheck(ptrdiff_t view, const AetObjectFound *found)
{
  PetscFunctionBegin;
  AetCheck(found->pixels > 0 && found->contrast > 0, AET_ERR_DATA,
           "image %td (from 0): expected a bright object on a darker background, found an even image", view);
  AetCheck((double)found->dark >= DARK_LEAST * (double)(found->pixels + found->dark), AET_ERR_DATA,
           "image %td (from 0): expected background around an isolated object, found an object on %.1f %% of the image", view,
           100 * (double)found->pixels / (double)(found->pixels + found->dark));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* background += the mean of what is left outside the object, within blur_px. */
static void Smoothen(ptrdiff_t ny, ptrdiff_t nx, const float *image, double blur_px, AetObjectRoom *room, float *left, float *weight)
{
  const ptrdiff_t count = ny * nx;
  float          *background = room->image;

  for (ptrdiff_t i = 0; i < count; i++) weight[i] = room->mask[i] ? 0 : 1, left[i] = room->mask[i] ? 0 : image[i] - background[i];
  AetKernelBlur(ny, nx, left, blur_px, left, room->work);
  AetKernelBlur(ny, nx, weight, blur_px, weight, room->work);
  for (ptrdiff_t i = 0; i < count; i++) background[i] += room->mask[i] ? 0 : left[i] / weight[i];
}

/* The background of an image by Laplace's equation, into room->image: outside the object the blurred image, its inside from the rim. At the
   rim the blur sees one side only; what is left of the plane and of the first blur is blurred again, until a slope there is followed. */
static void Laplace(ptrdiff_t ny, ptrdiff_t nx, const float *image, const double plane[3], double blur_px, AetObjectRoom *room)
{
  const ptrdiff_t count = ny * nx;
  float          *background = room->image;

  for (ptrdiff_t i = 0; i < count; i++) background[i] = (float)AetKernelPlaneValue(ny, nx, plane, i / nx, i % nx);
  for (int again = 0; again < LAPLACE_BLURS; again++) Smoothen(ny, nx, image, blur_px, room, room->image + count, room->work + count);
  (void)AetKernelLaplaceFill(ny, nx, room->mask, LAPLACE_TOLERANCE, background, room->work);
}

static void Subtract(ptrdiff_t ny, ptrdiff_t nx, const AetBackgroundSettings *settings, AetObjectFound *found, AetObjectRoom *room,
                     float *image)
{
  const ptrdiff_t count = ny * nx;
  float          *background = room->image;
  double          rms;

  if (settings->method == AET_BACKGROUND_LAPLACE) {
    Laplace(ny, nx, image, found->plane, settings->laplace_px, room);
    (void)AetKernelPlaneFit(ny, nx, background, NULL, found->plane, &rms); /* what the record can say of it */
  } else
    for (ptrdiff_t i = 0; i < count; i++) background[i] = (float)AetKernelPlaneValue(ny, nx, found->plane, i / nx, i % nx);
  for (ptrdiff_t i = 0; i < count; i++) {
    image[i] -= background[i];
    if (settings->clip && image[i] < 0) image[i] = 0;
  }
}

/* Intensity of the object over a plane. */
static double Total(ptrdiff_t ny, ptrdiff_t nx, const float *image, const unsigned char *mask, const double plane[3])
{
  double sum = 0;

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++)
      if (mask[y * nx + x]) sum += image[y * nx + x] - AetKernelPlaneValue(ny, nx, plane, y, x);
  return sum;
}

/* Objects of the local views, and their intensities; the image changes where `subtract`. */
static void FindAll(AetTiltSeries tilt, const AetBackgroundSettings *settings, PetscBool subtract, AetObjectRoom *rooms,
                    AetObjectFound *found, double *total)
{
  const AetObjectSearch search = AetObjectSearchOf(settings);
  const ptrdiff_t       pixels = tilt->ny * tilt->nx;
  const int             threads = AetThreads();

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads) {
      float *image = tilt->image + v * pixels;
      AetKernelObjectFind(tilt->ny, tilt->nx, image, &search, rooms[t].mask, &found[v], rooms[t].work, rooms[t].stack);
      total[v] = Total(tilt->ny, tilt->nx, image, rooms[t].mask, found[v].plane);
      if (subtract && found[v].dark) Subtract(tilt->ny, tilt->nx, settings, &found[v], &rooms[t], image);
    }
}

static void Record(AetTiltSeries tilt, const AetObjectFound *found, const double *total, AetPreparation preparation)
{
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    AetPreparedView *view = &preparation->view[tilt->v_start + v];
    view->background = found[v].plane[0];
    view->slope[0] = found[v].plane[1], view->slope[1] = found[v].plane[2];
    view->noise = found[v].noise;
    view->object = (double)found[v].pixels / (double)(tilt->ny * tilt->nx);
    view->total = total[v];
  }
}

/* Objects found and checked. Collective. */
static PetscErrorCode Objects(AetTiltSeries tilt, const AetBackgroundSettings *settings, PetscBool subtract, AetObjectFound *found,
                              double *total)
{
  AetObjectRoom *rooms = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetAgree(tilt->comm, AetObjectRoomsCreate(tilt->ny, tilt->nx, AetThreads(), &rooms)));
  FindAll(tilt, settings, subtract, rooms, found, total);
  PetscCall(AetObjectRoomsDestroy(AetThreads(), &rooms));
  code = PETSC_SUCCESS;
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) code = AetObjectCheck(tilt->v_start + v, &found[v]);
  PetscCall(AetAgree(tilt->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltBackground(AetTiltSeries tilt, const AetBackgroundSettings *settings, AetPreparation preparation)
{
  AetObjectFound *found;
  double         *total;
  PetscErrorCode  code;

  PetscFunctionBegin;
  if (settings->method == AET_BACKGROUND_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAgree(tilt->comm, PetscCalloc2((size_t)tilt->v_count + 1, &found, (size_t)tilt->v_count + 1, &total)));
  code = Objects(tilt, settings, PETSC_TRUE, found, total);
  if (!code && preparation) {
    Record(tilt, found, total, preparation);
    code = AetPreparationShare(preparation);
  }
  PetscCall(PetscFree2(found, total));
  PetscFunctionReturn(code);
}

static int Ascending(const void *a, const void *b)
{
  const double left = *(const double *)a, right = *(const double *)b;

  return (left > right) - (left < right);
}

/* Median of the totals of all views. */
static PetscErrorCode MedianTotal(AetTiltSeries tilt, const double *total, double *median)
{
  double *all;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)tilt->views, &all));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) all[tilt->v_start + v] = total[v];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, all, (int)tilt->views, MPI_DOUBLE, MPI_SUM, tilt->comm));
  qsort(all, (size_t)tilt->views, sizeof *all, Ascending);
  *median = 0.5 * (all[(tilt->views - 1) / 2] + all[tilt->views / 2]);
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltNormalise(AetTiltSeries tilt, const AetBackgroundSettings *settings, AetPreparation preparation)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  AetObjectFound *found;
  double         *total, median = 0;
  PetscErrorCode  code;

  PetscFunctionBegin;
  if (settings->normalise == AET_NORMALISE_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetAgree(tilt->comm, PetscCalloc2((size_t)tilt->v_count + 1, &found, (size_t)tilt->v_count + 1, &total)));
  code = Objects(tilt, settings, PETSC_FALSE, found, total);
  if (!code) code = MedianTotal(tilt, total, &median);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++) {
    const double scale = median / total[v];
    if (!(scale > 0 && isfinite(scale)))
      code = AetRaise(AET_ERR_DATA, "image %td (from 0): expected an object brighter than its background, found a total of %g",
                      tilt->v_start + v, total[v]);
    for (ptrdiff_t i = v * pixels; i < (v + 1) * pixels && !code; i++) tilt->image[i] *= (float)scale;
    if (preparation) preparation->view[tilt->v_start + v].total = total[v], preparation->view[tilt->v_start + v].scale = scale;
  }
  PetscCall(PetscFree2(found, total));
  PetscCall(AetAgree(tilt->comm, code));
  if (preparation) PetscCall(AetPreparationShare(preparation));
  PetscFunctionReturn(PETSC_SUCCESS);
}
