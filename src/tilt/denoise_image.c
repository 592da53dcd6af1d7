/* One image, its noise white: the stages of both methods over the threads. */
#include "tilt/denoise.h"
#include <math.h>
#include <omp.h>
#include <string.h>

enum { ROWS = 6 /* of blocks in a stripe */, WIENER_BLOCK = 16, WIENER_STEP = 4 };
#define WIENER_LAMBDA 2.7

/* In the order of AetDenoiseProfile: block, step, group, search, largest difference, threshold, window. Standard of Lebrun 2012; tomography
   as pipelines of atomic tomography set it, with a difference that two equal blocks do not exceed by their noise alone; strong of Dabov
   2007 for standard deviations above 40 grey levels. */
static const AetBm3dStage profiles[][2] = {
    {{AET_BLOCK_BIOR, 8, 3, 16, 39, 3000, 0, 2.7, 2.0}, {AET_BLOCK_DCT, 8, 3, 32, 39, 400, 0, 0, 2.0}},
    {{AET_BLOCK_DCT, 8, 2, 16, 101, 600, 3, 2.9, 0.2}, {AET_BLOCK_DCT, 16, 3, 32, 101, 400, 0, 0, 0.5}},
    {{AET_BLOCK_DCT, 12, 4, 32, 39, 25000, 0, 2.8, 2.0}, {AET_BLOCK_DCT, 11, 3, 32, 39, 3500, 0, 0, 2.0}},
};

/* A stage on all stripes of an image. */
typedef struct {
  int       block, step;
  ptrdiff_t reach; /* rows above and below a reference block that its group may come from */
  size_t    work;  /* floats */
  void (*stage)(const void *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe);
  const void *plan;
} Pass;

static void HardStage(const void *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe)
{
  AetBm3dHard((const AetBm3dPlan *)plan, noisy, work, stripe);
}

static void MatchedStage(const void *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe)
{
  AetBm3dWiener((const AetBm3dPlan *)plan, noisy, pilot, work, stripe);
}

static void FirstStage(const void *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe)
{
  AetWienerFirst((const AetWienerPlan *)plan, noisy, stripe);
}

static void SecondStage(const void *plan, const AetPlainImage *noisy, const AetPlainImage *pilot, float *work, AetStripe *stripe)
{
  AetWienerSecond((const AetWienerPlan *)plan, noisy, pilot, stripe);
}

/* Reference rows 0, step, … and the last that fits; those of stripe `index` (none: past the end). */
static void StripeRows(const Pass *pass, ptrdiff_t ny, ptrdiff_t index, ptrdiff_t row[ROWS], AetStripe *stripe)
{
  const ptrdiff_t last = ny - pass->block, all = (last + pass->step - 1) / pass->step + 1;

  stripe->rows = 0, stripe->row = row;
  for (ptrdiff_t i = index * ROWS; i < PetscMin(all, (index + 1) * ROWS); i++) row[stripe->rows++] = PetscMin(last, i * pass->step);
  if (!stripe->rows) return;
  stripe->first = PetscMax(0, row[0] - pass->reach);
  stripe->count = PetscMin(ny, row[stripe->rows - 1] + pass->reach + pass->block) - stripe->first;
}

/* As many stripes at a time as there are threads, each with sums of its own, which are then added in the order of the stripes: the same
   bits for any number of threads. `out` may be the pilot. */
