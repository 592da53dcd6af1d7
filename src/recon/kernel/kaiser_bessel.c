/* The Kaiser–Bessel kernel, its transform, and its taps as polynomials. */
#include "recon/kernel/slice.h"
#include <math.h>
#include <string.h>

/* Modified Bessel function of order 0, by its power series: all terms are positive, so nothing cancels. */
static double BesselI0(double x)
{
  double term = 1, sum = 1;

  for (int k = 1; k < 200 && term > 1e-17 * sum; k++) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

/* Analytic beyond the ends too: I0 is even, so the root may be imaginary (the polynomials are fitted on closed intervals that end there).
 */
double AetKaiserBesselValue(const AetKaiserBessel *kernel, double x)
{
  double t = 2 * x / kernel->width, square = 1 - t * t;

  return square < 0 ? 0 : BesselI0(kernel->beta * sqrt(square)) / BesselI0(kernel->beta);
}

double AetKaiserBesselTransform(const AetKaiserBessel *kernel, double xi)
{
  double a = M_PI * kernel->width * xi, square = kernel->beta * kernel->beta - a * a, root = sqrt(fabs(square));
  double shape = root < 1e-8 ? 1 : square > 0 ? sinh(root) / root : sin(root) / root;

  return kernel->width / BesselI0(kernel->beta) * shape;
}

/* Coefficients of powers of y of the polynomial through f at the Chebyshev nodes of [-1, 1]. */
static void FitPolynomial(const double f[AET_SLICE_DEGREE + 1], double power[AET_SLICE_DEGREE + 1])
{
  const int count = AET_SLICE_DEGREE + 1;
  double    before[AET_SLICE_DEGREE + 1] = {1}, now[AET_SLICE_DEGREE + 1] = {0, 1}, next[AET_SLICE_DEGREE + 1];

  memset(power, 0, (size_t)count * sizeof *power);
  for (int k = 0; k < count; k++) {
    double c = 0;
    for (int j = 0; j < count; j++) c += f[j] * cos(M_PI * k * (j + 0.5) / count);
    c *= (k ? 2.0 : 1.0) / count;
    for (int i = 0; i < count; i++) power[i] += c * before[i]; /* `before` holds T_k */
    for (int i = 0; i < count; i++) next[i] = (i ? 2 * now[i - 1] : 0) - before[i];
    memcpy(before, now, sizeof now);
    memcpy(now, next, sizeof now);
  }
}

void AetKaiserBesselInit(AetKaiserBessel *kernel, int width, double oversampling)
{
  double ratio = width / oversampling * (oversampling - 0.5), square = ratio * ratio - 0.8;

  memset(kernel, 0, sizeof *kernel);
  kernel->width = width;
  kernel->beta = M_PI * sqrt(square > 1 ? square : 1);
  for (int tap = 0; tap < width; tap++) {
    double f[AET_SLICE_DEGREE + 1], power[AET_SLICE_DEGREE + 1];
    for (int j = 0; j <= AET_SLICE_DEGREE; j++) {
      double y = cos(M_PI * (j + 0.5) / (AET_SLICE_DEGREE + 1));
      f[j] = AetKaiserBesselValue(kernel, (y + 1) / 2 + tap - 0.5 * width);
    }
    FitPolynomial(f, power);
    for (int i = 0; i <= AET_SLICE_DEGREE; i++) kernel->coefficient[i][tap] = (float)power[i];
  }
}
