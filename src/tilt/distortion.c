/* Images put on the grid of the object: what the distortion of a scan has bent, straight. */
#include "tilt/kernel/line_chirp.h"
#include "tilt/kernel/scan_terms.h"
#include "tilt/kernel/spline_image.h"
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

#define PIXEL_TOLERANCE 0.005 /* relative difference of the pixel at which a distortion no longer holds */

void AetDistortionIdentity(double pixel_angstrom, AetDistortion *distortion)
{
  memset(distortion, 0, sizeof *distortion);
  distortion->term[0][0] = distortion->term[1][1] = 1;
  distortion->pixel_angstrom = distortion->true_pixel_angstrom = pixel_angstrom;
}

/* The matrix of the linear terms of the inverse; returns its determinant. */
static double LinearInverse(const AetDistortion *distortion, double inverse[2][2])
{
  const double M[2][2] = {{distortion->term[0][0], distortion->term[0][1]}, {distortion->term[1][0], distortion->term[1][1]}};

  return 1 / AetMatrixInverse(M, inverse);
}

void AetDistortionInverse(const AetDistortion *distortion, AetDistortion *inverse)
{
  double M[2][2];

  *inverse = *distortion;
  LinearInverse(distortion, M);
  for (int i = 0; i < 4; i++) inverse->term[i / 2][i % 2] = M[i / 2][i % 2];
}

/* ---------------------------------------------------------------- linear terms: two passes along lines */

/* A pass over the lines of an image along one axis: pixel j of line l takes the value at step·(j - j0) + shear·(l - l0) + shift, from the
   middles j0 and l0. */
typedef struct {
  ptrdiff_t    lines, stride_line, stride; /* between lines, and along them */
  double       step, shear, shift;
  AetLineChirp chirp;
} Pass;

