/* The linear image of atoms, and its derivatives (imaging.h, docs/theory/refinement.md). */
#include "atoms/imaging.h"
#include "atoms/kernel/image_plane.h"
#include "atoms/kernel/splat.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS 6
#define NEGLIGIBLE 2e-3     /* of a profile's transform: frequencies beyond are left out */
#define OVERSAMPLING 1.2    /* of the fine grid over the last frequency that counts: with 6 taps 1e-4 of it, less of all below */
#define MARGIN_ANGSTROM 6.0 /* of empty sea around an image, so that what leaves on one side does not come back on the other */
#define UNITS 0x1p-34       /* the unit of integer sums over the typical contribution */
#define AROUND 2            /* pixels to either side over which a weight is averaged for an atom */

struct _p_AetImaging {
  AetTiltSeries     tilt;                                  /* borrowed */
  MPI_Comm          comm;                                  /* the tilt series' */
  int               species_count, threads, finer;         /* points of the image's grid per pixel */
  ptrdiff_t         n[2], N[2], fine[2], reach[2], margin; /* image; its grid with margin; grid of atoms; last frequencies (y, x) */
  AetKaiserBessel   kernel;
  AetImagePlanePlan points, image;              /* transforms of both grids */
  float            *factor[AET_SPECIES_MAX];    /* AetImagePlaneProfile: H F / (N_y N_x φ̂_y φ̂_x) */
  double            stiffness[AET_SPECIES_MAX]; /* Σ_px (∂p/∂x)², 1/Å² */
  double            power[AET_SPECIES_MAX];     /* Σ_px p² */
  double            height[AET_SPECIES_MAX];
  float            *work; /* [threads][work_size] */
  size_t            work_size, work_grid, work_points, work_image;
};

