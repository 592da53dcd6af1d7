/* The tilt series that options describe: angles from where they are, pixel sizes that agree, mistakes in one line. */
#include "../io/io_test.h"
#include <aet4d/tilt.h>

enum { VIEWS = 4, NY = 3, NX = 5 };

static void Set(const char *key, const char *name)
{
  char path[400];

  PetscOptionsSetValue(NULL, key, strchr(name, '.') ? TestPath(name, path, sizeof path) : name);
}

static void Unset(void)
{
  const char *const keys[4] = {"-tilt_projections", "-tilt_angles", "-tilt_pixel_angstrom", "-tilt_angle_convention"};

  for (int k = 0; k < 4; k++) PetscOptionsClearValue(NULL, keys[k]);
}

/* Images of value view + x / 10 in a file; pixel 0.4 Å. */
static void WriteImages(const char *name)
{
  const ptrdiff_t n[3] = {VIEWS, NY, NX};
  AetVolume       volume;
  char            path[300];

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.4, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * NY * NX; i++)
    volume->data[i] = (float)(volume->z_start + i / (NY * NX)) + (float)(i % NX) / 10;
  AET_TEST_CALL(AetVolumeWrite(volume, TestPath(name, path, sizeof path)));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
}

static void ExpectTilt(const double angles[VIEWS][3], double pixel_angstrom, int line)
{
  AetTiltSeries  tilt;
  char           told[200];
  int            wrong = 0;
  PetscErrorCode code = AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, &tilt);

  snprintf(told, sizeof told, "line %d: the series is read (%.120s)", line, AetErrorMessage());
  if (!AetTestAssert(code == 0, told, line, __FILE__)) return;
  AET_TEST(tilt->views == VIEWS && tilt->ny == NY && tilt->nx == NX);
  for (int v = 0; v < VIEWS; v++)
    for (int a = 0; a < 3; a++) wrong += fabs(tilt->angles_deg[v][a] - angles[v][a]) > 1e-9;
  for (ptrdiff_t i = 0; i < tilt->v_count * NY * NX; i++)
    wrong += tilt->image[i] != (float)(tilt->v_start + i / (NY * NX)) + (float)(i % NX) / 10;
  AetTestAssert(wrong == 0, "angles and images", line, __FILE__);
  AetTestClose(tilt->pixel_angstrom, pixel_angstrom, 1e-6, "pixel", line, __FILE__);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void ExpectTiltError(PetscErrorCode code, const char *file, const char *text, int line)
{
  AetTiltSeries tilt = NULL;

  ExpectError(AetTiltSeriesReadFromOptions(MPI_COMM_WORLD, &tilt), code, file, text, line);
  AetTestAssert(tilt == NULL, "nothing is made", line, __FILE__);
}

static const double aet_thetas[VIEWS][3] = {{0, -30, 0}, {0, -10, 0}, {0, 10, 0}, {0, 30, 0}};

static void TestAnglesBeside(void)
{
  const char *text = "-30\n-10\n10\n30\n", *other = "-31\n-11\n11\n31\n";

  Unset();
  WriteImages("series.st.mrc");
  WriteBytes("series.st.tlt", other, strlen(other));
  WriteBytes("series.st.rawtlt", text, strlen(text)); /* comes before .tlt */
  Set("-tilt_projections", "series.st.mrc");
  ExpectTilt(aet_thetas, 0.4, __LINE__);
  WriteImages("alone.mrc");
  Set("-tilt_projections", "alone.mrc");
  ExpectTiltError(AET_ERR_INPUT, "alone.mrc", "tilt_angles", __LINE__);
}

