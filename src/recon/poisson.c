/* The most likely volume where the images are counts of electrons:

     min  Σ (A x + β) - (b + β) log(A x + β)   subject to  x ≥ 0,  x = 0 outside the support

   by steps scaled as those of expectation maximisation (Shepp and Vardi, IEEE Trans. Med. Imaging 1 (1982) 113), of the length of Barzilai
   and Borwein, with a line search: scaled gradient projection (Bonettini, Zanella and Zanni, Inverse Problems 25 (2009) 015002).
   docs/theory/poisson.md. */
#include "recon/kernel/poisson.h"
#include "recon/course.h"
#include "recon/estimate.h"
#include "recon/kernel/pixels.h"
#include "recon/normal.h"
#include <math.h>

#define LEAST_SENSITIVITY 0.02 /* of the largest: rays that graze a corner of the volume would weigh without bound */
#define LEAST_OFFSET 0.05      /* of the mean of the images: projections of sharp edges dip below 0 by some of that */
#define SCALING_LEAST 1e-4     /* of the first, even volume: a voxel at 0 can come back */
#define SCALING_MOST 1e3
#define LENGTH_LEAST 1e-3 /* of a step, in steps of expectation maximisation */
#define LENGTH_MOST 1e3
#define ARMIJO 1e-4
#define ROUNDING 1e-8 /* of the counts: what single precision makes of a misfit that stands still */
#define TRIALS 12

typedef struct {
  AetProjector      projector; /* borrowed */
  AetPoisson        model;
  AetPoissonScaling scaling;
  double            counts_per_unit, background;                 /* the options */
  double            total, measured;                             /* of the used pixels: Σ n, and how many */
  unsigned char    *use;                                         /* [v_count][ny][nx] */
  float            *images, *state;                              /* the same: room; A x */
  float            *sensitivity, *gradient, *before, *direction; /* [z_count][n1][n2] */
} Poisson;

/* Numbers of an iteration under way; all of them are kept. */
typedef struct {
  double    withheld, misfit, length, change, recent[3]; /* lengths: of the next step; the ratio that switches; the last second ones */
  AetMisfit fit;
} Numbers;

static ptrdiff_t Pixels(AetRecon recon)
{
  return recon->tilt->ny * recon->tilt->nx;
}

static ptrdiff_t PlaneVoxels(AetRecon recon)
{
  return recon->n[1] * recon->n[2];
}

static ptrdiff_t Voxels(AetRecon recon)
{
  return recon->z_count * PlaneVoxels(recon);
}