PetscErrorCode AetOpticsCreate(ptrdiff_t views, int species_count, const int Z[], AetOptics *optics)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(optics, sizeof *optics));
  optics->views = views;
  optics->species_count = species_count;
  for (int s = 0; s < species_count; s++) optics->Z[s] = Z[s];
  PetscCall(PetscMalloc1((size_t)views, &optics->scale));
  PetscCall(PetscCalloc1((size_t)views, &optics->background));
  PetscCall(PetscCalloc1((size_t)views, &optics->shift));
  for (ptrdiff_t j = 0; j < views; j++) optics->scale[j] = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOpticsCopy(const AetOptics *from, AetOptics *to)
{
  double *scale = to->scale, *background = to->background, (*shift)[2] = to->shift;

  PetscFunctionBegin;
  *to = *from;
  to->scale = scale, to->background = background, to->shift = shift;
  PetscCall(PetscArraycpy(scale, from->scale, from->views));
  PetscCall(PetscArraycpy(background, from->background, from->views));
  PetscCall(PetscArraycpy(shift, from->shift, from->views));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetOpticsFree(AetOptics *optics)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(optics->scale));
  PetscCall(PetscFree(optics->background));
  PetscCall(PetscFree(optics->shift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The profile's transform over the height. */
static double Profile(int Z, double B, double q)
{
  const double form = Z > 0 ? AetElectronScatteringFactor(Z, q) / AetElectronScatteringFactor(Z, 0) : 1;

  return form * exp(-0.25 * B * q * q);
}

/* The frequency in 1/Å beyond which the narrowest profile is negligible. */
static double LastFrequency(const AetOptics *optics)
{
  double last = 0;

  for (int s = 0; s < optics->species_count; s++) {
    double q = 0;
    while (q < 20 && Profile(optics->Z[s], 0.8 * optics->b_factor[s], q) > NEGLIGIBLE) q += 0.01;
    last = fmax(last, q);
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
  const double value = optics->height[s] * Profile(optics->Z[s], optics->b_factor[s], sqrt(q2)) * im->finer * im->finer;
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

/* ---------------------------------------------------------------- one view on one thread */

typedef struct {
  AetImaging           im;
  const AetOptics     *optics;
  const AetScatterers *atoms;
  ptrdiff_t            view;                     /* global */
  double               A[2][4], low[2], high[2]; /* place on the atoms' grid, x and y, = A (r, 1); seen if within low … high */
  float               *grid;                     /* [species] grids of atoms; the first is also the image's */
  AetLane             *points, *image, *work;
} Sight;

/* Points of the atoms' grid per Å, x and y. */
static void PointsPerAngstrom(const AetImaging im, double per[2])
{
  for (int a = 0; a < 2; a++) per[a] = (double)(im->fine[1 - a] * im->finer) / ((double)im->N[1 - a] * im->tilt->pixel_angstrom);
}

static Sight SightOf(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, ptrdiff_t local, int thread)
{
  float        *grid = im->work + im->work_size * (size_t)thread, *points = grid + im->work_grid * (size_t)im->species_count;
  Sight         sight = {.im = im, .optics = optics, .atoms = atoms, .view = im->tilt->v_start + local, .grid = grid};
  const double *R = im->tilt->rotation[sight.view], room = 0.5 * (double)im->margin;
  double        per[2];

  sight.points = (AetLane *)points;
  sight.image = (AetLane *)(points + im->work_points);
  sight.work = (AetLane *)(points + im->work_points + im->work_image);
  PointsPerAngstrom(im, per);
  for (int a = 0; a < 2; a++) {
    const double pixel = per[a] * im->tilt->pixel_angstrom, origin = (double)(im->fine[1 - a] / 2);
    for (int b = 0; b < 3; b++) sight.A[a][b] = per[a] * R[3 * a + b];
    sight.A[a][3] = per[a] * optics->shift[sight.view][a] + origin;
    sight.low[a] = origin - pixel * ((double)AetOrigin(im->n[1 - a]) + room);
    sight.high[a] = origin + pixel * ((double)(im->n[1 - a] - AetOrigin(im->n[1 - a])) + room);
  }
  return sight;
}

static AetSplat SplatOf(const Sight *sight, int s)
{
  const AetImaging im = sight->im;
  const AetSplat   splat = {&im->kernel, im->fine[0], im->fine[1], im->fine[1], sight->grid + im->work_grid * (size_t)s};

  return splat;
}

static AetImagePlaneProfile ProfileOf(const Sight *sight, int s)
{
  const AetImaging           im = sight->im;
  const AetImagePlaneProfile profile = {im->fine[0], im->N[0], im->reach[0], im->points.kept, im->factor[s]};

  return profile;
}

/* The place of an atom on its grid; 0 if it is too far outside the image to be seen there. */
static inline int Place(const Sight *sight, PetscInt i, double grid[2])
{
  const double *r = sight->atoms->position + 3 * i;

  for (int a = 0; a < 2; a++) grid[a] = sight->A[a][0] * r[0] + sight->A[a][1] * r[1] + sight->A[a][2] * r[2] + sight->A[a][3];
  return sight->atoms->species[i] >= 0 && grid[0] > sight->low[0] && grid[0] < sight->high[0] && grid[1] > sight->low[1] &&
         grid[1] < sight->high[1];
}

static inline double WeightOf(const Sight *sight, PetscInt i)
{
  return sight->atoms->weight ? sight->atoms->weight[i] : 1;
}

/* The grids of all species, of the atoms or of their displacements. */
static void Spread(const Sight *sight, const double *direction)
{
  const AetImaging im = sight->im;
  double           grid[2], moved[3], per[2];

  PointsPerAngstrom(im, per);
  memset(sight->grid, 0, sizeof(float) * im->work_grid * (size_t)im->species_count);
  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    AetSplat splat;
    if (!Place(sight, i, grid)) continue;
    splat = SplatOf(sight, sight->atoms->species[i]);
    if (!direction) {
      AetSplatAdd(&splat, grid[0], grid[1], (float)WeightOf(sight, i));
      continue;
    }
    AetRotate(im->tilt->rotation[sight->view], direction + 3 * i, moved);
    for (int a = 0; a < 2; a++) moved[a] *= WeightOf(sight, i) * per[a];
    AetSplatAddMoved(&splat, grid[0], grid[1], (float)moved[0], (float)moved[1]);
  }
}

/* Where the image's rows lie in its grid: one in `finer` of them. */
static ptrdiff_t FirstRow(const AetImaging im, int axis)
{
  return im->N[axis] / 2 - im->finer * AetOrigin(im->n[axis]);
}

/* out <- background + scale × what the grids give at the pixels. */
static void Image(const Sight *sight, double background, float *out)
{
  const AetImaging im = sight->im;
  const float      scale = (float)sight->optics->scale[sight->view];
  const ptrdiff_t  top = FirstRow(im, 0), left = FirstRow(im, 1), rows = im->finer * (im->n[0] - 1) + 1;

  memset(sight->image, 0, sizeof(float) * im->work_image);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = ProfileOf(sight, s);
    AetImagePlaneForward(&im->points, sight->grid + im->work_grid * (size_t)s, 0, im->fine[0], sight->points, sight->work);
    AetImagePlaneAdd(&profile, sight->points, sight->image);
  }
  AetImagePlaneBackward(&im->image, sight->image, scale, sight->grid, top, rows, sight->work);
  for (ptrdiff_t y = 0; y < im->n[0]; y++)
    for (ptrdiff_t x = 0; x < im->n[1]; x++)
      out[y * im->n[1] + x] = (float)background + sight->grid[(top + im->finer * y) * im->N[1] + left + im->finer * x];
}

/* image <- spectrum of scale × residual. */
static void ResidualSpectrum(const Sight *sight, const float *residual)
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
      const Sight sight = SightOf(im, optics, atoms, j, t);
      Spread(&sight, NULL);
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
      const Sight sight = SightOf(im, optics, atoms, j, t);
      Spread(&sight, direction);
      Image(&sight, 0, images + j * im->n[0] * im->n[1]);
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the adjoint */

/* Where contributions of a thread go, as multiples of units. */
typedef struct {
  int64_t *atom;                 /* [count][width]: x, y, z, weight; where they are wanted, the outer products and the square of weights */
  int      width;                /* 4, or 11 */
  double   unit[4], per_unit[4]; /* of positions, of weights, of outer products, of squares of weights; the inverse */
  double  *view;                 /* [views][7] scale, background, shift (2), turn (3): each view by one thread */
  double  *species;              /* [views][species][2] height, B */
  int      overflow;
} Sums;

/* Adds what the gathered values of a view say about its atoms. */
static void GatherView(const Sight *sight, Sums *sums)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view];
  double          *view = sums->view + 7 * sight->view, *species = sums->species + 2 * im->species_count * sight->view, per[2];

  PointsPerAngstrom(im, per);
  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    const int s = sight->atoms->species[i];
    double    seen[3], grid[2], gx, gy;
    float     out[3];
    AetSplat  splat;
    int64_t  *sum = sums->atom + sums->width * i;
    if (!Place(sight, i, grid)) continue;
    AetRotate(R, sight->atoms->position + 3 * i, seen);
    splat = SplatOf(sight, s);
    AetSplatGather(&splat, grid[0], grid[1], out);
    gx = WeightOf(sight, i) * (double)out[1] * per[0], gy = WeightOf(sight, i) * (double)out[2] * per[1];
    for (int a = 0; a < 3; a++) sum[a] += llrint((R[a] * gx + R[3 + a] * gy) * sums->per_unit[0]);
    sum[3] += llrint((double)out[0] * sums->per_unit[1]);
    for (int a = 0, k = 4; sums->width > 4 && a < 3; a++)
      for (int b = a; b < 3; b++, k++) sum[k] += llrint((R[a] * gx + R[3 + a] * gy) * (R[b] * gx + R[3 + b] * gy) * sums->per_unit[2]);
    if (sums->width > 4) sum[10] += llrint((double)out[0] * (double)out[0] * sums->per_unit[3]);
    if (!((gx * gx + gy * gy) * sums->per_unit[2] < 0x1p60) || !((fabs(gx) + fabs(gy)) * sums->per_unit[0] < 0x1p60) ||
        !(fabs((double)out[0]) * sums->per_unit[1] < 0x1p60))
      sums->overflow = 1;
    species[2 * s] += WeightOf(sight, i) * (double)out[0];
    view[2] += gx, view[3] += gy;
    view[4] -= gy * seen[2], view[5] += gx * seen[2], view[6] += gy * seen[0] - gx * seen[1];
  }
}

