/* Reconstruction against the Fourier transforms it cannot do without: seconds per iteration of each method over one FFTW r2c + c2r pair of
   the doubled grid, with the same threads, measured around it in the same run; and the growth of the resident memory, set-up included, over
   the bytes of that grid: the images of the series are there before and not counted, any others are. An isolated object of size³ and 60
   views of size². Every answer is checked before its time is printed.

     build/bench/recon [-size 128] [-iterations 6] [-only CASE [-memory]]      mpirun -n 2 build/bench/recon

   -memory leaves FFTW out, whose arrays would count where the kernel does not forget a process's peak; for one case at a time.
   Exit status 1: an answer was wrong. */
#include <aet4d/recon.h>
#include <fftw3-mpi.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS 60
#define BLOBS 150

typedef struct {
  const char *name, *method, *operator, * width;
  int    free; /* three free angles, or one axis */
  double asked;
} Case;

static const Case cases[] = {
    {"genfire", "genfire", "auto", "6", 0, 1.25},
    {"convolution-axis", "resire", "convolution", "6", 0, 0.6},
    {"convolution-free", "resire", "convolution", "6", 1, 0.6},
    {"pair-axis-1e-3", "resire", "pair", "4", 0, 3},
    {"pair-axis-1e-5", "resire", "pair", "6", 0, 3},
    {"pair-free-1e-3", "resire", "pair", "4", 1, 8},
    {"pair-free-1e-5", "resire", "pair", "6", 1, 8},
};

/* Blob b: position in voxels about the origin, and the width, which grows with the object: the same steps then lead equally far at any
   size. All inside a ball that the images hold. */
static void Blob(PetscInt size, int b, double r[3], double *width)
{
  double radius = 0.38 * (double)size * cbrt(AetRandomUniform(1, 0, (uint64_t)b)), z = 2 * AetRandomUniform(1, 1, (uint64_t)b) - 1;
  double phi = 2 * M_PI * AetRandomUniform(1, 2, (uint64_t)b);

  r[0] = radius * sqrt(1 - z * z) * cos(phi);
  r[1] = radius * sqrt(1 - z * z) * sin(phi);
  r[2] = radius * z;
  *width = (1.5 + AetRandomUniform(1, 3, (uint64_t)b)) * fmax(1, (double)size / 128);
}

/* Adds the blobs, summed along the beam, to an image [size][size]. */
static void Draw(PetscInt size, const double R[9], float *image)
{
  for (int b = 0; b < BLOBS; b++) {
    double r[3], q[3], width;
    Blob(size, b, r, &width);
    AetRotate(R, r, q);
    int reach = (int)(6 * width), cy = (int)lround(q[1]) + (int)size / 2, cx = (int)lround(q[0]) + (int)size / 2;
    for (int y = PetscMax(0, cy - reach); y < PetscMin(size, cy + reach); y++)
      for (int x = PetscMax(0, cx - reach); x < PetscMin(size, cx + reach); x++) {
        double dy = y - (double)(size / 2) - q[1], dx = x - (double)(size / 2) - q[0];
        image[y * size + x] += (float)(sqrt(2 * M_PI) * width * exp(-(dx * dx + dy * dy) / (2 * width * width)));
      }
  }
}

