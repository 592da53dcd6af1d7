/* The kernels of denoising against definitions: transforms, matching by brute force, Otsu's mask. */
#include "mpi_test.h"
#include "tilt/kernel/bm3d.h"
#include "tilt/kernel/otsu_mask.h"

static void Random(uint64_t stream, ptrdiff_t count, float *values)
{
  for (ptrdiff_t i = 0; i < count; i++) values[i] = (float)AetRandomNormal(9, stream, (uint64_t)i);
}

static void TestTransforms(void)
{
  static const struct {
    AetBlockKind kind;
    int          n;
  } cases[] = {{AET_BLOCK_DCT, 8}, {AET_BLOCK_BIOR, 8}, {AET_BLOCK_DCT, 11}, {AET_BLOCK_DCT, 12}, {AET_BLOCK_DCT, 16}, {AET_BLOCK_DCT, 5}};
  AetBlockPlan plan;

  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const int n = cases[k].n;
    float     in[AET_BLOCK_ROOM], out[AET_BLOCK_ROOM] = {0}, flat[AET_BLOCK_ROOM];
    double    error = 0, energy[2] = {0}, rest = 0;

    AET_TEST(AetBlockPlanSet(&plan, cases[k].kind, n) == 0);
    Random(k, n * n, in);
    AetBlockForward(&plan, in, n, out);
    for (int r = 0; r < n; r++)
      for (int c = 0; c < n; c++) energy[0] += pow(in[r * n + c], 2), energy[1] += pow(out[r * plan.pitch + c], 2);
    AetBlockInverse(&plan, out);
    for (int r = 0; r < n; r++)
      for (int c = 0; c < n; c++) error = fmax(error, fabs(in[r * n + c] - out[r * plan.pitch + c]));
    AET_TEST_CLOSE(error, 0, 1e-5);
    if (cases[k].kind == AET_BLOCK_DCT) AET_TEST_CLOSE(energy[1], energy[0], 1e-4 * energy[0]);
    for (int i = 0; i < n * n; i++) flat[i] = 3;
    AetBlockForward(&plan, flat, n, out);
    for (int i = 1; i < n * plan.pitch; i++) rest = fmax(rest, fabs(out[i]));
    AET_TEST_CLOSE(rest, 0, 1e-5);
    AET_TEST_CLOSE(out[0], 3 * n, cases[k].kind == AET_BLOCK_DCT ? 1e-4 : 3 * n); /* rows of length 1 */
  }
  AET_TEST(AetBlockPlanSet(&plan, AET_BLOCK_DCT, 17) != 0 && AetBlockPlanSet(&plan, AET_BLOCK_BIOR, 12) != 0);
}

/* All differences in double, sorted stably. */
static void TestMatching(void)
{
  enum { NY = 47, NX = 61 };
  static const AetBm3dStage stages[] = {{AET_BLOCK_DCT, 8, 3, 16, 39, 1.9, 0, 2.7, 2},
                                        {AET_BLOCK_DCT, 11, 3, 32, 21, 10, 0, 2.7, 2},
                                        {AET_BLOCK_DCT, 8, 3, 16, 101, 0, 1.9, 2.7, 2}};
  float                     image[NY * NX + AET_IMAGE_MARGIN] = {0}, distance[256];
  const AetPlainImage       plain = {NY, NX, image};
  int                       wrong = 0, sizes = 0;

  Random(40, NY * NX, image);
  for (int i = 0; i < NY * NX; i++) image[i] += (float)(2 * sin(0.7 * (i % NX)) * cos(0.5 * (double)(i / NX)));
  for (size_t s = 0; s < sizeof stages / sizeof *stages; s++)
    for (int p = 0; p < 40; p++) {
      AetBm3dPlan     plan;
      const ptrdiff_t n = stages[s].block, half = stages[s].search / 2;
      const ptrdiff_t y = (ptrdiff_t)(AetRandomUniform(1, s, (uint64_t)p) * (double)(NY - n + 1)),
                      x = (ptrdiff_t)(AetRandomUniform(2, s, (uint64_t)p) * (double)(NX - n + 1));
      ptrdiff_t at[AET_BM3D_GROUP], place[AET_BM3D_GROUP] = {y * NX + x};
      double    found[AET_BM3D_GROUP] = {-1};
      int       count = 1, power = 1, got;

      AET_TEST(AetBm3dPlanSet(&plan, &stages[s], 1, 1) == 0);
      got = AetBm3dMatch(&plan, &plain, y, x, distance, at);
      for (ptrdiff_t v = PetscMax(0, y - half); v <= PetscMin(NY - n, y + half); v++)
        for (ptrdiff_t u = PetscMax(0, x - half); u <= PetscMin(NX - n, x + half); u++) {
          double sum = 0;
          for (ptrdiff_t r = 0; r < n; r++)
            for (ptrdiff_t c = 0; c < n; c++) sum += pow((double)image[(y + r) * NX + x + c] - image[(v + r) * NX + u + c], 2);
          if ((u == x && v == y) || sum >= fmax(stages[s].match, stages[s].alike) * (double)(n * n)) continue;
          int i = count < stages[s].group ? count++ : stages[s].group;
          for (; i > 1 && sum < found[i - 1]; i--)
            if (i < stages[s].group) found[i] = found[i - 1], place[i] = place[i - 1];
          if (i < stages[s].group) found[i] = sum, place[i] = v * NX + u;
        }
      while (2 * power <= count) power *= 2;
      wrong += got != power;
      for (int i = 0; i < got; i++) wrong += at[i] != place[i];
      sizes |= got;
    }
  AET_TEST_CLOSE(wrong, 0, 0);
  AET_TEST(sizes & 16 && sizes & 7); /* full and small groups were seen */
}

static void TestMask(void)
{
  enum { NY = 40, NX = 50 };
  float         image[NY * NX], mean[NY * NX];
  double        columns[NX + 1], worst = 0;
  unsigned char mask[NY * NX], work[NY * NX];
  int           wrong = 0;

  Random(50, NY * NX, image);
  AetBoxMean(image, NY, NX, 3, columns, mean);
  for (int y = 0; y < NY; y++)
    for (int x = 0; x < NX; x++) {
      double sum = 0, number = 0;
      for (int v = PetscMax(0, y - 3); v <= PetscMin(NY - 1, y + 3); v++)
        for (int u = PetscMax(0, x - 3); u <= PetscMin(NX - 1, x + 3); u++) sum += image[v * NX + u], number++;
      worst = fmax(worst, fabs(sum / number - mean[y * NX + x]));
    }
  AET_TEST_CLOSE(worst, 0, 1e-6);
  for (int y = 0; y < NY; y++)
    for (int x = 0; x < NX; x++) image[y * NX + x] = y >= 10 && y < 20 && x >= 15 && x < 30 ? 5 : 0;
  const ptrdiff_t background = AetOtsuMask(image, NY, NX, 0.9, 4, work, mask);
  for (int y = 0; y < NY; y++)
    for (int x = 0; x < NX; x++) wrong += mask[y * NX + x] != (y >= 6 && y < 24 && x >= 11 && x < 34);
  AET_TEST(wrong == 0 && background == NY * NX - 18 * 23);
}

AET_TEST_MAIN("tilt denoise kernels", {"transforms", TestTransforms}, {"matching", TestMatching}, {"mask", TestMask})
