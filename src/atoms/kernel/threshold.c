#include "atoms/kernel/threshold.h"
#include <math.h>
#include <string.h>

#define BANDWIDTH 0.08 /* of the smoothing, in the natural logarithm of the intensity */
#define DIP 0.7        /* a valley is below this part of the lower of its two modes */

static const double bin_width = AET_LOG_DECADES * 2.302585092994046 / AET_LOG_BINS;

void AetLogHistogram(ptrdiff_t count, const double *values, ptrdiff_t stride, double largest, int64_t *bins)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    double place, v = values[i * stride];
    if (!(v > 0)) continue;
    place = AET_LOG_BINS - 1 + floor(log(v / largest) / bin_width);
    if (place < 0) continue;
    bins[place < AET_LOG_BINS ? (int)place : AET_LOG_BINS - 1]++;
  }
}

static double Intensity(double bin, double largest)
{
  return largest * exp((bin - AET_LOG_BINS + 1.5) * bin_width);
}

static void Smooth(const int64_t *bins, double *density)
{
  double sigma = BANDWIDTH / bin_width;
  int    taps = (int)ceil(4 * sigma);

  memset(density, 0, AET_LOG_BINS * sizeof *density);
  for (int b = 0; b < AET_LOG_BINS; b++) {
    if (!bins[b]) continue;
    for (int k = -taps; k <= taps; k++)
      if (b + k >= 0 && b + k < AET_LOG_BINS)
        density[b + k] += (double)bins[b] * exp(-0.5 * k * k / (sigma * sigma)) / (sigma * 2.5066282746310002);
  }
}

/* Walking down from bin `top`: the next mode below a real dip. Receives the top of the mode that `top` lies on; returns the bin of the dip,
   or -1 when the histogram ends first. */
static int NextDip(const double *density, int top, int *mode)
{
  /* counts that one point of the smoothed histogram rests on */
  const double counts = 2 * 1.7724538509055159 * BANDWIDTH / bin_width;
  int          low;

  *mode = low = top;
  for (int b = top; b >= 0; b--) {
    if (low == *mode ? density[b] > density[*mode] : 0) *mode = low = b;
    if (density[b] < density[low]) low = b;
    if (low != *mode && density[b] > density[low]) { /* rising again: a second mode, or chance? */
      double lesser = fmin(density[b], density[*mode]);
      if (density[low] < DIP * lesser && (lesser - density[low]) * counts > 3 * sqrt(lesser * counts)) return low;
      if (density[b] > density[*mode]) *mode = low = b;
    }
  }
  return -1;
}

/* Mean intensity of the counts in bins low … high. */
static double MeanIntensity(const int64_t *bins, int low, int high, double largest)
{
  double sum = 0, number = 0;

  for (int b = low; b <= high; b++) {
    sum += (double)bins[b] * Intensity(b, largest);
    number += (double)bins[b];
  }
  return number > 0 ? sum / number : 0;
}

/* Half of the mean above the threshold, until it rests. */
static double HalfMean(const int64_t *bins, int mode, int high, double largest)
{
  int low = mode;

  for (int round = 0; round < 100; round++) {
    double half = 0.5 * MeanIntensity(bins, low, high, largest);
    int    next = AET_LOG_BINS - 1 + (int)floor(log(half / largest) / bin_width);
    if (next < 0) next = 0;
    if (next >= low && round) break;
    low = next < low ? next : low;
  }
  return 0.5 * MeanIntensity(bins, low, high, largest);
}

/* From the top of a mode down to half of its height, in the logarithm. */
static double FallingWidth(const double *density, int mode)
{
  int b = mode;

  while (b > 0 && density[b] > 0.5 * density[mode]) b--;
  return (mode - b) * bin_width;
}

double AetThresholdFind(const int64_t *bins, double largest, int species, double least_ratio, double widest, int *valley)
{
  double density[AET_LOG_BINS], brightest = 0;
  int    top = AET_LOG_BINS - 1, dip = -1, mode, last_mode = -1, last_top = top, last_dip = -1;

  Smooth(bins, density);
  *valley = 0;
  while (top > 0 && density[top] <= 0) top--;
  if (top == 0) return 0;
  for (int s = 0; s < species && top >= 0; s++, top = dip) {
    dip = NextDip(density, top, &mode);
    if (s && (Intensity(mode, largest) < least_ratio * brightest || FallingWidth(density, mode) > widest)) break; /* noise */
    if (!s) brightest = Intensity(mode, largest);
    last_mode = mode, last_top = top, last_dip = dip;
    if (dip < 0) break;
  }
  if (last_dip >= 0) {
    *valley = 1;
    return Intensity(last_dip, largest);
  }
  return HalfMean(bins, last_mode, last_top, largest);
}
