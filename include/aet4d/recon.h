/** \file recon.h  Volumes from tilt series. */
#ifndef AET4D_RECON_H
#define AET4D_RECON_H

#include <aet4d/tilt.h>

AET_EXTERN const AetOptionTable AetReconOptions;

/** What a reconstruction reports. Arrays belong to the AetRecon. */
typedef struct {
  const char   *method;
  PetscInt      iterations;
  double        r1;      /* Σ|A O - b| / Σ|b| over all measured pixels */
  const double *r1_view; /* [views] the same of each view */
  double        error;   /* GENFIRE: errK on the enforced Fourier voxels; others: relative l2 residual */
  double        rfree;   /* withheld data; negative if none was withheld */
  int           shells;  /* GENFIRE: R_free by shell of one voxel of the padded grid */
  const double *rfree_shell;
  double        seconds_per_iteration;
  PetscInt      checkpoints; /* written, and the seconds that they took */
  double        checkpoint_seconds;
} AetReconReport;

/** A reconstruction: Create → SetFromOptions → SetUp → Solve → Destroy. Each collective on the tilt series' communicator. */
typedef struct _p_AetRecon *AetRecon;
/** `tilt` is borrowed until Destroy. */
AET_EXTERN PetscErrorCode AetReconCreate(AetTiltSeries tilt, AetRecon *recon);
/** Reads `recon_*`: method, iterations, thickness, support, oversampling, rfree_fraction, extended, … */
AET_EXTERN PetscErrorCode AetReconSetFromOptions(AetRecon recon);
/** Lets Solve keep the state of an iterating method in the HDF5 file `path` (`recon_checkpoint_*`), and go on from it where the file was
    written under the same `key`, a text that tells equal inputs and options; the volume is then, bit for bit, that of an undisturbed run,
   on any number of ranks. When SIGUSR1 or SIGTERM has come (AetInterruptWatch), Solve writes it and returns AET_ERR_INTERRUPTED. The caller
    removes the file. Methods that do not iterate, cgls and lsqr write none and begin again. Not collective; the same on every rank. */
AET_EXTERN PetscErrorCode AetReconSetCheckpoint(AetRecon recon, const char *path, const char *key);
AET_EXTERN PetscErrorCode AetReconSetUp(AetRecon recon);
/** Fixes what estimates depend on, and what SetUp would decide: sizes, and the operator, by the borders of the images, or, where `tilt` is a head
    without images, as for an isolated object unless recon_extended or recon_operator say otherwise. Takes no memory to speak of. Collective. */
AET_EXTERN PetscErrorCode AetReconPlan(AetRecon recon);
/** What a reconstruction will need. */
typedef struct {
  const char *method;
  ptrdiff_t   n[3];       /* of the volume (z, y, x) */
  PetscInt    iterations; /* at most */
  double      bytes;      /* of the rank that needs most, at the worst moment, beside the tilt series */
  double      work;       /* of an iteration, all ranks together, in units of AetTransformWork (AetTransformCalibrate: seconds of one) */
} AetReconEstimate;
/** After AetReconPlan, for any number of ranks of AetThreads() threads. Not collective. */
AET_EXTERN PetscErrorCode AetReconEstimateOn(AetRecon recon, int ranks, AetReconEstimate *estimate);
/** Creates `volume` ([z][y][x], pixel of the tilt series); the caller destroys it. */
AET_EXTERN PetscErrorCode AetReconSolve(AetRecon recon, AetVolume *volume);
AET_EXTERN PetscErrorCode AetReconGetReport(AetRecon recon, const AetReconReport **report);
AET_EXTERN PetscErrorCode AetReconDestroy(AetRecon *recon);

/* ---------------------------------------------------------------- the projector pair A, Aᵀ */

/** Projections of a volume along the views of a tilt series, and the exact adjoint: type-2 / type-1 non-uniform FFT with a Kaiser–Bessel
    kernel between the padded spectrum of the volume and its central slices. Collective on tilt->comm. */
typedef struct _p_AetProjector *AetProjector;
/** For volumes of n (z,y,x) and the views and image size of `tilt` (borrowed). `width`: taps of the kernel per axis (4 … 8). */
AET_EXTERN PetscErrorCode AetProjectorCreate(AetTiltSeries tilt, const ptrdiff_t n[3], double oversampling, int width,
                                             AetProjector *projector);
