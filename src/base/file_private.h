#ifndef AET_BASE_FILE_PRIVATE_H
#define AET_BASE_FILE_PRIVATE_H

#include <aet4d/base.h>
#include <stdlib.h>

/* A whole file on this rank, with a closing zero; free() the text. */
PetscErrorCode AetTextReadLocal(const char *path, char **text, size_t *length);
/* XXH3-128 of bytes in memory. */
void AetBytesDigest(const void *bytes, size_t length, char digest[33]);
/* Fixes the time AetCreated gives: rank 0's clock, so that all ranks and all files of a run say the same. Collective. */
PetscErrorCode AetCreatedAgree(MPI_Comm comm);
/* Forgets command, inputs, digests and libraries. */
void AetProvenanceFree(void);

#endif
