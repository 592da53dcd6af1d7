/* Arrays of HDF5 files by hyperslab. Every rank opens the file by itself: what one rank cannot read keeps no other waiting. */
#include "io/hdf5_read.h"
#include <string.h>

#define AET_DEFLATE_MOST 1100 /* deflate cannot shrink data by more than 1032 */

typedef struct {
  char        path[PETSC_MAX_PATH_LEN];
  hid_t       file;
  AetRowsHDF5 rows;
} AetHdf5;

static PetscBool Hdf5Recognise(const AetFileHead *head)
{
  return (PetscBool)(AetHdf5Signature(head, 0) || AetHdf5Signature(head, 512));
}

static PetscBool Mat73Recognise(const AetFileHead *head)
{
  return (PetscBool)(head->length >= 512 && !memcmp(head->bytes, "MATLAB 7.3", 10));
}

static PetscBool NeverRecognise(const AetFileHead *head)
{
  return PETSC_FALSE; /* an EMD file is recognised as HDF5 and told apart by its groups */
}

/* The file can hold what the dataset claims. */
static PetscErrorCode CheckStorage(const AetHdf5 *hdf, const AetArrayInfo *info)
{
  const ptrdiff_t elements = AetArrayElements(info);
  const hid_t     type = H5Dget_type(hdf->rows.dataset), plist = H5Dget_create_plist(hdf->rows.dataset);
  const double    claimed = (double)elements * (double)H5Tget_size(type), stored = (double)H5Dget_storage_size(hdf->rows.dataset);
  const haddr_t   offset = H5Dget_offset(hdf->rows.dataset);
  const int       layout = (int)H5Pget_layout(plist), filters = H5Pget_nfilters(plist), outside = H5Pget_external_count(plist);
  ptrdiff_t       file_bytes;

  PetscFunctionBegin;
  H5Tclose(type);
  H5Pclose(plist);
  H5Eclear2(H5E_DEFAULT);
  if (layout == H5D_VIRTUAL || outside > 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetFileSize(hdf->path, &file_bytes));
  AetCheck(elements > 0 && claimed <= stored * (filters > 0 ? AET_DEFLATE_MOST : 1) && stored <= (double)file_bytes, AET_ERR_READ,
           "%s:%s: expected %.0f bytes of data, found %.0f", hdf->path, info->name, claimed, PetscMin(stored, (double)file_bytes));
  AetCheck(offset == HADDR_UNDEF || (double)offset + stored <= (double)file_bytes, AET_ERR_READ,
           "%s:%s: the file is truncated: the data should end at byte %.0f, the file ends at %td", hdf->path, info->name,
           (double)offset + stored, file_bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hdf5Close(void **state)
{
  AetHdf5 *hdf = *state;

  PetscFunctionBegin;
  if (!hdf) PetscFunctionReturn(PETSC_SUCCESS);
  AetRowsClose(&hdf->rows);
  if (hdf->file >= 0) H5Fclose(hdf->file);
  PetscCall(PetscFree(hdf));
  *state = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenDataset(AetHdf5 *hdf, const AetArrayInfo *info)
{
  hsize_t n[H5S_MAX_RANK];
  int     rank;

  PetscFunctionBegin;
  PetscCall(AetOpenHDF5(hdf->path, &hdf->file));
  hdf->rows.dataset = H5Dopen2(hdf->file, info->name, H5P_DEFAULT);
  AetCallHDF5(hdf->rows.dataset, AET_ERR_READ, hdf->path, "a dataset cannot be opened");
  hdf->rows.file_space = H5Dget_space(hdf->rows.dataset);
  rank = H5Sget_simple_extent_dims(hdf->rows.file_space, n, NULL);
  AetCheck(rank == info->rank, AET_ERR_READ, "%s:%s: the file changed while it was read", hdf->path, info->name);
  for (int a = 0; a < rank; a++)
    AetCheck((ptrdiff_t)n[a] == info->n[a], AET_ERR_READ, "%s:%s: the file changed while it was read", hdf->path, info->name);
  PetscCall(CheckStorage(hdf, info));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hdf5Open(const char *path, const AetArrayInfo *info, void **state)
{
  AetHdf5       *hdf;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&hdf));
  snprintf(hdf->path, sizeof hdf->path, "%s", path);
  hdf->file = H5I_INVALID_HID;
  hdf->rows = AET_ROWS_HDF5_NONE;
  *state = hdf;
  code = OpenDataset(hdf, info);
  if (code) PetscCall(Hdf5Close(state));
  PetscFunctionReturn(code);
}

static PetscErrorCode Hdf5Read(void *state, ptrdiff_t first, ptrdiff_t count, AetScalar as, void *values)
{
  AetHdf5 *hdf = state;

  PetscFunctionBegin;
  PetscCall(AetRowsSelect(&hdf->rows, (hsize_t)first, (hsize_t)count));
  AetCallHDF5(H5Dread(hdf->rows.dataset, as == AET_SCALAR_F32 ? H5T_NATIVE_FLOAT : H5T_NATIVE_DOUBLE, hdf->rows.memory_space,
                      hdf->rows.file_space, H5P_DEFAULT, values),
              AET_ERR_READ, hdf->path, "the data cannot be read");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode InspectAs(AetFormat as, const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  PetscFunctionBegin;
  *format = as;
  PetscCall(AetHdf5Inspect(path, file_bytes, format, list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hdf5Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  return InspectAs(AET_FORMAT_HDF5, path, file_bytes, format, list);
}

static PetscErrorCode Mat73Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  return InspectAs(AET_FORMAT_MAT73, path, file_bytes, format, list);
}

const AetReader AetReaderHdf5 = {AET_FORMAT_HDF5, PETSC_TRUE, PETSC_FALSE, Hdf5Recognise, Hdf5Inspect, Hdf5Open, Hdf5Read, Hdf5Close};
const AetReader AetReaderEmd = {AET_FORMAT_EMD, PETSC_TRUE, PETSC_FALSE, NeverRecognise, Hdf5Inspect, Hdf5Open, Hdf5Read, Hdf5Close};
const AetReader AetReaderMat73 = {AET_FORMAT_MAT73, PETSC_TRUE, PETSC_TRUE, Mat73Recognise, Mat73Inspect, Hdf5Open, Hdf5Read, Hdf5Close};
