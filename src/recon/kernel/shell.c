/* Shells of Fourier space on a padded grid, and the median of |F|² in each of them. */
#include "recon/kernel/shell.h"
#include <math.h>
#include <string.h>

static ptrdiff_t Shortest(const ptrdiff_t N[3])
{
  const ptrdiff_t least = N[0] < N[1] ? N[0] : N[1];

  return least < N[2] ? least : N[2];
}

static double Frequency(ptrdiff_t k, ptrdiff_t N)
{
  return (double)(2 * k > N ? k - N : k) / (double)N;
}

int aet_shell_count(const ptrdiff_t N[3])
{
  return (int)(sqrt(0.75) * (double)Shortest(N) + 0.5) + 1;
}

void aet_shell_column(const ptrdiff_t N[3], ptrdiff_t ky, ptrdiff_t kx, int *shell)
{
  const double fy = Frequency(ky, N[1]), fx = Frequency(kx, N[2]), across = fy * fy + fx * fx, scale = (double)Shortest(N);

  for (ptrdiff_t kz = 0; kz < N[0]; kz++) {
    const double fz = Frequency(kz, N[0]);
    shell[kz] = (int)(sqrt(fz * fz + across) * scale + 0.5);
  }
}

int aet_shell_copies(const ptrdiff_t N[3], ptrdiff_t kx)
{
  return kx == 0 || 2 * kx == N[2] ? 1 : 2;
}

int aet_shell_groups(int shells, const int64_t *weight, int64_t least, int *group)
{
  int64_t inside = 0;
  int     groups = 0, first = 0;

  for (int s = 0; s < shells; s++) {
    group[s] = groups;
    inside += weight[s];
    if (inside < least) continue;
    groups++;
    first = s + 1;
    inside = 0;
  }
  if (!groups) return 1;
  for (int s = first; s < shells; s++) group[s] = groups - 1;
  return groups;
}

void aet_shell_count_bytes(ptrdiff_t count, const float complex *f, const int *shell, const int *group, int copies, int pass,
                           const uint32_t *found, int64_t *histogram)
{
  const int shift = 8 * (AET_SHELL_PASSES - 1 - pass);

  for (ptrdiff_t i = 0; i < count; i++) {
    const int   g = group[shell[i]];
    const float power = aet_power(f[i]);
    uint32_t    bits;
    memcpy(&bits, &power, sizeof bits);
    if (pass == 0 || bits >> (shift + 8) == found[g]) histogram[g * AET_SHELL_BINS + (bits >> shift & 0xff)] += copies;
  }
}

void aet_shell_take_byte(int groups, const int64_t *histogram, uint32_t *found, int64_t *wanted)
{
  for (int g = 0; g < groups; g++) {
    const int64_t *bin = histogram + (ptrdiff_t)g * AET_SHELL_BINS;
    uint32_t       byte = 0;
    while (byte < AET_SHELL_BINS - 1 && wanted[g] >= bin[byte]) wanted[g] -= bin[byte++];
    found[g] = found[g] << 8 | byte;
  }
}

float aet_shell_value(uint32_t found)
{
  float value;

  memcpy(&value, &found, sizeof value);
  return value;
}
