#ifndef AET_TILT_PRIVATE_H
#define AET_TILT_PRIVATE_H

#include <aet4d/tilt.h>

/* AetTiltSeriesCreate; without `images` there is no room for them. Collective. */
PetscErrorCode AetTiltHeadCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                 AetAngleConvention convention, const double (*angles_deg)[3], PetscBool images, AetTiltSeries *tilt);
/* The table "views" of a tilt.h5, on every rank. Collective. */
PetscErrorCode AetTiltReadViews(MPI_Comm comm, const char *path, ptrdiff_t views, double (*angles_deg)[3]);

#endif
