/* Facts about 3D Fourier filtering. */
#include "mpi_test.h"
#include "recon/spectrum_halo.h"
#include <aet4d/io.h>
#include <aet4d/recon.h>

static const AetFourierFilterSettings bragg = {AET_FOURIER_FILTER_BRAGG, 16, 3, 2}, wiener = {AET_FOURIER_FILTER_WIENER, 0, 0, 0};
static const ptrdiff_t                n[3] = {48, 56, 64};
enum { CELL = 8 };

/* fcc of lattice constant CELL voxels in a sphere about the centre, Gaussian atoms, and noise of the given deviation. */
static AetVolume Particle(MPI_Comm comm, double radius, double noise)
{
  AetVolume    v;
  const double sigma = 1.1;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 0.5, &v));
  for (ptrdiff_t i = 0; i < v->z_count * n[1] * n[2]; i++)
    v->data[i] = (float)(noise * AetRandomNormal(7, 1, (uint64_t)(v->z_start * n[1] * n[2] + i)));
  for (int h = -12; h <= 12; h++)
    for (int k = -12; k <= 12; k++)
      for (int l = -12; l <= 12; l++) {
        const int at[3] = {CELL / 2 * h, CELL / 2 * k, CELL / 2 * l};
        if ((h + k + l) % 2 || at[0] * at[0] + at[1] * at[1] + at[2] * at[2] > radius * radius) continue;
        for (ptrdiff_t z = v->z_start; z < v->z_start + v->z_count; z++)
          for (ptrdiff_t y = n[1] / 2 + at[1] - 5; y <= n[1] / 2 + at[1] + 5; y++)
            for (ptrdiff_t x = n[2] / 2 + at[2] - 5; x <= n[2] / 2 + at[2] + 5; x++) {
              const double d[3] = {(double)(z - n[0] / 2 - at[0]), (double)(y - n[1] / 2 - at[1]), (double)(x - n[2] / 2 - at[2])};
              if (fabs(d[0]) > 5) continue;
              v->data[((z - v->z_start) * n[1] + y) * n[2] + x] +=
                  (float)exp(-0.5 * (d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) / (sigma * sigma));
            }
      }
  return v;
}

/* A noisy crystal comes nearer to the truth. */
static void TestParticle(void)
{
  AetVolume              truth = Particle(MPI_COMM_WORLD, 18, 0);
  AetFourierFilterReport report;
  double                 before, after;

  for (int w = 0; w < 2; w++) {
    AetVolume v = Particle(MPI_COMM_WORLD, 18, 0.4);
    AET_TEST_CALL(AetVolumeCorrelation(v, truth, &before));
    AET_TEST_CALL(AetVolumeFourierFilter(v, w ? &wiener : &bragg, &report));
    AET_TEST_CALL(AetVolumeCorrelation(v, truth, &after));
    printf("%s: correlation %.4f before, %.4f after; kept %.4f of the spectrum, %.4f of the power\n", report.name, before, after,
           report.kept_fraction, report.kept_power);
    AET_TEST(after > before + (w ? 0.05 : 0.2));
    AET_TEST(report.kept_fraction > 0 && report.kept_fraction < (w ? 0.5 : 0.15));
    AetVolumeDestroy(&v);
  }
  AetVolumeDestroy(&truth);
}

/* Power of the volume at a frequency, from its definition. */
static double Power(AetVolume v, ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  double sums[2] = {0};

  for (ptrdiff_t z = 0; z < v->z_count; z++)
    for (ptrdiff_t y = 0; y < n[1]; y++)
      for (ptrdiff_t x = 0; x < n[2]; x++) {
        const double turn =
            (double)(kz * (z + v->z_start)) / (double)n[0] + (double)(ky * y) / (double)n[1] + (double)(kx * x) / (double)n[2];
        sums[0] += v->data[(z * n[1] + y) * n[2] + x] * cos(2 * M_PI * turn),
            sums[1] -= v->data[(z * n[1] + y) * n[2] + x] * sin(2 * M_PI * turn);
      }
  MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  return sums[0] * sums[0] + sums[1] * sums[1];
}

