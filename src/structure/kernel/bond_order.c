#include "structure/kernel/bond_order.h"
#include <math.h>
#include <string.h>

/* q_4 and q_6 of perfect fcc, to the digits that the published normalisation has */
static const double fcc[2] = {0.190941, 0.574524};

/* Y_lm = N_lm Q_lm(z) (x + iy)^m, where Q_lm is the associated Legendre function without its sin^m, which the power of x + iy brings: no
   angle is needed, and the poles are no exception. */
void AetHarmonics(int l, const double unit[3], double complex *harmonic)
{
  const double   z = unit[2];
  double         diagonal = 1; /* Q_mm = (-1)^m (2m - 1)!! */
  double complex power = 1;

  for (int m = 0; m <= l; m++) {
    double before = 0, legendre = diagonal, square = (2 * l + 1) / (4 * M_PI);
    for (int k = m + 1; k <= l; k++) { /* up in degree at fixed order */
      double next = ((2 * k - 1) * z * legendre - (k + m - 1) * before) / (k - m);
      before = legendre;
      legendre = next;
    }
    for (int k = l - m + 1; k <= l + m; k++) square /= k;
    harmonic[m] = sqrt(square) * legendre * power;
    diagonal *= -(2 * m + 1);
    power *= unit[0] + unit[1] * _Complex_I;
  }
}

void AetBondMoments(const double *position, const double x[3], ptrdiff_t count, const ptrdiff_t *index, double complex *moments)
{
  memset(moments, 0, AET_BOND_MOMENTS * sizeof *moments);
  for (ptrdiff_t k = 0; k < count; k++) {
    const double  *p = position + 3 * index[k];
    double         bond[3] = {p[0] - x[0], p[1] - x[1], p[2] - x[2]};
    double         length = sqrt(bond[0] * bond[0] + bond[1] * bond[1] + bond[2] * bond[2]);
    double complex harmonic[AET_BOND_MOMENTS];

    for (int a = 0; a < 3; a++) bond[a] /= length;
    AetHarmonics(4, bond, harmonic);
    AetHarmonics(6, bond, harmonic + 5);
    for (int m = 0; m < AET_BOND_MOMENTS; m++) moments[m] += harmonic[m];
  }
  for (int m = 0; m < AET_BOND_MOMENTS && count > 0; m++) moments[m] /= (double)count;
}

void AetBondAverage(const double complex *moments, ptrdiff_t self, ptrdiff_t count, const ptrdiff_t *index, double complex *mean)
{
  memcpy(mean, moments + AET_BOND_MOMENTS * self, AET_BOND_MOMENTS * sizeof *mean);
  for (ptrdiff_t k = 0; k < count; k++)
    for (int m = 0; m < AET_BOND_MOMENTS; m++) mean[m] += moments[AET_BOND_MOMENTS * index[k] + m];
  for (int m = 0; m < AET_BOND_MOMENTS; m++) mean[m] /= (double)(count + 1);
}

static double Invariant(int l, const double complex *moments)
{
  double sum = 0;

  for (int m = 0; m <= l; m++) sum += (m ? 2 : 1) * (creal(moments[m]) * creal(moments[m]) + cimag(moments[m]) * cimag(moments[m]));
  return sqrt(4 * M_PI / (2 * l + 1) * sum);
}

void AetBondInvariants(const double complex *moments, double q[2])
{
  q[0] = Invariant(4, moments);
  q[1] = Invariant(6, moments + 5);
}

double AetBondNormalised(const double q[2])
{
  return hypot(q[0], q[1]) / hypot(fcc[0], fcc[1]);
}
