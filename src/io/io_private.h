/* What the readers of the formats share. A reader works on one rank and knows nothing of the others; array.c, table.c and inspect.c own
   the parallelism. */
#ifndef AET_IO_PRIVATE_H
#define AET_IO_PRIVATE_H

#include "io/kernel/convert.h"
#include <aet4d/io.h>
#include <stdio.h>

#define AET_HEAD_BYTES 1024

/* The beginning of a file, by which its format is known. */
typedef struct {
  unsigned char bytes[AET_HEAD_BYTES];
  size_t        length;     /* of what is in `bytes` */
  ptrdiff_t     file_bytes; /* of the whole file */
} AetFileHead;

typedef struct {
  int           count, room;
  AetArrayInfo *arrays;
} AetArrayList;

/* A reader. `open` gives a state from which `read` takes rows first … first+count-1 of the slowest axis, as float (AET_SCALAR_F32) or
   double (AET_SCALAR_F64). Paths are known to exist and not to be empty. All are called on one rank. */
typedef struct {
  AetFormat format;
  PetscBool parallel;   /* every rank may open the file and read its own part */
  PetscBool transposed; /* a 2D array [n0][n1] is MATLAB's n1 × n0 matrix */
  PetscBool (*recognise)(const AetFileHead *head);
  PetscErrorCode (*inspect)(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list); /* may refine the format */
  PetscErrorCode (*open)(const char *path, const AetArrayInfo *info, void **state);
  PetscErrorCode (*read)(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values);
  PetscErrorCode (*close)(void **state);
} AetReader;

extern const AetReader AetReaderMat5, AetReaderMat73, AetReaderHdf5, AetReaderEmd, AetReaderMrc, AetReaderTiff, AetReaderXyz, AetReaderText;

/* An array of a file, the same on every rank. */
typedef struct {
  char         path[PETSC_MAX_PATH_LEN];
  AetFormat    format;
  AetArrayInfo info;
  ptrdiff_t    group; /* planes of a 3D array that stay on one rank and count as one row of blocks; 0 means 1 */
} AetLocated;

/* The reader of a format; NULL where it holds no arrays. */
const AetReader *AetReaderOf(AetFormat format);
/* The format of a file and the arrays in it. Not collective. */
PetscErrorCode AetInspectLocal(const char *path, AetFormat *format, AetArrayList *list);
/* Finds the array that `file` names, of rank ≤ 2 for a table, else of rank 3 or, failing that, 2. Collective. */
PetscErrorCode AetLocate(MPI_Comm comm, const char *file, PetscBool table, AetLocated *located);
/* The same for stacks of frames: of rank 4 or, failing that, 3 or 2. Collective. */
PetscErrorCode AetLocateFrames(MPI_Comm comm, const char *file, AetLocated *located);
/* Reads a located 3D array (2D: one plane) into data[count][n1][n2], AetBlock over the slowest axis. Collective. */
PetscErrorCode AetLocatedRead(MPI_Comm comm, const AetLocated *located, float *data);
/* Sizes of a located array as [n0][n1][n2]: a 2D array is one plane; of four dimensions, or of groups of planes, the second is the planes
   of a group times their rows. */
void AetLocatedSizes(const AetLocated *located, ptrdiff_t n[3]);

/* Adds an array; n slowest first. */
PetscErrorCode AetArrayListAdd(AetArrayList *list, const char *name, int rank, const ptrdiff_t *n, const char *type, PetscBool numeric,
                               double pixel_angstrom);
/* Number of elements; a negative value where it would not fit an address space. */
ptrdiff_t AetArrayElements(const AetArrayInfo *info);
/* The file exists, is a file and is not empty; its size. */
PetscErrorCode AetFileSize(const char *path, ptrdiff_t *bytes);
/* The whole file, with a 0 behind it; PetscFree. */
PetscErrorCode AetFileSlurp(const char *path, ptrdiff_t *bytes, char **text);
/* "no such file", "is a folder", …: why a path cannot be opened. */
PetscErrorCode AetRaiseOpen(const char *path);

/* Rank 0 visits every plane [n1][n2] of an array distributed by AetBlock over n[0], in order; what a visit returns ends the visits, and is
   agreed. Collective; `visit` is called on rank 0. */
typedef PetscErrorCode (*AetPlaneVisitor)(void *context, ptrdiff_t plane, const float *values);
PetscErrorCode AetPlanesVisit(MPI_Comm comm, const ptrdiff_t n[3], const float *data, AetPlaneVisitor visit, void *context);
/* Writers of foreign formats (`temporary` + rename). Collective. */
PetscErrorCode AetMrcWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, PetscBool stack,
                           const float *data);
PetscErrorCode AetTiffWrite(MPI_Comm comm, const char *path, const ptrdiff_t n[3], double pixel_angstrom, const float *data);
/* `path.<run id>.tmp`, the same on every rank and new at every call. Collective. */
PetscErrorCode AetTemporaryName(MPI_Comm comm, const char *path, char *temporary, size_t size);
/* `path` with its ending replaced (or `ending` added). */
void AetPathWithEnding(const char *path, const char *ending, char *result, size_t size);
/* True if `path` ends in `ending`, whatever the case of its letters. */
PetscBool AetPathEndsIn(const char *path, const char *ending);
/* The .xdmf beside an HDF5 volume. Call on one rank. */
PetscErrorCode AetXdmfWrite(const char *path, const char *dataset, const ptrdiff_t n[3], double pixel_angstrom);

#endif
