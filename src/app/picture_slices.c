/* Central slices with the atoms that lie in them. */
#include "kernel/canvas.h"
#include "picture.h"
#include <math.h>
#include <string.h>

enum { GAP = 16, PANEL = 440 };
#define AET_SLICE_REACH 0.8 /* Å to either side: a third of an atomic spacing */

static const float palette[AET_SPECIES_MAX][3] = {{0.90f, 0.32f, 0.06f}, {0.10f, 0.30f, 0.85f}, {0.05f, 0.60f, 0.30f},
                                                  {0.75f, 0.08f, 0.40f}, {0.85f, 0.65f, 0.05f}, {0.05f, 0.60f, 0.70f},
                                                  {0.45f, 0.15f, 0.75f}, {0.50f, 0.50f, 0.50f}};

const float *AetSpeciesColour(int species)
{
  return palette[species >= 0 && species < AET_SPECIES_MAX ? species : AET_SPECIES_MAX - 1];
}

/* Axes of a slice: across and up the picture, and the one it cuts; x 0, y 1, z 2. */
static const int slices[3][3] = {{0, 1, 2}, {0, 2, 1}, {2, 1, 0}};

/* The central slice across `axes` on rank 0, [n_up][n_across]. Every rank brings its planes; the others are zero. */
static PetscErrorCode Slice(AetVolume volume, const int axes[3], float *local, float *whole)
{
  ptrdiff_t across = volume->n[2 - axes[0]], up = volume->n[2 - axes[1]], middle = AetOrigin(volume->n[2 - axes[2]]);

  PetscFunctionBegin;
  memset(local, 0, sizeof *local * (size_t)(across * up));
  for (ptrdiff_t j = 0; j < up; j++)
    for (ptrdiff_t i = 0; i < across; i++) {
      ptrdiff_t r[3];

      r[axes[0]] = i, r[axes[1]] = j, r[axes[2]] = middle;
      r[2] -= volume->z_start;
      if (r[2] >= 0 && r[2] < volume->z_count) local[j * across + i] = volume->data[(r[2] * volume->n[1] + r[1]) * volume->n[2] + r[0]];
    }
  PetscCallMPI(MPI_Reduce(local, whole, (int)(across * up), MPI_FLOAT, MPI_SUM, 0, volume->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static float Brightest(const float *image, ptrdiff_t count)
{
  float most = 0;

  for (ptrdiff_t i = 0; i < count; i++) most = fmaxf(most, image[i]);
  return most;
}

static void Rings(AetCanvas *canvas, AetVolume volume, const int axes[3], ptrdiff_t x0, ptrdiff_t y0, int zoom, PetscInt count,
                  const double *position, const int *species)
{
  ptrdiff_t across = volume->n[2 - axes[0]], up = volume->n[2 - axes[1]];
  double    pixel = volume->pixel_angstrom > 0 ? volume->pixel_angstrom : 1;

  for (PetscInt a = 0; a < count; a++) {
    const double *r = &position[3 * a];
    double        off = fabs(r[axes[2]]) / AET_SLICE_REACH;

    if (off > 1) continue;
    AetKernelCanvasRing(canvas, (double)x0 + zoom * (r[axes[0]] / pixel + (double)AetOrigin(across) + 0.5),
                        (double)y0 + zoom * ((double)up - 0.5 - r[axes[1]] / pixel - (double)AetOrigin(up)), zoom * 0.75 / pixel,
                        fmax(1.2, 0.35 * zoom), AetSpeciesColour(species[a]), 1 - 0.5 * off);
  }
}

/* A bar of 1, 2, 5, 10 ... nm, at most a third of the panel, with its length; and the names of the species in their colours. */
static void Legend(AetCanvas *canvas, AetAtoms atoms, double pixels_per_nm, ptrdiff_t x, ptrdiff_t y, ptrdiff_t width)
{
  static const float white[3] = {1, 1, 1};
  const double       steps[] = {1, 2, 5, 10, 20, 50, 100};
  double             length = steps[0];
  char               text[32];

  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (steps[i] * pixels_per_nm < (double)width / 3) length = steps[i];
  AetKernelCanvasBox(canvas, x, y + 4, x + (ptrdiff_t)(length * pixels_per_nm), y + 10, white);
  snprintf(text, sizeof text, "%g nm", length);
  x += (ptrdiff_t)(length * pixels_per_nm) + 12;
  x += AetKernelCanvasText(canvas, x, y, 2, text, white) + 24;
  for (int s = 0; s < atoms->species_count; s++) {
    AetKernelCanvasRing(canvas, (double)x + 6, (double)y + 7, 5, 2.5, AetSpeciesColour(s), 1);
    x += 18;
    x += AetKernelCanvasText(canvas, x, y, 2, atoms->symbol[s], white) + 18;
  }
}

static PetscErrorCode Draw(AetVolume volume, AetAtoms atoms, int zoom, float *const image[3], const double *position, const int *species,
                           const char *path)
{
  AetCanvas          canvas = {.ny = 0, .nx = GAP};
  unsigned char     *bytes;
  ptrdiff_t          x = GAP;
  float              most = 0;
  static const float dark[3] = {0.006f, 0.009f, 0.018f};
  double             pixel = volume->pixel_angstrom > 0 ? volume->pixel_angstrom : 1;

  PetscFunctionBegin;
  for (int s = 0; s < 3; s++) {
    ptrdiff_t across = volume->n[2 - slices[s][0]], up = volume->n[2 - slices[s][1]];

    canvas.nx += zoom * across + GAP;
    canvas.ny = PetscMax(canvas.ny, zoom * up + 2 * GAP + 24);
    most = fmaxf(most, Brightest(image[s], across * up));
  }
  PetscCall(PetscMalloc2(3 * canvas.nx * canvas.ny, &canvas.rgb, 3 * canvas.nx * canvas.ny, &bytes));
  AetKernelCanvasBox(&canvas, 0, 0, canvas.nx, canvas.ny, dark);
  for (int s = 0; s < 3; s++) {
    ptrdiff_t across = volume->n[2 - slices[s][0]], up = volume->n[2 - slices[s][1]];

    AetKernelCanvasImage(&canvas, x, GAP, zoom, image[s], up, across, 0, 0.8f * most);
    Rings(&canvas, volume, slices[s], x, GAP, zoom, atoms->total, position, species);
    x += zoom * across + GAP;
  }
  Legend(&canvas, atoms, 10 / pixel * zoom, GAP, canvas.ny - 26, zoom * volume->n[2]);
  AetKernelCanvasToBytes(&canvas, 1, bytes);
  PetscCall(AetPngWrite(path, canvas.ny, canvas.nx, bytes));
  PetscCall(PetscFree2(canvas.rgb, bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPictureSlices(AetVolume volume, AetAtoms atoms, const char *path)
{
  int       rank, zoom;
  float    *local, *image[3];
  double   *position;
  int      *species;
  ptrdiff_t longest = PetscMax(volume->n[0], PetscMax(volume->n[1], volume->n[2]));

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(volume->comm, &rank));
  zoom = (int)PetscMax(1, PANEL / longest);
  PetscCall(
      PetscMalloc4(longest * longest, &local, longest * longest, &image[0], longest * longest, &image[1], longest * longest, &image[2]));
  for (int s = 0; s < 3; s++) PetscCall(Slice(volume, slices[s], local, image[s]));
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(AetAgree(volume->comm, rank ? PETSC_SUCCESS : Draw(volume, atoms, zoom, image, position, species, path)));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscCall(PetscFree4(local, image[0], image[1], image[2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