AET_EXTERN PetscErrorCode AetProjectorDestroy(AetProjector *projector);
/** images [v_count][ny][nx] = A volume (slab of AetBlock over n_z). */
AET_EXTERN PetscErrorCode AetProjectorForward(AetProjector projector, const float *volume, float *images);
/** volume = Aᵀ images. */
AET_EXTERN PetscErrorCode AetProjectorAdjoint(AetProjector projector, const float *images, float *volume);

/* ---------------------------------------------------------------- angles and shifts */

/** The options of angle refinement, `recon_angles_*`. */
AET_EXTERN const AetOptionTable AetAngleOptions;
typedef struct {
  PetscInt  rounds;         /* of reconstruction and refinement, over all resolutions */
  PetscInt  iterations;     /* steps of RESIRE in each */
  double    range_deg;      /* nominal angles are wrong by at most this, each of the three */
  double    shift_range_px; /* images are shifted by at most this */
  double    axis_range_deg; /* tilt-axis search before everything else; 0: none */
  PetscInt  size_max;       /* finest images and volumes, in pixels per side; 0: as measured */
  ptrdiff_t thickness;      /* of the volume along the beam, in measured pixels; 0: the width of the images */
  PetscBool search;         /* projection matching before Gauss–Newton */
} AetAngleSettings;
/** From `recon_angles_*` and `recon_thickness`; registers the tables. Not collective. */
AET_EXTERN PetscErrorCode AetAngleSettingsFromOptions(AetAngleSettings *settings);

/** What a refinement found. Arrays [views], complete on every rank. */
typedef struct {
  ptrdiff_t views;
  PetscInt  rounds;
  double   *change_deg;                   /* angle of the rotation from the nominal to the refined orientation */
  double (*shift_px)[2];                  /* (u, v) by which the image was moved back, in pixels */
  double   *misfit_before, *misfit_after; /* of a view with its projection, relative l2, at the finest resolution */
  double    mean_change_deg, max_change_deg, mean_shift_px;
  double    before, after;           /* root mean square of the misfits */
  PetscBool changed;                 /* false: the refined angles fitted no better, and the series was left as it was */
  double    axis_deg, axis_shift_px; /* of the tilt-axis search */
} AetAnglesReport;
AET_EXTERN PetscErrorCode AetAnglesReportFree(AetAnglesReport *report);

/** Refines three angles and two shifts of every view against reconstructions from all of them, coarse to fine: projection matching
   (Penczek, Grassucci and Frank, Ultramicroscopy 53 (1994) 251), then damped Gauss–Newton with the analytic derivative. `tilt` is changed
   in place: angles, rotations, images (moved back by a Fourier shift). The rotation and the shift common to all views are free; they are
   chosen so that the refined poses are nearest to the nominal ones. For isolated objects. Collective on tilt->comm; the report is freed by
    AetAnglesReportFree. */
AET_EXTERN PetscErrorCode AetAnglesRefine(AetTiltSeries tilt, const AetAngleSettings *settings, AetAnglesReport *report);
/** Bytes that AetAnglesRefine needs beside the tilt series (its images may be missing) on the rank that has most of `ranks`, at the finest
    level. Not collective. */
AET_EXTERN PetscErrorCode AetAnglesEstimateOn(AetTiltSeries tilt, int ranks, double *bytes);
/** The rotation of all images about the beam (within ±range_deg, right-handed, to add to every view) and their common shift across the tilt
    axis (within ±range_px) with which quick low-resolution reconstructions fit best. `tilt` is not changed. Collective. */
AET_EXTERN PetscErrorCode AetTiltAxisSearch(AetTiltSeries tilt, double range_deg, double range_px, double *axis_deg, double *shift_px);

/* ---------------------------------------------------------------- orientations, where nothing is known of them */

/** The options of the search of orientations, `recon_orientations_*`. */
AET_EXTERN const AetOptionTable AetOrientationOptions;
typedef struct {
  PetscInt         starts;            /* random beginnings; the best goes on */
  double           diameter_angstrom; /* of the object at most; 0: from the images */
  uint64_t         seed;
  PetscBool        refine; /* AetAnglesRefine from what was found */
  AetAngleSettings angles; /* of that */
} AetOrientationSettings;
/** From `recon_orientations_*`, `seed`, `recon_angles_*`, `recon_thickness`; registers the tables. Not collective. */
AET_EXTERN PetscErrorCode AetOrientationSettingsFromOptions(AetOrientationSettings *settings);

