/* The kernels of drift correction, against sums written out. */
#include "../mpi_test.h"
#include "tilt/kernel/line_match.h"
#include "tilt/kernel/line_walk.h"
#include "tilt/kernel/pair_shifts.h"
#include "tilt/kernel/scan_canvas.h"
#include "tilt/kernel/template_filter.h"
#include "tilt/kernel/turn.h"

static double Normal(int stream, int index)
{
  return AetRandomNormal(5, (uint64_t)stream, (uint64_t)index);
}

static void TestPairShifts(void)
{
  enum { F = 6, PAIRS = F * (F - 1) / 2 };
  const double truth[F][2] = {{-5, 2}, {-3, 1}, {-1, 0.5}, {1, -0.5}, {3, -1}, {5, -2}};
  AetPairShift pair[PAIRS];
  double       shift[F][2], worst = 0;
  int          linked[F], p = 0;

  for (int t = 0; t < F; t++)
    for (int f = 0; f < t; f++, p++) {
      pair[p] = (AetPairShift){.from = f, .to = t, .weight = 1 + p % 3};
      for (int a = 0; a < 2; a++) pair[p].shift[a] = truth[t][a] - truth[f][a] + 0.003 * Normal(a, p);
    }
  pair[4].shift[0] += 7, pair[9].shift[1] -= 0.5; /* a wrong peak, a bad one */
  AET_TEST(AetPairShiftsSolve(F, PAIRS, pair, shift, linked) == 2 && pair[4].rejected && pair[9].rejected);
  for (int f = 0; f < F; f++) worst = fmax(worst, hypot(shift[f][0] - truth[f][0], shift[f][1] - truth[f][1]));
  AET_TEST_CLOSE(worst, 0, 0.006);
  for (p = 0; p < PAIRS; p++) /* a frame without pairs is not linked */
    if (pair[p].from == 0) pair[p].weight = 0;
  AetPairShiftsSolve(F, PAIRS, pair, shift, linked);
  AET_TEST(!linked[0] && linked[1] && shift[0][0] == 0);
  worst = 0;
  for (int f = 1; f < F; f++) worst = fmax(worst, fabs(shift[f][0] - (truth[f][0] - 1)));
  AET_TEST_CLOSE(worst, 0, 0.006);
  AET_TEST(AetMedian(4, (double[4]){4, 1, 3, 2}) == 2 && AetMedian(0, NULL) == 0);
}

/* Lines that say nothing but through their neighbours, some that are sure: the posterior by a dense solution. */
enum { L = 12, U = 2 * L };
static double aet_information[L][3], aet_pull[L][2];

static void MakeLines(void)
{
  for (int l = 0; l < L; l++) {
    const double a = l == 3 || l == 9 ? 0 : 20 + l, b = 6, c = l == 3 ? 0 : 15, d[2] = {0.1 * l + 0.05 * Normal(1, l), 0.3};
    aet_information[l][0] = a, aet_information[l][1] = a > 0 && c > 0 ? b : 0, aet_information[l][2] = c;
    aet_pull[l][0] = aet_information[l][0] * d[0] + aet_information[l][1] * d[1];
    aet_pull[l][1] = aet_information[l][1] * d[0] + aet_information[l][2] * d[1];
  }
}

/* Solves H x = g by elimination; returns log det H; `inverse` diagonal. */
static double Dense(int n, double H[U + 2][U + 2], double *g, double *diagonal)
{
  double log_determinant = 0, unit[U + 2][U + 2] = {{0}};

  for (int i = 0; i < n; i++) unit[i][i] = 1;
  for (int k = 0; k < n; k++) {
    const double pivot = H[k][k];
    log_determinant += log(pivot);
    for (int i = 0; i < n; i++) {
      const double factor = i == k ? 0 : H[i][k] / pivot;
      for (int j = 0; j < n && i != k; j++) H[i][j] -= factor * H[k][j], unit[i][j] -= factor * unit[k][j];
      if (i != k) g[i] -= factor * g[k];
    }
  }
  for (int i = 0; i < n; i++) g[i] /= H[i][i], diagonal[i] = unit[i][i] / H[i][i];
  return log_determinant;
}

