/* Laws of the padded transform, and its agreement with the definition. */
#include "mpi_test.h"
#include <aet4d/dist.h>

typedef struct {
  ptrdiff_t n[3], N[3];
} Sizes;

static const Sizes tiny[] = {{{1, 1, 4}, {1, 1, 4}},    {{5, 3, 2}, {5, 3, 2}},  {{3, 5, 4}, {7, 11, 8}},    {{4, 4, 4}, {8, 8, 8}},
                             {{5, 3, 7}, {12, 9, 20}},  {{3, 2, 1}, {9, 10, 4}}, {{7, 11, 13}, {7, 11, 14}}, {{2, 17, 9}, {11, 17, 18}},
                             {{5, 1, 18}, {5, 26, 36}}, {{1, 1, 1}, {2, 3, 2}}};
static const Sizes larger[] = {{{64, 64, 64}, {128, 128, 128}}, {{33, 40, 50}, {100, 96, 150}}, {{20, 36, 30}, {60, 108, 96}}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static double complex Expected(const Sizes *s, const double *object, ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  double complex sum = 0;

  for (ptrdiff_t z = 0, i = 0; z < s->n[0]; z++)
    for (ptrdiff_t y = 0; y < s->n[1]; y++)
      for (ptrdiff_t x = 0; x < s->n[2]; x++, i++) {
        double turn = (double)(kz * (z - s->n[0] / 2)) / (double)s->N[0] + (double)(ky * (y - s->n[1] / 2)) / (double)s->N[1] +
                      (double)(kx * (x - s->n[2] / 2)) / (double)s->N[2];
        sum += object[i] * cexp(-2 * M_PI * turn * _Complex_I);
      }
  return sum;
}

static double Random(uint64_t stream, ptrdiff_t index)
{
  return AetRandomNormal(4, stream, (uint64_t)index);
}

/* A transform with an object slab of random numbers (the same for any number of ranks) and its spectrum. */
typedef struct {
  AetTransform   t;
  ptrdiff_t      z_start, count, ky_start, ky_count, points;
  float         *object, *result;
  float complex *spectrum;
} Case;

static void CaseOpen(const Sizes *s, Case *c)
{
  int       rank, size;
  ptrdiff_t planes, area = s->n[1] * s->n[2];

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST_CALL(AetTransformCreate(MPI_COMM_WORLD, s->n, s->N, &c->t));
  AET_TEST_CALL(AetTransformGetLayout(c->t, NULL, NULL, &c->ky_start, &c->ky_count, &c->points));
  AetBlock(s->n[0], rank, size, &c->z_start, &planes);
  c->count = planes * area;
  c->object = calloc((size_t)c->count + 1, sizeof(float));
  c->result = calloc((size_t)c->count + 1, sizeof(float));
  c->spectrum = calloc((size_t)c->points + 1, sizeof(float complex));
  for (ptrdiff_t i = 0; i < c->count; i++) c->object[i] = (float)Random(1, c->z_start * area + i);
}

static void CaseClose(Case *c)
{
  free(c->object);
  free(c->result);
  free(c->spectrum);
  AET_TEST_CALL(AetTransformDestroy(&c->t));
}

static double GlobalSum(double local)
{
  double sum;

  MPI_Allreduce(&local, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

static double GlobalMax(double local)
{
  double most;

  MPI_Allreduce(&local, &most, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return most;
}

static double Volume(const Sizes *s)
{
  return (double)s->N[0] * (double)s->N[1] * (double)s->N[2];
}

static void TestDefinition(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) {
    const Sizes *s = &tiny[i];
    ptrdiff_t    total = s->n[0] * s->n[1] * s->n[2];
    double      *object = malloc(sizeof(double) * (size_t)total), worst = 0;
    Case         c;
    CaseOpen(s, &c);
    for (ptrdiff_t j = 0; j < total; j++) object[j] = (float)Random(1, j);
    AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
    for (ptrdiff_t ky = 0, j = 0; ky < c.ky_count; ky++)
      for (ptrdiff_t kx = 0; kx <= s->N[2] / 2; kx++)
        for (ptrdiff_t kz = 0; kz < s->N[0]; kz++, j++)
          worst = fmax(worst, cabs(c.spectrum[j] - Expected(s, object, kz, c.ky_start + ky, kx)));
    AET_TEST_CLOSE(GlobalMax(worst), 0, 1e-6 * sqrt((double)total) * 3);
    free(object);
    CaseClose(&c);
  }
}

static void RoundTrip(const Sizes *s)
{
  double worst = 0;
  Case   c;

  CaseOpen(s, &c);
  AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
  AET_TEST_CALL(AetTransformBackward(c.t, c.spectrum, c.result));
  for (ptrdiff_t i = 0; i < c.count; i++) worst = fmax(worst, fabs(c.result[i] / Volume(s) - c.object[i]));
  AET_TEST_CLOSE(GlobalMax(worst), 0, 3e-6);
  CaseClose(&c);
}

static void TestRoundTrip(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) RoundTrip(&tiny[i]);
  for (size_t i = 0; i < COUNT(larger); i++) RoundTrip(&larger[i]);
}

/* Weight of a half-spectrum column in a sum over the whole. */
static double Weight(const Sizes *s, ptrdiff_t kx)
{
  return kx == 0 || kx == s->N[2] / 2 ? 1 : 2;
}

static void Parseval(const Sizes *s)
{
  double space = 0, reciprocal = 0;
  Case   c;

  CaseOpen(s, &c);
  AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
  for (ptrdiff_t i = 0; i < c.count; i++) space += (double)c.object[i] * c.object[i];
  for (ptrdiff_t i = 0; i < c.points; i++) {
    double a = cabsf(c.spectrum[i]);
    reciprocal += a * a * Weight(s, i / s->N[0] % (s->N[2] / 2 + 1));
  }
  AET_TEST_CLOSE(GlobalSum(reciprocal) / Volume(s) / GlobalSum(space), 1, 1e-6);
  CaseClose(&c);
}

static void TestParseval(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) Parseval(&tiny[i]);
  for (size_t i = 0; i < COUNT(larger); i++) Parseval(&larger[i]);
}

/* <S, Forward f> = <Backward S, f> for any S, Hermitian or not. */
static void Adjoint(const Sizes *s)
{
  double         left = 0, right = 0, norm = 0, other = 0;
  Case           c;
  float complex *any;

  CaseOpen(s, &c);
  any = malloc(sizeof(float complex) * ((size_t)c.points + 1));
  for (ptrdiff_t i = 0, first = c.ky_start * (s->N[2] / 2 + 1) * s->N[0]; i < c.points; i++)
    any[i] = (float)Random(2, first + i) + (float)Random(3, first + i) * _Complex_I;
  AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
  AET_TEST_CALL(AetTransformBackward(c.t, any, c.result));
  for (ptrdiff_t i = 0; i < c.points; i++) {
    double w = Weight(s, i / s->N[0] % (s->N[2] / 2 + 1));
    left += w * creal(conj((double complex)any[i]) * c.spectrum[i]);
    norm += w * creal(conj((double complex)any[i]) * any[i]);
    other += w * creal(conj((double complex)c.spectrum[i]) * c.spectrum[i]);
  }
  for (ptrdiff_t i = 0; i < c.count; i++) right += (double)c.object[i] * c.result[i];
  AET_TEST_CLOSE((GlobalSum(left) - GlobalSum(right)) / sqrt(GlobalSum(norm) * GlobalSum(other)), 0, 1e-6);
  free(any);
  CaseClose(&c);
}

static void TestAdjoint(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) Adjoint(&tiny[i]);
  for (size_t i = 0; i < COUNT(larger); i++) Adjoint(&larger[i]);
}

