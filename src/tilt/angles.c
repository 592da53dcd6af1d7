/* The angles of a series: the table that an option names, or the one beside an MRC stack. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

/* The file: the option, or `.rawtlt` / `.tlt` beside an MRC stack. Rank 0 looks. */
static PetscErrorCode FindAngles(const char *key, const AetLocated *images, char *file, size_t size)
{
  static const char *const endings[] = {".rawtlt", ".tlt"};
  const char              *dot = strrchr(images->path, '.'), *slash = strrchr(images->path, '/');
  const int                stem = dot && (!slash || dot > slash) ? (int)(dot - images->path) : (int)strlen(images->path);

  PetscFunctionBegin;
  PetscCall(AetOptionGetText(key, file, size));
  if (file[0]) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2 && images->format == AET_FORMAT_MRC; i++) {
    snprintf(file, size, "%.*s%s", stem, images->path, endings[i]);
    if (access(file, R_OK) == 0) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscFunctionReturn(AetRaise(AET_ERR_INPUT, "%s: expected a file with the angles of %s, found nothing", key, images->path));
}

/* A table of K×3 or K thetas as [rows][3]; `views` 0: any number of rows. */
static PetscErrorCode AnglesOfTable(const char *file, const char *images, ptrdiff_t views, ptrdiff_t rows, ptrdiff_t columns,
                                    const double *values, double (*angles_deg)[3])
{
  const ptrdiff_t wanted = views ? views : rows;

  PetscFunctionBegin;
  AetCheck(rows == wanted && (columns == 1 || columns == 3), AET_ERR_DATA,
           "%s: expected angles for the %td views of %s (%td rows of 3 or 1 numbers), found %td×%td", file, wanted, images, wanted, rows,
           columns);
  for (ptrdiff_t i = 0; i < rows * columns; i++)
    AetCheck(isfinite(values[i]), AET_ERR_DATA, "%s: expected finite angles, found %g in row %td, column %td (from 0)", file, values[i],
             i / columns, i % columns);
  for (ptrdiff_t v = 0; v < rows; v++)
    for (int a = 0; a < 3; a++) angles_deg[v][a] = columns == 3 ? values[v * 3 + a] : a == 1 ? values[v] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltReadAngles(MPI_Comm comm, const char *key, const AetLocated *images, PetscBool note, ptrdiff_t *views,
                                 double (**angles_deg)[3])
{
  char           file[PETSC_MAX_PATH_LEN], path[PETSC_MAX_PATH_LEN], name[256];
  ptrdiff_t      rows, columns;
  double        *values;
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  *angles_deg = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = FindAngles(key, images, file, sizeof file);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(file, (int)sizeof file, MPI_CHAR, 0, comm));
  PetscCall(AetTableRead(comm, file, &rows, &columns, &values));
  code = PetscCalloc1((size_t)rows, angles_deg);
  if (!code) code = AnglesOfTable(file, images->path, *views, rows, columns, values, *angles_deg);
  if (!code) *views = rows;
  PetscCall(PetscFree(values));
  if (!code && rank == 0) code = AetFileSplitName(file, path, sizeof path, name, sizeof name);
  code = AetAgree(comm, code);
  if (!code && note) {
    PetscCallMPI(MPI_Bcast(path, (int)sizeof path, MPI_CHAR, 0, comm));
    code = AetProvenanceAddInput(comm, path);
  }
  if (code) PetscCall(PetscFree(*angles_deg));
  PetscFunctionReturn(code);
}
