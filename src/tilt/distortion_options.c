/* The distortion that the options describe: of a file, or of a reference image. */
#include "tilt/tilt_private.h"
#include <math.h>
#include <string.h>

static const AetOption aet_distortion_options[] = {
    {"distortion_correct", AET_OPTION_BOOL, "", "true", 0, 0, NULL,
     "correct the distortion of the scan where distortion_file or frames_reference says it"},
    {"distortion_file", AET_OPTION_FILE, "", "none", 0, 0, "none",
     "a distortion that was measured before: tilt.h5 of a run that corrected it; in place of a reference image"},
    {"distortion_lattice_angstrom", AET_OPTION_REALS, "Å, degree", "", 0, 10000, NULL,
     "lattice of the crystal in frames_reference: a, b, gamma; unset: what the file says"},
    {"distortion_terms", AET_OPTION_ENUM, "", "linear", 0, 0, "linear|cubic",
     "shear and scales, or all terms up to third order, for large fields of view"},
    {"distortion_calibrate_pixel", AET_OPTION_BOOL, "", "false", 0, 0, NULL,
     "the lattice also gives the pixel: the mean scale changes the pixel of the images instead of their content"},
    {"distortion_weight", AET_OPTION_ENUM, "", "values", 0, 0, "values|counts",
     "the corrected images keep the values of pixels (each had the same time), or the counts in areas"},
    {"distortion_note", AET_OPTION_TEXT, "", "", 0, 0, NULL, "microscope, magnification and date of the reference, kept with the result"},
};
AET_OPTION_TABLE(AetDistortionOptions, "distortion", "Distortion of the scan", aet_distortion_options);

/* ---------------------------------------------------------------- the reference image */

/* What aet4d's own reference.h5 says about its lattice. */
static PetscErrorCode LatticeOfFile(const AetLocated *image, double lattice[3])
{
  static const char *const keys[3] = {"lattice_a_angstrom", "lattice_b_angstrom", "lattice_gamma_deg"};
  AetFile                  file;
  PetscBool                found = PETSC_TRUE;
  PetscErrorCode           code = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (image->format == AET_FORMAT_EMD && !strcmp(image->info.name, "reference/data")) {
    PetscCall(AetFileOpen(PETSC_COMM_SELF, image->path, &file));
    for (int i = 0; i < 3 && !code && found; i++) code = AetFileReadNumber(file, "reference", keys[i], &lattice[i], &found);
    PetscCall(AetFileDestroy(&file));
    PetscCall(code);
    if (found) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscFunctionReturn(
      AetRaise(AET_ERR_INPUT, "distortion_lattice_angstrom: expected a, b, gamma of the crystal in %s, found nothing", image->path));
}

static PetscErrorCode ReadLattice(const AetLocated *image, double lattice[3])
{
  int     count;
  double *values;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReals("distortion_lattice_angstrom", &count, &values));
  for (int i = 0; i < 3 && i < count; i++) lattice[i] = values[i];
  PetscCall(PetscFree(values));
  AetCheck(count == 0 || count == 3, AET_ERR_INPUT, "distortion_lattice_angstrom: expected a, b, gamma, found %d numbers", count);
  if (!count) PetscCall(LatticeOfFile(image, lattice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mean scale as a change of the pixel. */
static void Calibrate(AetDistortion *distortion)
{
  const double scale = sqrt(distortion->term[0][0] * distortion->term[1][1] - distortion->term[0][1] * distortion->term[1][0]);

  for (int a = 0; a < 2; a++)
    for (int t = 0; t < AET_DISTORTION_TERMS; t++) distortion->term[a][t] /= scale;
  distortion->true_pixel_angstrom *= scale;
}

/* On one rank. */
static PetscErrorCode Measure(const char *name, double pixel_angstrom, AetDistortion *distortion)
{
  AetLocated     located;
  double         lattice[3], pixel;
  ptrdiff_t      n[3];
  int            cubic;
  PetscBool      calibrate;
  float         *image;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetLocate(PETSC_COMM_SELF, name, PETSC_FALSE, &located));
  PetscCall(ReadLattice(&located, lattice));
  AetLocatedSizes(&located, n);
  AetCheck(n[0] == 1, AET_ERR_DATA, "%s: expected one image of the reference, found %td", name, n[0]);
  pixel = located.info.pixel_angstrom > 0 ? located.info.pixel_angstrom : pixel_angstrom;
  PetscCall(AetOptionGetEnum("distortion_terms", &cubic));
  PetscCall(AetOptionGetBool("distortion_calibrate_pixel", &calibrate));
  PetscCall(PetscMalloc1((size_t)(n[1] * n[2]), &image));
  code = AetLocatedRead(PETSC_COMM_SELF, &located, image);
  if (!code) code = AetDistortionFit(name, n[1], n[2], image, pixel, lattice, (PetscBool)(cubic != 0), distortion);
  PetscCall(PetscFree(image));
  PetscCall(code);
  PetscCall(AetOptionGetText("distortion_note", distortion->note, sizeof distortion->note));
  if (calibrate) Calibrate(distortion);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 measures; all know. */
static PetscErrorCode MeasureAndSend(MPI_Comm comm, const char *name, double pixel_angstrom, AetDistortion *distortion)
{
  char           path[PETSC_MAX_PATH_LEN], array[256];
  PetscMPIInt    rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = Measure(name, pixel_angstrom, distortion);
  PetscCall(AetAgree(comm, code));
  PetscCallMPI(MPI_Bcast(distortion, (int)sizeof *distortion, MPI_BYTE, 0, comm));
  PetscCall(AetAgree(comm, AetFileSplitName(name, path, sizeof path, array, sizeof array)));
  PetscCall(AetProvenanceAddInput(comm, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDistortionFromOptions(MPI_Comm comm, double pixel_angstrom, AetDistortion *distortion)
{
  char      name[PETSC_MAX_PATH_LEN];
  PetscBool wanted, file, reference;

  PetscFunctionBegin;
  AetDistortionIdentity(pixel_angstrom, distortion);
  PetscCall(AetOptionGetBool("distortion_correct", &wanted));
  PetscCall(AetOptionNamesFile("distortion_file", &file));
  PetscCall(AetOptionNamesFile("frames_reference", &reference));
  if (!wanted || (!file && !reference)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetText(file ? "distortion_file" : "frames_reference", name, sizeof name));
  if (file) {
    PetscCall(AetDistortionRead(comm, name, distortion));
    PetscCall(AetProvenanceAddInput(comm, name));
  } else
    PetscCall(MeasureAndSend(comm, name, pixel_angstrom, distortion));
  PetscCall(AetDistortionCheckPixel(distortion, name, pixel_angstrom));
  PetscFunctionReturn(PETSC_SUCCESS);
}
