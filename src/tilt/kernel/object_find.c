/* Object and background tell each other apart. */
#include "tilt/kernel/object_find.h"
#include "tilt/kernel/blur.h"
#include "tilt/kernel/object_mask.h"
#include "tilt/kernel/plane_fit.h"
#include <math.h>
#include <string.h>

enum { ROUNDS = 8, ATTEMPTS = 4, CORES = 2, FRAME = 16, FRAME_ROUNDS = 4 };
#define FRAME_NOISES 3
#define NOISES 4    /* standard deviations of the blurred background */
#define LEAST 0.004 /* of the core, where there is no noise */
#define SPECK 0.1   /* of the largest part of the core: smaller parts are noise */
#define CLEAR 12    /* contrast in standard deviations of the blurred background: less asks for a wider blur */
#define MEDIAN_TO_SD 1.4826

/* The value with half of them below; changes their order (Hoare's selection). */
static float Median(ptrdiff_t count, float *values)
{
  ptrdiff_t       low = 0, high = count - 1;
  const ptrdiff_t middle = count / 2;

  while (low < high) {
    const float pivot = values[middle];
    ptrdiff_t   i = low, j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const float swap = values[i];
      values[i++] = values[j], values[j--] = swap;
    }
    if (j < middle) low = i;
    if (i > middle) high = j;
  }
  return count ? values[middle] : 0;
}

/* Mean of the pixels below a value. */
static double Below(ptrdiff_t count, const float *image, double value)
{
  double    sum = 0;
  ptrdiff_t found = 0;

  for (ptrdiff_t i = 0; i < count; i++)
    if (image[i] < value) sum += image[i], found++;
  return found ? sum / (double)found : value;
}

/* Standard deviation of the blurred background, from the median: what is left of the object does not count. */
static double Noise(ptrdiff_t count, const float *above, const unsigned char *mask, float *work)
{
  ptrdiff_t dark = 0;

  for (ptrdiff_t i = 0; i < count; i++)
    if (!mask[i]) work[dark++] = fabsf(above[i]);
  return MEDIAN_TO_SD * Median(dark, work);
}

static double Contrast(ptrdiff_t count, const float *above, const unsigned char *core)
{
  double    sum = 0;
  ptrdiff_t bright = 0;

  for (ptrdiff_t i = 0; i < count; i++)
    if (core[i]) sum += above[i], bright++;
  return bright ? sum / (double)bright : 0;
}

static void Above(ptrdiff_t ny, ptrdiff_t nx, const float *image, const double plane[3], float *above)
{
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) above[y * nx + x] = (float)(image[y * nx + x] - AetKernelPlaneValue(ny, nx, plane, y, x));
}

/* The mask that the background of the last one leaves: in `next`. */
static void Widen(ptrdiff_t ny, ptrdiff_t nx, const float *blurred, const unsigned char *core, ptrdiff_t dilate, AetObjectFound *found,
                  const unsigned char *mask, unsigned char *grown, unsigned char *next, float *above, float *work, ptrdiff_t *stack)
{
  double threshold;

  Above(ny, nx, blurred, found->plane, above);
  found->contrast = Contrast(ny * nx, above, core);
  threshold = fmax(NOISES * Noise(ny * nx, above, mask, work), LEAST * found->contrast);
  memcpy(grown, core, (size_t)(ny * nx));
  AetKernelGrow(ny, nx, above, threshold, grown, stack);
  AetKernelDilate(ny, nx, grown, dilate, next);
}

/* A plane through the frame of the image, less what stands out of it there: a first guess before anything is known of the object. */
static void FramePlane(ptrdiff_t ny, ptrdiff_t nx, const float *blurred, unsigned char *mask, double plane[3], float *above, float *work)
{
  const ptrdiff_t width = (ny < nx ? ny : nx) / FRAME + 1;
  double          rms;

  for (ptrdiff_t i = 0; i < ny * nx; i++) mask[i] = i / nx >= width && i / nx < ny - width && i % nx >= width && i % nx < nx - width;
  for (int round = 0; round < FRAME_ROUNDS; round++) {
    double limit;
    (void)AetKernelPlaneFit(ny, nx, blurred, mask, plane, &rms);
    Above(ny, nx, blurred, plane, above);
    limit = FRAME_NOISES * Noise(ny * nx, above, mask, work);
    for (ptrdiff_t i = 0; i < ny * nx; i++) mask[i] = mask[i] || (limit > 0 && above[i] > limit);
  }
}

/* The core: what is brighter than the threshold, without the specks of noise. */
static void Core(ptrdiff_t ny, ptrdiff_t nx, const float *above, double part, unsigned char *core, ptrdiff_t *stack, float *work)
{
  const double otsu = AetKernelOtsu(ny * nx, above), dark = Below(ny * nx, above, otsu), threshold = dark + part * (otsu - dark);

  for (ptrdiff_t i = 0; i < ny * nx; i++) core[i] = above[i] > threshold;
  AetKernelKeepLargest(ny, nx, SPECK, core, stack, work);
}

/* Object and background at one blur. */
static void FindAt(ptrdiff_t ny, ptrdiff_t nx, const float *image, double blur_px, double part, ptrdiff_t dilate, unsigned char *mask,
                   AetObjectFound *found, float *work, ptrdiff_t *stack)
{
  const ptrdiff_t count = ny * nx;
  float          *blurred = work, *above = work + count, *spare = work + 2 * count;
  unsigned char  *core = mask + count, *grown = core + count, *next = grown + count;

  AetKernelBlur(ny, nx, image, blur_px, blurred, spare);
  FramePlane(ny, nx, blurred, mask, found->plane, above, spare);
  for (int again = 0; again < CORES; again++) {
    Above(ny, nx, blurred, found->plane, above);
    Core(ny, nx, above, part, core, stack, spare);
    AetKernelDilate(ny, nx, core, dilate, mask);
    for (int round = 0; round < ROUNDS; round++) {
      found->dark = AetKernelPlaneFit(ny, nx, image, mask, found->plane, &found->noise);
      if (!found->dark) return;
      Widen(ny, nx, blurred, core, dilate, found, mask, grown, next, above, spare, stack);
      if (!memcmp(mask, next, (size_t)count)) break;
      memcpy(mask, next, (size_t)count);
    }
  }
}

void AetKernelObjectFind(ptrdiff_t ny, ptrdiff_t nx, const float *image, const AetObjectSearch *search, unsigned char *mask,
                         AetObjectFound *found, float *work, ptrdiff_t *stack)
{
  const double most = (double)(ny < nx ? ny : nx) / 16;
  double       blur = search->smooth_px;

  for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
    /* a wide blur carries the object's light out of its mask */
    const ptrdiff_t wider = (ptrdiff_t)ceil(blur - search->smooth_px);
    double          blurred_noise;
    memset(found, 0, sizeof *found);
    FindAt(ny, nx, image, blur, search->threshold, search->dilate_px + wider, mask, found, work, stack);
    blurred_noise = found->noise / (2 * sqrt(3.14159265) * fmax(0.3, blur));
    if (!found->dark || found->contrast >= CLEAR * blurred_noise || blur >= most) break;
    blur = fmin(most, 1.05 * blur * CLEAR * blurred_noise / fmax(found->contrast, 0.1 * CLEAR * blurred_noise));
  }
  found->pixels = ny * nx - found->dark;
}
