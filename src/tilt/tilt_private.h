#ifndef AET_TILT_PRIVATE_H
#define AET_TILT_PRIVATE_H

#include "io/io_private.h"
#include <aet4d/tilt.h>

/* AetTiltSeriesCreate; without `images` there is no room for them. Collective. */
PetscErrorCode AetTiltHeadCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                 AetAngleConvention convention, const double (*angles_deg)[3], PetscBool images, AetTiltSeries *tilt);
/* The table "views" of a tilt.h5, on every rank. Collective. */
PetscErrorCode AetTiltReadViews(MPI_Comm comm, const char *path, ptrdiff_t views, double (*angles_deg)[3]);

/* Angles by the option `key`, or by `.rawtlt` / `.tlt` beside an MRC stack, for *views views (0: as many as there are, which is returned);
   with `note`, the file is an input of the run. *angles_deg [views][3], PetscFree. Collective. */
PetscErrorCode AetTiltReadAngles(MPI_Comm comm, const char *key, const AetLocated *images, PetscBool note, ptrdiff_t *views,
                                 double (**angles_deg)[3]);
/* The pixel size of the option `key` and of the file, which must not contradict each other; 1 where neither says anything. */
PetscErrorCode AetTiltChoosePixel(const char *key, const AetLocated *images, double *pixel_angstrom);
/* AetTiltSeriesHeadFromOptions where frames are given. Collective. */
PetscErrorCode AetFramesHead(MPI_Comm comm, AetTiltSeries *tilt);
/* AET_ERR_INPUT, naming `name`, where the distortion was measured with another pixel. */
PetscErrorCode AetDistortionCheckPixel(const AetDistortion *distortion, const char *name, double pixel_angstrom);

/* The group "distortion" of an open file. Collective. */
PetscErrorCode AetDistortionPut(AetFile file, const AetDistortion *distortion);
PetscErrorCode AetDistortionGet(AetFile file, const char *path, AetDistortion *distortion);
/* The groups of AetTiltSeriesWrite into an open file. Collective. */
PetscErrorCode AetTiltSeriesWriteInto(AetTiltSeries tilt, AetFile file);
/* A record of zeros. Collective. */
PetscErrorCode AetPreparationAllocate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                      AetPreparation *preparation);

#endif
