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
  ptrdiff_t frames;         /* of a head: raw frames of each view, from which its images are to be made; else 1 */
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
/** A text that changes where the content of a file changes that the list `frames_files` names: what a stage depends on beside the list itself. ""
    where there is no list. Collective. */
#define AET_FRAMES_STAMP_SIZE 17
AET_EXTERN PetscErrorCode AetFramesStamp(MPI_Comm comm, char stamp[AET_FRAMES_STAMP_SIZE]);
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

/* ---------------------------------------------------------------- noise and denoising */

/** The noise of one image z = alpha p + n, p ~ Poisson, n ~ N(mu, sigma²), in the unit of its pixels: Var(z) = alpha (E z - mu) + sigma².
    mu is the mean of the background, sigma its noise; where an image has no background, mu is 0. */
typedef struct {
  double alpha, mu, sigma;
} AetNoise;
AET_EXTERN const AetOptionTable AetDenoiseOptions;

/** Of one raw frame, from the frames as they are, displaced against each other or not: squares of high differences within each frame against
    local means, averaged over places of like brightness in the other frames; a robust weighted line, through the background outside Otsu's
    mask if there is any. Pixels must be independent of each other (raw, not resampled). The same on every rank; AET_ERR_DATA where there is
    no noise. Collective. Source: Foi et al., IEEE Trans. Image Process. 17 (2008) 1737, with the sorting by independent data. */
AET_EXTERN PetscErrorCode AetNoiseFromFrames(AetFrames set, AetNoise *noise);
/** The same of single images: places are sorted by the brightness of their surroundings. Collective. */
AET_EXTERN PetscErrorCode AetNoiseFromTilt(AetTiltSeries tilt, AetNoise *noise);
/** Of the mean of `frames` such images. Not collective. */
AET_EXTERN AetNoise AetNoiseOfMean(AetNoise noise, double frames);
/** The generalised Anscombe transform 2/alpha · √max(0, alpha z + 3/8 alpha² + sigma² - alpha mu), which makes the noise white of variance 1
    wherever p is a few electrons; (z - mu)/sigma where alpha means nothing. image [count] in place. Not collective. */
AET_EXTERN PetscErrorCode AetNoiseStabilise(AetNoise noise, ptrdiff_t count, float *image);
/** From means of such values back to means of z without bias: the exact unbiased inverse (Mäkitalo and Foi, IEEE Trans. Image Process. 22
    (2013) 91), by a table; continued in a straight line below the transform of p = 0. image [count] in place. Not collective. */
AET_EXTERN PetscErrorCode AetNoiseUnstabilise(AetNoise noise, ptrdiff_t count, float *image);
/* ---- drift of frames ---- */

/** What became of a frame. */
typedef enum {
  AET_FRAME_USED,
  AET_FRAME_EMPTY,   /* not finite, or nothing but one value */
  AET_FRAME_UNLIKE,  /* its content is not that of the others */
  AET_FRAME_MISFIT   /* differs from the mean of the others by more than noise: a jump within the frame, damage */
} AetFrameState;
typedef enum { AET_DRIFT_RIGID, AET_DRIFT_LINEAR, AET_DRIFT_LINES } AetDriftMethod;

/** How every frame was displaced: enough to correct another signal that was taken in the same scan. Displacements are on the image (x, y), in px;
    the mean over the frames of a view is 0. Fields are readable by everybody. */
typedef struct _p_AetDriftRecord *AetDriftRecord;
struct _p_AetDriftRecord {
  MPI_Comm       comm; /* duplicated */
  ptrdiff_t      views, frames, ny, nx;
  ptrdiff_t      v_start, v_count; /* local views */
  double         pixel_angstrom;
  AetDriftMethod method;           /* that was asked for: auto has become one of the others */
  double         flyback_lines;
  double        *scan_deg;         /* [frames] */
  /* on every rank */
  double (*shift)[2];     /* [views · frames] mean over the lines */
  double (*rate)[2];      /* [views · frames] px per line, least squares */
  int     *state;         /* [views · frames] AetFrameState */
  double  *misfit;        /* [views · frames] squared difference from the mean of the others over its expectation; 0 where not known */
  double (*drift)[2];     /* [views] steady drift, px per line time */
  double  *walk_px;       /* [views] r.m.s. random walk per frame that the lines were smoothed with */
  double  *jitter_px;     /* [views] r.m.s. jitter of single lines beside it */
  double  *residual_px;   /* [views] r.m.s. error of a line's displacement relative to the mean, per axis, as the noise allows it; 0: one frame */
  int     *pairs_rejected; /* [views] */
  /* of the local views */
  double (*path)[2]; /* [v_count · frames][lines] displacement of each line along the image's x, y, in the order they were taken */
};
AET_EXTERN const AetOptionTable AetDriftOptions;

