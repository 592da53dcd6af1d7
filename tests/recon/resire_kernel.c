/* The arithmetic of RESIRE on a handful of numbers, and of the images that the projector cuts and fills. */
#include "mpi_test.h"
#include "recon/kernel/normal_step.h"
#include "recon/kernel/resire_step.h"
#include "recon/kernel/slice_image.h"

enum { COUNT = 64 };

static void Fill(float *values, int count, uint64_t stream)
{
  for (int i = 0; i < count; i++) values[i] = (float)AetRandomNormal(9, stream, (uint64_t)i);
}

/* For f(x) = |x - c|²/2 the gradient is y - c: a whole step from anywhere ends at the nearest feasible point to c, and no step leaves it.
 */
static void TestStepEndsAtTheFeasiblePoint(void)
{
  float  c[COUNT], x[COUNT], previous[COUNT], gradient[COUNT], support[COUNT];
  double sums[2] = {0};
  int    good = 1;

  Fill(c, COUNT, 0), Fill(x, COUNT, 1), Fill(previous, COUNT, 2);
  for (int i = 0; i < COUNT; i++) {
    support[i] = i % 5 != 0;
    gradient[i] = x[i] + 0.5f * (x[i] - previous[i]) - c[i];
  }
  AetResireUpdate(COUNT, 1, 0.5, x, gradient, gradient, support, previous, sums);
  for (int i = 0; i < COUNT; i++) good = good && fabs(previous[i] - (i % 5 && c[i] > 0 ? c[i] : 0)) < 1e-6;
  AET_TEST(good);
  for (int i = 0; i < COUNT; i++) x[i] = previous[i], gradient[i] = x[i] - c[i];
  sums[1] = 0;
  AetResireUpdate(COUNT, 0.7, 0, x, gradient, gradient, support, previous, sums);
  AET_TEST_CLOSE(sums[1], 0, 1e-12);
}

/* Voxels at their bound whose gradient holds them there take no part: neither does the filter see their gradient, nor do they move. */
static void TestHeldVoxelsStay(void)
{
  float x[4] = {0, 0, 1, 1}, previous[4] = {0, 0, 1, 1}, gradient[4] = {2, -2, 2, -2}, direction[4] = {-5, -5, -5, -5},
        support[4] = {1, 1, 1, 0};
  double sums[2] = {0};

  AetResireHold(4, 0, x, previous, support, gradient);
  AET_TEST(gradient[0] == 0 && gradient[1] == -2 && gradient[2] == 2 && gradient[3] == 0);
  AetResireUpdate(4, 1, 0, x, gradient, direction, support, previous, sums);
  AET_TEST(previous[0] == 0 && previous[1] == 5 && previous[2] == 6 && previous[3] == 0);
}

static void TestMisfitCountsWhatItShould(void)
{
  const float         Ax[4] = {1, 2, 3, 4}, b[4] = {2, -1, 5, 8};
  const unsigned char use[4] = {AET_PIXEL_USED, AET_PIXEL_WITHHELD, AET_PIXEL_UNMEASURED, AET_PIXEL_USED};
  double              sums[6] = {0};
  float               residual[4];

  AetResireMisfit(4, Ax, b, use, sums);
  AET_TEST(sums[0] == 5 && sums[1] == 10 && sums[2] == 17 && sums[3] == 3 && sums[4] == 1 && sums[5] == 68);
  AetResireResidual(4, 0, Ax, Ax, b, use, residual);
  AET_TEST(residual[0] == -1 && residual[1] == 0 && residual[2] == 0 && residual[3] == -4);
}

/* Only lines that are zero from end to end and reach the border were not measured. */
static void TestBlankBorders(void)
{
  enum { NY = 5, NX = 6 };
  float         b[NY * NX] = {0};
  unsigned char use[NY * NX];
  int           wrong = 0;

  for (int y = 0; y < NY; y++)
    for (int x = 2; x < 5; x++) b[y * NX + x] = x == 3 ? 0 : 1; /* column 3 is zero, but inside */
  memset(use, AET_PIXEL_USED, sizeof use);
  AetPixelsBlankBorder(NY, NX, b, use);
  for (int i = 0; i < NY * NX; i++) wrong += use[i] != (i % NX < 2 || i % NX == 5 ? AET_PIXEL_UNMEASURED : AET_PIXEL_USED);
  AET_TEST(wrong == 0);
  memset(b, 0, sizeof b);
  memset(use, AET_PIXEL_USED, sizeof use);
  AetPixelsBlankBorder(NY, NX, b, use); /* a view of nothing: all of it */
  for (int i = 0; i < NY * NX; i++) wrong += use[i] != AET_PIXEL_UNMEASURED;
  AET_TEST(wrong == 0);
}

