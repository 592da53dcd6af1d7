/* Groups and attributes of aet4d's HDF5 files, and where they came from. */
#include "io/file_private.h"
#include <string.h>

#define AET_TEXT_ATTRIBUTE_MOST 60000 /* bytes; HDF5 allows 64 KiB for an attribute in an object header */

static PetscErrorCode MakeGroup(AetFile file, const char *name)
{
  hid_t create, id;

  PetscFunctionBegin;
  if (AetExistsHDF5(file->id, name)) PetscFunctionReturn(PETSC_SUCCESS);
  create = H5Pcreate(H5P_GROUP_CREATE);
  H5Pset_obj_track_times(create, 0); /* else two writings of the same would differ */
  id = H5Gcreate2(file->id, name, H5P_DEFAULT, create, H5P_DEFAULT);
  H5Pclose(create);
  AetCallHDF5(id, AET_ERR_WRITE, file->path, "a group cannot be made");
  H5Gclose(id);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileGroup(AetFile file, const char *group, PetscBool create, hid_t *id)
{
  char part[512];

  PetscFunctionBegin;
  *id = H5I_INVALID_HID;
  AetCheck(strlen(group) < sizeof part, AET_ERR_INPUT, "%s: the name of a group is too long", file->path);
  if (create && group[0]) {
    snprintf(part, sizeof part, "%s", group);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
      *slash = 0;
      PetscCall(MakeGroup(file, part));
      *slash = '/';
    }
    PetscCall(MakeGroup(file, part));
  }
  AetCheck(AetExistsHDF5(file->id, group), AET_ERR_DATA, "%s: expected a group %s, found none", file->path, group);
  *id = H5Oopen(file->id, group[0] ? group : "/", H5P_DEFAULT);
  AetCallHDF5(*id, AET_ERR_READ, file->path, "a group cannot be opened");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetAttribute(AetFile file, hid_t object, const char *key, hid_t file_type, hid_t memory_type, const void *value)
{
  hid_t  space, attribute;
  herr_t status;

  PetscFunctionBegin;
  if (H5Aexists(object, key) > 0) AetCallHDF5(H5Adelete(object, key), AET_ERR_WRITE, file->path, "an attribute cannot be replaced");
  space = H5Screate(H5S_SCALAR);
  attribute = H5Acreate2(object, key, file_type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Sclose(space);
  AetCallHDF5(attribute, AET_ERR_WRITE, file->path, "an attribute cannot be made");
  status = H5Awrite(attribute, memory_type, value);
  H5Aclose(attribute);
  AetCallHDF5(status, AET_ERR_WRITE, file->path, "an attribute cannot be written");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSetNumber(AetFile file, hid_t object, const char *key, hid_t file_type, double value)
{
  PetscFunctionBegin;
  PetscCall(SetAttribute(file, object, key, file_type, H5T_NATIVE_DOUBLE, &value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSetText(AetFile file, hid_t object, const char *key, const char *value)
{
  const hid_t    type = H5Tcopy(H5T_C_S1);
  char          *text;
  size_t         length = PetscMin(strlen(value), AET_TEXT_ATTRIBUTE_MOST);
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(length + 1, &text));
  memcpy(text, value, length);
  H5Tset_size(type, length + 1);
  H5Tset_cset(type, H5T_CSET_UTF8);
  code = SetAttribute(file, object, key, type, type, text);
  H5Tclose(type);
  PetscCall(PetscFree(text));
  PetscFunctionReturn(code);
}

static PetscErrorCode WriteAttribute(AetFile file, const char *group, const char *key, const double *number, const char *text)
{
  hid_t          id;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(file->writing, AET_ERR_WRITE, "%s: the file is open for reading only", file->path);
  if (!AetFileIsMine(file)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetFileGroup(file, group, PETSC_TRUE, &id));
  /* EMD readers compare its marks and versions as whole numbers */
  if (number && (!strcmp(key, "emd_group_type") || !strncmp(key, "version_m", 9)))
    code = AetSetNumber(file, id, key, H5T_STD_I32LE, *number);
  else if (number)
    code = AetSetNumber(file, id, key, H5T_IEEE_F64LE, *number);
  else
    code = AetSetText(file, id, key, text);
  H5Oclose(id);
  PetscFunctionReturn(code);
}

PetscErrorCode AetFileWriteNumber(AetFile file, const char *group, const char *key, double value)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(file->comm, WriteAttribute(file, group, key, &value, NULL)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileWriteText(AetFile file, const char *group, const char *key, const char *value)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(file->comm, WriteAttribute(file, group, key, NULL, value)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadAttribute(AetFile file, const char *group, const char *key, double *number, char *text, size_t size,
                                    PetscBool *found)
{
  hid_t     id;
  PetscBool good = PETSC_FALSE;

  PetscFunctionBegin;
  if (found) *found = PETSC_FALSE;
  AetCheck(!file->writing, AET_ERR_READ, "%s: the file is open for writing only", file->path);
  if (found && !AetExistsHDF5(file->id, group)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetFileGroup(file, group, PETSC_FALSE, &id));
  good = number ? AetAttributeNumber(id, key, number) : AetAttributeText(id, key, text, size);
  H5Oclose(id);
  H5Eclear2(H5E_DEFAULT);
  AetCheck(good || found, AET_ERR_DATA, "%s: expected %s \"%s\" of %s, found none", file->path, number ? "a number" : "a text", key,
           group[0] ? group : "the file");
  if (found) *found = good;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileReadNumber(AetFile file, const char *group, const char *key, double *value, PetscBool *found)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(file->comm, ReadAttribute(file, group, key, value, NULL, 0, found)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFileReadText(AetFile file, const char *group, const char *key, char *value, size_t size, PetscBool *found)
{
  PetscFunctionBegin;
  PetscCall(AetAgree(file->comm, ReadAttribute(file, group, key, NULL, value, size, found)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
