/* The pictures of a run. */
#include "picture.h"
#include "pipeline.h"

/* A picture is made where it is missing, and anew when the run made anything. */
static PetscErrorCode Wanted(AetRun *run, const char *path, PetscBool *wanted)
{
  PetscBool there;

  PetscFunctionBegin;
  PetscCall(AetFileExists(run->comm, path, &there));
  *wanted = (PetscBool)(!there || run->made);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRunPictures(AetRun *run)
{
  AetVolume volume;
  AetAtoms  atoms;
  PetscBool wanted = PETSC_FALSE;
  int       count;
  PetscInt  width;
  double   *given, angles[3] = {0};
  char      path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  AetOutputPath(&run->output, "slices.png", path);
  PetscCall(Wanted(run, path, &wanted));
  if (wanted) {
    PetscCall(AetRunVolume(run, &volume));
    PetscCall(AetRunAtoms(run, &atoms));
    PetscCall(AetPictureSlices(volume, atoms, path));
    PetscCall(AetReport(run->comm, "picture: %s\n", path));
  }
  PetscCall(AetOptionGetInt("picture_width", &width));
  AetOutputPath(&run->output, "atoms.png", path);
  PetscCall(Wanted(run, path, &wanted));
  if (!wanted) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetOptionGetReals("picture_view_deg", &count, &given));
  for (int i = 0; i < count && i < 3; i++) angles[i] = given[i];
  PetscCall(PetscFree(given));
  PetscCall(AetRunAtoms(run, &atoms));
  PetscCall(AetPictureAtoms(atoms, angles, (int)width, path));
  PetscCall(AetReport(run->comm, "picture: %s\n", path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
