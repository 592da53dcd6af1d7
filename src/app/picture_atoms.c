/* The atoms as shaded spheres. */
#include "picture.h"
#include "picture_spheres.h"
#include <math.h>

enum { FACTOR = 2 };

/* The names of the species, each beside a ring of its colour, and a bar of 1 nm. */
static void Legend(AetCanvas *canvas, AetAtoms atoms, double scale)
{
  static const float white[3] = {0.8f, 0.8f, 0.8f};
  ptrdiff_t          x = 36, y = canvas->ny - 60;

  AetKernelCanvasBox(canvas, x, y + 8, x + (ptrdiff_t)(10 * scale), y + 20, white);
  x += (ptrdiff_t)(10 * scale) + 20;
  x += AetKernelCanvasText(canvas, x, y, 4, "1 nm", white) + 44;
  for (int s = 0; s < atoms->species_count; s++) {
    AetKernelCanvasRing(canvas, (double)x + 12, (double)y + 14, 7, 14, AetSpeciesColour(s), 1);
    x += 40;
    x += AetKernelCanvasText(canvas, x, y, 4, atoms->symbol[s], white) + 32;
  }
}

static PetscErrorCode Draw(AetAtoms atoms, const double *position, const int *species, const double angles_deg[3], int width,
                           const char *path)
{
  const size_t count = (size_t)atoms->total;
  AetCanvas    canvas;
  double       R[9], half[2], radius, scale, *seen;
  float(*colour)[3];
  unsigned char *bytes;
  ptrdiff_t      pixels;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(3 * count, &seen, count, &colour));
  AetRotationFromAngles(AET_ANGLES_ZYX, angles_deg, R);
  AetSpheresFrame(atoms->total, position, R, seen, half);
  for (size_t i = 0; i < count; i++)
    for (int c = 0; c < 3; c++) colour[i][c] = AetSpeciesColour(species[i])[c];
  radius = AetTouchingRadius(atoms->total, position);
  scale = width * FACTOR / (2 * fmax(half[0], half[1]) + 5 * radius);
  canvas.nx = width * FACTOR;
  canvas.ny = FACTOR * (ptrdiff_t)fmax(width / 3.0, ceil((2 * half[1] + 5 * radius) * scale / FACTOR));
  pixels = canvas.nx * canvas.ny;
  PetscCall(PetscMalloc2(3 * pixels, &canvas.rgb, 3 * pixels, &bytes));
  PetscCall(AetDrawSpheres(&canvas, (ptrdiff_t)count, seen, (const float(*)[3])colour, radius, scale));
  Legend(&canvas, atoms, scale);
  AetKernelCanvasToBytes(&canvas, FACTOR, bytes);
  PetscCall(AetPngWrite(path, canvas.ny / FACTOR, canvas.nx / FACTOR, bytes));
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscCall(PetscFree2(seen, colour));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPictureAtoms(AetAtoms atoms, const double angles_deg[3], int width, const char *path)
{
  int     rank, *species;
  double *position;

  PetscFunctionBegin;
  if (!atoms->total) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(AetAgree(atoms->comm, rank ? PETSC_SUCCESS : Draw(atoms, position, species, angles_deg, width, path)));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscFunctionReturn(PETSC_SUCCESS);
}