/** What a search found. */
typedef struct {
  ptrdiff_t       views, left_out; /* in the series now; taken out of it because they showed no light */
  double          diameter_angstrom;
  PetscInt        starts, best;
  double         *start_misfit; /* [starts] relative square that the best orientations leave, where the starts are compared */
  double          misfit;       /* the same at the end of the search, at the finer resolution `angstrom` */
  double          angstrom;
  double          mean_shift_px; /* by which images were moved back, the refinement's apart */
  AetAnglesReport angles;        /* of the refinement; views is 0 where there was none */
} AetOrientationsReport;
AET_EXTERN PetscErrorCode AetOrientationsReportFree(AetOrientationsReport *report);

/** Finds the orientations and shifts of views of which nothing is known: one isolated object on a dark or even background, seen from any
    side. From random starts, every view is compared with every orientation of a grid over all of SO(3), by band-limited central slices on
    polar coordinates, and a volume is made from all of them, weighted (expectation maximisation: Sigworth, J. Struct. Biol. 122 (1998) 328;
    Scheres, J. Mol. Biol. 415 (2012) 406), the weights ever narrower, the resolution ever finer; the start that leaves least goes on, to
    AetAnglesRefine. `tilt` is changed in place: angles, rotations, images moved back by a Fourier shift; views without light are taken
    out. The object as a whole may be turned, and it may be its mirror image: projections of unknown orientation do not tell which. The
    search gives the same bits on any number of ranks. AET_ERR_INPUT for fewer than three views with light or an object
    of less than 8 pixels, AET_ERR_DATA for pixels that are not finite.
    Collective on tilt->comm; the report is freed by AetOrientationsReportFree. */
AET_EXTERN PetscErrorCode AetOrientationsFind(AetTiltSeries tilt, const AetOrientationSettings *settings, AetOrientationsReport *report);

/** How one volume lies on another: the point r of the fixed volume is the point matrix · r + shift of the moving one. */
typedef struct {
  double    matrix[9];   /* row-major, on (x, y, z): a rotation, or one times a reflection */
  PetscBool mirrored;    /* which of the two */
  double    shift_px[3]; /* x, y, z, voxels about the origin */
  double    correlation; /* Pearson's, of the aligned volume with the fixed one */
} AetVolumeAlignment;
/** The rotation, shift and hand with which `moving` matches `fixed` best (volumes of one size and pixel, of isolated objects), and `moving`
    as it lies then (created; the caller destroys it). All rotations at low resolution, about the centres of mass, then a climb from the
    best few at higher resolution; the score is the Fourier shell correlation, all shells alike. Every rank holds both volumes and their
    spectra on doubled grids. The same bits on any number of ranks. Collective on the volumes' communicator. */
AET_EXTERN PetscErrorCode AetVolumeAlign(AetVolume moving, AetVolume fixed, AetVolumeAlignment *alignment, AetVolume *aligned);

/** Fourier shell correlation of two volumes of one size: fsc[shell], shells of one voxel of the unpadded transform, floor(min n / 2)+1 of
    them (allocated; PetscFree). Collective. */
AET_EXTERN PetscErrorCode AetFourierShellCorrelation(AetVolume a, AetVolume b, int *shells, double **fsc);

/** Resolution by half sets: the Fourier shell correlation of the reconstructions from the odd and from the even views. */
typedef struct {
  int     shells;
  double *frequency;         /* [shells] 1/Å */
  double *fsc, *half_bit;    /* [shells] correlation; threshold of half a bit (van Heel and Schatz, J. Struct. Biol. 151 (2005) 250) */
  double  angstrom_05;       /* where the curve first falls below 0.5, between shells by linear interpolation; where it never does, the */
  double  angstrom_0143;     /* period of the last shell, two voxels: the resolution is then that or better. The same for 0.143 */
  double  angstrom_half_bit; /* and for half a bit */
} AetResolution;
/** Reconstructs the odd and the even views, each by the method and the settings of `recon_*`, and compares them. A half has half the
    angular sampling of the whole, so the volume from all views is resolved as well or better. What the halves share (a support FILE, angles
    refined with all views) correlates them beyond the data, and the missing wedge, zero or alike in both, is not told from measured
    frequencies. All ranks receive the same; AetResolutionFree. AET_ERR_INPUT for fewer than two views. Collective on tilt->comm. */
AET_EXTERN PetscErrorCode AetReconHalfSets(AetTiltSeries tilt, AetResolution *resolution);
AET_EXTERN PetscErrorCode AetResolutionFree(AetResolution *resolution);

