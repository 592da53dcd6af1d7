/** \file tilt.h  The tilt series: images with their angles. */
#ifndef AET4D_TILT_H
#define AET4D_TILT_H

#include <aet4d/dist.h>
#include <aet4d/io.h>
#include <aet4d/units.h>

/** K images [view][y][x], split in blocks of views by AetBlock; angles and rotations complete on every rank. */
typedef struct _p_AetTiltSeries *AetTiltSeries;
struct _p_AetTiltSeries {
  MPI_Comm  comm;           /* duplicated */
  ptrdiff_t views, ny, nx;
  ptrdiff_t v_start, v_count; /* local views */
  double    pixel_angstrom; /* 1 where nothing is known */
  double  (*angles_deg)[3]; /* [views] phi, theta, psi of the zyx convention */
  double  (*rotation)[9];   /* [views] R, row-major, of geometry.md */
  float    *image;          /* [v_count][ny][nx], owned */
  PetscBool head;           /* a series without images, on any rank */
};
AET_EXTERN const AetOptionTable AetTiltOptions;

/** Zero images. `angles_deg` [views][3] is copied. Collective. */
AET_EXTERN PetscErrorCode AetTiltSeriesCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                              AetAngleConvention convention, const double (*angles_deg)[3], AetTiltSeries *tilt);
AET_EXTERN PetscErrorCode AetTiltSeriesDestroy(AetTiltSeries *tilt);
/** From the `tilt_*` options: projections, angles (K×3, or K thetas; `.rawtlt`/`.tlt` beside an MRC stack found by themselves), pixel size
    (from the file where it has one; a disagreement of more than 1 % with the option is an error), convention. Collective. */
AET_EXTERN PetscErrorCode AetTiltSeriesReadFromOptions(MPI_Comm comm, AetTiltSeries *tilt);
/** The same without its images (`head` is true): sizes, angles, pixel, from which a reconstruction can be estimated; of the frames where
    `frames_files` is given in place of projections. Collective. */
AET_EXTERN PetscErrorCode AetTiltSeriesHeadFromOptions(MPI_Comm comm, AetTiltSeries *tilt);
/** aet4d's own `tilt.h5`: EMD group "tilt_series", table group "views" (phi, theta, psi in deg). Collective. */
AET_EXTERN PetscErrorCode AetTiltSeriesWrite(AetTiltSeries tilt, const char *path);
AET_EXTERN PetscErrorCode AetTiltSeriesRead(MPI_Comm comm, const char *path, AetTiltSeries *tilt);

/* ---- frames ---- */

/** Raw frames: several scans [frame][y][x] of every view, as the microscope gave them; views in blocks by AetBlock. */
typedef struct _p_AetFrames *AetFrames;
struct _p_AetFrames {
  MPI_Comm  comm; /* duplicated */
  ptrdiff_t views, frames, ny, nx;
  ptrdiff_t v_start, v_count; /* local views */
  double    pixel_angstrom;   /* 1 where nothing is known */
  double  (*angles_deg)[3];   /* [views] phi, theta, psi of the zyx convention */
  double  (*rotation)[9];     /* [views] R, row-major, of geometry.md */
  double   *scan_deg;         /* [frames] direction of the fast scan on the image: 0 along x, 90 along y, … */
  float    *image;            /* [v_count][frames][ny][nx], owned */
};
AET_EXTERN const AetOptionTable AetFramesOptions;

/** Zero images. `angles_deg` [views][3] and `scan_deg` [frames] (NULL: all 0) are copied. Collective. */
AET_EXTERN PetscErrorCode AetFramesCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom,
                                          AetAngleConvention convention, const double (*angles_deg)[3], const double *scan_deg,
                                          AetFrames *set);
AET_EXTERN PetscErrorCode AetFramesDestroy(AetFrames *set);
/** Whether `frames_files` names frames; AET_ERR_INPUT if `tilt_projections` is given beside it. Not collective. */
AET_EXTERN PetscErrorCode AetFramesAreGiven(PetscBool *given);
/** From the `frames_*` options: one array [view][frame][y][x] (HDF5, EMD, MAT), a stack [view·frame][y][x] of any format, or a text list of
    files, one per view or one per frame; the angles, the pixel, the directions of the scan. Collective. */
AET_EXTERN PetscErrorCode AetFramesReadFromOptions(MPI_Comm comm, AetFrames *set);
/** The mean of the frames of every view as it is, nothing registered. Collective. */
AET_EXTERN PetscErrorCode AetFramesMean(AetFrames set, AetTiltSeries *tilt);

#endif
