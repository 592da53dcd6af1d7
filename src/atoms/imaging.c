/* The linear image of atoms, and its derivatives (imaging.h, docs/theory/refinement.md). */
#include "atoms/imaging.h"
#include "atoms/kernel/spectrum_fold.h"
#include "atoms/kernel/splat.h"
#include <fftw3.h>
#include <math.h>
#include <string.h>

#define TAPS 6
#define NEGLIGIBLE 1e-3     /* of a profile's transform: frequencies beyond are left out */
#define OVERSAMPLING 1.5    /* of the fine grid over the last frequency that counts: with 6 taps 1e-4 of it, less of all below */
#define MARGIN_ANGSTROM 6.0 /* of empty sea around an image, so that what leaves on one side does not come back on the other */
#define UNITS 0x1p-34       /* the unit of integer sums over the typical contribution */
#define AROUND 2            /* pixels to either side over which a weight is averaged for an atom */

struct _p_AetImaging {
  AetTiltSeries   tilt; /* borrowed */
  MPI_Comm        comm; /* the tilt series' */
  int             species_count, threads;
  ptrdiff_t       n[2], N[2], fine[2], reach[2], margin; /* image; image with margin; fine grid; last frequencies (y, x) */
  ptrdiff_t       fine_size, coarse_size;                /* floats of a workspace's arrays */
  AetKaiserBessel kernel;
  float          *factor[AET_SPECIES_MAX];    /* H F / (N_y N_x φ̂_y φ̂_x) at the frequencies within reach */
  double          stiffness[AET_SPECIES_MAX]; /* Σ_px (∂p/∂x)², 1/Å² */
  double          b_factor[AET_SPECIES_MAX], height[AET_SPECIES_MAX];
  float          *work; /* [threads][fine_size · species + coarse_size] */
  fftwf_plan      to_spectrum, from_spectrum, image_to_spectrum, image_from_spectrum;
  double          unit; /* of ∂E/∂w; positions: per Å */
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
    while (q < 20 && Profile(optics->Z[s], 0.5 * optics->b_factor[s], q) > NEGLIGIBLE) q += 0.01;
    last = fmax(last, q);
  }
  return last;
}

static void ChooseGrid(AetImaging im, const AetOptics *optics)
{
  const double pixel = im->tilt->pixel_angstrom, last = LastFrequency(optics);

  im->n[0] = im->tilt->ny, im->n[1] = im->tilt->nx;
  im->margin = (ptrdiff_t)ceil(MARGIN_ANGSTROM / pixel);
  for (int a = 0; a < 2; a++) {
    double frequencies;
    im->N[a] = AetSmoothSize(PetscMax(im->n[a] + im->margin, 2 * AET_SLICE_LANES), PETSC_TRUE);
    frequencies = last * pixel * (double)im->N[a]; /* those that count, on one side */
    im->fine[a] = AetSmoothSize(PetscMax(im->N[a], (ptrdiff_t)ceil(2 * OVERSAMPLING * frequencies)), PETSC_TRUE);
    im->reach[a] = PetscMin((ptrdiff_t)frequencies, im->fine[a] / 2 - 1);
  }
  im->fine_size = (im->fine[0] * 2 * (im->fine[1] / 2 + 1) + 15) / 16 * 16;
  im->coarse_size = (im->N[0] * 2 * (im->N[1] / 2 + 1) + 15) / 16 * 16;
}

