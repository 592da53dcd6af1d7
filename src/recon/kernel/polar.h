/* Central slices of a band-limited volume on polar coordinates: what images of unknown orientation are compared on. Plain C.

   A slice has `radii` circles, r_i = (i + 1/2) `step`, and `angles` (a multiple of 4) samples on each, at 2πj/angles. The spectrum of a
   real image at -k is the conjugate of that at k. A half slice keeps angles/2 complex samples of each circle; a signal keeps the real
   numbers Re + Im of all `angles`. Sums of products of two signals over a circle are those of the complex samples (what is even over half a
   turn is orthogonal to what is odd), so signals are rotated and correlated in place of them. */
#ifndef AET_RECON_KERNEL_POLAR_H
#define AET_RECON_KERNEL_POLAR_H

#include <complex.h>
#include <stddef.h>

typedef struct {
  int    radii, angles;
  double step; /* cycles per Å */
} AetPolar;

/* A place in the grid of orientations: a direction of the upper half sphere, seen from above or from below, and a rotation in the plane. */
typedef struct {
  ptrdiff_t direction;
  int       below, turn; /* turn: 0 … angles-1 */
} AetPolarPlace;

/* Direction `index` of `count` on the half sphere, evenly spread (Fibonacci spiral; González, Math. Geosci. 42 (2010) 49): rows of R are
   the image's axes and the direction. */
void AetPolarFrame(ptrdiff_t count, ptrdiff_t index, double R[9]);
/* R of a place; and the place nearest to R. */
void          AetPolarRotation(const AetPolar *polar, const double frame[9], int below, int turn, double R[9]);
AetPolarPlace AetPolarNearest(const AetPolar *polar, ptrdiff_t count, const double (*frame)[9], const double R[9]);

/* Half slice of an image about `centre` (u, v; pixels from pixel 0): the spectrum of (image - base) scale times a window of radius
   `radius` pixels with a soft edge outside of it. `work`: 2 (nx + ny) numbers and nx ny. */
void AetPolarImage(const AetPolar *polar, ptrdiff_t ny, ptrdiff_t nx, const float *image, double pixel, const double centre[2],
                   double radius, double base, double scale, double *work, float complex *half);
/* Size of that work, in numbers. */
size_t AetPolarImageWork(ptrdiff_t ny, ptrdiff_t nx);
/* Signal of a half slice of an object moved back by `shift` (Å). */
void AetPolarSignal(const AetPolar *polar, const float complex *half, const double shift[2], float *signal);

/* Signal of the slice of `spectrum` [N][N][N] (z, y, x; periodic; `cell` cycles per Å per step; of an object about voxel 0) along a frame,
   by trilinear interpolation. */
void AetPolarSample(const AetPolar *polar, const double frame[9], ptrdiff_t N, double cell, const float complex *spectrum, float *signal);
/* Its transpose: adds r · signal to `sum` and r · weight to `weights` [N]³, half of the circles; the conjugate half is left to
   AetPolarSolve. */
void AetPolarSpread(const AetPolar *polar, const double frame[9], ptrdiff_t N, double cell, const float *signal, float weight,
                    float complex *sum, float *weights);
/* sum <- sum / (weights + floor · their mean), both with their conjugate halves. */
void AetPolarSolve(ptrdiff_t N, double floor, float complex *sum, float *weights);

/* out <- out + weight · the signal as the slice of the place's direction sees it. */
void AetPolarTurnAdd(const AetPolar *polar, const float *signal, int below, int turn, float weight, float *out);
/* The transpose: the signal of an image at a place, from the slice of its direction. */
void AetPolarTurn(const AetPolar *polar, const float *slice, int below, int turn, float *signal);
/* Shift (Å) of the image against the model by one Gauss–Newton step, at most `most` long; weight [radii]. */
void AetPolarShift(const AetPolar *polar, const float *image, const float *model, const float *weight, double most, double shift[2]);

#endif