/* Cutting undoes filling, for every parity; filling is the transpose of cutting. */
static void TestPadAndCrop(void)
{
  for (int ny = 3; ny <= 8; ny++)
    for (int nx = 5; nx <= 8; nx++) {
      enum { LV = 8, LU = 8, ROW = 2 * (LU / 2 + 1) };
      float  image[64], plane[LV * ROW], back[64], other[LV * ROW], cut[64];
      double left = 0, right = 0;
      Fill(image, 64, 3), Fill(other, LV * ROW, 4);
      AetSlicePad(LV, LU, ny, nx, image, plane);
      AetSliceCrop(LV, LU, ny, nx, 1, plane, back);
      AET_TEST(memcmp(image, back, (size_t)(ny * nx) * sizeof *image) == 0);
      AET_TEST(plane[0] == image[ny / 2 * nx + nx / 2]);
      AetSliceCrop(LV, LU, ny, nx, 1, other, cut);
      for (int i = 0; i < ny * nx; i++) left += (double)image[i] * cut[i];
      for (int i = 0; i < LV * ROW; i++) right += (double)plane[i] * other[i];
      AET_TEST_CLOSE(left, right, 1e-5);
    }
}

/* The step on kept gradients is the step on the gradient at y, filtered or not. */
static void TestNormalStepIsTheStep(void)
{
  for (int filtered = 0; filtered < 2; filtered++) {
    float          x[COUNT], before[COUNT], again[COUNT], G[COUNT], G_before[COUNT], support[COUNT], at_y[COUNT], direction[COUNT];
    double         sums[2] = {0}, uphill = 0, worst = 0;
    AetNormalPlane plane = {x, before, G, G_before, support};

    Fill(x, COUNT, 0), Fill(before, COUNT, 1), Fill(G, COUNT, 2), Fill(G_before, COUNT, 3);
    for (int i = 0; i < COUNT; i++) {
      support[i] = i % 7 ? 0.5f : 0, again[i] = before[i];
      at_y[i] = G[i] + 0.25f * (G[i] - G_before[i]);
    }
    AetResireHold(COUNT, 0.25, x, before, support, at_y);
    if (filtered) AetNormalHold(COUNT, 0.25, &plane);
    for (int i = 0; i < COUNT && filtered; i++) worst = fmax(worst, fabs(G_before[i] - at_y[i]));
    AET_TEST_CLOSE(worst, 0, 1e-6);
    for (int i = 0; i < COUNT; i++) direction[i] = at_y[i] * 2;
    for (int i = 0; i < COUNT && filtered; i++) G_before[i] = direction[i];
    AetResireUpdate(COUNT, 0.3, 0.25, x, at_y, filtered ? direction : at_y, support, again, sums);
    AetNormalUpdate(COUNT, 0.3, 0.25, filtered, &plane, &uphill);
    for (int i = 0; i < COUNT; i++) worst = fmax(worst, fmax(fabs(before[i] - again[i]), fabs(G_before[i] - (again[i] - x[i]))));
    AET_TEST_CLOSE(worst, 0, 1e-6);
    AET_TEST_CLOSE(uphill, sums[0], 1e-5);
  }
}

/* For f(x) = |x - c|² of which G = x - c is half the gradient: what a step adds to half of it, and where it leads. */
static void TestNormalAdvanceKnowsTheMisfit(void)
{
  float          x[COUNT], before[COUNT], G[COUNT], G_before[COUNT], change[COUNT], c[COUNT];
  double         rise = 0, exact = 0, worst = 0;
  AetNormalPlane plane = {x, before, G, G_before, NULL};

  Fill(x, COUNT, 0), Fill(before, COUNT, 1), Fill(c, COUNT, 2);
  for (int i = 0; i < COUNT; i++) {
    G[i] = before[i] - c[i], change[i] = x[i] - before[i];
    exact += 0.5 * (pow((double)x[i] - c[i], 2) - pow((double)before[i] - c[i], 2));
  }
  for (int i = 0; i < COUNT; i++) G_before[i] = change[i];
  AetNormalAdvance(COUNT, &plane, G_before, &rise);
  AET_TEST_CLOSE(rise, exact, 1e-5);
  for (int i = 0; i < COUNT; i++) worst = fmax(worst, fabs(G_before[i] - (x[i] - c[i])));
  AET_TEST_CLOSE(worst, 0, 1e-6);
}

AET_TEST_MAIN("RESIRE kernel", {"step", TestStepEndsAtTheFeasiblePoint}, {"held voxels", TestHeldVoxelsStay},
              {"normal step", TestNormalStepIsTheStep}, {"normal advance", TestNormalAdvanceKnowsTheMisfit},
              {"misfit", TestMisfitCountsWhatItShould}, {"blank borders", TestBlankBorders}, {"pad and crop", TestPadAndCrop})
