/* GENFIRE against the Fourier transforms it cannot do without: seconds per iteration over an FFTW r2c + c2r pair of the same padded grid
   with the same threads, measured in this run; and the growth of the resident memory over the bytes of that grid. A 64³ object at an
   oversampling of 3: a grid of 192³. The program checks what it reconstructed before it prints.

     build/bench/genfire [-size 64] [-recon_oversampling 3] [-recon_iterations 50]      mpirun -n 2 build/bench/genfire */
#include <aet4d/recon.h>
#include <fftw3.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS 61
#define BLOBS 200

/* Blob b: position in voxels about the origin, and the width. All inside a ball that the images hold. */
static void Blob(PetscInt size, int b, double r[3], double *width)
{
  double radius = 0.4 * (double)size * cbrt(AetRandomUniform(1, 0, (uint64_t)b)), z = 2 * AetRandomUniform(1, 1, (uint64_t)b) - 1;
  double phi = 2 * M_PI * AetRandomUniform(1, 2, (uint64_t)b);

  r[0] = radius * sqrt(1 - z * z) * cos(phi);
  r[1] = radius * sqrt(1 - z * z) * sin(phi);
  r[2] = radius * z;
  *width = 1.2 + 0.6 * AetRandomUniform(1, 3, (uint64_t)b);
}

/* Adds Gaussian blobs to a plane [size][size]: at depth z of the volume, or summed along it (z < 0). */
static void Draw(PetscInt size, const double R[9], PetscInt z, float *plane)
{
  for (int b = 0; b < BLOBS; b++) {
    double r[3], q[3], width;
    Blob(size, b, r, &width);
    AetRotate(R, r, q);
    double depth = (double)(z - size / 2) - q[2], height = z < 0 ? sqrt(2 * M_PI) * width : exp(-depth * depth / (2 * width * width));
    int    reach = (int)(6 * width), cy = (int)lround(q[1]) + (int)size / 2, cx = (int)lround(q[0]) + (int)size / 2;
    if (height < 1e-8) continue;
    for (int y = PetscMax(0, cy - reach); y < PetscMin(size, cy + reach); y++)
      for (int x = PetscMax(0, cx - reach); x < PetscMin(size, cx + reach); x++) {
        double dy = y - (double)(size / 2) - q[1], dx = x - (double)(size / 2) - q[0];
        plane[y * size + x] += (float)(height * exp(-(dx * dx + dy * dy) / (2 * width * width)));
      }
  }
}

