/* The pseudo-polar transform against its definition, its adjoint against the dot product, its inverse; lines and directions. */
#include "mpi_test.h"
#include "recon/kernel/pseudopolar_inverse.h"
#include "recon/kernel/pseudopolar_lines.h"
#include <complex.h>

static AetLane *Lanes(size_t count)
{
  return aligned_alloc(64, sizeof(AetLane) * (count + count % 2));
}

static void Noise(ptrdiff_t count, uint64_t stream, AetLane *a)
{
  for (ptrdiff_t i = 0; i < count; i++)
    for (int l = 0; l < AET_LANES; l++) a[i][l] = (float)AetRandomNormal(3, stream, (uint64_t)(i * AET_LANES + l));
}

/* All points: [sector][u][L] complex. */
typedef struct {
  const AetPseudopolar *pp;
  AetLane              *points;
  int                   put, weigh; /* points → row; else row → points */
} Points;

static void Copy(void *context, int sector, ptrdiff_t u, AetLane *row)
{
  const Points   *c = context;
  const ptrdiff_t L = c->pp->L;
  AetLane        *mine = c->points + 2 * (sector * (c->pp->N / 2 + 1) + u) * L;

  for (ptrdiff_t i = 0; i < 2 * L; i++) {
    if (!c->put) mine[i] = row[i];
    row[i] = mine[i] * (c->weigh ? (float)AetPseudopolarWeight(c->pp, u) : 1);
  }
}

static const ptrdiff_t shapes[][4] = {{10, 10, 20, 10}, {7, 12, 24, 14}, {9, 5, 20, 30}, {1, 8, 16, 8}, {16, 16, 24, 16}, {3, 3, 6, 4}};
#define SHAPES (sizeof shapes / sizeof shapes[0])

/* Every point is Σ f exp(-2πi (f_z z + f_x x)), written out. */
static void TestDefinition(void)
{
  for (size_t s = 0; s < SHAPES; s++) {
    const ptrdiff_t *n = shapes[s], N = n[2], L = n[3], points = 2 * (N / 2 + 1) * L;
    AetPseudopolar   pp;
    AET_TEST(AetPseudopolarCreate(&pp, n, N, L) == 0);
    AetLane *f = Lanes((size_t)(n[0] * n[1])), *out = Lanes((size_t)(2 * points)), *work = Lanes(AetPseudopolarWork(&pp));
    Points   context = {&pp, out, 0, 0};
    double   worst = 0, largest = 0;
    Noise(n[0] * n[1], s, f);
    AetPseudopolarApply(&pp, f, Copy, &context, NULL, work);
    for (ptrdiff_t p = 0; p < points; p++)
      for (int lane = 0; lane < AET_LANES; lane += 7) {
        const ptrdiff_t sector = p / L / (N / 2 + 1), u = p / L % (N / 2 + 1), l = p % L - L / 2 + sector;
        const double    along = (double)u / (double)N, across = along * 2 * (double)l / (double)L;
        double complex  sum = 0;
        for (ptrdiff_t z = 0; z < n[0]; z++)
          for (ptrdiff_t x = 0; x < n[1]; x++)
            sum += f[z * n[1] + x][lane] *
                   cexp(-2 * M_PI * CMPLX(0, 1) *
                        ((double)(sector ? x - n[1] / 2 : z - n[0] / 2) * across + (double)(sector ? z - n[0] / 2 : x - n[1] / 2) * along));
        worst = fmax(worst, cabs(sum - out[2 * p][lane] - CMPLX(0, 1) * out[2 * p + 1][lane]));
        largest = fmax(largest, cabs(sum));
      }
    AET_TEST_CLOSE(worst / largest, 0, 2e-6);
    AetPseudopolarFree(&pp);
    free(f), free(out), free(work);
  }
}

static void TestAdjoint(void)
{
  for (size_t s = 0; s < SHAPES; s++) {
    const ptrdiff_t *n = shapes[s], N = n[2], L = n[3], points = 2 * (N / 2 + 1) * L, pixels = n[0] * n[1];
    AetPseudopolar   pp;
    AET_TEST(AetPseudopolarCreate(&pp, n, N, L) == 0);
    AetLane *f = Lanes((size_t)pixels), *back = Lanes((size_t)pixels), *work = Lanes(AetPseudopolarWork(&pp));
    AetLane *image = Lanes((size_t)(2 * points)), *v = Lanes((size_t)(2 * points));
    double   left[AET_LANES], right[AET_LANES], a[AET_LANES], b[AET_LANES];
    Noise(pixels, 10 + s, f);
    Noise(2 * points, 20 + s, v);
    AetPseudopolarApply(&pp, f, Copy, &(Points){&pp, image, 0, 0}, NULL, work);
    AetPseudopolarApply(&pp, NULL, Copy, &(Points){&pp, v, 1, 0}, back, work);
    AetLaneDot(2 * points, image, v, left);
    AetLaneDot(pixels, f, back, right);
    AetLaneDot(2 * points, image, image, a);
    AetLaneDot(2 * points, v, v, b);
    for (int l = 0; l < AET_LANES; l++) AET_TEST_CLOSE((left[l] - right[l]) / sqrt(a[l] * b[l]), 0, 1e-6);
    AetPseudopolarFree(&pp);
    free(f), free(back), free(work), free(image), free(v);
  }
}

