/* The arithmetic of the Poisson likelihood. */
#include "recon/kernel/poisson.h"
#include "recon/kernel/pixels.h"
#include <math.h>

static double Measured(const AetPoisson *model, float b)
{
  return fmax(0, (double)b + model->offset);
}

/* -n log m, below `least` its parabola. */
static double Log(double n, double m, double least)
{
  const double t = m / least - 1;

  if (!(n > 0)) return 0;
  return m >= least ? -n * log(m) : -n * (log(least) + t - 0.5 * t * t);
}

double AetPoissonMisfit(ptrdiff_t count, const AetPoisson *model, const float *Ax, double step, const float *Ad, const float *b,
                        const unsigned char *use)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    if (use[i] != AET_PIXEL_USED) continue;
    const double n = Measured(model, b[i]), m = (double)Ax[i] + (Ad ? step * (double)Ad[i] : 0) + model->offset;
    sum += m - n + Log(n, m, model->least) + (n > 0 ? n * log(n) : 0);
  }
  return sum;
}

void AetPoissonSlope(ptrdiff_t count, const AetPoisson *model, const float *Ax, const float *b, const unsigned char *use, float *slope)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    const double n = Measured(model, b[i]), m = (double)Ax[i] + model->offset;
    const double inverse = m >= model->least ? 1 / m : (2 - m / model->least) / model->least;
    slope[i] = use[i] == AET_PIXEL_USED ? (float)(n > 0 ? 1 - n * inverse : 1) : 0;
  }
}

static double Scale(const AetPoissonScaling *scaling, float x, float sensitivity)
{
  return sensitivity > 0 ? fmin(fmax((double)x, scaling->least), scaling->most) / (double)sensitivity : 0;
}

double AetPoissonDirection(ptrdiff_t count, const AetPoissonScaling *scaling, double step, const float *x, const float *sensitivity,
                           const float *gradient, float *direction)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const double next = (double)x[i] - step * Scale(scaling, x[i], sensitivity[i]) * (double)gradient[i];
    direction[i] = sensitivity[i] > 0 ? (float)(next > 0 ? next - (double)x[i] : -(double)x[i]) : 0;
    sum += (double)direction[i] * (double)gradient[i];
  }
  return sum;
}

void AetPoissonCurvature(ptrdiff_t count, const AetPoissonScaling *scaling, double step, const float *x, const float *sensitivity,
                         const float *direction, const float *gradient, const float *before, double sums[4])
{
  for (ptrdiff_t i = 0; i < count; i++) {
    const double S = Scale(scaling, x[i], sensitivity[i]), s = step * (double)direction[i], w = (double)gradient[i] - (double)before[i];
    if (!(S > 0)) continue;
    sums[0] += s * s / (S * S), sums[1] += s * w / S, sums[2] += s * w * S, sums[3] += w * w * S * S;
  }
}
