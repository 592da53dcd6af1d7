/* The search of a rotation and a shift from nothing, in parts. */
#ifndef AET_SERIES_REGISTER_TRIALS_H
#define AET_SERIES_REGISTER_TRIALS_H

#include "atoms/kernel/cells.h"
#include "series/register_private.h"

/* A way to put a onto b. */
typedef struct {
  AetFit fit;
  double score;
  int    near;  /* 1: of all shifts of its rotation, the one that best puts the middles on each other */
  int    order; /* tells trials of one score apart */
} AetTrial;
/* Both lists of atoms and their cells. */
typedef struct {
  MPI_Comm                       comm;
  const AetCloud                *a, *b;
  AetCells                       a_cells, b_cells;
  const AetRegistrationSettings *settings;
} AetTrialSpace;

/* Best first, those that are `near` before the others. */
void AetTrialsSort(ptrdiff_t count, AetTrial *trial);
/* The trials of every rank, [each][per], `each` of the AetBlock over `total`, in order on every rank (PetscFree). Collective. */
PetscErrorCode AetTrialsGather(MPI_Comm comm, ptrdiff_t total, int per, const AetTrial *mine, AetTrial **all);
/* Rotations at which the vectors between near atoms agree (PetscFree), best first. Collective. */
PetscErrorCode AetTrialTurns(const AetTrialSpace *space, ptrdiff_t *count, AetTrial **trial);
/* For these rotations the shifts at which most atoms fall on atoms of their species; replaces the list. Collective. */
PetscErrorCode AetTrialShifts(const AetTrialSpace *space, ptrdiff_t *count, AetTrial **trial);

#endif
