/* Repeated images against what their noise allows: whether the specimen changed under the beam (docs/theory/preparation.md). */
#include "tilt/background_private.h"
#include "tilt/kernel/compare_images.h"
#include "tilt/kernel/plane_fit.h"
#include <math.h>
#include <string.h>

enum { STREAM = 0x5400, TAG = 541 };

typedef struct {
  AetTiltSeries                tilt;
  const AetAlignSettings      *settings;
  const AetBackgroundSettings *background;
  const double                *noise;
  AetRegister                  room;
  AetObjectRoom               *rooms;
  float                       *first, *later, *trial; /* one image each */
} Damage;

/* The angle by which two orientations differ, in degrees. */
static double Apart(const double a[9], const double b[9])
{
  double trace = 0;

  for (int i = 0; i < 9; i++) trace += a[i] * b[i];
  return acos(PetscMax(-1, PetscMin(1, (trace - 1) / 2))) / AET_DEG;
}

/* Every image that repeats an earlier one, with the first of that orientation. */
static ptrdiff_t FindRepeats(AetTiltSeries tilt, double tolerance_deg, AetRepeat *repeat)
{
  ptrdiff_t found = 0;

  for (ptrdiff_t later = 1; later < tilt->views; later++)
    for (ptrdiff_t first = 0; first < later; first++) {
      if (Apart(tilt->rotation[first], tilt->rotation[later]) > tolerance_deg) continue;
      memset(&repeat[found], 0, sizeof *repeat);
      repeat[found].views[0] = first, repeat[found].views[1] = later;
      found++;
      break;
    }
  return found;
}

