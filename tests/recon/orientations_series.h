/* Views of one particle from all sides, of unknown orientation, off centre, with counting noise; and the particle itself. */
#ifndef AET_TESTS_ORIENTATIONS_SERIES_H
#define AET_TESTS_ORIENTATIONS_SERIES_H

#include "mpi_test.h"
#include "recon/kernel/rigid.h"
#include <aet4d/recon.h>
#include <aet4d/simulate.h>

typedef struct {
  PetscBool   amorphous;
  double      diameter_angstrom;
  ptrdiff_t   views, n; /* pixels per side */
  double      pixel_angstrom, shift_px;
  const char *dose; /* e/Å² */
  uint64_t    seed;
} Views;

static void Option(const char *key, const char *value)
{
  char name[80];

  snprintf(name, sizeof name, "-%s", key);
  AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
}

/* An ellipsoid, off centre, cut by planes: no symmetry. */
static int Inside(double radius, const double r[3])
{
  static const double plane[4][4] = {{1, 0.3, 0.2, 0.75}, {-0.4, 1, 0.5, 0.6}, {0.1, -0.7, 1, 0.5}, {-1, -0.5, -0.6, 0.7}};
  const double        x = r[0] / radius, y = r[1] / radius, z = r[2] / radius;

  for (int p = 0; p < 4; p++)
    if (plane[p][0] * x + plane[p][1] * y + plane[p][2] * z >
        plane[p][3] * sqrt(plane[p][0] * plane[p][0] + plane[p][1] * plane[p][1] + plane[p][2] * plane[p][2]))
      return 0;
  return x * x + y * y / 0.72 + z * z / 0.56 < 1;
}

static void AddAtom(AetSpecimen *specimen, const double r[3], int species)
{
  memcpy(specimen->position + 3 * specimen->count, r, 3 * sizeof *r);
  specimen->species[specimen->count++] = species;
}

static int Crowded(const AetSpecimen *specimen, const double r[3], double distance)
{
  for (PetscInt i = 0; i < specimen->count; i++) {
    const double *s = specimen->position + 3 * i;
    if ((r[0] - s[0]) * (r[0] - s[0]) + (r[1] - s[1]) * (r[1] - s[1]) + (r[2] - s[2]) * (r[2] - s[2]) < distance * distance) return 1;
  }
  return 0;
}

/* Atoms thrown at random where they do not touch. */
static void Throw(double radius, AetSpecimen *specimen)
{
  for (uint64_t i = 0; i < 40000 && specimen->count < 2000; i++) {
    double r[3];
    for (int a = 0; a < 3; a++) r[a] = radius * (2 * AetRandomUniform(77, (uint64_t)a, i) - 1);
    if (Inside(radius, r) && !Crowded(specimen, r, 2.3)) AddAtom(specimen, r, AetRandomUniform(77, 3, i) < 0.5);
  }
}

/* The part of an fcc FePt particle that is inside, or an amorphous one; to free by FreeParticle. */
static AetSpecimen Particle(const Views *plan)
{
  AetSpecimen lattice, specimen = {0};
  char        diameter[32];

  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  Option("quiet", "true");
  snprintf(diameter, sizeof diameter, "%g", plan->diameter_angstrom + 6);
  Option("simulate_shape", "sphere");
  Option("simulate_diameter_angstrom", diameter);
  Option("simulate_dose", plan->dose);
  AET_TEST_CALL(AetSpecimenFromOptions(&lattice));
  specimen = lattice;
  specimen.count = 0;
  specimen.position = malloc(3 * (size_t)PetscMax(lattice.count, 2000) * sizeof *specimen.position);
  specimen.species = malloc((size_t)PetscMax(lattice.count, 2000) * sizeof *specimen.species);
  if (plan->amorphous)
    Throw(0.5 * plan->diameter_angstrom, &specimen);
  else
    for (PetscInt i = 0; i < lattice.count; i++)
      if (Inside(0.5 * plan->diameter_angstrom, lattice.position + 3 * i)) AddAtom(&specimen, lattice.position + 3 * i, lattice.species[i]);
  AetSpecimenDestroy(&lattice);
  return specimen;
}

static void FreeParticle(AetSpecimen *specimen)
{
  free(specimen->position);
  free(specimen->species);
}

/* A rotation drawn evenly from all, and a shift in pixels. */
static void Truth(const Views *plan, ptrdiff_t v, double R[9], double shift[2])
{
  double q[4], size = 0, w[3];

  for (int i = 0; i < 4; i++) q[i] = AetRandomNormal(plan->seed, (uint64_t)(100 + i), (uint64_t)v), size += q[i] * q[i];
  for (int i = 0; i < 3; i++) w[i] = 2 * atan2(sqrt(size - q[0] * q[0]), q[0]) * q[1 + i] / sqrt(size - q[0] * q[0]);
  AetRotationExp(w, R);
  for (int a = 0; a < 2; a++) shift[a] = plan->shift_px * (2 * AetRandomUniform(plan->seed, (uint64_t)(110 + a), (uint64_t)v) - 1);
}

