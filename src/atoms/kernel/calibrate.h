/* A factor that makes standard deviations cover what they say. */
#ifndef AET_ATOMS_KERNEL_CALIBRATE_H
#define AET_ATOMS_KERNEL_CALIBRATE_H
#include <stddef.h>

/* The factor c with which |error| < c at 68.27 % and |error| < 2c at 95.45 % of the `count` errors, the mean of both where they differ.
   `error` (in standard deviations) is sorted by size. 1 for an empty list. */
double AetCalibrate(ptrdiff_t count, double *error);

#endif
