/* The displacement about a straight dislocation. */
#include "simulate/kernel/dislocation.h"
#include <math.h>

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Unit vectors: along the line; along the edge part of the Burgers vector (of a pure screw, anywhere across the line); across both. */
static void Frame(const AetDislocation *d, double t[3], double e[3], double f[3])
{
  double size = sqrt(Dot(d->line, d->line)), along;

  for (int a = 0; a < 3; a++) t[a] = d->line[a] / size;
  along = Dot(d->burgers, t);
  for (int a = 0; a < 3; a++) e[a] = d->burgers[a] - along * t[a];
  if (Dot(e, e) < 1e-12 * Dot(d->burgers, d->burgers)) {
    const int least = fabs(t[0]) < fabs(t[1]) ? (fabs(t[0]) < fabs(t[2]) ? 0 : 2) : fabs(t[1]) < fabs(t[2]) ? 1 : 2;
    for (int a = 0; a < 3; a++) e[a] = (a == least) - t[least] * t[a];
  }
  size = sqrt(Dot(e, e));
  for (int a = 0; a < 3; a++) e[a] /= size;
  for (int a = 0; a < 3; a++) f[a] = t[(a + 1) % 3] * e[(a + 2) % 3] - t[(a + 2) % 3] * e[(a + 1) % 3];
}

void AetKernelDislocation(const AetDislocation *d, const double x[3], double u[3])
{
  double t[3], e[3], f[3], r[3], X, Y, r2, turn, screw, edge, rest = 4 * (1 - d->poisson), core = 0.01 * Dot(d->burgers, d->burgers);

  Frame(d, t, e, f);
  for (int a = 0; a < 3; a++) r[a] = x[a] - d->point[a];
  X = Dot(r, e), Y = Dot(r, f), r2 = fmax(X * X + Y * Y, core), turn = atan2(Y, X);
  screw = Dot(d->burgers, t) / (2 * M_PI), edge = Dot(d->burgers, e) / (2 * M_PI);
  if (edge < 1e-9 * sqrt(Dot(d->burgers, d->burgers))) edge = 0;
  for (int a = 0; a < 3; a++)
    u[a] = screw * turn * t[a] + edge * (turn + 2 * X * Y / (rest * r2)) * e[a] -
           edge * ((1 - 2 * d->poisson) / rest * log(r2 / Dot(d->burgers, d->burgers)) + (X * X - Y * Y) / (rest * r2)) * f[a];
}