static PetscErrorCode Setup(AetRecon recon)
{
  const size_t voxels = (size_t)Voxels(recon), pixels = (size_t)(recon->tilt->v_count * Pixels(recon));
  Poisson     *p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  recon->data = p;
  PetscCall(AetOptionGetReal("recon_counts_per_unit", &p->counts_per_unit));
  PetscCall(AetOptionGetReal("recon_background", &p->background));
  PetscCall(AetReconProjector(recon, &p->projector));
  PetscCall(AetAgree(recon->comm,
                     PetscMalloc5(pixels, &p->use, pixels, &p->images, pixels, &p->state, voxels, &p->sensitivity, voxels, &p->direction)));
  PetscCall(AetAgree(recon->comm, PetscMalloc1(voxels, &p->gradient))); /* these two change places */
  PetscCall(AetAgree(recon->comm, PetscMalloc1(voxels, &p->before)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean square of negative values, which is the variance of the noise where the images are dark, and so β: counts have a variance equal
   to their mean. */
static double Background(const Poisson *p, const double sums[4])
{
  if (p->background >= 0) return p->background / p->counts_per_unit;
  return sums[1] > 0 ? sums[0] / sums[1] * p->counts_per_unit : 0;
}

/* β, and m below which the logarithm is a parabola, from all measured pixels. */
static PetscErrorCode SetModel(AetRecon recon, Poisson *p)
{
  const ptrdiff_t pixels = Pixels(recon);
  double         *rows, sums[4];

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(4 * (size_t)recon->tilt->v_count, &rows));
  for (ptrdiff_t i = 0; i < recon->tilt->v_count * pixels; i++) {
    const double b = recon->tilt->image[i];
    double      *row = rows + 4 * (i / pixels);
    if (p->use[i] == AET_PIXEL_UNMEASURED) continue;
    if (b < 0) row[0] += b * b, row[1] += 1;
    row[2] += fmax(b, 0), row[3] += 1;
  }
  PetscCall(AetReconSumViews(recon, 4, rows, sums));
  PetscCall(PetscFree(rows));
  p->model.offset = fmax(Background(p, sums), sums[3] > 0 ? LEAST_OFFSET * sums[2] / sums[3] : 0);
  if (!(p->model.offset > 0)) p->model.offset = 1; /* images of nothing */
  p->model.least = p->model.offset / 2;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Aᵀ1 over used pixels, 0 outside the support; p->total, p->measured. *even: the height of an even volume as bright as the images. */
static PetscErrorCode SetSensitivity(AetRecon recon, Poisson *p, double *even)
{
  const ptrdiff_t pixels = Pixels(recon), plane = PlaneVoxels(recon);
  float           largest = 0, all;
  double         *rows, sums[3], weight;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(3 * (size_t)PetscMax(recon->tilt->v_count, recon->z_count), &rows));
  for (ptrdiff_t i = 0; i < recon->tilt->v_count * pixels; i++) {
    const double b = recon->tilt->image[i];
    p->images[i] = p->use[i] == AET_PIXEL_USED;
    double *row = rows + 3 * (i / pixels);
    if (p->use[i] == AET_PIXEL_USED) row[0] += b, row[1] += fmax(0, b + p->model.offset), row[2]++;
  }
  PetscCall(AetReconSumViews(recon, 3, rows, sums));
  PetscCall(AetProjectorAdjoint(p->projector, p->images, p->sensitivity));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) largest = fmaxf(largest, p->sensitivity[i]);
  PetscCallMPI(MPI_Allreduce(&largest, &all, 1, MPI_FLOAT, MPI_MAX, recon->comm));
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    rows[z] = 0;
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) {
      float *s = p->sensitivity + i;
      *s = *s > (float)LEAST_SENSITIVITY * all && !(recon->support && recon->support->data[i] == 0) ? *s : 0;
      rows[z] += *s;
    }
  }
  PetscCall(AetReconSumPlanes(recon, 1, rows, &weight));
  PetscCall(PetscFree(rows));
  p->total = sums[1], p->measured = sums[2];
  *even = weight > 0 && sums[0] > 0 ? sums[0] / weight : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half the deviance at state + step · images. */
static PetscErrorCode Misfit(AetRecon recon, const Poisson *p, double step, double *misfit)
{
  const ptrdiff_t pixels = Pixels(recon);
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->tilt->v_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < recon->tilt->v_count; j++)
    rows[j] = AetPoissonMisfit(pixels, &p->model, p->state + j * pixels, step, step > 0 ? p->images + j * pixels : NULL,
                               recon->tilt->image + j * pixels, p->use + j * pixels);
  PetscCall(AetReconSumViews(recon, 1, rows, misfit));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* gradient <- Aᵀ (1 - n / m) at the state; `images` is room. */
