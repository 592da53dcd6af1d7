/* The search of orientations by itself: polar slices against analytic transforms, correlations against sums, weights, alignment's scores.
 */
#include "mpi_test.h"
#include "recon/kernel/match_volume.h"
#include "recon/kernel/polar.h"
#include "recon/kernel/pose_weights.h"
#include <aet4d/units.h>
#include <stdlib.h>

enum { RADII = 5, ANGLES = 24, COUNT = RADII * ANGLES, POINTS = 4 };
static const AetPolar polar = {RADII, ANGLES, 0.03};
static const double   point[POINTS][3] = {{1.2, -3.1, 2.2}, {-4.0, 0.7, 1.1}, {0.3, 2.9, -3.7}, {2.5, 1.4, 0.2}},
                    mass[POINTS] = {1, 2, 0.7, 1.6};

static double Random(uint64_t index)
{
  return 2 * AetRandomUniform(31, 4, index) - 1;
}

/* Spectrum of the points at k (x, y, z). */
static double complex Spectrum(const double k[3])
{
  double complex sum = 0;

  for (int p = 0; p < POINTS; p++)
    sum += mass[p] * cexp(CMPLX(0, -2 * PETSC_PI * (k[0] * point[p][0] + k[1] * point[p][1] + k[2] * point[p][2])));
  return sum;
}

/* The signal of the points seen with R, moved by `shift`. */
static void TrueSignal(const double R[9], const double shift[2], float *signal)
{
  for (int i = 0; i < RADII; i++)
    for (int j = 0; j < ANGLES; j++) {
      const double   r = (i + 0.5) * polar.step, a = 2 * PETSC_PI * j / ANGLES;
      const double   k[3] = {r * (cos(a) * R[0] + sin(a) * R[3]), r * (cos(a) * R[1] + sin(a) * R[4]), r * (cos(a) * R[2] + sin(a) * R[5])};
      double complex value = Spectrum(k) * cexp(CMPLX(0, -2 * PETSC_PI * r * (cos(a) * shift[0] + sin(a) * shift[1])));
      signal[i * ANGLES + j] = (float)(creal(value) + cimag(value));
    }
}

static double Apart(int count, const float *a, const float *b)
{
  double most = 0;

  for (int i = 0; i < count; i++) most = fmax(most, fabs((double)a[i] - b[i]));
  return most;
}

/* Directions are even over the half sphere; frames are right-handed rotations; a place's rotation is nearest to that place. */
static void TestGrid(void)
{
  enum { DIRECTIONS = 150 };
  double frame[DIRECTIONS][9], square[9] = {0}, wrong = 0, R[9];
  int    back = 1;

  for (ptrdiff_t d = 0; d < DIRECTIONS; d++) AetPolarFrame(DIRECTIONS, d, frame[d]);
  for (ptrdiff_t d = 0; d < DIRECTIONS; d++) {
    const double *F = frame[d];
    for (int i = 0; i < 9; i++) square[i] += F[6 + i / 3] * F[6 + i % 3] / DIRECTIONS;
    for (int i = 0; i < 3; i++) {
      wrong = fmax(wrong, fabs(F[i] * F[i] + F[3 + i] * F[3 + i] + F[6 + i] * F[6 + i] - 1));
      wrong = fmax(wrong, fabs(F[(i + 1) % 3] * F[3 + (i + 2) % 3] - F[(i + 2) % 3] * F[3 + (i + 1) % 3] - F[6 + i]));
    }
    for (int below = 0; below < 2; below++) {
      AetPolarPlace place;
      AetPolarRotation(&polar, F, below, (int)(d % ANGLES), R);
      place = AetPolarNearest(&polar, DIRECTIONS, (const double(*)[9])frame, R);
      if (place.direction != d || place.below != below || place.turn != d % ANGLES) back = 0;
    }
  }
  AET_TEST_CLOSE(wrong, 0, 1e-12);
  AET_TEST(back);
  for (int i = 0; i < 9; i++) AET_TEST_CLOSE(square[i], i % 4 == 0 ? 1.0 / 3 : 0, 0.01);
}

