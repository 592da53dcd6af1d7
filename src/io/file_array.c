/* EMD 0.2 groups: distributed arrays with their axes. */
#include "io/file_private.h"
#include "io/kernel/convert.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define AET_PIECE_BYTES ((size_t)1 << 26) /* of one write */

static const size_t aet_rows_bytes[] = {sizeof(float), sizeof(double), sizeof(int)};

/* Writes `count` numbers of `bytes` each at `offset`, little-endian whatever this machine is. */
static PetscErrorCode WriteNumbers(AetFile file, off_t offset, size_t bytes, size_t count, const char *data)
{
  const size_t total = bytes * count;
  char        *swapped = NULL;

  PetscFunctionBegin;
  if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) PetscCall(PetscMalloc1(AET_PIECE_BYTES, &swapped));
  for (size_t done = 0; done < total;) {
    const size_t here = PetscMin(AET_PIECE_BYTES, total - done);
    const char  *from = data + done;
    ssize_t      wrote;
    if (swapped) {
      memcpy(swapped, from, here);
      AetSwapBytes(bytes, here / bytes, swapped);
      from = swapped;
    }
    wrote = pwrite(file->descriptor, from, here, offset + (off_t)done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const int why = errno;
      PetscCall(PetscFree(swapped));
      PetscFunctionReturn(
          AetRaise(AET_ERR_WRITE, "%s: the data cannot be written: %s", file->path, wrote ? strerror(why) : "the disk is full"));
    }
    done += (size_t)wrote - (size_t)wrote % bytes; /* a number is never written in two halves: the swap would tear it */
  }
  PetscCall(PetscFree(swapped));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0: makes the dataset with its attributes; its place in the file. */
static PetscErrorCode CreateDataset(AetFile file, hid_t group, const char *name, AetRowsType type, int rank, const hsize_t *n, int pairs,
                                    const AetTextPair *pair, long long *offset)
{
  const hid_t    types[] = {H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I32LE};
  const hid_t    space = H5Screate_simple(rank, n, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t          dataset;
  haddr_t        place;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  /* contiguous and in place at once: every rank writes its rows there; ParaView reads it through XDMF without a copy */
  H5Pset_obj_track_times(create, 0);
  H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY);
  H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
  dataset = H5Dcreate2(group, name, types[type], space, H5P_DEFAULT, create, H5P_DEFAULT);
  H5Pclose(create);
  H5Sclose(space);
  AetCallHDF5(dataset, AET_ERR_WRITE, file->path, "a dataset cannot be made");
  for (int i = 0; i < pairs && !code; i++) code = AetSetText(file, dataset, pair[i].key, pair[i].value);
  place = H5Dget_offset(dataset);
  H5Dclose(dataset);
  *offset = place == HADDR_UNDEF ? -1 : (long long)place; /* a dataset without elements has no place */
  PetscFunctionReturn(code);
}

