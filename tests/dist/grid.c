/* Laws of the FFTW grid, its agreement with the definition and with the padded transform, and the wisdom file. */
#include "mpi_test.h"
#include <aet4d/dist.h>
#include <dirent.h>
#include <fftw3.h>
#include <sys/stat.h>

static const ptrdiff_t sizes[][3] = {{7, 11, 13}, {1, 1, 4}, {5, 3, 2}, {3, 4, 5}, {1, 1, 1}, {8, 6, 4}, {2, 9, 7}};
static const ptrdiff_t large[3] = {24, 20, 30};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
  AetGrid   g;
  ptrdiff_t n[3], z, planes, ky, rows, floats, row;
  float    *data;
} Case;

static float Value(const ptrdiff_t n[3], ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return (float)AetRandomNormal(9, 1, (uint64_t)((z * n[1] + y) * n[2] + x));
}

static void CaseOpen(const ptrdiff_t n[3], Case *c)
{
  int       rank, size;
  ptrdiff_t start, count;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST_CALL(AetGridCreate(MPI_COMM_WORLD, n, &c->g));
  AET_TEST_CALL(AetGridGetLayout(c->g, c->n, &c->z, &c->planes, &c->ky, &c->rows, &c->floats));
  AetBlock(n[0], rank, size, &start, &count);
  AET_TEST(start == c->z && count == c->planes);
  AetBlock(n[1], rank, size, &start, &count);
  AET_TEST(start == c->ky && count == c->rows);
  AET_TEST_CALL(AetGridAllocate(c->g, &c->data));
  c->row = 2 * (n[2] / 2 + 1);
  for (ptrdiff_t z = 0; z < c->planes; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) c->data[(z * n[1] + y) * c->row + x] = Value(n, c->z + z, y, x);
}

static void CaseClose(Case *c)
{
  AET_TEST_CALL(AetGridFree(c->g, &c->data));
  AET_TEST_CALL(AetGridDestroy(&c->g));
}

