/* The padded transform against the limit: one forward and one backward transform of the padded grid by FFTW-MPI.

     mpirun -n RANKS build/bench/fft [N [repeats [divisors …]]]

   Prints for n = N/2 and n = N/3 (or the divisors given) the time of AetTransformApply with a visitor that does nothing, as a ratio to the
   r2c + c2r pair of N³ in the same run: medians of interleaved repeats, and the fastest of them for a machine that is not quiet. Every
   answer is checked before its time is printed. */
#include <aet4d/dist.h>
#include <fftw3-mpi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CASES_MAX 8

static int Ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double Median(double *values, int count)
{
  qsort(values, (size_t)count, sizeof *values, Ascending);
  return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static void Nothing(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns) {}

/* Seconds of the slowest rank since `start`. */
static double Seconds(double start)
{
  double mine = MPI_Wtime() - start, most;

  MPI_Allreduce(&mine, &most, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return most;
}

/* The limit, straight from FFTW. */
typedef struct {
  fftwf_plan forward, backward;
  float     *data;
  ptrdiff_t  floats;
} Pair;

static PetscErrorCode PairCreate(ptrdiff_t N, unsigned flag, Pair *pair)
{
  ptrdiff_t local[4],
      complexes = fftwf_mpi_local_size_3d_transposed(N, N, N / 2 + 1, MPI_COMM_WORLD, &local[0], &local[1], &local[2], &local[3]);

  PetscFunctionBegin;
  pair->floats = 2 * complexes;
  pair->data = fftwf_alloc_real((size_t)pair->floats + 2);
  fftwf_plan_with_nthreads(AetThreads());
  pair->forward =
      fftwf_mpi_plan_dft_r2c_3d(N, N, N, pair->data, (fftwf_complex *)pair->data, MPI_COMM_WORLD, flag | FFTW_MPI_TRANSPOSED_OUT);
  pair->backward =
      fftwf_mpi_plan_dft_c2r_3d(N, N, N, (fftwf_complex *)pair->data, pair->data, MPI_COMM_WORLD, flag | FFTW_MPI_TRANSPOSED_IN);
  AetCheckFFTW(pair->forward);
  AetCheckFFTW(pair->backward);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double PairTime(Pair *pair)
{
  double start;

  for (ptrdiff_t i = 0; i < pair->floats; i++) pair->data[i] = (float)(i % 17);
  MPI_Barrier(MPI_COMM_WORLD);
  start = MPI_Wtime();
  fftwf_execute(pair->forward);
  fftwf_execute(pair->backward);
  return Seconds(start);
}

static void PairDestroy(Pair *pair)
{
  fftwf_destroy_plan(pair->forward);
  fftwf_destroy_plan(pair->backward);
  fftwf_free(pair->data);
}

/* One padded transform of n to N. */
typedef struct {
  ptrdiff_t    n, points;
  AetTransform transform;
  float       *object, *result;
  double       error, memory;
} Padded;

static PetscErrorCode PaddedCreate(ptrdiff_t n, ptrdiff_t N, Padded *p)
{
  const ptrdiff_t sizes[3] = {n, n, n}, padded[3] = {N, N, N};
  int             rank, size;
  ptrdiff_t       start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(MPI_COMM_WORLD, &size));
  AetBlock(n, rank, size, &start, &count);
  p->n = n;
  p->points = count * n * n;
  p->error = 0;
  PetscCall(AetTransformCreate(MPI_COMM_WORLD, sizes, padded, &p->transform));
  PetscCall(AetTransformMemory(p->transform, &p->memory));
  PetscCall(PetscMalloc2(p->points + 1, &p->object, p->points + 1, &p->result));
  for (ptrdiff_t i = 0; i < p->points; i++) p->object[i] = (float)AetRandomNormal(1, 0, (uint64_t)(start * n * n + i));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PaddedTime(Padded *p, double *seconds)
{
  double start, worst = 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(p->result, p->points));
  PetscCallMPI(MPI_Barrier(MPI_COMM_WORLD));
  start = MPI_Wtime();
  PetscCall(AetTransformApply(p->transform, p->object, Nothing, NULL, p->result));
  *seconds = Seconds(start);
  for (ptrdiff_t i = 0; i < p->points; i++) worst = PetscMax(worst, PetscAbs((double)p->result[i] - p->object[i]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD));
  p->error = PetscMax(p->error, worst);
  AetCheck(worst < 1e-5, AET_ERR_DATA, "bench: expected the object back, found it off by %g", worst);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Machine(void)
{
  char  line[512], model[256] = "unknown";
  int   size;
  FILE *file = fopen("/proc/cpuinfo", "r");

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(MPI_COMM_WORLD, &size));
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "model name : %255[^\n]", model) == 1) break;
  if (file) fclose(file);
  PetscCall(PetscPrintf(MPI_COMM_WORLD, "# %s, %ld cores, %d ranks x %d threads, %s\n", model, sysconf(_SC_NPROCESSORS_ONLN), size,
                        AetThreads(), fftwf_version));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int argc, char **argv)
{
  ptrdiff_t N = argc > 1 ? atol(argv[1]) : 192;
  int       repeats = argc > 2 ? atoi(argv[2]) : 9, cases = argc > 3 ? PetscMin(argc - 3, CASES_MAX) : 2;
  double   *seconds;
  Pair      pair;
  Padded    padded[CASES_MAX];

  PetscFunctionBegin;
  AetCheck(N >= 2 && N % 2 == 0 && repeats >= 1, AET_ERR_INPUT, "bench: expected an even N and at least one repeat, found %td and %d", N,
           repeats);
  PetscCall(Machine());
  PetscCall(PetscMalloc1((cases + 1) * repeats, &seconds));
  PetscCall(PairCreate(N, FFTW_MEASURE, &pair));
  for (int c = 0; c < cases; c++) {
    ptrdiff_t divisor = argc > 3 ? atol(argv[3 + c]) : c + 2;
    AetCheck(divisor >= 1 && divisor <= N, AET_ERR_INPUT, "bench: expected a divisor from 1 to %td, found %td", N, divisor);
    PetscCall(PaddedCreate(N / divisor, N, &padded[c]));
  }
  for (int r = -1; r < repeats; r++) { /* the first round warms up */
    double *at = seconds + PetscMax(r, 0);
    at[0] = PairTime(&pair);
    for (int c = 0; c < cases; c++) PetscCall(PaddedTime(&padded[c], &at[(c + 1) * repeats]));
  }
  double limit = Median(seconds, repeats);
  PetscCall(PetscPrintf(MPI_COMM_WORLD, "%5s %5s %12s %8s %12s %8s %10s %12s\n", "N", "n", "median, s", "ratio", "fastest, s", "ratio",
                        "error", "bytes/rank"));
  PetscCall(PetscPrintf(MPI_COMM_WORLD, "%5td %5s %12.5f %8.3f %12.5f %8.3f %10s %12.3g  FFTW-MPI r2c + c2r, FFTW_MEASURE\n", N, "-", limit,
                        1.0, seconds[0], 1.0, "-", 4.0 * (double)pair.floats));
  for (int c = 0; c < cases; c++) {
    double time = Median(seconds + (c + 1) * repeats, repeats);
    PetscCall(PetscPrintf(MPI_COMM_WORLD, "%5td %5td %12.5f %8.3f %12.5f %8.3f %10.1e %12.3g  AetTransformApply\n", N, padded[c].n, time,
                          time / limit, seconds[(c + 1) * repeats], seconds[(c + 1) * repeats] / seconds[0], padded[c].error,
                          padded[c].memory));
    PetscCall(PetscFree2(padded[c].object, padded[c].result));
    PetscCall(AetTransformDestroy(&padded[c].transform));
  }
  PairDestroy(&pair);
  PetscCall(PetscFree(seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscErrorCode code = AetInitialize(&argc, &argv);

  if (code) return 2;
  code = Run(argc, argv);
  if (code) fprintf(stderr, "%s\n", AetErrorMessage());
  if (AetFinalize()) return 2;
  return code ? 2 : 0;
}
