/* The shifts of several images from the shifts of their pairs. Plain C. */
#ifndef AET_TILT_KERNEL_PAIR_SHIFTS_H
#define AET_TILT_KERNEL_PAIR_SHIFTS_H

#include <stddef.h>

#define AET_PAIR_FRAMES 64 /* at most */

/* shift of `to` against `from`: {dx, dy}; weight 0: not measured. */
typedef struct {
  int    from, to, rejected;
  double shift[2], weight;
} AetPairShift;

/* shift[count][2] that minimise Σ weight |shift_to - shift_from - measured|², their sum over the images 0. Pairs further off than 3
   standard deviations (1.4826 times the median of the deviations, and 0.02 px at least) are rejected: first from the least sum of
   distances, then from the least squares of those that are left. linked[count]: 1 where a pair that is not rejected has the image; the
   others get 0. Returns the number of pairs rejected. */
int AetPairShiftsSolve(int count, int pairs, AetPairShift *pair, double (*shift)[2], int *linked);
/* Median of values[n] (sorts them; the lower of the two middle ones), 0 of none. */
double AetMedian(ptrdiff_t n, double *values);

#endif
