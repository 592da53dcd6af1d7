/* Thresholds, k-means and mixtures of intensities whose origin is known. */
#include "atoms/kernel/field_mixture.h"
#include "atoms/kernel/kmeans.h"
#include "atoms/kernel/mixture.h"
#include "atoms/kernel/threshold.h"
#include "mpi_test.h"

enum { MOST = 20000 };
static double value[MOST];
static int    count;

static void Add(int number, double mean, double sigma)
{
  static uint64_t drawn;

  for (int i = 0; i < number; i++) value[count++] = mean + sigma * AetRandomNormal(14, 2, drawn++);
}

/* Maxima of noise: the absolute value of a Gaussian plus a floor. */
static void AddNoise(int number, double sigma)
{
  int first = count;

  Add(number, 0, sigma);
  for (int i = first; i < count; i++) value[i] = fabs(value[i]);
}

static double Threshold(int species, double least_ratio, double widest, int *valley)
{
  int64_t bins[AET_LOG_BINS] = {0};
  double  largest = 0;

  for (int i = 0; i < count; i++) largest = fmax(largest, value[i]);
  AetLogHistogram(count, value, 1, largest, bins);
  return AetThresholdFind(bins, largest, species, least_ratio, widest, valley);
}

static void TestValley(void)
{
  int    valley;
  double t;

  /* many times more noise than atoms */
  count = 0;
  Add(800, 100, 12);
  AddNoise(15000, 14);
  t = Threshold(1, 0.02, INFINITY, &valley);
  AET_TEST(valley && t > 45 && t < 72);
  /* two species and noise: with one name the dimmer is left, with two it stays */
  count = 0;
  Add(500, 300, 30);
  Add(500, 100, 12);
  AddNoise(8000, 10);
  t = Threshold(2, 0.05, INFINITY, &valley);
  AET_TEST(valley && t > 35 && t < 75);
  t = Threshold(1, 0.05, INFINITY, &valley);
  AET_TEST(valley && t > 130 && t < 215);
  t = Threshold(8, 0.1, 0.6, &valley); /* species not named: noise is known by its slow fall */
  AET_TEST(valley && t > 35 && t < 75);
  /* two names of nearly one intensity: the noise below them is too dim to be the second */
  count = 0;
  Add(500, 100, 9);
  Add(500, 112, 9);
  AddNoise(8000, 10);
  t = Threshold(2, 0.4, INFINITY, &valley);
  AET_TEST(valley && t > 35 && t < 75);
}

static void TestNoValley(void)
{
  int    valley;
  double t;

  count = 0;
  Add(700, 100, 10);
  t = Threshold(1, 0.02, INFINITY, &valley);
  AET_TEST(!valley);
  AET_TEST_CLOSE(t, 50, 2); /* half of the mean */
  Add(500, 20, 2);
  t = Threshold(2, 0.02, INFINITY, &valley);
  AET_TEST_CLOSE(t, 10, 1);
  count = 1; /* a single atom */
  t = Threshold(1, 0.02, INFINITY, &valley);
  AET_TEST(t > 0.45 * value[0] && t < 0.55 * value[0]);
  count = 0;
  AET_TEST(Threshold(1, 0.02, INFINITY, &valley) == 0);
}

static double Within(const double *bound, int classes, int n)
{
  double cost = 0;

  for (int c = 0; c < classes; c++) {
    double low = c ? bound[c - 1] : -INFINITY, high = c < classes - 1 ? bound[c] : INFINITY, sum = 0, square = 0, number = 0;
    for (int i = 0; i < n; i++)
      if (value[i] >= low && value[i] < high) sum += value[i], square += value[i] * value[i], number++;
    if (number > 0) cost += square - sum * sum / number;
  }
  return cost;
}

/* No pair of bounds on a fine grid is better than those found. */
static void TestKMeans(void)
{
  double bound[2], best = INFINITY, trial[2];

  count = 0;
  Add(150, 10, 2);
  Add(40, 18, 2);
  Add(100, 40, 4);
  AetKMeansBounds(count, value, 3, bound);
  for (trial[0] = 5; trial[0] < 50; trial[0] += 0.25)
    for (trial[1] = trial[0]; trial[1] < 50; trial[1] += 0.25) best = fmin(best, Within(trial, 3, count));
  AET_TEST(Within(bound, 3, count) <= 1.001 * best);
  AET_TEST(bound[0] > 12 && bound[0] < 17 && bound[1] > 20 && bound[1] < 35);
}