static PetscErrorCode MakeData(PetscInt size, AetTiltSeries *tilt, AetVolume *truth)
{
  const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  double       angles[VIEWS][3] = {{0}};

  PetscFunctionBegin;
  for (int v = 0; v < VIEWS; v++) angles[v][1] = -90 + 3.0 * v;
  PetscCall(AetTiltSeriesCreate(PETSC_COMM_WORLD, VIEWS, size, size, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t v = 0; v < (*tilt)->v_count; v++)
    Draw(size, (*tilt)->rotation[(*tilt)->v_start + v], -1, (*tilt)->image + v * size * size);
  PetscCall(AetVolumeCreate(PETSC_COMM_WORLD, (ptrdiff_t[3]){size, size, size}, 1, truth));
  for (ptrdiff_t z = 0; z < (*truth)->z_count; z++)
    Draw(size, identity, (PetscInt)((*truth)->z_start + z), (*truth)->data + z * size * size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fastest of some repetitions of a pair of transforms of N³: FFTW itself on one rank, FFTW-MPI (transposed) on several. */
static PetscErrorCode TimePair(ptrdiff_t N, int ranks, double *seconds)
{
  AetGrid    grid = NULL;
  fftwf_plan forward = NULL, backward = NULL;
  float     *data;

  PetscFunctionBegin;
  if (ranks > 1) {
    PetscCall(AetGridCreate(PETSC_COMM_WORLD, (ptrdiff_t[3]){N, N, N}, &grid));
    PetscCall(AetGridAllocate(grid, &data));
  } else {
    data = fftwf_alloc_real((size_t)(N * N * 2 * (N / 2 + 1)));
    fftwf_plan_with_nthreads(AetThreads());
    forward = fftwf_plan_dft_r2c_3d((int)N, (int)N, (int)N, data, (fftwf_complex *)data, FFTW_MEASURE);
    backward = fftwf_plan_dft_c2r_3d((int)N, (int)N, (int)N, (fftwf_complex *)data, data, FFTW_MEASURE);
    memset(data, 0, sizeof(float) * (size_t)(N * N * 2 * (N / 2 + 1)));
  }
  *seconds = 1e30;
  for (int i = 0; i < 12; i++) {
    double start;
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
    start = MPI_Wtime();
    if (ranks > 1) {
      PetscCall(AetGridForward(grid, data));
      PetscCall(AetGridBackward(grid, data));
    } else {
      fftwf_execute(forward);
      fftwf_execute(backward);
    }
    *seconds = PetscMin(*seconds, MPI_Wtime() - start);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  if (ranks > 1) {
    PetscCall(AetGridFree(grid, &data));
    PetscCall(AetGridDestroy(&grid));
  } else {
    fftwf_destroy_plan(forward);
    fftwf_destroy_plan(backward);
    fftwf_free(data);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Default(const char *key, const char *value)
{
  PetscBool set;

  PetscFunctionBegin;
  PetscCall(PetscOptionsHasName(NULL, NULL, key, &set));
  if (!set) PetscCall(PetscOptionsSetValue(NULL, key, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *status)
{
  PetscInt              size = 64;
  int                   ranks;
  AetTiltSeries         tilt;
  AetVolume             truth, volume;
  AetRecon              recon;
  const AetReconReport *report;
  double                correlation, memory, oversampling, pair, N;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(AetOptionsRegister(&AetReconOptions));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-size", &size, NULL));
  PetscCall(Default("-quiet", "true"));
  PetscCall(Default("-recon_method", "genfire"));
  PetscCall(Default("-recon_oversampling", "3"));
  PetscCall(Default("-recon_iterations", "50"));
  PetscCall(MakeData(size, &tilt, &truth));
  memory = AetPeakMemory();
  PetscCall(AetReconCreate(tilt, &recon));
  PetscCall(AetReconSolve(recon, &volume));
  PetscCall(AetReconGetReport(recon, &report));
  memory = AetPeakMemory() - memory;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &memory, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(AetVolumeCorrelation(volume, truth, &correlation));
  PetscCall(AetOptionGetReal("recon_oversampling", &oversampling));
  N = (double)AetSmoothSize((ptrdiff_t)(oversampling * (double)size + 0.5), PETSC_TRUE);
  PetscCall(TimePair((ptrdiff_t)N, ranks, &pair));
  *status = correlation < 0.98;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "answer      correlation with the truth %.4f, errK %.4f, R1 %.4f: %s\n", correlation,
                        report->error, report->r1, *status ? "WRONG" : "right"));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "grid        %.0f^3, object %d^3, %d ranks x %d threads\n", N, (int)size, ranks, AetThreads()));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "iteration   %.4f s\npair        %.4f s (FFTW r2c + c2r of the grid)\nratio       %.2f pairs (at most 2)\n",
                        report->seconds_per_iteration, pair, report->seconds_per_iteration / pair));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "memory      %.2f grids of %.0f MB, all ranks (at most 6)\n", memory / (4 * N * N * N),
                        4e-6 * N * N * N));
  PetscCall(AetReconDestroy(&recon));
  PetscCall(AetVolumeDestroy(&volume));
  PetscCall(AetVolumeDestroy(&truth));
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int status = 1;

  if (AetInitialize(&argc, &argv)) return 1;
  if (Run(&status)) status = 1;
  return AetFinalize() || status;
}