/* Σ residual ∂image/∂B of every species: needs the atoms' own spectra. */
static void BFactors(const Sight *sight, double *species)
{
  const AetImaging im = sight->im;
  double           step[2];

  for (int a = 0; a < 2; a++) step[a] = im->finer / ((double)im->N[a] * im->tilt->pixel_angstrom);
  Spread(sight, NULL);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = ProfileOf(sight, s);
    AetImagePlaneForward(&im->points, sight->grid + im->work_grid * (size_t)s, 0, im->fine[0], sight->points, sight->work);
    species[2 * s + 1] = -0.25 * AetImagePlaneSecondMoment(&profile, step, sight->points, sight->image);
  }
}

static void AdjointView(const Sight *sight, const float *residual, PetscBool with_b_factor, Sums *sums)
{
  const AetImaging im = sight->im;
  double          *view = sums->view + 7 * sight->view, scale = sight->optics->scale[sight->view];

  for (ptrdiff_t p = 0; p < im->n[0] * im->n[1]; p++) view[1] += residual[p];
  ResidualSpectrum(sight, residual);
  if (with_b_factor) BFactors(sight, sums->species + 2 * im->species_count * sight->view);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = ProfileOf(sight, s);
    AetImagePlaneTake(&profile, sight->image, sight->points);
    AetImagePlaneBackward(&im->points, sight->points, 1, sight->grid + im->work_grid * (size_t)s, 0, im->fine[0], sight->work);
  }
  GatherView(sight, sums);
  for (int s = 0; s < im->species_count; s++) view[0] += sums->species[2 * (im->species_count * sight->view + s)];
  if (scale != 0) view[0] /= scale;
}

