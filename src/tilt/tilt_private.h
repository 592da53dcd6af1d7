#ifndef AET_TILT_PRIVATE_H
#define AET_TILT_PRIVATE_H

#include <aet4d/tilt.h>

/* The table "views" of a tilt.h5, on every rank. Collective. */
PetscErrorCode AetTiltReadViews(MPI_Comm comm, const char *path, ptrdiff_t views, double (*angles_deg)[3]);

#endif