/* fcc reflects where h, k, l are all even or all odd. Those peaks pass untouched; between them nothing is left. */
static void TestPeaks(void)
{
  AetVolume              v = Particle(MPI_COMM_WORLD, 18, 0.4), raw;
  AetFourierFilterReport report;

  AET_TEST_CALL(AetVolumeDuplicate(v, &raw));
  AET_TEST_CALL(AetVolumeFourierFilter(v, &bragg, &report));
  for (int h = -1; h <= 2; h++)
    for (int k = 0; k <= 2; k++) {
      const int       l = 1;
      const ptrdiff_t at[3] = {h * n[0] / CELL, k * n[1] / CELL, l * n[2] / CELL};
      const double    before = Power(raw, at[0], at[1], at[2]), after = Power(v, at[0], at[1], at[2]);
      if (h % 2 && k % 2)
        AET_TEST_CLOSE(after / before, 1, 1e-4);
      else if (h % 2 == 0 && k % 2 == 0)
        AET_TEST(after < 1e-4 * before);
    }
  AET_TEST_CLOSE(Power(v, 0, 0, 0) / Power(raw, 0, 0, 0), 1, 1e-4); /* the mean stays */
  AetVolumeDestroy(&v), AetVolumeDestroy(&raw);
}

/* |F|² of noise is distributed exponentially: median² = ln 2 of its mean, so 2^-T of it is above T median². */
static void TestNoise(void)
{
  const AetFourierFilterSettings high = {AET_FOURIER_FILTER_BRAGG, 10, 1, 0};
  AetVolume                      v = Particle(MPI_COMM_WORLD, -1, 1);
  AetFourierFilterReport         report;
  const double                   rate = pow(2, -10), points = (double)(n[0] * n[1] * n[2]) / 2;

  AET_TEST_CALL(AetVolumeFourierFilter(v, &high, &report));
  printf("noise: %.3g found, %.3g expected; kept %.3g, expected %.3g\n", report.found_fraction, rate, report.kept_fraction,
         1 - pow(1 - rate, 7));
  AET_TEST_CLOSE(report.found_fraction, rate, 4 * sqrt(rate / points));
  AET_TEST_CLOSE(report.kept_fraction, 1 - pow(1 - rate, 7), 4 * 7 * sqrt(rate / points)); /* 7 voxels within a radius of 1 */
  AetVolumeDestroy(&v);
}

static void TestZero(void)
{
  AetFourierFilterReport report;
  AetVolume              v;
  int                    zero = 1;

  for (int w = 0; w < 2; w++) {
    AET_TEST_CALL(
        AetVolumeCreate(MPI_COMM_WORLD, (ptrdiff_t[3]){3, 5, 7}, 1, &v)); /* smaller than the soft edge, fewer planes than ranks */
    AET_TEST_CALL(AetVolumeFourierFilter(v, w ? &wiener : &bragg, &report));
    for (ptrdiff_t i = 0; i < v->z_count * 35; i++) zero &= v->data[i] == 0;
    AET_TEST(report.found_fraction == 0 && report.kept_power == 1);
    AET_TEST(v->processing[0] != 0);
    AetVolumeDestroy(&v);
  }
  AET_TEST(zero);
}

static void TestNotFinite(void)
{
  AetFourierFilterReport report;
  AetVolume              v = Particle(MPI_COMM_WORLD, -1, 1);

  if (v->z_start == 0 && v->z_count) v->data[17] = NAN;
  AET_TEST(AetVolumeFourierFilter(v, &bragg, &report) == AET_ERR_DATA);
  AetErrorClear();
  AetVolumeDestroy(&v);
}

/* The same bits as one rank alone; `none` touches nothing. */
static void TestRanks(void)
{
  const AetFourierFilterSettings none = {AET_FOURIER_FILTER_NONE, 0, 0, 0}, *all[3] = {&bragg, &wiener, &none};
  int                            same = 1;

  for (int w = 0; w < 3; w++) {
    AetFourierFilterReport report, alone;
    AetVolume              v = Particle(MPI_COMM_WORLD, 16, 0.5), s = Particle(MPI_COMM_SELF, 16, 0.5);
    AET_TEST_CALL(AetVolumeFourierFilter(v, all[w], &report));
    AET_TEST_CALL(AetVolumeFourierFilter(s, all[w], &alone));
    same &= !memcmp(v->data, s->data + v->z_start * n[1] * n[2], (size_t)(v->z_count * n[1] * n[2]) * sizeof(float));
    same &= report.kept_fraction == alone.kept_fraction && report.kept_power == alone.kept_power;
    same &= report.found_fraction == alone.found_fraction && !strcmp(v->processing, s->processing);
    if (w == 2) AET_TEST(v->processing[0] == 0 && report.kept_fraction == 1);
    AetVolumeDestroy(&v), AetVolumeDestroy(&s);
  }
  AET_TEST(same);
}

