/* The strain of an analysis on a grid: strain.h5, on request. */
#include "analysis.h"
#include <math.h>
#include <unistd.h>

enum { FIELDS = 10 }; /* six of strain, three of rotation, the mask */

/* A grid about the origin of the atoms' frame that holds them all and a cell around. */
static PetscErrorCode MakeGrid(const AetAnalysis *a, double step, AetVolume *grid)
{
  ptrdiff_t n[3];
  double    farthest[3] = {0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < a->atoms->total; i++)
    for (int b = 0; b < 3; b++) farthest[b] = fmax(farthest[b], fabs(a->position[3 * (ptrdiff_t)i + b]));
  for (int b = 0; b < 3; b++) {
    const double half = ceil((farthest[b] + AetAnalysisCell(a)) / step);
    AetCheck(half < 2048, AET_ERR_INPUT,
             "analyse_strain_grid_angstrom: expected a step that needs at most 4096 voxels along each axis, found %g", step);
    n[2 - b] = 2 * (ptrdiff_t)half + 1;
  }
  PetscCall(AetVolumeCreate(a->atoms->comm, n, step, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFields(AetVolume field[FIELDS], AetFile file)
{
  static const char *const name[FIELDS] = {"strain_xx", "strain_yy",  "strain_zz",  "strain_yz",  "strain_xz",
                                           "strain_xy", "rotation_x", "rotation_y", "rotation_z", "mask"};
  static const char *const axis[3] = {"z", "y", "x"}, *const unit[3] = {"angstrom", "angstrom", "angstrom"};

  PetscFunctionBegin;
  for (int f = 0; f < FIELDS; f++) {
    const double step[3] = {field[f]->pixel_angstrom, field[f]->pixel_angstrom, field[f]->pixel_angstrom};
    PetscCall(AetFileWriteArray(file, name[f], field[f]->n, axis, unit, step, field[f]->data));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteGrid(const AetAnalysis *a, AetVolume grid, const char *path)
{
  AetVolume      field[FIELDS] = {NULL};
  AetFile        file;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(AetStrainGrid(a->atoms, a->lattice, a->strain, grid, field, field + 6, field + 9));
  PetscCall(AetFileCreate(a->atoms->comm, path, &file));
  code = WriteFields(field, file);
  if (!code) code = AetFileClose(&file);
  if (code) PetscCall(AetFileDestroy(&file));
  for (int f = 0; f < FIELDS; f++) PetscCall(AetVolumeDestroy(&field[f]));
  PetscFunctionReturn(code);
}

PetscErrorCode AetAnalysisWriteGrid(const AetAnalysis *a, const AetOutput *output)
{
  AetVolume      grid;
  char           path[PETSC_MAX_PATH_LEN];
  int            rank;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(a->atoms->comm, &rank));
  AetOutputPath(output, "strain.h5", path);
  if (!a->strain || !(a->settings.strain_grid_angstrom > 0)) {
    if (!rank) (void)unlink(path); /* of an earlier analysis */
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(MakeGrid(a, a->settings.strain_grid_angstrom, &grid));
  code = WriteGrid(a, grid, path);
  PetscCall(AetVolumeDestroy(&grid));
  PetscFunctionReturn(code);
}
