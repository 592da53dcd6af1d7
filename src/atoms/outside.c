/* The images less the light that atoms do not explain: what a volume holds away from them, projected (docs/theory/refinement.md). */
#include "atoms/kernel/near.h"
#include "recon/kernel/pixels.h"
#include <aet4d/atoms.h>
#include <aet4d/recon.h>
#include <math.h>
#include <string.h>

#define OVERSAMPLING 2.0 /* of the projector */
#define TAPS 6
#define EDGE 0.5 /* of the radius: over which the volume comes back */

/* rest <- what of it lies away from the atoms. */
static PetscErrorCode Keep(AetVolume rest, PetscInt count, const double *position, double radius_angstrom)
{
  const ptrdiff_t plane = rest->n[1] * rest->n[2];
  const double    radius = radius_angstrom / rest->pixel_angstrom;
  float          *weight;

  PetscFunctionBegin;
  PetscCall(AetAgree(rest->comm, PetscMalloc1((size_t)(rest->z_count * plane) + 1, &weight)));
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t z = 0; z < rest->z_count; z++) {
    AetNearPlane(rest->n, rest->z_start + z, rest->pixel_angstrom, count, position, radius, EDGE * radius, weight + z * plane);
    for (ptrdiff_t p = z * plane; p < (z + 1) * plane; p++) rest->data[p] *= weight[p];
  }
  PetscCall(PetscFree(weight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* image <- measured less what `image` holds; borders that were not measured stay zero, by which they are known. */
static PetscErrorCode Subtract(AetTiltSeries tilt, PetscBool extended, float *image)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;
  unsigned char  *use;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)pixels + 1, &use));
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    const float *b = tilt->image + j * pixels;
    memset(use, AET_PIXEL_USED, (size_t)pixels);
    if (extended) AetPixelsBlankBorder(tilt->ny, tilt->nx, b, use);
    for (ptrdiff_t p = 0; p < pixels; p++) image[j * pixels + p] = use[p] == AET_PIXEL_USED ? b[p] - image[j * pixels + p] : 0;
  }
  PetscCall(PetscFree(use));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half the median distance of nearest neighbours. */
static PetscErrorCode Radius(PetscInt count, const double *position, double *radius)
{
  double *nearest;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)count + 1, &nearest));
#pragma omp parallel for num_threads(AetThreads())
  for (PetscInt i = 0; i < count; i++) {
    double least = INFINITY;
    for (PetscInt k = 0; k < count; k++) {
      double square = 0;
      for (int a = 0; a < 3; a++) square += (position[3 * i + a] - position[3 * k + a]) * (position[3 * i + a] - position[3 * k + a]);
      if (k != i) least = PetscMin(least, square);
    }
    nearest[i] = least;
  }
  PetscCall(PetscSortReal(count, nearest));
  *radius = count > 1 ? 0.5 * sqrt(nearest[count / 2]) : 1;
  PetscCall(PetscFree(nearest));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetRefineImages(AetTiltSeries tilt, AetVolume volume, AetAtoms atoms, const AetRefineSettings *settings, float **image)
{
  double       radius = settings->radius_angstrom;
  AetVolume    rest;
  AetProjector projector;
  double      *position;
  int         *species;

  PetscFunctionBegin;
  AetCheck(fabs(volume->pixel_angstrom - tilt->pixel_angstrom) <= 1e-4 * tilt->pixel_angstrom, AET_ERR_INPUT,
           "refine: volume: expected voxels of %g Å, as the pixels of the images, found %g Å", tilt->pixel_angstrom,
           volume->pixel_angstrom);
  PetscCall(AetAtomsGather(atoms, &position, &species));
  PetscCall(AetVolumeDuplicate(volume, &rest));
  if (!(radius > 0)) PetscCall(Radius(atoms->total, position, &radius));
  PetscCall(Keep(rest, atoms->total, position, radius));
  PetscCall(PetscFree(position));
  PetscCall(PetscFree(species));
  PetscCall(AetAgree(tilt->comm, PetscMalloc1((size_t)(tilt->v_count * tilt->ny * tilt->nx) + 1, image)));
  PetscCall(AetProjectorCreate(tilt, rest->n, OVERSAMPLING, TAPS, &projector));
  PetscCall(AetProjectorForward(projector, rest->data, *image));
  PetscCall(AetProjectorDestroy(&projector));
  PetscCall(AetVolumeDestroy(&rest));
  PetscCall(Subtract(tilt, settings->extended, *image));
  PetscFunctionReturn(PETSC_SUCCESS);
}