static void TestAnglesOfFile(void)
{
  const double three[VIEWS][3] = {{1, -30, 0.5}, {2, -10, 0}, {3, 10, 0}, {4, 30, -0.5}};
  const char  *thetas = "-30 -10 10 30\n", *text = "1 -30 0.5\n2 -10 0\n3 10 0\n4 30 -0.5\n", *column = "-30\n-10\n10\n30\n";

  Unset();
  WriteImages("images.h5");
  WriteBytes("three.txt", text, strlen(text));
  WriteBytes("column.txt", column, strlen(column));
  WriteBytes("row.txt", thetas, strlen(thetas));
  Set("-tilt_projections", "images.h5");
  Set("-tilt_angles", "three.txt");
  ExpectTilt(three, 0.4, __LINE__);
  Set("-tilt_angles", "column.txt");
  ExpectTilt(aet_thetas, 0.4, __LINE__);
  Set("-tilt_angles", "row.txt");
  ExpectTiltError(AET_ERR_DATA, "row.txt", "found 1×4", __LINE__);
}

static void TestWrongAngles(void)
{
  const char *few = "-30\n-10\n10\n", *nan = "-30\n-10\nnan\n30\n", *two = "1 2\n3 4\n5 6\n7 8\n";

  Unset();
  Set("-tilt_projections", "images.h5");
  ExpectTiltError(AET_ERR_INPUT, "images.h5", "tilt_angles", __LINE__);
  WriteBytes("few.txt", few, strlen(few));
  Set("-tilt_angles", "few.txt");
  ExpectTiltError(AET_ERR_DATA, "few.txt", "expected angles for the 4 views", __LINE__);
  WriteBytes("nan.txt", nan, strlen(nan));
  Set("-tilt_angles", "nan.txt");
  ExpectTiltError(AET_ERR_DATA, "nan.txt", "row 2", __LINE__);
  WriteBytes("two.txt", two, strlen(two));
  Set("-tilt_angles", "two.txt");
  ExpectTiltError(AET_ERR_DATA, "two.txt", "found 4×2", __LINE__);
  Set("-tilt_angles", "missing.txt");
  ExpectTiltError(AET_ERR_OPEN, "missing.txt", "No such file", __LINE__);
  Unset();
  ExpectTiltError(AET_ERR_INPUT, "tilt_projections", "found nothing", __LINE__);
}

static void TestPixel(void)
{
  Unset();
  Set("-tilt_projections", "images.h5");
  Set("-tilt_angles", "column.txt");
  PetscOptionsSetValue(NULL, "-tilt_pixel_angstrom", "0.4032"); /* 0.8 % off: a rounding */
  ExpectTilt(aet_thetas, 0.4032, __LINE__);
  PetscOptionsSetValue(NULL, "-tilt_pixel_angstrom", "0.41");
  ExpectTiltError(AET_ERR_INPUT, "images.h5", "expected 0.4 Å", __LINE__);
  PetscOptionsSetValue(NULL, "-tilt_pixel_angstrom", "-0.4");
  ExpectTiltError(AET_ERR_INPUT, "tilt_pixel_angstrom", "found -0.4", __LINE__);
}

/* What aet4d wrote itself needs no angles beside it, and whatever convention made it. */
static void TestOwnSeries(void)
{
  AetTiltSeries tilt;
  char          path[300];

  Unset();
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, VIEWS, NY, NX, 0.4, AET_ANGLES_ZYX, aet_thetas, &tilt));
  for (ptrdiff_t i = 0; i < tilt->v_count * NY * NX; i++) tilt->image[i] = (float)(tilt->v_start + i / (NY * NX)) + (float)(i % NX) / 10;
  AET_TEST_CALL(AetTiltSeriesWrite(tilt, TestPath("tilt.h5", path, sizeof path)));
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
  Set("-tilt_projections", "tilt.h5");
  Set("-tilt_angle_convention", "zyz");
  ExpectTilt(aet_thetas, 0.4, __LINE__);
  Unset();
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"angles beside a stack", TestAnglesBeside},
                                      {"angles of a file", TestAnglesOfFile},
                                      {"wrong angles", TestWrongAngles},
                                      {"pixel", TestPixel},
                                      {"a tilt.h5", TestOwnSeries},
                                      {"clean up", TestFolderRemove}};

  AetOptionsRegister(&AetTiltOptions);
  return AetTestMain(argc, argv, "tilt options", cases, (int)(sizeof cases / sizeof cases[0]));
}
