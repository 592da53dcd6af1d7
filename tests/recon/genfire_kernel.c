/* Facts about GENFIRE's kernels: the interpolated transform of an image against the sum that defines it, the voxels near a plane against a
   search of all voxels, the step of a column against its formula. */
#include "mpi_test.h"
#include "recon/kernel/enforce.h"
#include "recon/kernel/image_spectrum.h"
#include "recon/kernel/plane.h"
#include "recon/kernel/shadow.h"
#include <aet4d/units.h>

static double Random(uint64_t stream, uint64_t index)
{
  return AetRandomUniform(11, stream, index);
}

/* Σ f exp(-2πi (v y + u x)) about pixel floor(n/2). */
static double complex Direct(const ptrdiff_t n[2], const float *image, double v, double u)
{
  double complex sum = 0;

  for (ptrdiff_t y = 0; y < n[0]; y++)
    for (ptrdiff_t x = 0; x < n[1]; x++) {
      double phase = -2 * M_PI * (v * (double)(y - n[0] / 2) + u * (double)(x - n[1] / 2));
      sum += image[y * n[1] + x] * (cos(phase) + CMPLX(0, 1) * sin(phase));
    }
  return sum;
}

static void CheckImage(const ptrdiff_t n[2], const ptrdiff_t M[2])
{
  const ptrdiff_t columns = M[1] / 2 + 1;
  AetKaiserBessel kernel;
  float          *image = malloc(sizeof(float) * (size_t)(n[0] * n[1])), *padded = malloc(sizeof(float) * (size_t)(M[0] * M[1]));
  float          *fy = malloc(sizeof(float) * (size_t)n[0]), *fx = malloc(sizeof(float) * (size_t)n[1]);
  float complex  *half = malloc(sizeof(float complex) * (size_t)(M[0] * columns)),
                *expanded = malloc(sizeof(float complex) * AetImageExpandedSize(M));
  double          rms = 0, worst = 0;
  const ptrdiff_t centred[2] = {M[0], M[1]};

  AetImageKernelInit(&kernel);
  AetImageDeconvolution(&kernel, n[0], M[0], fy);
  AetImageDeconvolution(&kernel, n[1], M[1], fx);
  for (ptrdiff_t i = 0; i < n[0] * n[1]; i++) {
    image[i] = (float)Random(1, (uint64_t)i);
    rms += image[i] * image[i];
  }
  AetImagePad(n, M, M[1], fy, fx, image, padded);
  for (ptrdiff_t q = 0; q < M[0]; q++)
    for (ptrdiff_t p = 0; p < columns; p++) {
      /* the padded array's origin is element 0: undo the shift that Direct makes */
      double v = (double)q / (double)M[0], u = (double)p / (double)M[1],
             phase = -2 * M_PI * (v * (double)(M[0] / 2) + u * (double)(M[1] / 2));
      half[q * columns + p] = (float complex)(Direct(centred, padded, v, u) * (cos(phase) + CMPLX(0, 1) * sin(phase)));
    }
  AetImageExpand(M, half, expanded);
  for (int i = 0; i < 300; i++) {
    double v = Random(2, (uint64_t)i) - 0.5, u = Random(3, (uint64_t)i) - 0.5;
    if (i == 0) v = u = 0.5;
    if (i == 1) v = u = -0.5;
    worst = fmax(worst, cabs(AetImageEvaluate(&kernel, M, expanded, v, u) - Direct(n, image, v, u)));
  }
  printf("\n    %td x %td: worst error %.2e of the root of the sum of squares", n[0], n[1], worst / sqrt(rms));
  AET_TEST_CLOSE(worst / sqrt(rms), 0, 1e-6);
  free(image), free(padded), free(fy), free(fx), free(half), free(expanded);
}

static void TestImageSpectrum(void)
{
  CheckImage((ptrdiff_t[2]){13, 18}, (ptrdiff_t[2]){28, 36});
  CheckImage((ptrdiff_t[2]){16, 7}, (ptrdiff_t[2]){32, 16});
}

static ptrdiff_t Signed(ptrdiff_t i, ptrdiff_t N)
{
  return 2 * i > N ? i - N : i;
}

static void CheckPlane(const double angles[3], const ptrdiff_t N[3], double distance)
{
  double   R[9], worst = 0;
  AetPlane plane;
  int      same = 1, found = 0;

  AetRotationFromAngles(AET_ANGLES_ZYX, angles, R);
  AetPlaneInit(R, N, &plane);
  for (ptrdiff_t y = 0; y < N[1]; y++)
    for (ptrdiff_t x = 0; x <= N[2] / 2; x++) {
      ptrdiff_t ky = Signed(y, N[1]), first = 1, last = 0;
      int       some = AetPlaneColumn(&plane, distance, N[0], ky, x, &first, &last);
      for (ptrdiff_t kz = -((N[0] - 1) / 2); kz <= (N[0] - 1) / 2; kz++) {
        /* the distance of k from the plane through 0 whose normal is the beam's, in the metric of the padded grid */
        double f[3] = {(double)x / (double)N[2], (double)ky / (double)N[1], (double)kz / (double)N[0]}, b[3], v, u, d, length = 0;
        AetRotate(R, f, b);
        for (int a = 0; a < 3; a++) length += pow(R[6 + a] / (double)N[2 - a], 2);
        double exact = fabs(b[2]) / sqrt(length);
        if (fabs(exact - distance) < 1e-6) continue;
        if ((exact < distance) != (some && kz >= first && kz <= last)) same = 0;
        if (exact >= distance) continue;
        found++;
        if (AetPlaneFoot(&plane, kz, ky, x, &v, &u, &d) != (b[0] * b[0] + b[1] * b[1] < 0.25) &&
            fabs(b[0] * b[0] + b[1] * b[1] - 0.25) > 1e-12)
          same = 0;
        worst = fmax(worst, fmax(fabs(d - exact), fmax(fabs(u - b[0]), fabs(v - b[1]))));
      }
    }
  AET_TEST(same);
  AET_TEST(found > 0);
  AET_TEST_CLOSE(worst, 0, 1e-12);
}

