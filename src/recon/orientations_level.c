/* A level of resolution of the search of orientations: grids, signals of the views, the volume and its slices. */
#include "recon/orientations_private.h"
#include <math.h>
#include <string.h>

#define BOX 2.4         /* side of the volume in diameters: the shadows of the gridding kernel stay outside */
#define FOV 1.25        /* diameters per wave of the first circle's spacing */
#define MASK 0.6        /* radius of the object at most, in diameters */
#define FLOOR 1e-3      /* of the weights, in their mean */
#define WINDOW 1.2      /* radius of the images' window, in the object's */
#define FAINT_SINC 0.05 /* of the interpolation's transform: not divided by less */

static int Signals(const AetOrientLevel *level)
{
  return level->polar.radii * level->polar.angles;
}

static void ChooseSizes(AetOrientLevel *level, double angstrom)
{
  const double diameter = level->views->diameter, angle = angstrom / diameter;
  int          rank, size;

  level->angstrom = angstrom;
  level->voxel = angstrom / 2;
  level->N = AetSmoothSize((ptrdiff_t)ceil(BOX * diameter / level->voxel), PETSC_TRUE);
  level->cell = 1 / ((double)level->N * level->voxel);
  level->polar.radii = (int)floor(FOV * diameter / angstrom) + 1;
  level->polar.step = 1 / (angstrom * level->polar.radii);
  level->polar.angles = (int)AetSmoothSize((ptrdiff_t)ceil(2 * PETSC_PI / angle), PETSC_TRUE);
  while (level->polar.angles % 4) level->polar.angles = (int)AetSmoothSize(level->polar.angles + 1, PETSC_TRUE);
  level->modes = level->polar.angles / 2 + 1;
  level->directions = (ptrdiff_t)ceil(2 * PETSC_PI / (angle * angle));
  MPI_Comm_rank(level->views->tilt->comm, &rank);
  MPI_Comm_size(level->views->tilt->comm, &size);
  AetBlock(level->directions, rank, size, &level->d_start, &level->d_count);
}

static PetscErrorCode Allocate(AetOrientLevel *level)
{
  const size_t K = (size_t)Signals(level), M = (size_t)(2 * level->polar.radii * level->modes), D = (size_t)level->directions,
               V = (size_t)level->views->tilt->v_count, cube = (size_t)(level->N * level->N * level->N);

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(D, &level->frame, D * K, &level->slice, D * M, &level->slice_modes, D, &level->power, level->polar.radii,
                         &level->variance));
  PetscCall(PetscMalloc3(V * K / 2, &level->half, (size_t)level->views->tilt->views * K, &level->signal, V * 2 * (size_t)level->polar.radii,
                         &level->rows));
  level->grid = (float complex *)fftwf_alloc_complex(cube);
  level->weights = fftwf_alloc_real(cube);
  level->work_size = 4 * K + 2 * M + 8 * (size_t)level->modes + 64;
  level->work_size += -level->work_size % 16;
  level->work = fftwf_alloc_real(level->work_size * (size_t)AetThreads());
  AetCheck(level->grid && level->weights && level->work, AET_ERR_MEMORY, "no memory for a volume of %td voxels per side", level->N);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Plans that do not depend on timing, of one thread: the same bits everywhere. */
