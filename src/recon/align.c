/* Alignment of two volumes: the rotation, the shift and the hand with which one matches the other best. */
#include "recon/kernel/match_volume.h"
#include "recon/kernel/polar.h"
#include "recon/kernel/rigid.h"
#include <aet4d/recon.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

#define COARSE 5     /* resolutions, in parts of the diameter: of the search over all rotations, */
#define MIDDLE 9     /* of the climb from the best of those, */
#define FINE 14      /* and of the last climb */
#define SPACING 1.25 /* samples per wave of the diameter */
#define BEST 12      /* places to climb from */
#define HALVINGS 7

typedef struct {
  MPI_Comm       comm;
  ptrdiff_t      n[3], N;        /* N: side of the padded cube of the moving volume's spectrum */
  double         diameter;       /* voxels */
  float         *fixed, *moving; /* whole, on every rank */
  double         centre[2][3];   /* centres of mass, x, y, z in voxels from voxel 0: fixed, moving */
  float complex *spectrum[2];    /* [N]³ about the centres of mass */
} Pair;

typedef struct {
  double Q[9], shift[3], score; /* G = H Q with H = diag(±1, 1, 1); shift in voxels */
  int    mirrored;
} Pose;

static PetscErrorCode Gather(AetVolume volume, float *whole)
{
  const int    plane = (int)(volume->n[1] * volume->n[2]);
  int          ranks, *counts, *starts;
  MPI_Datatype item;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(volume->comm, &ranks));
  PetscCall(PetscMalloc2((size_t)ranks, &counts, (size_t)ranks, &starts));
  for (int r = 0; r < ranks; r++) {
    ptrdiff_t start, count;
    AetBlock(volume->n[0], r, ranks, &start, &count);
    counts[r] = (int)count, starts[r] = (int)start;
  }
  PetscCallMPI(MPI_Type_contiguous(plane, MPI_FLOAT, &item));
  PetscCallMPI(MPI_Type_commit(&item));
  PetscCallMPI(MPI_Allgatherv(volume->data, (int)volume->z_count, item, whole, counts, starts, item, volume->comm));
  PetscCallMPI(MPI_Type_free(&item));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Centre of mass and the diameter of the ball with the same radius of gyration; what is negative has no mass. */
static void Mass(const ptrdiff_t n[3], const float *volume, double centre[3], double *diameter)
{
  double sum = 0, first[3] = {0}, second[3] = {0};

  for (ptrdiff_t z = 0; z < n[0]; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const double value = PetscMax(0, volume[(z * n[1] + y) * n[2] + x]), at[3] = {(double)x, (double)y, (double)z};
        sum += value;
        for (int a = 0; a < 3; a++) first[a] += value * at[a], second[a] += value * at[a] * at[a];
      }
  *diameter = 0;
  for (int a = 0; a < 3; a++) {
    centre[a] = sum > 0 ? first[a] / sum : (double)(n[2 - a] / 2);
    *diameter += sum > 0 ? second[a] / sum - centre[a] * centre[a] : 0;
  }
  *diameter = 2 * sqrt(PetscMax(1, 5 * *diameter / 3));
}

