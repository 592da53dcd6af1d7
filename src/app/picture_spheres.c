/* Shaded spheres on a whole canvas. */
#include "picture_spheres.h"
#include "kernel/spheres.h"
#include <math.h>

enum { LIGHT = 1600, SAMPLE = 300 };

double AetTouchingRadius(PetscInt count, const double *position)
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

void AetSpheresFrame(PetscInt count, const double *position, const double R[9], double *seen, double half[2])
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

PetscErrorCode AetDrawSpheres(AetCanvas *canvas, ptrdiff_t count, const double *seen, const float (*colour)[3], double radius, double scale)
{
  const ptrdiff_t pixels = canvas->nx * canvas->ny;
  AetSpheres      spheres = {.count = count, .ny = canvas->ny, .nx = canvas->nx, .radius = radius, .scale = scale};
  double         *from_light;
  float          *depth, *light_depth;
  int            *who, *light_who;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(3 * (size_t)count + 1, &from_light, (size_t)pixels, &depth, (size_t)pixels, &who, LIGHT * LIGHT, &light_depth,
                         LIGHT * LIGHT, &light_who));
  spheres.centre = seen, spheres.colour = colour;
  AetKernelSpheresSee(count, seen, radius, canvas->ny, canvas->nx, scale, depth, who);
  spheres.depth = depth, spheres.who = who;
  ShadowMap(&spheres, from_light, light_depth, light_who);
  AetKernelSpheresShade(&spheres, AetThreads(), canvas->rgb);
  PetscCall(PetscFree5(from_light, depth, who, light_depth, light_who));
  PetscFunctionReturn(PETSC_SUCCESS);
}
