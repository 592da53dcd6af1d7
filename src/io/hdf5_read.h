#ifndef AET_IO_HDF5_READ_H
#define AET_IO_HDF5_READ_H

#include "io/hdf5_private.h"
#include "io/io_private.h"

PetscBool      AetHdf5Signature(const AetFileHead *head, size_t offset);
PetscErrorCode AetHdf5Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list);

#endif
