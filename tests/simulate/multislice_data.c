/* Multislice images against the published counts of others for amorphous silicon (208 atoms, three doses). What the microscope was is not
   published: energy, semi-angle, ring and source were chosen among a few on the view at 0 degrees alone (docs/theory/multislice.md), which
   is not among the views here. The counting noise itself limits every correlation; the limit is computed from the counts. */
#include "mpi_test.h"
#include <aet4d/simulate.h>
#include <aet4d/tilt.h>

enum { VIEWS = 5, STEP = 10, N = 128, ATOMS = 208 };
static char folder[512];

static void Read(const char *dose, AetTiltSeries *tilt)
{
  char path[640];

  AET_TEST_CALL(AetOptionsRegister(&AetTiltOptions));
  snprintf(path, sizeof path, "%s/aSi_2nmFosCetr_Dose%s_cov35pm_ForBM3D.mat", folder, dose);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-tilt_projections", path));
  snprintf(path, sizeof path, "%s/Si_Angle.mat", folder);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-tilt_angles", path));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-tilt_pixel_angstrom", "0.195"));
  AET_TEST_CALL(AetTiltSeriesReadFromOptions(MPI_COMM_SELF, tilt));
}

/* The file of the truth has x and y exchanged. */
static int ReadTruth(double position[3 * ATOMS])
{
  char  path[640], line[256];
  int   count = 0;
  FILE *file;

  snprintf(path, sizeof path, "%s/aSi_208atoms_GT.txt", folder);
  file = fopen(path, "r");
  if (!file) return 0;
  while (count < ATOMS && fgets(line, sizeof line, file)) {
    double x, y, z;
    if (line[0] != '%' && sscanf(line, "%*f %lf %lf %lf", &y, &x, &z) == 3) {
      position[3 * count] = x, position[3 * count + 1] = y, position[3 * count + 2] = z;
      count++;
    }
  }
  fclose(file);
  return count;
}

static double Correlation(ptrdiff_t count, const float *a, const float *b)
{
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;

  for (ptrdiff_t i = 0; i < count; i++) ma += a[i], mb += b[i];
  ma /= (double)count, mb /= (double)count;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double x = (double)a[i] - ma, y = (double)b[i] - mb;
    ab += x * y, aa += x * x, bb += y * y;
  }
  return ab / sqrt(aa * bb);
}

/* Counts of a Poisson process: the variance beyond the mean is that of what is counted. */
static double Ceiling(ptrdiff_t count, const float *counts)
{
  double mean = 0, variance = 0;

  for (ptrdiff_t i = 0; i < count; i++) mean += counts[i];
  mean /= (double)count;
  for (ptrdiff_t i = 0; i < count; i++) variance += pow((double)counts[i] - mean, 2) / (double)count;
  return sqrt((variance - mean) / variance);
}

/* Two estimates of the largest possible correlation with the counts of the highest dose: the noise of counting, and the correlations of the
   three doses with each other, which assume nothing about noise but independence. */
static void TestCeiling(void)
{
  static const char *doses[3] = {"1p6e5", "1p6e4", "8p0e3"};
  AetTiltSeries      tilt[3];

  for (int d = 0; d < 3; d++) Read(doses[d], &tilt[d]);
  const ptrdiff_t count = tilt[0]->views * N * N;
  const double    ab = Correlation(count, tilt[0]->image, tilt[1]->image), ac = Correlation(count, tilt[0]->image, tilt[2]->image),
               bc = Correlation(count, tilt[1]->image, tilt[2]->image), counting = Ceiling(count, tilt[0]->image);
  printf("largest possible correlation: %.4f by the noise of counting, %.4f by the three doses\n", counting, sqrt(ab * ac / bc));
  AET_TEST_CLOSE(counting, sqrt(ab * ac / bc), 0.01);
  for (int d = 0; d < 3; d++) AET_TEST_CALL(AetTiltSeriesDestroy(&tilt[d]));
}

static AetMultisliceSettings Microscope(void)
{
  AetMultisliceSettings set = {.energy_kev = 200, .semi_angle_mrad = 21, .inner_mrad = 40, .outer_mrad = 120};

  set.slice_angstrom = 2, set.window_angstrom = 6, set.configurations = 1;
  set.source_fwhm_angstrom = 0.38 * sqrt(8 * log(2)); /* with thermal motion in it: none other is simulated */
  return set;
}

/* At 30, 60, 90, 120 and 150 degrees. */
static void TestPublishedCounts(void)
{
  static double         position[3 * ATOMS];
  static int            species[ATOMS];
  static float          images[VIEWS * N * N], gauss[VIEWS * N * N], counts[VIEWS * N * N];
  AetSpecimen           silicon = {.count = ATOMS, .species_count = 1, .symbol = {"Si"}, .position = position, .species = species};
  AetMultisliceSettings set = Microscope();
  double                R[VIEWS][9], wave, linear, most;
  AetTiltSeries         tilt;

  AET_TEST(ReadTruth(position) == ATOMS);
  Read("1p6e5", &tilt);
  for (int v = 0; v < VIEWS; v++) {
    memcpy(R[v], tilt->rotation[(v + 1) * STEP], sizeof R[v]);
    memcpy(counts + v * N * N, tilt->image + (v + 1) * STEP * N * N, sizeof *counts * N * N);
  }
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST_CALL(AetSimulateMultislice(MPI_COMM_SELF, &silicon, &set, VIEWS, (const double(*)[9])R, N, N, 0.195, images));
  /* Gaussian atoms of the width that suits the counts best: standard deviation 0.5 Å */
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_b_factor_angstrom2", "19.74"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_source_fwhm_angstrom", "0"));
  AET_TEST_CALL(AetSimulateProjections(MPI_COMM_SELF, &silicon, VIEWS, (const double(*)[9])R, N, N, 0.195, gauss));
  wave = Correlation(VIEWS * N * N, images, counts), linear = Correlation(VIEWS * N * N, gauss, counts),
  most = Ceiling(VIEWS * N * N, counts);
  printf("correlation with the counts: multislice %.4f, Gaussians %.4f, possible %.4f; of what is possible %.4f and %.4f\n", wave, linear,
         most, wave / most, linear / most);
  AET_TEST(wave >= 0.895); /* counting allows 0.902 */
  AET_TEST(wave / most >= 0.996);
  /* of the variance that is not noise, half as much is left as by the best Gaussians */
  AET_TEST(1 - pow(wave / most, 2) <= 0.5 * (1 - pow(linear / most, 2)) + 0.001);
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"what noise allows", TestCeiling}, {"published counts of amorphous silicon", TestPublishedCounts}};

  if (!AetTestData("tilt/asi_208", folder, sizeof folder)) return 77;
  return AetTestMain(argc, argv, "multislice_data", cases, 2);
}
