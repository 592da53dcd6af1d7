/* The kernels of registration, against sums written out. */
#include "../mpi_test.h"
#include "tilt/kernel/correlate.h"
#include "tilt/kernel/extend.h"
#include "tilt/kernel/line_positions.h"
#include "tilt/kernel/upsampled.h"

/* A correlation of few waves, whose value anywhere is a short sum. */
enum { M = 12, K = 10 };
static const int    aet_waves[4][2] = {{1, 0}, {-2, 3}, {4, 1}, {0, 2}};
static const double aet_true[2] = {1.2345, -2.3456}; /* dy, dx of the peak: all waves in phase */

static void MakeCross(float complex *cross)
{
  memset(cross, 0, sizeof(float complex) * M * (K / 2 + 1));
  for (int w = 0; w < 4; w++) {
    const int    ky = aet_waves[w][0], kx = aet_waves[w][1];
    const double angle = -2 * M_PI * (ky * aet_true[0] / M + kx * aet_true[1] / K);
    cross[(ky + M) % M * (K / 2 + 1) + kx] = (float complex)CMPLX(cos(angle), sin(angle));
    if (kx == 0) cross[(M - ky) % M * (K / 2 + 1)] = (float complex)CMPLX(cos(angle), -sin(angle));
  }
}

static double Brute(double dy, double dx)
{
  double sum = 0;

  for (int w = 0; w < 4; w++)
    sum += 2 * cos(2 * M_PI * (aet_waves[w][0] * (dy - aet_true[0]) / M + aet_waves[w][1] * (dx - aet_true[1]) / K));
  return sum;
}

static void TestUpsampled(void)
{
  float complex  cross[M * (K / 2 + 1)];
  const AetCross c = {M, K, (M - 1) / 2, K / 2, cross};
  float         *work = malloc(sizeof(float) * AetUpsampledWork(&c));
  double         d[2] = {1, -2}, gradient[2], hessian[3], value, h = 1e-4;

  MakeCross(cross);
  value = AetUpsampledValue(&c, (double[2]){0.3, 0.7}, gradient, hessian);
  AET_TEST_CLOSE(value, Brute(0.3, 0.7), 1e-5);
  AET_TEST_CLOSE(gradient[0], (Brute(0.3 + h, 0.7) - Brute(0.3 - h, 0.7)) / (2 * h), 1e-4);
  AET_TEST_CLOSE(gradient[1], (Brute(0.3, 0.7 + h) - Brute(0.3, 0.7 - h)) / (2 * h), 1e-4);
  AET_TEST_CLOSE(hessian[0], (Brute(0.3 + h, 0.7) - 2 * Brute(0.3, 0.7) + Brute(0.3 - h, 0.7)) / (h * h), 1e-3);
  AET_TEST_CLOSE(hessian[2], (Brute(0.3, 0.7 + h) - 2 * Brute(0.3, 0.7) + Brute(0.3, 0.7 - h)) / (h * h), 1e-3);
  AET_TEST_CLOSE(hessian[1],
                 (Brute(0.3 + h, 0.7 + h) - Brute(0.3 + h, 0.7 - h) - Brute(0.3 - h, 0.7 + h) + Brute(0.3 - h, 0.7 - h)) / (4 * h * h),
                 1e-3);
  value = AetUpsampledPeak(&c, 0.1, d, work);
  AET_TEST_CLOSE(d[0], 1.2, 1e-9);
  AET_TEST_CLOSE(d[1], -2.3, 1e-9);
  AET_TEST_CLOSE(value, Brute(1.2, -2.3), 1e-5);
  AET_TEST_CLOSE(AetUpsampledNewton(&c, 0.2, d, hessian), 8, 1e-5);
  AET_TEST_CLOSE(d[0], aet_true[0], 1e-6);
  AET_TEST_CLOSE(d[1], aet_true[1], 1e-6);
  d[0] += 1, AetUpsampledNewton(&c, 0.1, d, hessian); /* the peak is out of reach: stays within it */
  AET_TEST(fabs(d[0] - aet_true[0] - 1) <= 0.1);
  free(work);
}

static void TestLines(void)
{
  enum { N = 20, L = 32 };
  float         line[N], periodic[L], taken[N];
  float complex ramp[L / 2 + 1];
  double        worst = 0;

  for (int x = 0; x < N; x++) line[x] = (float)(x * x);
  AetLineExtend(N, L, line, periodic);
  for (int x = 1; x < L; x++) worst = fmax(worst, fabs(periodic[x] - periodic[x - 1]));
  AET_TEST(worst < 100 && fabs(periodic[L - 1] - periodic[0]) < 30); /* no jump of 361 anywhere */
  AetLineTake(N, 3, line, taken);
  AET_TEST(taken[3] == line[0] && taken[2] == line[0] && taken[0] == line[2] && taken[N - 1] == line[N - 4]);
  for (int k = 0; k <= L / 2; k++) ramp[k] = 1;
  AetLineRamp(L, 0.25, 2, ramp);
  AET_TEST_CLOSE(crealf(ramp[4]), 2 * cos(2 * M_PI * 4 * 0.25 / L), 1e-6);
  AET_TEST_CLOSE(cimagf(ramp[4]), -2 * sin(2 * M_PI * 4 * 0.25 / L), 1e-6);
  AET_TEST_CLOSE(cimagf(ramp[L / 2]), 0, 0);
  for (int i = -200; i < 200; i++) AET_TEST(AetOutside(i, 50) >= 0 && AetOutside(i, 50) < 50 && (i >= 0 || AetOutside(i, 50) < AET_STRIP));
}

static void TestPositions(void)
{
  enum { NY = 100 };
  double path[NY][2], position[NY], worst = 0, sum = 0, at[2];
  float  uneven[NY], even[NY];

  for (int l = 0; l < NY; l++) path[l][0] = 0, path[l][1] = 3 + 0.02 * l + 0.2 * sin(0.2 * l);
  AetLinePositions(NY, (const double(*)[2])path, position);
  for (int y = 0; y < 90; y++) { /* line l shows y = l - dy(l) */
    AetLinePath(NY, (const double(*)[2])path, position[y], at);
    worst = fmax(worst, fabs(position[y] - at[1] - y));
  }
  AET_TEST_CLOSE(worst, 0, 1e-7);
  for (int y = 0; y < NY; y++) position[y] = 0.97 * y + 1.3, uneven[y] = (float)cos(2 * M_PI * 0.4 * y);
  AetLinesResample(NY, 1, position, uneven, even);
  for (int y = 34; y < 66; y++) sum = fmax(sum, fabs(even[y] - cos(2 * M_PI * 0.4 * position[y])));
  AET_TEST_CLOSE(sum, 0, 5e-4); /* a wave of 0.4 cycles per row */
  for (int y = 0; y < NY; y++) uneven[y] = 7;
  AetLinesResample(NY, 1, position, uneven, even);
  for (int y = 0; y < NY; y++) worst = fmax(worst, fabs(even[y] - 7));
  AET_TEST_CLOSE(worst, 0, 1e-5);
}

AET_TEST_MAIN("tilt register kernels", {"upsampled correlation", TestUpsampled}, {"lines", TestLines}, {"positions", TestPositions})
