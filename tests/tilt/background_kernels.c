/* Kernels of background and alignment against analytic answers and brute force. */
#include "mpi_test.h"
#include "tilt/kernel/blur.h"
#include "tilt/kernel/common_line.h"
#include "tilt/kernel/compare_images.h"
#include "tilt/kernel/laplace_fill.h"
#include "tilt/kernel/moments.h"
#include "tilt/kernel/object_find.h"
#include "tilt/kernel/object_mask.h"
#include "tilt/kernel/plane_fit.h"

enum { NY = 61, NX = 73, N = NY * NX };
static float         image[N], other[N];
static unsigned char mask[4 * N], grown[N];

static double Draw(uint64_t i)
{
  return AetRandomUniform(7, 1, i);
}

/* A Gaussian blur adds its variance and keeps the sum. */
static void TestBlur(void)
{
  double sum = 0, square = 0;

  memset(image, 0, sizeof image);
  image[30 * NX + 36] = 1;
  AetKernelBlur(NY, NX, image, 2.5, image, other);
  for (int i = 0; i < N; i++) sum += image[i], square += image[i] * (i % NX - 36) * (i % NX - 36);
  AET_TEST_CLOSE(sum, 1, 1e-5);
  AET_TEST_CLOSE(square, 6.25, 0.05); /* cut at four sigma */
  for (int i = 0; i < N; i++) image[i] = 3;
  AetKernelBlur(NY, NX, image, 4, image, other);
  sum = 0;
  for (int i = 0; i < N; i++) sum = fmax(sum, fabs(image[i] - 3));
  AET_TEST(sum < 1e-5);
}

/* Two levels are told apart half way; of two Gaussian classes of equal width and number the threshold is the middle. */
static void TestOtsu(void)
{
  for (int i = 0; i < N; i++) image[i] = i % 3 ? 1 : 5;
  AET_TEST_CLOSE(AetKernelOtsu(N, image), 3, 0.05);
  for (int i = 0; i < N; i++) image[i] = (float)((i % 2 ? 2 : 8) + AetRandomNormal(1, 2, (uint64_t)i));
  AET_TEST_CLOSE(AetKernelOtsu(N, image), 5, 0.15);
  for (int i = 0; i < N; i++) image[i] = 4;
  AET_TEST_CLOSE(AetKernelOtsu(N, image), 4, 0);
}

static void TestDilate(void)
{
  int wrong = 0;

  for (int i = 0; i < N; i++) mask[i] = Draw((uint64_t)i) < 0.01 || (i / NX > 40 && i % NX > 50);
  AetKernelDilate(NY, NX, mask, 5, grown);
  for (int y = 0; y < NY; y++)
    for (int x = 0; x < NX; x++) {
      int near = 0;
      for (int v = 0; v < NY; v++)
        for (int u = 0; u < NX; u++) near |= mask[v * NX + u] && (u - x) * (u - x) + (v - y) * (v - y) <= 25;
      wrong += near != grown[y * NX + x];
    }
  AET_TEST(wrong == 0);
}

/* From a seed, all that is joined above the threshold and nothing else. */
static void TestGrow(void)
{
  static ptrdiff_t stack[N];
  int              wrong = 0;

  for (int i = 0; i < N; i++) {
    const int x = i % NX, y = i / NX;
    image[i] = (float)((x > 10 && x < 20) || (x > 30 && x < 40) || (y == 5 && x >= 20 && x <= 25));
    mask[i] = x == 15 && y == 30;
  }
  AetKernelGrow(NY, NX, image, 0.5, mask, stack);
  for (int i = 0; i < N; i++) wrong += mask[i] != ((i % NX > 10 && i % NX < 20) || (i / NX == 5 && i % NX >= 20 && i % NX <= 25));
  AET_TEST(wrong == 0);
}

