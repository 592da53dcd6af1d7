/* Facts about the arithmetic of Fourier filtering: medians against sorting, growth and boxes against brute force. */
#include "mpi_test.h"
#include "recon/kernel/grow.h"
#include "recon/kernel/shell.h"
#include "recon/kernel/wiener.h"

static double Uniform(uint64_t stream, int i)
{
  return AetRandomUniform(11, stream, (uint64_t)i);
}

/* Every frequency of the grid lies in the shell of its length, and no shell is beyond the last. */
static void TestShells(void)
{
  static const ptrdiff_t N[3] = {12, 18, 16};
  const int              shells = aet_shell_count(N);
  int                    shell[12], good = 1;
  int64_t                copies = 0;

  for (int ky = 0; ky < N[1]; ky++)
    for (int kx = 0; kx <= N[2] / 2; kx++) {
      aet_shell_column(N, ky, kx, shell);
      copies += N[0] * aet_shell_copies(N, kx);
      for (int kz = 0; kz < N[0]; kz++) {
        double fz = fmin(kz, 12 - kz) / 12.0, fy = fmin(ky, 18 - ky) / 18.0, fx = kx / 16.0;
        good &= shell[kz] < shells && fabs(shell[kz] - 12 * sqrt(fz * fz + fy * fy + fx * fx)) <= 0.5 + 1e-9;
      }
    }
  AET_TEST(good);
  AET_TEST(copies == 12 * 18 * 16);
  AET_TEST(shells == 11); /* the corner: 12 sqrt(3) / 2 = 10.39 */
}

static int Ascending(const void *a, const void *b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* The median by bytes is the one by sorting; weights count. */
static void TestMedian(void)
{
  enum { N = 501 };
  float complex f[N];
  float         value[2][2 * N];
  int           shell[N], group[3] = {0, 0, 1}, size[2] = {0}, good = 1;
  uint32_t      found[2] = {0};
  int64_t       wanted[2], histogram[2 * AET_SHELL_BINS];

  for (int i = 0; i < N; i++) {
    const double scale = pow(10, 6 * Uniform(1, i) - 3);
    f[i] = i % 50 ? (float)(scale * Uniform(2, i)) : 0; /* zeros and wide ranges too */
    shell[i] = (int)(3 * Uniform(3, i));
    for (int c = 0; c < (i < 100 ? 1 : 2); c++) value[group[shell[i]]][size[group[shell[i]]]++] = aet_power(f[i]);
  }
  for (int g = 0; g < 2; g++) wanted[g] = (size[g] - 1) / 2;
  for (int pass = 0; pass < AET_SHELL_PASSES; pass++) {
    memset(histogram, 0, sizeof histogram);
    aet_shell_count_bytes(100, f, shell, group, 1, pass, found, histogram);
    aet_shell_count_bytes(N - 100, f + 100, shell + 100, group, 2, pass, found, histogram);
    aet_shell_take_byte(2, histogram, found, wanted);
  }
  for (int g = 0; g < 2; g++) {
    qsort(value[g], (size_t)size[g], sizeof(float), Ascending);
    good &= aet_shell_value(found[g]) == value[g][(size[g] - 1) / 2];
  }
  AET_TEST(good);
}

static void TestGroups(void)
{
  const int64_t weight[7] = {1, 6, 20, 60, 100, 10, 2};
  int           group[7];

  AET_TEST(aet_shell_groups(7, weight, 64, group) == 2); /* 1+6+20+60 = 87; 100; the rest, 12, joins the last */
  AET_TEST(group[0] == 0 && group[3] == 0 && group[4] == 1 && group[5] == 1 && group[6] == 1);
  AET_TEST(aet_shell_groups(3, weight, 64, group) == 1);
  AET_TEST(group[2] == 0);
}

/* Squared distances on a periodic box, one axis after the other, are those to the nearest of a few points, where they are within reach. */
static void TestGrow(void)
{
  enum { A = 20, REACH = 5 };
  static unsigned char box[A][A][300], grown[A][A][300];
  unsigned char        work[300 + 2 * REACH], near[A][300];
  const unsigned char *runs[2 * REACH + 1];
  const int            point[4][3] = {{3, 4, 5}, {5, 7, 7}, {19, 19, 299}, {10, 10, 100}};
  int                  good = 1;

  memset(box, AET_GROW_FAR, sizeof box);
  for (int p = 0; p < 4; p++) box[point[p][0]][point[p][1]][point[p][2]] = 0;
  for (int i = 0; i < A; i++)
    for (int j = 0; j < A; j++) aet_grow_line(REACH, 300, box[i][j], work);
  for (int i = 0; i < A; i++) {
    for (int j = 0; j < A; j++) {
      for (int r = -REACH; r <= REACH; r++) runs[r + REACH] = box[i][(j + r + A) % A];
      aet_grow_runs(REACH, 300, runs, near[j]);
    }
    memcpy(grown[i], near, sizeof near);
  }
  for (int i = 0; i < A; i++)
    for (int j = 0; j < A; j++) {
      unsigned char end[300];
      for (int r = -REACH; r <= REACH; r++) runs[r + REACH] = grown[(i + r + A) % A][j];
      aet_grow_runs(REACH, 300, runs, end);
      for (int k = 0; k < 300; k++) {
        int least = 1 << 20;
        for (int p = 0; p < 4; p++) {
          int d[3] = {abs(i - point[p][0]), abs(j - point[p][1]), abs(k - point[p][2])};
          d[0] = d[0] > A / 2 ? A - d[0] : d[0], d[1] = d[1] > A / 2 ? A - d[1] : d[1], d[2] = d[2] > 150 ? 300 - d[2] : d[2];
          least = (int)fmin(least, d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
        }
        good &= least <= REACH * REACH ? end[k] == least : end[k] > REACH * REACH;
      }
    }
  AET_TEST(good);
}

static void TestEdge(void)
{
  AET_TEST(aet_grow_weight(9, 3, 2) == 1);
  AET_TEST_CLOSE(aet_grow_weight(16, 3, 2), 0.5, 1e-6); /* half way down a raised cosine */
  AET_TEST(aet_grow_weight(25, 3, 2) == 0);
  AET_TEST(aet_grow_weight(10, 3, 0) == 0);
}

static void TestWiener(void)
{
  const float complex f[4] = {2, CMPLXF(0, 1), 0, 1};
  const int           shell[4] = {0, 0, 0, 1}, group[2] = {0, 1};
  const float         background[2] = {1, 0};
  float               gain[4], mean[5];
  float               line[9][5];
  const float        *from[9];
  int                 good = 1;

  aet_wiener_gain(4, f, shell, group, background, gain);
  AET_TEST(gain[0] == 0.75F && gain[1] == 0 && gain[2] == 0 && gain[3] == 1);
  for (int l = 0; l < 9; l++)
    for (int i = 0; i < 5; i++) line[l][i] = (float)Uniform(5, 5 * l + i);
  for (int l = 0; l < 9; l++) from[l] = line[l];
  aet_wiener_box(5, from, mean);
  for (int i = 0; i < 5; i++) {
    double sum = 0;
    for (int l = 0; l < 9; l++)
      for (int j = -1; j <= 1; j++) sum += line[l][(i + j + 5) % 5];
    good &= fabs(mean[i] - sum / 27) < 1e-6;
  }
  AET_TEST(good);
}

AET_TEST_MAIN("fourier filter kernels", {"shells", TestShells}, {"medians", TestMedian}, {"groups of shells", TestGroups},
              {"growth", TestGrow}, {"soft edge", TestEdge}, {"Wiener gain", TestWiener})
