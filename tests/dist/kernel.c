/* Serial facts about the kernels: transforms of rows against the definition, padding against zeros, transpositions and the real pairs
 * undone. */
#include "dist/kernel/lanes.h"
#include "mpi_test.h"
#include <complex.h>

static AetLane *Rows(ptrdiff_t count)
{
  AetLane *rows = aligned_alloc(64, 64 * (size_t)(count + 1));

  memset(rows, 0, 64 * (size_t)(count + 1));
  return rows;
}

static void Randomise(AetLane *rows, ptrdiff_t count, uint64_t stream)
{
  for (ptrdiff_t i = 0; i < count * 2 * AET_LANES; i++) ((float *)rows)[i] = (float)AetRandomNormal(5, stream, (uint64_t)i);
}

static double complex At(const AetLane *rows, ptrdiff_t i, int lane)
{
  return rows[2 * i][lane] + (double complex)rows[2 * i + 1][lane] * _Complex_I;
}

/* Largest error of one lane against the definition of the padded transform. */
static double ForwardError(const AetPaddedPlan *plan, const AetLane *in, const AetLane *out, ptrdiff_t stride, int lane)
{
  double worst = 0;

  for (ptrdiff_t k = 0; k < plan->N; k++) {
    double complex sum = 0;
    for (ptrdiff_t i = 0; i < plan->n; i++)
      sum += At(in, i, lane) * cexp(-2 * M_PI * _Complex_I * (double)(k * (i - plan->n / 2) % plan->N) / (double)plan->N);
    worst = fmax(worst, cabs(sum - At(out, k * stride, lane)));
  }
  return worst;
}

static double BackwardError(const AetPaddedPlan *plan, const AetLane *in, ptrdiff_t stride, const AetLane *out, int lane)
{
  double worst = 0;

  for (ptrdiff_t i = 0; i < plan->n; i++) {
    double complex sum = 0;
    for (ptrdiff_t k = 0; k < plan->N; k++)
      sum += At(in, k * stride, lane) * cexp(2 * M_PI * _Complex_I * (double)(k * (i - plan->n / 2) % plan->N) / (double)plan->N);
    worst = fmax(worst, cabs(sum - At(out, i, lane)));
  }
  return worst;
}

static double PaddedError(ptrdiff_t n, ptrdiff_t N, ptrdiff_t stride)
{
  AetPaddedPlan plan;
  AetLane      *in = Rows(n), *out = Rows(N * stride), *work = Rows(2 * N);
  double        worst;

  if (AetPaddedPlanCreate(&plan, n, N)) return HUGE_VAL;
  Randomise(in, n, 1);
  AetPaddedForward(&plan, in, out, stride, work);
  worst = ForwardError(&plan, in, out, stride, (int)(n % AET_LANES));
  Randomise(out, N * stride, 2);
  Randomise(in, n, 3); /* what was there must not count */
  AetPaddedBackward(&plan, out, stride, in, work);
  worst = fmax(worst, BackwardError(&plan, out, stride, in, (int)(N % AET_LANES)));
  AetPaddedPlanFree(&plan);
  free(in);
  free(out);
  free(work);
  return worst / sqrt((double)N);
}

static void TestEveryLength(void)
{
  double worst = 0;

  for (ptrdiff_t n = 1; n <= 72; n++) worst = fmax(worst, PaddedError(n, n, 1 + n % 3));
  AET_TEST_CLOSE(worst, 0, 3e-6);
}

static void TestPadding(void)
{
  static const ptrdiff_t sizes[][2] = {{1, 7},   {1, 2},   {2, 97},  {5, 10},   {5, 11},   {9, 27},
                                       {10, 35}, {21, 64}, {40, 96}, {31, 125}, {50, 343}, {64, 128}};
  double                 worst = 0;

  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) worst = fmax(worst, PaddedError(sizes[s][0], sizes[s][1], 2));
  AET_TEST_CLOSE(worst, 0, 3e-6);
}