static void TestPlane(void)
{
  const ptrdiff_t cube[3] = {24, 24, 24}, box[3] = {15, 20, 32};
  const double    axial[][3] = {{0, 0, 0}, {0, 90, 0}, {0, -90, 0}, {90, 0, 0}, {0, 0, 90}, {0, 45, 0}, {30, 89.999, 10}};

  for (int i = 0; i < 7; i++) {
    CheckPlane(axial[i], cube, 0.5);
    CheckPlane(axial[i], box, 0.7);
  }
  for (int i = 0; i < 10; i++) {
    double angles[3] = {360 * Random(4, (uint64_t)i), 180 * Random(5, (uint64_t)i) - 90, 360 * Random(6, (uint64_t)i)};
    CheckPlane(angles, box, 0.3 + i * 0.1);
  }
}

static void TestColumn(void)
{
  enum { NZ = 12 };
  const uint16_t      kz[] = {0, 2, 5, 6, 9, 11};
  const float complex value[] = {CMPLXF(3, 4), CMPLXF(0, 1), CMPLXF(-2, 0), CMPLXF(1, 1), CMPLXF(6, 8), CMPLXF(0, 0)};
  float complex       column[NZ], before[NZ];
  float               residual[6];
  double              expected = 0;
  int                 right = 1;

  for (int i = 0; i < NZ; i++) before[i] = column[i] = CMPLXF((float)Random(7, (uint64_t)i), (float)Random(8, (uint64_t)i));
  for (int i = 0; i < 6; i++) expected += fabs(cabs(before[kz[i]]) - cabs(value[i]));
  AET_TEST_CLOSE(AetColumnResidual(6, kz, value, column, residual), expected, 1e-5);
  AET_TEST_CLOSE(residual[4], 10 - cabs(before[9]), 1e-5);
  AetColumnEnforce(6, kz, value, NZ, -1, column);
  AET_TEST(!memcmp(column, before, sizeof column)); /* nothing inside the radius */
  AetColumnEnforce(6, kz, value, NZ, 3, column);    /* kz = 0, 2, -3, -1 are within 3; 5 and 6 are not */
  for (int i = 0; i < NZ; i++) {
    float complex want = before[i];
    for (int p = 0; p < 6; p++)
      if (kz[p] == i && (i <= 3 || i >= NZ - 3)) want = value[p];
    if (column[i] != want) right = 0;
  }
  AET_TEST(right);
}

/* The image of a ball over a noisy background: dim at the rim, where a threshold between two classes would cut it. */
static void TestShadow(void)
{
  enum { NY = 50, NX = 64 };
  static float image[NY * NX], smooth[NY * NX], work[NY * NX], shadow[NY * NX];
  double       level, moment = 0, total = 0;
  int          covered = 1, excess = 0;

  for (int i = 0; i < NY * NX; i++) {
    double r = hypot(i % NX - 30, i / NX - 25);
    image[i] = (float)(10 + 0.3 * AetRandomNormal(2, 0, (uint64_t)i) + (r < 18 ? 2 * sqrt(18 * 18 - r * r) : 0));
  }
  AetImageSmooth(NY, NX, 2, image, work, smooth);
  level = AetShadowLevel(NY, NX, 3, smooth, work);
  AET_TEST(level > 10.2 && level < 14); /* background 10, brightest 46 */
  AetShadowGrow(NY, NX, level, 3, smooth, work, shadow);
  for (int i = 0; i < NY * NX; i++) {
    double r = hypot(i % NX - 30, i / NX - 25);
    if (r < 18 && shadow[i] != 1) covered = 0;
    if (r > 27 && shadow[i] != 0) excess++;
  }
  AET_TEST(covered);
  AET_TEST(excess < 20);
  for (int i = 0; i < NY * NX; i++) image[i] = (float)(20 + i / NX);
  AET_TEST(isnan(AetShadowLevel(NY, NX, 3, image, work))); /* light to the border: no background to compare with */
  memset(image, 0, sizeof image);
  AET_TEST(isnan(AetShadowLevel(NY, NX, 3, image, work))); /* no light at all */
  image[25 * NX + 30] = 1;
  AetImageSmooth(NY, NX, 2, image, work, smooth);
  for (int i = 0; i < NY * NX; i++) {
    total += smooth[i];
    moment += smooth[i] * pow(i % NX - 30, 2);
  }
  AET_TEST_CLOSE(total, 1, 1e-5);
  AET_TEST_CLOSE(moment, 4, 0.15); /* sigma squared, less the tails beyond 3 sigma */
}

AET_TEST_MAIN("genfire kernels", {"transform of an image anywhere", TestImageSpectrum}, {"voxels near a plane", TestPlane},
              {"column of a step", TestColumn}, {"shadow", TestShadow})
