/* The kernels of angle refinement: rotations, common poses, normal equations against differences. */
#include "mpi_test.h"
#include "recon/kernel/rigid.h"
#include "recon/kernel/view_fit.h"
#include <fftw3.h>

static double Uniform(uint64_t stream, uint64_t index)
{
  return 2 * AetRandomUniform(4, stream, index) - 1;
}

static void RandomRotation(uint64_t stream, uint64_t index, double most, double Q[9])
{
  const double w[3] = {most * Uniform(stream, 3 * index), most * Uniform(stream, 3 * index + 1), most * Uniform(stream, 3 * index + 2)};

  AetRotationExp(w, Q);
}

/* exp is a right-handed rotation by |w| about w. */
static void TestExp(void)
{
  const double quarter[3] = {0, 0, M_PI / 2}, tiny[3] = {3e-7, 0, 0}, w[3] = {0.3, -0.5, 0.8};
  double       Q[9], P[9];

  AetRotationExp(quarter, Q);
  AET_TEST_CLOSE(Q[3], 1, 1e-15); /* x becomes y */
  AET_TEST_CLOSE(Q[1], -1, 1e-15);
  AetRotationExp(tiny, Q);
  AET_TEST_CLOSE(AetRotationAngle(Q) / 3e-7, 1, 1e-9);
  AetRotationExp(w, Q);
  AET_TEST_CLOSE(AetRotationAngle(Q), sqrt(0.98), 1e-14);
  for (int i = 0; i < 3; i++) AET_TEST_CLOSE(Q[3 * i] * w[0] + Q[3 * i + 1] * w[1] + Q[3 * i + 2] * w[2], w[i], 1e-14);
  AetRotationDivide(Q, Q, P);
  for (int i = 0; i < 9; i++) AET_TEST_CLOSE(P[i], i % 4 == 0, 1e-14);
}

/* A rotation and a shift that all views share are found. */
static void TestCommon(void)
{
  enum { VIEWS = 9 };
  double       A[VIEWS][9], B[VIEWS][9], shift[VIEWS][2], Q[9], found[9], D[9], T[3];
  const double moved[3] = {0.7, -1.2, 2.5};

  RandomRotation(1, 0, 0.8, Q);
  for (int v = 0; v < VIEWS; v++) {
    RandomRotation(2, (uint64_t)v, 1.5, A[v]);
    AetRotationMultiply(A[v], Q, B[v]);
    for (int row = 0; row < 2; row++)
      shift[v][row] = A[v][3 * row] * moved[0] + A[v][3 * row + 1] * moved[1] + A[v][3 * row + 2] * moved[2];
  }
  AetRotationCommon(VIEWS, (const double(*)[9])A, (const double(*)[9])B, found);
  AetRotationDivide(found, Q, D);
  AET_TEST_CLOSE(AetRotationAngle(D), 0, 1e-12);
  AetShiftCommon(VIEWS, (const double(*)[9])A, (const double(*)[2])shift, T);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(T[a], moved[a], 1e-6);
}

/* A few Gaussian atoms seen along the beam: the projection, its first moment, and their derivatives are known in closed form. */
enum { N = 40, ATOMS = 5 };
static void Project(const double Q[9], const double shift[2], double scale, float *model, float *moment)
{
  memset(model, 0, N * N * sizeof *model);
  if (moment) memset(moment, 0, N * N * sizeof *moment);
  for (uint64_t i = 0; i < ATOMS; i++) {
    const double r[3] = {8 * Uniform(5, i), 8 * Uniform(6, i), 8 * Uniform(7, i)}, s2 = 6;
    double       p[3];
    for (int a = 0; a < 3; a++) p[a] = Q[3 * a] * r[0] + Q[3 * a + 1] * r[1] + Q[3 * a + 2] * r[2];
    for (int y = 0; y < N; y++)
      for (int x = 0; x < N; x++) {
        double du = x - N / 2 - p[0] - shift[0], dv = y - N / 2 - p[1] - shift[1], value = scale * exp(-0.5 * (du * du + dv * dv) / s2);
        model[y * N + x] += (float)value;
        if (moment) moment[y * N + x] += (float)(value * p[2]);
      }
  }
}

static void Plane(const float *image, float *plane)
{
  memset(plane, 0, N * (N + 2) * sizeof *plane);
  for (int y = 0; y < N; y++)
    for (int x = 0; x < N; x++) plane[(y + N / 2) % N * (N + 2) + (x + N / 2) % N] = image[y * N + x];
}

static void Image(const float *plane, float *image)
{
  for (int y = 0; y < N; y++)
    for (int x = 0; x < N; x++) image[y * N + x] = plane[(y + N / 2) % N * (N + 2) + (x + N / 2) % N];
}

