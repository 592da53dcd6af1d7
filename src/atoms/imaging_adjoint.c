/* Derivatives of the linear image of atoms: the adjoint, and blocks of the normal matrix (imaging.h, docs/theory/refinement.md). */
#include "atoms/imaging_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNITS 0x1p-34 /* the unit of integer sums over the typical contribution */
#define AROUND 2      /* pixels to either side over which a weight is averaged for an atom */

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
static void GatherView(const AetSight *sight, Sums *sums)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view];
  double          *view = sums->view + 7 * sight->view, *species = sums->species + 2 * im->species_count * sight->view, per[2];

  AetImagingPoints(im, per);
  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    const int s = sight->atoms->species[i];
    double    seen[3], grid[2], gx, gy;
    float     out[3];
    AetSplat  splat;
    int64_t  *sum = sums->atom + sums->width * i;
    if (!AetSightPlace(sight, i, grid)) continue;
    AetRotate(R, sight->atoms->position + 3 * i, seen);
    splat = AetSightSplat(sight, s);
    AetSplatGather(&splat, grid[0], grid[1], out);
    gx = AetSightWeight(sight, i) * (double)out[1] * per[0], gy = AetSightWeight(sight, i) * (double)out[2] * per[1];
    for (int a = 0; a < 3; a++) sum[a] += llrint((R[a] * gx + R[3 + a] * gy) * sums->per_unit[0]);
    sum[3] += llrint((double)out[0] * sums->per_unit[1]);
    for (int a = 0, k = 4; sums->width > 4 && a < 3; a++)
      for (int b = a; b < 3; b++, k++) sum[k] += llrint((R[a] * gx + R[3 + a] * gy) * (R[b] * gx + R[3 + b] * gy) * sums->per_unit[2]);
    if (sums->width > 4) sum[10] += llrint((double)out[0] * (double)out[0] * sums->per_unit[3]);
    if (!((gx * gx + gy * gy) * sums->per_unit[2] < 0x1p60) || !((fabs(gx) + fabs(gy)) * sums->per_unit[0] < 0x1p60) ||
        !(fabs((double)out[0]) * sums->per_unit[1] < 0x1p60))
      sums->overflow = 1;
    species[2 * s] += AetSightWeight(sight, i) * (double)out[0];
    view[2] += gx, view[3] += gy;
    view[4] -= gy * seen[2], view[5] += gx * seen[2], view[6] += gy * seen[0] - gx * seen[1];
  }
}

/* Σ residual ∂image/∂B of every species: needs the atoms' own spectra. */
static void BFactors(const AetSight *sight, double *species)
{
  const AetImaging im = sight->im;
  double           step[2];

  for (int a = 0; a < 2; a++) step[a] = im->finer / ((double)im->N[a] * im->tilt->pixel_angstrom);
  AetSightSpread(sight, NULL);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = AetSightProfile(sight, s);
    AetImagePlaneForward(&im->points, sight->grid + im->work_grid * (size_t)s, 0, im->fine[0], sight->points, sight->work);
    species[2 * s + 1] = -0.25 * AetImagePlaneSecondMoment(&profile, step, sight->points, sight->image);
  }
}

static void AdjointView(const AetSight *sight, const float *residual, PetscBool with_b_factor, Sums *sums)
{
  const AetImaging im = sight->im;
  double          *view = sums->view + 7 * sight->view, scale = sight->optics->scale[sight->view];

  for (ptrdiff_t p = 0; p < im->n[0] * im->n[1]; p++) view[1] += residual[p];
  AetSightResidual(sight, residual);
  if (with_b_factor) BFactors(sight, sums->species + 2 * im->species_count * sight->view);
  for (int s = 0; s < im->species_count; s++) {
    const AetImagePlaneProfile profile = AetSightProfile(sight, s);
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
      const AetSight sight = AetSightOf(im, optics, atoms, j, t);
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
static double Strength(const AetSight *sight, const float *weight, PetscInt i)
{
  const AetImaging im = sight->im;
  const double     scale = sight->optics->scale[sight->view];
  double           grid[2], at[2], per[2];

  if (!AetSightPlace(sight, i, grid)) return 0;
  AetImagingPoints(im, per);
  for (int a = 0; a < 2; a++)
    at[a] = (grid[a] - (double)(im->fine[1 - a] / 2)) / (per[a] * im->tilt->pixel_angstrom) + (double)AetOrigin(im->n[1 - a]);
  return WeightAround(im, weight, at[0], at[1]) * scale * scale;
}

/* sums [count][width]: the blocks of the positions (width 6), or the curvature by the weights (1), in units. */
static void BlockView(const AetSight *sight, const float *weight, int width, double unit, int64_t *sums)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view];

  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    const double strength = Strength(sight, weight, i), own = AetSightWeight(sight, i);
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
      const AetSight sight = AetSightOf(im, optics, atoms, j, t);
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
