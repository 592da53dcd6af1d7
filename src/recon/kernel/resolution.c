/* Resolution from a Fourier shell correlation. */
#include "recon/kernel/resolution.h"
#include <math.h>

double aet_half_bit(double independent)
{
  const double root = sqrt(independent);

  return (0.2071 * root + 1.9102) / (1.2071 * root + 0.9102);
}

double aet_first_crossing(int shells, const double *fsc, const double *threshold)
{
  for (int s = 1; s < shells; s++) {
    const double below = threshold[s] - fsc[s];
    if (below <= 0) continue;
    if (s == 1) return 1;
    return s - below / (below + fsc[s - 1] - threshold[s - 1]); /* the shell before was not below */
  }
  return shells - 1;
}
