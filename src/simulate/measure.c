/* Images of a specimen: the tilt plan, the linear projection, counting noise. */
#include "simulate/frames_private.h"
#include "simulate/kernel/gaussian_image.h"
#include "simulate/kernel/particle.h"
#include "simulate/seed.h"
#include <aet4d/simulate.h>
#include <math.h>
#include <string.h>

enum { STREAM_NOISE = 0x5200, STREAM_ANGLES = 0x5300, GOLD = 79 };
enum { IMAGES_LINEAR, IMAGES_MULTISLICE }; /* of simulate_images */

PetscErrorCode AetSimulateAtomWidth(double *sigma_angstrom)
{
  double B, fwhm;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_b_factor_angstrom2", &B));
  PetscCall(AetOptionGetReal("simulate_source_fwhm_angstrom", &fwhm));
  *sigma_angstrom = sqrt(B / (8 * M_PI * M_PI) + fwhm * fwhm / (8 * log(2)));
  AetCheck(*sigma_angstrom > 0, AET_ERR_INPUT,
           "simulate_b_factor_angstrom2, simulate_source_fwhm_angstrom: an atom needs a width, both are 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateAtomWeights(const AetSpecimen *specimen, double weight[8])
{
  double exponent;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_z_exponent", &exponent));
  for (int s = 0; s < specimen->species_count; s++) weight[s] = pow((double)AetAtomicNumber(specimen->symbol[s]) / GOLD, exponent);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Slopes count on through 45 degrees: tan theta within, 2 - cot theta beyond. */
static double SlopeOf(double theta_deg)
{
  return theta_deg > 45 ? 2 - 1 / tan(theta_deg * AET_DEG) : tan(theta_deg * AET_DEG);
}

static double ThetaOf(double slope)
{
  const double size = fabs(slope);

  return copysign((size > 1 ? M_PI / 2 - atan(2 - size) : atan(size)) / AET_DEG, slope);
}

/* Angles of a rotation drawn evenly from all. */
static void RandomAngles(uint64_t seed, uint64_t view, double angles_deg[3])
{
  angles_deg[0] = 360 * AetRandomUniform(seed, STREAM_ANGLES, view) - 180;
  angles_deg[1] = asin(2 * AetRandomUniform(seed, STREAM_ANGLES + 1, view) - 1) / AET_DEG;
  angles_deg[2] = 360 * AetRandomUniform(seed, STREAM_ANGLES + 2, view) - 180;
}

PetscErrorCode AetSimulateAngles(PetscInt *views, double (**angles_deg)[3])
{
  enum { EVEN, EQUAL_SLOPE, RANDOM };
  double   most, step = 0;
  int      scheme;
  uint64_t seed = 0;

  PetscFunctionBegin;
  PetscCall(AetSimulateSeed(&seed));
  PetscCall(AetOptionGetInt("simulate_views", views));
  PetscCall(AetOptionGetReal("simulate_tilt_max_deg", &most));
  PetscCall(AetOptionGetEnum("simulate_angles_scheme", &scheme));
  PetscCall(PetscCalloc1(*views, angles_deg));
  /* the largest step that is one over a whole number, so that 45 degrees is a line, and keeps all views in the range */
  if (scheme == EQUAL_SLOPE && *views > 1) {
    AetCheck(most > 0, AET_ERR_INPUT, "simulate_tilt_max_deg: expected more than 0 for equal slopes, found %g", most);
    step = 1 / ceil((double)(*views - 1) / (2 * SlopeOf(most)) - 1e-9);
  }
  for (PetscInt v = 0; v < *views; v++) {
    const double place = (double)v - (double)(*views - 1) / 2;
    if (scheme == RANDOM) {
      RandomAngles(seed, (uint64_t)v, (*angles_deg)[v]);
      continue;
    }
    (*angles_deg)[v][1] = scheme == EQUAL_SLOPE ? ThetaOf(step * place) : *views > 1 ? most * 2 * place / (double)(*views - 1) : 0;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The field of a film, which goes on beyond the images; 0: the specimen is no film. */
static PetscErrorCode FilmField(double *field)
{
  int       shape;
  PetscBool from_file;

  PetscFunctionBegin;
  *field = 0;
  PetscCall(AetOptionNamesFile("simulate_atoms", &from_file));
  PetscCall(AetOptionGetEnum("simulate_shape", &shape));
  if (!from_file && shape == AET_SHAPE_FILM) PetscCall(AetOptionGetReal("simulate_diameter_angstrom", field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateImageSize(const AetSpecimen *specimen, double pixel_angstrom, ptrdiff_t *size)
{
  double   sigma, farthest = 0, needed, field;
  PetscInt given;

  PetscFunctionBegin;
  PetscCall(AetSimulateAtomWidth(&sigma));
  PetscCall(AetOptionGetInt("simulate_image_size", &given));
  PetscCall(FilmField(&field));
  if (field > 0) {
    *size = given ? given : AetSmoothSize((ptrdiff_t)floor(field / pixel_angstrom), PETSC_TRUE);
    AetCheck((double)*size * pixel_angstrom <= field + 6, AET_ERR_INPUT,
             "simulate_image_size: expected images within the film of %g Å, found %td pixels of %g Å", field, *size, pixel_angstrom);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (PetscInt i = 0; i < specimen->count; i++) {
    const double *r = &specimen->position[3 * i];

    farthest = fmax(farthest, sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]));
  }
  /* 1.5 Å of empty border beyond the tails lets a support be found */
  needed = 2 * ceil((farthest + 4 * sigma) / pixel_angstrom + 1);
  AetCheck(!given || (double)given >= needed, AET_ERR_INPUT, "simulate_image_size: the particle needs %g pixels, found %d", needed,
           (int)given);
  *size = given ? given : AetSmoothSize((ptrdiff_t)(needed + 2 * ceil(1.5 / pixel_angstrom)), PETSC_TRUE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ProjectView(const AetSpecimen *specimen, const double *weight, const double R[9], ptrdiff_t ny, ptrdiff_t nx, double pixel,
                        double sigma, double *work, float *image)
{
  memset(work, 0, sizeof *work * (size_t)(ny * nx));
  for (PetscInt i = 0; i < specimen->count; i++) {
    double seen[3];

    AetRotate(R, &specimen->position[3 * i], seen);
    AetKernelGaussianSplat(work, ny, nx, seen[0] / pixel + (double)AetOrigin(nx), seen[1] / pixel + (double)AetOrigin(ny), sigma / pixel,
                           weight[specimen->species[i]]);
  }
  for (ptrdiff_t p = 0; p < ny * nx; p++) image[p] = (float)work[p];
}

static PetscErrorCode LinearImages(MPI_Comm comm, const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9], ptrdiff_t ny,
                                   ptrdiff_t nx, double pixel_angstrom, float *images)
{
  int       rank, size, threads = AetThreads();
  ptrdiff_t start, count;
  double    sigma, weight[8], *work;

  PetscFunctionBegin;
  AetEventBegin(AET_EVENT_SIMULATE);
  PetscCall(AetSimulateAtomWidth(&sigma));
  PetscCall(AetSimulateAtomWeights(specimen, weight));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(views, rank, size, &start, &count);
  PetscCall(AetAgree(comm, PetscMalloc1((size_t)(threads * ny * nx), &work)));
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; t++)
    for (ptrdiff_t v = t; v < count; v += threads)
      ProjectView(specimen, weight, rotation[start + v], ny, nx, pixel_angstrom, sigma, &work[t * ny * nx], &images[v * ny * nx]);
  PetscCall(PetscFree(work));
  AetEventEnd(AET_EVENT_SIMULATE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateProjections(MPI_Comm comm, const AetSpecimen *specimen, ptrdiff_t views, const double (*rotation)[9],
                                      ptrdiff_t ny, ptrdiff_t nx, double pixel_angstrom, float *images)
{
  int kind;

  PetscFunctionBegin;
  PetscCall(AetOptionGetEnum("simulate_images", &kind));
  if (kind == IMAGES_MULTISLICE) {
    AetMultisliceSettings settings;
    PetscCall(AetMultisliceSettingsFromOptions(specimen, &settings));
    PetscCall(AetSimulateMultislice(comm, specimen, &settings, views, rotation, ny, nx, pixel_angstrom, images));
  } else
    PetscCall(LinearImages(comm, specimen, views, rotation, ny, nx, pixel_angstrom, images));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateElectrons(double *electrons)
{
  double dose, area;
  int    kind;

  PetscFunctionBegin;
  PetscCall(AetOptionGetReal("simulate_dose", &dose));
  PetscCall(AetOptionGetEnum("simulate_images", &kind));
  if (kind == IMAGES_MULTISLICE) {
    PetscCall(AetOptionGetReal("simulate_pixel_angstrom", &area));
    area *= area;
  } else
    PetscCall(AetOptionGetReal("simulate_cross_section_angstrom2", &area));
  *electrons = dose * area;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateNoiseAgain(MPI_Comm comm, int measurement, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, float *images)
{
  int       rank, size;
  ptrdiff_t start, count;
  uint64_t  seed;
  double    electrons;

  PetscFunctionBegin;
  PetscCall(AetSimulateElectrons(&electrons));
  if (electrons == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(AetSimulateSeed(&seed));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(views, rank, size, &start, &count);
#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t p = 0; p < count * ny * nx; p++)
    images[p] =
        (float)(AetRandomPoisson(seed, (uint64_t)(STREAM_NOISE + measurement), (uint64_t)(start * ny * nx + p), images[p] * electrons) /
                electrons);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSimulateNoise(MPI_Comm comm, ptrdiff_t views, ptrdiff_t ny, ptrdiff_t nx, float *images)
{
  PetscFunctionBegin;
  PetscCall(AetSimulateNoiseAgain(comm, 0, views, ny, nx, images));
  PetscFunctionReturn(PETSC_SUCCESS);
}
