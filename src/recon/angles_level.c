/* A level of resolution: small images, their projector, a quick reconstruction. */
#include "recon/angles_private.h"
#include "recon/estimate.h"
#include "recon/kernel/resire_step.h"
#include "recon/kernel/slice_image.h"
#include "recon/kernel/view_fit.h"
#include <math.h>
#include <string.h>

#define EDGE 0.3         /* of the low-pass at the last frequency: less ringing, and a positive density stays positive */
#define OVERSAMPLING 1.5 /* of the projector: 1e-3 is more than misfits of images with noise can tell */
#define TAPS 4
#define RAMP_FLOOR 0.1
#define POWER_ROUNDS 3

static ptrdiff_t Voxels(const AetAngleLevel *level)
{
  return level->volume->z_count * level->volume->n[1] * level->volume->n[2];
}

static PetscErrorCode PlanPlanes(AetAngleLevel *level)
{
  const int M = (int)level->M;

  PetscFunctionBegin;
  level->plane_size = (2 * level->M * (level->M / 2 + 1) + 15) / 16 * 16;
  level->planes = fftwf_alloc_real((size_t)(level->plane_size * AET_ANGLE_PLANES * AetThreads()));
  AetCheck(level->planes, AET_ERR_MEMORY, "no memory for planes of %d x %d", M, M);
  fftwf_plan_with_nthreads(1);
  level->to_image = fftwf_plan_dft_c2r_2d(M, M, (fftwf_complex *)level->planes, level->planes, FFTW_ESTIMATE);
  level->to_plane = fftwf_plan_dft_r2c_2d(M, M, level->planes, (fftwf_complex *)level->planes, FFTW_ESTIMATE);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(level->to_image);
  AetCheckFFTW(level->to_plane);
  PetscCall(PetscMalloc1((size_t)level->tilt->v_count, &level->damping));
  for (ptrdiff_t v = 0; v < level->tilt->v_count; v++) level->damping[v] = 1e-3;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAngleLevelCreate(AetAngles *angles, ptrdiff_t M, AetAngleLevel *level)
{
  AetTiltSeries measured = angles->measured;
  ptrdiff_t     n[3];

  PetscFunctionBegin;
  memset(level, 0, sizeof *level);
  level->angles = angles;
  level->M = M;
  level->ratio = (double)angles->L / (double)M;
  n[1] = PetscMin(M, (ptrdiff_t)ceil((double)measured->ny / level->ratio - 1e-9));
  n[2] = PetscMin(M, (ptrdiff_t)ceil((double)measured->nx / level->ratio - 1e-9));
  n[0] = angles->settings.thickness ? (ptrdiff_t)ceil((double)angles->settings.thickness / level->ratio) : n[2];
  PetscCall(AetTiltSeriesCreate(measured->comm, measured->views, n[1], n[2], measured->pixel_angstrom * level->ratio, AET_ANGLES_ZYX,
                                (const double(*)[3])measured->angles_deg, &level->tilt));
  level->pixels = n[1] * n[2];
  PetscCall(AetVolumeCreate(measured->comm, n, level->tilt->pixel_angstrom, &level->volume));
  PetscCall(AetAgree(measured->comm, PlanPlanes(level)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double AetAngleLevelBytes(AetTiltSeries tilt, const AetAngleSettings *settings, ptrdiff_t L, ptrdiff_t M, int ranks)
{
  const double            ratio = (double)L / (double)M;
  struct _p_AetTiltSeries small = *tilt;
  struct _p_AetRecon      recon = {.tilt = &small};
  AetReconLayout          l;

  small.ny = PetscMin(M, (ptrdiff_t)ceil((double)tilt->ny / ratio - 1e-9));
  small.nx = PetscMin(M, (ptrdiff_t)ceil((double)tilt->nx / ratio - 1e-9));
  recon.n[0] = settings->thickness ? (ptrdiff_t)ceil((double)settings->thickness / ratio) : small.nx;
  recon.n[1] = small.ny, recon.n[2] = small.nx;
  l = AetReconLayoutOn(&recon, ranks);
  /* images, volume, filter, pair; three volumes and four sets of images of a reconstruction, or no more than that of the fit */
  return l.P + l.V + AetRampBytes(&l, 0, 0) + AetPairBytes(&l, OVERSAMPLING, TAPS) + 3 * l.V + 4 * l.P;
}

PetscErrorCode AetAngleLevelDestroy(AetAngleLevel *level)
{
  PetscFunctionBegin;
  if (level->to_image) fftwf_destroy_plan(level->to_image);
  if (level->to_plane) fftwf_destroy_plan(level->to_plane);
  fftwf_free(level->planes);
  PetscCall(PetscFree(level->damping));
  PetscCall(AetRampDestroy(&level->ramp));
  PetscCall(AetVolumeDestroy(&level->volume));
  PetscCall(AetTiltSeriesDestroy(&level->tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

float *AetAngleLevelPlane(AetAngleLevel *level, int thread, int which)
{
  return level->planes + (thread * AET_ANGLE_PLANES + which) * level->plane_size;
}

void AetAngleLevelToSpectrum(AetAngleLevel *level, const float *image, float *plane)
{
  AetSlicePad(level->M, level->M, level->tilt->ny, level->tilt->nx, image, plane);
  fftwf_execute_dft_r2c(level->to_plane, plane, (fftwf_complex *)plane);
}

void AetAngleLevelToImage(AetAngleLevel *level, float *plane, float *image)
{
  AetSliceMakeHermitian(level->M, level->M, (float complex *)plane);
  fftwf_execute_dft_c2r(level->to_image, (fftwf_complex *)plane, plane);
  AetSliceCrop(level->M, level->M, level->tilt->ny, level->tilt->nx, 1, plane, image);
}

void AetAngleLevelImage(AetAngleLevel *level, ptrdiff_t local_view, const double shift[2], int thread, float *image)
{
  const ptrdiff_t L = level->angles->L;
  float          *plane = AetAngleLevelPlane(level, thread, 0);

  AetViewReduce(L, level->angles->spectra + local_view * L * (L / 2 + 1), level->M, EDGE, shift, (float complex *)plane);
  AetAngleLevelToImage(level, plane, image);
}

void AetAngleLevelPose(AetAngleLevel *level, const AetPoses *poses)
{
  AetTiltSeries tilt = level->tilt;
  const int     threads = AetThreads();

  memcpy(tilt->rotation, poses->rotation, (size_t)tilt->views * sizeof *tilt->rotation);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads)
      AetAngleLevelImage(level, v, poses->shift[tilt->v_start + v], t, tilt->image + v * level->pixels);
}

PetscErrorCode AetAngleLevelProject(AetAngleLevel *level, const double (*rotation)[9], const float *volume, float *images)
{
  AetTiltSeries tilt = level->tilt;
  AetProjector  projector;
  double(*kept)[9];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)tilt->views, &kept));
  memcpy(kept, tilt->rotation, (size_t)tilt->views * sizeof *kept);
  if (rotation != (const double(*)[9])tilt->rotation) memcpy(tilt->rotation, rotation, (size_t)tilt->views * sizeof *kept);
  PetscCall(AetProjectorCreate(tilt, level->volume->n, OVERSAMPLING, TAPS, &projector));
  PetscCall(AetProjectorForward(projector, volume, images));
  PetscCall(AetProjectorDestroy(&projector));
  memcpy(tilt->rotation, kept, (size_t)tilt->views * sizeof *kept);
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumSquares(AetVolume volume, const float *values, double *sum)
{
  const ptrdiff_t plane = volume->n[1] * volume->n[2];
  double         *rows;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)volume->z_count, &rows));
  for (ptrdiff_t i = 0; i < volume->z_count * plane; i++) rows[i / plane] += (double)values[i] * values[i];
  PetscCall(AetSumOrdered(volume->comm, (PetscInt)volume->z_start, (PetscInt)volume->z_count, (PetscInt)volume->n[0], 1, rows, sum));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  AetProjector projector;
  float       *images;
} Normal;

/* volume <- AᵀA volume. */
static PetscErrorCode ApplyNormal(void *context, float *volume)
{
  const Normal *normal = context;

  PetscFunctionBegin;
  PetscCall(AetProjectorForward(normal->projector, volume, normal->images));
  PetscCall(AetProjectorAdjoint(normal->projector, normal->images, volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The filter and the length of a step, as RESIRE's; angles that change by degrees change them little. */
static PetscErrorCode PrepareSteps(AetAngleLevel *level, AetProjector projector, float *vector, float *images)
{
  Normal normal = {projector, images};
  double square;

  PetscFunctionBegin;
  if (level->ramp) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetRampCreate(level->volume->comm, ApplyNormal, &normal, level->volume->n, RAMP_FLOOR, 0, vector, &level->ramp));
  for (ptrdiff_t i = 0; i < Voxels(level); i++) vector[i] = 1;
  for (int round = 0; round < POWER_ROUNDS; round++) {
    PetscCall(SumSquares(level->volume, vector, &square));
    if (!(square > 0)) break;
    for (ptrdiff_t i = 0; i < Voxels(level); i++) vector[i] = (float)(vector[i] / sqrt(square));
    PetscCall(ApplyNormal(&normal, vector));
    PetscCall(AetRampApply(level->ramp, vector, vector));
    PetscCall(SumSquares(level->volume, vector, &square));
  }
  level->norm = square > 0 ? 1.1 * sqrt(square) : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  float         *gradient, *direction, *previous; /* [voxels] */
  float         *Ax, *Aprevious, *residual;       /* [v_count][pixels] */
  unsigned char *use;
} Steps;

static PetscErrorCode Iterate(AetAngleLevel *level, AetProjector projector, PetscInt iterations, Steps *s)
{
  const ptrdiff_t voxels = Voxels(level), pixels = level->tilt->v_count * level->pixels;
  double          t = 1, momentum = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < iterations; k++) {
    double unused[2] = {0}, before = t;
    float *swap;
    AetResireResidual(pixels, momentum, s->Ax, s->Aprevious, level->tilt->image, s->use, s->residual);
    PetscCall(AetProjectorAdjoint(projector, s->residual, s->gradient));
    AetResireHold(voxels, momentum, level->volume->data, s->previous, NULL, s->gradient);
    PetscCall(AetRampApply(level->ramp, s->gradient, s->direction));
    AetResireUpdate(voxels, 1 / level->norm, momentum, level->volume->data, s->gradient, s->direction, NULL, s->previous, unused);
    swap = level->volume->data, level->volume->data = s->previous, s->previous = swap;
    swap = s->Ax, s->Ax = s->Aprevious, s->Aprevious = swap;
    PetscCall(AetProjectorForward(projector, level->volume->data, s->Ax));
    t = 0.5 * (1 + sqrt(1 + 4 * before * before));
    momentum = (before - 1) / t;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAngleLevelReconstruct(AetAngleLevel *level, PetscInt iterations)
{
  const size_t voxels = (size_t)Voxels(level), pixels = (size_t)(level->tilt->v_count * level->pixels);
  AetProjector projector;
  Steps        s;

  PetscFunctionBegin;
  PetscCall(AetProjectorCreate(level->tilt, level->volume->n, OVERSAMPLING, TAPS, &projector));
  PetscCall(PetscMalloc4(voxels, &s.gradient, voxels, &s.direction, pixels, &s.residual, pixels, &s.use));
  PetscCall(PetscCalloc1(voxels, &s.previous)); /* these change places with others */
  PetscCall(PetscCalloc1(pixels, &s.Ax));
  PetscCall(PetscCalloc1(pixels, &s.Aprevious));
  PetscCall(PetscArrayzero(level->volume->data, voxels));
  for (size_t i = 0; i < pixels; i++) s.use[i] = AET_PIXEL_USED;
  PetscCall(PrepareSteps(level, projector, s.gradient, s.residual));
  PetscCall(Iterate(level, projector, iterations, &s));
  PetscCall(PetscFree(s.Aprevious));
  PetscCall(PetscFree(s.Ax));
  PetscCall(PetscFree(s.previous));
  PetscCall(PetscFree4(s.gradient, s.direction, s.residual, s.use));
  PetscCall(AetProjectorDestroy(&projector));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetAngleLevelMisfit(AetAngleLevel *level, double *misfit)
{
  AetTiltSeries tilt = level->tilt;
  float        *images;
  double       *mine, scale;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(tilt->v_count * level->pixels), &images));
  PetscCall(PetscCalloc1((size_t)tilt->views, &mine));
  PetscCall(AetAngleLevelProject(level, (const double(*)[9])tilt->rotation, level->volume->data, images));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    const float *image = tilt->image + v * level->pixels;
    double       square = 0, left = AetViewMisfit(level->pixels, image, images + v * level->pixels, &scale);
    for (ptrdiff_t i = 0; i < level->pixels; i++) square += (double)image[i] * image[i];
    mine[tilt->v_start + v] = square > 0 ? sqrt(left / square) : 0;
  }
  PetscCallMPI(MPI_Allreduce(mine, misfit, (int)tilt->views, MPI_DOUBLE, MPI_SUM, tilt->comm)); /* one term of each is not zero */
  PetscCall(PetscFree(mine));
  PetscCall(PetscFree(images));
  PetscFunctionReturn(PETSC_SUCCESS);
}
