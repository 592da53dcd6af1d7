/* bench/denoise [size] [repeats]
   Core seconds (processor time of all threads, so that other programs count little) to denoise one image of size² pixels, both stages; per
   megapixel; ratio to a limit measured in the same run: the arithmetic that comparing every block with its surroundings takes at the least,
   3 · (number of blocks) · (places) · (pixels of a block) additions and multiplications, at the speed of a loop of fused multiply-adds in
   registers. Lines are medians of interleaved repeats. The answer is checked first: the peak signal-to-noise ratio of a lattice with noise
   must rise. */
#include <aet4d/tilt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { REPEATS_MOST = 101, CASES = 4 };
static const struct {
  const char       *name;
  AetDenoiseMethod  method;
  AetDenoiseProfile profile;
  int               block[2], step[2], search;
} cases[CASES] = {{"bm3d standard", AET_DENOISE_BM3D, AET_DENOISE_STANDARD, {8, 8}, {3, 3}, 39},
                  {"bm3d strong", AET_DENOISE_BM3D, AET_DENOISE_STRONG, {12, 11}, {4, 3}, 39},
                  {"bm3d tomography", AET_DENOISE_BM3D, AET_DENOISE_TOMOGRAPHY, {8, 16}, {2, 3}, 101},
                  {"wiener", AET_DENOISE_WIENER, AET_DENOISE_AUTO, {0, 0}, {1, 1}, 0}};

static double CoreSeconds(void)
{
  struct timespec t;

  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int Ascending(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double Median(int count, double *values)
{
  qsort(values, (size_t)count, sizeof *values, Ascending);
  return values[count / 2];
}

/* Multiply-adds per second of one core: sixteen independent chains of vectors. */
static double Speed(void)
{
  typedef float Vector __attribute__((vector_size(64)));
  enum { CHAINS = 12, ROUNDS = 2000000 };
  Vector       sum[CHAINS];
  const double start = CoreSeconds();
  float        seen = 0;

  for (int c = 0; c < CHAINS; c++) sum[c] = (Vector){0} + (float)c;
  for (int r = 0; r < ROUNDS; r++)
    for (int c = 0; c < CHAINS; c++) sum[c] = sum[c] * 0.9999f + 1e-3f;
  for (int c = 0; c < CHAINS; c++) seen += sum[c][c];
  const double seconds = CoreSeconds() - start;
  return seen > -1 ? 16.0 * CHAINS * ROUNDS / seconds : 0;
}

static void Lattice(ptrdiff_t n, float *clean, float *noisy)
{
  for (ptrdiff_t y = 0; y < n; y++)
    for (ptrdiff_t x = 0; x < n; x++) {
      const double u = 0.83 * (double)x + 0.21 * (double)y, v = 0.79 * (double)y - 0.17 * (double)x,
                   r = hypot((double)(x - n / 2), (double)(y - n / 2));
      clean[y * n + x] = (float)(r < 0.42 * (double)n ? 50 * (1 + cos(u)) * (1 + cos(v)) * (1 - r / (double)n) : 0);
      noisy[y * n + x] = clean[y * n + x] + 25 * (float)AetRandomNormal(1, 1, (uint64_t)(y * n + x));
    }
}

static double PeakRatio(ptrdiff_t count, const float *a, const float *b)
{
  double square = 0;

  for (ptrdiff_t i = 0; i < count; i++) square += pow((double)a[i] - b[i], 2);
  return 10 * log10(255.0 * 255.0 * (double)count / square);
}

/* Subtraction and multiply-add for every pixel of every comparison. */
static double LeastSeconds(int c, ptrdiff_t n, double speed)
{
  double operations = 0;

  for (int s = 0; s < 2; s++)
    operations +=
        2.0 * pow((double)(n - cases[c].block[s]) / cases[c].step[s] + 1, 2) * pow(cases[c].search * (double)cases[c].block[s], 2);
  return operations / speed;
}

static PetscErrorCode Machine(ptrdiff_t n)
{
  char  line[512], model[256] = "unknown";
  FILE *file = fopen("/proc/cpuinfo", "r");

  PetscFunctionBegin;
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "model name : %255[^\n]", model) == 1) break;
  if (file) fclose(file);
  PetscCall(PetscPrintf(MPI_COMM_SELF, "# %s, %ld cores, %d threads, images of %td x %td\n", model, sysconf(_SC_NPROCESSORS_ONLN),
                        AetThreads(), n, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int argc, char **argv)
{
  const ptrdiff_t n = argc > 1 ? atol(argv[1]) : 512;
  const int       repeats = argc > 2 ? atoi(argv[2]) : 3;
  double          seconds[CASES][REPEATS_MOST], speed[REPEATS_MOST], after[CASES], before, limit;
  float          *clean, *noisy, *image;

  PetscFunctionBegin;
  AetCheck(n >= 64 && repeats >= 1 && repeats <= REPEATS_MOST, AET_ERR_INPUT,
           "bench: expected a size of 64 and more and 1 to %d repeats, found %td and %d", REPEATS_MOST, n, repeats);
  PetscCall(Machine(n));
  PetscCall(PetscMalloc3((size_t)(n * n), &clean, (size_t)(n * n), &noisy, (size_t)(n * n), &image));
  Lattice(n, clean, noisy);
  before = PeakRatio(n * n, clean, noisy);
  for (int r = 0; r < repeats; r++) {
    speed[r] = Speed();
    for (int c = 0; c < CASES; c++) {
      PetscCall(PetscArraycpy(image, noisy, n * n));
      const double start = CoreSeconds();
      PetscCall(AetDenoiseImage(cases[c].method, cases[c].profile, 25, 1, n, n, image));
      seconds[c][r] = CoreSeconds() - start;
      after[c] = PeakRatio(n * n, clean, image);
      AetCheck(after[c] > before + 6, AET_ERR_DATA, "bench: %s: expected more than %.2f dB, found %.2f", cases[c].name, before + 6,
               after[c]);
    }
  }
  limit = Median(repeats, speed);
  PetscCall(PetscPrintf(MPI_COMM_SELF, "# multiply-adds in registers: %.3g per second and core\n%-18s %10s %12s %12s %10s %10s\n", limit,
                        "", "core s", "per Mpixel", "limit, s", "ratio", "dB"));
  for (int c = 0; c < CASES; c++) {
    const double median = Median(repeats, seconds[c]), least = LeastSeconds(c, n, limit);
    PetscCall(PetscPrintf(MPI_COMM_SELF, "%-18s %10.4f %12.3f %12.4f %10.2f %10.2f\n", cases[c].name, median,
                          median * 1e6 / (double)(n * n), least, least > 0 ? median / least : 0, after[c]));
  }
  PetscCall(PetscFree3(clean, noisy, image));
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