/* What was done to a volume is said by its file, and by the volume read from it. */
static void TestFlag(void)
{
  AetFourierFilterReport report;
  AetVolume              v = Particle(MPI_COMM_WORLD, 10, 0), read;
  int                    size;
  char                   path[64];

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  snprintf(path, sizeof path, "fourier_filter.%d.h5", size);
  AET_TEST_CALL(AetVolumeWrite(v, path));
  AET_TEST_CALL(AetVolumeRead(MPI_COMM_WORLD, path, &read));
  AET_TEST(read->processing[0] == 0);
  AetVolumeDestroy(&read);
  AET_TEST_CALL(AetVolumeFourierFilter(v, &bragg, &report));
  AET_TEST_CALL(AetVolumeWrite(v, path));
  AET_TEST_CALL(AetVolumeRead(MPI_COMM_WORLD, path, &read));
  AET_TEST(!strncmp(read->processing, "Fourier filter bragg (threshold 16, radius 3, edge 2): kept ", 60));
  AET_TEST(!strcmp(read->processing, v->processing));
  AetVolumeDestroy(&v), AetVolumeDestroy(&read);
  MPI_Barrier(MPI_COMM_WORLD);
  unlink(path), snprintf(path, sizeof path, "fourier_filter.%d.xdmf", size), unlink(path);
}

/* A number for each pair k, -k of a grid. */
static float Key(const ptrdiff_t N[3], ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx)
{
  const ptrdiff_t k[3] = {(kz % N[0] + N[0]) % N[0], (ky % N[1] + N[1]) % N[1], (kx % N[2] + N[2]) % N[2]};
  const ptrdiff_t one = (k[0] * N[1] + k[1]) * N[2] + k[2], m[3] = {(N[0] - k[0]) % N[0], (N[1] - k[1]) % N[1], (N[2] - k[2]) % N[2]};

  return (float)PetscMin(one, (m[0] * N[1] + m[1]) * N[2] + m[2]);
}

static void TestHalo(void)
{
  const ptrdiff_t N[3] = {9, 10, 8}; /* of 3 the halo spans several ranks and goes around */
  int             rank, size, good = 1;
  ptrdiff_t       start, count;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank), MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(N[1], rank, size, &start, &count);
  for (int R = 1; R <= 3; R++) {
    const ptrdiff_t width = N[2] / 2 + 1 + 2 * R;
    float          *field = calloc((size_t)((count + 2 * R) * width * N[0]), sizeof(float));
    for (ptrdiff_t row = 0; row < count; row++)
      for (ptrdiff_t kx = 0; kx <= N[2] / 2; kx++)
        for (ptrdiff_t kz = 0; kz < N[0]; kz++) field[((row + R) * width + kx + R) * N[0] + kz] = Key(N, kz, start + row, kx);
    AET_TEST_CALL(AetSpectrumHalo(MPI_COMM_WORLD, N, R, sizeof(float), field));
    for (ptrdiff_t e = 0; count && e < count + 2 * R; e++)
      for (ptrdiff_t x = 0; x < width; x++)
        for (ptrdiff_t kz = 0; kz < N[0]; kz++) good &= field[(e * width + x) * N[0] + kz] == Key(N, kz, start + e - R, x - R);
    free(field);
  }
  AET_TEST(good);
}

AET_TEST_MAIN("Fourier filter", {"halo in Fourier space", TestHalo}, {"noisy particle", TestParticle}, {"Bragg peaks", TestPeaks},
              {"noise", TestNoise}, {"zero volume", TestZero}, {"not finite", TestNotFinite}, {"any number of ranks", TestRanks},
              {"flagged", TestFlag})
