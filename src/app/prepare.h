/* Inside the stage `prepare`: raw frames or measured images on their way to an aligned tilt series. */
#ifndef AET_APP_PREPARE_H
#define AET_APP_PREPARE_H

#include <aet4d/aet4d.h>

enum { AET_PREPARE_SHOWN = 3 };

typedef struct {
  MPI_Comm       comm;
  AetSummary     summary; /* borrowed */
  ptrdiff_t      views;
  PetscBool      from_frames, changed, refine_angles; /* raw frames were read; a step did something; angles are to be refined too */
  AetNoise       noise;                               /* of one image as it was measured; zeros: not known */
  AetTiltSeries  tilt;
  AetPreparation record, transforms;       /* what is done; what was done to another signal, and is done again (NULL: none) */
  ptrdiff_t      shown[AET_PREPARE_SHOWN]; /* views of the picture: first, least tilted, last */
  ptrdiff_t      before_ny, before_nx;
  float         *before; /* rank 0: those before anything was done; NULL elsewhere */
} AetPrepared;

/* Reads the measurement; raw frames become one image per view: `frames_*`. Collective. */
PetscErrorCode AetPrepareRead(MPI_Comm comm, AetSummary summary, AetPrepared *prepared);
/* Frees everything but the tilt series. */
PetscErrorCode AetPreparedDestroy(AetPrepared *prepared);
/* Background, intensity, shifts, repeats: `background_*`, `align_*`, `prepare_*`. Collective. */
PetscErrorCode AetPrepareSeries(AetPrepared *prepared);
/* Ends a step that began at `begin` (MPI_Wtime): a line of the log and prepare.seconds.NAME, ... Collective. */
PetscErrorCode AetPrepareStep(AetPrepared *prepared, const char *name, double begin, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Angles and shifts that the refinement against reconstructions changed. */
void AetPrepareRecordAngles(AetPrepared *prepared, const AetAnglesReport *report);
/* The images [shown] of [v_count] local ones, `stride` floats apart, on rank 0, [AET_PREPARE_SHOWN][pixels]. Collective. */
PetscErrorCode AetPrepareShow(MPI_Comm comm, ptrdiff_t views, ptrdiff_t v_start, const float *images, ptrdiff_t stride, ptrdiff_t pixels,
                              const ptrdiff_t shown[AET_PREPARE_SHOWN], float *whole);
/* The views of the picture before and after, as PNG. Collective. */
PetscErrorCode AetPicturePrepare(AetPrepared *prepared, const char *path);

#endif