/* The units: what the residual does to an atom by its height, rounded to a power of 2. The same on every rank. */
static PetscErrorCode ChooseUnits(AetImaging im, const float *residual, double unit[4])
{
  float  typical = 0, all;
  double height = 0, stiffness = 0;
  int    exponent;

  PetscFunctionBegin;
#pragma omp parallel for simd num_threads(im->threads) reduction(max : typical)
  for (ptrdiff_t p = 0; p < im->tilt->v_count * im->n[0] * im->n[1]; p++) typical = PetscMax(typical, fabsf(residual[p]));
  PetscCallMPI(MPI_Allreduce(&typical, &all, 1, MPI_FLOAT, MPI_MAX, im->comm));
  for (int s = 0; s < im->species_count; s++)
    height = fmax(height, fabs(im->height[s])), stiffness = fmax(stiffness, sqrt(im->stiffness[s]));
  (void)frexp((double)all * height, &exponent);
  unit[1] = ldexp(UNITS, exponent), unit[3] = ldexp(UNITS, 2 * exponent);
  (void)frexp((double)all * fmax(stiffness, 1e-300), &exponent);
  unit[0] = ldexp(UNITS, exponent), unit[2] = ldexp(UNITS, 2 * exponent);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumsCreate(const AetImaging im, PetscInt count, int threads, Sums *sums)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(7 * (size_t)im->tilt->views, &sums[0].view));
  PetscCall(PetscCalloc1(2 * (size_t)(im->species_count * im->tilt->views), &sums[0].species));
  for (int t = 0; t < threads; t++) {
    sums[t].overflow = 0, sums[t].width = sums[0].width;
    sums[t].view = sums[0].view, sums[t].species = sums[0].species;
    for (int k = 0; k < 4; k++) sums[t].unit[k] = sums[0].unit[k], sums[t].per_unit[k] = 1 / sums[0].unit[k];
    PetscCall(PetscCalloc1((size_t)(sums[0].width * PetscMax(count, 1)), &sums[t].atom));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumsFree(int threads, Sums *sums)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(sums[0].view));
  PetscCall(PetscFree(sums[0].species));
  for (int t = 0; t < threads; t++) PetscCall(PetscFree(sums[t].atom));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Over threads and ranks: whole numbers, and terms of which all but one are zero. */