/* Of a pass with its lines, strides and numbers: plans, and room for every thread. */
static PetscErrorCode PassCreate(ptrdiff_t n, Pass *pass, size_t *room, float **work)
{
  const double  outside = (fabs(pass->step - 1) * (double)n + fabs(pass->shear) * (double)pass->lines) / 2 + fabs(pass->shift);
  AetLineChirp *chirp = &pass->chirp;
  int           planned;

  PetscFunctionBegin;
  chirp->n = n, chirp->step = pass->step;
  AetLineChirpSizes(n, outside, &chirp->N, &chirp->L);
  *room = AetLineChirpWork(chirp) + (size_t)((n + 15) / 16 * 16); /* of one thread, the line itself last */
  *work = fftwf_alloc_real(*room * (size_t)AetThreads());
  PetscCall(PetscMalloc2((size_t)chirp->L, &chirp->chirp, (size_t)PetscMax(chirp->N / 2 + 1, n), &chirp->phase));
  AetCheck(*work, AET_ERR_MEMORY, "no memory to correct the distortion of lines of %td pixels", n);
  fftwf_plan_with_nthreads(1);
  planned = AetLineChirpSet(chirp, *work);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheck(planned, PETSC_ERR_LIB, "FFTW could not make a plan for lines of %td pixels", n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PassDestroy(Pass *pass, float **work)
{
  PetscFunctionBegin;
  AetLineChirpDestroy(&pass->chirp);
  PetscCall(PetscFree2(pass->chirp.chirp, pass->chirp.phase));
  fftwf_free(*work);
  *work = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PassRun(const Pass *pass, size_t room, float *work, float *image)
{
  const ptrdiff_t n = pass->chirp.n;
  const int       threads = AetThreads();

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++) {
    float *own = work + (size_t)t * room, *line = own + AetLineChirpWork(&pass->chirp);

    for (ptrdiff_t l = t; l < pass->lines; l += threads) {
      float       *pixel = image + l * pass->stride_line;
      const double first = (double)AetOrigin(n) * (1 - pass->step) + pass->shear * (double)(l - AetOrigin(pass->lines)) + pass->shift;

      for (ptrdiff_t j = 0; j < n; j++) line[j] = pixel[j * pass->stride];
      AetLineChirpAt(&pass->chirp, first, line, line, own);
      for (ptrdiff_t j = 0; j < n; j++) pixel[j * pass->stride] = line[j];
    }
  }
}

/* One pass over `count` images. */
static PetscErrorCode Sweep(ptrdiff_t ny, ptrdiff_t nx, PetscBool columns, double step, double shear, double shift, ptrdiff_t count,
                            float *images)
{
  Pass           pass = {.lines = columns ? nx : ny, .stride_line = columns ? 1 : nx, .stride = columns ? nx : 1};
  size_t         room = 0;
  float         *work = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  if (step == 1 && shear == 0 && shift == 0) PetscFunctionReturn(PETSC_SUCCESS);
  pass.step = step, pass.shear = shear, pass.shift = shift;
  code = PassCreate(columns ? ny : nx, &pass, &room, &work);
  for (ptrdiff_t i = 0; i < count && !code; i++) PassRun(&pass, room, work, images + i * ny * nx);
  PetscCall(PassDestroy(&pass, &work));
  PetscFunctionReturn(code);
}

/* out(r) = in(B r). Columns first: t(x, y) = in(x, r x + s y), then rows: out(x, y) = t(p x + q y, y), so that B = [p q; r p, r q + s].
   Every pass is exact for lines that are band-limited. */
static PetscErrorCode ApplyLinear(const double B[2][2], ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t count, float *images)
{
  const double p = B[0][0], q = B[0][1], r = B[1][0] / p, s = B[1][1] - r * q;

  PetscFunctionBegin;
  PetscCall(Sweep(ny, nx, PETSC_TRUE, s, r, 0, count, images));
  PetscCall(Sweep(ny, nx, PETSC_FALSE, p, q, 0, count, images));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- all terms: a spline */

static void Prefilter(ptrdiff_t ny, ptrdiff_t nx, double *value)
{
  for (ptrdiff_t y = 0; y < ny; y++) AetSplinePrefilter(nx, 1, value + y * nx);
  for (ptrdiff_t x = 0; x < nx; x++) AetSplinePrefilter(ny, nx, value + x);
}

/* Samples at every half pixel, [2 ny][2 nx], by Fourier interpolation: a spline through the pixels alone would damp what is finer than
   about three of them. work [ny][nx]. */
static PetscErrorCode Upsample(ptrdiff_t ny, ptrdiff_t nx, const float *image, float *work, double *fine)
{
  PetscFunctionBegin;
  for (int half = 0; half < 4; half++) {
    memcpy(work, image, sizeof *work * (size_t)(ny * nx));
    PetscCall(Sweep(ny, nx, PETSC_TRUE, 1, 0, 0.5 * (half / 2), 1, work));
    PetscCall(Sweep(ny, nx, PETSC_FALSE, 1, 0, 0.5 * (half % 2), 1, work));
    for (ptrdiff_t p = 0; p < ny * nx; p++) fine[(2 * (p / nx) + half / 2) * 2 * nx + 2 * (p % nx) + half % 2] = (double)work[p];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One row of the corrected image from the coefficients of its samples at half pixels. */
static void SplineRow(const AetDistortion *distortion, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t y, PetscBool weight, const double *coefficient,
                      float *row)
{
  double m[2], inverse[2][2];

  LinearInverse(distortion, inverse);
  for (ptrdiff_t x = 0; x < nx; x++) {
    const double place[2] = {(double)(x - AetOrigin(nx)), (double)(y - AetOrigin(ny))};
    double       at[2], J[2][2], back[2][2], factor = 1;

    for (int a = 0; a < 2; a++) m[a] = inverse[a][0] * place[0] + inverse[a][1] * place[1];
    (void)AetScanInverse(distortion->term, place, m); /* of a map that folds, the last step is as good as any */
    AetScanPlace(distortion->term, m, at, J);
    if (weight) factor = 1 / fabs(AetMatrixInverse((const double(*)[2])J, back));
    row[x] =
        (float)(factor * AetSplineAt(2 * ny, 2 * nx, coefficient, 2 * (m[1] + (double)AetOrigin(ny)), 2 * (m[0] + (double)AetOrigin(nx))));
  }
}

static PetscErrorCode ApplySpline(const AetDistortion *distortion, ptrdiff_t ny, ptrdiff_t nx, PetscBool weight, float *image)
{
  double        *coefficient;
  float         *work;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(4 * (size_t)(ny * nx), &coefficient, (size_t)(ny * nx), &work));
  code = Upsample(ny, nx, image, work, coefficient);
  if (!code) {
    Prefilter(2 * ny, 2 * nx, coefficient);
#pragma omp parallel for num_threads(AetThreads())
    for (ptrdiff_t y = 0; y < ny; y++) SplineRow(distortion, ny, nx, y, weight, coefficient, image + y * nx);
  }
  PetscCall(PetscFree2(coefficient, work));
  PetscFunctionReturn(code);
}

/* ---------------------------------------------------------------- images */

static PetscErrorCode ApplyAll(const AetDistortion *distortion, ptrdiff_t ny, ptrdiff_t nx, PetscBool weight, ptrdiff_t count,
                               float *images)
{
  double       B[2][2];
  const double determinant = LinearInverse(distortion, B);

  PetscFunctionBegin;
  if (distortion->cubic) {
    for (ptrdiff_t i = 0; i < count; i++) PetscCall(ApplySpline(distortion, ny, nx, weight, images + i * ny * nx));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ApplyLinear((const double(*)[2])B, ny, nx, count, images));
  if (weight)
    for (ptrdiff_t p = 0; p < count * ny * nx; p++) images[p] *= (float)fabs(determinant);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionApply(const AetDistortion *distortion, ptrdiff_t ny, ptrdiff_t nx, PetscBool weight, float *image)
{
  PetscFunctionBegin;
  PetscCall(ApplyAll(distortion, ny, nx, weight, 1, image));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionCheckPixel(const AetDistortion *distortion, const char *name, double pixel_angstrom)
{
  PetscFunctionBegin;
  AetCheck(fabs(pixel_angstrom / distortion->pixel_angstrom - 1) <= PIXEL_TOLERANCE, AET_ERR_INPUT,
           "%s: expected images with a pixel of %g Å, on which this distortion was measured, found %g Å", name, distortion->pixel_angstrom,
           pixel_angstrom);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltUndistort(const AetDistortion *distortion, AetTiltSeries tilt)
{
  int weight;

  PetscFunctionBegin;
  if (!distortion->given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetEnum("distortion_weight", &weight));
  PetscCall(AetDistortionCheckPixel(distortion, distortion->source, tilt->pixel_angstrom));
  PetscCall(AetAgree(tilt->comm, ApplyAll(distortion, tilt->ny, tilt->nx, (PetscBool)(weight != 0), tilt->v_count, tilt->image)));
  tilt->pixel_angstrom *= distortion->true_pixel_angstrom / distortion->pixel_angstrom;
  PetscFunctionReturn(PETSC_SUCCESS);
}
