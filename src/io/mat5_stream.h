/* The bytes of one element of a MATLAB v5 file, as they are or inflated; nothing beyond the element is ever touched. */
#ifndef AET_IO_MAT5_STREAM_H
#define AET_IO_MAT5_STREAM_H

#include <petscsys.h>
#include <stdio.h>
#include <zlib.h>

typedef struct {
  FILE         *file;
  ptrdiff_t     left; /* bytes of the element in the file that are not yet read */
  PetscBool     swap, inflated, ended;
  z_stream      z;
  unsigned char input[1 << 14];
} AetMatStream;

/* The tag before a piece of data. */
typedef struct {
  unsigned      type, bytes;
  PetscBool     small;   /* the data stand in the tag itself */
  unsigned char data[4]; /* of a small one */
} AetMatTag;

/* Begins at the file's position. False where zlib is not ready. */
PetscBool AetMatStreamOpen(AetMatStream *stream, FILE *file, ptrdiff_t bytes, PetscBool swap, PetscBool inflated);
void      AetMatStreamClose(AetMatStream *stream);
/* Exactly `bytes` bytes; false where the element has fewer or is damaged. */
PetscBool AetMatStreamRead(AetMatStream *stream, void *data, size_t bytes);
/* The next tag, and the data of a tag of at most `room` bytes with their padding. */
PetscBool AetMatStreamTag(AetMatStream *stream, AetMatTag *tag);
PetscBool AetMatStreamData(AetMatStream *stream, const AetMatTag *tag, void *data, size_t room);
/* All was read to the end and its checksum is right (of an element that is not inflated: true). */
PetscBool AetMatStreamFinish(AetMatStream *stream);

#endif
