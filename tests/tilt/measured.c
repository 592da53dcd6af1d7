/* Tilt series of other people, where their data are present. */
#include "mpi_test.h"
#include <aet4d/tilt.h>

static void SetOption(const char *key, const char *value)
{
  PetscOptionsSetValue(NULL, key, value);
}

static void TestTantalumFilm(void)
{
  char          projections[512], angles[512];
  AetTiltSeries tilt;
  double        sum[2] = {0}, total[2], steepest = 0;

  if (!AetTestData("tilt/ta_film_band2/projections.mat", projections, sizeof projections)) return;
  AetTestData("tilt/ta_film_band2/angles.mat", angles, sizeof angles);
  SetOption("-tilt_projections", projections);
  SetOption("-tilt_angles", angles);
  SetOption("-tilt_pixel_angstrom", "0.3216");
  AET_TEST_CALL(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, &tilt));
  /* the published description: 46 views, −63° … +56°, 401 × 77 pixels */
  AET_TEST(tilt->views == 46 && tilt->ny == 77 && tilt->nx == 401 && tilt->pixel_angstrom == 0.3216);
  for (ptrdiff_t v = 0; v < tilt->views; v++) steepest = fmin(steepest, tilt->angles_deg[v][1]);
  AET_TEST_CLOSE(steepest, -63, 1);
  /* the film is smooth along x: neighbours in the fastest index differ far less than neighbours a row of 77 away would if axes were
   * exchanged */
  for (ptrdiff_t i = 1; i < tilt->v_count * tilt->ny * tilt->nx; i++) {
    sum[0] += fabs(tilt->image[i] - tilt->image[i - 1]);
    sum[1] += fabs(tilt->image[i]);
  }
  MPI_Allreduce(sum, total, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(total[1] > 0 && total[0] < 0.2 * total[1]);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  AET_TEST(tilt == NULL);
}

static void TestVesicle(void)
{
  char          projections[512], angles[512], model[512];
  AetTiltSeries tilt;
  AetArrayInfo  info;
  float        *volume;
  double        worst = 0, scale = 0;

  if (!AetTestData("tilt/vesicle/projections.mat", projections, sizeof projections)) return;
  AetTestData("tilt/vesicle/angles.mat", angles, sizeof angles);
  AetTestData("tilt/vesicle/model.mat", model, sizeof model);
  SetOption("-tilt_projections", projections);
  SetOption("-tilt_angles", angles);
  SetOption("-tilt_angle_convention", "zyz");
  SetOption("-tilt_pixel_angstrom", "0");
  AET_TEST_CALL(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, &tilt));
  AET_TEST(tilt->views == 61 && tilt->ny == 60 && tilt->nx == 60 && tilt->pixel_angstrom == 1);
  /* the view at theta = 0 is the sum of the model over z: checks the order of all axes at once (volume read whole on every rank) */
  AET_TEST_CALL(AetArrayRead(MPI_COMM_SELF, model, &info, &volume));
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) {
    if (fabs(tilt->angles_deg[tilt->v_start + v][1]) > 1e-6) continue;
    for (ptrdiff_t i = 0; i < 3600; i++) {
      double ray = 0;
      for (ptrdiff_t z = 0; z < 60; z++) ray += volume[z * 3600 + i];
      worst = fmax(worst, fabs(ray - tilt->image[v * 3600 + i]));
      scale = fmax(scale, fabs(ray));
    }
  }
  /* the projection is 5 % off the plain sum at one pixel; axes exchanged or shifted by one are off by 25 % and more */
  AET_TEST(worst <= 0.06 * scale);
  PetscFree(volume);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  SetOption("-tilt_angle_convention", "zyx");
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"tantalum film", TestTantalumFilm}, {"vesicle", TestVesicle}};
  char                     path[512];

  if (!AetTestData("tilt/ta_film_band2/projections.mat", path, sizeof path)) return 77;
  AetOptionsRegister(&AetTiltOptions);
  return AetTestMain(argc, argv, "tilt measured", cases, 2);
}