PetscErrorCode AetFileWriteRows(AetFile file, const char *group, const char *name, AetRowsType type, int rank, const hsize_t *n,
                                hsize_t start, hsize_t count, const void *data, int pairs, const AetTextPair *pair)
{
  long long      offset = -1;
  hsize_t        row = 1;
  hid_t          id = H5I_INVALID_HID;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  for (int a = 1; a < rank; a++) row *= n[a];
  if (AetFileIsMine(file)) {
    code = AetFileGroup(file, group, PETSC_TRUE, &id);
    if (!code) code = CreateDataset(file, id, name, type, rank, n, pairs, pair, &offset);
    if (id >= 0) H5Oclose(id);
    if (!code && offset < 0 && n[0] * row > 0)
      code = AetRaise(AET_ERR_WRITE, "%s: %s/%s found no place in the file", file->path, group, name);
  }
  PetscCall(AetAgree(file->comm, code));
  PetscCallMPI(MPI_Bcast(&offset, 1, MPI_LONG_LONG, 0, file->comm));
  if (count > 0 && row > 0)
    code =
        WriteNumbers(file, (off_t)offset + (off_t)(start * row * aet_rows_bytes[type]), aet_rows_bytes[type], (size_t)(count * row), data);
  PetscCall(AetAgree(file->comm, code));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* dim1 … dim3: rank 0 writes the whole vector. */
static PetscErrorCode WriteAxis(AetFile file, const char *group, int axis, ptrdiff_t n, const char *name, const char *unit, double step)
{
  const ptrdiff_t   origin = strcmp(unit, "angstrom") ? 0 : n / 2;
  const hsize_t     size = (hsize_t)n;
  const AetTextPair pairs[2] = {{"name", name}, {"units", unit}};
  char              dim[16];
  double           *values;
  PetscMPIInt       rank;
  PetscErrorCode    code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  PetscCall(AetAgree(file->comm, PetscMalloc1((size_t)n, &values)));
  for (ptrdiff_t i = 0; i < n; i++) values[i] = (double)(i - origin) * step;
  snprintf(dim, sizeof dim, "dim%d", axis + 1);
  code = AetFileWriteRows(file, group, dim, AET_ROWS_DOUBLE, 1, &size, 0, rank == 0 ? size : 0, values, 2, pairs);
  PetscCall(PetscFree(values));
  PetscFunctionReturn(code);
}

/* An EMD group of 3 or 4 axes. */
static PetscErrorCode WriteGroup(AetFile file, const char *group, int axes, const ptrdiff_t *n, const char *const *axis_names,
                                 const char *const *axis_units, const double *axis_steps, const float *data)
{
  hsize_t     sizes[4];
  PetscMPIInt rank, size;
  ptrdiff_t   start, count;

  PetscFunctionBegin;
  PetscCall(AetEventBegin(AET_EVENT_WRITE));
  PetscCall(AetFileWriteNumber(file, group, "emd_group_type", 1));
  PetscCallMPI(MPI_Comm_rank(file->comm, &rank));
  PetscCallMPI(MPI_Comm_size(file->comm, &size));
  for (int a = 0; a < axes; a++) sizes[a] = (hsize_t)n[a];
  AetBlock(n[0], rank, size, &start, &count);
  PetscCall(AetFileWriteRows(file, group, "data", AET_ROWS_FLOAT, axes, sizes, (hsize_t)start, (hsize_t)count, data, 0, NULL));
  for (int a = 0; a < axes; a++) PetscCall(WriteAxis(file, group, a, n[a], axis_names[a], axis_units[a], axis_steps[a]));
  PetscCall(AetEventEnd(AET_EVENT_WRITE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileWriteArray(AetFile file, const char *group, const ptrdiff_t n[3], const char *const axis_names[3],
                                 const char *const axis_units[3], const double axis_steps[3], const float *data)
{
  PetscFunctionBegin;
  PetscCall(WriteGroup(file, group, 3, n, axis_names, axis_units, axis_steps, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileWriteArray4(AetFile file, const char *group, const ptrdiff_t n[4], const char *const axis_names[4],
                                  const char *const axis_units[4], const double axis_steps[4], const float *data)
{
  PetscFunctionBegin;
  PetscCall(WriteGroup(file, group, 4, n, axis_names, axis_units, axis_steps, data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The distributed array of an EMD group. */
PetscErrorCode AetFileReadArray(AetFile file, const char *group, ptrdiff_t n[3], float **data)
{
  char           name[PETSC_MAX_PATH_LEN + 512];
  AetArrayInfo   info;
  PetscErrorCode code;

  PetscFunctionBegin;
  snprintf(name, sizeof name, "%s:%s", file->path, group);
  code = AetArrayRead(file->comm, name, &info, data);
  for (int a = 0; a < 3 && !code; a++) n[a] = info.n[a];
  PetscFunctionReturn(code);
}