static double GlobalMax(double local)
{
  double most;

  MPI_Allreduce(&local, &most, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return most;
}

static double complex Expected(const ptrdiff_t n[3], ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  double complex sum = 0;

  for (ptrdiff_t z = 0; z < n[0]; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++)
        sum +=
            Value(n, z, y, x) * cexp(-2 * M_PI * _Complex_I *
                                     ((double)(kz * z) / (double)n[0] + (double)(ky * y) / (double)n[1] + (double)(kx * x) / (double)n[2]));
  return sum;
}

static void TestDefinition(void)
{
  for (size_t i = 0; i < COUNT(sizes); i++) {
    const ptrdiff_t *n = sizes[i], K = n[2] / 2 + 1;
    double           worst = 0;
    Case             c;
    CaseOpen(n, &c);
    AET_TEST_CALL(AetGridForward(c.g, c.data));
    for (ptrdiff_t ky = 0, j = 0; ky < c.rows; ky++)
      for (ptrdiff_t kz = 0; kz < n[0]; kz++)
        for (ptrdiff_t kx = 0; kx < K; kx++, j++) worst = fmax(worst, cabs(((float complex *)c.data)[j] - Expected(n, kz, c.ky + ky, kx)));
    AET_TEST_CLOSE(GlobalMax(worst), 0, 3e-6 * sqrt((double)(n[0] * n[1] * n[2])));
    CaseClose(&c);
  }
}

static void RoundTrip(const ptrdiff_t n[3])
{
  double worst = 0, points = (double)(n[0] * n[1] * n[2]);
  int    pads = 1;
  Case   c;

  CaseOpen(n, &c);
  AET_TEST_CALL(AetGridForward(c.g, c.data));
  AET_TEST_CALL(AetGridBackward(c.g, c.data));
  for (ptrdiff_t z = 0; z < c.planes; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < c.row; x++) {
        float value = c.data[(z * n[1] + y) * c.row + x];
        if (x < n[2])
          worst = fmax(worst, fabs(value / points - Value(n, c.z + z, y, x)));
        else
          pads &= value == 0;
      }
  AET_TEST_CLOSE(GlobalMax(worst), 0, 2e-6);
  AET_TEST(pads);
  CaseClose(&c);
}

static void TestRoundTrip(void)
{
  for (size_t i = 0; i < COUNT(sizes); i++) RoundTrip(sizes[i]);
  RoundTrip(large);
}

static void TestParseval(void)
{
  double local[2] = {0}, sums[2];
  Case   c;

  CaseOpen(large, &c);
  for (ptrdiff_t i = 0; i < c.planes * large[1] * c.row; i++) local[0] += (double)c.data[i] * c.data[i];
  AET_TEST_CALL(AetGridForward(c.g, c.data));
  for (ptrdiff_t i = 0; i < c.rows * large[0] * (c.row / 2); i++) {
    double    a = cabsf(((float complex *)c.data)[i]);
    ptrdiff_t kx = i % (c.row / 2);
    local[1] += (kx == 0 || 2 * kx == large[2] ? 1 : 2) * a * a;
  }
  MPI_Allreduce(local, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST_CLOSE(sums[1] / sums[0] / (double)(large[0] * large[1] * large[2]), 1, 1e-6);
  CaseClose(&c);
}

/* A single voxel is a plane wave, and its place is the phase: impulse, shift and, with a second voxel of another weight, linearity. */
static void TestImpulse(void)
{
  const ptrdiff_t *n = large, place[2][3] = {{5, 17, 29}, {23, 0, 3}};
  const double     weight[2] = {1, -2.5};
  double           worst = 0;
  Case             c;

  CaseOpen(n, &c);
  memset(c.data, 0, sizeof(float) * (size_t)c.floats);
  for (int i = 0; i < 2; i++)
    if (place[i][0] >= c.z && place[i][0] < c.z + c.planes)
      c.data[((place[i][0] - c.z) * n[1] + place[i][1]) * c.row + place[i][2]] = (float)weight[i];
  AET_TEST_CALL(AetGridForward(c.g, c.data));
  for (ptrdiff_t ky = 0, j = 0; ky < c.rows; ky++)
    for (ptrdiff_t kz = 0; kz < n[0]; kz++)
      for (ptrdiff_t kx = 0; kx < n[2] / 2 + 1; kx++, j++) {
        double complex expected = 0;
        for (int i = 0; i < 2; i++)
          expected += weight[i] * cexp(-2 * M_PI * _Complex_I *
                                       ((double)(kz * place[i][0]) / (double)n[0] + (double)((c.ky + ky) * place[i][1]) / (double)n[1] +
                                        (double)(kx * place[i][2]) / (double)n[2]));
        worst = fmax(worst, cabs(((float complex *)c.data)[j] - expected));
      }
  AET_TEST_CLOSE(GlobalMax(worst), 0, 2e-6);
  CaseClose(&c);
}

/* The padded transform with nothing to pad is the grid's, but for the origin at voxel floor(n/2). */
static void TestAgreement(void)
{
  const ptrdiff_t *n = large, K = n[2] / 2 + 1;
  double           worst = 0;
  AetTransform     t;
  AetVolume        v;
  ptrdiff_t        points;
  float complex   *spectrum;
  Case             c;

  CaseOpen(n, &c);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 1, &v));
  AET_TEST_CALL(AetGridToVolume(c.g, c.data, v));
  AET_TEST_CALL(AetTransformCreate(MPI_COMM_WORLD, n, n, &t));
  AET_TEST_CALL(AetTransformGetLayout(t, NULL, NULL, NULL, NULL, &points));
  spectrum = calloc((size_t)points + 1, sizeof *spectrum);
  AET_TEST_CALL(AetTransformForward(t, v->data, spectrum));
  memset(c.data, 1, sizeof(float) * (size_t)c.floats);
  AET_TEST_CALL(AetGridFromVolume(c.g, v, c.data));
  AET_TEST_CALL(AetGridForward(c.g, c.data));
  for (ptrdiff_t ky = 0; ky < c.rows; ky++)
    for (ptrdiff_t kx = 0; kx < K; kx++)
      for (ptrdiff_t kz = 0; kz < n[0]; kz++) {
        double turn = (double)(kz * (n[0] / 2)) / (double)n[0] + (double)((c.ky + ky) * (n[1] / 2)) / (double)n[1] +
                      (double)(kx * (n[2] / 2)) / (double)n[2];
        double complex there = ((float complex *)c.data)[(ky * n[0] + kz) * K + kx];
        worst = fmax(worst, cabs(spectrum[(ky * K + kx) * n[0] + kz] - there * cexp(2 * M_PI * _Complex_I * turn)));
      }
  AET_TEST_CLOSE(GlobalMax(worst), 0, 2e-6 * sqrt((double)(n[0] * n[1] * n[2])));
  free(spectrum);
  AET_TEST_CALL(AetTransformDestroy(&t));
  AET_TEST_CALL(AetVolumeDestroy(&v));
  CaseClose(&c);
}