/* The series with all angles 0; `signal_to_noise`: variance of the signal over that of the noise, in the pixels brighter than 5 % of
   the brightest of a view (NULL: not asked). */
static AetTiltSeries RandomViews(MPI_Comm comm, const Views *plan, const AetSpecimen *specimen, double *signal_to_noise)
{
  const ptrdiff_t pixels = plan->n * plan->n;
  AetTiltSeries   tilt = NULL;
  AetSpecimen     moved = *specimen;
  double          sums[4] = {0};
  float          *clean = malloc((size_t)pixels * sizeof *clean);
  double(*angles)[3] = calloc((size_t)plan->views, sizeof *angles);

  AET_TEST_CALL(
      AetTiltSeriesCreate(comm, plan->views, plan->n, plan->n, plan->pixel_angstrom, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  moved.position = malloc(3 * (size_t)specimen->count * sizeof *moved.position);
  for (ptrdiff_t v = 0; v < plan->views; v++) { /* on every rank: the calls assert together */
    double R[9], shift[2];
    Truth(plan, v, R, shift);
    for (PetscInt i = 0; i < specimen->count; i++)
      for (int a = 0; a < 3; a++)
        moved.position[3 * i + a] = specimen->position[3 * i + a] + plan->pixel_angstrom * (R[a] * shift[0] + R[3 + a] * shift[1]);
    AET_TEST_CALL(AetSimulateProjections(PETSC_COMM_SELF, &moved, 1, (const double(*)[9])R, plan->n, plan->n, plan->pixel_angstrom, clean));
    if (v >= tilt->v_start && v < tilt->v_start + tilt->v_count)
      memcpy(tilt->image + (v - tilt->v_start) * pixels, clean, (size_t)pixels * sizeof *clean);
    if (v == 0 && signal_to_noise) {
      float top = 0;
      for (ptrdiff_t i = 0; i < pixels; i++) top = fmaxf(top, clean[i]);
      for (ptrdiff_t i = 0; i < pixels; i++)
        if (clean[i] > 0.05 * top) sums[0]++, sums[1] += clean[i], sums[2] += (double)clean[i] * clean[i];
    }
  }
  AET_TEST_CALL(AetSimulateNoise(comm, plan->views, plan->n, plan->n, tilt->image));
  if (signal_to_noise) *signal_to_noise = (sums[2] - sums[1] * sums[1] / sums[0]) / sums[1] * atof(plan->dose) * 0.02;
  free(moved.position);
  free(angles);
  free(clean);
  return tilt;
}

/* The particle as a volume: Gaussians of the width that the images have with this B (Å²; theirs is 5). */
static AetVolume TrueVolume(MPI_Comm comm, const Views *plan, const AetSpecimen *specimen, double B)
{
  const ptrdiff_t n = plan->n, sizes[3] = {n, n, n};
  const double    variance = (B / (8 * PETSC_PI * PETSC_PI) + 0.5 * 0.5 / (8 * log(2))) / (plan->pixel_angstrom * plan->pixel_angstrom);
  AetVolume       volume;

  AET_TEST_CALL(AetVolumeCreate(comm, sizes, plan->pixel_angstrom, &volume));
  for (PetscInt i = 0; i < specimen->count; i++) {
    const double *r = specimen->position + 3 * i, Z = AetAtomicNumber(specimen->symbol[specimen->species[i]]);
    for (ptrdiff_t z = 0; z < volume->z_count; z++)
      for (ptrdiff_t y = 0; y < n; y++)
        for (ptrdiff_t x = 0; x < n; x++) {
          const double dx = (double)(x - n / 2) - r[0] / plan->pixel_angstrom, dy = (double)(y - n / 2) - r[1] / plan->pixel_angstrom,
                       dz = (double)(z + volume->z_start - n / 2) - r[2] / plan->pixel_angstrom, square = dx * dx + dy * dy + dz * dz;
          if (square < 16 * variance + 4) volume->data[(z * n + y) * n + x] += (float)(pow(Z / 79, 1.7) * exp(-0.5 * square / variance));
        }
  }
  return volume;
}

/* The finest period in Å down to which the shells' correlation stays above 0.5. */
static double Resolved(AetVolume volume, AetVolume truth, double pixel_angstrom)
{
  double *fsc, period = INFINITY;
  int     shells;

  AET_TEST_CALL(AetFourierShellCorrelation(volume, truth, &shells, &fsc));
  for (int s = 1; s < shells && fsc[s] > 0.5; s++) period = (double)truth->n[0] * pixel_angstrom / s;
  AET_TEST_CALL(PetscFree(fsc));
  return period;
}

#endif
