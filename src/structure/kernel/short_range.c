#include "structure/kernel/short_range.h"
#include <math.h>

static double All(int species, const double *bonds)
{
  double all = 0;

  for (int j = 0; j < species; j++) all += bonds[j];
  return all;
}

void AetWarrenAlpha(int species, const double *bonds, const double *fraction, double *alpha)
{
  for (int i = 0; i < species; i++)
    for (int j = 0; j < species; j++) {
      const double all = All(species, bonds + i * species), room = (i == j) - fraction[j];
      alpha[i * species + j] = all > 0 && fabs(room) > 1e-12 ? (bonds[i * species + j] / all - fraction[j]) / room : 0;
    }
}

void AetWarrenSigma(int species, const double *bonds, const double *fraction, double *sigma)
{
  for (int i = 0; i < species; i++)
    for (int j = 0; j < species; j++) {
      const double all = All(species, bonds + i * species), room = (i == j) - fraction[j];
      const double free = i == j ? 0.5 * all : all; /* bonds between atoms of one species are counted twice */
      sigma[i * species + j] = free > 0 && fabs(room) > 1e-12 ? sqrt(fraction[j] * (1 - fraction[j]) / free) / fabs(room) : 0;
    }
}

void AetWarrenSymmetrise(int species, double *alpha)
{
  for (int i = 0; i < species; i++)
    for (int j = 0; j < i; j++) {
      const double mean = 0.5 * (alpha[i * species + j] + alpha[j * species + i]);
      alpha[i * species + j] = alpha[j * species + i] = mean;
    }
}