static PetscErrorCode Plan(AetOrientLevel *level)
{
  const int      N = (int)level->N, angles = level->polar.angles, modes = level->modes;
  fftwf_complex *grid = (fftwf_complex *)level->grid, *to = (fftwf_complex *)(level->work + Signals(level));

  PetscFunctionBegin;
  fftwf_plan_with_nthreads(1);
  level->forward = fftwf_plan_dft_3d(N, N, N, grid, grid, FFTW_FORWARD, FFTW_ESTIMATE);
  level->backward = fftwf_plan_dft_3d(N, N, N, grid, grid, FFTW_BACKWARD, FFTW_ESTIMATE);
  level->to_modes = fftwf_plan_many_dft_r2c(1, &angles, level->polar.radii, level->work, NULL, 1, angles, to, NULL, 1, modes,
                                            FFTW_ESTIMATE | FFTW_UNALIGNED);
  level->to_scores = fftwf_plan_many_dft_c2r(1, &angles, 2, (fftwf_complex *)level->work, NULL, 1, modes, (float *)to, NULL, 1, angles,
                                             FFTW_ESTIMATE | FFTW_UNALIGNED);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(level->forward);
  AetCheckFFTW(level->backward);
  AetCheckFFTW(level->to_modes);
  AetCheckFFTW(level->to_scores);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half slices of the local views; a view's total becomes 1. */
static PetscErrorCode TransformViews(AetOrientLevel *level)
{
  AetOrientViews *views = level->views;
  AetTiltSeries   tilt = views->tilt;
  const size_t    size = AetPolarImageWork(tilt->ny, tilt->nx);
  const int       threads = AetThreads();
  const double    radius = 0.5 * WINDOW * views->diameter / tilt->pixel_angstrom;
  double         *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size * (size_t)threads, &work));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < tilt->v_count; v += threads)
      AetPolarImage(&level->polar, tilt->ny, tilt->nx, tilt->image + v * tilt->ny * tilt->nx, tilt->pixel_angstrom, views->centre[v],
                    radius, views->base[v], views->total[v] > 0 ? 1 / views->total[v] : 0, work + size * (size_t)t,
                    level->half + v * Signals(level) / 2);
  PetscCall(PetscFree(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientLevelCreate(AetOrientViews *views, double angstrom, const AetPoses *poses, AetOrientLevel *level)
{
  PetscFunctionBegin;
  memset(level, 0, sizeof *level);
  level->views = views;
  ChooseSizes(level, angstrom);
  PetscCall(AetAgree(views->tilt->comm, Allocate(level)));
  PetscCall(AetAgree(views->tilt->comm, Plan(level)));
  for (ptrdiff_t d = 0; d < level->directions; d++) AetPolarFrame(level->directions, d, level->frame[d]);
  PetscCall(AetPosesCreate(views->tilt->views, &level->poses));
  AetPosesCopy(views->tilt->views, poses, &level->poses);
  PetscCall(TransformViews(level));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOrientLevelDestroy(AetOrientLevel *level)
{
  PetscFunctionBegin;
  fftwf_destroy_plan(level->forward);
  fftwf_destroy_plan(level->backward);
  fftwf_destroy_plan(level->to_modes);
  fftwf_destroy_plan(level->to_scores);
  fftwf_free(level->grid);
  fftwf_free(level->weights);
  fftwf_free(level->work);
  PetscCall(PetscFree5(level->frame, level->slice, level->slice_modes, level->power, level->variance));
  PetscCall(PetscFree3(level->half, level->signal, level->rows));
  PetscCall(AetPosesDestroy(&level->poses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every rank's block of items of `size` floats, to all. */
static PetscErrorCode Share(MPI_Comm comm, ptrdiff_t total, int size, float *values)
{
  int          ranks, *counts, *starts;
  MPI_Datatype item;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &ranks));
  PetscCall(PetscMalloc2((size_t)ranks, &counts, (size_t)ranks, &starts));
  for (int r = 0; r < ranks; r++) {
    ptrdiff_t start, count;
    AetBlock(total, r, ranks, &start, &count);
    counts[r] = (int)count, starts[r] = (int)start;
  }
  PetscCallMPI(MPI_Type_contiguous(size, MPI_FLOAT, &item));
  PetscCallMPI(MPI_Type_commit(&item));
  PetscCallMPI(MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values, counts, starts, item, comm));
  PetscCallMPI(MPI_Type_free(&item));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The signals of all views at their shifts. */
static PetscErrorCode ShareSignals(AetOrientLevel *level)
{
  AetTiltSeries tilt = level->views->tilt;
  const int     K = Signals(level);

  PetscFunctionBegin;
  for (ptrdiff_t v = 0; v < tilt->v_count; v++)
    AetPolarSignal(&level->polar, level->half + v * K / 2, level->poses.shift[tilt->v_start + v], level->signal + (tilt->v_start + v) * K);
  PetscCall(Share(tilt->comm, tilt->views, K, level->signal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sinc² of a voxel off the origin: the transform of linear interpolation along one axis. */
static double Fade(ptrdiff_t i, ptrdiff_t N)
{
  const double x = PETSC_PI * (double)(2 * i > N ? i - N : i) / (double)N;

  return x == 0 ? 1 : pow(sin(x) / x, 2);
}

/* The grid's spectrum as that of a positive object within the mask, divided by the interpolation's transform twice: for what spreading did,
   and for what sampling will do. */
static void Constrain(AetOrientLevel *level)
{
  const ptrdiff_t N = level->N;
  const double    mask = MASK * level->views->diameter / level->voxel;

  fftwf_execute(level->backward);
  for (ptrdiff_t z = 0; z < N; z++)
    for (ptrdiff_t y = 0; y < N; y++)
      for (ptrdiff_t x = 0; x < N; x++) {
        float complex  *value = &level->grid[(z * N + y) * N + x];
        const ptrdiff_t place[3] = {2 * z > N ? z - N : z, 2 * y > N ? y - N : y, 2 * x > N ? x - N : x};
        const double    fade = Fade(z, N) * Fade(y, N) * Fade(x, N),
                     square = (double)(place[0] * place[0] + place[1] * place[1] + place[2] * place[2]);
        const double inside = PetscMin(1, PetscMax(0, mask - sqrt(square) + 0.5));
        *value = inside > 0 && fade > FAINT_SINC && crealf(*value) > 0
                     ? (float)(inside * crealf(*value) / (fade * fade * (double)(N * N * N)))
                     : 0;
      }
  fftwf_execute(level->forward);
}

/* Slices of the volume along all directions, their modes and powers. */
static PetscErrorCode MakeSlices(AetOrientLevel *level)
{
  const int K = Signals(level), threads = AetThreads();

  PetscFunctionBegin;
#pragma omp parallel for num_threads(threads) schedule(static)
  for (ptrdiff_t d = level->d_start; d < level->d_start + level->d_count; d++)
    AetPolarSample(&level->polar, level->frame[d], level->N, level->cell, level->grid, level->slice + d * K);
  PetscCall(Share(level->views->tilt->comm, level->directions, K, level->slice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sums the shares of own directions: slices of sums, weights in power[]. */
static void SumShares(AetOrientLevel *level, ptrdiff_t count, const AetOrientShare *shares)
{
  const int       K = Signals(level), threads = AetThreads(), turns = level->polar.angles;
  const ptrdiff_t first = level->d_start, directions = level->d_count;

#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++) {
    ptrdiff_t start, own;
    AetBlock(directions, t, threads, &start, &own);
    start += first;
    memset(level->slice + start * K, 0, (size_t)(own * K) * sizeof *level->slice);
    memset(level->power + start, 0, (size_t)own * sizeof *level->power);
    for (ptrdiff_t s = 0; s < count; s++) {
      const ptrdiff_t direction = shares[s].place / (2 * turns);
      const int       in_plane = (int)(shares[s].place % (2 * turns));
      if (direction < start || direction >= start + own) continue;
      AetPolarTurnAdd(&level->polar, level->signal + shares[s].view * K, in_plane >= turns, in_plane % turns, (float)shares[s].weight,
                      level->slice + direction * K);
      level->power[direction] += (float)shares[s].weight;
    }
  }
}

PetscErrorCode AetOrientMaximise(AetOrientLevel *level, ptrdiff_t count, const AetOrientShare *shares)
{
  const int    K = Signals(level);
  const size_t cube = (size_t)(level->N * level->N * level->N);

  PetscFunctionBegin;
  PetscCall(ShareSignals(level));
  SumShares(level, count, shares);
  PetscCall(Share(level->views->tilt->comm, level->directions, K, level->slice));
  PetscCall(Share(level->views->tilt->comm, level->directions, 1, level->power));
  memset(level->grid, 0, cube * sizeof *level->grid);
  memset(level->weights, 0, cube * sizeof *level->weights);
  for (ptrdiff_t d = 0; d < level->directions; d++)
    if (level->power[d] > 0)
      AetPolarSpread(&level->polar, level->frame[d], level->N, level->cell, level->slice + d * K, level->power[d], level->grid,
                     level->weights);
  AetPolarSolve(level->N, FLOOR, level->grid, level->weights);
  Constrain(level);
  PetscCall(MakeSlices(level));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before anything is known of the noise, a circle counts by the inverse of the signal's power. */
static void GuessVariance(AetOrientLevel *level)
{
  const ptrdiff_t views = level->views->tilt->views;
  const int       angles = level->polar.angles;

  for (int r = 0; r < level->polar.radii; r++) {
    double sum = 0;
    for (ptrdiff_t v = 0; v < views; v++)
      for (int j = 0; j < angles; j++) {
        const double value = level->signal[v * Signals(level) + r * angles + j];
        sum += value * value;
      }
    level->variance[r] = (float)(sum / (double)(views * angles));
  }
}

PetscErrorCode AetOrientLevelBegin(AetOrientLevel *level)
{
  const ptrdiff_t views = level->views->tilt->views;
  AetOrientShare *shares;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)views, &shares));
  for (ptrdiff_t v = 0; v < views; v++) {
    AetPolarPlace place = AetPolarNearest(&level->polar, level->directions, (const double(*)[9])level->frame, level->poses.rotation[v]);
    shares[v] = (AetOrientShare){v, (2 * place.direction + place.below) * level->polar.angles + place.turn, 1};
  }
  PetscCall(AetOrientMaximise(level, views, shares));
  GuessVariance(level);
  PetscCall(PetscFree(shares));
  PetscFunctionReturn(PETSC_SUCCESS);
}
