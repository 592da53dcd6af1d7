#include "tilt/kernel/upsampled.h"
#include <math.h>
#include <string.h>

#define POINTS AET_UPSAMPLED_POINTS
#define HALF (POINTS / 2)
#define NEWTON_STEPS 6

/* Frequency j = 0 … 2my of those looked at, as row of the spectrum and signed. */
static ptrdiff_t Row(const AetCross *c, ptrdiff_t j, double *ky)
{
  const ptrdiff_t signed_ky = j <= c->my ? j : j - 2 * c->my - 1;

  *ky = (double)signed_ky;
  return signed_ky < 0 ? signed_ky + c->Ny : signed_ky;
}

size_t AetUpsampledWork(const AetCross *c)
{
  return (size_t)(2 * POINTS * (c->mx + 1));
}

/* cosines and sines [kx][POINTS], with the factor 2 of the half spectrum. */
static void Columns(const AetCross *c, double spacing, double dx, float *work)
{
  for (ptrdiff_t k = 0; k <= c->mx; k++) {
    const double twice = k == 0 || 2 * k == c->Nx ? 1 : 2;
    for (int p = 0; p < POINTS; p++) {
      const double angle = 2 * M_PI * (double)k * (dx + (p - HALF) * spacing) / (double)c->Nx;
      work[2 * POINTS * k + p] = (float)(twice * cos(angle));
      work[2 * POINTS * k + POINTS + p] = (float)(twice * sin(angle));
    }
  }
}

double AetUpsampledPeak(const AetCross *c, double spacing, double d[2], float *work)
{
  double value[POINTS][POINTS] = {{0}}, best = -INFINITY, at[2] = {d[0], d[1]};

  Columns(c, spacing, d[1], work);
  for (ptrdiff_t j = 0; j <= 2 * c->my; j++) {
    double               ky;
    const float complex *row = c->cross + Row(c, j, &ky) * (c->Nx / 2 + 1);
    float                re[POINTS] = {0}, im[POINTS] = {0};
    for (ptrdiff_t k = 0; k <= c->mx; k++) {
      const float *cosine = work + 2 * POINTS * k, *sine = cosine + POINTS, a = crealf(row[k]), b = cimagf(row[k]);
      for (int p = 0; p < POINTS; p++) {
        re[p] += a * cosine[p] - b * sine[p];
        im[p] += a * sine[p] + b * cosine[p];
      }
    }
    for (int q = 0; q < POINTS; q++) {
      const double angle = 2 * M_PI * ky * (d[0] + (q - HALF) * spacing) / (double)c->Ny, cosine = cos(angle), sine = sin(angle);
      for (int p = 0; p < POINTS; p++) value[q][p] += re[p] * cosine - im[p] * sine;
    }
  }
  for (int q = 0; q < POINTS; q++)
    for (int p = 0; p < POINTS; p++)
      if (value[q][p] > best) best = value[q][p], at[0] = d[0] + (q - HALF) * spacing, at[1] = d[1] + (p - HALF) * spacing;
  d[0] = at[0], d[1] = at[1];
  return best;
}

double AetUpsampledValue(const AetCross *c, const double d[2], double gradient[2], double hessian[3])
{
  const double         wy = 2 * M_PI / (double)c->Ny, wx = 2 * M_PI / (double)c->Nx;
  const double complex step = CMPLX(cos(wx * d[1]), sin(wx * d[1]));
  double               value = 0;

  memset(gradient, 0, 2 * sizeof *gradient);
  memset(hessian, 0, 3 * sizeof *hessian);
  for (ptrdiff_t j = 0; j <= 2 * c->my; j++) {
    double               ky;
    const float complex *row = c->cross + Row(c, j, &ky) * (c->Nx / 2 + 1);
    double complex       phase = CMPLX(cos(wy * ky * d[0]), sin(wy * ky * d[0])), moment[3] = {0};
    for (ptrdiff_t k = 0; k <= c->mx; k++) { /* moments 0, 1, 2 in kx of the row */
      const double complex term = (k == 0 || 2 * k == c->Nx ? 1 : 2) * phase * row[k];
      moment[0] += term;
      moment[1] += (double)k * term;
      moment[2] += (double)(k * k) * term;
      phase *= step;
    }
    value += creal(moment[0]);
    gradient[0] -= wy * ky * cimag(moment[0]);
    gradient[1] -= wx * cimag(moment[1]);
    hessian[0] -= wy * wy * ky * ky * creal(moment[0]);
    hessian[1] -= wy * wx * ky * creal(moment[1]);
    hessian[2] -= wx * wx * creal(moment[2]);
  }
  return value;
}

double AetUpsampledNewton(const AetCross *c, double reach, double d[2], double hessian[3])
{
  const double start[2] = {d[0], d[1]};
  double       gradient[2], value = AetUpsampledValue(c, d, gradient, hessian);

  for (int i = 0; i < NEWTON_STEPS; i++) {
    const double determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
    double       to[2], trial, trial_gradient[2], trial_hessian[3];
    if (!(determinant > 0 && hessian[0] < 0)) break; /* not a maximum: the grid's point stands */
    to[0] = d[0] - (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant;
    to[1] = d[1] - (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant;
    if (!(fabs(to[0] - start[0]) <= reach && fabs(to[1] - start[1]) <= reach)) break;
    trial = AetUpsampledValue(c, to, trial_gradient, trial_hessian);
    if (trial < value) break; /* rounding, or a saddle */
    const double moved = fabs(to[0] - d[0]) + fabs(to[1] - d[1]);
    d[0] = to[0], d[1] = to[1], value = trial;
    memcpy(gradient, trial_gradient, sizeof trial_gradient);
    memcpy(hessian, trial_hessian, sizeof trial_hessian);
    if (moved < 1e-5) break;
  }
  return value;
}