/** Registers the frames of each view, corrects the drift between them and within them, and averages them, as the `drift_*` options say.
    Frames that are damaged are left out. One frame per view is taken as it is. Views are spread over ranks and threads; the result does not
    depend on either. `record` (may be NULL) and `tilt` belong to the caller. AET_ERR_DATA if no frame of a view can be used, AET_ERR_INPUT if scan
    directions do not suit (multiples of 90°; other than along x: square images). Method: docs/theory/drift.md. Collective. */
AET_EXTERN PetscErrorCode AetFramesAverage(AetFrames frames, AetDriftRecord *record, AetTiltSeries *tilt);
/** The same corrections and the same choice of frames for another signal of the same scan (same views, frames, sizes). Collective. */
AET_EXTERN PetscErrorCode AetFramesApply(AetDriftRecord record, AetFrames frames, AetTiltSeries *tilt);
/** r.m.s. of residual_px over the views, in pm; frames that were left out; views with more than one frame. Not collective. */
AET_EXTERN PetscErrorCode AetDriftRecordSummary(AetDriftRecord record, double *residual_pm, int *rejected, int *registered);
/** As groups `drift` (one row per frame), `drift_views` and `drift_path` of an open file; and back. Collective. */
AET_EXTERN PetscErrorCode AetDriftRecordWrite(AetDriftRecord record, AetFile file);
AET_EXTERN PetscErrorCode AetDriftRecordRead(MPI_Comm comm, AetFile file, AetDriftRecord *record);
/** NULL is accepted. Collective. */
AET_EXTERN PetscErrorCode AetDriftRecordDestroy(AetDriftRecord *record);

/* ---- distortion ---- */
AET_EXTERN const AetOptionTable AetDistortionOptions;

#define AET_DISTORTION_TERMS 9 /* x, y, xx, xy, yy, xxx, xxy, xyy, yyy */
/** Where the beam really stood (docs/theory/distortion.md): the place on the object of pixel m = (x, y) is Σ_t term[axis][t] · monomial_t(m), both in
    pixels from pixel floor(n/2). A lattice says nothing of its own direction: the rows of the scan keep theirs, term[1][0] = 0. */
typedef struct {
  PetscBool given; /* false: the identity */
  PetscBool cubic; /* terms beyond the first two are in use */
  double    term[2][AET_DISTORTION_TERMS];
  double    sd[2][2];            /* standard deviations of the linear terms */
  double    pixel_angstrom;      /* of the images it was measured on, and holds for */
  double    true_pixel_angstrom; /* of the corrected images: the same, unless the lattice was to calibrate it */
  double    lattice[3];          /* a, b in Å, gamma in degrees of the reference */
  double    residual;            /* r.m.s. of what the lattice leaves of the reference image, over that of the image */
  ptrdiff_t cells;               /* of the lattice in the reference */
  int64_t   created;             /* seconds since 1970 */
  char      source[256], note[256]; /* the reference file; microscope, magnification, … as the user says it */
} AetDistortion;

/** Nothing distorted. */
AET_EXTERN void AetDistortionIdentity(double pixel_angstrom, AetDistortion *distortion);
/** From image [ny][nx] of a crystal with lattice a, b (Å), gamma (degrees), whatever its direction: all Fourier components of the lattice are
    fitted to all pixels at once; linear terms, or with `cubic` all. Finds linear terms whose differences from 1 have a root sum of squares below 0.1. AET_ERR_DATA where no such lattice is seen;
    `name` is for messages. Not collective. */
AET_EXTERN PetscErrorCode AetDistortionFit(const char *name, ptrdiff_t ny, ptrdiff_t nx, const float *image, double pixel_angstrom,
                                           const double lattice[3], PetscBool cubic, AetDistortion *distortion);
/** The image on the object's own grid, in place: linear terms alone by Fourier interpolation along columns, then rows, exact for images whose lines are
    band-limited; others by a cubic B-spline through samples at half pixels. What lies outside the image is its mirrored border. `weight`: times |det| of the inverse map, which
    keeps counts; without it values are kept, as is right where every pixel had the same time. Not collective. */
