#include "tilt/kernel/stabilise.h"
#include <math.h>

/* E over Poisson(250) is summed to 250 + 10 √250 */
enum { TABLE_MEAN = 250, COUNTS = 420, INTERVALS = 400 };
#define TAIL 9.0 /* standard deviations of the normal distribution that are integrated */

/* E 2 √max(0, a + s t), t ~ N(0, 1). With t = t0 + u² from the zero of the root on, the integrand is smooth: Simpson's rule. */
static double MeanRoot(double a, double s)
{
  const double t0 = s > 0 ? -a / s : -INFINITY;
  double       sum = 0;

  if (!(s > 0)) return 2 * sqrt(fmax(a, 0));
  if (t0 > TAIL) return 0;
  /* far from the zero the root is smooth itself, and u would waste its points */
  const double from = t0 > -TAIL ? 0 : sqrt(-TAIL - t0), to = sqrt(TAIL - t0), h = (to - from) / INTERVALS;
  for (int i = 0; i <= INTERVALS; i++) {
    const double u = from + i * h, t = t0 + u * u;
    sum += (i == 0 || i == INTERVALS ? 1 : i % 2 ? 4 : 2) * 4 * sqrt(s) * u * u * exp(-0.5 * t * t);
  }
  return sum * h / 3 / sqrt(2 * M_PI);
}

void AetStabilisedCounts(double s2, int counts, double *g)
{
  for (int p = 0; p < counts; p++) g[p] = MeanRoot(p + 0.375 + s2, sqrt(s2));
}

double AetStabilisedMean(double mean, const double *g, int counts, double *derivative)
{
  double sum = 0, change = 0, weight = exp(-mean);

  for (int p = 0; p < counts - 1; weight *= mean / ++p) {
    sum += weight * g[p];
    change += weight * (g[p + 1] - g[p]);
  }
  if (derivative) *derivative = change;
  return sum;
}

/* Large variances: p + n is nearly normal, and the closed form holds (its terms in s2 cancel those of the transform). */
static double ClosedForm(double D, double s2)
{
  const double r = sqrt(1.5);

  return D * D / 4 + r / (4 * D) - 11 / (8 * D * D) + 5 * r / (8 * D * D * D) - 0.125 - s2;
}

void AetStabiliserSet(AetStabiliser *s, double alpha, double mu, double sigma)
{
  double g[COUNTS], high, mean = 0, slope;

  s->alpha = alpha, s->mu = mu, s->sigma = sigma;
  s->gaussian = !(alpha > 1e-4 * sigma);
  if (s->gaussian) return;
  s->s2 = sigma * sigma / (alpha * alpha);
  AetStabilisedCounts(s->s2, COUNTS, g);
  s->low = AetStabilisedMean(0, g, COUNTS, &s->slope);
  s->slope = 1 / s->slope;
  high = AetStabilisedMean(TABLE_MEAN, g, COUNTS, NULL);
  s->step = (high - s->low) / (AET_INVERSE_POINTS - 1);
  s->mean[0] = 0;
  for (int i = 1; i < AET_INVERSE_POINTS; i++) {
    const double D = s->low + i * s->step;
    double       change = 1;
    for (int round = 0; round < 20 && fabs(change) > 1e-9 * (1 + mean); round++) {
      change = (D - AetStabilisedMean(mean, g, COUNTS, &slope)) / slope;
      mean += change;
    }
    s->mean[i] = mean;
  }
}

void AetStabilise(const AetStabiliser *s, ptrdiff_t count, const float *z, float *out)
{
  const float  scale = (float)(s->gaussian ? 1 / s->sigma : 1 / s->alpha), add = (float)(0.375 + s->s2);
  const double mu = s->mu;

  if (s->gaussian) {
    for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)(z[i] - mu) * scale;
    return;
  }
  for (ptrdiff_t i = 0; i < count; i++) out[i] = 2 * sqrtf(fmaxf(0, (float)(z[i] - mu) * scale + add));
}

static double MeanOfPoisson(const AetStabiliser *s, double D)
{
  const double at = (D - s->low) / s->step;

  if (at <= 0) return (D - s->low) * s->slope;
  if (at >= AET_INVERSE_POINTS - 1) return ClosedForm(D, s->s2);
  const int    i = (int)at < AET_INVERSE_POINTS - 2 ? (int)at : AET_INVERSE_POINTS - 2;
  const double part = at - i;
  return s->mean[i] + part * (s->mean[i + 1] - s->mean[i]);
}

void AetUnstabilise(const AetStabiliser *s, ptrdiff_t count, const float *D, float *out)
{
  for (ptrdiff_t i = 0; i < count; i++) out[i] = (float)(s->gaussian ? D[i] * s->sigma + s->mu : s->alpha * MeanOfPoisson(s, D[i]) + s->mu);
}
