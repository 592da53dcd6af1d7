/* The Wiener gain of a spectrum over its background. */
#include "recon/kernel/wiener.h"
#include "recon/kernel/shell.h"

void aet_wiener_gain(ptrdiff_t count, const float complex *f, const int *shell, const int *group, const float *background, float *gain)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    const float power = aet_power(f[i]), above = power - background[group[shell[i]]];
    gain[i] = above > 0 ? above / power : 0;
  }
}

static float Across(const float *const from[9], ptrdiff_t i)
{
  float sum = 0;

  for (int l = 0; l < 9; l++) sum += from[l][i];
  return sum;
}

void aet_wiener_box(ptrdiff_t count, const float *const from[9], float *mean)
{
  const float first = Across(from, 0);
  float       before = Across(from, count - 1), here = first;

  for (ptrdiff_t i = 0; i < count; i++) {
    const float after = i + 1 < count ? Across(from, i + 1) : first;
    mean[i] = (before + here + after) / 27;
    before = here, here = after;
  }
}