/* Spectrum of a volume about its centre of mass. */
static PetscErrorCode Spectrum(const Pair *pair, const float *volume, const double centre[3], float complex *spectrum)
{
  const ptrdiff_t *n = pair->n, N = pair->N;
  fftwf_plan       plan;

  PetscFunctionBegin;
  memset(spectrum, 0, (size_t)(N * N * N) * sizeof *spectrum);
  for (ptrdiff_t z = 0; z < n[0]; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) spectrum[(z * N + y) * N + x] = volume[(z * n[1] + y) * n[2] + x];
  fftwf_plan_with_nthreads(1);
  plan = fftwf_plan_dft_3d((int)N, (int)N, (int)N, (fftwf_complex *)spectrum, (fftwf_complex *)spectrum, FFTW_FORWARD,
                           FFTW_ESTIMATE | FFTW_UNALIGNED);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(plan);
  fftwf_execute(plan);
  fftwf_destroy_plan(plan);
  for (ptrdiff_t z = 0; z < N; z++)
    for (ptrdiff_t y = 0; y < N; y++)
      for (ptrdiff_t x = 0; x < N; x++) {
        const double k[3] = {(double)(2 * x > N ? x - N : x), (double)(2 * y > N ? y - N : y), (double)(2 * z > N ? z - N : z)};
        const double phase = 2 * PETSC_PI * (k[0] * centre[0] + k[1] * centre[1] + k[2] * centre[2]) / (double)N;
        spectrum[(z * N + y) * N + x] *= CMPLXF((float)cos(phase), (float)sin(phase));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PairCreate(AetVolume moving, AetVolume fixed, Pair *pair)
{
  const ptrdiff_t *n = fixed->n;
  const size_t     voxels = (size_t)(n[0] * n[1] * n[2]);
  double           diameter;

  PetscFunctionBegin;
  memset(pair, 0, sizeof *pair);
  pair->comm = fixed->comm;
  memcpy(pair->n, n, sizeof pair->n);
  pair->N = AetSmoothSize(2 * PetscMax(n[0], PetscMax(n[1], n[2])), PETSC_TRUE);
  PetscCall(AetAgree(pair->comm, PetscMalloc4(voxels, &pair->fixed, voxels, &pair->moving, (size_t)(pair->N * pair->N * pair->N),
                                              &pair->spectrum[0], (size_t)(pair->N * pair->N * pair->N), &pair->spectrum[1])));
  PetscCall(Gather(fixed, pair->fixed));
  PetscCall(Gather(moving, pair->moving));
  Mass(n, pair->moving, pair->centre[1], &diameter);
  Mass(n, pair->fixed, pair->centre[0], &pair->diameter);
  PetscCall(Spectrum(pair, pair->fixed, pair->centre[0], pair->spectrum[0]));
  PetscCall(Spectrum(pair, pair->moving, pair->centre[1], pair->spectrum[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Samples of the fixed spectrum up to `part` waves per diameter on a cubic grid, every shell of the same power: half of them (k_z ≥ 0). */
static PetscErrorCode Samples(const Pair *pair, double part, ptrdiff_t *count, AetMatchSample **samples)
{
  const double step = (double)pair->N / (SPACING * pair->diameter),
               last = PetscMin(part * (double)pair->N / pair->diameter, 0.5 * (double)pair->N - 1);
  const int reach = (int)(last / step);
  double   *power, *members;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2((size_t)(reach + 2), &power, (size_t)(reach + 2), &members));
  PetscCall(PetscMalloc1((size_t)((reach + 1) * (2 * reach + 1) * (2 * reach + 1)), samples));
  *count = 0;
  for (int z = 0; z <= reach; z++)
    for (int y = -reach; y <= reach; y++)
      for (int x = -reach; x <= reach; x++) {
        const double        radius = sqrt((double)(x * x + y * y + z * z));
        double              k[3] = {rint(x * step), rint(y * step), rint(z * step)};
        const ptrdiff_t     N = pair->N, at[3] = {((ptrdiff_t)k[0] + N) % N, ((ptrdiff_t)k[1] + N) % N, ((ptrdiff_t)k[2] + N) % N};
        const float complex value = pair->spectrum[0][(at[2] * N + at[1]) * N + at[0]];
        if (radius > reach || radius == 0) continue;
        power[(int)(radius + 0.5)] += creal((double complex)value * conj((double complex)value)), members[(int)(radius + 0.5)]++;
        (*samples)[(*count)++] = (AetMatchSample){{k[0], k[1], k[2]}, value};
      }
  for (ptrdiff_t i = 0; i < *count; i++) {
    const double *k = (*samples)[i].k, radius = sqrt(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]) / step;
    const int     shell = PetscMin(reach, (int)(radius + 0.5));
    if (power[shell] > 0) (*samples)[i].value /= power[shell] / members[shell];
  }
  PetscCall(PetscFree2(power, members));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Matrix(const Pose *pose, double G[9])
{
  memcpy(G, pose->Q, 9 * sizeof *G);
  for (int i = 0; i < 3 && pose->mirrored; i++) G[i] = -G[i];
}

static double Score(const Pair *pair, ptrdiff_t count, const AetMatchSample *samples, const Pose *pose)
{
  double G[9];

  Matrix(pose, G);
  return AetMatchScore(count, samples, pair->N, pair->spectrum[1], G, pose->shift);
}

/* Pose `i` of the grid: hand, side, turn, direction. */
static void PlaceOf(ptrdiff_t directions, const AetPolar *polar, ptrdiff_t i, Pose *pose)
{
  double frame[9];

  *pose = (Pose){.mirrored = i % 2 != 0};
  AetPolarFrame(directions, i / (4 * polar->angles), frame);
  AetPolarRotation(polar, frame, i / 2 % 2 != 0, (int)(i / 4 % polar->angles), pose->Q);
}

/* The BEST of all rotations and both hands, the highest score first; rotations are split over the ranks. Collective. */
static PetscErrorCode SearchAll(const Pair *pair, Pose best[BEST])
{
  const AetPolar  polar = {.radii = 1, .angles = (int)(4 * ceil(0.5 * PETSC_PI * COARSE)), .step = 1};
  const ptrdiff_t directions = (ptrdiff_t)ceil(2 * PETSC_PI * COARSE * COARSE), places = 4 * directions * polar.angles;
  ptrdiff_t       count, start, mine;
  int             rank, size;
  AetMatchSample *samples;
  double         *scores;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(pair->comm, &rank));
  PetscCallMPI(MPI_Comm_size(pair->comm, &size));
  PetscCall(Samples(pair, COARSE, &count, &samples));
  PetscCall(PetscCalloc1((size_t)places, &scores));
  AetBlock(places, rank, size, &start, &mine);
#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t i = start; i < start + mine; i++) {
    Pose pose;
    PlaceOf(directions, &polar, i, &pose);
    scores[i] = Score(pair, count, samples, &pose);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, scores, (int)places, MPI_DOUBLE, MPI_SUM, pair->comm)); /* one term of each is not zero */
  for (int b = 0; b < BEST; b++) {
    ptrdiff_t top = 0;
    for (ptrdiff_t i = 1; i < places; i++)
      if (scores[i] > scores[top]) top = i;
    PlaceOf(directions, &polar, top, &best[b]);
    scores[top] = -INFINITY;
  }
  PetscCall(PetscFree(scores));
  PetscCall(PetscFree(samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Up the score by steps of rotation and shift, ever smaller. */
static void Climb(const Pair *pair, ptrdiff_t count, const AetMatchSample *samples, double radian, double voxels, Pose *pose)
{
  pose->score = Score(pair, count, samples, pose);
  for (int halving = 0; halving < HALVINGS; halving++, radian *= 0.5, voxels *= 0.5)
    for (int better = 1, turn = 0; better && turn < 20; turn++) {
      better = 0;
      for (int i = 0; i < 12; i++) {
        const int    axis = i / 2 % 3;
        const double sign = i % 2 ? 1 : -1;
        Pose         trial = *pose;
        if (i < 6) {
          double w[3] = {0}, W[9];
          w[axis] = sign * radian;
          AetRotationExp(w, W);
          AetRotationMultiply(W, pose->Q, trial.Q);
        } else
          trial.shift[axis] += sign * voxels;
        trial.score = Score(pair, count, samples, &trial);
        if (trial.score > pose->score) *pose = trial, better = 1;
      }
    }
}

static PetscErrorCode Find(const Pair *pair, Pose *found)
{
  Pose            best[BEST];
  AetMatchSample *samples;
  ptrdiff_t       count;

  PetscFunctionBegin;
  PetscCall(SearchAll(pair, best));
  PetscCall(Samples(pair, MIDDLE, &count, &samples));
#pragma omp parallel for num_threads(AetThreads()) schedule(dynamic, 1)
  for (int b = 0; b < BEST; b++) Climb(pair, count, samples, 0.5 / COARSE, 0.25 * pair->diameter / MIDDLE, &best[b]);
  PetscCall(PetscFree(samples));
  *found = best[0];
  for (int b = 1; b < BEST; b++)
    if (best[b].score > found->score) *found = best[b];
  PetscCall(Samples(pair, FINE, &count, &samples));
  Climb(pair, count, samples, 0.25 / FINE, 0.25 * pair->diameter / FINE, found);
  PetscCall(PetscFree(samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The moving volume on a grid twice as fine, so that interpolation between its voxels is exact enough. */
static PetscErrorCode Refine(Pair *pair, float **fine)
{
  const ptrdiff_t *n = pair->n, f[3] = {2 * n[0], 2 * n[1], 2 * n[2]}, row = n[2] / 2 + 1, fine_row = n[2] + 1;
  fftwf_plan       forward, backward;
  float complex   *small, *large;

  PetscFunctionBegin;
  small = (float complex *)fftwf_alloc_complex((size_t)(n[0] * n[1] * row));
  large = (float complex *)fftwf_alloc_complex((size_t)(f[0] * f[1] * fine_row));
  *fine = fftwf_alloc_real((size_t)(f[0] * f[1] * f[2]));
  AetCheck(small && large && *fine, AET_ERR_MEMORY, "no memory for a volume of %td x %td x %td voxels", f[0], f[1], f[2]);
  fftwf_plan_with_nthreads(1);
  forward = fftwf_plan_dft_r2c_3d((int)n[0], (int)n[1], (int)n[2], pair->moving, (fftwf_complex *)small, FFTW_ESTIMATE | FFTW_UNALIGNED);
  backward = fftwf_plan_dft_c2r_3d((int)f[0], (int)f[1], (int)f[2], (fftwf_complex *)large, *fine, FFTW_ESTIMATE);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(forward);
  AetCheckFFTW(backward);
  fftwf_execute(forward);
  memset(large, 0, (size_t)(f[0] * f[1] * fine_row) * sizeof *large);
  for (ptrdiff_t z = 0; z < n[0]; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++) {
      const ptrdiff_t to = ((2 * z >= n[0] ? z + n[0] : z) * f[1] + (2 * y >= n[1] ? y + n[1] : y)) * fine_row;
      for (ptrdiff_t x = 0; x < (n[2] + 1) / 2; x++) large[to + x] = small[(z * n[1] + y) * row + x] / (float)(n[0] * n[1] * n[2]);
    }
  fftwf_execute(backward);
  fftwf_destroy_plan(forward);
  fftwf_destroy_plan(backward);
  fftwf_free(small);
  fftwf_free(large);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* r_moving = G r_fixed + T, voxels from voxel 0 along x, y, z. */
static void Affine(const Pair *pair, const Pose *pose, double G[9], double T[3])
{
  Matrix(pose, G);
  for (int a = 0; a < 3; a++) {
    T[a] = pair->centre[1][a];
    for (int b = 0; b < 3; b++) T[a] -= G[3 * a + b] * (pair->centre[0][b] + pose->shift[b]);
  }
}

static void Resample(const Pair *pair, const float *fine, const double G[9], const double T[3], AetVolume volume)
{
  const ptrdiff_t *n = pair->n, f[3] = {2 * n[0], 2 * n[1], 2 * n[2]};

#pragma omp parallel for num_threads(AetThreads()) schedule(static)
  for (ptrdiff_t z = 0; z < volume->z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const double r[3] = {(double)x, (double)y, (double)(z + volume->z_start)};
        double       at[3];
        for (int a = 0; a < 3; a++) at[2 - a] = 2 * (G[3 * a] * r[0] + G[3 * a + 1] * r[1] + G[3 * a + 2] * r[2] + T[a]);
        volume->data[(z * n[1] + y) * n[2] + x] = (float)AetCubicAt(f, fine, at);
      }
}

PetscErrorCode AetVolumeAlign(AetVolume moving, AetVolume fixed, AetVolumeAlignment *alignment, AetVolume *aligned)
{
  Pair   pair;
  Pose   pose;
  float *fine;
  double T[3];

  PetscFunctionBegin;
  AetCheck(moving->n[0] == fixed->n[0] && moving->n[1] == fixed->n[1] && moving->n[2] == fixed->n[2], AET_ERR_INPUT,
           "volumes to align: expected one size, found %td x %td x %td and %td x %td x %td", moving->n[0], moving->n[1], moving->n[2],
           fixed->n[0], fixed->n[1], fixed->n[2]);
  PetscCall(PairCreate(moving, fixed, &pair));
  PetscCall(Find(&pair, &pose));
  PetscCall(AetAgree(pair.comm, Refine(&pair, &fine)));
  Affine(&pair, &pose, alignment->matrix, T);
  PetscCall(AetVolumeCreate(fixed->comm, fixed->n, fixed->pixel_angstrom, aligned));
  Resample(&pair, fine, alignment->matrix, T, *aligned);
  alignment->mirrored = (PetscBool)pose.mirrored;
  for (int a = 0; a < 3; a++) { /* voxels from voxel 0 to voxels from the origin */
    alignment->shift_px[a] = T[a] - (double)(pair.n[2 - a] / 2);
    for (int b = 0; b < 3; b++) alignment->shift_px[a] += alignment->matrix[3 * a + b] * (double)(pair.n[2 - b] / 2);
  }
  fftwf_free(fine);
  PetscCall(PetscFree4(pair.fixed, pair.moving, pair.spectrum[0], pair.spectrum[1]));
  PetscCall(AetVolumeCorrelation(*aligned, fixed, &alignment->correlation));
  PetscFunctionReturn(PETSC_SUCCESS);
}