static PetscErrorCode SumsReduce(AetImaging im, PetscInt count, int threads, Sums *sums)
{
  PetscFunctionBegin;
  for (int t = 1; t < threads; t++) {
    for (PetscInt i = 0; i < sums[0].width * count; i++) sums[0].atom[i] += sums[t].atom[i];
    sums[0].overflow |= sums[t].overflow;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums[0].atom, (int)(sums[0].width * count), MPI_INT64_T, MPI_SUM, im->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums[0].view, (int)(7 * im->tilt->views), MPI_DOUBLE, MPI_SUM, im->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums[0].species, (int)(2 * im->species_count * im->tilt->views), MPI_DOUBLE, MPI_SUM, im->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sums[0].overflow, 1, MPI_INT, MPI_MAX, im->comm));
  AetCheck(!sums[0].overflow, AET_ERR_DATA, "refinement: expected finite residuals of the images, found some beyond all measure");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TakeSums(const AetImaging im, PetscInt count, const Sums *sums, AetImagingGradient *gradient)
{
  const ptrdiff_t views = im->tilt->views;

  for (PetscInt i = 0; i < count; i++) {
    for (int a = 0; gradient->position && a < 3; a++)
      gradient->position[3 * i + a] = (double)sums->atom[sums->width * i + a] * sums->unit[0];
    if (gradient->weight) gradient->weight[i] = (double)sums->atom[sums->width * i + 3] * sums->unit[1];
    for (int k = 0; gradient->outer && k < 6; k++) gradient->outer[6 * i + k] = (double)sums->atom[sums->width * i + 4 + k] * sums->unit[2];
    if (gradient->square) gradient->square[i] = (double)sums->atom[sums->width * i + 10] * sums->unit[3];
  }
  for (int s = 0; s < im->species_count; s++) {
    gradient->height[s] = gradient->b_factor[s] = 0;
    for (ptrdiff_t j = 0; j < views; j++) {
      if (im->height[s] != 0) gradient->height[s] += sums->species[2 * (im->species_count * j + s)] / im->height[s];
      gradient->b_factor[s] += sums->species[2 * (im->species_count * j + s) + 1];
    }
  }
  for (ptrdiff_t j = 0; j < views; j++) {
    const double *view = sums->view + 7 * j;
    if (gradient->scale) gradient->scale[j] = view[0];
    if (gradient->background) gradient->background[j] = view[1];
    for (int a = 0; gradient->shift && a < 2; a++) gradient->shift[j][a] = view[2 + a];
    for (int a = 0; gradient->turn && a < 3; a++) gradient->turn[j][a] = view[4 + a];
  }
}

PetscErrorCode AetImagingAdjoint(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const float *residual,
                                 PetscBool with_b_factor, AetImagingGradient *gradient)
{
  Sums *sums;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)im->threads, &sums));
  sums[0].width = gradient->outer || gradient->square ? 11 : 4;
  PetscCall(ChooseUnits(im, residual, sums[0].unit));
  PetscCall(AetAgree(im->comm, SumsCreate(im, atoms->count, im->threads, sums)));