/* The same posterior as one dense system: displacements, and with `rates` the two rates. Returns the evidence. */
static double DenseWalk(const double rate[2], double step_variance, double rate_variance, int rates, double *x, double *diagonal)
{
  double H[U + 2][U + 2] = {{0}}, g[U + 2] = {0}, constant = 0, quadratic = 0, evidence;
  double copy[U + 2];
  int    n = U + (rates ? 2 : 0);

  for (int l = 0; l < L; l++)
    for (int a = 0; a < 2; a++) {
      for (int b = 0; b < 2; b++) H[2 * l + a][2 * l + b] += aet_information[l][a + b];
      H[2 * l + a][2 * l + a] += 1e-6; /* about the steady drift */
      const double along = l - (L - 1) / 2.0;
      if (rates) {
        H[2 * l + a][U + a] -= 1e-6 * along, H[U + a][2 * l + a] -= 1e-6 * along, H[U + a][U + a] += 1e-6 * along * along;
      } else
        g[2 * l + a] += 1e-6 * rate[a] * along, constant += 1e-6 * rate[a] * along * rate[a] * along;
      g[2 * l + a] += aet_pull[l][a];
      if (l == L - 1) continue;
      const double s = 1 / step_variance; /* (d' - d - rate)² s */
      const int    i = 2 * l + a, j = 2 * l + 2 + a;
      H[i][i] += s, H[j][j] += s, H[i][j] -= s, H[j][i] -= s;
      if (rates) {
        const int r = U + a;
        H[r][r] += s, H[i][r] += s, H[r][i] += s, H[j][r] -= s, H[r][j] -= s;
      } else
        g[i] -= s * rate[a], g[j] += s * rate[a], constant += s * rate[a] * rate[a];
    }
  for (int a = 0; a < 2 && rates; a++)
    H[U + a][U + a] += 1 / rate_variance, g[U + a] += rate[a] / rate_variance, constant += rate[a] * rate[a] / rate_variance;
  memcpy(copy, g, sizeof g);
  evidence = (L - 1) * log(1 / step_variance) - 0.5 * Dense(n, H, g, diagonal);
  for (int i = 0; i < n; i++) quadratic += copy[i] * g[i];
  memcpy(x, g, sizeof(double) * (size_t)n);
  return evidence + 0.5 * quadratic - 0.5 * constant;
}

static void TestLineWalk(void)
{
  double path[L][2], variance[L], work[8 * L], x[U + 2], diagonal[U + 2], rate[2] = {0.08, -0.02}, worst = 0, off = 0;
  double difference[2], found, own[2];

  MakeLines();
  found = AetLineWalk(L, aet_information, aet_pull, rate, 0.01, path, variance, work);
  difference[0] = found - DenseWalk(rate, 0.01, 1, 0, x, diagonal);
  for (int l = 0; l < L; l++) {
    worst = fmax(worst, fmax(fabs(path[l][0] - x[2 * l]), fabs(path[l][1] - x[2 * l + 1])));
    off = fmax(off, fabs(variance[l] - (diagonal[2 * l] + diagonal[2 * l + 1]) / 2));
  }
  AET_TEST_CLOSE(worst, 0, 1e-9);
  AET_TEST_CLOSE(off, 0, 1e-9);
  found = AetLineWalk(L, aet_information, aet_pull, rate, 0.2, path, NULL, work);
  difference[1] = found - DenseWalk(rate, 0.2, 1, 0, x, diagonal);
  AET_TEST_CLOSE(difference[0], difference[1], 1e-8); /* evidence, up to a constant */
  for (int s = 0; s < 2; s++) {
    const double step = s ? 0.2 : 0.01;
    own[0] = rate[0], own[1] = rate[1], worst = 0;
    found = AetLineWalkFree(L, aet_information, aet_pull, own, 0.04, step, path, NULL, work);
    difference[s] = found - DenseWalk(rate, step, 0.04, 1, x, diagonal);
    for (int l = 0; l < L; l++) worst = fmax(worst, fmax(fabs(path[l][0] - x[2 * l]), fabs(path[l][1] - x[2 * l + 1])));
    AET_TEST_CLOSE(worst, 0, 1e-5); /* what holds loose lines is not part of the rate's equations */
    AET_TEST_CLOSE(own[0], x[U], 1e-5);
    AET_TEST_CLOSE(own[1], x[U + 1], 1e-5);
  }
  AET_TEST_CLOSE(difference[0], difference[1], 1e-3);
}

