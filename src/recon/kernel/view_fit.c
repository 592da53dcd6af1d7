#include "recon/kernel/view_fit.h"
#include <math.h>
#include <string.h>

void AetViewReduce(ptrdiff_t L, const float complex *spectrum, ptrdiff_t M, double edge, const double shift[2], float complex *small)
{
  const ptrdiff_t last = M == L ? M / 2 : M / 2 - 1;
  const double    decay = M == L ? 0 : -log(edge) * 4 / ((double)M * (double)M), scale = 1 / ((double)L * (double)L);

  memset(small, 0, (size_t)(M * (M / 2 + 1)) * sizeof *small);
  for (ptrdiff_t v = -last + (M == L); v <= last; v++)
    for (ptrdiff_t u = 0; u <= last; u++) {
      const double        phase = 2 * M_PI * ((double)u * shift[0] + (double)v * shift[1]) / (double)L;
      const double        weight = scale * exp(-decay * (double)(u * u + v * v));
      const float complex value = spectrum[(v < 0 ? v + L : v) * (L / 2 + 1) + u];
      small[(v < 0 ? v + M : v) * (M / 2 + 1) + u] = value * CMPLXF((float)(weight * cos(phase)), (float)(weight * sin(phase)));
    }
}

void AetViewDerivative(ptrdiff_t M, int axis, float scale, const float complex *spectrum, float complex *out)
{
  for (ptrdiff_t v = 0; v < M; v++)
    for (ptrdiff_t u = 0; u <= M / 2; u++) {
      const ptrdiff_t q = axis == 0 ? u : v < M / 2 ? v : v - M, i = v * (M / 2 + 1) + u;
      const float     k = 2 * q == M || 2 * q == -M ? 0 : scale * (float)(2 * M_PI * (double)q / (double)M);
      out[i] = CMPLXF(-k * cimagf(spectrum[i]), k * crealf(spectrum[i]));
    }
}

void AetViewCorrelate(ptrdiff_t M, float scale, const float complex *a, const float complex *b, float complex *out)
{
  for (ptrdiff_t i = 0; i < M * (M / 2 + 1); i++) out[i] = scale * conjf(a[i]) * b[i];
  out[0] = 0;
}

/* Place of the top of the parabola through three values one apart, -0.5 … 0.5. */
static double Top(double before, double at, double after)
{
  const double bend = before - 2 * at + after;

  return bend < 0 ? fmax(-0.5, fmin(0.5, 0.5 * (before - after) / bend)) : 0;
}

double AetViewPeak(ptrdiff_t M, double range, const float *plane, double place[2])
{
  const ptrdiff_t row = 2 * (M / 2 + 1), reach = (ptrdiff_t)fmin(floor(range), (double)(M / 2 - 1));
  double          best = -INFINITY;
  ptrdiff_t       bu = 0, bv = 0;

  for (ptrdiff_t v = -reach; v <= reach; v++)
    for (ptrdiff_t u = -reach; u <= reach; u++) {
      const double value = plane[(v < 0 ? v + M : v) * row + (u < 0 ? u + M : u)];
      if (value > best) best = value, bu = u, bv = v;
    }
#define AT(v, u) ((double)plane[(((v) + M) % M) * row + ((u) + M) % M])
  place[0] = (double)bu + Top(AT(bv, bu - 1), best, AT(bv, bu + 1));
  place[1] = (double)bv + Top(AT(bv - 1, bu), best, AT(bv + 1, bu));
  best +=
      0.25 * ((place[0] - (double)bu) * (AT(bv, bu + 1) - AT(bv, bu - 1)) + (place[1] - (double)bv) * (AT(bv + 1, bu) - AT(bv - 1, bu)));
#undef AT
  return best;
}

void AetViewNormal(ptrdiff_t ny, ptrdiff_t nx, const float *image, const float *model, const float *const derivative[4], double scale,
                   double H[AET_VIEW_UNKNOWNS * AET_VIEW_UNKNOWNS], double g[AET_VIEW_UNKNOWNS])
{
  enum { U = AET_VIEW_UNKNOWNS };

  memset(H, 0, U * U * sizeof *H);
  memset(g, 0, U * sizeof *g);
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const ptrdiff_t i = y * nx + x;
      const double    u = (double)(x - nx / 2), v = (double)(y - ny / 2), Pu = scale * derivative[0][i], Pv = scale * derivative[1][i];
      /* what moves by ω × r' changes the projection by minus the divergence of its flow */
      const double J[U] = {scale * derivative[3][i], -scale * derivative[2][i], v * Pu - u * Pv, -Pu, -Pv, model[i]};
      const double residual = image[i] - scale * model[i];
      for (int a = 0; a < U; a++) {
        g[a] += J[a] * residual;
        for (int b = 0; b <= a; b++) H[a * U + b] += J[a] * J[b];
      }
    }
  for (int a = 0; a < U; a++)
    for (int b = 0; b < a; b++) H[b * U + a] = H[a * U + b];
}

double AetViewMisfit(ptrdiff_t pixels, const float *image, const float *model, double *scale)
{
  double ii = 0, im = 0, mm = 0, misfit = 0;

  for (ptrdiff_t i = 0; i < pixels; i++)
    ii += (double)image[i] * image[i], im += (double)image[i] * model[i], mm += (double)model[i] * model[i];
  *scale = mm > 0 && im > 0 ? im / mm : 0;
  for (ptrdiff_t i = 0; i < pixels; i++) misfit += (image[i] - *scale * model[i]) * (image[i] - *scale * model[i]);
  return misfit;
}