static void TestColumns(void)
{
  enum { PITCH = 29 };
  float complex columns[AET_LANES * PITCH];
  int           good = 1;

  for (int lanes = 1; lanes <= AET_LANES; lanes++)
    for (ptrdiff_t count = 1; count < PITCH; count += 3) {
      AetLane *rows = Rows(count), *back = Rows(count);
      Randomise(rows, count, 4);
      AetRowsToColumns(rows, count, lanes, columns, PITCH);
      for (ptrdiff_t k = 0; k < count; k++)
        for (int l = 0; l < lanes; l++) good &= columns[l * PITCH + k] == (float complex)At(rows, k, l);
      AetColumnsToRows(columns, PITCH, count, lanes, back);
      for (ptrdiff_t k = 0; k < count; k++)
        for (int l = 0; l < AET_LANES; l++) good &= At(back, k, l) == (l < lanes ? At(rows, k, l) : 0);
      free(rows);
      free(back);
    }
  AET_TEST(good);
}

static void TestLines(void)
{
  enum { PITCH = 21 };
  float lines_in[2 * AET_LANES * PITCH], lines_out[2 * AET_LANES * PITCH];
  int   good = 1;

  for (int i = 0; i < 2 * AET_LANES * PITCH; i++) lines_in[i] = (float)(i + 1);
  for (int lines = 1; lines <= 2 * AET_LANES; lines++)
    for (ptrdiff_t count = 1; count <= PITCH; count += 4) {
      AetLane *rows = Rows(count);
      AetLinesToRows(lines_in, PITCH, count, lines, rows);
      for (ptrdiff_t x = 0; x < count; x++)
        for (int l = 0; l < 2 * AET_LANES; l++)
          good &= rows[2 * x + l / AET_LANES][l % AET_LANES] == (l < lines ? lines_in[l * PITCH + x] : 0);
      memset(lines_out, 0, sizeof lines_out);
      AetRowsToLines(rows, count, lines, 2, lines_out, PITCH);
      for (int l = 0; l < 2 * AET_LANES; l++)
        for (ptrdiff_t x = 0; x < PITCH; x++)
          good &= lines_out[l * PITCH + x] == (l < lines && x < count ? 2 * lines_in[l * PITCH + x] : 0);
      free(rows);
    }
  AET_TEST(good);
}

/* Sixteen half spectra to the rows of their sixteen real lines and back; the parts that a real line cannot have are dropped. */
static void TestReal(void)
{
  double worst = 0;
  int    good = 1;

  for (ptrdiff_t N = 2; N <= 40; N += 2)
    for (int lines = 1; lines <= 2 * AET_LANES; lines += 5) {
      const ptrdiff_t pitch = 19, blocks = (N / 2 + AET_LANES) / AET_LANES;
      AetLane        *half = Rows(blocks * pitch), *Z = Rows(N), *back = Rows(blocks * pitch);
      Randomise(half, blocks * pitch, 6);
      AetRealJoin(half, pitch, N, lines, Z);
      for (ptrdiff_t k = 0; k < N; k++) {
        /* the sum of a spectrum and i times another, both Hermitian */
        ptrdiff_t      kk = k <= N / 2 ? k : N - k;
        double complex a = At(half + 2 * (kk / AET_LANES * pitch), 0, (int)(kk % AET_LANES)), b = 0;
        if (lines > AET_LANES) b = At(half + 2 * (kk / AET_LANES * pitch + AET_LANES), 0, (int)(kk % AET_LANES));
        if (k == 0 || 2 * k == N) a = creal(a), b = creal(b);
        if (k > N / 2) a = conj(a), b = conj(b);
        worst = fmax(worst, cabs(At(Z, k, 0) - (a + b * _Complex_I)));
      }
      AetRealSplit(Z, N, lines, back, pitch);
      for (ptrdiff_t k = 0; k <= N / 2; k++)
        for (int l = 0; l < lines; l++) {
          double complex a = At(half + 2 * (k / AET_LANES * pitch + l), 0, (int)(k % AET_LANES));
          if (k == 0 || 2 * k == N) a = creal(a);
          worst = fmax(worst, cabs(At(back + 2 * (k / AET_LANES * pitch + l), 0, (int)(k % AET_LANES)) - a));
        }
      for (ptrdiff_t l = lines; l < pitch; l++) good &= At(back, l, 0) == 0; /* and nothing is written past them */
      free(half);
      free(Z);
      free(back);
    }
  AET_TEST_CLOSE(worst, 0, 1e-6);
  AET_TEST(good);
}

AET_TEST_MAIN("transform kernels", {"every length", TestEveryLength}, {"padding", TestPadding}, {"columns", TestColumns},
              {"lines", TestLines}, {"real pairs", TestReal})
