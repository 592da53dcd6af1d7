/* HDF5 with one-line errors. */
#ifndef AET_IO_HDF5_PRIVATE_H
#define AET_IO_HDF5_PRIVATE_H

#include <aet4d/base.h>
#include <hdf5.h>

/* Records `path: what: the innermost message of the HDF5 error stack`. */
PetscErrorCode AetRaiseHDF5(PetscErrorCode code, const char *path, const char *what);
/* Leaves the function with that error if `call` (an id or a status) is negative. */
#define AetCallHDF5(call, code, path, what) \
  do { \
    if ((call) < 0) PetscFunctionReturn(AetRaiseHDF5(code, path, what)); \
  } while (0)

/* HDF5 prints nothing by itself. */
void AetQuietHDF5(void);
/* Access without locks (our temporaries are nobody else's, and some file systems have none); objects left open close with the file.
 * H5Pclose. */
hid_t AetAccessHDF5(void);
/* Opens for reading on this rank alone: a rank that fails keeps no other waiting. */
PetscErrorCode AetOpenHDF5(const char *path, hid_t *file);
/* True if every link of `name` ("a/b/c") exists and leads somewhere. */
PetscBool AetExistsHDF5(hid_t file, const char *name);
/* A scalar numeric attribute, or a text one (fixed or variable length); false if it is not there or is something else. */
PetscBool AetAttributeNumber(hid_t object, const char *key, double *value);
PetscBool AetAttributeText(hid_t object, const char *key, char *value, size_t size);

/* The spaces of one read or write of rows. */
typedef struct {
  hid_t dataset, file_space, memory_space;
} AetRowsHDF5;
#define AET_ROWS_HDF5_NONE ((AetRowsHDF5){H5I_INVALID_HID, H5I_INVALID_HID, H5I_INVALID_HID})
void AetRowsClose(AetRowsHDF5 *rows);
/* Selects rows start … start+count-1 of the slowest axis of rows->dataset (count 0: nothing). */
PetscErrorCode AetRowsSelect(AetRowsHDF5 *rows, hsize_t start, hsize_t count);

#endif
