/* The views before the search: without light, not finite, off centre, of any intensity. */
#include "recon/orientations_private.h"
#include <math.h>
#include <string.h>

#define ROUNDS 4   /* of centring */
#define FAINT 0.02 /* of the largest mean density: the object ends there */
#define MARGIN 1.1 /* of the window about the object */
#define SMALLEST 8 /* pixels across the object that tell an orientation */
#define PROFILE 2  /* bins per pixel */

static double Sum(ptrdiff_t count, const float *values)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) sum += values[i];
  return sum;
}

/* Mean of the pixels at the rim: what surrounds the object. */
static double Rim(ptrdiff_t ny, ptrdiff_t nx, const float *image)
{
  double    sum = 0;
  ptrdiff_t count = 0;

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++)
      if (y == 0 || x == 0 || y == ny - 1 || x == nx - 1) sum += image[y * nx + x], count++;
  return sum / (double)count;
}

static PetscErrorCode CheckFinite(AetTiltSeries tilt)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++)
    AetCheck(isfinite(tilt->image[i]), AET_ERR_DATA, "tilt_projections: expected finite pixels, found %g in view %td (from 0)",
             (double)tilt->image[i], tilt->v_start + i / pixels);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sends the images of `from` that are kept to where `to` has them. kept [views]: place in `to`, or -1. */
static PetscErrorCode MoveImages(AetTiltSeries from, const int *kept, AetTiltSeries to)
{
  const int    pixels = (int)(from->ny * from->nx);
  int          size, rank;
  MPI_Request *request;
  int          requests = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(from->comm, &size));
  PetscCallMPI(MPI_Comm_rank(from->comm, &rank));
  PetscCall(PetscMalloc1((size_t)(from->v_count + to->v_count), &request));
  for (ptrdiff_t v = 0; v < from->views; v++) {
    const ptrdiff_t here = v - from->v_start, there = kept[v] - to->v_start;
    if (kept[v] < 0) continue;
    if (there >= 0 && there < to->v_count)
      PetscCallMPI(MPI_Irecv(to->image + there * pixels, pixels, MPI_FLOAT, AetBlockOwner(from->views, size, v), (int)(v % 32749),
                             from->comm, &request[requests++]));
    if (here >= 0 && here < from->v_count)
      PetscCallMPI(MPI_Isend(from->image + here * pixels, pixels, MPI_FLOAT, AetBlockOwner(to->views, size, kept[v]), (int)(v % 32749),
                             from->comm, &request[requests++]));
  }
  PetscCallMPI(MPI_Waitall(requests, request, MPI_STATUSES_IGNORE));
  PetscCall(PetscFree(request));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The series becomes one of `views` views. */
static PetscErrorCode Shorten(AetTiltSeries tilt, const int *kept, ptrdiff_t views)
{
  struct _p_AetTiltSeries swap;
  AetTiltSeries           fewer;
  double(*angles)[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)views, &angles));
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    if (kept[v] >= 0) memcpy(angles[kept[v]], tilt->angles_deg[v], sizeof angles[0]);
  PetscCall(
      AetTiltSeriesCreate(tilt->comm, views, tilt->ny, tilt->nx, tilt->pixel_angstrom, AET_ANGLES_ZYX, (const double(*)[3])angles, &fewer));
  PetscCall(MoveImages(tilt, kept, fewer));
  swap = *tilt, *tilt = *fewer, *fewer = swap;
  PetscCall(AetTiltSeriesDestroy(&fewer));
  PetscCall(PetscFree(angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientLeaveOutDark(AetTiltSeries tilt, ptrdiff_t *left_out)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  int            *kept, views = 0;

  PetscFunctionBegin;
  PetscCall(AetAgree(tilt->comm, CheckFinite(tilt)));
  PetscCall(PetscCalloc1((size_t)tilt->views, &kept));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    kept[tilt->v_start + v] =
        Sum(pixels, tilt->image + v * pixels) - Rim(tilt->ny, tilt->nx, tilt->image + v * pixels) * (double)pixels > 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, kept, (int)tilt->views, MPI_INT, MPI_MAX, tilt->comm));
  for (ptrdiff_t v = 0; v < tilt->views; v++) kept[v] = kept[v] ? views++ : -1;
  *left_out = tilt->views - views;
  for (ptrdiff_t v = 0; v < tilt->views; v++)
    if (kept[v] < 0) PetscCall(AetReport(tilt->comm, "  orientations: view %td (from 0) shows no light and is left out\n", v));
  if (*left_out && views >= 3) PetscCall(Shorten(tilt, kept, views));
  PetscCall(PetscFree(kept));
  AetCheck(views >= 3, AET_ERR_INPUT, "tilt_orientations: expected at least 3 views with light, found %d", views);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centre of mass within `radius` pixels of `centre`. */
