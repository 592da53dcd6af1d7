/* The noise of the images, measured from themselves. */
#include "tilt/noise.h"
#include "tilt/kernel/noise_line.h"
#include "tilt/kernel/otsu_mask.h"
#include "tilt/kernel/stabilise.h"
#include <math.h>
#include <omp.h>
#include <string.h>

/* Enough images for three digits; spread evenly over all. */
enum { SCOUTS = 32, USED = 128, SMOOTH = 2, GROW = 20 };
#define OTSU_FACTOR 0.9   /* of the algorithm reference, with GROW */
#define FLOOR_SLACK 0.003 /* what is left of the structure may raise the variance of the bright half by this */

/* What one image tells: doubles, so that rows of all ranks are gathered as they are. */
typedef struct {
  AetNoisePoint point[AET_NOISE_BINS], background;
} Told;
typedef struct {
  double count[AET_NOISE_ORDERS], square[AET_NOISE_ORDERS];
} Scouted;
typedef struct {
  float         *guide, *work;
  double        *columns;
  unsigned char *mask, *spare;
} Room;

/* Whether image `index` of `total` is one of about `wanted` that are spread evenly. */
static PetscBool IsUsed(ptrdiff_t index, ptrdiff_t total, ptrdiff_t wanted)
{
  return (PetscBool)(total <= wanted || index * wanted / total != (index + 1) * wanted / total);
}

