/* A piecewise constant specimen: balls of constant density, one inside the other or apart, whose projections are chords. */
#ifndef AET_TESTS_BALLS_H
#define AET_TESTS_BALLS_H

#include "recon_test.h"

enum { BALLS = 5, FINE = 4 }; /* FINE: samples per side of a pixel or voxel */
/* x, y, z, radius, density; for a volume of 24, in voxels. */
static const double balls[BALLS][5] = {
    {0, 0, 0, 8.5, 1}, {-2, 1, 3, 3.2, 1}, {3, -3, -2, 2.6, -0.6}, {-4, -3, -3, 2, 1.4}, {2, 4, 1, 2.4, 0.8}};

static inline double FineOffset(int i)
{
  return (i + 0.5) / FINE - 0.5;
}

/* Mean over a pixel at (u, v) from the middle. */
static inline double Chords(const double R[9], double u, double v)
{
  double sum = 0;

  for (int b = 0; b < BALLS; b++) {
    double seen[3];
    AetRotate(R, balls[b], seen);
    for (int i = 0; i < FINE * FINE; i++) {
      double d = pow(u + FineOffset(i % FINE) - seen[0], 2) + pow(v + FineOffset(i / FINE) - seen[1], 2);
      sum += balls[b][4] * 2 * sqrt(fmax(balls[b][3] * balls[b][3] - d, 0));
    }
  }
  return sum / (FINE * FINE);
}

/* `count` views over ±range_deg about y, images of ny × nx: `unit` times the chords. */
static inline AetTiltSeries BallSeries(MPI_Comm comm, int count, double range_deg, ptrdiff_t ny, ptrdiff_t nx, double unit)
{
  double(*angles)[3] = calloc((size_t)count, sizeof *angles);
  AetTiltSeries tilt = NULL;

  for (int j = 0; j < count; j++) angles[j][1] = count > 1 ? -range_deg + 2 * range_deg * j / (count - 1) : 20;
  AET_TEST_CALL(AetTiltSeriesCreate(comm, count, ny, nx, 1, AET_ANGLES_ZYX, (const double(*)[3])angles, &tilt));
  free(angles);
  for (ptrdiff_t i = 0; i < tilt->v_count * ny * nx; i++)
    tilt->image[i] =
        (float)(unit * Chords(tilt->rotation[tilt->v_start + i / (ny * nx)], (double)(i % nx - nx / 2), (double)(i / nx % ny - ny / 2)));
  return tilt;
}

static inline double BallDensity(double x, double y, double z)
{
  double sum = 0;

  for (int b = 0; b < BALLS; b++)
    for (int i = 0; i < FINE * FINE * FINE; i++) {
      double d = pow(x + FineOffset(i % FINE) - balls[b][0], 2) + pow(y + FineOffset(i / FINE % FINE) - balls[b][1], 2) +
                 pow(z + FineOffset(i / FINE / FINE) - balls[b][2], 2);
      if (d < balls[b][3] * balls[b][3]) sum += balls[b][4];
    }
  return sum / (FINE * FINE * FINE);
}

static inline AetVolume BallTruth(MPI_Comm comm, const ptrdiff_t n[3])
{
  AetVolume volume = NULL;

  AET_TEST_CALL(AetVolumeCreate(comm, n, 1, &volume));
  for (ptrdiff_t i = 0; i < LocalVoxels(volume); i++)
    volume->data[i] = (float)BallDensity((double)(i % n[2] - n[2] / 2), (double)(i / n[2] % n[1] - n[1] / 2),
                                         (double)(i / (n[1] * n[2]) + volume->z_start - n[0] / 2));
  return volume;
}

/* Correlation of a volume with the balls. */
static inline double Likeness(AetVolume volume)
{
  AetVolume truth = BallTruth(volume->comm, volume->n);
  double    correlation = 0;

  AET_TEST_CALL(AetVolumeCorrelation(volume, truth, &correlation));
  AET_TEST_CALL(AetVolumeDestroy(&truth));
  return correlation;
}

/* Adds normal noise, keyed by the pixel. */
static inline void AddNoise(AetTiltSeries tilt, double sigma)
{
  const ptrdiff_t pixels = tilt->ny * tilt->nx;

  for (ptrdiff_t i = 0; i < tilt->v_count * pixels; i++)
    tilt->image[i] += (float)(sigma * AetRandomNormal(5, 0, (uint64_t)(tilt->v_start * pixels + i)));
}

#endif