/* One voxel gives a plane wave; moving it by one turns the phase: the impulse and the shift law. */
static void TestImpulse(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) {
    const Sizes *s = &tiny[i];
    ptrdiff_t    area = s->n[1] * s->n[2], place[3] = {s->n[0] - 1, s->n[1] / 3, s->n[2] / 2},
              at = place[0] * area + place[1] * s->n[2] + place[2];
    double worst = 0;
    Case   c;
    CaseOpen(s, &c);
    for (ptrdiff_t j = 0; j < c.count; j++) c.object[j] = c.z_start * area + j == at;
    AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
    for (ptrdiff_t ky = c.ky_start, j = 0; ky < c.ky_start + c.ky_count; ky++)
      for (ptrdiff_t kx = 0; kx <= s->N[2] / 2; kx++)
        for (ptrdiff_t kz = 0; kz < s->N[0]; kz++, j++) {
          double turn = (double)(kz * (place[0] - s->n[0] / 2)) / (double)s->N[0] +
                        (double)(ky * (place[1] - s->n[1] / 2)) / (double)s->N[1] +
                        (double)(kx * (place[2] - s->n[2] / 2)) / (double)s->N[2];
          worst = fmax(worst, cabs(c.spectrum[j] - cexp(-2 * M_PI * turn * _Complex_I)));
        }
    AET_TEST_CLOSE(GlobalMax(worst), 0, 1e-6);
    CaseClose(&c);
  }
}