#pragma omp parallel for num_threads(im->threads) schedule(static, 1)
  for (int t = 0; t < im->threads; t++)
    for (ptrdiff_t j = t; j < im->tilt->v_count; j += im->threads) {
      const Sight sight = SightOf(im, optics, atoms, j, t);
      AdjointView(&sight, residual + j * im->n[0] * im->n[1], with_b_factor, &sums[t]);
    }
  PetscCall(SumsReduce(im, atoms->count, im->threads, sums));
  TakeSums(im, atoms->count, &sums[0], gradient);
  PetscCall(SumsFree(im->threads, sums));
  PetscCall(PetscFree(sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- blocks of the normal matrix */

/* The mean weight around a place of an image, 0 outside it. */
static double WeightAround(const AetImaging im, const float *weight, double x, double y)
{
  const ptrdiff_t cx = (ptrdiff_t)lrint(x), cy = (ptrdiff_t)lrint(y);
  double          sum = 0;

  for (ptrdiff_t j = cy - AROUND; j <= cy + AROUND; j++)
    for (ptrdiff_t i = cx - AROUND; i <= cx + AROUND; i++)
      if (j >= 0 && j < im->n[0] && i >= 0 && i < im->n[1]) sum += weight ? (double)weight[j * im->n[1] + i] : 1;
  return sum / ((2 * AROUND + 1) * (2 * AROUND + 1));
}

/* What a view's pixels weigh where it sees the atom, scale² included; 0 if it does not. */
static double Strength(const Sight *sight, const float *weight, PetscInt i)
{
  const AetImaging im = sight->im;
  const double     scale = sight->optics->scale[sight->view];
  double           grid[2], at[2], per[2];

  if (!Place(sight, i, grid)) return 0;
  PointsPerAngstrom(im, per);
  for (int a = 0; a < 2; a++)
    at[a] = (grid[a] - (double)(im->fine[1 - a] / 2)) / (per[a] * im->tilt->pixel_angstrom) + (double)AetOrigin(im->n[1 - a]);
  return WeightAround(im, weight, at[0], at[1]) * scale * scale;
}

/* sums [count][width]: the blocks of the positions (width 6), or the curvature by the weights (1), in units. */
static void BlockView(const Sight *sight, const float *weight, int width, double unit, int64_t *sums)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view];

  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    const double strength = Strength(sight, weight, i), own = WeightOf(sight, i);
    if (!(strength > 0)) continue;
    if (width == 1) {
      sums[i] += llrint(strength * im->power[sight->atoms->species[i]] / unit);
      continue;
    }
    for (int a = 0, k = 0; a < 3; a++)
      for (int b = a; b < 3; b++, k++)
        sums[6 * i + k] +=
            llrint(strength * own * own * im->stiffness[sight->atoms->species[i]] * (R[a] * R[b] + R[3 + a] * R[3 + b]) / unit);
  }
}

/* Sums of BlockView over the views, on every rank. `most`: the largest power or stiffness of a species. */
static PetscErrorCode Blocks(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const float *weight, int width,
                             double most, double *out)
{
  const size_t size = (size_t)width * (size_t)PetscMax(atoms->count, 1);
  double       largest[3] = {weight ? 0 : 1, 0, 1}, all[3], unit;
  int          exponent;
  int64_t     *sum;

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; weight && p < im->tilt->v_count * im->n[0] * im->n[1]; p++) largest[0] = fmax(largest[0], fabs((double)weight[p]));
  for (ptrdiff_t j = 0; j < im->tilt->views; j++) largest[1] = fmax(largest[1], fabs(optics->scale[j]));
  for (PetscInt i = 0; width > 1 && atoms->weight && i < atoms->count; i++) largest[2] = fmax(largest[2], fabs(atoms->weight[i]));
  PetscCallMPI(MPI_Allreduce(largest, all, 3, MPI_DOUBLE, MPI_MAX, im->comm));
  (void)frexp(fmax(all[0] * all[1] * all[1] * all[2] * all[2] * most, 1e-280), &exponent);
  unit = ldexp(UNITS, exponent);
  PetscCall(AetAgree(im->comm, PetscCalloc1(size * (size_t)im->threads, &sum)));
#pragma omp parallel for num_threads(im->threads) schedule(static, 1)
  for (int t = 0; t < im->threads; t++)
    for (ptrdiff_t j = t; j < im->tilt->v_count; j += im->threads) {
      const Sight sight = SightOf(im, optics, atoms, j, t);
      BlockView(&sight, weight ? weight + j * im->n[0] * im->n[1] : NULL, width, unit, sum + (size_t)t * size);
    }
  for (int t = 1; t < im->threads; t++)
    for (size_t i = 0; i < size; i++) sum[i] += sum[(size_t)t * size + i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, (int)size, MPI_INT64_T, MPI_SUM, im->comm));
  for (PetscInt i = 0; i < width * atoms->count; i++) out[i] = (double)sum[i] * unit;
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingBlocks(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const float *weight, double *block)
{
  double most = 0;

  PetscFunctionBegin;
  for (int s = 0; s < im->species_count; s++) most = fmax(most, im->stiffness[s]);
  PetscCall(Blocks(im, optics, atoms, weight, 6, most, block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingCurvature(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const float *weight,
                                   double *curvature)
{
  double most = 0;

  PetscFunctionBegin;
  for (int s = 0; s < im->species_count; s++) most = fmax(most, im->power[s]);
  PetscCall(Blocks(im, optics, atoms, weight, 1, most, curvature));
  PetscFunctionReturn(PETSC_SUCCESS);
}
