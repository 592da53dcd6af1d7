#ifndef AET_IO_XYZ_PRIVATE_H
#define AET_IO_XYZ_PRIVATE_H

#include "io/io_private.h"

#define AET_XYZ_WANTED 8

typedef struct {
  PetscInt n;
  char (*symbols)[8];
  double   *position; /* [n][3] */
  char      remark[4096];
  int       columns;                /* further columns that are wanted, by name */
  AetColumn column[AET_XYZ_WANTED]; /* width: that of the file; data NULL where the file has none; of a width that is not what was asked for
                                       (0: any), none either */
} AetXyz;

/* Parses a whole file; `columns` and `column` of xyz say what is wanted, all else is filled. Not collective. */
PetscErrorCode AetXyzLoad(const char *path, AetXyz *xyz);
PetscErrorCode AetXyzFree(AetXyz *xyz);

#endif
