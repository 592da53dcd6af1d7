/* An image whose rows were taken at uneven places, on even rows. Plain C. */
#ifndef AET_TILT_KERNEL_LINE_POSITIONS_H
#define AET_TILT_KERNEL_LINE_POSITIONS_H

#include <stddef.h>

#define AET_SINC_HALF 32 /* rows on either side */

/* A path [ny]{dx, dy}: line l of a frame shows the object's y = l - dy. position[y] is the fractional line that shows y. Straight between
   lines, and beyond the ends with the slope of the last two. */
void AetLinePositions(ptrdiff_t ny, const double (*path)[2], double *position);
/* The path at a fractional line, straight between lines, constant beyond the ends. */
void AetLinePath(ptrdiff_t ny, const double (*path)[2], double line, double at[2]);
/* even[y] = Σ_l weight(position[y] - l) uneven[l]: sinc with a Kaiser window over 64 rows (3e-4 up to 0.46 cycles per row), its sum 1;
   beyond the ends AetOutside. */
void AetLinesResample(ptrdiff_t ny, ptrdiff_t nx, const double *position, const float *uneven, float *even);

#endif
