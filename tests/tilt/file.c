/* tilt.h5 comes back as it was; angles of both conventions stand for the same rotations. */
#include "../io/io_test.h"
#include <aet4d/tilt.h>

static void MakeSeries(AetAngleConvention convention, ptrdiff_t views, AetTiltSeries *tilt)
{
  double angles[8][3];

  for (ptrdiff_t v = 0; v < views; v++) angles[v][0] = 3 + (double)v, angles[v][1] = 10 * (double)v - 35, angles[v][2] = -2.5 * (double)v;
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, views, 4, 5, 0.37, convention, (const double(*)[3])angles, tilt));
  for (ptrdiff_t i = 0; i < (*tilt)->v_count * 20; i++) (*tilt)->image[i] = (float)((*tilt)->v_start * 20 + i) / 7;
}

static void TestRoundTrip(void)
{
  const ptrdiff_t views[2] = {7, 2};

  for (int t = 0; t < 2; t++) {
    AetTiltSeries tilt, back;
    char          path[300];
    int           wrong = 0;

    MakeSeries(AET_ANGLES_ZYX, views[t], &tilt);
    AET_TEST_CALL(AetTiltSeriesWrite(tilt, TestPath("tilt.h5", path, sizeof path)));
    AET_TEST_CALL(AetTiltSeriesRead(MPI_COMM_WORLD, path, &back));
    AET_TEST(back->views == views[t] && back->ny == 4 && back->nx == 5 && back->v_start == tilt->v_start && back->v_count == tilt->v_count);
    AET_TEST(back->pixel_angstrom == 0.37);
    for (ptrdiff_t v = 0; v < views[t]; v++) {
      for (int a = 0; a < 3; a++) wrong += back->angles_deg[v][a] != tilt->angles_deg[v][a];
      for (int a = 0; a < 9; a++) wrong += back->rotation[v][a] != tilt->rotation[v][a];
    }
    for (ptrdiff_t i = 0; i < tilt->v_count * 20; i++) wrong += back->image[i] != tilt->image[i];
    AET_TEST(wrong == 0);
    AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
    AET_TEST_CALL(AetTiltSeriesDestroy(&back));
  }
}

static void TestConventions(void)
{
  AetTiltSeries tilt;
  double        R[9], worst = 0, apart = 0;

  MakeSeries(AET_ANGLES_ZYZ, 7, &tilt);
  for (ptrdiff_t v = 0; v < 7; v++) {
    const double given[3] = {3 + (double)v, 10 * (double)v - 35, -2.5 * (double)v};
    AetRotationFromAngles(AET_ANGLES_ZYZ, given, R);
    for (int i = 0; i < 9; i++) worst = fmax(worst, fabs(R[i] - tilt->rotation[v][i]));
    AetRotationFromAngles(AET_ANGLES_ZYX, tilt->angles_deg[v], R);
    for (int i = 0; i < 9; i++) worst = fmax(worst, fabs(R[i] - tilt->rotation[v][i]));
    AetRotationFromAngles(AET_ANGLES_ZYX, given, R);
    for (int i = 0; i < 9; i++) apart = fmax(apart, fabs(R[i] - tilt->rotation[v][i]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-12);
  AET_TEST(apart > 0.1);
  AET_TEST_CALL(AetTiltSeriesDestroy(&tilt));
}

static void TestWrongSeries(void)
{
  const double  good[1][3] = {{0, 0, 0}}, bad[1][3] = {{0, NAN, 0}};
  AetTiltSeries tilt;

  ExpectError(AetTiltSeriesCreate(MPI_COMM_WORLD, 0, 4, 4, 1, AET_ANGLES_ZYX, good, &tilt), AET_ERR_INPUT, "", "at least 1", __LINE__);
  ExpectError(AetTiltSeriesCreate(MPI_COMM_WORLD, 1, 4, 4, -1, AET_ANGLES_ZYX, good, &tilt), AET_ERR_INPUT, "pixel", "-1", __LINE__);
  ExpectError(AetTiltSeriesCreate(MPI_COMM_WORLD, 1, 4, 4, 1, AET_ANGLES_ZYX, bad, &tilt), AET_ERR_DATA, "angles", "view 0", __LINE__);
  AET_TEST(tilt == NULL);
}

AET_TEST_MAIN("tilt file", {"round trip", TestRoundTrip}, {"conventions", TestConventions}, {"wrong series", TestWrongSeries},
              {"clean up", TestFolderRemove})