static PetscErrorCode Plan(AetImaging im)
{
  const int fy = (int)im->fine[0], fx = (int)im->fine[1], Ny = (int)im->N[0], Nx = (int)im->N[1];
  float    *fine, *coarse;

  PetscFunctionBegin;
  im->work = fftwf_alloc_real((size_t)(im->threads * (im->fine_size * im->species_count + im->coarse_size)));
  AetCheck(im->work, AET_ERR_MEMORY, "no memory for images of %d x %d pixels", Nx, Ny);
  fine = im->work, coarse = im->work + im->species_count * im->fine_size;
  fftwf_plan_with_nthreads(1); /* FFTW_ESTIMATE: measured plans differ from run to run, and so do their last bits */
  im->to_spectrum = fftwf_plan_dft_r2c_2d(fy, fx, fine, (fftwf_complex *)fine, FFTW_ESTIMATE);
  im->from_spectrum = fftwf_plan_dft_c2r_2d(fy, fx, (fftwf_complex *)fine, fine, FFTW_ESTIMATE);
  im->image_to_spectrum = fftwf_plan_dft_r2c_2d(Ny, Nx, coarse, (fftwf_complex *)coarse, FFTW_ESTIMATE);
  im->image_from_spectrum = fftwf_plan_dft_c2r_2d(Ny, Nx, (fftwf_complex *)coarse, coarse, FFTW_ESTIMATE);
  fftwf_plan_with_nthreads(AetThreads());
  AetCheckFFTW(im->to_spectrum);
  AetCheckFFTW(im->from_spectrum);
  AetCheckFFTW(im->image_to_spectrum);
  AetCheckFFTW(im->image_from_spectrum);
  for (int s = 0; s < im->species_count; s++)
    PetscCall(PetscMalloc1((size_t)((2 * im->reach[0] + 1) * (im->reach[1] + 1)), &im->factor[s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetImagingSetOptics(AetImaging im, const AetOptics *optics)
{
  const double side[2] = {(double)im->N[0] * im->tilt->pixel_angstrom, (double)im->N[1] * im->tilt->pixel_angstrom};
  const double pixels = (double)im->N[0] * (double)im->N[1];

  PetscFunctionBegin;
  for (int s = 0; s < im->species_count; s++) {
    float *factor = im->factor[s];
    double stiffness = 0;
    im->height[s] = optics->height[s], im->b_factor[s] = optics->b_factor[s];
    for (ptrdiff_t ky = -im->reach[0]; ky <= im->reach[0]; ky++)
      for (ptrdiff_t kx = 0; kx <= im->reach[1]; kx++) {
        const double qy = (double)ky / side[0], qx = (double)kx / side[1];
        const double value = optics->height[s] * Profile(optics->Z[s], optics->b_factor[s], sqrt(qy * qy + qx * qx));
        const double taps = AetKaiserBesselTransform(&im->kernel, (double)ky / (double)im->fine[0]) *
                            AetKaiserBesselTransform(&im->kernel, (double)kx / (double)im->fine[1]);
        *factor++ = (float)(value / taps / pixels);
        stiffness += (kx ? 2 : 1) * 2 * M_PI * M_PI * (qy * qy + qx * qx) * value * value / pixels; /* the mean of both axes */
      }
    im->stiffness[s] = stiffness;
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
  if (im->to_spectrum) fftwf_destroy_plan(im->to_spectrum);
  if (im->from_spectrum) fftwf_destroy_plan(im->from_spectrum);
  if (im->image_to_spectrum) fftwf_destroy_plan(im->image_to_spectrum);
  if (im->image_from_spectrum) fftwf_destroy_plan(im->image_from_spectrum);
  fftwf_free(im->work);
  for (int s = 0; s < im->species_count; s++) PetscCall(PetscFree(im->factor[s]));
  PetscCall(PetscFree(*imaging));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- one view on one thread */

typedef struct {
  AetImaging           im;
  const AetOptics     *optics;
  const AetScatterers *atoms;
  ptrdiff_t            view; /* global */
  float               *fine, *coarse;
} Sight;

static Sight SightOf(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, ptrdiff_t local, int thread)
{
  float *work = im->work + thread * (im->fine_size * im->species_count + im->coarse_size);
  Sight  sight = {im, optics, atoms, im->tilt->v_start + local, work, work + im->species_count * im->fine_size};

  return sight;
}

static AetSplat SplatOf(const Sight *sight, int s)
{
  const AetImaging im = sight->im;
  const AetSplat   splat = {&im->kernel, im->fine[0], im->fine[1], 2 * (im->fine[1] / 2 + 1), sight->fine + s * im->fine_size};

  return splat;
}

static AetFold FoldOf(const Sight *sight, int s)
{
  const AetImaging im = sight->im;
  const AetFold    fold = {{im->fine[0], im->fine[1]}, {im->N[0], im->N[1]}, {im->reach[0], im->reach[1]}, im->factor[s]};

  return fold;
}

/* The place of an atom on the fine grid; 0 if it is too far outside the image to be seen there. `seen`: R r in Å. */
static int Place(const Sight *sight, PetscInt i, double seen[3], double *u, double *v)
{
  const AetImaging im = sight->im;
  const double     pixel = im->tilt->pixel_angstrom, room = 0.5 * (double)im->margin;
  double           x, y;

  if (sight->atoms->species[i] < 0) return 0;
  AetRotate(im->tilt->rotation[sight->view], sight->atoms->position + 3 * i, seen);
  x = (seen[0] + sight->optics->shift[sight->view][0]) / pixel + (double)AetOrigin(im->n[1]);
  y = (seen[1] + sight->optics->shift[sight->view][1]) / pixel + (double)AetOrigin(im->n[0]);
  if (!(x > -room && x < (double)im->n[1] + room && y > -room && y < (double)im->n[0] + room)) return 0;
  *u = x * (double)im->fine[1] / (double)im->N[1];
  *v = y * (double)im->fine[0] / (double)im->N[0];
  return 1;
}

/* fine[s] <- spectra of the atoms of each species, or of their displacements. */
static void Spread(const Sight *sight, const double *direction)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view], pixel = im->tilt->pixel_angstrom;
  const double     per[2] = {(double)im->fine[1] / (double)im->N[1] / pixel, (double)im->fine[0] / (double)im->N[0] / pixel};
  double           seen[3], u, v, moved[3];

  memset(sight->fine, 0, sizeof(float) * (size_t)(im->species_count * im->fine_size));
  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    AetSplat splat;
    if (!Place(sight, i, seen, &u, &v)) continue;
    splat = SplatOf(sight, sight->atoms->species[i]);
    if (!direction) {
      AetSplatAdd(&splat, u, v, 1);
      continue;
    }
    AetRotate(R, direction + 3 * i, moved);
    AetSplatAddMoved(&splat, u, v, (float)(moved[0] * per[0]), (float)(moved[1] * per[1]));
  }
  for (int s = 0; s < im->species_count; s++) {
    float *fine = sight->fine + s * im->fine_size;
    fftwf_execute_dft_r2c(im->to_spectrum, fine, (fftwf_complex *)fine);
  }
}

/* image <- background + scale × what the fine spectra give at the pixels. */
static void Image(const Sight *sight, double background, float *image)
{
  const AetImaging im = sight->im;
  const double     scale = sight->optics->scale[sight->view];
  const ptrdiff_t  stride = 2 * (im->N[1] / 2 + 1);

  memset(sight->coarse, 0, sizeof(float) * (size_t)im->coarse_size);
  for (int s = 0; s < im->species_count; s++) {
    const AetFold fold = FoldOf(sight, s);
    AetFoldAdd(&fold, (float complex *)(sight->fine + s * im->fine_size), (float complex *)sight->coarse);
  }
  fftwf_execute_dft_c2r(im->image_from_spectrum, (fftwf_complex *)sight->coarse, sight->coarse);
  for (ptrdiff_t y = 0; y < im->n[0]; y++)
    for (ptrdiff_t x = 0; x < im->n[1]; x++) image[y * im->n[1] + x] = (float)(background + scale * (double)sight->coarse[y * stride + x]);
}

/* coarse <- spectrum of scale × residual. */
static void ResidualSpectrum(const Sight *sight, const float *residual)
{
  const AetImaging im = sight->im;
  const float      scale = (float)sight->optics->scale[sight->view];
  const ptrdiff_t  stride = 2 * (im->N[1] / 2 + 1);

  memset(sight->coarse, 0, sizeof(float) * (size_t)im->coarse_size);
  for (ptrdiff_t y = 0; y < im->n[0]; y++)
    for (ptrdiff_t x = 0; x < im->n[1]; x++) sight->coarse[y * stride + x] = scale * residual[y * im->n[1] + x];
  fftwf_execute_dft_r2c(im->image_to_spectrum, sight->coarse, (fftwf_complex *)sight->coarse);
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
  int64_t *atom;    /* [count][4]: x, y, z, weight */
  double   unit[2]; /* of positions, of weights */
  double  *view;    /* [views][7] scale, background, shift (2), turn (3): each view by one thread */
  double  *species; /* [views][species][2] height, B */
  int      overflow;
} Sums;

/* Adds what the gathered values of a view say about its atoms. */
static void GatherView(const Sight *sight, Sums *sums)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view], pixel = im->tilt->pixel_angstrom;
  const double     per[2] = {(double)im->fine[1] / (double)im->N[1] / pixel, (double)im->fine[0] / (double)im->N[0] / pixel};
  double          *view = sums->view + 7 * sight->view, *species = sums->species + 2 * im->species_count * sight->view;

  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    const int s = sight->atoms->species[i];
    double    seen[3], u, v, gx, gy;
    float     out[3];
    AetSplat  splat;
    int64_t  *sum = sums->atom + 4 * i;
    if (!Place(sight, i, seen, &u, &v)) continue;
    splat = SplatOf(sight, s);
    AetSplatGather(&splat, u, v, out);
    gx = (double)out[1] * per[0], gy = (double)out[2] * per[1];
    for (int a = 0; a < 3; a++) sum[a] += llrint((R[a] * gx + R[3 + a] * gy) / sums->unit[0]);
    sum[3] += llrint((double)out[0] / sums->unit[1]);
    if (!(fabs(gx) + fabs(gy) < 0x1p60 * sums->unit[0]) || !(fabs((double)out[0]) < 0x1p60 * sums->unit[1])) sums->overflow = 1;
    species[2 * s] += (double)out[0];
    view[2] += gx, view[3] += gy;
    view[4] -= gy * seen[2], view[5] += gx * seen[2], view[6] += gy * seen[0] - gx * seen[1];
  }
}

