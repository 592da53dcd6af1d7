/* Neighbourhoods along an axis: against brute force, and in parts against in one. */
#include "mpi_test.h"
#include "recon/kernel/morphology.h"

enum { N = 11, REACH = 4 };

static float Noise(int i)
{
  return (float)AetRandomUniform(3, 1, (uint64_t)i);
}

/* A line, whole and in two parts that read beyond their ends: the same bits. Against the sum itself, of what exists. */
static void TestGauss(void)
{
  float         weight[2 * REACH + 1], from[2 * N], whole[2 * N], part[2 * N];
  const AetAxis axis = {N, 2, 0, N}, first = {4, 2, 0, N}, second = {N - 4, 2, -4, N - 4};

  for (int i = 0; i < 2 * N; i++) from[i] = Noise(i);
  AetGaussWeights(1.2, REACH, weight);
  AetGaussAxis(&axis, REACH, weight, from, whole);
  AetGaussAxis(&first, REACH, weight, from, part);
  AetGaussAxis(&second, REACH, weight, from + 8, part + 8);
  AET_TEST(memcmp(whole, part, sizeof whole) == 0);
  for (int i = 0; i < N; i++)
    for (int b = 0; b < 2; b++) {
      double sum = 0, total = 0;
      for (int j = 0; j < N; j++)
        if (abs(j - i) <= REACH) {
          double w = exp(-0.5 * (j - i) * (j - i) / (1.2 * 1.2));
          sum += w * (double)from[2 * j + b], total += w;
        }
      AET_TEST_CLOSE(whole[2 * i + b], sum / total, 1e-6);
    }
}

/* Squared distances from a few points of a small volume, exact. */
static void TestDistance(void)
{
  enum { M = 9, SET = (REACH + 1) * (REACH + 1) };
  float     a[M * M * M] = {0}, b[M * M * M];
  const int seed[3] = {5, 3 * M * M + 7 * M + 2, 8 * M * M + 8 * M + 8};
  int       exact = 1;

  for (int s = 0; s < 3; s++) a[seed[s]] = SET;
  for (int line = 0; line < M * M; line++) AetNearAxis(&(AetAxis){M, 1, 0, M}, REACH, a + line * M, b + line * M);
  for (int plane = 0; plane < M; plane++) AetNearAxis(&(AetAxis){M, M, 0, M}, REACH, b + plane * M * M, a + plane * M * M);
  AetNearAxis(&(AetAxis){M, M * M, 0, M}, REACH, a, b);
  for (int i = 0; i < M * M * M; i++) {
    int least = 1000;
    for (int s = 0; s < 3; s++) {
      int dz = i / (M * M) - seed[s] / (M * M), dy = i / M % M - seed[s] / M % M, dx = i % M - seed[s] % M;
      int d = dz * dz + dy * dy + dx * dx;
      if (d < least) least = d;
    }
    if (b[i] != (float)(least <= REACH * REACH ? SET - least : b[i] > SET - REACH * REACH ? -1 : b[i])) exact = 0;
  }
  AET_TEST(exact);
}

/* Two classes far apart: the threshold lies between them, in the middle. */
static void TestOtsu(void)
{
  int64_t count[100] = {0};

  for (int i = 0; i < 10; i++) count[5 + i] = 1000 - 90 * i, count[70 + i] = 50;
  AET_TEST_CLOSE(AetOtsuThreshold(100, count, 0, 10), 4.25, 0.05);
  count[5] += 100000; /* a large background moves it little */
  AET_TEST_CLOSE(AetOtsuThreshold(100, count, 0, 10), 4.25, 0.05);
}

static void TestEdge(void)
{
  AET_TEST_CLOSE(AetCosineEdge(0, 4), 1, 0);
  AET_TEST_CLOSE(AetCosineEdge(2, 4), 0.5, 1e-15);
  AET_TEST_CLOSE(AetCosineEdge(1, 4) + AetCosineEdge(3, 4), 1, 1e-15);
  AET_TEST_CLOSE(AetCosineEdge(4, 4), 0, 1e-15);
  AET_TEST_CLOSE(AetCosineEdge(9, 4), 0, 0);
}

AET_TEST_MAIN("morphology", {"Gaussian", TestGauss}, {"distance", TestDistance}, {"Otsu", TestOtsu}, {"edge", TestEdge})
