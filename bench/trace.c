/* Tracing against reading: seconds of each stage for a ball of 23,000 atoms of two species in 256³ voxels with noise, over one pass that
   reads the volume (its sum, measured in this run). The program checks the atoms before it prints.

     build/bench/trace [-size 256]      mpirun -n 2 build/bench/trace */
#include <aet4d/atoms.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIXEL 0.35   /* Å */
#define LATTICE 3.85 /* Å */
#define SIGMA 0.65   /* Å */
#define REACH 8      /* voxels: 4.3 sigma */

typedef struct {
  PetscInt count;
  double  *position; /* [count][3] Å */
  int     *species;
} Ball;

/* fcc sites inside the largest ball that leaves five voxels to the faces, moved by 0.05 Å per axis. */
static PetscErrorCode MakeBall(PetscInt size, Ball *ball)
{
  static const double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
  double              radius = PIXEL * ((double)size / 2 - 5);
  int                 cells = (int)(radius / LATTICE) + 1, side = 2 * cells + 1;
  size_t              room = 4 * (size_t)(side * side * side);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * room, &ball->position));
  PetscCall(PetscMalloc1(room, &ball->species));
  ball->count = 0;
  for (size_t i = 0; i < room; i++) {
    int     c = (int)(i / 4), index[3] = {c % side - cells, c / side % side - cells, c / side / side - cells};
    double *x = ball->position + 3 * ball->count, square = 0;
    for (int a = 0; a < 3; a++) {
      x[a] = LATTICE * (index[a] + basis[i % 4][a]);
      square += x[a] * x[a];
    }
    if (square > radius * radius) continue;
    for (int a = 0; a < 3; a++) x[a] += 0.05 * AetRandomNormal(1, (uint64_t)a, i);
    ball->species[ball->count++] = AetRandomUniform(1, 3, i) < 0.5;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This rank's planes: Gaussians of height 1 and 3, white noise of 0.1. */
static void Render(const Ball *ball, AetVolume volume)
{
  ptrdiff_t n = volume->n[2], total = volume->z_count * n * n, before = volume->z_start * n * n;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t i = 0; i < total; i++) volume->data[i] = (float)(0.1 * AetRandomNormal(2, 0, (uint64_t)(before + i)));
  for (PetscInt i = 0; i < ball->count; i++) {
    double    factor[3][2 * REACH + 1];
    ptrdiff_t first[3];
    for (int a = 0; a < 3; a++) {
      double at = ball->position[3 * i + a] / PIXEL + (double)(n / 2);
      first[a] = (ptrdiff_t)floor(at) - REACH;
      for (int k = 0; k <= 2 * REACH; k++) factor[a][k] = exp(-0.5 * pow(((double)(first[a] + k) - at) * PIXEL / SIGMA, 2));
    }
    for (int kz = 0; kz <= 2 * REACH; kz++) {
      ptrdiff_t z = first[2] + kz - volume->z_start;
      if (z < 0 || z >= volume->z_count) continue;
      for (int ky = 0; ky <= 2 * REACH; ky++)
        for (int kx = 0; kx <= 2 * REACH; kx++) {
          ptrdiff_t y = first[1] + ky, x = first[0] + kx;
          if (y < 0 || y >= n || x < 0 || x >= n) continue;
          volume->data[(z * n + y) * n + x] += (float)((ball->species[i] ? 3 : 1) * factor[0][kx] * factor[1][ky] * factor[2][kz]);
        }
    }
  }
}

