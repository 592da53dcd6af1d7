/* HDF5: errors in one line, attributes, selections of rows. */
#include "io/hdf5_private.h"
#include "io/io_private.h"
#include <stdlib.h>
#include <string.h>

static herr_t KeepDescription(unsigned n, const H5E_error2_t *entry, void *context)
{
  if (entry->desc && entry->desc[0]) snprintf(context, 200, "%s", entry->desc);
  return 0;
}

PetscErrorCode AetRaiseHDF5(PetscErrorCode code, const char *path, const char *what)
{
  char why[200] = "";

  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, KeepDescription, why); /* the last one told is the innermost */
  H5Eclear2(H5E_DEFAULT);
  return AetRaise(code, "%s: %s%s%s", path, what, why[0] ? ": " : "", why);
}

void AetQuietHDF5(void)
{
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

hid_t AetAccessHDF5(void)
{
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);

  H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking(access, 0, 1);
#endif
  return access;
}

PetscErrorCode AetOpenHDF5(const char *path, hid_t *file)
{
  hid_t     access;
  ptrdiff_t bytes;

  PetscFunctionBegin;
  AetQuietHDF5();
  PetscCall(AetFileSize(path, &bytes)); /* tells a missing file from a damaged one */
  access = AetAccessHDF5();
  *file = H5Fopen(path, H5F_ACC_RDONLY, access);
  H5Pclose(access);
  AetCallHDF5(*file, AET_ERR_READ, path, "the HDF5 file is damaged or truncated");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetExistsHDF5(hid_t file, const char *name)
{
  char part[1024];

  if (!name[0]) return PETSC_TRUE;
  snprintf(part, sizeof part, "%s", name);
  for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (part[0] && H5Lexists(file, part, H5P_DEFAULT) <= 0) return PETSC_FALSE;
    *slash = '/';
  }
  return (PetscBool)(H5Lexists(file, part, H5P_DEFAULT) > 0 && H5Oexists_by_name(file, part, H5P_DEFAULT) > 0);
}

/* The attribute, if it is there and has one element; negative otherwise. */
static hid_t OpenScalar(hid_t object, const char *key)
{
  hid_t    attribute, space;
  hssize_t points;

  if (H5Aexists(object, key) <= 0) return H5I_INVALID_HID;
  attribute = H5Aopen(object, key, H5P_DEFAULT);
  if (attribute < 0) return attribute;
  space = H5Aget_space(attribute);
  points = H5Sget_simple_extent_npoints(space);
  H5Sclose(space);
  if (points == 1) return attribute;
  H5Aclose(attribute);
  return H5I_INVALID_HID;
}

PetscBool AetAttributeNumber(hid_t object, const char *key, double *value)
{
  const hid_t attribute = OpenScalar(object, key);
  hid_t       type;
  H5T_class_t kind;
  PetscBool   good = PETSC_FALSE;

  if (attribute < 0) return PETSC_FALSE;
  type = H5Aget_type(attribute);
  kind = H5Tget_class(type);
  if (kind == H5T_FLOAT || kind == H5T_INTEGER) good = (PetscBool)(H5Aread(attribute, H5T_NATIVE_DOUBLE, value) >= 0);
  H5Tclose(type);
  H5Aclose(attribute);
  return good;
}

static PetscBool ReadFixedText(hid_t attribute, hid_t type, char *value, size_t size)
{
  const size_t length = H5Tget_size(type);
  char        *text = length && length < ((size_t)1 << 20) ? calloc(length + 1, 1) : NULL;
  PetscBool    good = PETSC_FALSE;

  if (text && H5Aread(attribute, type, text) >= 0) {
    snprintf(value, size, "%s", text);
    good = PETSC_TRUE;
  }
  free(text);
  return good;
}

static PetscBool ReadVariableText(hid_t attribute, hid_t type, char *value, size_t size)
{
  char     *text = NULL;
  PetscBool good = PETSC_FALSE;

  if (H5Aread(attribute, type, &text) >= 0 && text) {
    snprintf(value, size, "%s", text);
    good = PETSC_TRUE;
  }
  if (text) H5free_memory(text);
  return good;
}

PetscBool AetAttributeText(hid_t object, const char *key, char *value, size_t size)
{
  const hid_t attribute = OpenScalar(object, key);
  hid_t       type;
  PetscBool   good = PETSC_FALSE;

  if (attribute < 0) return PETSC_FALSE;
  type = H5Aget_type(attribute);
  if (H5Tget_class(type) == H5T_STRING)
    good = H5Tis_variable_str(type) > 0 ? ReadVariableText(attribute, type, value, size) : ReadFixedText(attribute, type, value, size);
  H5Tclose(type);
  H5Aclose(attribute);
  return good;
}

void AetRowsClose(AetRowsHDF5 *rows)
{
  if (rows->memory_space >= 0) H5Sclose(rows->memory_space);
  if (rows->file_space >= 0) H5Sclose(rows->file_space);
  if (rows->dataset >= 0) H5Dclose(rows->dataset);
  *rows = AET_ROWS_HDF5_NONE;
}

PetscErrorCode AetRowsSelect(AetRowsHDF5 *rows, hsize_t start, hsize_t count)
{
  hsize_t n[H5S_MAX_RANK], offset[H5S_MAX_RANK] = {0};
  int     rank;

  PetscFunctionBegin;
  if (rows->file_space < 0) rows->file_space = H5Dget_space(rows->dataset);
  rank = H5Sget_simple_extent_dims(rows->file_space, n, NULL);
  AetCallHDF5(rank, AET_ERR_READ, "HDF5", "the shape of a dataset is damaged");
  if (rows->memory_space >= 0) H5Sclose(rows->memory_space);
  if (count == 0) {
    const hsize_t one = 1; /* a space of no elements would be refused by older files' readers; an empty selection is not */
    rows->memory_space = H5Screate_simple(1, &one, NULL);
    H5Sselect_none(rows->memory_space);
    H5Sselect_none(rows->file_space);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  offset[0] = start;
  n[0] = count;
  AetCallHDF5(H5Sselect_hyperslab(rows->file_space, H5S_SELECT_SET, offset, NULL, n, NULL), PETSC_ERR_LIB, "HDF5",
              "rows cannot be selected");
  rows->memory_space = H5Screate_simple(rank, n, NULL);
  AetCallHDF5(rows->memory_space, PETSC_ERR_LIB, "HDF5", "rows cannot be described");
  PetscFunctionReturn(PETSC_SUCCESS);
}