static void TestErrors(void)
{
  const ptrdiff_t bad[3] = {4, 4, 0}, other[3] = {4, 4, 4};
  AetGrid         g = NULL;
  AetVolume       v;
  Case            c;

  AET_TEST(AetGridCreate(MPI_COMM_WORLD, bad, &g) == AET_ERR_INPUT && g == NULL);
  AetErrorClear();
  AET_TEST_CALL(AetGridDestroy(&g));
  CaseOpen(large, &c);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, other, 1, &v));
  AET_TEST(AetGridFromVolume(c.g, v, c.data) == AET_ERR_INPUT && AetGridToVolume(c.g, c.data, v) == AET_ERR_INPUT);
  AetErrorClear();
  AET_TEST_CALL(AetVolumeDestroy(&v));
  CaseClose(&c);
}

/* The one file in the folder, and its size; -1 if there is not exactly one. */
static long OnlyFile(const char *folder, char *path, size_t size)
{
  struct stat    info;
  struct dirent *entry;
  int            count = 0;
  DIR           *dir = opendir(folder);

  while (dir && (entry = readdir(dir)))
    if (entry->d_name[0] != '.') snprintf(path, size, "%s/%s", folder, entry->d_name), count++;
  if (dir) closedir(dir);
  return count == 1 && !stat(path, &info) ? (long)info.st_size : -1;
}

/* Length of all that FFTW knows. */
static size_t Knowledge(void)
{
  char  *text = fftwf_export_wisdom_to_string();
  size_t length = text ? strlen(text) : 0;

  fftwf_free(text);
  return length;
}

static void TestWisdom(void)
{
  char   root[] = "/tmp/aet4d-wisdom-XXXXXX", folder[64], path[512];
  int    rank, good = 1;
  long   size = 0;
  size_t learnt;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!rank) good = mkdtemp(root) != NULL;
  MPI_Bcast(root, sizeof root, MPI_CHAR, 0, MPI_COMM_WORLD);
  snprintf(folder, sizeof folder, "%s/aet4d", root);
  setenv("XDG_CACHE_HOME", root, 1);
  AET_TEST(good);
  AET_TEST_CALL(AetWisdomLoad(MPI_COMM_WORLD)); /* nothing there */
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-fft_planning", "measure"));
  RoundTrip(sizes[5]); /* saves */
  if (!rank) size = OnlyFile(folder, path, sizeof path);
  AET_TEST(rank || size > 20);
  learnt = Knowledge();
  fftwf_forget_wisdom();
  AET_TEST(Knowledge() < learnt);
  AET_TEST_CALL(AetWisdomLoad(MPI_COMM_WORLD));
  AET_TEST(Knowledge() >= learnt); /* what any rank learnt, every rank knows */
  fftwf_forget_wisdom();
  if (!rank) good = truncate(path, size / 2) == 0;
  AET_TEST(good);
  AET_TEST_CALL(AetWisdomLoad(MPI_COMM_WORLD)); /* cut short */
  AET_TEST(Knowledge() < learnt);
  RoundTrip(sizes[5]);
  if (!rank) good = truncate(path, 0) == 0;
  AET_TEST_CALL(AetWisdomLoad(MPI_COMM_WORLD)); /* empty */
  if (!rank) good = !unlink(path) && !rmdir(folder) && !rmdir(root);
  AET_TEST(good);
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  AET_TEST_CALL(AetWisdomSave(MPI_COMM_WORLD)); /* nobody can write there */
  AET_TEST_CALL(AetWisdomLoad(MPI_COMM_WORLD));
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-fft_planning"));
}

AET_TEST_MAIN("grid", {"definition", TestDefinition}, {"round trip and pads", TestRoundTrip}, {"Parseval", TestParseval},
              {"impulse, shift, linearity", TestImpulse}, {"agreement with the padded transform", TestAgreement}, {"errors", TestErrors},
              {"wisdom", TestWisdom})
