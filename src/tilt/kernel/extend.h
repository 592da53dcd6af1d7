/* Lines of an image made periodic without a jump, and moved by a fraction of a pixel. Plain C. */
#ifndef AET_TILT_KERNEL_EXTEND_H
#define AET_TILT_KERNEL_EXTEND_H

#include <complex.h>
#include <stddef.h>

/* Index 0 … n-1 that a mirror at either end (between the pixels) shows at any i. */
static inline ptrdiff_t AetMirrored(ptrdiff_t i, ptrdiff_t n)
{
  ptrdiff_t j = i % (2 * n);

  if (j < 0) j += 2 * n;
  return j < n ? j : 2 * n - 1 - j;
}

#define AET_STRIP 16 /* pixels at a border that stand for what is outside */

/* Index 0 … n-1 that stands for any i: itself inside; outside, the last pixels of the border mirrored to and fro, so that what is far from
   the border never appears there. */
static inline ptrdiff_t AetOutside(ptrdiff_t i, ptrdiff_t n)
{
  const ptrdiff_t strip = n < AET_STRIP ? n : AET_STRIP;

  return i < 0 ? AetMirrored(i, strip) : i < n ? i : n - 1 - AetMirrored(n - 1 - i, strip);
}

/* line[n] to periodic[N], N ≥ n: behind its end the mirrored end fades into the mirrored beginning (raised cosine). */
void AetLineExtend(ptrdiff_t n, ptrdiff_t N, const float *line, float *periodic);
/* The same of an image [ny][nx] along both axes: periodic [Ny][row]. */
void AetImageExtend(ptrdiff_t ny, ptrdiff_t nx, ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t row, const float *image, float *periodic);
/* spectrum[N/2+1] (r2c of an even N) times exp(-2πi k d/N) · scale: content at x goes to x + d. The highest frequency keeps its real
   part. */
void AetLineRamp(ptrdiff_t N, double d, double scale, float complex *spectrum);
/* line[x] = periodic[x - whole] where that lies within 0 … n-1, its border elsewhere: a move by whole pixels without wrapping. */
void AetLineTake(ptrdiff_t n, ptrdiff_t whole, const float *periodic, float *line);

#endif
