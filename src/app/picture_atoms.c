/* The atoms as shaded spheres. */
#include "kernel/canvas.h"
#include "kernel/spheres.h"
#include "picture.h"
#include <math.h>

enum { FACTOR = 2, LIGHT = 1600, SAMPLE = 300 };

/* Half the median distance to the nearest neighbour, over a sample of the atoms: spheres that just touch. */
static double TouchingRadius(PetscInt count, const double *position)
{
  double nearest[SAMPLE];
  int    kept = 0;

  for (PetscInt i = 0; i < count; i += 1 + count / SAMPLE) {
    double best = 1e30;

    for (PetscInt j = 0; j < count; j++) {
      const double *a = &position[3 * i], *b = &position[3 * j];
      double        d = (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);

      if (j != i) best = fmin(best, d);
    }
    int place = kept < SAMPLE ? kept++ : SAMPLE - 1; /* insertion keeps the sample sorted */
    for (; place > 0 && nearest[place - 1] > best; place--) nearest[place] = nearest[place - 1];
    nearest[place] = best;
  }
  return count > 1 ? 0.5 * sqrt(nearest[kept / 2]) : 1.3;
}

/* Turns the atoms into the frame of R, about the middle of their extent there; returns the half extent across and up. */
static void Frame(PetscInt count, const double *position, const double R[9], double *seen, double half[2])
{
  double low[3] = {1e30, 1e30, 1e30}, high[3] = {-1e30, -1e30, -1e30};

  for (PetscInt i = 0; i < count; i++) {
    AetRotate(R, &position[3 * i], &seen[3 * i]);
    for (int a = 0; a < 3; a++) low[a] = fmin(low[a], seen[3 * i + a]), high[a] = fmax(high[a], seen[3 * i + a]);
  }
  for (PetscInt i = 0; i < count; i++)
    for (int a = 0; a < 3; a++) seen[3 * i + a] -= (low[a] + high[a]) / 2;
  for (int a = 0; a < 2; a++) half[a] = (high[a] - low[a]) / 2;
}

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

static void ShadowMap(AetSpheres *spheres, double *seen, float *depth, int *who)
{
  /* from the upper left, half in front */
  const double light[3] = {-0.48, 0.62, 0.62}, length = sqrt(0.48 * 0.48 + 2 * 0.62 * 0.62);
  double      *R = spheres->to_light, farthest = 0, side;

  for (int a = 0; a < 3; a++) R[6 + a] = light[a] / length;
  side = hypot(R[6], R[8]);
  R[0] = R[8] / side, R[1] = 0, R[2] = -R[6] / side;
  R[3] = R[7] * R[2] - R[8] * R[1], R[4] = R[8] * R[0] - R[6] * R[2], R[5] = R[6] * R[1] - R[7] * R[0];
  for (ptrdiff_t i = 0; i < spheres->count; i++) {
    AetRotate(R, &spheres->centre[3 * i], &seen[3 * i]);
    farthest = fmax(farthest, hypot(seen[3 * i], seen[3 * i + 1]));
  }
  spheres->light_n = LIGHT;
  spheres->light_scale = LIGHT / 2.0 / (farthest + 1.5 * spheres->radius);
  AetKernelSpheresSee(spheres->count, seen, spheres->radius, LIGHT, LIGHT, spheres->light_scale, depth, who);
  spheres->light_depth = depth;
}

static PetscErrorCode Draw(AetAtoms atoms, const double *position, const int *species, const double angles_deg[3], int width,
                           const char *path)
{
  AetSpheres spheres = {.count = atoms->total};
  AetCanvas  canvas;
  double     R[9], half[2], *seen, *from_light;
  float(*colour)[3], *depth, *light_depth;
  int           *who, *light_who;
  unsigned char *bytes;
  ptrdiff_t      pixels;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(3 * spheres.count, &seen, 3 * spheres.count, &from_light, spheres.count, &colour));
  AetRotationFromAngles(AET_ANGLES_ZYX, angles_deg, R);
  Frame(atoms->total, position, R, seen, half);
  for (ptrdiff_t i = 0; i < spheres.count; i++)
    for (int c = 0; c < 3; c++) colour[i][c] = AetSpeciesColour(species[i])[c];
  spheres.radius = TouchingRadius(atoms->total, position);
  spheres.scale = width * FACTOR / (2 * fmax(half[0], half[1]) + 5 * spheres.radius);
  canvas.nx = width * FACTOR;
  canvas.ny = FACTOR * (ptrdiff_t)fmax(width / 3.0, ceil((2 * half[1] + 5 * spheres.radius) * spheres.scale / FACTOR));
  pixels = canvas.nx * canvas.ny;
  PetscCall(PetscMalloc6(3 * pixels, &canvas.rgb, pixels, &depth, pixels, &who, LIGHT * LIGHT, &light_depth, LIGHT * LIGHT, &light_who,
                         3 * pixels, &bytes));
  spheres.ny = canvas.ny, spheres.nx = canvas.nx;
  spheres.centre = seen, spheres.colour = (const float(*)[3])colour;
  AetKernelSpheresSee(spheres.count, seen, spheres.radius, canvas.ny, canvas.nx, spheres.scale, depth, who);
  spheres.depth = depth, spheres.who = who;
  ShadowMap(&spheres, from_light, light_depth, light_who);
  AetKernelSpheresShade(&spheres, AetThreads(), canvas.rgb);
  Legend(&canvas, atoms, spheres.scale);
  AetKernelCanvasToBytes(&canvas, FACTOR, bytes);
  PetscCall(AetPngWrite(path, canvas.ny / FACTOR, canvas.nx / FACTOR, bytes));
  PetscCall(PetscFree6(canvas.rgb, depth, who, light_depth, light_who, bytes));
  PetscCall(PetscFree3(seen, from_light, colour));
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