/* ---------------------------------------------------------------- 3D Fourier filtering */

typedef enum { AET_FOURIER_FILTER_NONE, AET_FOURIER_FILTER_BRAGG, AET_FOURIER_FILTER_WIENER } AetFourierFilter;
typedef struct {
  AetFourierFilter kind;
  double           threshold;    /* bragg: |F|² over the square of the background, from which on a coefficient is kept */
  double           radius, edge; /* bragg: voxels of Fourier space by which what is kept grows, and over which its edge is soft */
} AetFourierFilterSettings;
/** From `recon_filter` and `recon_filter_*`. Not collective. */
AET_EXTERN PetscErrorCode AetFourierFilterSettingsFromOptions(AetFourierFilterSettings *settings);
typedef struct {
  const char *name;           /* of the filter */
  double      found_fraction; /* of the coefficients: above the threshold (bragg) or above the background (wiener) */
  double      kept_fraction;  /* mean gain over all coefficients */
  double      kept_power;     /* Σ |gain F|² / Σ |F|²; 1 where the volume is zero */
} AetFourierFilterReport;
/** Filters a volume in place by the peaks of its Fourier transform over their radial background n(|k|), the median of |F| in shells:
    `bragg` keeps |F|² > threshold n², grown by a radius with soft edges; `wiener` multiplies by max(0, |F|² - n²) / |F|² smoothed by a box
   of 3³ (Chen et al., Nature 496 (2013) 74). It suppresses what is not periodic, defects too: volume->processing says that it was done, and
    the unfiltered volume belongs beside the result. `none` changes nothing. The same bits on any number of ranks. AET_ERR_DATA for values
    that are not finite. Collective on volume->comm. */
AET_EXTERN PetscErrorCode AetVolumeFourierFilter(AetVolume volume, const AetFourierFilterSettings *settings,
                                                 AetFourierFilterReport *report);
/** Bytes that it needs beside the volume on the rank that has most of `ranks`; 0 for `none`. Not collective. */
AET_EXTERN PetscErrorCode AetFourierFilterEstimateOn(const ptrdiff_t n[3], const AetFourierFilterSettings *settings, int ranks,
                                                     double *bytes);

/** One line of a scan: some settings, after some iterations. */
typedef struct {
  char      settings[256]; /* what was scanned, as `method=genfire oversampling=2 …`: the keys without recon_ */
  int       candidate;     /* lines of one candidate differ in the iterations */
  PetscInt  iterations;
  double    r1, rfree; /* Σ|A O - b| / Σ|b| over the views reconstructed from, and over those left out */
  double    seconds;   /* since the candidate began */
  PetscBool final;     /* reached the last round, from which the choice is made */
  PetscBool chosen;
} AetScanRow;
/** A scan: the same on every rank. */
typedef struct {
  int         count, chosen, candidates, rounds, groups;
  ptrdiff_t   left_out; /* views */
  AetScanRow *rows;
  int         keys; /* the chosen settings as options; AetReconScanUse */
  char (*key)[64], (*value)[64];
} AetScan;
/** `recon_auto`: every setting of the method (of resire and genfire, where none is set) that the user has not set is tried, on `groups` groups
    of ranks side by side. Each candidate reconstructs the same views, without a tenth of them, which are the same for all; it is
    judged by how its volume projects along those, R_free, every few iterations of one course. Weak candidates are dropped after short
    courses. The table depends on neither ranks nor groups, but for the seconds. AET_ERR_INPUT for fewer than 5 views, or more groups than
    ranks. Collective on tilt->comm; AetReconScanFree. docs/theory/choosing.md. */
AET_EXTERN PetscErrorCode AetReconScan(AetTiltSeries tilt, AetScan *scan);
/** Sets the chosen settings as options, or (`use` false) unsets them. Not collective, the same on every rank. */
AET_EXTERN PetscErrorCode AetReconScanUse(const AetScan *scan, PetscBool use);
AET_EXTERN PetscErrorCode AetReconScanFree(AetScan *scan);
/** After SetFromOptions: nothing is withheld for R_free, which a scan has measured. Not collective. */
AET_EXTERN PetscErrorCode AetReconUseAllData(AetRecon recon);

/** Pearson correlation of two volumes of one size. Collective. */
AET_EXTERN PetscErrorCode AetVolumeCorrelation(AetVolume a, AetVolume b, double *correlation);

#endif
