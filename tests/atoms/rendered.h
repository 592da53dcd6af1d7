/* A specimen with known atoms, rendered whole on every rank: atoms as Gaussians, band-limited noise. */
#ifndef AET_TESTS_ATOMS_RENDERED_H
#define AET_TESTS_ATOMS_RENDERED_H
#include "atoms/kernel/filter.h"
#include "mpi_test.h"
#include <aet4d/atoms.h>

typedef struct {
  ptrdiff_t n[3];         /* z, y, x */
  double    pixel, sigma; /* Å; Å of every atom */
  double    noise;        /* standard deviation; 1 is the height of the lightest atom */
  double    offset;       /* constant background */
  int       count;
  double   *position; /* Å from voxel floor(n/2) */
  int      *species;
  double    weight[4]; /* height of each species */
  double    stretch;   /* of sigma along the beam, as by a missing wedge; 0: none */
  double    slope;     /* heights grow by this part per Å along x */
} Specimen;

/* Ball of an fcc crystal, sites displaced by `displacement` Å per axis; species i with equal chances among `kinds`. */
static inline void MakeBall(Specimen *s, double lattice, double radius, double displacement, int kinds)
{
  static const double basis[4][3] = {{0, 0, 0}, {0.5, 0.5, 0}, {0.5, 0, 0.5}, {0, 0.5, 0.5}};
  int                 cells = (int)(radius / lattice) + 2, room = 4 * (2 * cells + 1) * (2 * cells + 1) * (2 * cells + 1), site = 0;

  s->position = malloc((size_t)room * 3 * sizeof(double));
  s->species = malloc((size_t)room * sizeof(int));
  s->count = 0;
  for (int i = 0; i < room; i++, site++) {
    int     c = i / 4, side = 2 * cells + 1, index[3] = {c % side - cells, c / side % side - cells, c / side / side - cells};
    double *x = s->position + 3 * s->count, square = 0;
    for (int a = 0; a < 3; a++) {
      x[a] = lattice * (index[a] + basis[i % 4][a]) + 0.3;
      square += x[a] * x[a];
    }
    if (square > radius * radius) continue;
    for (int a = 0; a < 3; a++) x[a] += displacement * AetRandomNormal(21, (uint64_t)a, (uint64_t)site);
    s->species[s->count++] = (int)(kinds * AetRandomUniform(21, 7, (uint64_t)site));
  }
}

static inline void AddAtom(const Specimen *s, int i, float *data)
{
  double at[3], sigma = s->sigma / s->pixel, along = s->stretch > 0 ? s->stretch : 1,
                height = s->weight[s->species[i]] * (1 + s->slope * s->position[3 * i]);
  ptrdiff_t low[3], high[3];

  for (int a = 0; a < 3; a++) {
    at[a] = s->position[3 * i + 2 - a] / s->pixel + (double)(s->n[a] / 2);
    low[a] = (ptrdiff_t)fmax(0, ceil(at[a] - 5 * sigma * (a ? 1 : along)));
    high[a] = (ptrdiff_t)fmin((double)s->n[a] - 1, floor(at[a] + 5 * sigma * (a ? 1 : along)));
  }
  for (ptrdiff_t z = low[0]; z <= high[0]; z++)
    for (ptrdiff_t y = low[1]; y <= high[1]; y++)
      for (ptrdiff_t x = low[2]; x <= high[2]; x++) {
        double square = pow(((double)z - at[0]) / along, 2) + pow((double)y - at[1], 2) + pow((double)x - at[2], 2);
        data[(z * s->n[1] + y) * s->n[2] + x] += (float)(height * exp(-0.5 * square / (sigma * sigma)));
      }
}

/* White noise passed through a Gaussian of one voxel along each axis, scaled to standard deviation s->noise. */
static inline void AddNoise(const Specimen *s, float *data)
{
  ptrdiff_t total = s->n[0] * s->n[1] * s->n[2], plane = s->n[1] * s->n[2];
  float    *noise = malloc((size_t)total * sizeof *noise), *buffer = malloc((size_t)total * sizeof *buffer), weight[AET_FILTER_TAPS + 1];
  int       taps = AetFilterGaussian(1, weight);
  double    square = 0;

  for (ptrdiff_t i = 0; i < total; i++) noise[i] = (float)AetRandomNormal(5, 3, (uint64_t)i);
  AetFilterRows(noise, s->n[0], plane, plane, taps, weight, buffer);
  for (ptrdiff_t z = 0; z < s->n[0]; z++) {
    AetFilterRows(noise + z * plane, s->n[1], s->n[2], s->n[2], taps, weight, buffer);
    for (ptrdiff_t y = 0; y < s->n[1]; y++) AetFilterRow(noise + z * plane + y * s->n[2], s->n[2], taps, weight, buffer);
  }
  for (ptrdiff_t i = 0; i < total; i++) square += noise[i] * noise[i];
  for (ptrdiff_t i = 0; i < total; i++) data[i] += (float)(s->noise / sqrt(square / (double)total)) * noise[i];
  free(noise);
  free(buffer);
}

static inline AetVolume Render(MPI_Comm comm, const Specimen *s)
{
  AetVolume volume;
  ptrdiff_t total = s->n[0] * s->n[1] * s->n[2], plane = s->n[1] * s->n[2];
  float    *data = calloc((size_t)total, sizeof *data);

  for (int i = 0; i < s->count; i++) AddAtom(s, i, data);
  if (s->noise > 0) AddNoise(s, data);
  for (ptrdiff_t i = 0; i < total; i++) data[i] += (float)s->offset;
  AET_TEST_CALL(AetVolumeCreate(comm, s->n, s->pixel, &volume));
  if (volume->z_count) memcpy(volume->data, data + volume->z_start * plane, (size_t)(volume->z_count * plane) * sizeof *data);
  free(data);
  return volume;
}

static inline AetAtoms Truth(const Specimen *s, int kinds, const char *const *symbols)
{
  AetAtoms  atoms;
  int       rank, size;
  ptrdiff_t start, count;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(s->count, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, (PetscInt)count, kinds, symbols, &atoms));
  memcpy(atoms->position, s->position + 3 * start, (size_t)(3 * count) * sizeof(double));
  memcpy(atoms->species, s->species + start, (size_t)count * sizeof(int));
  AET_TEST_CALL(AetAtomsSort(atoms));
  return atoms;
}

static inline void FreeSpecimen(Specimen *s)
{
  free(s->position);
  free(s->species);
}

#endif
