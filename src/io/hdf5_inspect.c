/* HDF5 files of anybody, EMD 0.2 groups and MATLAB v7.3 among them: what they hold. */
#include "io/hdf5_read.h"
#include <math.h>
#include <string.h>

PetscBool AetHdf5Signature(const AetFileHead *head, size_t offset)
{
  return (PetscBool)(head->length >= offset + 8 && !memcmp(head->bytes + offset, "\211HDF\r\n\032\n", 8));
}

typedef struct {
  const char    *path;
  ptrdiff_t      file_bytes;
  hid_t          file;
  PetscBool      matlab, emd;
  AetArrayList  *list;
  PetscErrorCode code;
} Walk;

/* Å per unit of an EMD axis; 0 if the unit is no length. Units come as "[n_m]", "nm", "Å", "angstrom", … */
static double AngstromPerUnit(const char *unit)
{
  static const struct {
    const char *name;
    double      angstrom;
  } known[] = {{"[n_m]", 10}, {"n_m", 10},     {"nm", 10},      {"nanometer", 10}, {"nanometre", 10},  {"Å", 1},    {"\xe2\x84\xab", 1},
               {"A", 1},      {"angstrom", 1}, {"Angstrom", 1}, {"angstroms", 1},  {"[Å]", 1},         {"[A]", 1},  {"[angstrom]", 1},
               {"pm", 0.01},  {"[p_m]", 0.01}, {"p_m", 0.01},   {"µm", 1e4},       {"\xce\xbcm", 1e4}, {"um", 1e4}, {"[u_m]", 1e4},
               {"m", 1e10},   {"[m]", 1e10},   {"[nm]", 10},    {"[pm]", 0.01}};

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (!strcmp(unit, known[i].name)) return known[i].angstrom;
  return 0;
}

static PetscBool ReadOne(AetRowsHDF5 *rows, hsize_t row, double *value)
{
  return (PetscBool)(!AetRowsSelect(rows, row, 1) &&
                     H5Dread(rows->dataset, H5T_NATIVE_DOUBLE, rows->memory_space, rows->file_space, H5P_DEFAULT, value) >= 0);
}

/* The step in Å of an axis vector `dimN` beside an EMD array; 0 where it says nothing. */
static double AxisStep(hid_t file, const char *group, int axis)
{
  char        name[320], unit[64] = "";
  hid_t       dataset, space;
  hssize_t    points;
  double      ends[2] = {0}, step = 0;
  AetRowsHDF5 rows = AET_ROWS_HDF5_NONE;

  snprintf(name, sizeof name, "%s%sdim%d", group, group[0] ? "/" : "", axis + 1);
  if (!AetExistsHDF5(file, name)) return 0;
  dataset = H5Dopen2(file, name, H5P_DEFAULT);
  if (dataset < 0) return 0;
  space = H5Dget_space(dataset);
  points = H5Sget_simple_extent_ndims(space) == 1 ? H5Sget_simple_extent_npoints(space) : 0;
  H5Sclose(space);
  rows.dataset = dataset;
  /* over the whole axis: a vector of floats that begins far from 0 has few digits left between two neighbours */
  if (points >= 2 && AetAttributeText(dataset, "units", unit, sizeof unit) && AngstromPerUnit(unit) > 0 && ReadOne(&rows, 0, &ends[0]) &&
      ReadOne(&rows, (hsize_t)points - 1, &ends[1]))
    step = fabs(ends[1] - ends[0]) / (double)(points - 1) * AngstromPerUnit(unit);
  AetRowsClose(&rows);
  return isfinite(step) ? step : 0;
}

/* Pixel of the fastest axis (images) of an EMD group's data; 0 where it says nothing. */
static double EmdPixel(Walk *walk, const char *name, int rank)
{
  char         group[256], *slash;
  double       mark = 0, step;
  hid_t        object;
  const size_t length = strlen(name);

  if (length < 4 || strcmp(name + length - 4, "data") || (length > 4 && name[length - 5] != '/')) return 0;
  snprintf(group, sizeof group, "%s", name);
  slash = strrchr(group, '/');
  if (slash)
    *slash = 0;
  else
    group[0] = 0;
  object = H5Oopen(walk->file, group[0] ? group : "/", H5P_DEFAULT);
  if (object < 0) return 0;
  if (!AetAttributeNumber(object, "emd_group_type", &mark)) mark = 0;
  if (mark == 1) walk->emd = PETSC_TRUE;
  step = mark == 1 && rank >= 1 ? AxisStep(walk->file, group, rank - 1) : 0;
  H5Oclose(object);
  return step;
}

