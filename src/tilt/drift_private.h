/* The drift of the frames of one view: plain C on arrays, so that views can be spread over threads. */
#ifndef AET_TILT_DRIFT_PRIVATE_H
#define AET_TILT_DRIFT_PRIVATE_H

#include "tilt/register_private.h"

typedef struct {
  AetDriftMethod  method;
  int             iterations;
  double          flyback_lines;
  double          walk_px; /* r.m.s. per frame; 0: found */
  double          misfit;  /* a frame is left out above this */
  double          height;  /* and below this part of the median height of the peaks */
  AetMatchOptions match;
} AetDriftSettings;

/* What one thread works in. */
typedef struct {
  AetRegister    room;
  ptrdiff_t      frames, ny, nx;
  float         *corrected, *covered;                           /* [frames][ny][nx] */
  float         *sum, *total;                                   /* over the frames that are used, as covered */
  float         *others, *template, *gradient[2], *mask, *scan; /* [ny][nx] */
  float complex *spectra;                                       /* [frames][spectrum] */
  double        *walk;                                          /* work of AetLineWalk */
  double (*information)[3], (*pull)[2];                         /* [frames][ny] */
  double *variance;                                             /* [ny] */
  double (*soft_information)[3], (*soft_pull)[2];               /* [ny] */
  double (*path)[2], (*before)[2];                              /* [ny], [frames][ny] */
} AetDriftRoom;

/* One view: its frames and what is found about them. */
typedef struct {
  const float  *image;            /* [frames][ny][nx] */
  const double *scan_deg;         /* [frames] */
  double (*path)[2];              /* [frames][lines] along the image's x, y */
  double (*shift)[2], (*rate)[2]; /* [frames] */
  int    *state;                  /* [frames] */
  double *misfit;                 /* [frames] */
  double *drift;                  /* [2] */
  double *walk_px, *jitter_px, *residual_px;
  int    *pairs_rejected;
  float  *mean; /* [ny][nx] */
} AetDriftView;

PetscErrorCode AetDriftSettingsFromOptions(AetDriftSettings *settings);
PetscErrorCode AetDriftRoomCreate(ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, AetDriftRoom *room);
PetscErrorCode AetDriftRoomDestroy(AetDriftRoom *room);
/* Everything of one view: states, paths, summary, mean. */
void AetDriftOfView(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view);
/* Only the mean, of the paths and states that are there. */
void AetDriftMean(AetDriftRoom *room, AetDriftView *view);
/* One frame corrected by its path, and where it was; sums of those that are used. */
void AetDriftCorrect(AetDriftRoom *room, AetDriftView *view, ptrdiff_t frame);
void AetDriftSum(AetDriftRoom *room, const AetDriftView *view);
/* The mean of the other frames that are used, and how much of it there is (mask: 0 … 1, of both). */
void AetDriftOthers(AetDriftRoom *room, const AetDriftView *view, ptrdiff_t frame);
/* Frames that are used. */
int AetDriftCount(const AetDriftRoom *room, const AetDriftView *view);
/* Quarter turns of a frame's scan. */
int AetDriftQuarters(const AetDriftView *view, ptrdiff_t frame);
/* Shifts by pairs; the states of frames that have nothing in common with the others. */
void AetDriftPairs(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view);
/* Paths of the shifts alone, and the steady drift that follows from them. */
void AetDriftBegin(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view);
/* Scans of different directions: first paths, to within a pixel, from the shifts that are there. */
void AetDriftScanPairs(AetDriftRoom *room, AetDriftView *view);
/* All scans along one direction. */
int AetDriftParallel(const AetDriftRoom *room, const AetDriftView *view);
/* One round of fitting every frame's path to the mean of the others. Returns the r.m.s. change of the paths, px. */
double AetDriftRound(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftMethod method, AetDriftView *view);
/* Leaves out the frame that differs from the others by more than noise. Returns whether there was one. */
int AetDriftJudge(AetDriftRoom *room, const AetDriftSettings *settings, AetDriftView *view);

/* A record of zeros; the sums of what the ranks know of it. Collective. */
PetscErrorCode AetDriftRecordCreate(MPI_Comm comm, ptrdiff_t views, ptrdiff_t frames, ptrdiff_t ny, ptrdiff_t nx, const double *scan_deg,
                                    AetDriftRecord *record);
PetscErrorCode AetDriftRecordGather(AetDriftRecord record);

#endif
