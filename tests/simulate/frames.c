/* Raw frames against what is known of them: the linear model where nothing is wrong, centres of atoms, the detector's statistics. */
#include "../../src/simulate/kernel/gaussian_image.h"
#include "../../src/simulate/kernel/scan_map.h"
#include "../../src/simulate/kernel/scan_splat.h"
#include "../io/io_test.h"
#include <aet4d/simulate.h>

enum { SIZE = 64, FRAMES = 4, VIEWS = 3 };

static void Set(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

/* Nothing wrong, no noise. */
static void Reset(void)
{
  static const char *const zero[] = {"-simulate_drift_px_per_frame",
                                     "-simulate_drift_walk_px",
                                     "-simulate_line_jitter_px",
                                     "-simulate_shift_px",
                                     "-simulate_angle_error_deg",
                                     "-simulate_axis_tilt_deg",
                                     "-simulate_background",
                                     "-simulate_background_film",
                                     "-simulate_dose",
                                     "-simulate_read_noise",
                                     "-simulate_offset",
                                     "-simulate_distortion_cubic_px",
                                     "-simulate_flyback_lines",
                                     "-simulate_background_gradient"};

  for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++) Set(zero[i], "0");
  Set("-simulate_gain", "1");
  Set("-simulate_frames", "4");
  Set("-simulate_scan_deg", "0,90,180,270");
  Set("-simulate_distortion", "0,0,0");
  Set("-simulate_image_size", "64");
  Set("-simulate_drift_in_frame", "true");
  Set("-seed", "7");
  Set("-simulate_b_factor_angstrom2", "15"); /* wide enough for sums over pixels to be integrals */
}

/* A specimen of gold at given places in the plane of the images, Å. */
static void MakeGold(int count, double *position, int *species, AetSpecimen *specimen)
{
  memset(specimen, 0, sizeof *specimen);
  specimen->count = count, specimen->species_count = 1;
  snprintf(specimen->symbol[0], sizeof specimen->symbol[0], "Au");
  specimen->position = position, specimen->species = species;
}

static const double aet_level[VIEWS][3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};

/* Truth by the options and its images; free both. */
static void Make(const AetSpecimen *specimen, const double (*angles)[3], AetFramesTruth *truth, float **images, MPI_Comm comm)
{
  ptrdiff_t start, count;
  int       rank, size;

  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  AET_TEST_CALL(AetFramesTruthCreate(VIEWS, angles, SIZE, 0.5, truth));
  AetBlock(VIEWS, rank, size, &start, &count);
  *images = calloc((size_t)(count * FRAMES * SIZE * SIZE) + 1, sizeof **images);
  AET_TEST_CALL(AetSimulateFrames(comm, specimen, truth, *images));
}

/* Sum and centre (px from the centre of the image) of one image. */
static double Centre(const float *image, double at[2])
{
  double sum = 0, x = 0, y = 0;

  for (int p = 0; p < SIZE * SIZE; p++) {
    sum += (double)image[p];
    x += (double)image[p] * (p % SIZE - SIZE / 2);
    y += (double)image[p] * (p / SIZE - SIZE / 2);
  }
  at[0] = x / sum, at[1] = y / sum;
  return sum;
}

/* ---------------------------------------------------------------- kernels */

