/* Shifts to a fraction of a pixel: made and found. The images are drawn where they should be, never interpolated. */
#include "../mpi_test.h"
#include "particle.h"
#include <aet4d/tilt.h>

enum { NY = 90, NX = 101 };
#define RADIUS 30.0

static float aet_image[NY * NX], aet_other[NY * NX], aet_moved[NY * NX];

static void DrawAt(double dx, double dy, float *image)
{
  double path[NY][2];

  for (int l = 0; l < NY; l++) path[l][0] = dx, path[l][1] = dy;
  ParticleDraw(NY, NX, RADIUS, 1, 0.3, (const double(*)[2])path, image);
}

static double Worst(const float *a, const float *b)
{
  double worst = 0;

  for (int i = 0; i < NY * NX; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  return worst;
}

static void TestShift(void)
{
  const double shifts[4][2] = {{0.37, -0.81}, {-3.25, 2.5}, {7, -4}, {0.5, 0}};
  AetRegister  room;

  AET_TEST_CALL(AetRegisterCreate(NY, NX, &room));
  DrawAt(0, 0, aet_image);
  for (int s = 0; s < 4; s++) {
    DrawAt(shifts[s][0], shifts[s][1], aet_other);
    AET_TEST_CALL(AetRegisterShift(room, shifts[s][0], shifts[s][1], aet_image, aet_moved));
    AET_TEST_CLOSE(Worst(aet_moved, aet_other), 0, 2e-5);
  }
  AET_TEST_CALL(AetRegisterDestroy(&room));
  AET_TEST(room == NULL);
}

/* What leaves on one side does not come back on the other. */
static void TestNothingWraps(void)
{
  AetRegister room;
  double      far = 0;

  AET_TEST_CALL(AetRegisterCreate(NY, NX, &room));
  DrawAt(0, 0, aet_image);
  AET_TEST_CALL(AetRegisterShift(room, 60.3, 0, aet_image, aet_moved)); /* the particle's half is out */
  for (int y = 0; y < NY; y++)
    for (int x = 0; x < 20; x++) far = fmax(far, fabs(aet_moved[y * NX + x] - 0.3));
  AET_TEST_CLOSE(far, 0, 2e-3); /* the tails in the border */
  AET_TEST_CALL(AetRegisterDestroy(&room));
}

static void TestLines(void)
{
  AetRegister room;
  double      path[NY][2], back[NY][2], inside = 0, rim = 0;
  float      *covered = aet_other;

  for (int l = 0; l < NY; l++) {
    path[l][0] = 1.7 + 0.03 * (l - 44.5) + 0.5 * sin(0.1 * l);
    path[l][1] = -2.3 + 0.02 * (l - 44.5) + 0.3 * cos(0.07 * l);
    back[l][0] = back[l][1] = 0;
  }
  AET_TEST_CALL(AetRegisterCreate(NY, NX, &room));
  ParticleDraw(NY, NX, RADIUS, 1, 0.3, (const double(*)[2])path, aet_image);
  AET_TEST_CALL(AetRegisterLines(room, (const double(*)[2])path, aet_image, aet_moved, covered));
  for (int x = 0; x < NX; x++) rim = fmax(rim, covered[(NY - 1) * NX + x] * covered[x]);
  AET_TEST(rim == 0 && covered[NY / 2 * NX + NX / 2] == 1); /* lines above or below were not taken */
  DrawAt(0, 0, aet_other);
  AET_TEST_CLOSE(Worst(aet_moved, aet_other), 0, 3e-3); /* lines 1 % apart unevenly: a sinc of even lines is that exact */
  AET_TEST_CALL(AetRegisterLines(room, (const double(*)[2])back, aet_other, aet_moved, NULL));
  for (int i = 0; i < NY * NX; i++) inside = fmax(inside, fabs(aet_moved[i] - aet_other[i]));
  AET_TEST_CLOSE(inside, 0, 0);
  AET_TEST_CALL(AetRegisterDestroy(&room));
}

static void TestKnownShifts(void)
{
  const double    shifts[5][2] = {{0.123, 0.456}, {-4.31, 7.77}, {10.05, -6.95}, {0, 0}, {0.005, -0.5}};
  AetMatchOptions options[4] = {{0}, {.taper = 0.1}, {.wiener = PETSC_TRUE}, {.cutoff = 0.3, .whiten = 0.5}};
  AetRegister     room;
  AetMatch        match;

  AET_TEST_CALL(AetRegisterCreate(NY, NX, &room));
  DrawAt(0, 0, aet_image);
  for (int s = 0; s < 5; s++)
    for (int o = 0; o < 4; o++) {
      DrawAt(shifts[s][0], shifts[s][1], aet_other);
      AET_TEST_CALL(AetRegisterMatch(room, &options[o], aet_image, aet_other, &match));
      AET_TEST_CLOSE(match.dx, shifts[s][0], 1e-3);
      AET_TEST_CLOSE(match.dy, shifts[s][1], 1e-3);
      AET_TEST(match.height > 0.99 && match.height < 1.0001);
    }
  memset(aet_other, 0, sizeof aet_other);
  AET_TEST_CALL(AetRegisterMatch(room, &options[0], aet_image, aet_other, &match));
  AET_TEST(match.height == 0 && match.dx == 0 && match.dy == 0);
  AET_TEST_CALL(AetRegisterDestroy(&room));
}

/* Root mean square error over `trials` pairs of noisy images, over the Cramér–Rao bound of two images with unknown content. */
static double OverBound(AetRegister room, const AetMatchOptions *options, double sigma, int trials)
{
  double info[3], bound, sum = 0;

  ParticleInformation(NY, NX, RADIUS, 1, info);
  bound = 2 * sigma * sigma * (info[0] + info[2]) / (info[0] * info[2] - info[1] * info[1]); /* both axes */
  for (int t = 0; t < trials; t++) {
    const double dx = 3 * AetRandomUniform(7, 1, (uint64_t)t) - 1.5, dy = 3 * AetRandomUniform(7, 2, (uint64_t)t) - 1.5;
    AetMatch     match;
    DrawAt(0, 0, aet_image);
    DrawAt(dx, dy, aet_other);
    for (int i = 0; i < NY * NX; i++) {
      aet_image[i] += (float)(sigma * AetRandomNormal(7, 3 + 2 * (uint64_t)t, (uint64_t)i));
      aet_other[i] += (float)(sigma * AetRandomNormal(7, 4 + 2 * (uint64_t)t, (uint64_t)i));
    }
    AET_TEST_CALL(AetRegisterMatch(room, options, aet_image, aet_other, &match));
    sum += (match.dx - dx) * (match.dx - dx) + (match.dy - dy) * (match.dy - dy);
  }
  printf("\n    sigma %.2f, wiener %d: error %.4f px, %.3f times the bound ", sigma, options->wiener, sqrt(sum / trials / 2),
         sqrt(sum / trials / bound));
  return sqrt(sum / trials / bound);
}

static void TestBound(void)
{
  AetRegister           room;
  const AetMatchOptions plain = {0}, wiener = {.wiener = PETSC_TRUE, .range_px = 3};

  AET_TEST_CALL(AetRegisterCreate(NY, NX, &room));
  /* 60 trials of two axes: 6.5 %; the bound takes the derivative of the images as known, which no one knows at the higher levels */
  AET_TEST(OverBound(room, &plain, 0.01, 60) < 1.2);
  AET_TEST(OverBound(room, &wiener, 0.01, 60) < 1.2);
  AET_TEST(OverBound(room, &wiener, 0.05, 60) < 1.2);
  AET_TEST(OverBound(room, &wiener, 0.2, 60) < 1.5);
  AET_TEST_CALL(AetRegisterDestroy(&room));
}

AET_TEST_MAIN("tilt register", {"shift", TestShift}, {"nothing wraps", TestNothingWraps}, {"lines", TestLines},
              {"known shifts", TestKnownShifts}, {"Cramér–Rao", TestBound})