/* Jitter about a path: its variance and the line's own add; what is most likely of both makes the sum of squares least. */
static void TestJitter(void)
{
  const double s2 = 0.01, p[2] = {0.2, -0.1};
  double       soft[L][3], pull[L][2], path[L][2], worst = 0, steep = 0, evidence;

  MakeLines();
  evidence = AetLineSoften(L, aet_information, aet_pull, s2, soft, pull);
  for (int l = 0; l < L; l++) memcpy(path[l], p, sizeof p);
  AetLineJitter(L, aet_information, (const double(*)[3])soft, (const double(*)[2])pull, s2, path);
  for (int l = 0; l < L; l++) {
    const double *A = aet_information[l], *B = soft[l], D = A[0] * A[2] - A[1] * A[1];
    /* gradient of d A d / 2 - pull d + (d - p)² / (2 s2) */
    steep = fmax(steep, fabs(A[0] * path[l][0] + A[1] * path[l][1] - aet_pull[l][0] + (path[l][0] - p[0]) / s2));
    steep = fmax(steep, fabs(A[1] * path[l][0] + A[2] * path[l][1] - aet_pull[l][1] + (path[l][1] - p[1]) / s2));
    if (!(D > 1)) continue;
    const double V[3] = {A[2] / D + s2, -A[1] / D, A[0] / D + s2}, a[2] = {(A[2] * aet_pull[l][0] - A[1] * aet_pull[l][1]) / D, 0};
    worst = fmax(worst, fabs(B[0] * V[0] + B[1] * V[1] - 1) + fabs(B[0] * V[1] + B[1] * V[2]) + fabs(B[1] * V[1] + B[2] * V[2] - 1));
    worst = fmax(worst, fabs(B[0] * a[0] + B[1] * (A[0] * aet_pull[l][1] - A[1] * aet_pull[l][0]) / D - pull[l][0]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-10);
  AET_TEST_CLOSE(steep, 0, 1e-10);
  for (int l = 0; l < L; l++) { /* log N(a; 0, V) - log N(a; 0, 1/A), where the line says anything along both axes */
    const double *A = aet_information[l], *b = aet_pull[l], m[3] = {1 + s2 * A[0], s2 * A[1], 1 + s2 * A[2]}, D = m[0] * m[2] - m[1] * m[1];
    evidence -= 0.5 * s2 * (m[2] * b[0] * b[0] - 2 * m[1] * b[0] * b[1] + m[0] * b[1] * b[1]) / D - 0.5 * log(D);
  }
  AET_TEST_CLOSE(evidence, 0, 1e-10);
}

static void TestStraight(void)
{
  double path[L][2], rate[2] = {0}, shift[2], variance, pull[L][2];

  MakeLines();
  for (int l = 0; l < L; l++) {
    const double d[2] = {0.7 + 0.03 * (l - 5.5), -0.2 - 0.01 * (l - 5.5)};
    pull[l][0] = aet_information[l][0] * d[0] + aet_information[l][1] * d[1];
    pull[l][1] = aet_information[l][1] * d[0] + aet_information[l][2] * d[1];
  }
  variance = AetLineStraight(L, aet_information, pull, 1, rate, path);
  AET_TEST_CLOSE(rate[0], 0.03, 1e-6);
  AET_TEST_CLOSE(rate[1], -0.01, 1e-6);
  AET_TEST(variance > 1 / (20.0 * L * 4) && variance < 1 / 20.0);
  AetLineSummary(L, path, shift, rate);
  AET_TEST_CLOSE(shift[0], 0.7, 1e-5);
  AET_TEST_CLOSE(rate[0], 0.03, 1e-6);
  rate[0] = 0.03, rate[1] = -0.01;
  AetLineStraight(L, aet_information, pull, 0, rate, path);
  AET_TEST_CLOSE(path[0][0], 0.7 - 0.03 * 5.5, 1e-5);
}

/* A frame of the template displaced a little, with Poisson noise: the sums give the displacement back, as exactly as they claim. */
static void TestLineMatch(void)
{
  enum { NY = 200, NX = 100, SIZE = NY * NX };
  float       *image[5], *mask = malloc(sizeof(float) * SIZE);
  double       information[NY][3], gradient[NY][2], chi = 0, mean[2] = {0};
  AetLineNoise noise = {0};

  for (int i = 0; i < 5; i++) image[i] = malloc(sizeof(float) * SIZE); /* frame, template, its derivatives, what it was before */
  for (int i = 0; i < SIZE; i++) {
    const double x = 0.6 * (i % NX), y = 0.5 * (double)(i / NX) + 0.3, d = 0.02;
    const double moved = 60 + 40 * sin(0.6 * (i % NX - d)) * cos(y + 0.5 * d);
    image[1][i] = (float)(60 + 40 * sin(x) * cos(y));
    image[2][i] = (float)(24 * cos(x) * cos(y)), image[3][i] = (float)(-20 * sin(x) * sin(y));
    image[0][i] = (float)(1.1 * moved + 5 + sqrt(1.1 * moved) * Normal(9, i));
    mask[i] = 1;
  }
  AetLineNoiseFit(SIZE, image[0], image[1], mask, &noise);
  AetLineNoiseFit(SIZE, image[0], image[1], mask, &noise);
  AET_TEST_CLOSE(noise.gain, 1.1, 0.02);
  AET_TEST_CLOSE(noise.offset, 5, 1);
  AET_TEST_CLOSE(noise.floor + 60 * noise.slope, 66, 2);
  AET_TEST_CLOSE(noise.slope, 1.1, 0.15);
  AET_TEST_CLOSE(noise.misfit, 1, 0.03);
  AetLineSums(NY, NX, image[0], image[1], image[2], image[3], mask, &noise, information, gradient);
  for (int y = 0; y < NY; y++) {
    const double *m = information[y], d = m[0] * m[2] - m[1] * m[1];
    const double  e[2] = {(m[2] * gradient[y][0] - m[1] * gradient[y][1]) / d - 0.02,
                          (m[0] * gradient[y][1] - m[1] * gradient[y][0]) / d + 0.02};
    mean[0] += e[0] * m[0] / NY, mean[1] += e[1] * m[2] / NY;
    chi += (m[0] * e[0] * e[0] + 2 * m[1] * e[0] * e[1] + m[2] * e[1] * e[1]) / (2 * NY);
  }
  AET_TEST_CLOSE(chi, 1, 0.25);
  for (int i = 0; i < 5; i++) free(image[i]);
  free(mask);
}

static void TestTurns(void)
{
  enum { T = 5 };
  float image[T * T], scan[T * T], back[T * T];

  for (int i = 0; i < T * T; i++) image[i] = (float)i;
  for (int q = 0; q < 4; q++) {
    const double u[2] = {1, 0}, v[2] = {0, 1};
    double       fast[2], slow[2], there[2];
    AetTurnToScan(T, q, image, scan);
    AetTurnToImage(T, q, scan, back);
    AET_TEST(!memcmp(image, back, sizeof image));
    AetTurnVectorToImage(q, u, fast), AetTurnVectorToImage(q, v, slow);
    /* a step along a row of the scan is a step along the fast direction on the image */
    AET_TEST(scan[2 * T + 3] - scan[2 * T + 2] == (float)(fast[1] * T + fast[0]));
    AET_TEST(scan[3 * T + 2] - scan[2 * T + 2] == (float)(slow[1] * T + slow[0]));
    AetTurnVectorToScan(q, fast, there);
    AET_TEST(there[0] == 1 && there[1] == 0);
  }
}

static void TestTemplateFilter(void)
{
  enum { M = 8, K = 8, ROW = K / 2 + 1 };
  float complex spectrum[M * ROW], derivative[M * ROW];
  double        work[64];

  for (int i = 0; i < M * ROW; i++) spectrum[i] = 2;
  AetTemplateDerivative(M, K, 1, spectrum, derivative);
  AET_TEST_CLOSE(cimagf(derivative[1]), 2 * 2 * M_PI / K, 1e-6);
  AetTemplateDerivative(M, K, 0, spectrum, derivative);
  AET_TEST_CLOSE(cimagf(derivative[(M - 1) * ROW]), -2 * 2 * M_PI / M, 1e-6);
  AET_TEST_CLOSE(cabsf(derivative[M / 2 * ROW]), 0, 1e-6);
  AetTemplateFilter(M, K, 1, 0.5, spectrum, work); /* |2|² = S + N, N = 1: 3/4 */
  AET_TEST_CLOSE(crealf(spectrum[1]), 2 * 0.5 * 0.75, 1e-6);
  AET_TEST_CLOSE(crealf(spectrum[0]), 2 * 0.5, 1e-6);
}

/* A scan rendered where it was taken is the scan; lines that were displaced find their way back to a reference. */
static void TestScanCanvas(void)
{
  enum { T = 64 };
  const AetScanCanvas canvas = AetScanCanvasFor(T);
  const ptrdiff_t     size = canvas.size, margin = (size - T) / 2;
  float *value = calloc((size_t)(4 * size * size), sizeof *value), *density = value + size * size, *work = density + size * size;
  float  image[T * T], scan[T * T];
  double path[T][2] = {{0}}, step[T], cost[6 * T], worst = 0, before = 0, after = 0;

  AET_TEST(size >= 80 && (size - T) % 2 == 0);
  for (int i = 0; i < T * T; i++) image[i] = (float)(1 + exp(-(pow(i % T - 30, 2) + pow(i / T - 34, 2)) / 200) + 0.2 * sin(0.4 * (i % T)));
  for (int q = 0; q < 4; q++) {
    AetTurnToScan(T, q, image, scan);
    AetScanRender(&canvas, q, (const double(*)[2])path, scan, value, density, work);
    worst = 0;
    for (int y = 4; y < T - 4; y++)
      for (int x = 4; x < T - 4; x++) {
        const ptrdiff_t at = (y + margin) * size + x + margin;
        worst = fmax(worst, fabs(value[at] / density[at] - image[y * T + x]));
      }
    AET_TEST_CLOSE(worst, 0, 0.01); /* the blur of 0.5 px */
  }
  for (ptrdiff_t i = 0; i < size * size; i++)
    value[i] = density[i] > 0.01f ? value[i] / density[i] : 0; /* the last turn's: the image itself */
  AetTurnToScan(T, 0, image, scan);
  for (int l = 0; l < T; l++) path[l][0] = 1.2, path[l][1] = -0.9, step[l] = 0.5;
  for (int l = 12; l < T - 12; l++) before = fmax(before, hypot(path[l][0], path[l][1]));
  for (int sweep = 0; sweep < 20; sweep++) AetScanSweep(&canvas, 0, path, step, 6, scan, value, density, cost);
  for (int l = 12; l < T - 12; l++) after = fmax(after, hypot(path[l][0], path[l][1]));
  AET_TEST(before > 1 && after < 0.25);
  free(value);
}

AET_TEST_MAIN("tilt drift kernels", {"pair shifts", TestPairShifts}, {"walk of lines", TestLineWalk}, {"jitter", TestJitter},
              {"straight paths", TestStraight}, {"what lines say", TestLineMatch}, {"turns", TestTurns}, {"template", TestTemplateFilter},
              {"canvas of scans", TestScanCanvas})