/* Relative distance of a from b over all eight slices. */
static double Distance(ptrdiff_t count, const AetLane *a, const AetLane *b)
{
  double difference = 0, norm = 0;

  for (ptrdiff_t i = 0; i < count; i++)
    for (int l = 0; l < AET_LANES; l++) difference += pow((double)a[i][l] - b[i][l], 2), norm += pow(b[i][l], 2);
  return sqrt(difference / norm);
}

/* The weighted adjoint alone is close; conjugate gradients make it exact. */
static void TestInverse(void)
{
  const ptrdiff_t n[4][4] = {{24, 24, 48, 24}, {24, 24, 48, 60}, {10, 24, 48, 24}, {25, 24, 50, 26}};

  for (int s = 0; s < 4; s++) {
    const ptrdiff_t pixels = n[s][0] * n[s][1], points = 2 * (n[s][2] / 2 + 1) * n[s][3];
    AetPseudopolar  pp;
    double          plain, inverse;
    AET_TEST(AetPseudopolarCreate(&pp, n[s], n[s][2], n[s][3]) == 0);
    AetLane *f = Lanes((size_t)pixels), *b = Lanes((size_t)pixels), *x = Lanes((size_t)pixels), *image = Lanes((size_t)(2 * points)),
            *work = Lanes(AetPseudopolarWork(&pp) + AetPseudopolarInverseWork(&pp));
    Noise(pixels, (uint64_t)(30 + s), f);
    AetPseudopolarApply(&pp, f, Copy, &(Points){&pp, image, 0, 0}, NULL, work);
    AetPseudopolarApply(&pp, NULL, Copy, &(Points){&pp, image, 1, 1}, b, work);
    plain = Distance(pixels, b, f);
    AetPseudopolarInvert(&pp, 10, b, x, work);
    inverse = Distance(pixels, x, f);
    printf("\n    %td x %td, %td lines per sector: weighted adjoint off by %.3f, and 10 steps %.1e", n[s][0], n[s][1], n[s][3], plain,
           inverse);
    AET_TEST(plain < 0.1);
    AET_TEST(inverse < 1e-4);
    AetPseudopolarFree(&pp);
    free(f), free(b), free(x), free(image), free(work);
  }
}

/* Every line finds itself, from either end, and no two lines are the same direction. */
static void TestLines(void)
{
  enum { L = 12 };
  int seen[2][L] = {{0}};

  for (int k = 0; k < 4 * L; k++) {
    const int         sector = k / L % 2, row = k % L, against = k / (2 * L);
    const double      slope = 2.0 * (row - L / 2 + sector) / L, sign = against ? -1 : 1;
    AetEqualSlopeLine line = AetEqualSlopeNearest(L, 3 * sign * (sector ? slope : 1), 3 * sign * (sector ? 1 : slope));
    AET_TEST(line.sector == sector && line.row == row && line.turned == against);
    AET_TEST_CLOSE(line.stretch, sqrt(1 + slope * slope), 1e-12);
    AET_TEST_CLOSE(line.error_deg, 0, 1e-9);
    seen[line.sector][line.row]++;
  }
  for (int k = 0; k < 2 * L; k++) AET_TEST(seen[k / L][k % L] == 2);
}

/* The nearest line by angle against all of them; the least number of lines that fits, and the one that does not. */
static void TestSnapping(void)
{
  enum { L = 22 };
  double    direction[3][2];
  ptrdiff_t worst;

  for (int i = 0; i < 200; i++) {
    const double angle = 2 * M_PI * AetRandomUniform(9, 1, (uint64_t)i);
    double       least = 90;
    for (int k = 0; k < 2 * L; k++) {
      const double slope = 2.0 * (k % L - L / 2 + k / L) / L, line = k / L ? atan2(1, slope) : atan2(slope, 1);
      least = fmin(least, fabs(remainder(angle - line, M_PI)) * 180 / M_PI);
    }
    /* the nearest slope is the nearest angle but where the middle between two lines is close */
    AET_TEST_CLOSE(AetEqualSlopeNearest(L, cos(angle), sin(angle)).error_deg, least, 0.2);
  }
  for (int i = 0; i < 3; i++) direction[i][0] = 1, direction[i][1] = i * 2.0 / 14;
  AET_TEST(AetEqualSlopeLines(3, (const double(*)[2])direction, 1e-3, 10, 40, &worst) == 14);
  AET_TEST(AetEqualSlopeLines(3, (const double(*)[2])direction, 1e-3, 15, 40, &worst) == 28);
  direction[1][1] = 0.1234;
  AET_TEST(AetEqualSlopeLines(3, (const double(*)[2])direction, 1e-3, 10, 28, &worst) == 0);
  AET_TEST(worst == 1);
}

AET_TEST_MAIN("pseudo-polar transform", {"definition", TestDefinition}, {"adjoint", TestAdjoint}, {"inverse", TestInverse},
              {"lines", TestLines}, {"snapping", TestSnapping})