static PetscErrorCode MakeTilt(PetscInt size, int free_angles, AetTiltSeries *tilt)
{
  double angles[VIEWS][3] = {{0}};

  PetscFunctionBegin;
  for (int v = 0; v < VIEWS; v++) {
    angles[v][1] = -88.5 + 3.0 * v;
    if (free_angles)
      for (int a = 0; a < 3; a++) angles[v][a] = 180 * AetRandomUniform(2, (uint64_t)a, (uint64_t)v);
  }
  PetscCall(AetTiltSeriesCreate(PETSC_COMM_WORLD, VIEWS, size, size, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t v = 0; v < (*tilt)->v_count; v++) Draw(size, (*tilt)->rotation[(*tilt)->v_start + v], (*tilt)->image + v * size * size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The limit, straight from FFTW: planned once, its array there only while it is timed. */
typedef struct {
  fftwf_plan forward, backward;
  ptrdiff_t  complexes;
} Pair;

static PetscErrorCode PairCreate(ptrdiff_t N, Pair *pair)
{
  ptrdiff_t      local[4];
  fftwf_complex *data;

  PetscFunctionBegin;
  pair->complexes = fftwf_mpi_local_size_3d_transposed(N, N, N / 2 + 1, MPI_COMM_WORLD, &local[0], &local[1], &local[2], &local[3]);
  data = fftwf_alloc_complex((size_t)pair->complexes + 1);
  fftwf_plan_with_nthreads(AetThreads());
  pair->forward = fftwf_mpi_plan_dft_r2c_3d(N, N, N, (float *)data, data, MPI_COMM_WORLD, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_OUT);
  pair->backward = fftwf_mpi_plan_dft_c2r_3d(N, N, N, data, (float *)data, MPI_COMM_WORLD, FFTW_MEASURE | FFTW_MPI_TRANSPOSED_IN);
  AetCheckFFTW(pair->forward);
  AetCheckFFTW(pair->backward);
  fftwf_free(data);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void PairDestroy(Pair *pair)
{
  fftwf_destroy_plan(pair->forward);
  fftwf_destroy_plan(pair->backward);
}

/* Mean over `repeats` pairs, as iterations are timed. */
static double PairSeconds(const Pair *pair, int repeats)
{
  fftwf_complex *data = fftwf_alloc_complex((size_t)pair->complexes + 1);
  double         seconds, slowest;

  memset(data, 0, (size_t)pair->complexes * sizeof *data);
  seconds = 0;
  for (int i = -1; i < repeats; i++) { /* the first warms up */
    MPI_Barrier(MPI_COMM_WORLD);
    if (i == 0) seconds = MPI_Wtime();
    fftwf_mpi_execute_dft_r2c(pair->forward, (float *)data, data);
    fftwf_mpi_execute_dft_c2r(pair->backward, data, (float *)data);
  }
  seconds = (MPI_Wtime() - seconds) / repeats;
  fftwf_free(data);
  MPI_Allreduce(&seconds, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest;
}

/* A number of bytes of /proc/self/status: VmRSS, resident now, or VmHWM, the most since StartMemory. 0 where there is no such file. */
static double Memory(const char *key)
{
  char   line[256];
  double kilobytes = 0;
  FILE  *file = fopen("/proc/self/status", "r");

  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, key, strlen(key))) kilobytes = atof(line + strlen(key) + 1);
  if (file) fclose(file);
  return 1024 * kilobytes;
}

/* Resident bytes now; the peak is forgotten. */
static double StartMemory(void)
{
  FILE *file;

  malloc_trim(0); /* what the case before gave back */
  file = fopen("/proc/self/clear_refs", "w");
  if (file) fputs("5", file), fclose(file);
  return Memory("VmRSS");
}

static PetscErrorCode Option(const char *key, const char *value)
{
  char name[80];

  PetscFunctionBegin;
  snprintf(name, sizeof name, "-%s", key);
  PetscCall(PetscOptionsSetValue(NULL, name, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetOptions(const char *method, const char *operator, const char * width, const char *acceleration,
                                 PetscInt iterations)
{
  char text[16];

  PetscFunctionBegin;
  snprintf(text, sizeof text, "%d", (int)iterations);
  PetscCall(Option("quiet", "true"));
  PetscCall(Option("recon_method", method));
  PetscCall(Option("recon_operator", operator));
  PetscCall(Option("recon_kernel_width", width));
  PetscCall(Option("recon_iterations", text));
  PetscCall(Option("recon_acceleration", acceleration));
  PetscCall(Option("recon_oversampling", "2"));
  PetscCall(Option("recon_rfree_fraction", "0"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The R1 that a case must not exceed: that of as many plain steps, as published, on the same images. */
static PetscErrorCode Bound(const Case *c, AetTiltSeries tilt, PetscInt iterations, double *bound)
{
  static double         known[2]; /* about one axis, and of free angles */
  double               *r1 = &known[c->free];
  const AetReconReport *report;
  AetRecon              recon;
  AetVolume             volume;

  PetscFunctionBegin;
  if (*r1 == 0) {
    PetscCall(SetOptions("resire", "convolution", "6", "none", iterations));
    PetscCall(AetReconCreate(tilt, &recon));
    PetscCall(AetReconSolve(recon, &volume));
    PetscCall(AetReconGetReport(recon, &report));
    *r1 = report->r1;
    PetscCall(AetReconDestroy(&recon));
    PetscCall(AetVolumeDestroy(&volume));
  }
  *bound = *r1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double seconds, setup, memory, r1; /* of an iteration; of all; bytes of all ranks */
} Figures;

static PetscErrorCode Solve(AetTiltSeries tilt, Figures *f)
{
  AetRecon              recon;
  AetVolume             volume;
  const AetReconReport *report;

  PetscFunctionBegin;
  f->memory = StartMemory();
  PetscCall(AetReconCreate(tilt, &recon));
  f->setup = MPI_Wtime();
  PetscCall(AetReconSetUp(recon));
  f->setup = MPI_Wtime() - f->setup;
  PetscCall(AetReconSolve(recon, &volume));
  f->memory = Memory("VmHWM") - f->memory;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &f->memory, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(AetReconGetReport(recon, &report));
  f->seconds = report->seconds_per_iteration;
  f->r1 = report->r1;
  PetscCall(AetReconDestroy(&recon));
  PetscCall(AetVolumeDestroy(&volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One case between two timings of the pair. Adds to *wrong if the answer is. */
static PetscErrorCode RunCase(const Case *c, PetscInt size, PetscInt iterations, const Pair *pair, int *wrong)
{
  const double  N = 2.0 * (double)size, grid = 4 * N * N * N;
  AetTiltSeries tilt;
  Figures       f;
  double        limit, bound = 0;

  PetscFunctionBegin;
  PetscCall(SetOptions(c->method, c->operator, c->width, "ramp", iterations));
  PetscCall(MakeTilt(size, c->free, &tilt));
  limit = pair ? PairSeconds(pair, (int)iterations) : 0;
  PetscCall(Solve(tilt, &f));
  if (pair) limit = 0.5 * (limit + PairSeconds(pair, (int)iterations));
  PetscCall(Bound(c, tilt, iterations, &bound));
  if (!(f.r1 <= bound)) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-18s WRONG: R1 %.4f, expected at most %.4f\n", c->name, f.r1, bound));
    ++*wrong;
  } else if (!pair) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-18s %9.4f %9s %7s %7s %8s %8.2f %8.4f %8.4f\n", c->name, f.seconds, "-", "-", "-", "-",
                          f.memory / grid, f.r1, bound));
  } else {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-18s %9.4f %9.4f %7.2f %7.2f %8.1f %8.2f %8.4f %8.4f\n", c->name, f.seconds, limit,
                          f.seconds / limit, c->asked, f.setup / limit, f.memory / grid, f.r1, bound));
  }
  PetscCall(AetTiltSeriesDestroy(&tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int *wrong)
{
  PetscInt  size = 128, iterations = 6;
  char      only[64] = "";
  int       ranks;
  Pair      pair;
  PetscBool memory = PETSC_FALSE;

  PetscFunctionBegin;
  PetscCall(AetOptionsRegister(&AetReconOptions));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-size", &size, NULL));
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-iterations", &iterations, NULL));
  PetscCall(PetscOptionsGetString(NULL, NULL, "-only", only, sizeof only, NULL));
  AetCheck(size >= 16 && iterations >= 2, AET_ERR_INPUT, "bench: expected a size from 16 and iterations from 2, found %d and %d", (int)size,
           (int)iterations);
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-memory", &memory, NULL));
  if (!memory) PetscCall(PairCreate(2 * size, &pair));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "# object %d^3, doubled grid %d^3, %d views, %d iterations, %d ranks x %d threads\n", (int)size,
                        2 * (int)size, VIEWS, (int)iterations, ranks, AetThreads()));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "# grids: all ranks together, without the images of the series (%.2f grids)\n",
                        VIEWS / (8.0 * (double)size)));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-18s %9s %9s %7s %7s %8s %8s %8s %8s\n", "# case", "s/iter", "pair, s", "ratio", "asked",
                        "set-up", "grids", "R1", "at most"));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
    if (!only[0] || !strcmp(only, cases[i].name)) PetscCall(RunCase(&cases[i], size, iterations, memory ? NULL : &pair, wrong));
  if (!memory) PairDestroy(&pair);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  int wrong = 0, failed;

  if (AetInitialize(&argc, &argv)) return 2;
  failed = Run(&wrong);
  if (failed) fprintf(stderr, "%s\n", AetErrorMessage());
  if (AetFinalize() || failed) return 2;
  return wrong > 0;
}
