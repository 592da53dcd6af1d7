/* aet4d's own HDF5 files, written without MPI-IO: rank 0 alone holds the HDF5 file and lays out groups, attributes and contiguous datasets;
   every rank writes its own rows at their place in the file and syncs them. A rank whose disk is full then fails alone and keeps nobody
   waiting, and the bytes cannot depend on the number of ranks. Reading, every rank opens the file by itself. */
#ifndef AET_IO_FILE_PRIVATE_H
#define AET_IO_FILE_PRIVATE_H

#include "io/hdf5_private.h"
#include <aet4d/io.h>

struct _p_AetFile {
  MPI_Comm  comm;
  char      path[PETSC_MAX_PATH_LEN], temporary[PETSC_MAX_PATH_LEN];
  PetscBool writing;
  hid_t     id;         /* in writing: of rank 0 only */
  int       descriptor; /* in writing: of the temporary; -1 if not open */
};

/* In writing, HDF5 calls are for rank 0. */
PetscBool AetFileIsMine(AetFile file);
/* Opens a group, making it and those above it where `create`; "" is the root. Not collective. */
PetscErrorCode AetFileGroup(AetFile file, const char *group, PetscBool create, hid_t *id);
/* Sets an attribute of an open object. Not collective. */
PetscErrorCode AetSetNumber(AetFile file, hid_t object, const char *key, hid_t file_type, double value);
PetscErrorCode AetSetText(AetFile file, hid_t object, const char *key, const char *value);

typedef enum { AET_ROWS_FLOAT, AET_ROWS_DOUBLE, AET_ROWS_INT } AetRowsType;
typedef struct {
  const char *key, *value;
} AetTextPair;
/* Writes a new dataset [n0][n1]… of `group`, this rank's rows being start … start+count-1, with `pairs` texts as attributes. Collective. */
PetscErrorCode AetFileWriteRows(AetFile file, const char *group, const char *name, AetRowsType type, int rank, const hsize_t *n,
                                hsize_t start, hsize_t count, const void *data, int pairs, const AetTextPair *pair);
/* The provenance group. Collective. */
PetscErrorCode AetFileWriteProvenance(AetFile file);

#endif
