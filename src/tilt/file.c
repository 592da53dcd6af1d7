/* aet4d's own tilt.h5. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

/* One of phi, theta, psi of this rank's views. */
static void AngleColumn(AetTiltSeries tilt, int angle, double *values)
{
  for (ptrdiff_t v = 0; v < tilt->v_count; v++) values[v] = tilt->angles_deg[tilt->v_start + v][angle];
}

static PetscErrorCode WriteSeries(AetTiltSeries tilt, AetFile file, double *angles)
{
  const ptrdiff_t   n[3] = {tilt->views, tilt->ny, tilt->nx}, k = tilt->v_count;
  const char *const names[3] = {"view", "y", "x"}, *const units[3] = {"", "angstrom", "angstrom"};
  const double    steps[3] = {1, tilt->pixel_angstrom, tilt->pixel_angstrom};
  const AetColumn columns[3] = {{"phi", "deg", "rotation about z, applied last", AET_COLUMN_DOUBLE, 1, angles},
                                {"theta", "deg", "tilt about y", AET_COLUMN_DOUBLE, 1, angles + k},
                                {"psi", "deg", "rotation about x, applied first", AET_COLUMN_DOUBLE, 1, angles + 2 * k}};

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) AngleColumn(tilt, a, angles + a * k);
  PetscCall(AetFileWriteArray(file, "tilt_series", n, names, units, steps, tilt->image));
  PetscCall(AetFileWriteNumber(file, "tilt_series", "pixel_angstrom", tilt->pixel_angstrom));
  PetscCall(AetFileWriteTable(file, "views", (PetscInt)k, 3, columns));
  PetscCall(AetFileWriteText(file, "views", "convention", "zyx"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesWriteInto(AetTiltSeries tilt, AetFile file)
{
  double        *angles;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetAgree(tilt->comm, PetscMalloc1(3 * (size_t)tilt->v_count + 1, &angles)));
  code = WriteSeries(tilt, file, angles);
  PetscCall(PetscFree(angles));
  PetscFunctionReturn(code);
}

PetscErrorCode AetTiltSeriesWrite(AetTiltSeries tilt, const char *path)
{
  PetscFunctionBegin;
  PetscCall(AetTiltSeriesWriteWith(tilt, NULL, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltReadViews(MPI_Comm comm, const char *path, ptrdiff_t views, double (*angles_deg)[3])
{
  static const char *const names[3] = {"phi", "theta", "psi"};

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    char           column[PETSC_MAX_PATH_LEN + 32];
    ptrdiff_t      rows, columns;
    double        *values;
    PetscErrorCode code = PETSC_SUCCESS;
    snprintf(column, sizeof column, "%s:views/%s", path, names[a]);
    PetscCall(AetTableRead(comm, column, &rows, &columns, &values));
    if (rows * columns != views)
      code = AetRaise(AET_ERR_DATA, "%s: expected one angle for each of %td views, found %td", column, views, rows * columns);
    for (ptrdiff_t v = 0; v < views && !code; v++) angles_deg[v][a] = values[v];
    PetscCall(PetscFree(values));
    PetscCall(code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesRead(MPI_Comm comm, const char *path, AetTiltSeries *tilt)
{
  AetFile        file;
  ptrdiff_t      n[3];
  float         *image = NULL;
  double         pixel_angstrom = 0, (*angles_deg)[3] = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  *tilt = NULL;
  PetscCall(AetFileOpen(comm, path, &file));
  code = AetFileReadArray(file, "tilt_series", n, &image);
  if (!code) code = AetAgree(comm, PetscCalloc1((size_t)n[0], &angles_deg));
  if (!code) code = AetFileReadNumber(file, "tilt_series", "pixel_angstrom", &pixel_angstrom, NULL);
  if (!code) code = AetTiltReadViews(comm, path, n[0], angles_deg);
  PetscCall(AetFileDestroy(&file));
  if (!code) code = AetTiltSeriesCreate(comm, n[0], n[1], n[2], pixel_angstrom, AET_ANGLES_ZYX, (const double(*)[3])angles_deg, tilt);
  PetscCall(PetscFree(angles_deg));
  if (code) PetscCall(PetscFree(image));
  PetscCall(code);
  PetscCall(PetscFree((*tilt)->image));
  (*tilt)->image = image;
  PetscFunctionReturn(PETSC_SUCCESS);
}
