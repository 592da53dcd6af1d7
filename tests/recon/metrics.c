/* Facts about the agreement of volumes. */
#include "mpi_test.h"
#include <aet4d/recon.h>

static const ptrdiff_t n[3] = {12, 15, 16};

static void Make(uint64_t stream, double scale, double offset, AetVolume *volume)
{
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 1, volume));
  for (ptrdiff_t i = 0; i < (*volume)->z_count * n[1] * n[2]; i++)
    (*volume)->data[i] = (float)(offset + scale * AetRandomNormal(3, stream, (uint64_t)((*volume)->z_start * n[1] * n[2] + i)));
}

static void TestCorrelation(void)
{
  AetVolume a, b, c, d;
  double    r;

  Make(1, 1, 0, &a);
  Make(1, -2, 100, &b);
  Make(2, 1, 5, &c);
  Make(2, 0, 5, &d);
  AET_TEST_CALL(AetVolumeCorrelation(a, a, &r));
  AET_TEST_CLOSE(r, 1, 1e-12);
  AET_TEST_CALL(AetVolumeCorrelation(a, b, &r)); /* of a and 100 - 2a */
  AET_TEST_CLOSE(r, -1, 1e-6);
  AET_TEST_CALL(AetVolumeCorrelation(a, c, &r)); /* independent */
  AET_TEST_CLOSE(r, 0, 4 / sqrt((double)(n[0] * n[1] * n[2])));
  AET_TEST_CALL(AetVolumeCorrelation(a, d, &r)); /* a constant has none */
  AET_TEST(r == 0);
  /* r of a and a + c is 1/sqrt 2 for independent volumes of one variance */
  for (ptrdiff_t i = 0; i < a->z_count * n[1] * n[2]; i++) c->data[i] += a->data[i];
  AET_TEST_CALL(AetVolumeCorrelation(a, c, &r));
  AET_TEST_CLOSE(r, sqrt(0.5), 0.03);
  AetVolumeDestroy(&a), AetVolumeDestroy(&b), AetVolumeDestroy(&c), AetVolumeDestroy(&d);
}

static void TestShells(void)
{
  AetVolume a, b, c;
  double   *fsc;
  int       shells, one = 1;

  Make(1, 1, 0.5, &a);
  Make(1, -3, -1.5, &b);
  AET_TEST_CALL(AetFourierShellCorrelation(a, b, &shells, &fsc)); /* b = -3a */
  AET_TEST(shells == 7);
  for (int s = 0; s < shells; s++) one &= fabs(fsc[s] + 1) < 1e-5;
  AET_TEST(one);
  PetscFree(fsc);
  /* a plus one wave of kx = 4 (shell 4·12/16 = 3), against a: only that shell falls, by its known power */
  AET_TEST_CALL(AetVolumeDuplicate(a, &c));
  for (ptrdiff_t i = 0; i < a->z_count * n[1] * n[2]; i++) c->data[i] += (float)(2 * cos(2 * M_PI * 4 * (double)(i % n[2]) / (double)n[2]));
  AET_TEST_CALL(AetFourierShellCorrelation(a, c, &shells, &fsc));
  one = 1;
  for (int s = 0; s < shells; s++) one &= s == 3 ? fsc[s] < 0.6 : fabs(fsc[s] - 1) < 1e-4;
  AET_TEST(one);
  PetscFree(fsc);
  AetVolumeDestroy(&a), AetVolumeDestroy(&b), AetVolumeDestroy(&c);
}

/* The whole spectrum of a volume, one sum per axis. */
static void Spectrum(uint64_t stream, double complex *f)
{
  const ptrdiff_t stride[3] = {n[1] * n[2], n[2], 1}, total = n[0] * n[1] * n[2];
  double complex  line[16];

  for (ptrdiff_t i = 0; i < total; i++)
    f[i] = (float)AetRandomNormal(3, 1, (uint64_t)i) + (stream == 1 ? 0 : (float)AetRandomNormal(3, stream, (uint64_t)i));
  for (int a = 0; a < 3; a++)
    for (ptrdiff_t i = 0; i < total; i++) {
      if (i / stride[a] % n[a]) continue;
      for (ptrdiff_t k = 0; k < n[a]; k++) {
        line[k] = 0;
        for (ptrdiff_t x = 0; x < n[a]; x++) {
          double phase = -2 * M_PI * (double)(k * x % n[a]) / (double)n[a];
          line[k] += f[i + x * stride[a]] * CMPLX(cos(phase), sin(phase));
        }
      }
      for (ptrdiff_t k = 0; k < n[a]; k++) f[i + k * stride[a]] = line[k];
    }
}

static void TestDefinition(void)
{
  static double complex f[12 * 15 * 16], g[12 * 15 * 16];
  AetVolume             a, b;
  double               *fsc, sums[7][3] = {{0}};
  int                   shells, same = 1;

  Make(1, 1, 0, &a);
  Make(2, 1, 0, &b);
  for (ptrdiff_t i = 0; i < a->z_count * n[1] * n[2]; i++) b->data[i] += a->data[i];
  AET_TEST_CALL(AetFourierShellCorrelation(a, b, &shells, &fsc));
  Spectrum(1, f);
  Spectrum(2, g);
  for (ptrdiff_t i = 0; i < n[0] * n[1] * n[2]; i++) {
    ptrdiff_t k[3] = {i / (n[1] * n[2]), i / n[2] % n[1], i % n[2]};
    double    square = 0;
    for (int c = 0; c < 3; c++) square += pow((double)(2 * k[c] > n[c] ? k[c] - n[c] : k[c]) / (double)n[c], 2);
    int shell = (int)floor(12 * sqrt(square) + 0.5);
    if (shell > 6) continue;
    sums[shell][0] += creal(f[i] * conj(g[i]));
    sums[shell][1] += pow(cabs(f[i]), 2);
    sums[shell][2] += pow(cabs(g[i]), 2);
  }
  for (int s = 0; s < 7; s++) same &= fabs(fsc[s] - sums[s][0] / sqrt(sums[s][1] * sums[s][2])) < 1e-5;
  AET_TEST(same);
  PetscFree(fsc);
  AetVolumeDestroy(&a), AetVolumeDestroy(&b);
}

static void TestSizes(void)
{
  AetVolume a, b;
  double    r;

  Make(1, 1, 0, &a);
  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, (ptrdiff_t[3]){12, 15, 17}, 1, &b));
  AET_TEST(AetVolumeCorrelation(a, b, &r) == AET_ERR_INPUT);
  AetErrorClear();
  AetVolumeDestroy(&a), AetVolumeDestroy(&b);
}

AET_TEST_MAIN("metrics", {"correlation", TestCorrelation}, {"Fourier shells", TestShells}, {"shells by their definition", TestDefinition},
              {"sizes", TestSizes})
