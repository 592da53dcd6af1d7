/* The tilt series that the `tilt_*` options describe. */
#include "io/io_private.h"
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

#define AET_PIXEL_TOLERANCE 0.01 /* relative disagreement of file and option that is an error */

/* The angles' file: the option, or `.rawtlt` / `.tlt` beside an MRC stack. Rank 0 looks. */
static PetscErrorCode FindAngles(const AetLocated *projections, char *file, size_t size)
{
  static const char *const endings[] = {".rawtlt", ".tlt"};
  const char              *dot = strrchr(projections->path, '.'), *slash = strrchr(projections->path, '/');
  const int                stem = dot && (!slash || dot > slash) ? (int)(dot - projections->path) : (int)strlen(projections->path);

  PetscFunctionBegin;
  PetscCall(AetOptionGetText("tilt_angles", file, size));
  if (file[0]) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2 && projections->format == AET_FORMAT_MRC; i++) {
    snprintf(file, size, "%.*s%s", stem, projections->path, endings[i]);
    if (access(file, R_OK) == 0) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscFunctionReturn(AetRaise(AET_ERR_INPUT, "tilt_angles: expected a file with the angles of %s, found nothing", projections->path));
}

/* aet4d's own tilt.h5 brings its angles along. */
static PetscBool BringsAngles(const AetLocated *projections)
{
  return (PetscBool)(projections->format == AET_FORMAT_EMD && !strcmp(projections->info.name, "tilt_series/data"));
}

/* A table of K×3 or K thetas as [views][3]. */
static PetscErrorCode AnglesOfTable(const char *file, const char *projections, ptrdiff_t views, ptrdiff_t rows, ptrdiff_t columns,
                                    const double *values, double (*angles_deg)[3])
{
  PetscFunctionBegin;
  AetCheck(rows == views && (columns == 1 || columns == 3), AET_ERR_DATA,
           "%s: expected angles for the %td views of %s (%td rows of 3 or 1 numbers), found %td×%td", file, views, projections, views, rows,
           columns);
  for (ptrdiff_t i = 0; i < rows * columns; i++)
    AetCheck(isfinite(values[i]), AET_ERR_DATA, "%s: expected finite angles, found %g in row %td, column %td (from 0)", file, values[i],
             i / columns, i % columns);
  for (ptrdiff_t v = 0; v < views; v++)
    for (int a = 0; a < 3; a++) angles_deg[v][a] = columns == 3 ? values[v * 3 + a] : a == 1 ? values[v] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* [views][3]; with `note`, the file is an input of the run. Collective. */
static PetscErrorCode ReadAngles(MPI_Comm comm, const AetLocated *projections, PetscBool note, ptrdiff_t views, double (*angles_deg)[3])
{
  char           file[PETSC_MAX_PATH_LEN], path[PETSC_MAX_PATH_LEN], name[256];
  ptrdiff_t      rows, columns;
  double        *values;
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = FindAngles(projections, file, sizeof file);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(file, (int)sizeof file, MPI_CHAR, 0, comm));
  PetscCall(AetTableRead(comm, file, &rows, &columns, &values));
  code = AnglesOfTable(file, projections->path, views, rows, columns, values, angles_deg);
  PetscCall(PetscFree(values));
  PetscCall(AetAgree(comm, code));
  if (rank == 0) code = AetFileSplitName(file, path, sizeof path, name, sizeof name);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(path, (int)sizeof path, MPI_CHAR, 0, comm));
  if (note) PetscCall(AetProvenanceAddInput(comm, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Angles and convention by the options, or by the tilt.h5 itself. Collective. */
static PetscErrorCode ChooseAngles(MPI_Comm comm, const AetLocated *projections, PetscBool note, ptrdiff_t views, int *convention,
                                   double (*angles_deg)[3])
{
  char given[PETSC_MAX_PATH_LEN];
  int  unknown;

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("tilt_angle_convention", convention));
  PetscCall(AetOptionGetEnum("tilt_orientations", &unknown));
  if (unknown) PetscFunctionReturn(PETSC_SUCCESS); /* zero, until they are found */
  PetscCall(AetOptionGetText("tilt_angles", given, sizeof given));
  if (given[0] || !BringsAngles(projections)) {
    PetscCall(ReadAngles(comm, projections, note, views, angles_deg));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *convention = AET_ANGLES_ZYX; /* in which they are stored */
  PetscCall(AetTiltReadViews(comm, projections->path, views, angles_deg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pixel size of option and file, which must not contradict each other. */
static PetscErrorCode ChoosePixel(const AetLocated *projections, double *pixel_angstrom)
{
  const double file = projections->info.pixel_angstrom;
  double       option;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("tilt_pixel_angstrom", &option));
  AetCheck(option <= 0 || file <= 0 || fabs(option - file) <= AET_PIXEL_TOLERANCE * file, AET_ERR_INPUT,
           "tilt_pixel_angstrom: expected %g Å as %s says, found %g Å", file, projections->path, option);
  *pixel_angstrom = option > 0 ? option : file > 0 ? file : 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sizes, angles, and room for the images if they are wanted. */
static PetscErrorCode MakeSeries(MPI_Comm comm, const AetLocated *projections, double pixel_angstrom, PetscBool images, AetTiltSeries *tilt)
{
  int       convention = 0;
  ptrdiff_t n[3];
  double(*angles_deg)[3] = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetLocatedSizes(projections, n);
  PetscCall(AetAgree(comm, PetscCalloc1((size_t)n[0], &angles_deg)));
  code = ChooseAngles(comm, projections, images, n[0], &convention, angles_deg);
  if (!code)
    code = AetTiltHeadCreate(comm, n[0], n[1], n[2], pixel_angstrom, (AetAngleConvention)convention, (const double(*)[3])angles_deg, images,
                             tilt);
  PetscCall(PetscFree(angles_deg));
  PetscFunctionReturn(code);
}

static PetscErrorCode Locate(MPI_Comm comm, AetLocated *projections, double *pixel_angstrom)
{
  char file[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(AetOptionGetText("tilt_projections", file, sizeof file));
  AetCheck(file[0], AET_ERR_INPUT, "tilt_projections: expected the file with the projections, found nothing");
  PetscCall(AetLocate(comm, file, PETSC_FALSE, projections));
  PetscCall(ChoosePixel(projections, pixel_angstrom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltSeriesReadFromOptions(MPI_Comm comm, AetTiltSeries *tilt)
{
  double         pixel_angstrom = 1;
  AetLocated     projections;
  PetscErrorCode code;

  PetscFunctionBegin;
  *tilt = NULL;
  PetscCall(Locate(comm, &projections, &pixel_angstrom));
  PetscCall(AetProvenanceAddInput(comm, projections.path));
  PetscCall(MakeSeries(comm, &projections, pixel_angstrom, PETSC_TRUE, tilt));
  code = AetLocatedRead(comm, &projections, (*tilt)->image);
  if (code) PetscCall(AetTiltSeriesDestroy(tilt));
  PetscFunctionReturn(code);
}

PetscErrorCode AetTiltSeriesHeadFromOptions(MPI_Comm comm, AetTiltSeries *tilt)
{
  double     pixel_angstrom = 1;
  AetLocated projections;

  PetscFunctionBegin;
  *tilt = NULL;
  PetscCall(Locate(comm, &projections, &pixel_angstrom));
  PetscCall(MakeSeries(comm, &projections, pixel_angstrom, PETSC_FALSE, tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}