static PetscErrorCode RoomCreate(ptrdiff_t ny, ptrdiff_t nx, int threads, Room **rooms)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)threads, rooms));
  for (int t = 0; t < threads; t++) {
    Room *r = &(*rooms)[t];
    PetscCall(PetscMalloc1((size_t)(ny * nx), &r->guide));
    PetscCall(PetscMalloc1(AetNoiseWork(ny, nx), &r->work));
    PetscCall(PetscMalloc1((size_t)nx + 1, &r->columns));
    PetscCall(PetscMalloc2((size_t)(ny * nx), &r->mask, (size_t)(ny * nx), &r->spare));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RoomFree(int threads, Room **rooms)
{
  PetscFunctionBegin;
  for (int t = 0; t < threads && *rooms; t++) {
    Room *r = &(*rooms)[t];
    PetscCall(PetscFree(r->guide));
    PetscCall(PetscFree(r->work));
    PetscCall(PetscFree(r->columns));
    PetscCall(PetscFree2(r->mask, r->spare));
  }
  PetscCall(PetscFree(*rooms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where other frames of the view exist, their mean over a small box: of the same structure but for drift, with noise of its own. Else the
   surroundings of each pixel. */
static void Guide(const AetNoiseImages *in, ptrdiff_t index, int order, Room *room)
{
  const ptrdiff_t plane = in->ny * in->nx, view = index / in->frames;
  const float    *first = in->image + view * in->frames * plane, *own = in->image + index * plane;

  if (in->frames == 1) {
    AetNoiseGuide(own, in->ny, in->nx, order / 2, order / 2 + 4, room->columns, room->work, room->guide);
    return;
  }
  memset(room->work, 0, sizeof(float) * (size_t)plane);
  for (ptrdiff_t f = 0; f < in->frames; f++)
    for (ptrdiff_t i = 0; i < plane && first + f * plane != own; i++) room->work[i] += first[f * plane + i];
  AetBoxMean(room->work, in->ny, in->nx, SMOOTH, room->columns, room->guide);
}

/* The object of an image that noise may hide: smoothed, thresholded, grown. */
static void Mask(const AetNoiseImages *in, const float *image, Room *room)
{
  const ptrdiff_t size = PetscMin(in->ny, in->nx);

  AetBoxMean(image, in->ny, in->nx, SMOOTH, room->columns, room->work);
  AetOtsuMask(room->work, in->ny, in->nx, OTSU_FACTOR, PetscMin(GROW, size / 12), room->spare, room->mask);
}

static int OrdersFor(ptrdiff_t ny, ptrdiff_t nx)
{
  int orders = 0;

  while (orders < AET_NOISE_ORDERS && 4 * AetNoiseOrders[orders] <= PetscMin(ny, nx)) orders++;
  return orders;
}

/* Adds what each rank knows of `total` rows of doubles, one per image: all rows on all ranks. */
static PetscErrorCode ShareRows(MPI_Comm comm, ptrdiff_t total, ptrdiff_t width, double *rows)
{
  PetscFunctionBegin;
  AetCheck(total * width < PETSC_MPI_INT_MAX, AET_ERR_INPUT, "noise: expected fewer images, found %td", total);
  PetscCallMPI(
      MPI_Allreduce(MPI_IN_PLACE, rows, (PetscMPIInt)(total * width), MPI_DOUBLE, MPI_SUM, comm)); /* one term each, beside zeros */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lowest order that leaves no more of the structure than the higher ones do. */
static PetscErrorCode ChooseOrder(const AetNoiseImages *in, Room *rooms, Scouted *scouted, int *order)
{
  const ptrdiff_t total = in->views * in->frames, start = in->v_start * in->frames, plane = in->ny * in->nx;
  const int       orders = OrdersFor(in->ny, in->nx);
  double          variance[AET_NOISE_ORDERS], error[AET_NOISE_ORDERS];

  PetscFunctionBegin;
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 1)
  for (ptrdiff_t i = 0; i < in->v_count * in->frames; i++)
    for (int k = 0; k < orders && IsUsed(start + i, total, SCOUTS); k++) {
      Room    *room = &rooms[omp_get_thread_num()];
      Scouted *s = &scouted[start + i];
      Guide(in, i, AetNoiseOrders[k], room);
      s->count[k] = AetNoiseBright(in->image + i * plane, room->guide, in->ny, in->nx, AetNoiseOrders[k], room->work, &s->square[k]);
    }
  PetscCall(ShareRows(in->comm, total, sizeof *scouted / sizeof(double), (double *)scouted));
  for (int k = 0; k < orders; k++) {
    float  taps[64];
    double sum = 0, count = 0;
    for (ptrdiff_t i = 0; i < total; i++) sum += scouted[i].count[k] * scouted[i].square[k], count += scouted[i].count[k];
    variance[k] = count > 0 ? sum / count : 0;
    error[k] = count > 0 ? sqrt(2 * AetNoiseFilter(AetNoiseOrders[k], taps) / count) : 0;
  }
  for (int k = 0; k < orders; k++) {
    PetscBool good = PETSC_TRUE;
    *order = AetNoiseOrders[k];
    for (int j = k + 1; j < orders; j++)
      if (variance[k] > variance[j] * (1 + FLOOR_SLACK + error[j])) good = PETSC_FALSE;
    if (good) break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TellAll(const AetNoiseImages *in, int order, Room *rooms, Told *told)
{
  const ptrdiff_t total = in->views * in->frames, start = in->v_start * in->frames, plane = in->ny * in->nx;

#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 1)
  for (ptrdiff_t i = 0; i < in->v_count * in->frames; i++) {
    Room *room = &rooms[omp_get_thread_num()];
    Told *t = &told[start + i];
    if (!IsUsed(start + i, total, USED)) continue;
    Mask(in, in->image + i * plane, room);
    Guide(in, i, order, room);
    AetNoisePoints(in->image + i * plane, room->guide, room->mask, in->ny, in->nx, order, room->work, t->point, &t->background);
  }
}

/* One line through the points of all images. */
static PetscErrorCode FitAll(ptrdiff_t total, const Told *told, AetNoise *noise)
{
  AetNoisePoint *points, background = {0};
  AetNoiseLine   line;
  int            count = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(total * AET_NOISE_BINS), &points));
  for (ptrdiff_t i = 0; i < total; i++) {
    for (int b = 0; b < AET_NOISE_BINS; b++)
      if (told[i].point[b].count > 0) points[count++] = told[i].point[b];
    background.mean += told[i].background.count * told[i].background.mean;
    background.variance += told[i].background.count * told[i].background.variance;
    background.count += told[i].background.count;
  }
  if (background.count > 0) background.mean /= background.count, background.variance /= background.count;
  if (!AetNoiseFit(count, points, &background, &line)) line.alpha = line.mu = line.sigma2 = 0;
  PetscCall(PetscFree(points));
  noise->alpha = line.alpha, noise->mu = line.mu, noise->sigma = sqrt(line.sigma2);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNoiseFromImages(const AetNoiseImages *in, AetNoise *noise)
{
  const ptrdiff_t total = in->views * in->frames;
  const int       threads = AetThreads();
  Room           *rooms = NULL;
  Scouted        *scouted = NULL;
  Told           *told = NULL;
  int             order = 0;
  PetscErrorCode  code;

  PetscFunctionBegin;
  AetCheck(OrdersFor(in->ny, in->nx) > 0, AET_ERR_DATA, "noise: expected images of at least 8 pixels each way, found %td×%td", in->nx,
           in->ny);
  code = RoomCreate(in->ny, in->nx, threads, &rooms);
  if (!code) code = PetscCalloc1((size_t)total, &scouted);
  if (!code) code = PetscCalloc1((size_t)total, &told);
  PetscCall(AetAgree(in->comm, code));
  PetscCall(ChooseOrder(in, rooms, scouted, &order));
  TellAll(in, order, rooms, told);
  PetscCall(ShareRows(in->comm, total, sizeof *told / sizeof(double), (double *)told));
  PetscCall(FitAll(total, told, noise));
  PetscCall(PetscFree(scouted));
  PetscCall(PetscFree(told));
  PetscCall(RoomFree(threads, &rooms));
  AetCheck(noise->alpha > 0 || noise->sigma > 0, AET_ERR_DATA,
           "noise: the images have none that could be measured; say it by denoise_noise");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNoiseFromTilt(AetTiltSeries tilt, AetNoise *noise)
{
  const AetNoiseImages in = {tilt->comm, tilt->views, tilt->v_start, tilt->v_count, 1, tilt->ny, tilt->nx, tilt->image};

  PetscFunctionBegin;
  PetscCall(AetNoiseFromImages(&in, noise));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNoiseFromFrames(AetFrames set, AetNoise *noise)
{
  const AetNoiseImages in = {set->comm, set->views, set->v_start, set->v_count, set->frames, set->ny, set->nx, set->image};

  PetscFunctionBegin;
  PetscCall(AetNoiseFromImages(&in, noise));
  PetscFunctionReturn(PETSC_SUCCESS);
}

AetNoise AetNoiseOfMean(AetNoise noise, double frames)
{
  return (AetNoise){noise.alpha / frames, noise.mu, noise.sigma / sqrt(frames)};
}

static PetscErrorCode Stabiliser(AetNoise noise, AetStabiliser **s)
{
  PetscFunctionBegin;
  AetCheck(noise.alpha >= 0 && noise.sigma >= 0 && noise.alpha + noise.sigma > 0 && isfinite(noise.alpha + noise.mu + noise.sigma),
           AET_ERR_INPUT, "noise: expected alpha and sigma of at least 0, not both 0, found alpha %g, mu %g, sigma %g", noise.alpha,
           noise.mu, noise.sigma);
  PetscCall(PetscNew(s));
  AetStabiliserSet(*s, noise.alpha, noise.mu, noise.sigma);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNoiseStabilise(AetNoise noise, ptrdiff_t count, float *image)
{
  AetStabiliser *s;

  PetscFunctionBegin;
  PetscCall(Stabiliser(noise, &s));
  AetStabilise(s, count, image, image);
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetNoiseUnstabilise(AetNoise noise, ptrdiff_t count, float *image)
{
  AetStabiliser *s;

  PetscFunctionBegin;
  PetscCall(Stabiliser(noise, &s));
  AetUnstabilise(s, count, image, image);
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}
