/* The pieces of the joint fit on grids whose answer is known. */
#include "atoms/kernel/joint.h"
#include "mpi_test.h"
#include <math.h>

enum { N = 17 };
static float grid_data[N * N * N];

static AetJointGrid Fill(double (*value)(const double r[3], const void *context), const void *context)
{
  for (int i = 0; i < N * N * N; i++) {
    double r[3] = {i % N, i / N % N, i / N / N + 40};
    grid_data[i] = (float)value(r, context);
  }
  return (AetJointGrid){grid_data, {N, N, N}, 40};
}

static const double true_sigma[3] = {1.6, 1.9, 2.3};

typedef struct {
  AetJointAtom  truth, guess;
  const double *sigma; /* of the guess */
} Pair;

static double Atom(const double r[3], const AetJointAtom *atom, const double sigma[3])
{
  double square = 0;

  for (int a = 0; a < 3; a++) square += pow((r[a] - atom->centre[a]) / sigma[a], 2);
  return atom->height * exp(-0.5 * square);
}

static double Difference(const double r[3], const void *context)
{
  const Pair *p = context;

  return Atom(r, &p->truth, true_sigma) - Atom(r, &p->guess, p->sigma);
}

/* Rounds from a wrong place, height and width arrive at the atom; away from the middle of the sphere's voxels and at a face of the grid. */
static void TestStep(void)
{
  const double places[2][3] = {{8.3, 7.6, 48.2}, {0.4, 8.3, 41.1}};

  for (int place = 0; place < 2; place++) {
    double sigma[3] = {1.5, 2.0, 2.2}, width[9];
    Pair   p = {{{0}, 3.5}, {{0}, 3}, sigma};
    for (int a = 0; a < 3; a++) {
      p.truth.centre[a] = places[place][a];
      p.guess.centre[a] = places[place][a] + 0.3 - 0.2 * a;
    }
    for (int round = 0; round < 60; round++) {
      AetJointGrid grid = Fill(Difference, &p);
      AetJointAtom step, alone;
      AetJointStep(&grid, &p.guess, sigma, 3.2, &step, width);
      AetJointStep(&grid, &p.guess, sigma, 3.2, &alone, NULL);
      AET_TEST_CLOSE(step.height, alone.height, 1e-9);
      for (int a = 0; a < 3; a++) {
        AET_TEST_CLOSE(step.centre[a], alone.centre[a], 1e-9);
        p.guess.centre[a] += step.centre[a];
        sigma[a] *= exp(0.5 * width[6 + a] / width[a]); /* the coupling of the widths slows this down, no more */
      }
      p.guess.height += step.height;
    }
    AET_TEST_CLOSE(p.guess.height, 3.5, 1e-3);
    for (int a = 0; a < 3; a++) {
      AET_TEST_CLOSE(p.guess.centre[a], p.truth.centre[a], 1e-3);
      AET_TEST_CLOSE(sigma[a], true_sigma[a], 2e-3);
    }
  }
}

static void TestOutside(void)
{
  const AetJointAtom far = {{-30, 8, 48}, 1}, dark = {{8, 8, 48}, 0};
  AetJointGrid       grid = Fill(Difference, &(Pair){{{8, 8, 48}, 1}, {{8, 8, 48}, 0}, true_sigma});
  AetJointAtom       step;

  AetJointStep(&grid, &far, true_sigma, 3, &step, NULL);
  AET_TEST(step.height == 0 && step.centre[0] == 0 && step.centre[1] == 0 && step.centre[2] == 0);
  AetJointStep(&grid, &dark, true_sigma, 3, &step, NULL); /* an atom of no height has a height to find, and no place */
  AET_TEST_CLOSE(step.height, 1, 1e-6);
  AET_TEST(step.centre[0] == 0 && step.centre[1] == 0 && step.centre[2] == 0);
}

static double Quadratic(const double r[3], const void *context)
{
  double x = r[0] - 8, y = r[1] - 8, z = r[2] - 48;

  return 7 + 0.5 * x - y + 2 * z - 1.5 * x * x - 2 * y * y - 0.75 * z * z + 0.4 * x * y - 0.3 * x * z + 0.2 * y * z;
}

static void TestCurvature(void)
{
  const double expected[6] = {-3, -4, -1.5, 0.4, -0.3, 0.2}, at[3] = {8.25, 7.5, 48.5};
  AetJointGrid grid = Fill(Quadratic, NULL);
  AetJointAtom atom = {{8.25, 7.5, 48.5}, 5};
  const double wide[3] = {1e3, 1e3, 1e3};
  double       gradient[3], hessian[6];

  AetJointCurvature(&grid, at, NULL, NULL, 1.5, 3, gradient, hessian);
  for (int k = 0; k < 6; k++) AET_TEST_CLOSE(hessian[k], expected[k], 1e-4);
  AET_TEST_CLOSE(gradient[0], 0.5 - 3 * 0.25 + 0.4 * -0.5 - 0.3 * 0.5, 1e-4);
  AET_TEST_CLOSE(gradient[1], -1 + 4 * 0.5 + 0.4 * 0.25 + 0.2 * 0.5, 1e-4);
  AET_TEST_CLOSE(gradient[2], 2 - 1.5 * 0.5 - 0.3 * 0.25 + 0.2 * -0.5, 1e-4);
  AetJointCurvature(&grid, at, &atom, wide, 1.5, 3, gradient, hessian); /* a flat atom adds no curvature */
  for (int k = 0; k < 6; k++) AET_TEST_CLOSE(hessian[k], expected[k], 1e-4);
  AetJointCurvature(&grid, (double[3]){-20, 8, 48}, NULL, NULL, 1.5, 3, gradient, hessian);
  AET_TEST(gradient[0] == 0 && hessian[0] == 0);
}

static void TestDisplacement(void)
{
  const double diagonal[6] = {-2, -4, -5, 0, 0, 0}, noise[6] = {4, 1, 9, 0.5, 0.1, 0.2};
  const double saddle[6] = {-2, 4, -5, 0, 0, 0}, ridge[6] = {-2, -2, -5, 2.5, 0, 0};
  const double turned[6] = {-3, -3, -5, 1, 0, 0}, unit[6] = {1, 1, 1, 0, 0, 0}; /* eigenvalues -2, -4, -5 */

  AET_TEST_CLOSE(AetJointDisplacement(diagonal, noise), 4. / 4 + 1. / 16 + 9. / 25, 1e-12);
  AET_TEST_CLOSE(AetJointDisplacement(turned, unit), 1. / 4 + 1. / 16 + 1. / 25, 1e-12);
  AET_TEST(AetJointDisplacement(saddle, noise) < 0);
  AET_TEST(AetJointDisplacement(ridge, noise) < 0);
}

AET_TEST_MAIN("joint", {"step", TestStep}, {"nothing to fit", TestOutside}, {"curvature", TestCurvature},
              {"displacement", TestDisplacement})