static void Centre(AetTiltSeries tilt, const float *image, double base, double radius, double centre[2], double *total)
{
  double sum = 0, moment[2] = {0};

  for (ptrdiff_t y = 0; y < tilt->ny; y++)
    for (ptrdiff_t x = 0; x < tilt->nx; x++) {
      const double value = (double)image[y * tilt->nx + x] - base;
      if (hypot((double)x - centre[0], (double)y - centre[1]) > radius) continue;
      sum += value, moment[0] += value * (double)x, moment[1] += value * (double)y;
    }
  *total = sum;
  if (sum > 0) centre[0] = moment[0] / sum, centre[1] = moment[1] / sum;
}

static void CentreAll(AetOrientViews *views, double radius)
{
  AetTiltSeries tilt = views->tilt;

  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    Centre(tilt, tilt->image + v * tilt->ny * tilt->nx, views->base[v], radius, views->centre[v], &views->total[v]);
}

/* Adds one view's part to the mean density at each distance from the centre: [bins][2] sums of intensities and of pixels. */
static void Profile(const AetOrientViews *views, ptrdiff_t v, int bins, double *sums)
{
  AetTiltSeries tilt = views->tilt;
  const float  *image = tilt->image + v * tilt->ny * tilt->nx;

  for (ptrdiff_t y = 0; y < tilt->ny; y++)
    for (ptrdiff_t x = 0; x < tilt->nx; x++) {
      const int bin = (int)(PROFILE * hypot((double)x - views->centre[v][0], (double)y - views->centre[v][1]));
      if (bin < bins) sums[2 * bin] += ((double)image[y * tilt->nx + x] - views->base[v]) / views->total[v], sums[2 * bin + 1]++;
    }
}

/* Radius in pixels beyond which the views' mean density is faint; the same bits on any number of ranks. Collective. */
static PetscErrorCode Radius(AetOrientViews *views, double *radius)
{
  AetTiltSeries tilt = views->tilt;
  const int     bins = PROFILE * (int)(PetscMin(tilt->ny, tilt->nx) / 2);
  double       *rows, *sums, most = 0;
  int           end = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)(2 * bins * tilt->v_count), &rows, (size_t)(2 * bins), &sums));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    if (views->total[v] > 0) Profile(views, v, bins, rows + 2 * bins * v);
  PetscCall(AetSumOrdered(tilt->comm, (PetscInt)tilt->v_start, (PetscInt)tilt->v_count, (PetscInt)tilt->views, 2 * bins, rows, sums));
  for (int b = 0; b < bins; b++)
    if (sums[2 * b + 1] > 0) most = fmax(most, sums[2 * b] / sums[2 * b + 1]);
  for (int b = 0; b < bins; b++)
    if (sums[2 * b + 1] > 0 && sums[2 * b] / sums[2 * b + 1] > FAINT * most) end = b + 1;
  *radius = (double)end / PROFILE;
  PetscCall(PetscFree2(rows, sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientViewsCreate(AetTiltSeries tilt, double diameter, AetOrientViews *views)
{
  const double everything = hypot((double)tilt->ny, (double)tilt->nx);
  double       radius = 0.5 * diameter / tilt->pixel_angstrom;

  PetscFunctionBegin;
  memset(views, 0, sizeof *views);
  views->tilt = tilt;
  PetscCall(PetscMalloc3((size_t)tilt->v_count, &views->centre, (size_t)tilt->v_count, &views->base, (size_t)tilt->v_count, &views->total));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    views->base[v] = Rim(tilt->ny, tilt->nx, tilt->image + v * tilt->ny * tilt->nx);
    views->centre[v][0] = (double)(tilt->nx / 2), views->centre[v][1] = (double)(tilt->ny / 2);
  }
  CentreAll(views, everything);
  for (int round = 0; round < ROUNDS; round++) {
    if (!(diameter > 0)) PetscCall(Radius(views, &radius));
    CentreAll(views, MARGIN * radius);
  }
  views->diameter = 2 * radius * tilt->pixel_angstrom;
  AetCheck(2 * radius >= SMALLEST, AET_ERR_INPUT, "tilt_orientations: expected an object of at least %d pixels, found one of %g", SMALLEST,
           2 * radius);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientViewsDestroy(AetOrientViews *views)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(views->centre, views->base, views->total));
  PetscFunctionReturn(PETSC_SUCCESS);
}