static PetscErrorCode RunPass(const Pass *pass, const AetPlainImage *noisy, const AetPlainImage *pilot, float *out)
{
  const int       threads = AetThreads();
  const ptrdiff_t ny = noisy->ny, nx = noisy->nx, most = PetscMin(ny, ROWS * pass->step + 2 * pass->reach + pass->block);
  const size_t    room = pass->work + (size_t)(2 * most * nx);
  float          *rooms, *sum, *weight;
  ptrdiff_t       row[ROWS];
  AetStripe       stripe;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(room * (size_t)threads, &rooms));
  PetscCall(PetscCalloc2((size_t)(ny * nx), &sum, (size_t)(ny * nx), &weight));
  for (ptrdiff_t wave = 0; StripeRows(pass, ny, wave, row, &stripe), stripe.rows; wave += threads) {
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; t++) {
      ptrdiff_t mine[ROWS];
      AetStripe s;
      StripeRows(pass, ny, wave + t, mine, &s);
      s.sum = rooms + room * (size_t)t + pass->work, s.weight = s.sum + most * nx;
      memset(s.sum, 0, sizeof(float) * (size_t)(2 * most * nx));
      if (s.rows) pass->stage(pass->plan, noisy, pilot, rooms + room * (size_t)t, &s);
    }
    for (int t = 0; t < threads; t++) {
      const float *from = rooms + room * (size_t)t + pass->work;
      StripeRows(pass, ny, wave + t, row, &stripe);
      for (ptrdiff_t i = 0; stripe.rows && i < stripe.count * nx; i++) {
        sum[stripe.first * nx + i] += from[i];
        weight[stripe.first * nx + i] += from[most * nx + i];
      }
    }
  }
  for (ptrdiff_t i = 0; i < ny * nx; i++) out[i] = sum[i] / weight[i];
  PetscCall(PetscFree2(sum, weight));
  PetscCall(PetscFree(rooms));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDenoiseBm3dRun(AetDenoiseProfile profile, double sigma, double grey, const AetPlainImage *noisy, float *out)
{
  const int           chosen = profile == AET_DENOISE_AUTO ? AET_DENOISE_TOMOGRAPHY - 1 : (int)profile - 1;
  const AetPlainImage pilot = {noisy->ny, noisy->nx, out};

  PetscFunctionBegin;
  for (int s = 0; s < 2; s++) {
    AetBm3dPlan plan;
    AetCheck(!AetBm3dPlanSet(&plan, &profiles[chosen][s], sigma, grey), PETSC_ERR_PLIB, "bm3d: a block of %d", profiles[chosen][s].block);
    AetCheck(PetscMin(noisy->ny, noisy->nx) >= plan.stage.block, AET_ERR_DATA,
             "denoise: expected images of at least %d pixels, found %td×%td", plan.stage.block, noisy->nx, noisy->ny);
    const Pass pass = {plan.stage.block, plan.stage.step, plan.stage.search / 2, AetBm3dWork(&plan), s ? MatchedStage : HardStage, &plan};
    PetscCall(RunPass(&pass, noisy, &pilot, out));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDenoiseWienerRun(const unsigned char *mask, const AetPlainImage *noisy, float *out)
{
  const AetPlainImage pilot = {noisy->ny, noisy->nx, out};
  AetWienerPlan      *plan;

  PetscFunctionBegin;
  AetCheck(PetscMin(noisy->ny, noisy->nx) >= WIENER_BLOCK, AET_ERR_DATA, "denoise: expected images of at least %d pixels, found %td×%td",
           WIENER_BLOCK, noisy->nx, noisy->ny);
  PetscCall(PetscNew(&plan));
  AetCheck(!AetWienerPlanSet(plan, WIENER_BLOCK, WIENER_STEP, WIENER_LAMBDA), PETSC_ERR_PLIB, "wiener: a block of %d", WIENER_BLOCK);
  if (mask) AetWienerMeasure(plan, noisy, mask);
  for (int s = 0; s < 2; s++) {
    const Pass pass = {WIENER_BLOCK, WIENER_STEP, 0, 0, s ? SecondStage : FirstStage, plan};
    PetscCall(RunPass(&pass, noisy, &pilot, out));
  }
  PetscCall(PetscFree(plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDenoiseImage(AetDenoiseMethod method, AetDenoiseProfile profile, double sigma, double grey, ptrdiff_t ny, ptrdiff_t nx,
                               float *image)
{
  float        *room;
  AetPlainImage noisy = {ny, nx, NULL};

  PetscFunctionBegin;
  AetCheck(sigma > 0 && grey > 0, AET_ERR_INPUT, "denoise: expected a positive sigma and grey scale, found %g and %g", sigma, grey);
  PetscCall(PetscCalloc1((size_t)(ny * nx) + AET_IMAGE_MARGIN, &room));
  for (ptrdiff_t i = 0; i < ny * nx; i++) room[i] = (float)(image[i] / sigma);
  noisy.data = room;
  if (method == AET_DENOISE_WIENER)
    PetscCall(AetDenoiseWienerRun(NULL, &noisy, image));
  else {
    /* the pilot is read past its end too */
    float *out;
    PetscCall(PetscCalloc1((size_t)(ny * nx) + AET_IMAGE_MARGIN, &out));
    PetscCall(AetDenoiseBm3dRun(profile, 1, grey * sigma, &noisy, out));
    PetscCall(PetscArraycpy(image, out, ny * nx));
    PetscCall(PetscFree(out));
  }
  for (ptrdiff_t i = 0; i < ny * nx; i++) image[i] *= (float)sigma;
  PetscCall(PetscFree(room));
  PetscFunctionReturn(PETSC_SUCCESS);
}
