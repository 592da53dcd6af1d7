#include "atoms/kernel/joint.h"
#include <math.h>
#include <string.h>

enum { MOST = 10, OWN = 4, ALL = 7, ROW = 64 };

/* Normal equations a x = b of n columns, the first `own` eliminated: rows from own on become the Schur complement; x[own] solves for the
   rest at zero. A column that the others explain (pivot below 1e-8 of its own size) is left out. */
static void Eliminate(int n, int own, double a[MOST][MOST], double b[MOST], double x[MOST])
{
  double size[MOST];

  for (int i = 0; i < n; i++) size[i] = a[i][i];
  for (int p = 0; p < own; p++) {
    int live = a[p][p] > 1e-8 * size[p];
    for (int i = p + 1; i < n; i++) {
      double factor = live ? a[i][p] / a[p][p] : 0;
      for (int j = p + 1; j < n; j++) a[i][j] -= factor * a[p][j];
      b[i] -= factor * b[p];
    }
    if (!live) a[p][p] = 0;
  }
  for (int p = own - 1; p >= 0; p--) {
    x[p] = b[p];
    for (int j = p + 1; j < own; j++) x[p] -= a[p][j] * x[j];
    x[p] = a[p][p] > 0 ? x[p] / a[p][p] : 0;
  }
}

/* Voxels low … high - 1 of the grid, per axis x, y, z, that a sphere may hold. */
static void Range(const AetJointGrid *grid, const double at[3], double radius, ptrdiff_t low[3], ptrdiff_t high[3])
{
  const ptrdiff_t least[3] = {0, 0, grid->first}, most[3] = {grid->n[2], grid->n[1], grid->first + grid->n[0]};

  for (int a = 0; a < 3; a++) {
    low[a] = (ptrdiff_t)ceil(fmax((double)least[a], at[a] - radius));
    high[a] = (ptrdiff_t)floor(fmin((double)most[a] - 1, at[a] + radius)) + 1;
  }
}

static inline void Accumulate(int n, const double *column, double weight, double value, double a[MOST][MOST], double b[MOST])
{
  for (int i = 0; i < n; i++) {
    double scaled = weight * column[i];
    for (int j = i; j < n; j++) a[i][j] += scaled * column[j];
    b[i] += scaled * value;
  }
}

static void Mirror(int n, double a[MOST][MOST])
{
  for (int i = 0; i < n; i++)
    for (int j = 0; j < i; j++) a[i][j] = a[j][i];
}

/* exp(-(low + k - at)² / 2 sigma²) */
static void Profile(ptrdiff_t low, ptrdiff_t high, double at, double sigma, double *out)
{
  for (ptrdiff_t k = low; k < high; k++) {
    double r = ((double)k - at) / sigma;
    out[k - low] = exp(-0.5 * r * r);
  }
}

void AetJointStep(const AetJointGrid *grid, const AetJointAtom *atom, const double sigma[3], double radius, AetJointAtom *step,
                  double *width)
{
  static const int pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}};
  double           a[MOST][MOST] = {{0}}, b[MOST] = {0}, x[MOST] = {0}, r[3], slope[3], along[3][ROW];
  ptrdiff_t        low[3], high[3];

  Range(grid, atom->centre, fmin(radius, ROW / 2 - 1), low, high);
  for (int k = 0; k < 3; k++) {
    slope[k] = atom->height / (sigma[k] * sigma[k]);
    Profile(low[k], high[k], atom->centre[k], sigma[k], along[k]);
  }
  for (ptrdiff_t z = low[2]; z < high[2]; z++)
    for (ptrdiff_t y = low[1]; y < high[1]; y++) {
      const float *row = grid->data + ((z - grid->first) * grid->n[1] + y) * grid->n[2];
      double       yz = along[2][z - low[2]] * along[1][y - low[1]];
      r[2] = (double)z - atom->centre[2];
      r[1] = (double)y - atom->centre[1];
      for (ptrdiff_t i = low[0]; i < high[0]; i++) {
        double column[ALL];
        r[0] = (double)i - atom->centre[0];
        if (r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > radius * radius) continue;
        column[0] = yz * along[0][i - low[0]];
        for (int k = 0; k < 3; k++) column[1 + k] = column[0] * r[k] * slope[k];
        if (width) {
          for (int k = 0; k < 3; k++) column[OWN + k] = column[1 + k] * r[k];
          Accumulate(ALL, column, 1, row[i], a, b);
        } else
          Accumulate(OWN, column, 1, row[i], a, b);
      }
    }
  Mirror(ALL, a);
  Eliminate(ALL, OWN, a, b, x);
  step->height = x[0];
  for (int k = 0; k < 3; k++) step->centre[k] = x[1 + k];
  for (int k = 0; k < 6 && width; k++) width[k] = a[OWN + pair[k][0]][OWN + pair[k][1]];
  for (int k = 0; k < 3 && width; k++) width[6 + k] = b[OWN + k];
}