/* The species' sums that need the atoms' own spectra: Σ residual ∂image/∂B. */
static void BFactors(const Sight *sight, double *species)
{
  const AetImaging im = sight->im;
  const double     step[2] = {1 / ((double)im->N[0] * im->tilt->pixel_angstrom), 1 / ((double)im->N[1] * im->tilt->pixel_angstrom)};

  Spread(sight, NULL);
  for (int s = 0; s < im->species_count; s++) {
    const AetFold fold = FoldOf(sight, s);
    species[2 * s + 1] =
        -0.25 * AetFoldSecondMoment(&fold, step, (float complex *)(sight->fine + s * im->fine_size), (float complex *)sight->coarse);
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
    const AetFold fold = FoldOf(sight, s);
    float *const  fine = sight->fine + s * im->fine_size;
    AetFoldAdjoint(&fold, (float complex *)sight->coarse, (float complex *)fine);
    fftwf_execute_dft_c2r(im->from_spectrum, (fftwf_complex *)fine, fine);
  }
  GatherView(sight, sums);
  for (int s = 0; s < im->species_count; s++) view[0] += sums->species[2 * (im->species_count * sight->view + s)];
  if (scale != 0) view[0] /= scale;
}

/* The units: what the residual does to an atom by its height, rounded to a power of 2. The same on every rank. */
static PetscErrorCode ChooseUnits(AetImaging im, const float *residual, double unit[2])
{
  double typical[2] = {0, 0}, all[2], height = 0, stiffness = 0;
  int    exponent;

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; p < im->tilt->v_count * im->n[0] * im->n[1]; p++) typical[0] = fmax(typical[0], fabs((double)residual[p]));
  for (ptrdiff_t v = 0; v < im->tilt->views; v++) typical[1] = 1;
  PetscCallMPI(MPI_Allreduce(typical, all, 2, MPI_DOUBLE, MPI_MAX, im->comm));
  for (int s = 0; s < im->species_count; s++)
    height = fmax(height, fabs(im->height[s])), stiffness = fmax(stiffness, sqrt(im->stiffness[s]));
  (void)frexp(all[0] * height, &exponent);
  unit[1] = ldexp(UNITS, exponent);
  (void)frexp(all[0] * fmax(stiffness, 1e-300), &exponent);
  unit[0] = ldexp(UNITS, exponent);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SumsCreate(const AetImaging im, PetscInt count, int threads, Sums *sums)
{
  PetscFunctionBegin;
  PetscCall(PetscCalloc1(7 * (size_t)im->tilt->views, &sums[0].view));
  PetscCall(PetscCalloc1(2 * (size_t)(im->species_count * im->tilt->views), &sums[0].species));
  for (int t = 0; t < threads; t++) {
    sums[t].overflow = 0;
    sums[t].view = sums[0].view, sums[t].species = sums[0].species;
    sums[t].unit[0] = sums[0].unit[0], sums[t].unit[1] = sums[0].unit[1];
    PetscCall(PetscCalloc1(4 * (size_t)PetscMax(count, 1), &sums[t].atom));
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
    for (PetscInt i = 0; i < 4 * count; i++) sums[0].atom[i] += sums[t].atom[i];
    sums[0].overflow |= sums[t].overflow;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums[0].atom, (int)(4 * count), MPI_INT64_T, MPI_SUM, im->comm));
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
    for (int a = 0; gradient->position && a < 3; a++) gradient->position[3 * i + a] = (double)sums->atom[4 * i + a] * sums->unit[0];
    if (gradient->weight) gradient->weight[i] = (double)sums->atom[4 * i + 3] * sums->unit[1];
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