static void TestMixture(void)
{
  /* halfway between two equal Gaussians the odds are even, and d'/sigma² per unit away from there */
  static double posterior[2 * MOST];
  static int    label[MOST];
  int           wrong = 0;

  count = 0;
  Add(4000, 0, 1);
  Add(4000, 4, 1);
  for (int i = 0; i < count; i++) label[i] = value[i] > 2;
  AetMixturePosterior(count, value, 2, label, posterior);
  for (int i = 0; i < count; i++) {
    double expected = 1 / (1 + exp(-4 * fabs(value[i] - 2)));
    wrong += fabs(posterior[2 * i + label[i]] - expected) > 0.06 || fabs(posterior[2 * i] + posterior[2 * i + 1] - 1) > 1e-12;
  }
  AET_TEST(wrong == 0);
  count = 3; /* classes of one value, and an empty class */
  value[0] = value[1] = value[2] = 5;
  label[0] = label[1] = label[2] = 1;
  AetMixturePosterior(count, value, 3, label, posterior);
  AET_TEST_CLOSE(posterior[1], 1, 1e-12);
}

/* A planted field of the second degree and two classes come back from labels by a threshold, right for three of four. */
static void TestFieldMixture(void)
{
  enum { N = 3000 };
  static double   basis[N * 9], posterior[2 * N];
  AetFieldMixture fit;
  int             right = 0, before = 0, heavy[N];
  double          wrong = 0, expected = 0, worst = 0;

  count = 0;
  for (int i = 0; i < N; i++) {
    const double x[3] = {2 * AetRandomUniform(30, 1, (uint64_t)i) - 1, 2 * AetRandomUniform(30, 2, (uint64_t)i) - 1,
                         2 * AetRandomUniform(30, 3, (uint64_t)i) - 1};
    AET_TEST(AetFieldBasis(2, x, basis + 9 * i) == 9);
    heavy[i] = AetRandomUniform(30, 4, (uint64_t)i) < 0.3;
    value[i] = 5 + 0.3 * heavy[i] + 0.3 * x[0] - 0.2 * x[1] * x[2] + (heavy[i] ? 0.05 : 0.08) * AetRandomNormal(30, 5, (uint64_t)i);
    posterior[2 * i + 1] = value[i] > 5.2;
    posterior[2 * i] = !(value[i] > 5.2);
    before += (value[i] > 5.2) == heavy[i];
  }
  AetFieldMixtureFit(N, value, 2, 9, basis, posterior, &fit);
  for (int i = 0; i < N; i++) {
    const double p = posterior[2 * i + heavy[i]];
    right += p > 0.5;
    expected += fmax(posterior[2 * i], posterior[2 * i + 1]) / N;
    wrong += fabs(posterior[2 * i] + posterior[2 * i + 1] - 1);
  }
  AET_TEST(before < 0.85 * N && right > 0.985 * N);
  AET_TEST_CLOSE(expected, (double)right / N, 0.01);
  AET_TEST_CLOSE(wrong, 0, 1e-9);
  AET_TEST_CLOSE(fit.mean[0], 5, 0.01);
  AET_TEST_CLOSE(fit.mean[1] - fit.mean[0], 0.3, 0.01);
  AET_TEST_CLOSE(fit.sigma[0], 0.08, 0.004);
  AET_TEST_CLOSE(fit.sigma[1], 0.05, 0.004);
  AET_TEST_CLOSE(fit.weight[1], 0.3, 0.02);
  for (int t = 0; t < 9; t++) { /* x, y, z, xx, xy, xz, yy, yz, zz */
    const double planted = t == 0 ? 0.3 : t == 7 ? -0.2 : 0;
    worst = fmax(worst, fabs(fit.coefficient[t] - planted));
  }
  AET_TEST_CLOSE(worst, 0, 0.015);
  for (int i = 0; i < 4; i++) value[i] = 1, posterior[2 * i] = 1, posterior[2 * i + 1] = 0; /* nothing to tell apart */
  AetFieldMixtureFit(4, value, 2, 0, NULL, posterior, &fit);
  AET_TEST(posterior[0] == 1 && posterior[1] == 0 && isfinite(fit.log_likelihood));
}

AET_TEST_MAIN("classes", {"valley", TestValley}, {"no valley", TestNoValley}, {"k-means", TestKMeans}, {"mixture", TestMixture},
              {"mixture in a field", TestFieldMixture})