AET_EXTERN PetscErrorCode AetDistortionApply(const AetDistortion *distortion, ptrdiff_t ny, ptrdiff_t nx, PetscBool weight, float *image);
/** Every image of a series, by `distortion_weight`; the pixel becomes that of the object. AET_ERR_INPUT if the series has another pixel than
    `distortion` (by more than 0.5 %). Collective. */
AET_EXTERN PetscErrorCode AetTiltUndistort(const AetDistortion *distortion, AetTiltSeries tilt);
/** The inverse of a distortion with linear terms alone. */
AET_EXTERN void AetDistortionInverse(const AetDistortion *distortion, AetDistortion *inverse);
/** A file of its own (HDF5, group "distortion") and back. Collective. */
AET_EXTERN PetscErrorCode AetDistortionWrite(MPI_Comm comm, const AetDistortion *distortion, const char *path);
AET_EXTERN PetscErrorCode AetDistortionRead(MPI_Comm comm, const char *path, AetDistortion *distortion);
/** By `distortion_file`, else by `frames_reference` and its lattice, else the identity; refuses a file made with another pixel. Collective. */
AET_EXTERN PetscErrorCode AetDistortionFromOptions(MPI_Comm comm, double pixel_angstrom, AetDistortion *distortion);

/* ---- denoising ---- */

typedef enum { AET_DENOISE_BM3D, AET_DENOISE_WIENER, AET_DENOISE_BOTH } AetDenoiseMethod; /* both: the first, checked by the second */
typedef enum { AET_DENOISE_AUTO, AET_DENOISE_STANDARD, AET_DENOISE_TOMOGRAPHY, AET_DENOISE_STRONG } AetDenoiseProfile;
typedef struct {
  PetscBool         enabled;
  AetDenoiseMethod  method;
  AetDenoiseProfile profile;
  PetscBool         noise_given;
  AetNoise          noise; /* of one image as it is denoised, if given */
} AetDenoiseSettings;
/** From `denoise_*`; `automatic`: what `auto` stands for. Registers the table. Not collective. */
AET_EXTERN PetscErrorCode AetDenoiseSettingsFromOptions(PetscBool automatic, AetDenoiseSettings *settings);

/** One image with white Gaussian noise of standard deviation `sigma`, image [ny][nx] in place; `grey`: levels of 256 that a unit is worth. BM3D (Dabov,
    Foi, Katkovnik, Egiazarian, IEEE Trans. Image Process. 16 (2007) 2080; Lebrun, Image Processing On Line 2 (2012) 175) in both stages, or
    the Wiener filter of overlapping blocks. Over the threads, with the same bits for any number of them. AET_ERR_DATA for an image smaller than
    a block. Not collective. */
AET_EXTERN PetscErrorCode AetDenoiseImage(AetDenoiseMethod method, AetDenoiseProfile profile, double sigma, double grey, ptrdiff_t ny,
                                          ptrdiff_t nx, float *image);

/** What denoising did to one image; residuals are of the stabilised images, in standard deviations of their noise. All of it double. */
typedef struct {
  double grey;           /* levels of 256 that one standard deviation was worth to bm3d */
  double residual;       /* root mean square of what was taken from the object: near 1 */
  double correlation[2]; /* of that with itself one pixel on along x, y: 0 or below */
  double mean;           /* change of the sum of the image, relative to the sum of its sizes */
  double change;         /* root mean square change, in the unit of the image */
  double difference;     /* method both: root mean square difference of the two, relative to the deviation of the image from its mean */
  double ring;           /* method both: frequency in 1/px at which their ring correlation falls to a half */
  double flagged;        /* 1: the two differ by more than twice the median of all images, or what was taken away is like itself by over 0.1 */
} AetDenoisedView;
typedef struct {
  ptrdiff_t        views, flagged;
  AetDenoisedView *view; /* [views], complete on every rank */
} AetDenoiseReport;
/** Denoises every image in place: stabilised by `noise` (of one image as it is: AetNoiseOfMean for means of frames), filtered, brought back by
    the exact unbiased inverse; means over 25 × 25 pixels stay those of the image. `report` is made: AetDenoiseReportFree. Collective. */
AET_EXTERN PetscErrorCode AetTiltDenoise(AetTiltSeries tilt, AetNoise noise, const AetDenoiseSettings *settings, AetDenoiseReport *report);
AET_EXTERN PetscErrorCode AetDenoiseReportFree(AetDenoiseReport *report);

/* ---- what was done to a series ---- */

