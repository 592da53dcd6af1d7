/* The tilt series that the `tilt_*` options describe. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

#define AET_PIXEL_TOLERANCE 0.01 /* relative disagreement of file and option that is an error */

/* aet4d's own tilt.h5 brings its angles along. */
static PetscBool BringsAngles(const AetLocated *projections)
{
  return (PetscBool)(projections->format == AET_FORMAT_EMD && !strcmp(projections->info.name, "tilt_series/data"));
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
    double(*read)[3];
    PetscCall(AetTiltReadAngles(comm, "tilt_angles", projections, note, &views, &read));
    memcpy(angles_deg, read, sizeof *read * (size_t)views);
    PetscCall(PetscFree(read));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *convention = AET_ANGLES_ZYX; /* in which they are stored */
  PetscCall(AetTiltReadViews(comm, projections->path, views, angles_deg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetTiltChoosePixel(const char *key, const AetLocated *images, double *pixel_angstrom)
{
  const double file = images->info.pixel_angstrom;
  double       option;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal(key, &option));
  AetCheck(option <= 0 || file <= 0 || fabs(option - file) <= AET_PIXEL_TOLERANCE * file, AET_ERR_INPUT,
           "%s: expected %g Å as %s says, found %g Å", key, file, images->path, option);
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
  PetscCall(AetTiltChoosePixel("tilt_pixel_angstrom", projections, pixel_angstrom));
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
  PetscBool  frames;

  PetscFunctionBegin;
  *tilt = NULL;
  PetscCall(AetFramesAreGiven(&frames));
  if (frames) PetscFunctionReturn(AetFramesHead(comm, tilt));
  PetscCall(Locate(comm, &projections, &pixel_angstrom));
  PetscCall(MakeSeries(comm, &projections, pixel_angstrom, PETSC_FALSE, tilt));
  PetscFunctionReturn(PETSC_SUCCESS);
}
