/** \file recon.h  Volumes from tilt series. */
#ifndef AET4D_RECON_H
#define AET4D_RECON_H

#include <aet4d/tilt.h>

AET_EXTERN const AetOptionTable AetReconOptions;

/** What a reconstruction reports. Arrays belong to the AetRecon. */
typedef struct {
  const char   *method;
  PetscInt      iterations;
  double        r1;        /* Σ|A O - b| / Σ|b| over all measured pixels */
  const double *r1_view;   /* [views] the same of each view */
  double        error;     /* GENFIRE: errK on the enforced Fourier voxels; others: relative l2 residual */
  double        rfree;     /* withheld data; negative if none was withheld */
  int           shells;    /* GENFIRE: R_free by shell of one voxel of the padded grid */
  const double *rfree_shell;
  double        seconds_per_iteration;
} AetReconReport;

/** A reconstruction: Create → SetFromOptions → SetUp → Solve → Destroy. Each collective on the tilt series' communicator. */
typedef struct _p_AetRecon *AetRecon;
/** `tilt` is borrowed until Destroy. */
AET_EXTERN PetscErrorCode AetReconCreate(AetTiltSeries tilt, AetRecon *recon);
/** Reads `recon_*`: method, iterations, thickness, support, oversampling, rfree_fraction, extended, … */
AET_EXTERN PetscErrorCode AetReconSetFromOptions(AetRecon recon);
AET_EXTERN PetscErrorCode AetReconSetUp(AetRecon recon);
/** Creates `volume` ([z][y][x], pixel of the tilt series); the caller destroys it. */
AET_EXTERN PetscErrorCode AetReconSolve(AetRecon recon, AetVolume *volume);
AET_EXTERN PetscErrorCode AetReconGetReport(AetRecon recon, const AetReconReport **report);
AET_EXTERN PetscErrorCode AetReconDestroy(AetRecon *recon);

/* ---------------------------------------------------------------- the projector pair A, Aᵀ */

/** Projections of a volume along the views of a tilt series, and the exact adjoint: type-2 / type-1 non-uniform FFT with a Kaiser–Bessel
    kernel between the padded spectrum of the volume and its central slices. Collective on tilt->comm. */
typedef struct _p_AetProjector *AetProjector;
/** For volumes of n (z,y,x) and the views and image size of `tilt` (borrowed). `width`: taps of the kernel per axis (4 … 8). */
AET_EXTERN PetscErrorCode AetProjectorCreate(AetTiltSeries tilt, const ptrdiff_t n[3], double oversampling, int width, AetProjector *projector);
AET_EXTERN PetscErrorCode AetProjectorDestroy(AetProjector *projector);
/** images [v_count][ny][nx] = A volume (slab of AetBlock over n_z). */
AET_EXTERN PetscErrorCode AetProjectorForward(AetProjector projector, const float *volume, float *images);
/** volume = Aᵀ images. */
AET_EXTERN PetscErrorCode AetProjectorAdjoint(AetProjector projector, const float *images, float *volume);

/** Fourier shell correlation of two volumes of one size: fsc[shell], shells of one voxel of the unpadded transform, floor(min n / 2)+1 of
    them (allocated; PetscFree). Collective. */
AET_EXTERN PetscErrorCode AetFourierShellCorrelation(AetVolume a, AetVolume b, int *shells, double **fsc);
/** Pearson correlation of two volumes of one size. Collective. */
AET_EXTERN PetscErrorCode AetVolumeCorrelation(AetVolume a, AetVolume b, double *correlation);

#endif
