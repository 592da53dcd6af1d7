/* The distortion of a scan against the truth of a simulated microscope: recovered from a noisy reference, taken out of images. */
#include "../../src/tilt/kernel/line_chirp.h"
#include "../../src/tilt/kernel/scan_terms.h"
#include "../../src/tilt/kernel/spline_image.h"
#include "../io/io_test.h"
#include <aet4d/simulate.h>
#include <aet4d/tilt.h>

enum { SIZE = 256, SMALL = 96 };
#define PIXEL 0.4

static float aet_image[SIZE * SIZE];

static void Set(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

/* What is done on one rank need not be seen on several. */
static int Several(void)
{
  int size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size > 1;
}

/* A microscope with the shear and scales of the issue; counts: electrons for an atom of gold. */
static AetFramesTruth Microscope(double counts, uint64_t seed)
{
  AetFramesTruth truth = {
      .views = 1, .frames = 1, .ny = SIZE, .nx = SIZE, .pixel_angstrom = PIXEL, .gain = 1, .counts = counts, .seed = seed};

  truth.distortion[0][0] = 1.01, truth.distortion[0][1] = 0.015, truth.distortion[1][1] = 1;
  return truth;
}

static AetReferenceTruth Crystal(double a, double b, double gamma, double turn)
{
  const AetReferenceTruth crystal = {.size = SIZE, .a = a, .b = b, .gamma_deg = gamma, .rotation_deg = turn, .weight = {10, 4}};

  return crystal;
}

/* Largest error of the linear terms, and of it over the standard deviation that is told. */
static double Worst(const AetFramesTruth *truth, const AetDistortion *found, double *sigmas)
{
  double worst = 0;

  *sigmas = 0;
  for (int i = 0; i < 4; i++) {
    const double error = fabs(found->term[i / 2][i % 2] - truth->distortion[i / 2][i % 2]);

    worst = fmax(worst, error);
    if (i != 2) *sigmas = fmax(*sigmas, error / found->sd[i / 2][i % 2]);
  }
  return worst;
}

static double Recover(const AetFramesTruth *truth, const AetReferenceTruth *crystal, double *sigmas)
{
  const double  lattice[3] = {crystal->a, crystal->b, crystal->gamma_deg};
  AetDistortion found;
  int           code;

  *sigmas = 0;
  if (AetSimulateReference(truth, crystal, aet_image)) return INFINITY;
  code = AetDistortionFit("reference", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_FALSE, &found);
  if (code) {
    fprintf(stderr, "%s\n", AetErrorMessage());
    AetErrorClear();
    return INFINITY;
  }
  return Worst(truth, &found, sigmas);
}

/* ---------------------------------------------------------------- kernels */

/* Of a line without frequencies above 0.4 the chirp gives the values between the pixels; far from the ends, whatever they are. */
static void TestChirp(void)
{
  enum { N = 200 };
  float          line[N], out[N], *work;
  AetLineChirp   chirp = {.n = N, .step = 0.9871};
  double         worst = 0;
  float complex *memory[2];

  AetLineChirpSizes(N, 5, &chirp.N, &chirp.L);
  work = fftwf_alloc_real(AetLineChirpWork(&chirp));
  chirp.chirp = memory[0] = calloc((size_t)chirp.L, sizeof *memory[0]);
  chirp.phase = memory[1] = calloc((size_t)chirp.N, sizeof *memory[1]);
  AET_TEST(AetLineChirpSet(&chirp, work));
#define WAVE(x) (cos(2 * M_PI * 0.37 * (x)) * exp(-((x)-103.0) * ((x)-103.0) / 900) + 0.3)
  for (int j = 0; j < N; j++) line[j] = (float)WAVE(j);
  AetLineChirpAt(&chirp, 1.37, line, out, work);
  for (int j = 0; j < N; j++) worst = fmax(worst, fabs((double)out[j] - WAVE(chirp.step * j + 1.37)));
  AET_TEST_CLOSE(worst, 0, 2e-5);
  AetLineChirpDestroy(&chirp);
  fftwf_free(work);
  free(memory[0]);
  free(memory[1]);
}

/* A spline passes through its values and is exact for polynomials of third order away from the border. */
static void TestSpline(void)
{
  enum { N = 60 };
  static double value[N * N];
  double        through = 0, between = 0;

#define CUBIC(x, y) (0.001 * (x) * (x) * (x)-0.02 * (x) * (y) * (y) + 0.3 * (y)-2)
  for (int p = 0; p < N * N; p++) value[p] = CUBIC(p % N, p / N);
  for (int y = 0; y < N; y++) AetSplinePrefilter(N, 1, value + y * N);
  for (int x = 0; x < N; x++) AetSplinePrefilter(N, N, value + x);
  for (int p = 0; p < N * N; p++) through = fmax(through, fabs(AetSplineAt(N, N, value, p / N, p % N) - CUBIC(p % N, p / N)));
  for (double y = 25; y < 35; y += 0.37)
    for (double x = 25; x < 35; x += 0.41) between = fmax(between, fabs(AetSplineAt(N, N, value, y, x) - CUBIC(x, y)));
  AET_TEST_CLOSE(through, 0, 1e-9);
  AET_TEST_CLOSE(between, 0, 1e-9);
}

/* ---------------------------------------------------------------- recovery */

/* The figure that must stand: 1.5 % shear and 1 % scale to 0.02 %, at several doses and seeds, line jitter and read noise among the wrongs.
 */
static void TestRecovered(void)
{
  static const double counts[] = {2000, 200, 50};
  const int           show = getenv("AET_SHOW") != NULL;

  if (Several()) return;
  for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
    for (uint64_t seed = 1; seed <= 4; seed++) {
      const AetReferenceTruth crystal = Crystal(3.905, 3.905, 90, 7 + 31 * (double)seed);
      AetFramesTruth          truth = Microscope(counts[c], seed);
      double                  sigmas, worst;

      truth.jitter = seed % 2 ? 0 : 0.1, truth.read_noise = 2, truth.offset = 5, truth.gain = 1.5;
      worst = Recover(&truth, &crystal, &sigmas);
      if (show) fprintf(stderr, "electrons %g seed %d: error %.5f %%, %.1f sd\n", counts[c], (int)seed, 100 * worst, sigmas);
      AET_TEST_CLOSE(worst, 0, 2e-4);
      AET_TEST(sigmas < 4);
    }
}

static void TestNoiseFree(void)
{
  static const double lattice[][4] = {{3.905, 3.905, 90, 7}, {2.88, 2.88, 120, 40}, {3.2, 4.4, 81, -65}, {5.4, 3.8, 90, 200}};

  if (Several()) return;
  for (size_t i = 0; i < sizeof lattice / sizeof lattice[0]; i++) {
    const AetReferenceTruth crystal = Crystal(lattice[i][0], lattice[i][1], lattice[i][2], lattice[i][3]);
    const AetFramesTruth    truth = Microscope(0, i);
    double                  sigmas, worst = Recover(&truth, &crystal, &sigmas);

    AET_TEST_CLOSE(worst, 0, 1e-5);
  }
}

/* A crystal that gets thicker across the field on a background that does too, with a hole in one corner. */
static void TestUneven(void)
{
  const AetReferenceTruth crystal = Crystal(3.905, 3.905, 90, 25);
  const AetFramesTruth    truth = Microscope(300, 5);
  const double            lattice[3] = {3.905, 3.905, 90};
  AetDistortion           found;
  double                  sigmas;

  if (Several()) return;
  AET_TEST_CALL(AetSimulateReference(&truth, &crystal, aet_image));
  for (int p = 0; p < SIZE * SIZE; p++) {
    const double u = (double)(p % SIZE) / SIZE, v = (double)(p / SIZE) / SIZE;

    aet_image[p] = hypot(u, v) < 0.4 ? 20 : (float)((0.5 + u) * (double)aet_image[p] + 200 * u * v);
  }
  AET_TEST_CALL(AetDistortionFit("reference", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_FALSE, &found));
  AET_TEST_CLOSE(Worst(&truth, &found, &sigmas), 0, 2e-4);
}

/* The other side of a crystal is as good. */
static void TestMirrored(void)
{
  const AetReferenceTruth crystal = Crystal(3.2, 4.4, -81, 20);
  const AetFramesTruth    truth = Microscope(500, 1);
  const double            lattice[3] = {3.2, 4.4, 81};
  AetDistortion           found;
  double                  sigmas;

  AET_TEST_CALL(AetSimulateReference(&truth, &crystal, aet_image));
  AET_TEST_CALL(AetDistortionFit("reference", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_FALSE, &found));
  AET_TEST_CLOSE(Worst(&truth, &found, &sigmas), 0, 2e-4);
}

static void Bend(AetFramesTruth *truth, double corner)
{
  static const int degree[9] = {1, 1, 2, 2, 2, 3, 3, 3, 3};

  for (int t = 2; t < 9; t++)
    for (int a = 0; a < 2; a++)
      truth->distortion[a][t] = corner / sqrt(14) / pow(SIZE / 2, degree[t]) * AetRandomNormal(truth->seed, 77, (uint64_t)(2 * t + a));
}

/* Terms of higher order: places over the whole field, but for a turn and a shift that the crystal cannot tell: the turn is fixed by
 * term[1][0]. */
static void TestCubic(void)
{
  const double            lattice[3] = {3.905, 3.905, 90};
  const AetReferenceTruth crystal = Crystal(3.905, 3.905, 90, 15);
  AetFramesTruth          truth = Microscope(500, 3);
  AetDistortion           found;
  double                  J[2][2], squares = 0, linear = 0;

  if (Several()) return;
  Bend(&truth, 3);
  AET_TEST_CALL(AetSimulateReference(&truth, &crystal, aet_image));
  AET_TEST_CALL(AetDistortionFit("reference", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_TRUE, &found));
  for (int p = 0; p < SIZE * SIZE; p += 97) {
    const double m[2] = {p % SIZE - SIZE / 2, p / SIZE - SIZE / 2};
    double       a[2], b[2];

    AetScanPlace((const double(*)[9])truth.distortion, m, a, J);
    AetScanPlace((const double(*)[9])found.term, m, b, J);
    squares += (pow(a[0] - b[0], 2) + pow(a[1] - b[1], 2)) / (SIZE * SIZE / 97.0);
    linear +=
        (pow(a[0] - truth.distortion[0][0] * m[0] - truth.distortion[0][1] * m[1], 2) + pow(a[1] - truth.distortion[1][1] * m[1], 2)) /
        (SIZE * SIZE / 97.0);
  }
  AET_TEST(sqrt(linear) > 0.3);
  AET_TEST_CLOSE(sqrt(squares), 0, 0.02);
}

static void TestNoLattice(void)
{
  const double   lattice[3] = {3.905, 3.905, 90}, other[3] = {4.9, 4.9, 90};
  AetFramesTruth truth = Microscope(500, 1);
  AetDistortion  found;

  for (int p = 0; p < SIZE * SIZE; p++) aet_image[p] = (float)AetRandomNormal(1, 2, (uint64_t)p);
  ExpectError(AetDistortionFit("noise.mrc", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_FALSE, &found), AET_ERR_DATA, "noise.mrc",
              "expected", __LINE__);
  AET_TEST_CALL(AetSimulateReference(&truth, &(AetReferenceTruth){SIZE, 3.905, 3.905, 90, 7, {0}, {10, 4}}, aet_image));
  ExpectError(AetDistortionFit("other.mrc", SIZE, SIZE, aet_image, PIXEL, other, PETSC_FALSE, &found), AET_ERR_DATA, "other.mrc", "4.9 Å",
              __LINE__);
  aet_image[5 * SIZE + 9] = NAN;
  ExpectError(AetDistortionFit("nan.mrc", SIZE, SIZE, aet_image, PIXEL, lattice, PETSC_FALSE, &found), AET_ERR_DATA, "nan.mrc",
              "row 5, column 9", __LINE__);
}

/* ---------------------------------------------------------------- images */

/* Some atoms seen by a distorted scan and by a perfect one. */
static void Atoms(const double distortion[2][9], float *bent, float *straight)
{
  double         position[3 * 40];
  int            species[40] = {0};
  const double   angles[1][3] = {{0, 0, 0}};
  AetSpecimen    specimen;
  AetFramesTruth truth;
  char           size[16];

  memset(&specimen, 0, sizeof specimen);
  specimen.count = 40, specimen.species_count = 1, specimen.position = position, specimen.species = species;
  snprintf(specimen.symbol[0], sizeof specimen.symbol[0], "Au");
  for (int i = 0; i < 40; i++)
    for (int a = 0; a < 3; a++) position[3 * i + a] = 0.3 * SMALL * PIXEL * (2 * AetRandomUniform(9, (uint64_t)a, (uint64_t)i) - 1);
  snprintf(size, sizeof size, "%d", SMALL);
  Set("-simulate_frames", "1");
  Set("-simulate_image_size", size);
  Set("-simulate_dose", "0");
  Set("-simulate_b_factor_angstrom2", "25"); /* nothing left beyond half a cycle per pixel */
  AET_TEST_CALL(AetFramesTruthCreate(1, angles, SMALL, PIXEL, &truth));
  AET_TEST_CALL(AetSimulateFrames(PETSC_COMM_SELF, &specimen, &truth, straight));
  memcpy(truth.distortion, distortion, sizeof truth.distortion);
  AET_TEST_CALL(AetSimulateFrames(PETSC_COMM_SELF, &specimen, &truth, bent));
  AetFramesTruthFree(&truth);
}

static double Difference(const float *a, const float *b)
{
  double worst = 0, most = 0;

  for (int p = 0; p < SMALL * SMALL; p++) worst = fmax(worst, fabs((double)a[p] - (double)b[p])), most = fmax(most, fabs((double)b[p]));
  return worst / most;
}

/* The corrected image is the one that a perfect scan would have seen; there and back is the same image. */
static void TestLinearImages(void)
{
  static float   bent[SMALL * SMALL], straight[SMALL * SMALL], copy[SMALL * SMALL];
  AetFramesTruth truth = Microscope(0, 1);
  AetDistortion  distortion, inverse;

  truth.distortion[1][0] = -0.004, truth.distortion[1][1] = 0.992;
  AetDistortionIdentity(PIXEL, &distortion);
  memcpy(distortion.term, truth.distortion, sizeof distortion.term);
  distortion.given = PETSC_TRUE;
  Atoms((const double(*)[9])truth.distortion, bent, straight);
  AET_TEST(Difference(bent, straight) > 0.1);
  memcpy(copy, bent, sizeof copy);
  AET_TEST_CALL(AetDistortionApply(&distortion, SMALL, SMALL, PETSC_FALSE, bent));
  AET_TEST_CLOSE(Difference(bent, straight), 0, 2e-3);
  AetDistortionInverse(&distortion, &inverse);
  AET_TEST_CALL(AetDistortionApply(&inverse, SMALL, SMALL, PETSC_FALSE, bent));
  AET_TEST_CLOSE(Difference(bent, copy), 0, 2e-4);
  memcpy(bent, copy, sizeof copy);
  AET_TEST_CALL(AetDistortionApply(&distortion, SMALL, SMALL, PETSC_TRUE, bent));
  double counts = 0, kept = 0;
  for (int p = 0; p < SMALL * SMALL; p++) counts += (double)copy[p], kept += (double)bent[p];
  AET_TEST_CLOSE(kept / counts, 1, 1e-4);
}

static void TestCubicImages(void)
{
  static float   bent[SMALL * SMALL], straight[SMALL * SMALL];
  AetFramesTruth truth = Microscope(0, 3);
  AetDistortion  distortion;

  Bend(&truth, 40); /* of the large field: about 3 px in this one */
  AetDistortionIdentity(PIXEL, &distortion);
  memcpy(distortion.term, truth.distortion, sizeof distortion.term);
  distortion.given = distortion.cubic = PETSC_TRUE;
  Atoms((const double(*)[9])truth.distortion, bent, straight);
  AET_TEST(Difference(bent, straight) > 0.2);
  AET_TEST_CALL(AetDistortionApply(&distortion, SMALL, SMALL, PETSC_FALSE, bent));
  if (getenv("AET_SHOW")) fprintf(stderr, "cubic correction: %.2g of the largest value\n", Difference(bent, straight));
  AET_TEST_CLOSE(Difference(bent, straight), 0, 5e-4);
}

/* ---------------------------------------------------------------- options and files */

static void WriteReference(const char *name, const float *image)
{
  const ptrdiff_t   n[3] = {1, SIZE, SIZE};
  const char *const names[3] = {"image", "y", "x"}, *const units[3] = {"", "angstrom", "angstrom"};
  const double steps[3] = {1, PIXEL, PIXEL};
  AetFile      file;
  char         path[300];

  AET_TEST_CALL(AetFileCreate(MPI_COMM_WORLD, TestPath(name, path, sizeof path), &file));
  AET_TEST_CALL(AetFileWriteArray(file, "reference", n, names, units, steps, image));
  AET_TEST_CALL(AetFileWriteNumber(file, "reference", "lattice_a_angstrom", 3.905));
  AET_TEST_CALL(AetFileWriteNumber(file, "reference", "lattice_b_angstrom", 3.905));
  AET_TEST_CALL(AetFileWriteNumber(file, "reference", "lattice_gamma_deg", 90));
  AET_TEST_CALL(AetFileClose(&file));
}

static void TestOptions(void)
{
  const double            angles[3][3] = {{0}};
  const AetReferenceTruth crystal = Crystal(3.905, 3.905, 90, 7);
  const AetFramesTruth    truth = Microscope(500, 2);
  AetDistortion           found, again;
  AetTiltSeries           tilt;
  double                  sigmas;
  char                    path[300], kept[300];

  AET_TEST_CALL(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &found));
  AET_TEST(!found.given && found.term[0][0] == 1);
  AET_TEST_CALL(AetSimulateReference(&truth, &crystal, aet_image));
  WriteReference("reference.h5", aet_image);
  Set("-frames_reference", TestPath("reference.h5", path, sizeof path));
  Set("-distortion_note", "microscope 1, 5 Mx");
  AET_TEST_CALL(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &found));
  AET_TEST(found.given);
  AET_TEST_CLOSE(Worst(&truth, &found, &sigmas), 0, 2e-4);
  ExpectError(AetDistortionFromOptions(MPI_COMM_WORLD, 0.41, &again), AET_ERR_INPUT, "reference.h5", "found 0.41 Å", __LINE__);
  /* kept and used again */
  AET_TEST_CALL(AetDistortionWrite(MPI_COMM_WORLD, &found, TestPath("distortion.h5", kept, sizeof kept)));
  PetscOptionsClearValue(NULL, "-frames_reference");
  Set("-distortion_file", kept);
  AET_TEST_CALL(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &again));
  AET_TEST(again.given && !memcmp(again.term, found.term, sizeof found.term) && !strcmp(again.note, "microscope 1, 5 Mx") &&
           again.cells == found.cells && again.created == found.created);
  ExpectError(AetDistortionFromOptions(MPI_COMM_WORLD, 0.2, &again), AET_ERR_INPUT, "distortion.h5", "found 0.2 Å", __LINE__);
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, 3, SMALL, SMALL, PIXEL, AET_ANGLES_ZYX, angles, &tilt));
  AET_TEST_CALL(AetTiltUndistort(&found, tilt));
  AET_TEST_CLOSE(tilt->pixel_angstrom, PIXEL, 1e-12);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  /* the same, but the lattice knows the pixel better */
  PetscOptionsClearValue(NULL, "-distortion_file");
  Set("-frames_reference", path);
  Set("-distortion_calibrate_pixel", "true");
  AET_TEST_CALL(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &again));
  AET_TEST_CLOSE(again.true_pixel_angstrom, PIXEL * sqrt(1.01), PIXEL * 2e-4);
  AET_TEST_CLOSE(again.term[0][0] * again.term[1][1], 1, 1e-12);
  PetscOptionsClearValue(NULL, "-distortion_calibrate_pixel");
  Set("-distortion_lattice_angstrom", "3.9,3.9");
  ExpectError(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &again), AET_ERR_INPUT, "distortion_lattice_angstrom", "found 2", __LINE__);
  PetscOptionsClearValue(NULL, "-distortion_lattice_angstrom");
  Set("-frames_reference", TestPath("absent.h5", path, sizeof path));
  ExpectError(AetDistortionFromOptions(MPI_COMM_WORLD, PIXEL, &again), AET_ERR_OPEN, "absent.h5", "No such file", __LINE__);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"chirp", TestChirp},
                                      {"spline", TestSpline},
                                      {"recovered from a noisy reference", TestRecovered},
                                      {"without noise", TestNoiseFree},
                                      {"uneven", TestUneven},
                                      {"mirrored", TestMirrored},
                                      {"cubic terms", TestCubic},
                                      {"no lattice", TestNoLattice},
                                      {"linear correction", TestLinearImages},
                                      {"cubic correction", TestCubicImages},
                                      {"options and files", TestOptions},
                                      {"clean up", TestFolderRemove}};

  AetOptionsRegister(&AetBaseOptions);
  AetOptionsRegister(&AetSimulateOptions);
  AetOptionsRegister(&AetSimulateFramesOptions);
  AetOptionsRegister(&AetFramesOptions);
  AetOptionsRegister(&AetDistortionOptions);
  return AetTestMain(argc, argv, "distortion", cases, (int)(sizeof cases / sizeof cases[0]));
}
