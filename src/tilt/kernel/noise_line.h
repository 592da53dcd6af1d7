/* The variance of an image's noise against its mean, from the image itself, and the line through such points. */
#ifndef AET_TILT_KERNEL_NOISE_LINE_H
#define AET_TILT_KERNEL_NOISE_LINE_H
#include <stddef.h>

enum { AET_NOISE_BINS = 32, AET_NOISE_ORDERS = 7 };
/* The orders of differences that may be taken, even, ascending. */
extern const int AetNoiseOrders[AET_NOISE_ORDERS];

typedef struct {
  double mean, variance, count; /* of a class of pixels; count 0: nothing is known */
} AetNoisePoint;

/* The filter of order n: n+1 binomial coefficients of alternating sign, sum of squares 1. It passes the frequencies next to Nyquist's,
   where an image that an aperture made has nothing but noise. Returns the pixels of white noise that are worth one of the filtered ones. */
double AetNoiseFilter(int order, float *taps);
/* Floats of work for the functions below. */
size_t AetNoiseWork(ptrdiff_t ny, ptrdiff_t nx);
/* Mean square of the image filtered along both axes, over the brighter half of its range by `guide`: noise and what is left of the
   structure. Returns the number of pixels. */
double AetNoiseBright(const float *image, const float *guide, ptrdiff_t ny, ptrdiff_t nx, int order, float *work, double *square);
/* Squares of the filtered image, and the means under the squared filter, which is what the squares' expectation is linear in, whatever the
   structure: averaged over classes of pixels of like `guide`. The guide must not know the noise under the filter: it is made of other
   frames, or by AetNoiseGuide. The background (mask 0) is averaged by itself. */
void AetNoisePoints(const float *image, const float *guide, const unsigned char *mask, ptrdiff_t ny, ptrdiff_t nx, int order, float *work,
                    AetNoisePoint point[AET_NOISE_BINS], AetNoisePoint *background);
/* Means of the surroundings of each pixel without the pixels within `inner` of it, out to `outer`. `columns` is room for nx doubles, `work`
   for ny · nx floats. */
void AetNoiseGuide(const float *image, ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t inner, ptrdiff_t outer, double *columns, float *work,
                   float *guide);

typedef struct {
  double alpha, mu, sigma2;
  int    floating; /* no background: the line gives no mu of its own */
} AetNoiseLine;
/* variance = alpha (mean - mu) + sigma2 through `count` points, each weighted by the inverse of the variance of its variance, and less the
   farther it lies off (Tukey's biweight): through the background, if it is known, else mu is 0 or what makes sigma2 0. Returns 0 where the
   points say nothing. */
int AetNoiseFit(int count, const AetNoisePoint *point, const AetNoisePoint *background, AetNoiseLine *line);

#endif
