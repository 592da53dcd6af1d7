/* Inside the alignment. */
#ifndef AET_ALIGN_PRIVATE_H
#define AET_ALIGN_PRIVATE_H

#include <aet4d/tilt.h>

/* Places t[views] of the common line in the profiles [views][n]: profile(y + t) = scale · line(y) + offset. On entry t is a first guess,
   good to a few pixels; the mean of all stays. misfit [views]: what is left, root mean square relative to the line's. Not collective, the
   same on every rank that has the same profiles. */
PetscErrorCode AetCommonLine(ptrdiff_t views, ptrdiff_t n, const double *profiles, double *t, double *misfit);

#endif
