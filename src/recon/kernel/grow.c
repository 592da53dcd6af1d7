/* Growth of a set of voxels by a radius: squared distances to the nearest of them, one axis after the other. */
#include "recon/kernel/grow.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 256 };

void aet_grow_runs(int reach, ptrdiff_t count, const unsigned char *const *from, unsigned char *to)
{
  unsigned char least[BLOCK];

  for (ptrdiff_t first = 0; first < count; first += BLOCK) {
    const int length = (int)(count - first < BLOCK ? count - first : BLOCK);
    memset(least, AET_GROW_FAR, (size_t)length);
    for (int j = -reach; j <= reach; j++) {
      const unsigned char *run = from[j + reach] + first;
      const int            most = AET_GROW_FAR - j * j; /* beyond it the sum is not below AET_GROW_FAR */
      for (int i = 0; i < length; i++) {
        const unsigned char d = (unsigned char)(run[i] + j * j), near = run[i] < most ? d : AET_GROW_FAR;
        least[i] = near < least[i] ? near : least[i];
      }
    }
    memcpy(to + first, least, (size_t)length);
  }
}

void aet_grow_line(int reach, ptrdiff_t count, unsigned char *line, unsigned char *work)
{
  const unsigned char *runs[2 * AET_GROW_REACH_MAX + 1];

  for (ptrdiff_t i = 0; i < reach; i++) {
    work[i] = line[((i - reach) % count + count) % count];
    work[count + reach + i] = line[i % count];
  }
  memcpy(work + reach, line, (size_t)count);
  for (int j = 0; j <= 2 * reach; j++) runs[j] = work + j;
  aet_grow_runs(reach, count, runs, line);
}

float aet_grow_weight(double squared, double radius, double edge)
{
  const double beyond = sqrt(squared) - radius;

  if (beyond <= 0) return 1;
  return beyond < edge ? (float)(0.5 * (1 + cos(M_PI * beyond / edge))) : 0;
}