static PetscBool IsComplexType(hid_t type)
{
  char     *first = NULL;
  PetscBool is = PETSC_FALSE;

  if (H5Tget_nmembers(type) != 2) return PETSC_FALSE;
  first = H5Tget_member_name(type, 0);
  is = (PetscBool)(first && (!strcmp(first, "real") || !strcmp(first, "r")));
  if (first) H5free_memory(first);
  return is;
}

/* Name of a dataset's type; `numeric` tells whether it can be read as numbers (complex ones are told by their name). */
static void TypeOf(hid_t dataset, PetscBool matlab, char *name, size_t size, PetscBool *numeric)
{
  char         kind[64] = "";
  hid_t        type = H5Dget_type(dataset);
  const size_t bytes = H5Tget_size(type);

  *numeric = PETSC_FALSE;
  switch (H5Tget_class(type)) {
  case H5T_FLOAT:
    snprintf(name, size, "float%zu", 8 * bytes), *numeric = PETSC_TRUE;
    break;
  case H5T_INTEGER:
    snprintf(name, size, "%sint%zu", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", 8 * bytes), *numeric = PETSC_TRUE;
    break;
  case H5T_STRING:
    snprintf(name, size, "text");
    break;
  case H5T_COMPOUND:
    *numeric = IsComplexType(type);
    snprintf(name, size, *numeric ? "complex%zu" : "compound", 8 * bytes);
    break;
  case H5T_ENUM:
    snprintf(name, size, "enum");
    break;
  case H5T_REFERENCE:
    snprintf(name, size, "reference");
    break;
  default:
    snprintf(name, size, "other");
  }
  H5Tclose(type);
  if (!matlab || !AetAttributeText(dataset, "MATLAB_class", kind, sizeof kind)) return;
  if (!strcmp(kind, "char"))
    snprintf(name, size, "text"), *numeric = PETSC_FALSE;
  else if (!strcmp(kind, "cell"))
    snprintf(name, size, "cell"), *numeric = PETSC_FALSE;
  else if (!strcmp(kind, "logical"))
    snprintf(name, size, "logical");
}

static PetscErrorCode AddDataset(Walk *walk, const char *name, hid_t dataset)
{
  char      type[16];
  hid_t     space;
  int       rank;
  hsize_t   sizes[H5S_MAX_RANK] = {0};
  ptrdiff_t n[4] = {0};
  double    empty = 0;
  PetscBool numeric, fits = PETSC_TRUE;

  PetscFunctionBegin;
  TypeOf(dataset, walk->matlab, type, sizeof type, &numeric);
  space = H5Dget_space(dataset);
  rank = H5Sget_simple_extent_dims(space, sizes, NULL);
  if (space >= 0) H5Sclose(space);
  AetCallHDF5(rank, AET_ERR_READ, walk->path, "the shape of a dataset is damaged");
  for (int a = 0; a < rank; a++) fits = (PetscBool)(fits && sizes[a] <= PTRDIFF_MAX);
  for (int a = 0; a < rank && a < 4; a++) n[a] = fits ? (ptrdiff_t)sizes[a] : -1;
  if (walk->matlab && AetAttributeNumber(dataset, "MATLAB_empty", &empty) && empty != 0) n[0] = 0;
  PetscCall(AetArrayListAdd(walk->list, name, rank, n, type, numeric, EmdPixel(walk, name, rank)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static herr_t VisitObject(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
  Walk *walk = context;
  hid_t dataset;

  /* `#refs#` and `#subsystem#` are MATLAB's own store of what cells and objects refer to */
  if (info->type != H5O_TYPE_DATASET || (walk->matlab && name[0] == '#')) return 0;
  dataset = H5Dopen2(root, name, H5P_DEFAULT);
  if (dataset < 0) {
    walk->code = AetRaiseHDF5(AET_ERR_READ, walk->path, "a dataset cannot be opened");
    return -1;
  }
  walk->code = AddDataset(walk, name, dataset);
  H5Dclose(dataset);
  return walk->code ? -1 : 0;
}

PetscErrorCode AetHdf5Inspect(const char *path, ptrdiff_t file_bytes, AetFormat *format, AetArrayList *list)
{
  Walk   walk = {path, file_bytes, H5I_INVALID_HID, (PetscBool)(*format == AET_FORMAT_MAT73), PETSC_FALSE, list, PETSC_SUCCESS};
  herr_t status;

  PetscFunctionBegin;
  PetscCall(AetOpenHDF5(path, &walk.file));
  status = H5Ovisit(walk.file, H5_INDEX_NAME, H5_ITER_INC, VisitObject, &walk);
  if (status < 0 && !walk.code) walk.code = AetRaiseHDF5(AET_ERR_READ, path, "the HDF5 file is damaged");
  H5Fclose(walk.file);
  if (!walk.code && walk.emd && *format == AET_FORMAT_HDF5) *format = AET_FORMAT_EMD;
  PetscFunctionReturn(walk.code);
}
