/* The course of an iteration: what all iterating methods do alike between two steps. Private to the room. */
#ifndef AET_COURSE_H
#define AET_COURSE_H

#include "recon/recon_private.h"

/* What a method needs to go on from where it was: with these restored (and recon->volume, recon->rfree, which the course keeps itself),
   its next step must be, bit for bit, the one that would have followed. Arrays are given by the address of their pointer: they may change
   places. */
typedef enum {
  AET_KEPT_VOLUME,  /* float *[1]: [z_count][n1][n2] */
  AET_KEPT_IMAGES,  /* float *[1]: [v_count][ny][nx] */
  AET_KEPT_SLICES,  /* float *[1]: [y_count][n0][n2], AetBlock over n1 */
  AET_KEPT_NUMBERS, /* double[count], the same on every rank */
} AetKeptKind;

typedef struct _p_AetCourse *AetCourse;

/* Begins recon->course: progress under `name`. Keep, then Start, then Iterated after every step, then End. Collective. */
PetscErrorCode AetCourseBegin(AetRecon recon, const char *name);
/* Declares a part of the state; `name` is kept as given. Not collective, but the same on every rank. */
PetscErrorCode AetCourseKeep(AetRecon recon, AetKeptKind kind, const char *name, void *address, PetscInt count);
/* *done: the iterations that need not be made again, their state restored: 0 where there is none. Collective. */
PetscErrorCode AetCourseStart(AetRecon recon, PetscInt *done);
/* After step number `done` (from 1): `figure`, which falls as the solution gets better, is the same on every rank. *stop: the figure has
   come to rest (recon_plateau) or the run is asked to end; iterations_done is set. Collective. */
PetscErrorCode AetCourseIterated(AetRecon recon, PetscInt done, double figure, const char *note, PetscBool *stop);
/* Forgets the figures seen so far: what is minimised has changed. Not collective. */
void AetCourseRenew(AetRecon recon);
/* Frees the course, also after an error. Collective. */
PetscErrorCode AetCourseEnd(AetRecon recon);

#endif