/** What `prepare` did to one image; zero or one where nothing was done. All of it double, in the order of AetPreparationColumns. */
typedef struct {
  double frames, frames_used;          /* averaged */
  double drift_px, drift_residual_px;  /* root mean square of the frames' shifts from their mean, and of what contradicts them */
  double drift_rate[2];                /* x, y: mean, px per line */
  double denoised;                     /* root mean square change */
  double background, slope[2];         /* at the origin; along x and y, per px */
  double noise;                        /* root mean square of the background, single pixels */
  double object;                       /* part of the image that the object's mask covers */
  double total, scale;                 /* intensity within the mask before the factor; the factor */
  double shift_px[2];                  /* (u, v) at which the object lay and by which the image was moved back */
  double centre_error_px;              /* standard deviation of the centre of mass along x by the noise of the background */
  double line_misfit;                  /* of the common line: root mean square relative to that of the reference */
  double angles_given[3], angles_deg[3]; /* phi, theta, psi before and after */
  double refined_px[2];                /* the part of shift_px that the refinement against reconstructions added */
  double two_ways, two_ways_ring;      /* denoise_method both: difference and ring of AetDenoisedView; what denoising flagged */
  double denoise_flagged;
} AetPreparedView;

/** Two images at the same orientation against what their noise allows. */
typedef struct {
  ptrdiff_t views[2];
  double    correlation, correlation_expected; /* Pearson's, within the object */
  double    r, r_expected;                     /* R = Σ|a - b| / Σ a, and of two images with the noise that they have about their mean */
  PetscBool flagged;
} AetRepeat;

/** The options of `prepare` as a whole, `prepare_*`. */
AET_EXTERN const AetOptionTable AetPrepareOptions;
/** The record of a preparation, complete on every rank. */
typedef struct _p_AetPreparation *AetPreparation;
struct _p_AetPreparation {
  MPI_Comm         comm; /* duplicated */
  ptrdiff_t        views, ny, nx;
  double           pixel_angstrom;
  AetPreparedView *view;     /* [views] */
  double           noise[3]; /* of one image as it was measured: alpha, mu, sigma; 0 unless known */
  AetDriftRecord   drift;           /* of the frames, owned; NULL: there were none */
  AetDistortion    distortion; /* of the scan, corrected; not given: none */
  double           residual_px; /* largest shift that the aligned images still show */
  ptrdiff_t        repeats;
  AetRepeat       *repeat; /* [repeats] */
};
/** One column of the record: a stretch of doubles within AetPreparedView. */
typedef struct {
  const char *name, *unit, *text;
  int         width;
  size_t      offset;
} AetPreparationColumn;
AET_EXTERN const AetPreparationColumn AetPreparationColumns[];
AET_EXTERN const int                  AetPreparationColumnCount;

/** An empty record of a series: scales 1, angles as they are. Collective. */
AET_EXTERN PetscErrorCode AetPreparationCreate(AetTiltSeries tilt, AetPreparation *preparation);
AET_EXTERN PetscErrorCode AetPreparationDestroy(AetPreparation *preparation);
/** Gives every rank what the owners of the views wrote. Collective. */
AET_EXTERN PetscErrorCode AetPreparationShare(AetPreparation preparation);
/** AetTiltSeriesWrite with the record as the table group "preparation" (NULL: without). Collective. */
AET_EXTERN PetscErrorCode AetTiltSeriesWriteWith(AetTiltSeries tilt, AetPreparation preparation, const char *path);
/** The record of a tilt.h5. AET_ERR_DATA where there is none. Collective. */
AET_EXTERN PetscErrorCode AetPreparationRead(MPI_Comm comm, const char *path, AetPreparation *preparation);
/** The record as text, one row per image. Call on one rank. */
AET_EXTERN PetscErrorCode AetPreparationWriteCsv(AetPreparation preparation, const char *path);
/** Moves another signal of the same views the way the record says: shifts and angles; no background, no factor. Drift and distortion come
    before it, from the record's own fields. AET_ERR_INPUT where sizes differ. Collective. */
AET_EXTERN PetscErrorCode AetPreparationApply(AetPreparation preparation, AetTiltSeries tilt);
/** The raw frames of another signal of the same scans to images, by the record's drift (a plain mean where it has none). Collective. */
AET_EXTERN PetscErrorCode AetPreparationAverage(AetPreparation preparation, AetFrames frames, AetTiltSeries *tilt);
/** What AetPreparationApply did with `from` is noted in `preparation` too. Not collective. */
AET_EXTERN void AetPreparationTakeOver(AetPreparation preparation, AetPreparation from);