/* The fastest of ten passes that add up all voxels. */
static PetscErrorCode TimeRead(AetVolume volume, double *seconds, double *sum)
{
  ptrdiff_t total = volume->z_count * volume->n[1] * volume->n[2];

  PetscFunctionBegin;
  *seconds = 1e30;
  for (int i = 0; i < 10; i++) {
    double start, all = 0;
    PetscCallMPI(MPI_Barrier(volume->comm));
    start = MPI_Wtime();
#pragma omp parallel for simd reduction(+ : all) num_threads(AetThreads())
    for (ptrdiff_t k = 0; k < total; k++) all += volume->data[k];
    *sum += all;
    PetscCallMPI(MPI_Barrier(volume->comm));
    *seconds = PetscMin(*seconds, MPI_Wtime() - start);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, volume->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fastest of three forward and backward transforms of the volume. */
static PetscErrorCode TimePair(PetscInt size, double *seconds)
{
  AetGrid grid;
  float  *data;

  PetscFunctionBegin;
  PetscCall(AetGridCreate(PETSC_COMM_WORLD, (ptrdiff_t[3]){size, size, size}, &grid));
  PetscCall(AetGridAllocate(grid, &data));
  *seconds = 1e30;
  for (int i = 0; i < 3; i++) {
    double start;
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    start = MPI_Wtime();
    PetscCall(AetGridForward(grid, data));
    PetscCall(AetGridBackward(grid, data));
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    *seconds = PetscMin(*seconds, MPI_Wtime() - start);
  }
  PetscCall(AetGridFree(grid, &data));
  PetscCall(AetGridDestroy(&grid));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EventSeconds(AetEvent event, double *seconds)
{
  PetscEventPerfInfo info;

  PetscFunctionBegin;
  PetscCall(PetscLogEventGetPerfInfo(PETSC_DETERMINE, AetLogEvents[event], &info));
  *seconds = info.time;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Recall, precision and deviation of what was found. */
static PetscErrorCode Check(const Ball *ball, AetAtoms found, AetCompareResult *result)
{
  const char *symbols[] = {"Fe", "Pt"};
  AetAtoms    truth;
  int         rank;
  PetscInt    count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  count = rank ? 0 : ball->count;
  PetscCall(AetAtomsCreate(PETSC_COMM_WORLD, count, 2, symbols, &truth));
  PetscCall(PetscArraycpy(truth->position, ball->position, 3 * (size_t)count));
  PetscCall(PetscArraycpy(truth->species, ball->species, (size_t)count));
  PetscCall(AetCompare(found, truth, 1.5, result));
  PetscCall(AetAtomsDestroy(&truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *status)
{
  PetscInt         size = 256;
  int              ranks;
  Ball             ball;
  AetVolume        volume;
  AetAtoms         atoms;
  AetTraceReport   report;
  AetCompareResult result;
  double           read, pair, sum = 0, peaks, fit, classify, whole;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(AetOptionsRegister(&AetTraceOptions));
  PetscCall(PetscOptionsSetValue(NULL, "-trace_species", "Fe,Pt"));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-size", &size, NULL));
  PetscCall(MakeBall(size, &ball));
  PetscCall(AetVolumeCreate(PETSC_COMM_WORLD, (ptrdiff_t[3]){size, size, size}, PIXEL, &volume));
  Render(&ball, volume);
  PetscCall(TimeRead(volume, &read, &sum));
  PetscCall(TimePair(size, &pair));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  whole = MPI_Wtime();
  PetscCall(AetTrace(volume, &atoms, &report));
  whole = MPI_Wtime() - whole;
  PetscCall(EventSeconds(AET_EVENT_PEAKS, &peaks));
  PetscCall(EventSeconds(AET_EVENT_FIT, &fit));
  PetscCall(EventSeconds(AET_EVENT_CLASSIFY, &classify));
  PetscCall(Check(&ball, atoms, &result));
  *status =
      !(result.recall >= 0.995 && result.precision >= 0.995 && result.rmsd_pm <= 10 && result.species_agreement >= 0.99 && isfinite(sum));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "answer      %d of %d atoms, recall %.4f, precision %.4f, %.1f pm, species %.4f: %s\n",
                        (int)result.found, (int)result.truth, result.recall, result.precision, result.rmsd_pm, result.species_agreement,
                        *status ? "WRONG" : "right"));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "volume      %d^3, %d ranks x %d threads, %d maxima, %d fitted\n", (int)size, ranks, AetThreads(),
                        (int)report.maxima, (int)report.fitted));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "read        %.4f s (one pass over the volume, %.1f GB/s)\n", read,
                        4e-9 * (double)size * (double)size * (double)size / read));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "maxima      %.4f s, %.0f reads (smoothing, median, local maxima)\n", peaks, peaks / read));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "fit         %.4f s, %.0f reads, %.1f us a peak and rank\n", fit, fit / read,
                        1e6 * fit / report.fitted * ranks));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "classify    %.4f s, %.0f reads\n", classify, classify / read));
  PetscCall(
      PetscPrintf(PETSC_COMM_WORLD, "whole       %.4f s, %.0f reads, %.1f FFT pairs of %.4f s\n", whole, whole / read, whole / pair, pair));
  PetscCall(AetAtomsDestroy(&atoms));
  PetscCall(AetVolumeDestroy(&volume));
  PetscCall(PetscFree(ball.position));
  PetscCall(PetscFree(ball.species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int status = 1;

  if (AetInitialize(&argc, &argv)) return 1;
  if (PetscLogDefaultBegin() || Run(&status)) status = 1;
  return AetFinalize() || status;
}