static void TestMap(void)
{
  const AetScanMap map = {
      {{1.01, 0.015, 1e-4, -2e-4, 1e-4, 1e-6, -2e-6, 1e-6, 3e-6}, {-0.004, 0.99, 2e-4, 1e-4, -1e-4, 1e-6, 0, 2e-6, 1e-6}}};
  double worst = 0;

  for (int i = 0; i < 25; i++) {
    const double m[2] = {-60 + 30 * (i % 5), -60 + 30 * (i / 5)};
    double       place[2], back[2];

    AetScanMapPlace(&map, m, place);
    AET_TEST(AetScanMapInverse(&map, place, back));
    worst = fmax(worst, hypot(back[0] - m[0], back[1] - m[1]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-9);
}

/* A scan at rest is the image of the atom itself, whatever its direction. */
static void TestSplat(void)
{
  static double place[SIZE * SIZE * 2], move[SIZE * 2], image[SIZE * SIZE], plain[SIZE * SIZE], table[20000];
  const double  object[2] = {5.3, -11.6}, seen[2] = {SIZE / 2 + 5.3, SIZE / 2 - 11.6};
  AetProfile    profile;
  double        worst = 0;

  for (int p = 0; p < SIZE * SIZE; p++) place[2 * p] = p % SIZE - SIZE / 2, place[2 * p + 1] = p / SIZE - SIZE / 2;
  AET_TEST(AetProfileSize(1.1) < 20000);
  AetProfileFill(1.1, table, &profile);
  for (int quarter = 0; quarter < 4; quarter++) {
    const AetScan scan = {.ny = SIZE, .nx = SIZE, .quarter = quarter, .place = place, .move = move};

    memset(image, 0, sizeof image);
    memset(plain, 0, sizeof plain);
    AetScanSplat(&scan, &profile, object, seen, 2.5, image);
    AetKernelGaussianSplat(plain, SIZE, SIZE, seen[0], seen[1], 1.1, 2.5);
    for (int p = 0; p < SIZE * SIZE; p++) worst = fmax(worst, fabs(image[p] - plain[p]));
  }
  AET_TEST_CLOSE(worst, 0, 2e-7);
}

/* ---------------------------------------------------------------- frames */

/* Where nothing is wrong every frame is the projection. */
static void TestPerfect(void)
{
  const double   angles[VIEWS][3] = {{3, -40, 1}, {0, 10, 0}, {0, 60, -2}};
  double         rotation[VIEWS][9], position[9] = {3, 1, -2, -6.2, 4, 5, 1, -7, 2}, worst = 0;
  int            species[3] = {0};
  AetSpecimen    specimen;
  AetFramesTruth truth;
  float         *images, perfect[VIEWS * SIZE * SIZE];
  ptrdiff_t      start, count;
  int            rank, size;

  Reset();
  MakeGold(3, position, species, &specimen);
  Make(&specimen, angles, &truth, &images, MPI_COMM_WORLD);
  for (int v = 0; v < VIEWS; v++) AetRotationFromAngles(AET_ANGLES_ZYX, angles[v], rotation[v]);
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_WORLD, &specimen, VIEWS, (const double(*)[9])rotation, SIZE, SIZE, 0.5, perfect));
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(VIEWS, rank, size, &start, &count);
  for (ptrdiff_t i = 0; i < count * FRAMES * SIZE * SIZE; i++) {
    const ptrdiff_t p = i / (FRAMES * SIZE * SIZE) * SIZE * SIZE + i % (SIZE * SIZE);
    worst = fmax(worst, fabs((double)images[i] - (double)perfect[p]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-6);
  free(images);
  AetFramesTruthFree(&truth);
}

/* The centre of an atom by the tables: at line l it lies displaced by shift, drift and rate·(l - (lines-1)/2). With the lines along
   y (times a sign) its centre solves s = s0 + sign·rate_s·(line(s) - middle). */
static void ExpectCentre(const AetFramesTruth *truth, ptrdiff_t v, int f, const double object[2], const float *image, double *worst)
{
  const double *M0 = truth->distortion[0], *M1 = truth->distortion[1], det = M0[0] * M1[1] - M0[1] * M1[0];
  const double  seen[2] = {object[0] + truth->shift[v][0], object[1] + truth->shift[v][1]};
  const int     slow = f % 2 ? 0 : 1, sign = f == 0 || f == 3 ? 1 : -1;
  double        at[2], rest[2], line, found[2];

  rest[0] = (M1[1] * seen[0] - M0[1] * seen[1]) / det + truth->drift[v * FRAMES + f][0];
  rest[1] = (M0[0] * seen[1] - M1[0] * seen[0]) / det + truth->drift[v * FRAMES + f][1];
  /* line - middle = sign (s + 1/2) for s from the centre at SIZE / 2 */
  line = sign * (rest[slow] + 0.5) / (1 - sign * truth->rate[v][slow]);
  for (int a = 0; a < 2; a++) at[a] = rest[a] + truth->rate[v][a] * line;
  Centre(image, found);
  *worst = fmax(*worst, hypot(found[0] - at[0], found[1] - at[1]));
}

static void TestStage(void)
{
  double         position[3] = {3.1, -2.2, 0}, worst = 0, farthest = 0, sum[2] = {0};
  int            species[1] = {0};
  AetSpecimen    specimen;
  AetFramesTruth truth;
  float         *images;
  ptrdiff_t      start, count;
  int            rank, size;

  Reset();
  Set("-simulate_drift_px_per_frame", "5");
  Set("-simulate_drift_walk_px", "0.5");
  Set("-simulate_flyback_lines", "6");
  Set("-simulate_shift_px", "8");
  Set("-simulate_distortion", "0.015,0.01,-0.005");
  MakeGold(1, position, species, &specimen);
  Make(&specimen, aet_level, &truth, &images, MPI_COMM_WORLD);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(VIEWS, rank, size, &start, &count);
  for (ptrdiff_t i = 0; i < count * FRAMES; i++) {
    const double object[2] = {position[0] / 0.5, position[1] / 0.5};
    ExpectCentre(&truth, start + i / FRAMES, (int)(i % FRAMES), object, images + i * SIZE * SIZE, &worst);
  }
  AET_TEST_CLOSE(worst, 0, 1e-5);
  for (ptrdiff_t i = 0; i < VIEWS * FRAMES; i++) farthest = fmax(farthest, hypot(truth.drift[i][0], truth.drift[i][1]));
  for (int f = 0; f < FRAMES; f++) sum[0] += truth.drift[f][0], sum[1] += truth.drift[f][1];
  AET_TEST(farthest > 1 && fabs(sum[0]) + fabs(sum[1]) < 1e-12);
  AET_TEST(hypot(truth.rate[1][0], truth.rate[1][1]) > 0 && hypot(truth.rate[1][0], truth.rate[1][1]) <= 5.0 / (SIZE + 6));
  free(images);
  AetFramesTruthFree(&truth);
}

/* Terms of higher order and jitter: an atom is seen where the inverse of the map says, each of its lines by its own displacement. */
static void TestCubic(void)
{
  double         position[3] = {9, -8, 0}, at[2], seen[2], object[2] = {18, -16};
  int            species[1] = {0};
  AetSpecimen    specimen;
  AetFramesTruth truth;
  AetScanMap     map;
  float         *images;

  Reset();
  Set("-simulate_distortion_cubic_px", "3");
  MakeGold(1, position, species, &specimen);
  Make(&specimen, aet_level, &truth, &images, MPI_COMM_SELF);
  memcpy(map.term, truth.distortion, sizeof map.term);
  AET_TEST(AetScanMapInverse(&map, object, seen) && hypot(seen[0] - object[0], seen[1] - object[1]) > 0.05);
  Centre(images, at);
  AET_TEST_CLOSE(hypot(at[0] - seen[0], at[1] - seen[1]), 0, 0.01); /* an atom in a bent scan is not quite round */
  free(images);
  AetFramesTruthFree(&truth);
}

/* The axis turns with all images; told angles are the nominal ones. */
static void TestAngles(void)
{
  const double   angles[VIEWS][3] = {{0, -40, 0}, {0, 10, 0}, {0, 60, 0}};
  double         R[9], deviation = 0;
  AetFramesTruth truth;

  Reset();
  Set("-simulate_axis_tilt_deg", "5");
  AET_TEST_CALL(AetFramesTruthCreate(VIEWS, angles, SIZE, 0.5, &truth));
  AetRotationFromAngles(AET_ANGLES_ZYX, truth.angles_deg[2], R);
  for (int i = 0; i < 9; i++) deviation = fmax(deviation, fabs(R[i] - truth.rotation[2][i]));
  AET_TEST_CLOSE(deviation, 0, 1e-12);
  /* the axis, y of the object, lies at 5 degrees from y in the image and never leaves it */
  AET_TEST_CLOSE(truth.rotation[2][1], -sin(5 * AET_DEG), 1e-12);
  AET_TEST_CLOSE(truth.rotation[0][4], cos(5 * AET_DEG), 1e-12);
  AET_TEST_CLOSE(truth.nominal_deg[0][1], -40, 0);
  AetFramesTruthFree(&truth);
}

/* Flat field: E z = gain·counts·level + offset, Var z = gain (E z - offset) + sigma². */
static void TestDetector(void)
{
  double         position[3] = {1e6, 1e6, 0}, mean = 0, variance = 0, expected;
  const double   pixels = VIEWS * FRAMES * SIZE * SIZE;
  int            species[1] = {0};
  AetSpecimen    specimen;
  AetFramesTruth truth;
  float         *images;

  Reset();
  Set("-simulate_background", "0.01");
  Set("-simulate_dose", "4e5");
  Set("-simulate_cross_section_angstrom2", "0.02");
  Set("-simulate_gain", "3");
  Set("-simulate_offset", "11");
  Set("-simulate_read_noise", "4");
  MakeGold(1, position, species, &specimen);
  Make(&specimen, aet_level, &truth, &images, MPI_COMM_SELF);
  AET_TEST_CLOSE(truth.counts, 2000, 1e-9); /* 4e5 · 0.02 over four frames */
  for (int i = 0; i < (int)pixels; i++) mean += (double)images[i] / pixels;
  for (int i = 0; i < (int)pixels; i++) variance += pow((double)images[i] - mean, 2) / pixels;
  expected = 3 * 2000 * 0.01;
  AET_TEST_CLOSE(mean, expected + 11, 4 * sqrt((3 * expected + 16) / pixels));
  AET_TEST_CLOSE(variance / (3 * expected + 16), 1, 4 * sqrt(2 / pixels));
  free(images);
  AetFramesTruthFree(&truth);
}

/* Rank 0 alone makes what all make. */
static void TestRanks(void)
{
  double         position[6] = {3.1, -2.2, 0, -4, 5, 1};
  int            species[2] = {0}, rank, size, same;
  AetSpecimen    specimen;
  AetFramesTruth truth, again;
  float         *images, *alone;
  ptrdiff_t      start, count;

  Reset();
  Set("-simulate_drift_px_per_frame", "3");
  Set("-simulate_line_jitter_px", "0.3");
  Set("-simulate_dose", "1e5");
  Set("-simulate_background", "0.01");
  Set("-simulate_background_film", "0.004");
  Set("-simulate_read_noise", "1");
  MakeGold(2, position, species, &specimen);
  Make(&specimen, aet_level, &truth, &images, MPI_COMM_WORLD);
  Make(&specimen, aet_level, &again, &alone, MPI_COMM_SELF);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(VIEWS, rank, size, &start, &count);
  same = !memcmp(images, alone + start * FRAMES * SIZE * SIZE, sizeof *images * (size_t)(count * FRAMES * SIZE * SIZE));
  AET_TEST(same);
  free(images);
  free(alone);
  AetFramesTruthFree(&truth);
  AetFramesTruthFree(&again);
}

/* Mistakes are told, and the size has room for what is displaced. */
static void TestPlan(void)
{
  AetFramesTruth truth;

  Reset();
  PetscOptionsClearValue(NULL, "-simulate_image_size");
  Set("-simulate_shift_px", "10");
  AET_TEST_CALL(AetFramesTruthCreate(VIEWS, aet_level, SIZE, 0.5, &truth));
  AET_TEST(truth.nx >= SIZE + 2 * 5 && truth.nx == truth.ny);
  AetFramesTruthFree(&truth);
  Set("-simulate_scan_deg", "0,45");
  ExpectError(AetFramesTruthCreate(VIEWS, aet_level, SIZE, 0.5, &truth), AET_ERR_INPUT, "simulate_scan_deg", "found 45", __LINE__);
  AetFramesTruthFree(&truth);
  Set("-simulate_scan_deg", "0");
  Set("-simulate_distortion", "0.01");
  ExpectError(AetFramesTruthCreate(VIEWS, aet_level, SIZE, 0.5, &truth), AET_ERR_INPUT, "simulate_distortion", "found 1", __LINE__);
  AetFramesTruthFree(&truth);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"map of a scan", TestMap},      {"atom in a scan", TestSplat}, {"nothing wrong", TestPerfect},
                                      {"drift and shifts", TestStage}, {"cubic terms", TestCubic},    {"angles", TestAngles},
                                      {"statistics", TestDetector},    {"ranks", TestRanks},          {"plan", TestPlan},
                                      {"clean up", TestFolderRemove}};

  AetOptionsRegister(&AetBaseOptions);
  AetOptionsRegister(&AetSimulateOptions);
  AetOptionsRegister(&AetSimulateFramesOptions);
  return AetTestMain(argc, argv, "simulate frames", cases, (int)(sizeof cases / sizeof cases[0]));
}