/* One Gauss–Newton step from images that are a little turned, moved and scaled finds by how much, up to second order. */
static void TestNormal(void)
{
  static float model[N * N], moment[N * N], image[N * N], derivative[4][N * N];
  const double one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, none[2] = {0, 0}, change[6] = {0.003, -0.004, 0.005, 0.02, -0.01, 1.01};
  const float *parts[4] = {derivative[0], derivative[1], derivative[2], derivative[3]};
  float       *spectrum = fftwf_alloc_real(N * (N + 2)), *plane = fftwf_alloc_real(N * (N + 2));
  fftwf_plan   forward = fftwf_plan_dft_r2c_2d(N, N, spectrum, (fftwf_complex *)spectrum, FFTW_ESTIMATE);
  fftwf_plan   backward = fftwf_plan_dft_c2r_2d(N, N, (fftwf_complex *)plane, plane, FFTW_ESTIMATE);
  double       Q[9], H[36], g[6], x[6], scale;

  AetRotationExp(change, Q);
  Project(one, none, 1, model, moment);
  Project(Q, change + 3, change[5], image, NULL);
  for (int part = 0; part < 4; part++) {
    Plane(part < 2 ? model : moment, spectrum);
    fftwf_execute(forward);
    AetViewDerivative(N, part % 2, 1.0f / (N * N), (float complex *)spectrum, (float complex *)plane);
    fftwf_execute(backward);
    Image(plane, derivative[part]);
  }
  AetViewNormal(N, N, image, model, parts, 1, H, g);
  AET_TEST(AetSolvePositive(6, H, g, x));
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(x[a], change[a], 3e-4);
  for (int a = 3; a < 5; a++) AET_TEST_CLOSE(x[a], change[a], 2e-3);
  AET_TEST_CLOSE(1 + x[5], change[5], 1e-3);
  AET_TEST_CLOSE(AetViewMisfit(N * N, image, image, &scale), 0, 1e-9);
  AET_TEST_CLOSE(scale, 1, 1e-12);
  fftwf_destroy_plan(forward), fftwf_destroy_plan(backward);
  fftwf_free(spectrum), fftwf_free(plane);
}

/* The correlation's peak is the shift; a spectrum cut to fewer frequencies and shifted is the same image, coarser and moved back. */
static void TestShifts(void)
{
  static float a[N * N], b[N * N];
  const double one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, none[2] = {0, 0}, shift[2] = {1.3, -2.4};
  float       *A = fftwf_alloc_real(N * (N + 2)), *B = fftwf_alloc_real(N * (N + 2));
  fftwf_plan   forward = fftwf_plan_dft_r2c_2d(N, N, A, (fftwf_complex *)A, FFTW_ESTIMATE | FFTW_UNALIGNED);
  fftwf_plan   backward = fftwf_plan_dft_c2r_2d(N, N, (fftwf_complex *)A, A, FFTW_ESTIMATE | FFTW_UNALIGNED);
  double       place[2], worst = 0;

  Project(one, none, 1, a, NULL), Project(one, shift, 1, b, NULL);
  Plane(a, A), Plane(b, B);
  fftwf_execute_dft_r2c(forward, A, (fftwf_complex *)A), fftwf_execute_dft_r2c(forward, B, (fftwf_complex *)B);
  AetViewCorrelate(N, 1.0f / (N * N), (float complex *)A, (float complex *)B, (float complex *)A);
  fftwf_execute_dft_c2r(backward, (fftwf_complex *)A, A);
  AET_TEST(AetViewPeak(N, 4, A, place) > 0);
  for (int i = 0; i < 2; i++) AET_TEST_CLOSE(place[i], shift[i], 0.05);
  AetViewReduce(N, (float complex *)B, N, 0.3, shift, (float complex *)A);
  fftwf_execute_dft_c2r(backward, (fftwf_complex *)A, A);
  Image(A, b);
  for (int i = 0; i < N * N; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  AET_TEST(worst < 1e-3);
  fftwf_destroy_plan(forward), fftwf_destroy_plan(backward);
  fftwf_free(A), fftwf_free(B);
}

/* A system that is not positive is refused. */
static void TestSolve(void)
{
  double H[4] = {4, 2, 2, 3}, bad[4] = {1, 2, 2, 1}, g[2] = {8, 7}, x[2];

  AET_TEST(AetSolvePositive(2, H, g, x));
  AET_TEST_CLOSE(x[0], 1.25, 1e-14);
  AET_TEST_CLOSE(x[1], 1.5, 1e-14);
  AET_TEST(!AetSolvePositive(2, bad, g, x));
  AET_TEST(x[0] == 0 && x[1] == 0);
}

AET_TEST_MAIN("angle kernels", {"exponential", TestExp}, {"common rotation and shift", TestCommon}, {"normal equations", TestNormal},
              {"shifts", TestShifts}, {"positive system", TestSolve})
