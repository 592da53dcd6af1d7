/* The top of one peak by quartic fits on spline samples. */
#ifndef AET_ATOMS_KERNEL_PEAK_H
#define AET_ATOMS_KERNEL_PEAK_H
#include "atoms/kernel/quartic.h"
#include "atoms/kernel/spline.h"

typedef enum { AET_PEAK_GOOD, AET_PEAK_SADDLE, AET_PEAK_DRIFT, AET_PEAK_RESTLESS } AetPeakStatus;

/* From the voxel `base` (x, y, z): moves by Newton steps, each component clipped to 0.5 voxel, until |step| < 1e-4 voxel. `offset` is the
   top less base, in voxels; `value` the fitted height. Samples are `step` voxels apart. Not good: the Hessian is not negative definite
   (SADDLE), more than 1.5 voxels (and three steps) from the start (DRIFT), or not at rest after 30 steps (RESTLESS). */
AetPeakStatus AetPeakFit(const AetSpline *spline, const AetQuartic *quartic, const ptrdiff_t base[3], double step, double offset[3],
                         double *value);

#endif
