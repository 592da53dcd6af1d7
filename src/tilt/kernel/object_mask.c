/* The pixels of the object in an image. */
#include "tilt/kernel/object_mask.h"
#include <math.h>
#include <string.h>

enum { BINS = 256 };

double AetKernelOtsu(ptrdiff_t count, const float *image)
{
  double low = image[0], high = image[0], bins[BINS] = {0}, sum = 0, below = 0, count_below = 0, best = -1, from = 0, to = 0;

  for (ptrdiff_t i = 1; i < count; i++) low = fmin(low, image[i]), high = fmax(high, image[i]);
  if (!(high > low)) return low;
  for (ptrdiff_t i = 0; i < count; i++) bins[(int)fmin(BINS - 1, (image[i] - low) / (high - low) * BINS)] += 1;
  for (int b = 0; b < BINS; b++) sum += b * bins[b];
  for (int b = 0; b < BINS - 1; b++) {
    double between, difference;
    count_below += bins[b], below += b * bins[b];
    if (count_below <= 0 || count_below >= (double)count) continue;
    difference = below / count_below - (sum - below) / ((double)count - count_below);
    between = count_below * ((double)count - count_below) * difference * difference;
    /* empty bins between two classes are all alike: the middle of them */
    if (between > best * (1 + 1e-12)) best = between, from = b;
    if (between >= best * (1 - 1e-12)) to = b;
  }
  return low + (0.5 * (from + to) + 1) * (high - low) / BINS;
}

static void Visit(ptrdiff_t i, const float *image, double threshold, unsigned char *mask, ptrdiff_t *stack, ptrdiff_t *depth)
{
  if (mask[i] || !(image[i] > threshold)) return;
  mask[i] = 1;
  stack[(*depth)++] = i;
}

void AetKernelGrow(ptrdiff_t ny, ptrdiff_t nx, const float *image, double threshold, unsigned char *mask, ptrdiff_t *stack)
{
  ptrdiff_t depth = 0;

  for (ptrdiff_t i = 0; i < ny * nx; i++)
    if (mask[i]) stack[depth++] = i;
  while (depth) {
    const ptrdiff_t i = stack[--depth], y = i / nx, x = i % nx;
    if (x > 0) Visit(i - 1, image, threshold, mask, stack, &depth);
    if (x < nx - 1) Visit(i + 1, image, threshold, mask, stack, &depth);
    if (y > 0) Visit(i - nx, image, threshold, mask, stack, &depth);
    if (y < ny - 1) Visit(i + nx, image, threshold, mask, stack, &depth);
  }
}

/* Turns the part of label `from` that `seed` belongs to into label `to`; returns its pixels. */
static ptrdiff_t Flood(ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t seed, float from, float to, float *label, ptrdiff_t *stack)
{
  static const int dx[4] = {-1, 1, 0, 0}, dy[4] = {0, 0, -1, 1};
  ptrdiff_t        depth = 1, pixels = 0;

  stack[0] = seed, label[seed] = to;
  while (depth) {
    const ptrdiff_t i = stack[--depth], y = i / nx, x = i % nx;
    pixels++;
    for (int k = 0; k < 4; k++) {
      const ptrdiff_t j = i + dy[k] * nx + dx[k];
      if (x + dx[k] < 0 || x + dx[k] >= nx || y + dy[k] < 0 || y + dy[k] >= ny || label[j] != from) continue;
      label[j] = to, stack[depth++] = j;
    }
  }
  return pixels;
}

void AetKernelKeepLargest(ptrdiff_t ny, ptrdiff_t nx, double part, unsigned char *mask, ptrdiff_t *stack, float *label)
{
  ptrdiff_t most = 0;

  for (ptrdiff_t i = 0; i < ny * nx; i++) label[i] = mask[i] ? 1 : 0;
  for (ptrdiff_t i = 0; i < ny * nx; i++) {
    const ptrdiff_t pixels = label[i] == 1 ? Flood(ny, nx, i, 1, 2, label, stack) : 0;
    if (pixels > most) most = pixels;
  }
  for (ptrdiff_t i = 0; i < ny * nx; i++)
    if (label[i] == 2 && (double)Flood(ny, nx, i, 2, 3, label, stack) < part * (double)most)
      (void)Flood(ny, nx, i, 3, 0, label, stack); /* parts do not touch */
  for (ptrdiff_t i = 0; i < ny * nx; i++) mask[i] = label[i] == 3;
}

/* Whether a neighbour is not in the mask: a pixel inside reaches no farther than those at the rim. */
static int AtRim(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, ptrdiff_t y, ptrdiff_t x)
{
  if (x == 0 || y == 0 || x == nx - 1 || y == ny - 1) return 1;
  mask += y * nx + x;
  return !(mask[-1] && mask[1] && mask[-nx] && mask[nx]);
}

void AetKernelDilate(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, ptrdiff_t radius, unsigned char *out)
{
  memcpy(out, mask, (size_t)(ny * nx));
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      if (!mask[y * nx + x] || !AtRim(ny, nx, mask, y, x)) continue;
      for (ptrdiff_t dy = -radius; dy <= radius; dy++) {
        const ptrdiff_t half = (ptrdiff_t)sqrt((double)(radius * radius - dy * dy));
        if (y + dy < 0 || y + dy >= ny) continue;
        for (ptrdiff_t u = x > half ? x - half : 0; u <= x + half && u < nx; u++) out[(y + dy) * nx + u] = 1;
      }
    }
}
