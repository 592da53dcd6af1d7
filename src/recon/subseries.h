/* Some views of a tilt series as a series of their own. Private to the room. */
#ifndef AET_SUBSERIES_H
#define AET_SUBSERIES_H

#include <aet4d/tilt.h>

/* Views view[count] of `tilt` (global indices, the same on every rank) as a series on `group`: tilt->comm itself, or the group of its ranks
   that this rank is in; then every group receives a series of its own. The caller destroys it. Collective on tilt->comm. */
PetscErrorCode AetSubseries(AetTiltSeries tilt, MPI_Comm group, ptrdiff_t count, const ptrdiff_t *view, AetTiltSeries *series);
/* The same of the views with chosen[view] equal to `which`. Collective on tilt->comm. */
PetscErrorCode AetSubseriesWhere(AetTiltSeries tilt, MPI_Comm group, const unsigned char *chosen, unsigned char which,
                                 AetTiltSeries *series);

#endif
