/* A profile moved by a fraction of a pixel, and fitted to another. */
#include "tilt/kernel/common_line.h"
#include <math.h>

#define TWO_PI 6.283185307179586

/* Products are written out: those of C's complex numbers look after infinities. */

void AetKernelLineSpectrum(ptrdiff_t n, ptrdiff_t N, const double *line, double complex *spectrum)
{
  for (ptrdiff_t k = 0; k <= N / 2; k++) {
    const double c = cos(TWO_PI * (double)k / (double)N), s = -sin(TWO_PI * (double)k / (double)N);
    double       re = 0, im = 0;
    for (ptrdiff_t y = n - 1; y >= 0; y--) { /* Horner */
      const double next = re * c - im * s + line[y];
      im = re * s + im * c, re = next;
    }
    spectrum[k] = CMPLX(re, im);
  }
}

void AetKernelLineMoved(ptrdiff_t n, ptrdiff_t N, const double complex *spectrum, double t, int derivative, double *out)
{
  const double *F = (const double *)spectrum, step = TWO_PI / (double)N;

  for (ptrdiff_t y = 0; y < n; y++) {
    const double at = step * ((double)y + t), c = cos(at), s = sin(at);
    double       re = 1, im = 0, sum = derivative ? 0 : 0.5 * F[0];
    for (ptrdiff_t k = 1; k < N / 2; k++) {
      const double next = re * c - im * s;
      im = re * s + im * c, re = next;
      sum += derivative ? -step * (double)k * (F[2 * k] * im + F[2 * k + 1] * re) : F[2 * k] * re - F[2 * k + 1] * im;
    }
    if (!derivative) sum += 0.5 * F[N] * cos(TWO_PI / 2 * ((double)y + t));
    out[y] = 2 * sum / (double)N;
  }
}

/* The solution of a symmetric 3×3 system, by Cholesky's factors; a direction that nothing tells stays zero. */
static void Solve(double H[3][3], const double g[3], double x[3])
{
  double L[3][3] = {{0}}, z[3];

  for (int i = 0; i < 3; i++) {
    for (int j = 0; j <= i; j++) {
      double sum = H[i][j];
      for (int k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      if (i == j)
        L[i][i] = sum > 1e-12 * H[i][i] ? sqrt(sum) : INFINITY;
      else
        L[i][j] = sum / L[j][j];
    }
  }
  for (int i = 0; i < 3; i++) {
    z[i] = g[i];
    for (int k = 0; k < i; k++) z[i] -= L[i][k] * z[k];
    z[i] /= L[i][i];
  }
  for (int i = 2; i >= 0; i--) {
    x[i] = z[i];
    for (int k = i + 1; k < 3; k++) x[i] -= L[k][i] * x[k];
    x[i] /= L[i][i];
  }
}

double AetKernelLineFit(ptrdiff_t n, const double *moved, const double *reference, const double *derivative, const double *weight,
                        double *scale, double *offset, double *step)
{
  double H[3][3] = {{0}}, g[3] = {0}, x[3], left = 0;

  for (ptrdiff_t y = 0; y < n; y++) {
    const double column[3] = {reference[y], 1, -derivative[y]};
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j <= i; j++) H[i][j] += weight[y] * column[i] * column[j];
      g[i] += weight[y] * column[i] * moved[y];
    }
  }
  Solve(H, g, x);
  *scale = x[0], *offset = x[1], *step = x[0] != 0 ? x[2] / x[0] : 0;
  for (ptrdiff_t y = 0; y < n; y++) {
    const double rest = moved[y] - x[0] * reference[y] - x[1] + x[2] * derivative[y];
    left += weight[y] * rest * rest;
  }
  return left;
}
