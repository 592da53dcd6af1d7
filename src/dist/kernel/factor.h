/* A real factor on rows of lanes. */
#ifndef AET4D_DIST_FACTOR_H
#define AET4D_DIST_FACTOR_H

#include "dist/kernel/lanes.h"

/* rows[count] times factor[count][8], lane by lane; and times factor[count] with `stride` floats between, all lanes alike. */
void AetRowsMultiply(AetLane *rows, ptrdiff_t count, const float *factor);
void AetRowsMultiplyEqual(AetLane *rows, ptrdiff_t count, const float *factor, ptrdiff_t stride);
/* factor[count][8] += Re(turn[count] · lane[8] · rows[count]), for the first `lanes` lanes. */
void AetRowsAddTurned(const AetLane *rows, ptrdiff_t count, const double complex *turn, const double complex *lane, int lanes,
                      float *factor);

#endif
