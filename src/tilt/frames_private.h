#ifndef AET_TILT_FRAMES_PRIVATE_H
#define AET_TILT_FRAMES_PRIVATE_H

#include "tilt/tilt_private.h"

/* The files of a text list, complete on every rank: `path` or `path:name`, relative paths relative to the list. */
typedef struct {
  ptrdiff_t count;
  char (*file)[PETSC_MAX_PATH_LEN];
} AetFrameList;

/* Whether `file` is text without numbers at its start, as a list of files is. Collective. */
PetscErrorCode AetFrameListIs(MPI_Comm comm, const char *file, PetscBool *list);
/* One file per line; empty lines and those beginning with # are left out. Freed by AetFrameListFree. Collective. */
PetscErrorCode AetFrameListRead(MPI_Comm comm, const char *path, AetFrameList *list);
void           AetFrameListFree(AetFrameList *list);

#endif
