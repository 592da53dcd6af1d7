/* Noise taken out of a tilt series: stabilised, filtered, brought back; and what that did. */
#include "tilt/denoise.h"
#include "tilt/kernel/otsu_mask.h"
#include "tilt/kernel/stabilise.h"
#include <math.h>
#include <string.h>

#define GREY_RANGE 178.5 /* levels of 256 that the range of an image is given: [0.15, 0.85] of the published pipeline */
#define FLAG_FACTOR 2.0  /* times the median of all images */
#define FLAG_LEAST 0.02  /* and more than this */
#define FLAG_CORRELATED 0.1
enum { SMOOTH = 1, GROW = 20, MEANS = 12 /* half of the box in which means are kept */ };

/* Of one rank, for its images one after the other. */
typedef struct {
  AetStabiliser *stabiliser;
  AetRing        ring;
  float         *noisy, *smooth, *result[2];
  double        *columns;
  unsigned char *mask, *spare;
} Room;

static PetscErrorCode RoomCreate(ptrdiff_t ny, ptrdiff_t nx, Room *room)
{
  const size_t pixels = (size_t)(ny * nx);

  PetscFunctionBegin;
  PetscCall(PetscNew(&room->stabiliser));
  PetscCall(AetRingCreate(ny, nx, &room->ring));
  PetscCall(PetscCalloc1(pixels + AET_IMAGE_MARGIN, &room->noisy));
  PetscCall(PetscCalloc2(pixels + AET_IMAGE_MARGIN, &room->result[0], pixels + AET_IMAGE_MARGIN, &room->result[1]));
  PetscCall(PetscMalloc2(pixels, &room->smooth, (size_t)nx + 1, &room->columns));
  PetscCall(PetscMalloc2(pixels, &room->mask, pixels, &room->spare));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RoomFree(Room *room)
{
  PetscFunctionBegin;
  PetscCall(AetRingDestroy(&room->ring));
  PetscCall(PetscFree(room->stabiliser));
  PetscCall(PetscFree(room->noisy));
  PetscCall(PetscFree2(room->result[0], room->result[1]));
  PetscCall(PetscFree2(room->smooth, room->columns));
  PetscCall(PetscFree2(room->mask, room->spare));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grey levels that one standard deviation is worth, and the mask of the object. */
static double Survey(ptrdiff_t ny, ptrdiff_t nx, Room *room)
{
  float low, high;

  AetBoxMean(room->noisy, ny, nx, SMOOTH, room->columns, room->smooth);
  low = high = room->smooth[0];
  for (ptrdiff_t i = 1; i < ny * nx; i++) low = fminf(low, room->smooth[i]), high = fmaxf(high, room->smooth[i]);
  AetOtsuMask(room->smooth, ny, nx, 0.9, PetscMin(GROW, PetscMin(ny, nx) / 12), room->spare, room->mask);
  return high > low ? GREY_RANGE / ((double)high - low) : GREY_RANGE;
}

/* Root mean square of a - b, or of a about its mean where b is NULL. */
static double Deviation(ptrdiff_t count, const float *a, const float *b)
{
  double mean = 0, sum = 0;

  for (ptrdiff_t i = 0; i < count && !b; i++) mean += a[i] / (double)count;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double d = a[i] - (b ? b[i] : mean);
    sum += d * d;
  }
  return sqrt(sum / (double)count);
}

/* What was taken away from the object: its size, and whether it is like itself one pixel on, as noise is not. In an empty background counts
   are too few to have been stabilised. */
static void JudgeResidual(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const float *noisy, const float *result,
                          AetDenoisedView *view)
{
  double square = 0, along[2] = {0}, count = 0;

  for (ptrdiff_t y = 0; y + 1 < ny; y++)
    for (ptrdiff_t x = 0; x + 1 < nx; x++) {
      const ptrdiff_t i = y * nx + x;
      const double    d = (double)noisy[i] - result[i];
      if (!mask[i]) continue;
      square += d * d, count++;
      along[0] += d * ((double)noisy[i + 1] - result[i + 1]);
      along[1] += d * ((double)noisy[i + nx] - result[i + nx]);
    }
  view->residual = count > 0 ? sqrt(square / count) : 0;
  for (int a = 0; a < 2; a++) view->correlation[a] = square > 0 ? along[a] / square : 0;
}

/* Shrinking flattens peaks, and the inverse, unbiased for what is flat, gives too little of them: the means over a box are brought back to
   those of the measured image, whose noise is a small part of a pixel's there. */
static void RestoreMeans(ptrdiff_t ny, ptrdiff_t nx, const float *measured, Room *room, float *image)
{
  float *missing = room->noisy;

  for (ptrdiff_t i = 0; i < ny * nx; i++) missing[i] = measured[i] - image[i];
  AetBoxMean(missing, ny, nx, MEANS, room->columns, room->result[0]);
  for (ptrdiff_t i = 0; i < ny * nx; i++) image[i] += room->result[0][i];
}

static PetscErrorCode DenoiseView(ptrdiff_t ny, ptrdiff_t nx, const AetDenoiseSettings *settings, Room *room, float *image,
                                  AetDenoisedView *view)
{
  const ptrdiff_t     count = ny * nx;
  const AetPlainImage noisy = {ny, nx, room->noisy};
  float              *result = room->result[settings->method == AET_DENOISE_WIENER];
  double              grey, before = 0, after = 0, size = 0;

  PetscFunctionBegin;
  AetStabilise(room->stabiliser, count, image, room->noisy);
  grey = Survey(ny, nx, room);
  view->grey = grey;
  if (settings->method != AET_DENOISE_WIENER) PetscCall(AetDenoiseBm3dRun(settings->profile, 1, grey, &noisy, room->result[0]));
  if (settings->method != AET_DENOISE_BM3D) PetscCall(AetDenoiseWienerRun(room->mask, &noisy, room->result[1]));
  if (settings->method == AET_DENOISE_BOTH) {
    view->difference = Deviation(count, room->result[0], room->result[1]) / PetscMax(Deviation(count, room->result[0], NULL), 1e-30);
    PetscCall(AetRingResolution(room->ring, room->result[0], room->result[1], &view->ring));
  }
  JudgeResidual(ny, nx, room->mask, room->noisy, result, view);
  for (ptrdiff_t i = 0; i < count; i++) before += image[i], size += fabs(image[i]), room->smooth[i] = image[i];
  AetUnstabilise(room->stabiliser, count, result, image);
  RestoreMeans(ny, nx, room->smooth, room, image);
  for (ptrdiff_t i = 0; i < count; i++) after += image[i];
  view->mean = size > 0 ? (after - before) / size : 0;
  view->change = Deviation(count, room->smooth, image);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Images in which the two ways differ more than in others, or what was taken away hangs together: structure, or noise that is not white.
   That of a filter that keeps low frequencies is anticorrelated. */
static PetscErrorCode Flag(AetDenoiseReport *report)
{
  double *sorted, median;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)report->views, &sorted));
  for (ptrdiff_t v = 0; v < report->views; v++) sorted[v] = report->view[v].difference;
  qsort(sorted, (size_t)report->views, sizeof *sorted, Ascending);
  median = sorted[report->views / 2];
  PetscCall(PetscFree(sorted));
  for (ptrdiff_t v = 0; v < report->views; v++) {
    AetDenoisedView *d = &report->view[v];
    const double     correlated = fmax(d->correlation[0], d->correlation[1]);
    d->flagged = d->difference > fmax(FLAG_FACTOR * median, FLAG_LEAST) || correlated > FLAG_CORRELATED;
    report->flagged += d->flagged > 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltDenoise(AetTiltSeries tilt, AetNoise noise, const AetDenoiseSettings *settings, AetDenoiseReport *report)
{
  const ptrdiff_t width = sizeof(AetDenoisedView) / sizeof(double);
  Room            room = {0};
  PetscErrorCode  code;

  PetscFunctionBegin;
  memset(report, 0, sizeof *report);
  AetCheck(noise.alpha >= 0 && noise.sigma >= 0 && noise.alpha + noise.sigma > 0 && isfinite(noise.alpha + noise.mu + noise.sigma),
           AET_ERR_INPUT, "denoise: expected alpha and sigma of at least 0, not both 0, found alpha %g, mu %g, sigma %g", noise.alpha,
           noise.mu, noise.sigma);
  AetCheck(tilt->views * width < PETSC_MPI_INT_MAX, AET_ERR_INPUT, "denoise: expected fewer images, found %td", tilt->views);
  report->views = tilt->views;
  code = PetscCalloc1((size_t)tilt->views, &report->view);
  if (!code) code = RoomCreate(tilt->ny, tilt->nx, &room);
  if (!code) AetStabiliserSet(room.stabiliser, noise.alpha, noise.mu, noise.sigma);
  for (ptrdiff_t v = 0; v < tilt->v_count && !code; v++)
    code = DenoiseView(tilt->ny, tilt->nx, settings, &room, tilt->image + v * tilt->ny * tilt->nx, &report->view[tilt->v_start + v]);
  code = AetAgree(tilt->comm, code);
  PetscCall(RoomFree(&room));
  if (code) PetscCall(AetDenoiseReportFree(report));
  PetscCall(code);
  /* one term each, beside zeros */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, report->view, (PetscMPIInt)(tilt->views * width), MPI_DOUBLE, MPI_SUM, tilt->comm));
  PetscCall(Flag(report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDenoiseReportFree(AetDenoiseReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(report->view));
  memset(report, 0, sizeof *report);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDenoiseSettingsFromOptions(PetscBool automatic, AetDenoiseSettings *settings)
{
  int     enabled, method, profile, count;
  double *noise;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetDenoiseOptions));
  PetscCall(AetOptionGetEnum("denoise_enabled", &enabled));
  PetscCall(AetOptionGetEnum("denoise_method", &method));
  PetscCall(AetOptionGetEnum("denoise_profile", &profile));
  PetscCall(AetOptionGetReals("denoise_noise", &count, &noise));
  settings->enabled = enabled ? (PetscBool)(enabled == 1) : automatic;
  settings->method = (AetDenoiseMethod)method;
  settings->profile = (AetDenoiseProfile)profile;
  settings->noise_given = (PetscBool)(count > 0);
  if (count == 3) settings->noise = (AetNoise){noise[0], noise[1], noise[2]};
  PetscCall(PetscFree(noise));
  AetCheck(count == 0 || count == 3, AET_ERR_INPUT, "denoise_noise: expected alpha, mu, sigma, found %d numbers", count);
  PetscFunctionReturn(PETSC_SUCCESS);
}