static PetscErrorCode Gradient(AetRecon recon, Poisson *p, float *gradient)
{
  const ptrdiff_t pixels = Pixels(recon);

  PetscFunctionBegin;
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < recon->tilt->v_count; j++)
    AetPoissonSlope(pixels, &p->model, p->state + j * pixels, recon->tilt->image + j * pixels, p->use + j * pixels, p->images + j * pixels);
  PetscCall(AetProjectorAdjoint(p->projector, p->images, gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What hangs on which pixels are used, at x as it is; the next step is one of expectation maximisation. */
static PetscErrorCode Renew(AetRecon recon, Poisson *p, Numbers *numbers)
{
  PetscFunctionBegin;
  PetscCall(Misfit(recon, p, 0, &numbers->misfit));
  PetscCall(Gradient(recon, p, p->gradient));
  PetscCall(AetNormalMeasure(recon, p->state, p->use, &numbers->fit));
  numbers->length = 1, numbers->change = 0.5;
  for (int i = 0; i < 3; i++) numbers->recent[i] = LENGTH_MOST;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Release(AetRecon recon, Poisson *p, Numbers *numbers)
{
  double unused;

  PetscFunctionBegin;
  AetNormalReleasePixels(recon, &numbers->fit, p->use);
  PetscCall(SetSensitivity(recon, p, &unused));
  PetscCall(Renew(recon, p, numbers));
  numbers->withheld = 0;
  AetCourseRenew(recon);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* step <- the longest of 1, ½, ¼, … that lowers the misfit as the slope says; 0 if none does. */
static PetscErrorCode Search(AetRecon recon, const Poisson *p, double slope, double *misfit, double *step)
{
  const double before = *misfit;

  PetscFunctionBegin;
  *step = 1;
  for (int t = 0; t < TRIALS; t++, *step /= 2) {
    PetscCall(Misfit(recon, p, *step, misfit));
    if (*misfit <= before + ARMIJO * *step * slope + ROUNDING * p->total) PetscFunctionReturn(PETSC_SUCCESS);
  }
  *step = 0, *misfit = before;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The length of the next step, by the two of Barzilai and Borwein in turns. */
static void NextLength(const double sums[4], Numbers *numbers)
{
  double first, second, least = LENGTH_MOST;

  if (!(sums[1] > 0) || !(sums[2] > 0) || !(sums[3] > 0)) {
    numbers->length = fmin(10 * numbers->length, LENGTH_MOST);
    return;
  }
  first = fmin(fmax(sums[0] / sums[1], LENGTH_LEAST), LENGTH_MOST), second = fmin(fmax(sums[2] / sums[3], LENGTH_LEAST), LENGTH_MOST);
  numbers->recent[0] = numbers->recent[1], numbers->recent[1] = numbers->recent[2], numbers->recent[2] = second;
  for (int i = 0; i < 3; i++) least = fmin(least, numbers->recent[i]);
  numbers->length = second / first <= numbers->change ? least : first;
  numbers->change *= second / first <= numbers->change ? 0.9 : 1.1;
}

static PetscErrorCode Direction(AetRecon recon, Poisson *p, double length, double *slope)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++)
    rows[z] = AetPoissonDirection(plane, &p->scaling, length, recon->volume->data + z * plane, p->sensitivity + z * plane,
                                  p->gradient + z * plane, p->direction + z * plane);
  PetscCall(AetReconSumPlanes(recon, 1, rows, slope));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x and its projections move; the gradient there, and the next length. */
static PetscErrorCode Move(AetRecon recon, Poisson *p, double step, Numbers *numbers)
{
  const ptrdiff_t plane = PlaneVoxels(recon);
  float          *x = recon->volume->data, *swap = p->before;
  double         *rows, sums[4];

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) x[i] = fmaxf(0, x[i] + (float)step * p->direction[i]);
  for (ptrdiff_t i = 0; i < recon->tilt->v_count * Pixels(recon); i++) p->state[i] += (float)step * p->images[i];
  p->before = p->gradient, p->gradient = swap;
  PetscCall(Gradient(recon, p, p->gradient));
  PetscCall(PetscCalloc1(4 * (size_t)recon->z_count, &rows));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < recon->z_count; z++) {
    const ptrdiff_t at = z * plane;
    AetPoissonCurvature(plane, &p->scaling, step, x + at, p->sensitivity + at, p->direction + at, p->gradient + at, p->before + at,
                        rows + 4 * z);
  }
  PetscCall(AetReconSumPlanes(recon, 4, rows, sums));
  PetscCall(PetscFree(rows));
  NextLength(sums, numbers);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Step(AetRecon recon, Poisson *p, Numbers *numbers)
{
  double slope, step;

  PetscFunctionBegin;
  PetscCall(Direction(recon, p, numbers->length, &slope));
  PetscCall(AetProjectorForward(p->projector, p->direction, p->images));
  PetscCall(Search(recon, p, slope, &numbers->misfit, &step));
  if (step > 0)
    PetscCall(Move(recon, p, step, numbers));
  else
    numbers->length = 1; /* one step of expectation maximisation, the safest there is */
  PetscCall(AetNormalMeasure(recon, p->state, p->use, &numbers->fit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x: the initial model where it is positive, or even; and what hangs on it. */
static PetscErrorCode First(AetRecon recon, Poisson *p, Numbers *numbers)
{
  float *x = recon->volume->data;
  double even;

  PetscFunctionBegin;
  AetReconPixels(recon, recon->rfree_fraction, p->use);
  PetscCall(SetModel(recon, p));
  PetscCall(SetSensitivity(recon, p, &even));
  p->scaling.least = SCALING_LEAST * even, p->scaling.most = SCALING_MOST * even;
  PetscCall(AetReconInitial(recon));
  for (ptrdiff_t i = 0; i < Voxels(recon); i++) {
    x[i] = AetReconInitialGiven(recon) ? fmaxf(x[i], 0) : (float)even;
    if (!(p->sensitivity[i] > 0)) x[i] = 0;
  }
  PetscCall(AetProjectorForward(p->projector, x, p->state));
  PetscCall(Renew(recon, p, numbers));
  numbers->withheld = numbers->fit.rfree >= 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first volume, or where an earlier run left it; *done: iterations behind it. */
static PetscErrorCode Begin(AetRecon recon, Poisson *p, Numbers *numbers, PetscInt *done)
{
  const ptrdiff_t pixels = recon->tilt->v_count * Pixels(recon);
  double          withheld, unused;

  PetscFunctionBegin;
  PetscCall(First(recon, p, numbers));
  withheld = numbers->withheld;
  PetscCall(AetCourseKeep(recon, AET_KEPT_IMAGES, "state", &p->state, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_VOLUME, "gradient", &p->gradient, 1));
  PetscCall(AetCourseKeep(recon, AET_KEPT_NUMBERS, "numbers", numbers, sizeof *numbers / sizeof(double)));
  PetscCall(AetCourseStart(recon, done));
  if (withheld > 0 && !(numbers->withheld > 0)) { /* it had let go of the withheld pixels */
    for (ptrdiff_t i = 0; i < pixels; i++)
      if (p->use[i] == AET_PIXEL_WITHHELD) p->use[i] = AET_PIXEL_USED;
    PetscCall(SetSensitivity(recon, p, &unused));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The deviance per pixel: 1 or a little more where counts of several electrons are fitted as well as their noise allows. */
static double Deviance(const Poisson *p, const Numbers *numbers)
{
  return p->measured > 0 ? 2 * p->counts_per_unit * numbers->misfit / p->measured : 0;
}

static PetscErrorCode Iterate(AetRecon recon, Poisson *p)
{
  Numbers   numbers = {0};
  PetscBool stop = PETSC_FALSE;
  PetscInt  k;
  char      note[80];

  PetscFunctionBegin;
  PetscCall(Begin(recon, p, &numbers, &k));
  for (; k < recon->iterations && !stop; k++) {
    PetscCall(AetEventBegin(AET_EVENT_RECON_ITERATION));
    if (numbers.withheld > 0 && k >= recon->iterations / 2) PetscCall(Release(recon, p, &numbers));
    PetscCall(Step(recon, p, &numbers));
    PetscCall(AetEventEnd(AET_EVENT_RECON_ITERATION));
    snprintf(note, sizeof note, "deviance %.4f, R1 %.4f", Deviance(p, &numbers), numbers.fit.r1);
    PetscCall(AetCourseIterated(recon, k + 1, Deviance(p, &numbers), note, &stop));
    if (stop && numbers.withheld > 0) { /* at rest without the withheld pixels; now with them */
      PetscCall(Release(recon, p, &numbers));
      stop = PETSC_FALSE;
    }
  }
  recon->error = numbers.fit.relative;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Solve(AetRecon recon)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetCourseBegin(recon, "Poisson"));
  code = Iterate(recon, recon->data);
  PetscCall(AetCourseEnd(recon));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(AetRecon recon)
{
  Poisson *p = recon->data;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree5(p->use, p->images, p->state, p->sensitivity, p->direction));
  PetscCall(PetscFree(p->gradient));
  PetscCall(PetscFree(p->before));
  PetscCall(PetscFree(recon->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pair, the volume and four more, the images twice and what each pixel is for; R1 at the end has images of its own. */
static void Estimate(const AetReconLayout *l, double *bytes, double *work)
{
  *bytes = AetProjectorBytes(l) + 5 * l->V + 2.25 * l->P + AetR1Bytes(l);
  *work = 2 * AetProjectorWork(l);
}

const AetReconMethod AetReconPoisson = {"poisson", 12, Setup, Solve, Destroy, PETSC_TRUE, PETSC_FALSE, Estimate};
