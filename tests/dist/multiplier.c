/* The convolution against its definition: a sum over pairs of voxels. */
#include "mpi_test.h"
#include <aet4d/dist.h>

typedef struct {
  ptrdiff_t n[3];
} Sizes;

static const Sizes sizes[] = {{{1, 1, 1}}, {{3, 5, 4}}, {{5, 3, 7}}, {{7, 11, 13}}, {{2, 17, 9}}, {{5, 34, 18}}, {{9, 4, 31}}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static double Random(uint64_t stream, ptrdiff_t index)
{
  return AetRandomNormal(4, stream, (uint64_t)index);
}

/* A real, even kernel at displacement d; planar: nothing but at d_y = 0. */
static double Kernel(const ptrdiff_t d[3], int planar)
{
  if (planar && d[1]) return 0;
  return cos(0.3 * (double)d[0] + 0.7 * (double)d[1] - 0.2 * (double)d[2]) /
         (1 + (double)(d[0] * d[0] + 2 * d[1] * d[1]) + fabs((double)d[2]));
}

typedef struct {
  AetMultiplier m;
  ptrdiff_t     n[3], z_start, z_count, voxels;
  float        *object;
} Case;

/* The kernel goes in in parts: boxes of n at -n and 0 along each axis; the half with d_x < 0 as well, so that the real part is all of it.
 */
static void AddKernel(Case *c, int planar)
{
  const ptrdiff_t ny = planar ? 1 : c->n[1];
  float          *part = calloc((size_t)(c->z_count * ny * c->n[2]) + 1, sizeof(float));

  for (int b = 0; b < 8; b++) {
    ptrdiff_t first[3], shift[3];
    if (planar && b & 2) continue;
    for (int a = 0; a < 3; a++) {
      first[a] = b >> a & 1 ? -c->n[a] : 0;
      shift[a] = first[a] + c->n[a] / 2;
    }
    if (planar) shift[1] = 0;
    for (ptrdiff_t z = 0, i = 0; z < c->z_count; z++)
      for (ptrdiff_t y = 0; y < ny; y++)
        for (ptrdiff_t x = 0; x < c->n[2]; x++, i++) {
          ptrdiff_t d[3] = {first[0] + c->z_start + z, first[1] + y, first[2] + x};
          int       outside = d[0] == -c->n[0] || (d[1] == -c->n[1] && !planar) || d[2] == -c->n[2];
          part[i] = outside ? 0 : (float)Kernel(d, planar);
        }
    AET_TEST_CALL(AetMultiplierAdd(c->m, part, shift));
  }
  free(part);
}

static void CaseOpen(MPI_Comm comm, const Sizes *s, int planar, Case *c)
{
  ptrdiff_t N[3];
  int       rank, size;

  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int a = 0; a < 3; a++) c->n[a] = s->n[a], N[a] = AetSmoothSize(2 * s->n[a] - 1, a == 2);
  AetBlock(s->n[0], rank, size, &c->z_start, &c->z_count);
  c->voxels = c->z_count * s->n[1] * s->n[2];
  c->object = calloc((size_t)c->voxels + 1, sizeof(float));
  for (ptrdiff_t i = 0; i < c->voxels; i++) c->object[i] = (float)Random(1, c->z_start * s->n[1] * s->n[2] + i);
  AET_TEST_CALL(AetMultiplierCreate(comm, s->n, N, planar, NULL, &c->m));
  AddKernel(c, planar);
}

static void CaseClose(Case *c)
{
  free(c->object);
  AET_TEST_CALL(AetMultiplierDestroy(&c->m));
}

/* Σ K(r - r') f(r') at voxel `index`. */
static double Expected(const Sizes *s, int planar, ptrdiff_t index)
{
  const ptrdiff_t nx = s->n[2], ny = s->n[1], r[3] = {index / nx / ny, index / nx % ny, index % nx};
  double          sum = 0;

  for (ptrdiff_t z = 0, i = 0; z < s->n[0]; z++)
    for (ptrdiff_t y = 0; y < ny; y++)
      for (ptrdiff_t x = 0; x < nx; x++, i++) {
        const ptrdiff_t d[3] = {r[0] - z, r[1] - y, r[2] - x};
        sum += Kernel(d, planar) * (float)Random(1, i);
      }
  return sum;
}

static void Definition(const Sizes *s, int planar)
{
  const ptrdiff_t total = s->n[0] * s->n[1] * s->n[2], first = s->n[1] * s->n[2];
  double          worst = 0, all;
  Case            c;

  CaseOpen(MPI_COMM_WORLD, s, planar, &c);
  AET_TEST_CALL(AetMultiplierApply(c.m, c.object, c.object)); /* in place */
  for (ptrdiff_t i = 0; i < c.voxels; i += 1 + total / 300)
    worst = fmax(worst, fabs(c.object[i] - Expected(s, planar, c.z_start * first + i)));
  MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  AET_TEST_CLOSE(all / sqrt((double)total), 0, 2e-6);
  CaseClose(&c);
}

static void TestDefinition(void)
{
  for (size_t i = 0; i < COUNT(sizes); i++) Definition(&sizes[i], 0);
}

static void TestPlanar(void)
{
  for (size_t i = 0; i < COUNT(sizes); i++) Definition(&sizes[i], 1);
}

