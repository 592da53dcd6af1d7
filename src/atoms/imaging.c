/* The linear image of atoms, and its derivatives (imaging.h, docs/theory/refinement.md). */
#include "atoms/imaging_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 6
#define NEGLIGIBLE 2e-3     /* of a profile's transform: frequencies beyond are left out */
#define OVERSAMPLING 1.2    /* of the fine grid over the last frequency that counts: with 6 taps 1e-4 of it, less of all below */
#define MARGIN_ANGSTROM 6.0 /* of empty sea around an image, so that what leaves on one side does not come back on the other */

/* The frequency in 1/Å beyond which the narrowest profile is negligible. */
static double LastFrequency(const AetOptics *optics)
{
  double last = 0;

  for (int s = 0; s < optics->species_count; s++) {
    double q;
    for (q = 0; q < 20; q += 0.01) /* shares of both signs may cross 0 on the way */
      if (fabs(AetOpticsProfile(optics, s, 0.8, q)) > NEGLIGIBLE) last = fmax(last, q + 0.01);
  }
  return last;
}

static void ChooseGrid(AetImaging im, const AetOptics *optics)
{
  const double pixel = im->tilt->pixel_angstrom, last = LastFrequency(optics);

  im->n[0] = im->tilt->ny, im->n[1] = im->tilt->nx;
  im->margin = (ptrdiff_t)ceil(MARGIN_ANGSTROM / pixel);
  im->finer = (int)ceil(2 * last * pixel); /* sampling at the pixels folds what is beyond their Nyquist frequency */
  for (int a = 0; a < 2; a++) {
    const ptrdiff_t side = AetSmoothSize(PetscMax(im->n[a] + im->margin, 4 * AET_SLICE_LANES), PETSC_TRUE);
    const double    frequencies = last * pixel * (double)side; /* those that count, on one side */
    im->N[a] = im->finer * side;
    im->fine[a] = AetSmoothSize(PetscMax(side, (ptrdiff_t)ceil(2 * OVERSAMPLING * frequencies)), PETSC_TRUE);
    im->reach[a] = PetscMin((ptrdiff_t)frequencies, PetscMin(im->fine[a], im->N[a]) / 2 - 1);
  }
}

static size_t Lines(size_t floats)
{
  return (floats + 15) / 16 * 16;
}

