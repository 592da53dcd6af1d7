/* Images turned by quarters, so that the lines of any scan are rows. Plain C. */
#ifndef AET_TILT_KERNEL_TURN_H
#define AET_TILT_KERNEL_TURN_H

#include <stddef.h>

/* A scan turned by `quarters` · 90°: its fast direction on the image is (cos, sin) of that angle (x, y), the next line lies towards (-sin,
   cos). scan [n][n] has its lines as rows, in the order they were taken. The two are not the same array. */
void AetTurnToScan(ptrdiff_t n, int quarters, const float *image, float *scan);
void AetTurnToImage(ptrdiff_t n, int quarters, const float *scan, float *image);
/* A displacement {dx, dy} along the scan's rows and columns, on the image, and back. */
void AetTurnVectorToImage(int quarters, const double scan[2], double image[2]);
void AetTurnVectorToScan(int quarters, const double image[2], double scan[2]);

#endif