/* Every rank also computes alone, and must find the very same bits. */
static void TestSameOnAnyRanks(void)
{
  const Sizes *s = &sizes[5];

  for (int planar = 0; planar < 2; planar++) {
    Case c, alone;
    CaseOpen(MPI_COMM_WORLD, s, planar, &c);
    CaseOpen(MPI_COMM_SELF, s, planar, &alone);
    AET_TEST_CALL(AetMultiplierApply(alone.m, alone.object, alone.object));
    AET_TEST_CALL(AetMultiplierApply(c.m, c.object, c.object));
    AET_TEST(!memcmp(c.object, alone.object + c.z_start * s->n[1] * s->n[2], sizeof(float) * (size_t)c.voxels));
    CaseClose(&alone);
    CaseClose(&c);
  }
}

/* By the factor 1 nothing changes, by N it scales; and what it takes is what it says. */
static void TestFactor(void)
{
  const ptrdiff_t n[3] = {24, 32, 40}, N[3] = {48, 64, 80};
  double          worst = 0, all, bytes, room;
  float          *values;
  ptrdiff_t       count;
  Case            c = {.n = {24, 32, 40}};
  int             rank, size;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(n[0], rank, size, &c.z_start, &c.z_count);
  AET_TEST_CALL(AetMultiplierCreate(MPI_COMM_WORLD, n, N, PETSC_FALSE, NULL, &c.m));
  AET_TEST_CALL(AetMultiplierGetFactor(c.m, &values, &count));
  for (ptrdiff_t i = 0; i < count; i++) values[i] = 3;
  c.voxels = c.z_count * n[1] * n[2];
  c.object = calloc((size_t)c.voxels + 1, sizeof(float));
  for (ptrdiff_t i = 0; i < c.voxels; i++) c.object[i] = (float)Random(1, i);
  AET_TEST_CALL(AetMultiplierApply(c.m, c.object, c.object));
  for (ptrdiff_t i = 0; i < c.voxels; i++) worst = fmax(worst, fabs(c.object[i] - 3 * (float)Random(1, i)));
  MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  AET_TEST_CLOSE(all, 0, 1e-5);
  bytes = size * (AetMultiplierBytes(n, N, PETSC_FALSE, size, AetThreads(), &room) + room);
  AET_TEST(bytes > 4.0 * 48 * 64 * 41 && bytes < 4.0 * 48 * 64 * 80 * 1.5 + size * 6e5);
  AET_TEST(size > 1 || (double)count * sizeof(float) <= bytes - room);
  CaseClose(&c);
}

/* A borrower finds its results in arrays that others use between, also when the lender has gone. */
static void TestShared(void)
{
  const Sizes  *s = &sizes[5];
  ptrdiff_t     N[3], count;
  double        worst = 0;
  float        *values;
  AetMultiplier borrower;
  Case          c;

  CaseOpen(MPI_COMM_WORLD, s, 0, &c);
  for (int a = 0; a < 3; a++) N[a] = AetSmoothSize(s->n[a], a == 2);
  AET_TEST_CALL(AetMultiplierCreate(MPI_COMM_WORLD, s->n, N, PETSC_FALSE, c.m, &borrower));
  AET_TEST_CALL(AetMultiplierGetFactor(borrower, &values, &count));
  for (ptrdiff_t i = 0; i < count; i++) values[i] = 1;
  for (int round = 0; round < 2; round++) {
    float *result = calloc((size_t)c.voxels + 1, sizeof(float));
    AET_TEST_CALL(AetMultiplierApply(borrower, c.object, result));
    for (ptrdiff_t i = 0; i < c.voxels; i++) worst = fmax(worst, fabsf(result[i] - c.object[i]));
    free(result);
    AET_TEST_CALL(AetMultiplierRest(borrower));
    if (!round) AET_TEST_CALL(AetMultiplierDestroy(&c.m));
  }
  AET_TEST(worst < 1e-5);
  AET_TEST_CALL(AetMultiplierDestroy(&borrower));
  CaseClose(&c);
}

static void TestErrors(void)
{
  const ptrdiff_t n[3] = {4, 4, 4}, small[3] = {8, 3, 8}, odd[3] = {8, 8, 9};
  AetMultiplier   m = NULL;

  AET_TEST(AetMultiplierCreate(MPI_COMM_WORLD, n, small, PETSC_FALSE, NULL, &m) == AET_ERR_INPUT && m == NULL);
  AET_TEST(AetMultiplierCreate(MPI_COMM_WORLD, n, odd, PETSC_TRUE, NULL, &m) == AET_ERR_INPUT && m == NULL);
  AetErrorClear();
  AET_TEST_CALL(AetMultiplierCreate(MPI_COMM_WORLD, n, small, PETSC_TRUE, NULL, &m));
  AET_TEST_CALL(AetMultiplierDestroy(&m));
  AET_TEST_CALL(AetMultiplierDestroy(&m));
}

AET_TEST_MAIN("multiplier", {"definition", TestDefinition}, {"planar", TestPlanar}, {"the same on any ranks", TestSameOnAnyRanks},
              {"factor", TestFactor}, {"shared", TestShared}, {"errors", TestErrors})