static void BlockView(const Sight *sight, const float *weight, double unit, int64_t *block)
{
  const AetImaging im = sight->im;
  const double    *R = im->tilt->rotation[sight->view], scale = sight->optics->scale[sight->view];
  double           seen[3], u, v;

  for (PetscInt i = 0; i < sight->atoms->count; i++) {
    double strength;
    if (!Place(sight, i, seen, &u, &v)) continue;
    strength = WeightAround(im, weight, u * (double)im->N[1] / (double)im->fine[1], v * (double)im->N[0] / (double)im->fine[0]) * scale *
               scale * im->stiffness[sight->atoms->species[i]];
    for (int a = 0, k = 0; a < 3; a++)
      for (int b = a; b < 3; b++, k++) block[6 * i + k] += llrint(strength * (R[a] * R[b] + R[3 + a] * R[3 + b]) / unit);
  }
}

PetscErrorCode AetImagingBlocks(AetImaging im, const AetOptics *optics, const AetScatterers *atoms, const float *weight, double *block)
{
  const size_t size = 6 * (size_t)PetscMax(atoms->count, 1);
  double       largest[2] = {weight ? 0 : 1, 0}, all[2], stiffness = 0, unit;
  int          exponent;
  int64_t     *sum;

  PetscFunctionBegin;
  for (ptrdiff_t p = 0; weight && p < im->tilt->v_count * im->n[0] * im->n[1]; p++) largest[0] = fmax(largest[0], fabs((double)weight[p]));
  for (ptrdiff_t j = 0; j < im->tilt->views; j++) largest[1] = fmax(largest[1], fabs(optics->scale[j]));
  PetscCallMPI(MPI_Allreduce(largest, all, 2, MPI_DOUBLE, MPI_MAX, im->comm));
  for (int s = 0; s < im->species_count; s++) stiffness = fmax(stiffness, im->stiffness[s]);
  (void)frexp(fmax(all[0] * all[1] * all[1] * stiffness, 1e-280), &exponent);
  unit = ldexp(UNITS, exponent);
  PetscCall(AetAgree(im->comm, PetscCalloc1(size * (size_t)im->threads, &sum)));
#pragma omp parallel for num_threads(im->threads) schedule(static, 1)
  for (int t = 0; t < im->threads; t++)
    for (ptrdiff_t j = t; j < im->tilt->v_count; j += im->threads) {
      const Sight sight = SightOf(im, optics, atoms, j, t);
      BlockView(&sight, weight ? weight + j * im->n[0] * im->n[1] : NULL, unit, sum + (size_t)t * size);
    }
  for (int t = 1; t < im->threads; t++)
    for (size_t i = 0; i < size; i++) sum[i] += sum[(size_t)t * size + i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, (int)size, MPI_INT64_T, MPI_SUM, im->comm));
  for (PetscInt i = 0; i < 6 * atoms->count; i++) block[i] = (double)sum[i] * unit;
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}