static void TestLinearity(void)
{
  const Sizes   *s = &larger[1];
  double         worst = 0;
  float complex *first;
  Case           c;

  CaseOpen(s, &c);
  first = malloc(sizeof(float complex) * ((size_t)c.points + 1));
  AET_TEST_CALL(AetTransformForward(c.t, c.object, first));
  for (ptrdiff_t i = 0; i < c.count; i++) c.result[i] = 3 * c.object[i] + (float)(i % 7);
  for (ptrdiff_t i = 0; i < c.count; i++) c.object[i] = (float)(i % 7);
  AET_TEST_CALL(AetTransformForward(c.t, c.result, c.spectrum));
  for (ptrdiff_t i = 0; i < c.points; i++) c.spectrum[i] -= 3 * first[i];
  AET_TEST_CALL(AetTransformForward(c.t, c.object, first));
  for (ptrdiff_t i = 0; i < c.points; i++) worst = fmax(worst, cabsf(c.spectrum[i] - first[i]));
  AET_TEST_CLOSE(GlobalMax(worst) / Volume(s), 0, 1e-7);
  free(first);
  CaseClose(&c);
}

/* A real factor that depends on all three indices, and is the same at k and -k as every real kernel's is. */
static float Factor(const ptrdiff_t N[3], ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  ptrdiff_t z = kz < N[0] - kz ? kz : N[0] - kz, y = ky < N[1] - ky ? ky : N[1] - ky;

  return 1.0f / (float)(1 + z + 2 * y + 3 * kx);
}

static void Multiply(void *context, int thread, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t count, ptrdiff_t Nz, float complex *columns)
{
  const Sizes *s = context;

  if (thread < 0 || thread >= AetThreads()) abort();
  for (ptrdiff_t i = 0; i < count; i++)
    for (ptrdiff_t kz = 0; kz < Nz; kz++) columns[i * Nz + kz] *= Factor(s->N, kz, ky, kx + i);
}

static void Apply(const Sizes *s)
{
  double worst = 0, size = 0;
  Case   c;

  CaseOpen(s, &c);
  AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
  for (ptrdiff_t ky = 0; ky < c.ky_count; ky++)
    for (ptrdiff_t kx = 0, K = s->N[2] / 2 + 1; kx < K; kx++)
      Multiply((void *)s, 0, c.ky_start + ky, kx, 1, s->N[0], c.spectrum + (ky * K + kx) * s->N[0]);
  AET_TEST_CALL(AetTransformBackward(c.t, c.spectrum, c.result));
  AET_TEST_CALL(AetTransformApply(c.t, c.object, Multiply, (void *)s, c.object)); /* in place */
  for (ptrdiff_t i = 0; i < c.count; i++) {
    worst = fmax(worst, fabs(c.result[i] / Volume(s) - c.object[i]));
    size = fmax(size, fabsf(c.object[i]));
  }
  AET_TEST_CLOSE(GlobalMax(worst) / GlobalMax(size), 0, 1e-6);
  CaseClose(&c);
}