static void TestPlane(void)
{
  double plane[3], rms;

  for (int i = 0; i < N; i++) {
    mask[i] = i % NX > 20 && i % NX < 50 && i / NX > 10 && i / NX < 40;
    image[i] = mask[i] ? 100 : (float)(2 + 0.03 * (i % NX - NX / 2) - 0.05 * (i / NX - NY / 2));
  }
  AetKernelPlaneFit(NY, NX, image, mask, plane, &rms);
  AET_TEST_CLOSE(plane[0], 2, 1e-5);
  AET_TEST_CLOSE(plane[1], 0.03, 1e-6);
  AET_TEST_CLOSE(plane[2], -0.05, 1e-6);
  AET_TEST(rms < 1e-5);
  AET_TEST_CLOSE(AetKernelPlaneValue(NY, NX, plane, 3, 5), 2 + 0.03 * (5 - NX / 2) - 0.05 * (3 - NY / 2), 1e-4);
  memset(mask, 1, N); /* two rows are left: a mean, no slope */
  memset(mask, 0, 2 * NX);
  for (int i = 0; i < N; i++) image[i] = (float)(7 + i / NX);
  AET_TEST(AetKernelPlaneFit(NY, NX, image, mask, plane, &rms) == 2 * NX);
  AET_TEST_CLOSE(plane[0], 7.5, 1e-5);
  AET_TEST(plane[1] == 0 && plane[2] == 0);
}

/* x² - y² and x y solve the equation of five points exactly. */
static void TestLaplace(void)
{
  float *work;
  double worst = 0;
  int    steps;

  PetscMalloc1((size_t)AetKernelLaplaceWork(NY, NX), &work);
  for (int i = 0; i < N; i++) {
    const double x = i % NX - 30, y = i / NX - 25;
    other[i] = (float)(1e-3 * (x * x - y * y) + 2e-3 * x * y + 1);
    mask[i] = hypot(x - 3, y - 4) < 22 || hypot(x - 30, y + 10) < 8;
    image[i] = mask[i] ? 1e6F : other[i];
  }
  steps = AetKernelLaplaceFill(NY, NX, mask, 1e-5, image, work);
  for (int i = 0; i < N; i++) worst = fmax(worst, fabs(image[i] - other[i]));
  printf("\n    Laplace: %d steps at full size, error %.2g\n", steps, worst);
  AET_TEST(worst < 1e-3);
  AET_TEST(steps < 60);
  PetscFree(work);
}

/* A Gaussian moves by any fraction of a pixel as if it had been drawn there; its derivative is the analytic one. */
static void TestLine(void)
{
  enum { L = 64, M = 160 };
  double         line[L], moved[L], slope[L], weight[L], scale, offset, step, worst[2] = {0};
  double complex spectrum[M / 2 + 1];

  for (int y = 0; y < L; y++) line[y] = exp(-(y - 30.3) * (y - 30.3) / 18), weight[y] = 1;
  AetKernelLineSpectrum(L, M, line, spectrum);
  AetKernelLineMoved(L, M, spectrum, 2.37, 0, moved);
  AetKernelLineMoved(L, M, spectrum, 2.37, 1, slope);
  for (int y = 0; y < L; y++) {
    const double d = y + 2.37 - 30.3, value = exp(-d * d / 18);
    worst[0] = fmax(worst[0], fabs(moved[y] - value)), worst[1] = fmax(worst[1], fabs(slope[y] + d / 9 * value));
  }
  AET_TEST(worst[0] < 1e-6 && worst[1] < 1e-6);
  AetKernelLineMoved(L, M, spectrum, 0, 1, slope);
  for (int y = 0; y < L; y++) moved[y] = 3 * exp(-(y + 0.02 - 30.3) * (y + 0.02 - 30.3) / 18) + 0.7;
  AetKernelLineFit(L, moved, line, slope, weight, &scale, &offset, &step); /* it was moved by 0.02: -0.02 undoes it */
  AET_TEST_CLOSE(scale, 3, 1e-3);
  AET_TEST_CLOSE(offset, 0.7, 1e-3);
  AET_TEST_CLOSE(step, -0.02, 1e-4);
}

