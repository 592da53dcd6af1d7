/* Inside the refinement of angles: the series that is refined, and a level of resolution (docs/theory/angles.md). */
#ifndef AET_ANGLES_PRIVATE_H
#define AET_ANGLES_PRIVATE_H

#include "recon/ramp.h"
#include <aet4d/recon.h>
#include <fftw3.h>

/* Orientations of all views, on every rank: R (row-major) and where the object is seen off the origin, (u, v) in measured pixels. */
typedef struct {
  double (*rotation)[9]; /* [views] */
  double (*shift)[2];    /* [views] */
} AetPoses;
PetscErrorCode AetPosesCreate(ptrdiff_t views, AetPoses *poses);
PetscErrorCode AetPosesDestroy(AetPoses *poses);
void           AetPosesCopy(ptrdiff_t views, const AetPoses *from, AetPoses *to);

/* The series as measured, and what is known of its poses. */
typedef struct {
  AetTiltSeries    measured; /* borrowed; not changed before the end */
  AetAngleSettings settings;
  ptrdiff_t        L;       /* period of the transforms: even, at least as large as the images */
  float complex   *spectra; /* [v_count][L][L/2+1] of the measured images about their origin */
  AetPoses         nominal, now;
} AetAngles;

/* One resolution: the images low-passed on M × M of the L × L frequencies, cut to ny × nx, shifted by what is known; and a volume. */
typedef struct {
  AetAngles    *angles;
  ptrdiff_t     M, pixels; /* pixels: of one small image */
  double        ratio;     /* measured pixels per small pixel */
  AetTiltSeries tilt;      /* the small images, with the rotations to reconstruct from */
  AetVolume     volume;    /* of the last reconstruction */
  AetRamp       ramp;      /* made at the first reconstruction */
  double        norm;      /* largest eigenvalue of filter · AᵀA */
  double       *damping;   /* [v_count] of Gauss–Newton */
  fftwf_plan    to_image, to_plane;
  ptrdiff_t     plane_size; /* floats of one plane */
  float        *planes;     /* [threads][AET_ANGLE_PLANES][plane_size] */
} AetAngleLevel;
enum { AET_ANGLE_PLANES = 3 };

PetscErrorCode AetAngleLevelCreate(AetAngles *angles, ptrdiff_t M, AetAngleLevel *level);
PetscErrorCode AetAngleLevelDestroy(AetAngleLevel *level);
/* The local view of `measured` as this level sees it with the object moved back by `shift`. Not collective. */
void AetAngleLevelImage(AetAngleLevel *level, ptrdiff_t local_view, const double shift[2], int thread, float *image);
/* Work planes of a thread; and a small image as the spectrum of a plane, and back. */
float *AetAngleLevelPlane(AetAngleLevel *level, int thread, int which);
void   AetAngleLevelToSpectrum(AetAngleLevel *level, const float *image, float *plane);
void   AetAngleLevelToImage(AetAngleLevel *level, float *plane, float *image);
/* Takes over poses: the rotations and the shifted images. Not collective. */
void AetAngleLevelPose(AetAngleLevel *level, const AetPoses *poses);
/* Reconstructs level->volume from level->tilt in `iterations` accelerated steps of RESIRE from zero. Collective. */
PetscErrorCode AetAngleLevelReconstruct(AetAngleLevel *level, PetscInt iterations);
/* images [v_count][ny][nx] = projections of `volume` (of level->volume's size) with the given rotations. Collective. */
PetscErrorCode AetAngleLevelProject(AetAngleLevel *level, const double (*rotation)[9], const float *volume, float *images);
/* Misfit of every view with its projection at the best scale, relative: the square root of Σ (b - s Ax)² / Σ b². [views]. Collective. */
PetscErrorCode AetAngleLevelMisfit(AetAngleLevel *level, double *misfit);

/* One step of projection matching: candidates within `reach` steps of `step_deg` about each axis, each at its best shift; the best wins.
   Changes angles->now. Collective. */
PetscErrorCode AetAnglesSearch(AetAngleLevel *level, double step_deg, int reach);
/* `steps` damped Gauss–Newton steps of every view against level->volume; changes angles->now. Collective. */
PetscErrorCode AetAnglesNewton(AetAngleLevel *level, PetscInt steps);
/* Makes poses, known on the owners of the views only, known to all. Collective. */
PetscErrorCode AetPosesShare(AetTiltSeries tilt, AetPoses *poses);
/* Keeps a pose within the ranges about the nominal one. Not collective. */
void AetAnglesClip(const AetAngles *angles, ptrdiff_t view, double R[9], double shift[2]);

/* Spectra and nominal poses of a series; and their end. Collective. */
PetscErrorCode AetAnglesOpen(AetTiltSeries tilt, const AetAngleSettings *settings, AetAngles *angles);
PetscErrorCode AetAnglesClose(AetAngles *angles);
/* The series becomes what is seen with the poses so far: rotations, angles, images moved back. Collective. */
PetscErrorCode AetAnglesApply(AetAngles *angles);
/* AetTiltAxisSearch about the nominal poses; they and those so far become what it finds. Collective. */
PetscErrorCode AetAnglesAxis(AetAngles *angles, double range_deg, double range_px, double *axis_deg, double *shift_px);

/* Bytes of a level of M pixels of a series whose spectra have L, on the rank that has most of `ranks`: while it reconstructs or fits poses. */
double AetAngleLevelBytes(AetTiltSeries tilt, const AetAngleSettings *settings, ptrdiff_t L, ptrdiff_t M, int ranks);

#endif
