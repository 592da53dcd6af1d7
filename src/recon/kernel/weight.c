#include "recon/kernel/weight.h"
#include <math.h>

static double Sinc(double t)
{
  const double x = M_PI * t;

  return fabs(x) < 1e-4 ? 1 - x * x / 6 : sin(x) / x;
}

double AetWindowAt(AetWindow window, double r)
{
  r = r < 1 ? r : 1;
  switch (window) {
  case AET_WINDOW_SHEPP_LOGAN:
    return Sinc(0.5 * r);
  case AET_WINDOW_COSINE:
    return cos(0.5 * M_PI * r);
  case AET_WINDOW_HAMMING:
    return 0.54 + 0.46 * cos(M_PI * r);
  case AET_WINDOW_HANN:
    return 0.5 + 0.5 * cos(M_PI * r);
  default:
    return 1;
  }
}

/* With x = πt/4, sin 4x = 4 sin x cos x (1 - 2 sin² x). */
double AetSlab(double t)
{
  const double x = 0.25 * M_PI * t, sine = sin(x), square = sine * sine;

  return fabs(x) < 1e-4 ? 1 - 17.0 / 6 * x * x : square * cos(x) * (1 - 2 * square) / (x * x);
}

void AetWeightRow(ptrdiff_t views, const double *across, const double *along, double floor, ptrdiff_t count, double *weight)
{
  for (ptrdiff_t x = 0; x < count; x++) {
    double sum = 0;
    for (ptrdiff_t i = 0; i < views; i++) sum += AetSlab(across[i] + (double)x * along[i]);
    weight[x] = 1 / (sum > floor ? sum : floor);
  }
}