/* Seen from above and from below, turned: the slice of the direction gives the signal that the rotation gives, and back. */
static void TestTurns(void)
{
  const double none[2] = {0, 0}, straight[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  double       frame[9], R[9];
  float        slice[COUNT], signal[COUNT], turned[COUNT];

  AetPolarFrame(50, 17, frame);
  AetPolarRotation(&polar, frame, 0, 0, R);
  TrueSignal(R, none, slice);
  for (int below = 0; below < 2; below++)
    for (int turn = 0; turn < ANGLES; turn += 5) {
      AetPolarRotation(&polar, frame, below, turn, R);
      TrueSignal(R, none, signal);
      AetPolarTurn(&polar, slice, below, turn, turned);
      AET_TEST_CLOSE(Apart(COUNT, signal, turned), 0, 1e-4);
      memset(turned, 0, sizeof turned);
      AetPolarTurnAdd(&polar, signal, below, turn, 1, turned);
      AET_TEST_CLOSE(Apart(COUNT, slice, turned), 0, 1e-4);
    }
  TrueSignal(straight, none, signal);
  AET_TEST(Apart(COUNT, slice, signal) > 0.1);
}

/* Bright pixels have the spectrum of points; a shift is a phase; one Gauss–Newton step finds a small one. */
static void TestImage(void)
{
  enum { NY = 19, NX = 23 };
  const double  pixel = 0.8, centre[2] = {10.3, 9.6}, shift[2] = {0.21, -0.13};
  float         image[NY * NX], signal[COUNT], moved[COUNT], weight[RADII], apart = 0;
  float complex half[COUNT / 2];
  double       *work = malloc(AetPolarImageWork(NY, NX) * sizeof *work), found[2];
  const int     bright[3][2] = {{6, 12}, {13, 8}, {9, 15}}; /* y, x */

  for (int i = 0; i < NY * NX; i++) image[i] = 0.5f;
  for (int b = 0; b < 3; b++) image[bright[b][0] * NX + bright[b][1]] += (float)(b + 1);
  AetPolarImage(&polar, NY, NX, image, pixel, centre, 50, 0.5, 2, work, half);
  AetPolarSignal(&polar, half, (const double[2]){0, 0}, signal);
  for (int i = 0; i < RADII; i++)
    for (int j = 0; j < ANGLES; j++) {
      const double   r = (i + 0.5) * polar.step, a = 2 * PETSC_PI * j / ANGLES;
      double complex sum = 0;
      for (int b = 0; b < 3; b++)
        sum += 2 * (b + 1) *
               cexp(CMPLX(0, -2 * PETSC_PI * r * pixel * (cos(a) * (bright[b][1] - centre[0]) + sin(a) * (bright[b][0] - centre[1]))));
      apart = fmaxf(apart, fabsf(signal[i * ANGLES + j] - (float)(creal(sum) + cimag(sum))));
    }
  AET_TEST_CLOSE(apart, 0, 1e-4);
  for (int r = 0; r < RADII; r++) weight[r] = (float)r + 0.5f;
  AetPolarSignal(&polar, half, shift, moved); /* as the object is when it lay off by `shift` and was moved back */
  AetPolarShift(&polar, signal, moved, weight, 10, found);
  AET_TEST_CLOSE(found[0], shift[0], 0.03);
  AET_TEST_CLOSE(found[1], shift[1], 0.03);
  AetPolarShift(&polar, signal, moved, weight, 0.1, found);
  AET_TEST_CLOSE(hypot(found[0], found[1]), 0.1, 1e-9);
  free(work);
}

/* Sampling is right on the analytic spectrum; spreading is its transpose. */
static void TestSlices(void)
{
  enum { N = 40 };
  const double   cell = 1 / 60.0, none[2] = {0, 0};
  float complex *spectrum = calloc(N * N * N, sizeof *spectrum), *sum = calloc(N * N * N, sizeof *sum);
  float         *weights = calloc(N * N * N, sizeof *weights), signal[COUNT], truth[COUNT], random[COUNT];
  double         frame[9], left = 0, right = 0;

  for (int z = 0; z < N; z++)
    for (int y = 0; y < N; y++)
      for (int x = 0; x < N; x++) {
        const double k[3] = {cell * (2 * x > N ? x - N : x), cell * (2 * y > N ? y - N : y), cell * (2 * z > N ? z - N : z)};
        spectrum[(z * N + y) * N + x] = (float complex)Spectrum(k);
      }
  AetPolarFrame(60, 31, frame);
  AetPolarSample(&polar, frame, N, cell, spectrum, signal);
  TrueSignal(frame, none, truth);
  AET_TEST_CLOSE(Apart(COUNT, signal, truth), 0, 0.2); /* linear interpolation of waves of 4.5 Å: 2π²(4.5/60)²/4 of 5.3 */
  for (int i = 0; i < COUNT; i++) random[i] = (float)Random((uint64_t)i);
  AetPolarSpread(&polar, frame, N, cell, random, 1, sum, weights);
  for (int i = 0; i < COUNT; i++) left += (i / ANGLES + 0.5) * signal[i] * random[i];
  for (int i = 0; i < N * N * N; i++) right += 2 * (crealf(spectrum[i]) * crealf(sum[i]) + cimagf(spectrum[i]) * cimagf(sum[i]));
  AET_TEST_CLOSE(left / right, 1, 1e-4);
  free(spectrum), free(sum), free(weights);
}

/* The points' spectrum at voxel p of a grid, of a density that fades off the origin as linear interpolation makes it. */
static double complex Faded(const int p[3], double cell)
{
  double complex sum = 0;

  for (int i = 0; i < POINTS; i++) {
    double fade = 1, phase = 0;
    for (int a = 0; a < 3; a++) {
      const double x = PETSC_PI * point[i][a] * cell;
      fade *= pow(sin(x) / x, 2), phase -= 2 * PETSC_PI * p[a] * cell * point[i][a];
    }
    sum += mass[i] * fade * cexp(CMPLX(0, phase));
  }
  return sum;
}

/* Slices from all sides, spread and solved for, give the volume's spectrum. */
static void TestSolve(void)
{
  enum { N = 24, FINE_RADII = 20, FINE_ANGLES = 72 };
  const AetPolar fine = {FINE_RADII, FINE_ANGLES, 0.0075};
  const double   cell = 1 / 60.0;
  float complex *sum = calloc(N * N * N, sizeof *sum);
  float         *weights = calloc(N * N * N, sizeof *weights), signal[FINE_RADII * FINE_ANGLES];
  const int      voxels[4][3] = {{3, 2, 1}, {0, 5, 2}, {-4, 1, -3}, {-1, -2, 6}}; /* x, y, z */

  for (ptrdiff_t d = 0; d < 1500; d++) {
    double frame[9];
    AetPolarFrame(1500, d, frame);
    for (int i = 0; i < FINE_RADII * FINE_ANGLES; i++) {
      const double   r = (i / FINE_ANGLES + 0.5) * fine.step, a = 2 * PETSC_PI * (i % FINE_ANGLES) / FINE_ANGLES;
      const double   k[3] = {r * (cos(a) * frame[0] + sin(a) * frame[3]), r * (cos(a) * frame[1] + sin(a) * frame[4]),
                             r * (cos(a) * frame[2] + sin(a) * frame[5])};
      double complex value = Spectrum(k);
      signal[i] = (float)(creal(value) + cimag(value));
    }
    AetPolarSpread(&fine, frame, N, cell, signal, 1, sum, weights);
  }
  AetPolarSolve(N, 1e-6, sum, weights);
  for (int i = 0; i < 4; i++) {
    const int     *p = voxels[i];
    double complex found = sum[((p[2] + N) % N * N + (p[1] + N) % N) * N + (p[0] + N) % N];
    AET_TEST_CLOSE(cabs(found - Faded(p, cell)), 0, 0.08);
  }
  free(sum), free(weights);
}

/* Correlations of modes are those of the signals, seen from above and below. */
static void TestCorrelations(void)
{
  enum { MODES = ANGLES / 2 + 1 };
  float         a[COUNT], b[COUNT], am[2 * RADII * MODES], bm[2 * RADII * MODES];
  float complex straight[MODES], below[MODES];

  for (int i = 0; i < COUNT; i++) a[i] = (float)Random((uint64_t)(1000 + i)), b[i] = (float)Random((uint64_t)(2000 + i));
  for (int r = 0; r < RADII; r++)
    for (int m = 0; m < MODES; m++) {
      double complex sum[2] = {0};
      for (int j = 0; j < ANGLES; j++) {
        const double complex wave = cexp(CMPLX(0, -2 * PETSC_PI * m * j / ANGLES));
        sum[0] += a[r * ANGLES + j] * wave, sum[1] += b[r * ANGLES + j] * wave;
      }
      am[2 * r * MODES + m] = (float)creal(sum[0]), am[(2 * r + 1) * MODES + m] = (float)cimag(sum[0]);
      bm[2 * r * MODES + m] = (float)creal(sum[1]), bm[(2 * r + 1) * MODES + m] = (float)cimag(sum[1]);
    }
  AetPoseCorrelate(RADII, MODES, am, bm, straight, below);
  for (int side = 0; side < 2; side++)
    for (int turn = 0; turn < ANGLES; turn += 7) {
      const float complex *modes = side ? below : straight;
      float                turned[COUNT];
      double               direct = 0, found = 0;
      AetPolarTurn(&polar, b, side, turn, turned);
      for (int i = 0; i < COUNT; i++) direct += (double)a[i] * turned[i];
      for (int m = 0; m < MODES; m++)
        found += (m == 0 || m == MODES - 1 ? 1 : 2) * creal(modes[m] * cexp(CMPLX(0, 2 * PETSC_PI * m * turn / ANGLES))) / ANGLES;
      AET_TEST_CLOSE(found, direct, 1e-4);
    }
}

/* The best scores are kept; their weights sum to 1 and have the perplexity that was asked for; equal scores share. */
static void TestWeights(void)
{
  enum { PLACES = 500, MOST = 80 };
  float         scores[PLACES];
  AetPoseWeight heap[MOST];
  ptrdiff_t     kept = 0, remain, best, better = 0;
  double        sum = 0, entropy = 0, least = INFINITY;

  for (int i = 0; i < PLACES; i++) scores[i] = (float)(5 * AetRandomNormal(9, 1, (uint64_t)i));
  scores[123] = 40, scores[321] = 40;
  AetPoseKeep(0, 200, scores, MOST, &kept, heap);
  AetPoseKeep(200, PLACES - 200, scores + 200, MOST, &kept, heap);
  AET_TEST(kept == MOST);
  for (int i = 0; i < MOST; i++) least = fmin(least, heap[i].score);
  for (int i = 0; i < PLACES; i++) better += scores[i] > least;
  AET_TEST(better == MOST - 1);
  remain = AetPoseSoften(kept, 6, heap, &best);
  AET_TEST(best == 123);
  for (ptrdiff_t i = 0; i < remain; i++) {
    sum += heap[i].score, entropy -= heap[i].score * log(heap[i].score);
    if (i) AET_TEST(heap[i].place > heap[i - 1].place);
  }
  AET_TEST_CLOSE(sum, 1, 1e-2);
  AET_TEST_CLOSE(exp(entropy), 6, 0.1);
  for (int i = 0; i < PLACES; i++) scores[i] = 1;
  kept = 0;
  AetPoseKeep(0, PLACES, scores, MOST, &kept, heap);
  remain = AetPoseSoften(kept, 6, heap, &best);
  AET_TEST(remain == MOST && best == 0);
  AET_TEST_CLOSE(heap[MOST - 1].score, 1.0 / MOST, 1e-6);
}

/* The score of a volume with itself is highest where it lies; cubic interpolation is exact for parabolas. */
static void TestMatch(void)
{
  enum { N = 24, SAMPLES = 60 };
  const double    one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, none[3] = {0, 0, 0}, off[3] = {0.4, 0, 0};
  const double    turned[9] = {1, 0, 0, 0, cos(0.1), -sin(0.1), 0, sin(0.1), cos(0.1)}, mirrored[9] = {-1, 0, 0, 0, 1, 0, 0, 0, 1};
  const ptrdiff_t n[3] = {6, 7, 8};
  float complex  *spectrum = malloc(N * N * N * sizeof *spectrum);
  float           volume[6 * 7 * 8];
  AetMatchSample  samples[SAMPLES];
  double          power = 0, at[3] = {2.3, 3.6, 4.1};

  for (int i = 0; i < N * N * N; i++) {
    const double k[3] = {(i % N > N / 2 ? i % N - N : i % N) / 40.0, (i / N % N > N / 2 ? i / N % N - N : i / N % N) / 40.0,
                         (i / N / N > N / 2 ? i / N / N - N : i / N / N) / 40.0};
    spectrum[i] = (float complex)Spectrum(k);
  }
  for (int i = 0; i < SAMPLES; i++) {
    double k[3];
    for (int a = 0; a < 3; a++)
      samples[i].k[a] = (double)(int)(7 * AetRandomUniform(8, (uint64_t)a, (uint64_t)i)) - 3, k[a] = samples[i].k[a] / 40;
    samples[i].value = Spectrum(k);
    power += pow(cabs(samples[i].value), 2) / SAMPLES;
  }
  AET_TEST_CLOSE(AetMatchScore(SAMPLES, samples, N, spectrum, one, none), power, 1e-4 * power);
  AET_TEST(AetMatchScore(SAMPLES, samples, N, spectrum, one, off) < 0.999 * power);
  AET_TEST(AetMatchScore(SAMPLES, samples, N, spectrum, turned, none) < 0.999 * power);
  AET_TEST(AetMatchScore(SAMPLES, samples, N, spectrum, mirrored, none) < 0.99 * power);
  for (int i = 0; i < 6 * 7 * 8; i++) {
    const double z = i / 56, y = i / 8 % 7, x = i % 8;
    volume[i] = (float)(1 + 0.3 * z - y * x + 0.5 * x * x + z * y);
  }
  AET_TEST_CLOSE(AetCubicAt(n, volume, at), 1 + 0.3 * at[0] - at[1] * at[2] + 0.5 * at[2] * at[2] + at[0] * at[1], 1e-5);
  free(spectrum);
}

AET_TEST_MAIN("orientations, kernels", {"grid of orientations", TestGrid}, {"turns in the plane", TestTurns},
              {"images and shifts", TestImage}, {"slices of a volume", TestSlices}, {"a volume from slices", TestSolve},
              {"correlations", TestCorrelations}, {"weights", TestWeights}, {"scores of an alignment", TestMatch})