/* Both images of a pair on rank 0. */
static PetscErrorCode Bring(Damage *work, const AetRepeat *repeat)
{
  AetTiltSeries   tilt = work->tilt;
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  float          *into[2] = {work->first, work->later};
  PetscMPIInt     rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(tilt->comm, &rank));
  PetscCallMPI(MPI_Comm_size(tilt->comm, &size));
  for (int i = 0; i < 2; i++) {
    const int    owner = AetBlockOwner(tilt->views, size, repeat->views[i]);
    const float *image = rank == owner ? tilt->image + (repeat->views[i] - tilt->v_start) * pixels : NULL;
    if (owner == rank && rank == 0) memcpy(into[i], image, sizeof(float) * (size_t)pixels);
    if (owner == rank && rank) PetscCallMPI(MPI_Send(image, (int)pixels, MPI_FLOAT, 0, TAG, tilt->comm));
    if (owner && !rank) PetscCallMPI(MPI_Recv(into[i], (int)pixels, MPI_FLOAT, owner, TAG, tilt->comm, MPI_STATUS_IGNORE));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Takes the background off one image; the mask of its object stays in the room. */
static void Flatten(Damage *work, float *image, AetObjectFound *found)
{
  const AetObjectSearch search = AetObjectSearchOf(work->background);
  const ptrdiff_t       ny = work->tilt->ny, nx = work->tilt->nx;

  AetKernelObjectFind(ny, nx, image, &search, work->rooms->mask, found, work->rooms->work, work->rooms->stack);
  for (ptrdiff_t i = 0; i < ny * nx; i++) image[i] -= (float)AetKernelPlaneValue(ny, nx, found->plane, i / nx, i % nx);
}

/* One image with the noise of a measurement about `mean`, whose background was taken off. */
static void Simulate(const Damage *work, const double noise[2], double background, uint64_t stream, const float *mean, float *image)
{
  const double alpha = noise[0], sigma = noise[1];

  for (ptrdiff_t i = 0; i < work->tilt->ny * work->tilt->nx; i++) {
    const double counts = alpha > 0 ? PetscMax(0, mean[i] + background) / alpha : 0;
    image[i] = (float)(mean[i] + sigma * AetRandomNormal(work->settings->seed, stream, (uint64_t)i));
    if (alpha > 0) image[i] += (float)(alpha * (AetRandomPoisson(work->settings->seed, stream + 1, (uint64_t)i, counts) - counts));
  }
}

/* What noise alone would leave of a pair: two simulations of its mean. */
static void Expect(Damage *work, const AetObjectFound *found, const AetPreparedView *view, double mu, double factor, AetRepeat *repeat)
{
  const ptrdiff_t pixels = work->tilt->ny * work->tilt->nx;
  const uint64_t  stream = STREAM + 8 * (uint64_t)repeat->views[1];
  const PetscBool known = (PetscBool)(work->noise[0] > 0 || work->noise[1] > 0);
  const double    noise[2] = {view->scale * work->noise[0], known ? view->scale * work->noise[1] : found->noise};
  const double    background = view->scale * (view->background - mu) + found->plane[0];
  double          ignored;

  for (ptrdiff_t i = 0; i < pixels; i++) work->trial[i] = (float)(0.5 * (work->first[i] + factor * work->later[i]));
  Simulate(work, noise, background, stream, work->trial, work->first);
  Simulate(work, noise, background, stream + 2, work->trial, work->later);
  AetKernelCompareImages(pixels, work->rooms->mask, work->first, work->later, &ignored, &repeat->correlation_expected, &repeat->r_expected);
}

/* A pair on rank 0: the later image is laid on the first. */
static PetscErrorCode Judge(Damage *work, AetPreparation preparation, AetRepeat *repeat)
{
  const ptrdiff_t       pixels = work->tilt->ny * work->tilt->nx;
  const AetMatchOptions plain = {.range_px = 0};
  AetObjectFound        found[2];
  AetMatch              match;
  double                factor;

  PetscFunctionBegin;
  Flatten(work, work->later, &found[1]);
  Flatten(work, work->first, &found[0]); /* its mask stays */
  for (int i = 0; i < 2; i++) PetscCall(AetObjectCheck(repeat->views[i], &found[i]));
  PetscCall(AetRegisterMatch(work->room, &plain, work->first, work->later, &match));
  PetscCall(AetRegisterShift(work->room, -match.dx, -match.dy, work->later, work->later));
  AetKernelCompareImages(pixels, work->rooms->mask, work->first, work->later, &factor, &repeat->correlation, &repeat->r);
  Expect(work, &found[0], &preparation->view[repeat->views[0]], preparation->noise[1], factor, repeat);
  repeat->flagged = (PetscBool)(repeat->r > work->settings->damage_factor * repeat->r_expected);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(Damage *work)
{
  const size_t pixels = (size_t)(work->tilt->ny * work->tilt->nx);

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(pixels, &work->first, pixels, &work->later, pixels, &work->trial));
  PetscCall(AetObjectRoomsCreate(work->tilt->ny, work->tilt->nx, 1, &work->rooms));
  PetscCall(AetRegisterCreate(work->tilt->ny, work->tilt->nx, &work->room));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode JudgeAll(Damage *work, AetPreparation preparation)
{
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(work->tilt->comm, &rank));
  for (ptrdiff_t i = 0; i < preparation->repeats; i++) {
    PetscCall(Bring(work, &preparation->repeat[i]));
    if (!rank && !code) code = Judge(work, preparation, &preparation->repeat[i]);
  }
  PetscCall(AetAgree(work->tilt->comm, code));
  PetscCallMPI(MPI_Bcast(preparation->repeat, (int)(preparation->repeats * (ptrdiff_t)sizeof(AetRepeat)), MPI_BYTE, 0, work->tilt->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltDamage(AetTiltSeries tilt, const AetAlignSettings *settings, const AetBackgroundSettings *background,
                             const double noise[2], AetPreparation preparation)
{
  Damage         work = {.tilt = tilt, .settings = settings, .background = background, .noise = noise};
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscFree(preparation->repeat));
  PetscCall(AetAgree(tilt->comm, PetscCalloc1((size_t)tilt->views, &preparation->repeat)));
  preparation->repeats = FindRepeats(tilt, settings->repeat_deg, preparation->repeat);
  if (!preparation->repeats) PetscFunctionReturn(PETSC_SUCCESS);
  code = AetAgree(tilt->comm, Allocate(&work));
  if (!code) code = JudgeAll(&work, preparation);
  PetscCall(AetRegisterDestroy(&work.room));
  PetscCall(AetObjectRoomsDestroy(1, &work.rooms));
  PetscCall(PetscFree3(work.first, work.later, work.trial));
  PetscFunctionReturn(code);
}
