/* The state of an iteration in a file. Private to the room; used by course.c alone. docs/decisions/0006-checkpoints.md. */
#ifndef AET_RECON_CHECKPOINT_H
#define AET_RECON_CHECKPOINT_H

#include "recon/course.h"

/* A part of the state, as AetCourseKeep has it. */
typedef struct {
  AetKeptKind kind;
  const char *name;
  void       *address;
  PetscInt    count;
} AetKept;

/* Writes the state after iteration `done` to recon->checkpoint, whole or not at all. Collective. */
PetscErrorCode AetCheckpointWrite(AetRecon recon, PetscInt done, int count, const AetKept *kept);
/* Fills the state from recon->checkpoint and gives its iteration; *done = 0 and nothing is touched, and one line says so, where the file
   belongs to another reconstruction or is damaged; without a line where there is none. Collective. */
PetscErrorCode AetCheckpointRead(AetRecon recon, int count, const AetKept *kept, PetscInt *done);

#endif