void AetJointCurvature(const AetJointGrid *grid, const double at[3], const AetJointAtom *atom, const double sigma[3], double scale,
                       double radius, double gradient[3], double hessian[6])
{
  double    a[MOST][MOST] = {{0}}, b[MOST] = {0}, x[MOST] = {0}, r[3], weight[3][ROW], own[3][ROW];
  ptrdiff_t low[3], high[3];

  Range(grid, at, fmin(radius, ROW / 2 - 1), low, high);
  for (int k = 0; k < 3; k++) {
    Profile(low[k], high[k], at[k], scale, weight[k]);
    if (atom) Profile(low[k], high[k], atom->centre[k], sigma[k], own[k]);
  }
  for (ptrdiff_t z = low[2]; z < high[2]; z++)
    for (ptrdiff_t y = low[1]; y < high[1]; y++)
      for (ptrdiff_t i = low[0]; i < high[0]; i++) {
        ptrdiff_t c[3] = {i - low[0], y - low[1], z - low[2]};
        double    value = grid->data[((z - grid->first) * grid->n[1] + y) * grid->n[2] + i];
        r[0] = (double)i - at[0];
        r[1] = (double)y - at[1];
        r[2] = (double)z - at[2];
        if (r[0] * r[0] + r[1] * r[1] + r[2] * r[2] > radius * radius) continue;
        if (atom) value += atom->height * own[0][c[0]] * own[1][c[1]] * own[2][c[2]];
        Accumulate(
            MOST,
            (double[MOST]){1, r[0], r[1], r[2], r[0] * r[0] / 2, r[1] * r[1] / 2, r[2] * r[2] / 2, r[0] * r[1], r[0] * r[2], r[1] * r[2]},
            weight[0][c[0]] * weight[1][c[1]] * weight[2][c[2]], value, a, b);
      }
  Mirror(MOST, a);
  Eliminate(MOST, MOST, a, b, x);
  memcpy(gradient, x + 1, 3 * sizeof *x);
  memcpy(hessian, x + 4, 6 * sizeof *x);
}

double AetJointDisplacement(const double h[6], const double noise[6])
{
  /* the inverse by cofactors; trace of H⁻¹ N H⁻¹ */
  double c[6] = {h[1] * h[2] - h[5] * h[5], h[0] * h[2] - h[4] * h[4], h[0] * h[1] - h[3] * h[3],
                 h[4] * h[5] - h[3] * h[2], h[3] * h[5] - h[4] * h[1], h[3] * h[4] - h[0] * h[5]};
  double determinant = h[0] * c[0] + h[3] * c[3] + h[4] * c[4], sum = 0;
  double row[3][3] = {{c[0], c[3], c[4]}, {c[3], c[1], c[5]}, {c[4], c[5], c[2]}};
  double n[3][3] = {{noise[0], noise[3], noise[4]}, {noise[3], noise[1], noise[5]}, {noise[4], noise[5], noise[2]}};

  if (!(h[0] < 0 && c[2] > 0 && determinant < 0)) return -1;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 3; k++) sum += row[i][j] * n[j][k] * row[k][i];
  return sum / (determinant * determinant);
}
