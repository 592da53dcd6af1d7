/* Facts about what times say of each other: a blob is seen where the registration puts it, the mask is the core's, factors are found. */
#include "mpi_test.h"
#include "series/kernel/resample.h"
#include <aet4d/series.h>
#include <math.h>
#include <string.h>

enum { N = 40 };
static const double pixel = 0.4;

/* A Gaussian blob at `centre` (x, y, z in Å). */
static AetVolume Blob(const double centre[3], double height)
{
  const ptrdiff_t n[3] = {N, N, N};
  AetVolume       volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, pixel, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * N * N; i++) {
    const double x = (double)(i % N - N / 2) * pixel - centre[0], y = (double)(i / N % N - N / 2) * pixel - centre[1],
                 z = (double)(volume->z_start + i / (N * N) - N / 2) * pixel - centre[2];
    volume->data[i] = (float)(height * exp(-0.5 * (x * x + y * y + z * z) / (0.9 * 0.9)));
  }
  return volume;
}

/* Two times: the second is turned by 30 degrees about z, then about x, and shifted. */
static void Turned(double linear[2][9], double shift[2][3])
{
  const double c = cos(0.5), s = sin(0.5), u = cos(0.3), v = sin(0.3);
  const double turn[9] = {c, -s, 0, u * s, u * c, -v, v * s, v * c, u}, one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  memcpy(linear[0], one, sizeof one);
  memcpy(linear[1], turn, sizeof turn);
  for (int a = 0; a < 3; a++) shift[0][a] = 0, shift[1][a] = 0.7 * a - 0.6;
}

static double Largest(AetVolume a, AetVolume b)
{
  double mine = 0, all;

  for (ptrdiff_t i = 0; i < a->z_count * N * N; i++) mine = fmax(mine, fabs((double)a->data[i] - b->data[i]));
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return all;
}

static void TestResample(void)
{
  double                    linear[2][9], shift[2][3], second[3] = {2.1, -1.3, 3.2}, first[3], factor;
  struct _p_AetRegistration r = {.times = 2, .linear = linear, .shift = shift};
  AetVolume                 source, seen, expected;

  Turned(linear, shift);
  AetRegistrationMap(&r, 1, second, first);
  source = Blob(second, 2), expected = Blob(first, 2), seen = Blob(first, 0);
  AET_TEST_CALL(AetJointResample(&r, 1, source, 0, seen));
  AET_TEST(Largest(seen, expected) < 0.02);                  /* of 2: the cubic at 2.2 voxels of sigma */
  AET_TEST_CALL(AetJointResample(&r, 0, expected, 1, seen)); /* and back */
  AET_TEST(Largest(seen, source) < 0.02);
  AET_TEST_CALL(AetJointFactor(expected, source, expected, &factor));
  for (ptrdiff_t i = 0; i < source->z_count * N * N; i++) source->data[i] = expected->data[i] / 5;
  AET_TEST_CALL(AetJointFactor(expected, source, expected, &factor));
  AET_TEST_CLOSE(factor, 5, 1e-5);
  AET_TEST_CALL(AetVolumeDestroy(&source));
  AET_TEST_CALL(AetVolumeDestroy(&expected));
  AET_TEST_CALL(AetVolumeDestroy(&seen));
}

/* Quadratic functions are met exactly, in one piece or in several. */
static void TestKernel(void)
{
  enum { M = 9 };
  const ptrdiff_t n[3] = {M, M, M};
  const double    origin[3] = {3.2, 3.4, 3.7}, down[3] = {0.1, 0.6, -0.2}, across[3] = {-0.3, 0.1, 0.5};
  float           volume[M * M * M], whole[9] = {0}, parts[9] = {0};

  for (int i = 0; i < M * M * M; i++) {
    const double z = i / (M * M), y = i / M % M, x = i % M;
    volume[i] = (float)(1 + z * z - 2 * x * y + 0.5 * y * y - z);
  }
  AetResamplePlane(volume, 0, M, n, origin, down, across, 3, 3, whole);
  for (ptrdiff_t z = 0; z < M; z += 2) AetResamplePlane(volume + z * M * M, z, z + 2 < M ? 2 : M - z, n, origin, down, across, 3, 3, parts);
  for (int i = 0; i < 9; i++) {
    double p[3];
    for (int a = 0; a < 3; a++) p[a] = origin[a] + i / 3 * down[a] + i % 3 * across[a];
    AET_TEST_CLOSE(whole[i], 1 + p[0] * p[0] - 2 * p[2] * p[1] + 0.5 * p[1] * p[1] - p[0], 1e-4);
    AET_TEST_CLOSE(parts[i], whole[i], 1e-5);
  }
}

/* A line of atoms of which the first half is the core. */
static void TestMask(void)
{
  enum { ATOMS = 4 };
  double                    linear[2][9], shift[2][3], place[3 * ATOMS], near[ATOMS] = {1, 0.8, 1, 1}, sums[2];
  double                   *position[2] = {place, place};
  PetscInt                  sites[ATOMS] = {0, 1, 2, 3}, *site[2] = {sites, sites}, total[2] = {ATOMS, ATOMS};
  PetscBool                 core[ATOMS] = {PETSC_TRUE, PETSC_TRUE, PETSC_FALSE, PETSC_FALSE};
  struct _p_AetRegistration r = {.times = 2,
                                 .linear = linear,
                                 .shift = shift,
                                 .total = total,
                                 .position = position,
                                 .site = site,
                                 .core = core,
                                 .agreement_near = near,
                                 .neighbour_angstrom = 2};
  AetVolume                 mask = Blob((const double[3]){0, 0, 0}, 0);

  Turned(linear, shift);
  for (int i = 0; i < ATOMS; i++) { /* x = -6, -2, 2, 6 Å of the second time, told in the frame of the first */
    const double x[3] = {4.0 * i - 6, 0, 0};
    AetRegistrationMap(&r, 1, x, place + 3 * i);
  }
  for (int shuffled = 0; shuffled < 2; shuffled++) {
    double mine[ATOMS] = {0}, value[ATOMS];
    AET_TEST_CALL(AetJointMask(&r, 1, (PetscBool)shuffled, 3, mask));
    for (int i = 0; i < ATOMS; i++)
      if (N / 2 >= mask->z_start && N / 2 < mask->z_start + mask->z_count)
        mine[i] = mask->data[((N / 2 - mask->z_start) * N + N / 2) * N + N / 2 + 10 * i - 15];
    MPI_Allreduce(mine, value, ATOMS, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    sums[shuffled] = value[0] + value[1] + value[2] + value[3];
    if (shuffled) continue;
    AET_TEST_CLOSE(value[0], 1 / 1.3, 1e-3);
    AET_TEST_CLOSE(value[1], 0.8 / 1.3, 1e-3);
    AET_TEST(value[2] < 1e-3 && value[3] < 1e-3);
  }
  AET_TEST_CLOSE(sums[0], sums[1], 1e-5);
  AET_TEST_CALL(AetVolumeDestroy(&mask));
}

AET_TEST_MAIN("joint reconstruction", {"resample", TestResample}, {"kernel", TestKernel}, {"mask", TestMask})