static void TestApply(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) Apply(&tiny[i]);
  for (size_t i = 0; i < COUNT(larger); i++) Apply(&larger[i]);
}

/* The spectrum as the room to work in gives the bits of room apart, also with the object in it. */
static void Over(const Sizes *s)
{
  float    *apart, *there;
  ptrdiff_t head;
  Case      c;

  CaseOpen(s, &c);
  apart = calloc((size_t)c.count + 1, sizeof(float));
  AET_TEST_CALL(AetTransformForward(c.t, c.object, c.spectrum));
  AET_TEST_CALL(AetTransformBackward(c.t, c.spectrum, apart));
  AET_TEST_CALL(AetTransformHead(c.t, &head));
  AET_TEST(head >= 0 && head <= 2 * c.points);
  there = c.count <= head ? (float *)c.spectrum : c.result;
  memcpy(there, c.object, sizeof(float) * (size_t)c.count);
  AET_TEST_CALL(AetTransformForward(c.t, there, c.spectrum));
  AET_TEST_CALL(AetTransformBackwardOver(c.t, c.spectrum, there));
  AET_TEST(!memcmp(there, apart, sizeof(float) * (size_t)c.count));
  free(apart);
  CaseClose(&c);
}

static void TestOver(void)
{
  for (size_t i = 0; i < COUNT(tiny); i++) Over(&tiny[i]);
  for (size_t i = 0; i < COUNT(larger); i++) Over(&larger[i]);
}

/* Every rank also computes alone, and must find the very same bits. */
static void TestSameOnAnyRanks(void)
{
  const Sizes *s = &larger[1];
  ptrdiff_t    total = s->n[0] * s->n[1] * s->n[2];
  float       *alone = malloc(sizeof(float) * (size_t)total);
  AetTransform one;
  Case         c;

  CaseOpen(s, &c);
  AET_TEST_CALL(AetTransformCreate(MPI_COMM_SELF, s->n, s->N, &one));
  for (ptrdiff_t i = 0; i < total; i++) alone[i] = (float)Random(1, i);
  AET_TEST_CALL(AetTransformApply(one, alone, Multiply, (void *)s, alone));
  AET_TEST_CALL(AetTransformApply(c.t, c.object, Multiply, (void *)s, c.result));
  AET_TEST(!memcmp(c.result, alone + c.z_start * s->n[1] * s->n[2], sizeof(float) * (size_t)c.count));
  free(alone);
  AET_TEST_CALL(AetTransformDestroy(&one));
  CaseClose(&c);
}

static void TestErrors(void)
{
  const ptrdiff_t n[3] = {4, 4, 4}, small[3] = {8, 3, 8}, odd[3] = {8, 8, 9}, none[3] = {4, 0, 4}, N[3] = {8, 8, 8};
  AetTransform    t = NULL;
  double          bytes;

  AET_TEST(AetTransformCreate(MPI_COMM_WORLD, n, small, &t) == AET_ERR_INPUT && t == NULL);
  AET_TEST(AetTransformCreate(MPI_COMM_WORLD, n, odd, &t) == AET_ERR_INPUT && t == NULL);
  AET_TEST(AetTransformCreate(MPI_COMM_WORLD, none, N, &t) == AET_ERR_INPUT && t == NULL);
  AetErrorClear();
  AET_TEST_CALL(AetTransformDestroy(&t));
  AET_TEST_CALL(AetTransformCreate(MPI_COMM_WORLD, n, N, &t));
  AET_TEST_CALL(AetTransformMemory(t, &bytes));
  AET_TEST(bytes > 0 && bytes < 1e6);
  AET_TEST_CALL(AetTransformDestroy(&t));
}

AET_TEST_MAIN("padded transform", {"definition", TestDefinition}, {"round trip", TestRoundTrip}, {"Parseval", TestParseval},
              {"adjoint", TestAdjoint}, {"impulse and shift", TestImpulse}, {"linearity", TestLinearity}, {"apply", TestApply},
              {"over the spectrum", TestOver}, {"the same on any ranks", TestSameOnAnyRanks}, {"errors", TestErrors})
