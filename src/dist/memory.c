/* Work arrays for transforms. */
#include "dist/transform_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

float *AetWorkAllocate(size_t floats)
{
  const size_t huge = HUGE_PAGE, bytes = (floats ? floats : 1) * sizeof(float), unit = bytes >= 2 * huge ? huge : 64;
  void        *data;

  if (posix_memalign(&data, unit, (bytes + unit - 1) / unit * unit)) return NULL;
  /* strided passes over a grid touch a page per row: with small pages every one is a miss in the address cache */
  if (unit == huge) (void)madvise(data, (bytes + unit - 1) / unit * unit, MADV_HUGEPAGE);
  memset(data, 0, bytes);
  return data;
}

double AetWorkBytes(double floats)
{
  const double bytes = sizeof(float) * floats;

  return bytes >= 2.0 * HUGE_PAGE ? ceil(bytes / HUGE_PAGE) * HUGE_PAGE : bytes;
}
