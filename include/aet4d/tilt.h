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

/** Raw frames: several scans [frame][y][x] of every view, as the microscope gave them; views in blocks by AetBlock. All frames show the object the
    same way up. At scan direction s the beam runs along (cos s, sin s) of (x, y), and lines follow each other along (-sin s, cos s): line l is row y = l
    at 0, column x = nx-1-l at 90, row ny-1-l at 180, column l at 270 degrees. */
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
/* ---- drift: sub-pixel tools ----
   Room and plans for images of one size. One such object serves one thread at a time; make them before threads start (FFTW plans one at a
   time). A shift (dx, dy) px says that content at (x, y) of the reference is at (x + dx, y + dy) of the image. */
typedef struct _p_AetRegister *AetRegister;

/** What a match looks at. {0} is plain cross-correlation of all frequencies: the maximum-likelihood shift of two images with white noise,
    its error the Cramér–Rao bound while the noise is moderate. */
typedef struct {
  double    taper;    /* images fade out within this fraction of their size at each edge, 0 … 0.5 */
  double    whiten;   /* 0: cross-correlation; 1: phase correlation (each frequency divided by its size); between: between */
  PetscBool wiener;   /* frequencies weighted by S/(S + N/2), signal and noise from the images' own spectra: for noisy images */
  double    cutoff;   /* frequencies up to this many cycles per pixel; 0: all */
  double    range_px; /* largest |dx|, |dy| looked for; 0: half the image */
} AetMatchOptions;
typedef struct {
  double dx, dy;        /* px */
  double height;        /* of the peak: correlation coefficient of the images as weighted, at most 1 */
  double curvature[3];  /* -second derivatives of the normalised peak: xx, xy, yy per px² (large: sharp) */
} AetMatch;
/** Not collective. */
AET_EXTERN PetscErrorCode AetRegisterCreate(ptrdiff_t ny, ptrdiff_t nx, AetRegister *room);
/** NULL is accepted. Not collective. */
AET_EXTERN PetscErrorCode AetRegisterDestroy(AetRegister *room);
/** moved(y, x) = image(y - dy, x - dx), both [ny][nx] (may be the same array): by Fourier phases along rows and columns. Nothing wraps: what
    comes in from outside are the 16 pixels of the border, mirrored. The noise stays white. Not collective. */
AET_EXTERN PetscErrorCode AetRegisterShift(AetRegister room, double dx, double dy, const float *image, float *moved);
/** Undoes a drift within the frame. path [ny]{dx, dy}: by how much each line is displaced (content at x is at x + dx of its row, and
    line l shows the object's y = l - dy). Rows move by Fourier phases; along columns the uneven rows are interpolated by a sinc of 64 rows. The
    values (counts per dwell time) are kept, not the sum. covered [ny][nx] (NULL: not wanted): 1 where the frame was, falling to 0 outside.
    `frame` and `even` may be the same. Not collective. */
AET_EXTERN PetscErrorCode AetRegisterLines(AetRegister room, const double (*path)[2], const float *frame, float *even, float *covered);
/** Complex numbers of a spectrum for AetRegisterMatchSpectra. Not collective. */
AET_EXTERN size_t AetRegisterSpectrumSize(AetRegister room);
/** The spectrum of an image, padded so that shifts up to half its size do not wrap; less the mean of its border; `taper` of options.
    Not collective. */
AET_EXTERN PetscErrorCode AetRegisterSpectrum(AetRegister room, const AetMatchOptions *options, const float *image,
                                              float complex *spectrum);
/** The shift of the second against the first: the highest point of the cross-correlation, then on grids of 1/10 and 1/100 px (a
    matrix-multiplication transform; Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33 (2008) 156), then by Newton's method with exact
    derivatives. Two images without content give height 0 and no shift. Not collective. */
AET_EXTERN PetscErrorCode AetRegisterMatchSpectra(AetRegister room, const AetMatchOptions *options, const float complex *reference,
                                                  const float complex *image, AetMatch *match);
/** The same of two images [ny][nx]. Not collective. */
AET_EXTERN PetscErrorCode AetRegisterMatch(AetRegister room, const AetMatchOptions *options, const float *reference, const float *image,
                                           AetMatch *match);

#endif