/* ---- background, intensity ---- */

AET_EXTERN const AetOptionTable AetBackgroundOptions;
typedef enum { AET_BACKGROUND_NONE, AET_BACKGROUND_PLANE, AET_BACKGROUND_LAPLACE } AetBackgroundMethod;
typedef enum { AET_NORMALISE_NONE, AET_NORMALISE_TOTAL } AetNormaliseMethod;
typedef struct {
  AetBackgroundMethod method;
  AetNormaliseMethod  normalise;
  double              smooth_px;  /* blur before the object is sought */
  double              threshold;  /* of the object's core, as a part of Otsu's */
  PetscInt            dilate_px;  /* by which the object's mask is wider than what is seen of it */
  double              laplace_px; /* blur of the background outside the mask, before its inside is filled */
  PetscBool           clip;       /* negative values become zero: biases weak images */
} AetBackgroundSettings;
/** From `background_*`; `automatic` is what `auto` stands for. Registers the table. Not collective. */
AET_EXTERN PetscErrorCode AetBackgroundSettingsFromOptions(PetscBool automatic, AetBackgroundSettings *settings);
/** Finds the object of every image (Otsu's threshold of the blurred image, then all that stands out of the noise around it), estimates the
    background from what lies outside and takes it off: a plane by least squares, or the blurred outside continued into the object by
    Laplace's equation. Noise keeps both signs unless `clip`. Fills background, slope, noise, object, total of the record (may be NULL).
    AET_ERR_DATA for an image without an object or without background. Collective. */
AET_EXTERN PetscErrorCode AetTiltBackground(AetTiltSeries tilt, const AetBackgroundSettings *settings, AetPreparation preparation);
/** Multiplies every image so that the intensity within the object's mask, over a plane through the background outside it, is the median of all.
    For isolated objects. Fills total, scale of the record (may be NULL). Collective. */
AET_EXTERN PetscErrorCode AetTiltNormalise(AetTiltSeries tilt, const AetBackgroundSettings *settings, AetPreparation preparation);

/* ---- alignment ---- */

AET_EXTERN const AetOptionTable AetAlignOptions;
typedef enum { AET_TILT_ALIGN_NONE, AET_TILT_ALIGN_MASS, AET_TILT_ALIGN_LINE, AET_TILT_ALIGN_AUTO } AetAlignMethod;
typedef enum { AET_TILT_ALIGN_REFINE_NONE, AET_TILT_ALIGN_REFINE_SHIFTS, AET_TILT_ALIGN_REFINE_ALL, AET_TILT_ALIGN_REFINE_AUTO } AetAlignRefine;
typedef struct {
  AetAlignMethod method;       /* auto: line for a series with one tilt axis, else mass */
  AetAlignRefine refine;       /* what follows, against reconstructions: not done here, recon.h */
  double         repeat_deg;   /* images whose orientations differ by at most this are repeats of each other */
  double         damage_factor; /* a repeat is flagged where its R is larger than expected by this factor */
  uint64_t       seed;
} AetAlignSettings;
/** From `align_*` and `seed`; `automatic`: what `auto` stands for. Registers the table. Not collective. */
AET_EXTERN PetscErrorCode AetAlignSettingsFromOptions(PetscBool automatic, AetAlignSettings *settings);
/** Moves every image by a Fourier shift so that the object's centre of mass is at the origin. Method `mass`: in both directions, for any
    orientations. Method `line`: across the tilt axis; along it, by the common line of a series with one tilt axis: the images summed across
    the axis, and shifted and scaled, are one profile, found with the shifts by Gauss–Newton, weighted by what the profiles leave.
    Every image is interpolated once. Fills shift_px, line_misfit, centre_error_px of the record (may be NULL) and looks again for its
    residual_px. Collective. */
AET_EXTERN PetscErrorCode AetTiltAlign(AetTiltSeries tilt, const AetAlignSettings *settings, const AetBackgroundSettings *background,
                                       AetPreparation preparation);
/** Every pair of a first and a later image of one orientation, compared within the object with what their noise allows (`noise`: Var(z) =
    alpha z + sigma² of the images as they are, alpha 0 and sigma 0: from the background of each): R and correlation of two images simulated
    from the mean of both. Fills repeats of the record. Collective. */
AET_EXTERN PetscErrorCode AetTiltDamage(AetTiltSeries tilt, const AetAlignSettings *settings, const AetBackgroundSettings *background,
                                        const double noise[2], AetPreparation preparation);

#endif
