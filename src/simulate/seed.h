/* The seed of the run (common option `seed`, default 0), which belongs to the program and not to this room's table. */
#ifndef AET_SIMULATE_SEED_H
#define AET_SIMULATE_SEED_H

#include <aet4d/base.h>

static inline PetscErrorCode AetSimulateSeed(uint64_t *seed)
{
  PetscInt value = 0;

  PetscFunctionBegin;
  PetscCall(PetscOptionsGetInt(NULL, NULL, "-seed", &value, NULL));
  *seed = (uint64_t)value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif
