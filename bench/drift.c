/* Registration of frames: seconds per frame against an FFT pair of the same image, and what is left of a known drift. Options: -size,
   -frames, -views, -counts, and those of the drift. */
#include <aet4d/tilt.h>
#include <fftw3.h>
#include <math.h>
#include <string.h>

/* An image of waves within a disc, displaced by d: a crystal's projection as registration sees it. */
static double Content(double size, double x, double y)
{
  const double r2 = (x * x + y * y) / (0.15 * size * size);

  return r2 < 1 ? sqrt(1 - r2) * (1 + 0.35 * cos(0.9 * x + 0.15 * y) + 0.35 * cos(0.85 * y - 0.2 * x) + 0.2 * cos(0.13 * x * sin(0.05 * y)))
                : 0;
}

/* A steady drift of 5 px per frame and a random walk of 0.5 px per frame, straight within each frame; less its mean. */
static void Paths(ptrdiff_t views, ptrdiff_t frames, ptrdiff_t n, double (*path)[2])
{
  for (ptrdiff_t v = 0; v < views; v++) {
    double at[2] = {0, 0}, mean[2] = {0, 0};
    for (ptrdiff_t t = 0; t < frames * n; t++)
      for (int a = 0; a < 2; a++) {
        at[a] += ((a ? 4 : 3) + 0.5 * AetRandomNormal(1, (uint64_t)(1 + a), (uint64_t)(v * frames + t / n))) / (double)n;
        path[v * frames * n + t][a] = at[a];
        mean[a] += at[a] / (double)(frames * n);
      }
    for (ptrdiff_t t = 0; t < frames * n; t++)
      for (int a = 0; a < 2; a++) path[v * frames * n + t][a] -= mean[a];
  }
}

static void Draw(AetFrames frames, double counts, const double (*path)[2])
{
  const ptrdiff_t n = frames->ny;

  for (ptrdiff_t i = 0; i < frames->v_count * frames->frames * n * n; i++) {
    const ptrdiff_t y = i / n % n, x = i % n, line = frames->v_start * frames->frames * n + i / n;
    const double    mean = counts * (0.05 + Content((double)n, (double)(x - n / 2) - path[line][0], (double)(y - n / 2) - path[line][1]));
    frames->image[i] = (float)(mean + sqrt(mean) * AetRandomNormal(2, 3, (uint64_t)(frames->v_start * frames->frames * n * n + i)));
  }
}

/* r.m.s. of found - true, per axis, over all lines of the local views, summed over the ranks. */
static PetscErrorCode Residual(AetDriftRecord record, const double (*path)[2], double *residual)
{
  double          sum[2] = {0};
  const ptrdiff_t first = record->v_start * record->frames * record->ny;

  PetscFunctionBegin;
  for (ptrdiff_t i = 0; i < record->v_count * record->frames * record->ny; i++)
    for (int a = 0; a < 2; a++) sum[0] += pow(record->path[i][a] - path[first + i][a], 2), sum[1]++;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, record->comm));
  *residual = sqrt(sum[0] / sum[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fastest of some r2c and c2r transforms of n × n, one thread. */
static double Pair(ptrdiff_t n)
{
  float     *data = fftwf_alloc_real((size_t)(n * 2 * (n / 2 + 1)));
  fftwf_plan forward = fftwf_plan_dft_r2c_2d((int)n, (int)n, data, (fftwf_complex *)data, FFTW_MEASURE);
  fftwf_plan backward = fftwf_plan_dft_c2r_2d((int)n, (int)n, (fftwf_complex *)data, data, FFTW_MEASURE);
  double     least = 1e30;

  memset(data, 0, sizeof(float) * (size_t)(n * 2 * (n / 2 + 1)));
  for (int i = 0; i < 20; i++) {
    const double start = MPI_Wtime();
    fftwf_execute(forward);
    fftwf_execute(backward);
    least = PetscMin(least, MPI_Wtime() - start);
  }
  fftwf_destroy_plan(forward);
  fftwf_destroy_plan(backward);
  fftwf_free(data);
  return least;
}

static PetscErrorCode Method(const char *method, AetFrames frames, const double (*path)[2], double pair, int *status)
{
  AetDriftRecord record;
  AetTiltSeries  tilt;
  double         seconds, residual = 0, estimated;
  int            threads = (int)PetscMax(1, PetscMin(frames->v_count, AetThreads()));

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-drift_method", method));
  PetscCallMPI(MPI_Barrier(frames->comm));
  seconds = MPI_Wtime();
  PetscCall(AetFramesAverage(frames, &record, &tilt));
  PetscCallMPI(MPI_Barrier(frames->comm));
  seconds = (MPI_Wtime() - seconds) * threads / (double)(PetscMax(1, frames->v_count) * frames->frames);
  PetscCall(Residual(record, path, &residual));
  PetscCall(AetDriftRecordSummary(record, &estimated, NULL, NULL));
  if (!(residual <= 0.05)) *status = 1;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-8s residual %.4f px (estimated %.4f): %s; %.4f s per frame and thread, %.0f pairs of %.5f s\n",
                        method, residual, estimated / AET_PM_PER_ANGSTROM, residual <= 0.05 ? "right" : "off", seconds, seconds / pair,
                        pair));
  PetscCall(AetDriftRecordDestroy(&record));
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *status)
{
  PetscInt  size = 329, count = 5, views = 4;
  double    counts = 200, pair, (*path)[2], (*angles)[3];
  AetFrames frames;

  PetscFunctionBegin;
  *status = 0;
  PetscCall(AetOptionsRegister(&AetDriftOptions));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-size", &size, NULL));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-frames", &count, NULL));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-views", &views, NULL));
  PetscCall(PetscOptionsGetReal(NULL, NULL, "-counts", &counts, NULL));
  PetscCall(PetscMalloc1((size_t)(views * count * size), &path));
  PetscCall(PetscCalloc1((size_t)views, &angles));
  PetscCall(AetFramesCreate(PETSC_COMM_WORLD, views, count, size, size, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, NULL, &frames));
  Paths(views, count, size, path);
  Draw(frames, counts, (const double(*)[2])path);
  pair = Pair(size);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%d views of %d frames of %d^2, %g counts, %d threads\n", (int)views, (int)count, (int)size,
                        counts, AetThreads()));
  PetscCall(Method("rigid", frames, (const double(*)[2])path, pair, &(int){0}));
  PetscCall(Method("linear", frames, (const double(*)[2])path, pair, status));
  PetscCall(Method("lines", frames, (const double(*)[2])path, pair, status));
  PetscCall(AetFramesDestroy(&frames));
  PetscCall(PetscFree(path));
  PetscCall(PetscFree(angles));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int status = 1;

  if (AetInitialize(&argc, &argv)) return 1;
  if (Run(&status)) status = 1;
  return AetFinalize() || status;
}