static PetscErrorCode Plan(AetImaging im)
{
  PetscFunctionBegin;
  AetCheck(!AetImagePlanePlanCreate(&im->points, im->fine, im->reach[1]) && !AetImagePlanePlanCreate(&im->image, im->N, im->reach[1]),
           AET_ERR_MEMORY, "no memory for transforms of %td x %td points", im->fine[1], im->fine[0]);
  im->work_grid = Lines((size_t)PetscMax(im->fine[0] * im->fine[1], im->N[0] * im->N[1]));
  im->work_points = AET_LANES * AetImagePlaneSpectrum(&im->points);
  im->work_image = AET_LANES * AetImagePlaneSpectrum(&im->image);
  im->work_size = Lines(im->work_grid * (size_t)im->species_count + im->work_points + im->work_image +
                        AET_LANES * PetscMax(AetImagePlaneWork(&im->points), AetImagePlaneWork(&im->image)));
  im->work = aligned_alloc(64, sizeof(float) * im->work_size * (size_t)im->threads);
  AetCheck(im->work, AET_ERR_MEMORY, "no memory for images of %td x %td points", im->N[1], im->N[0]);
  for (int s = 0; s < im->species_count; s++)
    PetscCall(PetscMalloc1((size_t)(im->points.kept * (2 * im->reach[0] + 1) * AET_LANES), &im->factor[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The factor of a frequency, and what it adds to the power and the stiffness of the species. */
static float FactorAt(AetImaging im, const AetOptics *optics, int s, ptrdiff_t ky, ptrdiff_t kx)
{
  const double pixel = im->tilt->pixel_angstrom / im->finer, pixels = (double)im->N[0] * (double)im->N[1];
  const double qy = (double)ky / ((double)im->N[0] * pixel), qx = (double)kx / ((double)im->N[1] * pixel), q2 = qy * qy + qx * qx;
  const double value = optics->height[s] * AetOpticsProfile(optics, s, 1, sqrt(q2)) * im->finer * im->finer;
  const double taps = AetKaiserBesselTransform(&im->kernel, (double)ky / (double)im->fine[0]) *
                      AetKaiserBesselTransform(&im->kernel, (double)kx / (double)im->fine[1]);

  const double power = (kx ? 2 : 1) * value * value / pixels / (im->finer * im->finer);

  if (kx > im->reach[1]) return 0;
  im->power[s] += power;
  im->stiffness[s] += 2 * M_PI * M_PI * q2 * power; /* the mean of both axes */
  return (float)(value / taps / pixels);
}

PetscErrorCode AetImagingSetOptics(AetImaging im, const AetOptics *optics)
{
  PetscFunctionBegin;
  for (int s = 0; s < im->species_count; s++) {
    float *factor = im->factor[s];
    im->height[s] = optics->height[s], im->stiffness[s] = im->power[s] = 0;
    for (ptrdiff_t block = 0; block < im->points.kept; block++)
      for (ptrdiff_t ky = -im->reach[0]; ky <= im->reach[0]; ky++)
        for (ptrdiff_t lane = 0; lane < AET_LANES; lane++) *factor++ = FactorAt(im, optics, s, ky, block * AET_LANES + lane);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingCreate(AetTiltSeries tilt, const AetOptics *optics, AetImaging *out)
{
  AetImaging im;

  PetscFunctionBegin;
  PetscCall(PetscNew(&im));
  *out = im;
  im->tilt = tilt;
  im->comm = tilt->comm;
  im->threads = AetThreads();
  im->species_count = optics->species_count;
  ChooseGrid(im, optics);
  AetKaiserBesselInit(&im->kernel, TAPS, OVERSAMPLING);
  PetscCall(AetAgree(im->comm, Plan(im)));
  PetscCall(AetImagingSetOptics(im, optics));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingDestroy(AetImaging *imaging)
{
  AetImaging im = *imaging;

  PetscFunctionBegin;
  if (!im) PetscFunctionReturn(PETSC_SUCCESS);
  AetImagePlanePlanFree(&im->points);
  AetImagePlanePlanFree(&im->image);
  free(im->work);
  for (int s = 0; s < im->species_count; s++) PetscCall(PetscFree(im->factor[s]));
  PetscCall(PetscFree(*imaging));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void AetImagingPoints(const AetImaging im, double per[2])
{
  for (int a = 0; a < 2; a++) per[a] = (double)(im->fine[1 - a] * im->finer) / ((double)im->N[1 - a] * im->tilt->pixel_angstrom);
}

AetSight AetSightOf(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, ptrdiff_t local, int thread)
{
  float        *grid = im->work + im->work_size * (size_t)thread, *points = grid + im->work_grid * (size_t)im->species_count;
  AetSight      sight = {.im = im, .optics = optics, .atoms = atoms, .view = im->tilt->v_start + local, .grid = grid};
  const double *R = im->tilt->rotation[sight.view], room = 0.5 * (double)im->margin;
  double        per[2];

  sight.points = (AetLane *)points;
  sight.image = (AetLane *)(points + im->work_points);
  sight.work = (AetLane *)(points + im->work_points + im->work_image);
  AetImagingPoints(im, per);
  for (int a = 0; a < 2; a++) {
    const double pixel = per[a] * im->tilt->pixel_angstrom, origin = (double)(im->fine[1 - a] / 2);
    for (int b = 0; b < 3; b++) sight.A[a][b] = per[a] * R[3 * a + b];
    sight.A[a][3] = per[a] * optics->shift[sight.view][a] + origin;
    sight.low[a] = origin - pixel * ((double)AetOrigin(im->n[1 - a]) + room);
    sight.high[a] = origin + pixel * ((double)(im->n[1 - a] - AetOrigin(im->n[1 - a])) + room);
  }
  return sight;
}

AetSplat AetSightSplat(const AetSight *sight, int s)
{
  const AetImaging im = sight->im;
  const AetSplat   splat = {&im->kernel, im->fine[0], im->fine[1], im->fine[1], sight->grid + im->work_grid * (size_t)s};

  return splat;
}

AetImagePlaneProfile AetSightProfile(const AetSight *sight, int s)
{
  const AetImaging           im = sight->im;
  const AetImagePlaneProfile profile = {im->fine[0], im->N[0], im->reach[0], im->points.kept, im->factor[s]};

  return profile;
}

void AetSightSpread(const AetSight *sight, const double *direction)
{
  const AetImaging im = sight->im;
  double           grid[2], moved[3], per[2];

  AetImagingPoints(im, per);
  memset(sight->grid, 0, sizeof(float) * im->work_grid * (size_t)im->species_count);
  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    AetSplat splat;
    if (!AetSightPlace(sight, i, grid)) continue;
    splat = AetSightSplat(sight, sight->atoms->species[i]);
    if (!direction) {
      AetSplatAdd(&splat, grid[0], grid[1], (float)AetSightWeight(sight, i));
      continue;
    }
    AetRotate(im->tilt->rotation[sight->view], direction + 3 * i, moved);
    for (int a = 0; a < 2; a++) moved[a] *= AetSightWeight(sight, i) * per[a];
    AetSplatAddMoved(&splat, grid[0], grid[1], (float)moved[0], (float)moved[1]);
  }
}

/* Where the image's rows lie in its grid: one in `finer` of them. */
static ptrdiff_t FirstRow(const AetImaging im, int axis)
{
  return im->N[axis] / 2 - im->finer * AetOrigin(im->n[axis]);
}

/* out <- background + scale × what the grids give at the pixels. */
static void Image(const AetSight *sight, double background, float *out)
{
  const AetImaging im = sight->im;
  const float      scale = (float)sight->optics->scale[sight->view];
  const ptrdiff_t  top = FirstRow(im, 0), left = FirstRow(im, 1), rows = im->finer * (im->n[0] - 1) + 1;

  memset(sight->image, 0, sizeof(float) * im->work_image);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = AetSightProfile(sight, s);
    AetImagePlaneForward(&im->points, sight->grid + im->work_grid * (size_t)s, 0, im->fine[0], sight->points, sight->work);
    AetImagePlaneAdd(&profile, sight->points, sight->image);
  }
  AetImagePlaneBackward(&im->image, sight->image, scale, sight->grid, top, rows, sight->work);
  for (ptrdiff_t y = 0; y < im->n[0]; y++)
    for (ptrdiff_t x = 0; x < im->n[1]; x++)
      out[y * im->n[1] + x] = (float)background + sight->grid[(top + im->finer * y) * im->N[1] + left + im->finer * x];
}

void AetSightResidual(const AetSight *sight, const float *residual)
{
  const AetImaging im = sight->im;
  const float      scale = (float)sight->optics->scale[sight->view];
  const ptrdiff_t  top = FirstRow(im, 0), left = FirstRow(im, 1), rows = im->finer * (im->n[0] - 1) + 1;

  memset(sight->grid + top * im->N[1], 0, sizeof(float) * (size_t)(rows * im->N[1]));
  for (ptrdiff_t y = 0; y < im->n[0]; y++)
    for (ptrdiff_t x = 0; x < im->n[1]; x++)
      sight->grid[(top + im->finer * y) * im->N[1] + left + im->finer * x] = scale * residual[y * im->n[1] + x];
  AetImagePlaneForward(&im->image, sight->grid, top, rows, sight->image, sight->work);
}

PetscErrorCode AetImagingProject(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, float *images)
{
  PetscFunctionBegin;
#pragma omp parallel for num_threads(im->threads) schedule(static, 1)
  for (int t = 0; t < im->threads; t++)
    for (ptrdiff_t j = t; j < im->tilt->v_count; j += im->threads) {
      const AetSight sight = AetSightOf(im, optics, atoms, j, t);
      AetSightSpread(&sight, NULL);
      Image(&sight, optics->background[sight.view], images + j * im->n[0] * im->n[1]);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingMove(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const double *direction, float *images)
{
  PetscFunctionBegin;
#pragma omp parallel for num_threads(im->threads) schedule(static, 1)
  for (int t = 0; t < im->threads; t++)
    for (ptrdiff_t j = t; j < im->tilt->v_count; j += im->threads) {
      const AetSight sight = AetSightOf(im, optics, atoms, j, t);
      AetSightSpread(&sight, direction);
      Image(&sight, 0, images + j * im->n[0] * im->n[1]);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}
