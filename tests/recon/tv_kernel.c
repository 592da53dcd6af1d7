/* The arithmetic of TV: differences and their adjoint, lengths, bounds. */
#include "recon/kernel/tv_step.h"
#include "mpi_test.h"

enum { Z = 3, Y = 4, X = 5, PLANE = Y * X, COUNT = Z * PLANE };

static void Random(uint64_t stream, float *values)
{
  for (int i = 0; i < COUNT; i++) values[i] = (float)AetRandomNormal(7, stream, (uint64_t)i);
}

static AetTvDual At(float *z, float *y, float *x, int plane)
{
  const AetTvDual dual = {z + plane * PLANE, y + plane * PLANE, x + plane * PLANE};

  return dual;
}

/* From nothing and without a bound the dual is D x; then Dᵀ D x is the sum of second differences, and ⟨x, Dᵀ D x⟩ = |D x|². */
static void TestAdjoint(void)
{
  float  x[COUNT], z_[COUNT] = {0}, y_[COUNT] = {0}, x_[COUNT] = {0}, box[COUNT] = {0}, twice[COUNT] = {0}, second[COUNT];
  double product = 0, square = 0, worst = 0, length = 0, expected = 0;

  Random(0, x);
  for (int z = 0; z < Z; z++) {
    const AetTvDual dual = At(z_, y_, x_, z);
    length += AetTvAscend(Y, X, 1, HUGE_VAL, x + z * PLANE, z + 1 < Z ? x + (z + 1) * PLANE : NULL, &dual);
  }
  for (int z = 0; z < Z; z++) {
    const AetTvDual dual = At(z_, y_, x_, z);
    AetTvDivergence(Y, X, &dual, z ? z_ + (z - 1) * PLANE : NULL, box, twice + z * PLANE);
    AetTvSecondDifferences(Y, X, 1, 0, x + z * PLANE, z ? x + (z - 1) * PLANE : NULL, z + 1 < Z ? x + (z + 1) * PLANE : NULL,
                           second + z * PLANE);
  }
  for (int i = 0; i < COUNT; i++) {
    const double norm = pow(z_[i], 2) + pow(y_[i], 2) + pow(x_[i], 2);
    square += norm, expected += sqrt(norm), product += (double)x[i] * twice[i];
    worst = fmax(worst, fabs((double)twice[i] - second[i]));
  }
  AET_TEST(square > 1);
  AET_TEST_CLOSE(product / square, 1, 1e-6);
  AET_TEST_CLOSE(worst, 0, 1e-5);
  AET_TEST_CLOSE(length / expected, 1, 1e-6);
  AET_TEST(z_[COUNT - 1] == 0 && y_[COUNT - 1] == 0 && x_[COUNT - 1] == 0);
}

/* No dual vector is longer than the weight; a short one is only moved. */
static void TestLengths(void)
{
  float           x[PLANE] = {0}, z_[PLANE] = {0}, y_[PLANE] = {0}, x_[PLANE] = {0};
  const AetTvDual dual = {z_, y_, x_};

  x[0] = -3, x[X] = 1, x[PLANE - 1] = 0.1F;
  AET_TEST_CLOSE(AetTvAscend(Y, X, 0.5, 2, x, NULL, &dual), 5 + sqrt(2) + 0.2, 1e-6);
  AET_TEST_CLOSE(x_[0], 2 * 0.6, 1e-6);
  AET_TEST_CLOSE(y_[0], 2 * 0.8, 1e-6);
  AET_TEST_CLOSE(y_[X], -0.5, 1e-6);
  AET_TEST_CLOSE(x_[PLANE - 2], 0.05, 1e-6);
}

static void TestBounds(void)
{
  const float ahead[4] = {1, -1, 2, -2}, support[4] = {1, 1, 0, 0}, from[4] = {-0.2F, -0.2F, 0, 0};
  float       box[4], x[4], moved[4];

  for (int i = 0; i < 4; i++) box[i] = from[i], x[i] = ahead[i];
  AetTvBox(4, 0.5, ahead, support, box);
  AET_TEST(box[0] == 0 && fabsf(box[1] + 0.7F) < 1e-6F && box[2] == 1 && box[3] == -1);
  AetTvFeasible(4, support, x);
  AET_TEST(x[0] == 1 && x[1] == 0 && x[2] == 0 && x[3] == 0);
  AetTvMove(4, 2, support, x, moved);
  AET_TEST(x[0] == -1 && moved[0] == -3 && x[1] == -2 && moved[1] == -4 && x[2] == 0 && moved[2] == 0);
}

AET_TEST_MAIN("TV arithmetic", {"adjoint", TestAdjoint}, {"lengths", TestLengths}, {"bounds", TestBounds})
