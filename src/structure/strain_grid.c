/* Displacement and strain on a grid, shared by its planes. */
#include "structure/strain_private.h"
#include <math.h>
#include <string.h>

typedef struct {
  AetStrainField field;
  AetCells       near; /* finds the nearest atom */
  double         far;  /* a voxel farther from any atom is empty */
  AetStrain      strain;
  AetVolume     *volume, *rotation, *mask;
} Work;

/* The nearest atom that has a grain; -1: none within reach. */
static ptrdiff_t NearestAtom(const Work *w, const double x[3])
{
  enum { ROOM = 128 };
  ptrdiff_t list[ROOM], found = AetCellsNear(&w->near, w->field.position, x, w->far, ROOM, list), best = -1;
  double    least = INFINITY;

  for (ptrdiff_t k = 0; k < PetscMin(found, ROOM); k++) {
    const double *p = w->field.position + 3 * list[k], far = pow(p[0] - x[0], 2) + pow(p[1] - x[1], 2) + pow(p[2] - x[2], 2);
    if (w->field.lattice->grain[list[k]] >= 0 && far < least) least = far, best = list[k];
  }
  return best;
}

/* The place in the undeformed grain of what is at x, by the line at the nearest atom, and its displacement. */
static void Undeform(const Work *w, ptrdiff_t atom, const double x[3], double site[3], double u[3])
{
  const double *e = w->strain->strain[atom], *r = w->strain->rotation[atom], *c = w->strain->displacement[atom];
  const double  H[9] = {e[0], e[5] - r[2], e[4] + r[1], e[5] + r[2], e[1], e[3] - r[0], e[4] - r[1], e[3] + r[0], e[2]};
  double        at[3], d[3];

  for (int a = 0; a < 3; a++) at[a] = w->field.position[3 * atom + a] - w->field.lattice->displacement[atom][a];
  memcpy(u, c, 3 * sizeof *u);
  for (int step = 0; step < 3; step++) {
    for (int a = 0; a < 3; a++) d[a] = x[a] - u[a] - at[a];
    for (int a = 0; a < 3; a++) u[a] = c[a] + H[3 * a] * d[0] + H[3 * a + 1] * d[1] + H[3 * a + 2] * d[2];
  }
  for (int a = 0; a < 3; a++) site[a] = x[a] - u[a];
}

/* Nonzero when memory is short. */
static int Voxel(const Work *w, const double x[3], ptrdiff_t at, AetStrainAround *around)
{
  const ptrdiff_t atom = NearestAtom(w, x);
  AetLocalLine    line;
  PetscInt        grain;
  double          site[3], u[3], strain[6], rotation[3], mask;

  if (atom < 0) return 0;
  grain = w->field.lattice->grain[atom];
  Undeform(w, atom, x, site, u);
  if (AetStrainLook(&w->field, grain, site, u, around)) return 1;
  if (!AetLocalLineFit(around->count, (const double(*)[3])around->d, (const double(*)[3])around->u, around->w, &line)) return 0;
  mask = AetStrainMask(line.weight / w->field.bulk[grain]);
  if (mask == 0) return 0;
  AetLocalStrain(line.gradient, strain, rotation);
  for (int c = 0; c < 6; c++) w->volume[c]->data[at] = (float)strain[c];
  for (int c = 0; c < 3 && w->rotation; c++) w->rotation[c]->data[at] = (float)rotation[c];
  if (w->mask) (*w->mask)->data[at] = (float)mask;
  return 0;
}

static PetscErrorCode Planes(const Work *w, AetVolume grid)
{
  const ptrdiff_t *n = grid->n, rows = grid->z_count * n[1];
  int              failed = 0;

  PetscFunctionBegin;
#pragma omp parallel num_threads(AetThreads()) reduction(| : failed)
  {
    AetStrainAround around = {0};
#pragma omp for schedule(dynamic, 4)
    for (ptrdiff_t row = 0; row < rows; row++) {
      const double pixel = grid->pixel_angstrom;
      double       x[3] = {0, pixel * (double)(row % n[1] - n[1] / 2), pixel * (double)(grid->z_start + row / n[1] - n[0] / 2)};
      for (ptrdiff_t i = 0; i < n[2]; i++) {
        x[0] = pixel * (double)(i - n[2] / 2);
        failed |= Voxel(w, x, row * n[2] + i, &around);
      }
    }
    AetStrainAroundFree(&around);
  }
  AetCheck(!failed, AET_ERR_MEMORY, "strain: no memory for the atoms around a voxel");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(Work *w, AetVolume grid)
{
  PetscFunctionBegin;
  for (int c = 0; c < 6; c++) PetscCall(AetVolumeCreate(grid->comm, grid->n, grid->pixel_angstrom, &w->volume[c]));
  for (int c = 0; c < 3 && w->rotation; c++) PetscCall(AetVolumeCreate(grid->comm, grid->n, grid->pixel_angstrom, &w->rotation[c]));
  if (w->mask) PetscCall(AetVolumeCreate(grid->comm, grid->n, grid->pixel_angstrom, w->mask));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fill(Work *w, AetVolume grid)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(!AetCellsBuild(&w->near, w->strain->total, w->field.position, w->far), AET_ERR_MEMORY,
           "strain: no memory for the cells of %" PetscInt_FMT " atoms", w->strain->total);
  code = Planes(w, grid);
  AetCellsFree(&w->near);
  PetscFunctionReturn(code);
}

PetscErrorCode AetStrainGrid(AetAtoms atoms, AetLattice lattice, AetStrain strain, AetVolume grid, AetVolume volume[6],
                             AetVolume rotation[3], AetVolume *mask)
{
  Work           w = {.strain = strain, .volume = volume, .rotation = rotation, .mask = mask, .far = 1};
  double        *position;
  PetscErrorCode code;

  PetscFunctionBegin;
  AetCheck(grid->pixel_angstrom > 0, AET_ERR_INPUT, "strain: grid: expected a pixel size > 0 Å, found %g", grid->pixel_angstrom);
  AetCheck(lattice->total == atoms->total && strain->total == atoms->total, AET_ERR_INPUT,
           "strain: expected lattice and strain of %" PetscInt_FMT " atoms, found %" PetscInt_FMT " and %" PetscInt_FMT, atoms->total,
           lattice->total, strain->total);
  for (PetscInt g = 0; g < lattice->grains; g++) w.far = fmax(w.far, 2 * lattice->nearest[g]);
  PetscCall(AetPositionsGather(atoms, &position));
  PetscCall(Create(&w, grid));
  code = AetAgree(grid->comm, AetStrainFieldCreate(lattice, position, strain->sigma_angstrom, &w.field));
  if (!code) {
    code = AetAgree(grid->comm, Fill(&w, grid));
    PetscCall(AetStrainFieldDestroy(&w.field));
  }
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}
