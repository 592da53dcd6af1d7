#ifndef AET_IO_XYZ_PRIVATE_H
#define AET_IO_XYZ_PRIVATE_H

#include "io/io_private.h"

typedef struct {
  PetscInt n;
  char (*symbols)[8];
  double *position; /* [n][3] */
} AetXyz;

/* Parses a whole file. Not collective. */
PetscErrorCode AetXyzLoad(const char *path, AetXyz *xyz);
PetscErrorCode AetXyzFree(AetXyz *xyz);

#endif