static void TestMoments(void)
{
  const double plane[3] = {0.5, 0.01, 0};
  double       centre[2], profile[NY];
  ptrdiff_t    box[4];

  for (int i = 0; i < N; i++) {
    const double x = i % NX - NX / 2, y = i / NX - NY / 2;
    mask[i] = hypot(x - 4, y + 2) < 20;
    image[i] = (float)(0.5 + 0.01 * x + exp(-((x - 4.4) * (x - 4.4) + (y + 2.1) * (y + 2.1)) / 18));
  }
  AET_TEST_CLOSE(AetKernelMoments(NY, NX, image, mask, plane, centre), 2 * PETSC_PI * 9, 1e-3);
  AET_TEST_CLOSE(centre[0], 4.4, 1e-4);
  AET_TEST_CLOSE(centre[1], -2.1, 1e-4);
  AetKernelMaskBox(NY, NX, mask, box);
  AET_TEST(box[0] == NX / 2 + 4 - 19 && box[1] == NX / 2 + 4 + 19 && box[2] == NY / 2 - 2 - 19 && box[3] == NY / 2 - 2 + 19);
  AetKernelProfile(NY, NX, image, plane, 0, NX - 1, profile);
  AET_TEST_CLOSE(profile[NY / 2], sqrt(2 * PETSC_PI * 9) * exp(-2.1 * 2.1 / 18), 1e-4);
}

/* R of two images with noise σ about a mean m is 2σ / (√π m); of equal images it is 0 whatever their scale. */
static void TestCompare(void)
{
  double factor, correlation, r;

  memset(mask, 1, N);
  for (int i = 0; i < N; i++)
    image[i] = (float)(10 + AetRandomNormal(1, 3, (uint64_t)i)), other[i] = (float)(10 + AetRandomNormal(1, 4, (uint64_t)i));
  AetKernelCompareImages(N, mask, image, other, &factor, &correlation, &r);
  AET_TEST_CLOSE(r, 2 / sqrt(PETSC_PI) / 10, 0.004);
  AET_TEST_CLOSE(correlation, 0, 0.05);
  for (int i = 0; i < N; i++) other[i] = 0.5F * image[i];
  AetKernelCompareImages(N, mask, image, other, &factor, &correlation, &r);
  AET_TEST_CLOSE(factor, 2, 1e-5);
  AET_TEST_CLOSE(correlation, 1, 1e-6);
  AET_TEST_CLOSE(r, 0, 1e-6);
}

/* A ball with a thin rim in noise: the mask holds all of its light but a thousandth, and leaves the rest of the image to the background. */
static void TestFind(void)
{
  static float          work[AET_OBJECT_WORK(N)];
  static ptrdiff_t      stack[N];
  const AetObjectSearch search = {1.5, 0.9, 4};
  AetObjectFound        found;
  double                inside = 0, all = 0;

  for (int i = 0; i < N; i++) {
    const double x = i % NX - 33, y = i / NX - 30, square = 400 - x * x - y * y;
    other[i] = square > 0 ? (float)(sqrt(square) / 20) : 0;
    image[i] = (float)(other[i] + 0.4 + 0.002 * x + 0.05 * AetRandomNormal(1, 5, (uint64_t)i));
  }
  AetKernelObjectFind(NY, NX, image, &search, mask, &found, work, stack);
  for (int i = 0; i < N; i++) all += other[i], inside += mask[i] ? other[i] : 0;
  AET_TEST(inside > 0.999 * all);
  AET_TEST(found.pixels < 0.55 * N && found.dark == N - found.pixels);
  AET_TEST_CLOSE(found.plane[1], 0.002, 2e-4);
  AET_TEST_CLOSE(found.noise, 0.05, 0.003);
}

AET_TEST_MAIN("background and alignment: kernels", {"blur", TestBlur}, {"Otsu", TestOtsu}, {"dilation", TestDilate}, {"growth", TestGrow},
              {"plane", TestPlane}, {"Laplace", TestLaplace}, {"profile", TestLine}, {"moments", TestMoments}, {"comparison", TestCompare},
              {"object", TestFind})
