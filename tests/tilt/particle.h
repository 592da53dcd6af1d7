/* A small crystal as a sum of Gaussians, drawn wherever it is wanted: images with known shifts, without interpolation. */
#ifndef AET_TESTS_TILT_PARTICLE_H
#define AET_TESTS_TILT_PARTICLE_H

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define PARTICLE_WIDTH 1.7 /* standard deviation of a column of atoms, px: band-limited to 1e-6 */

/* Columns on a slanted lattice within a disc of `radius` px, higher in the middle; places are slightly uneven, so that no shift by a
   lattice vector fits. value at (x, y) from the centre, and its derivatives if wanted. */
static inline double ParticleAt(double radius, double x, double y, double *gx, double *gy)
{
  static const double a[2] = {7.1, 1.3}, b[2] = {-1.1, 6.3};
  const double        det = a[0] * b[1] - a[1] * b[0], u = (x * b[1] - y * b[0]) / det, v = (a[0] * y - a[1] * x) / det;
  double              sum = 0, sx = 0, sy = 0;

  for (int j = (int)floor(v) - 1; j <= (int)floor(v) + 2; j++)
    for (int i = (int)floor(u) - 1; i <= (int)floor(u) + 2; i++) {
      const double cx = i * a[0] + j * b[0] + 0.4 * sin(1.3 * i + 2.1 * j), cy = i * a[1] + j * b[1] + 0.4 * cos(2.7 * i - 1.1 * j);
      const double inside = 1 - (cx * cx + cy * cy) / (radius * radius), dx = x - cx, dy = y - cy;
      double       height;
      if (inside <= 0) continue;
      height = sqrt(inside) * (1 + 0.4 * sin(12.9 * i + 78.2 * j)) * exp(-(dx * dx + dy * dy) / (2 * PARTICLE_WIDTH * PARTICLE_WIDTH));
      sum += height;
      sx -= height * dx / (PARTICLE_WIDTH * PARTICLE_WIDTH);
      sy -= height * dy / (PARTICLE_WIDTH * PARTICLE_WIDTH);
    }
  if (gx) *gx = sx;
  if (gy) *gy = sy;
  return sum;
}

/* image [ny][nx] of the particle at floor(n/2), line l displaced by path[l] = {dx, dy} (NULL: not). */
static inline void ParticleDraw(ptrdiff_t ny, ptrdiff_t nx, double radius, double height, double base, const double (*path)[2],
                                float *image)
{
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++)
      image[y * nx + x] = (float)(base + height * ParticleAt(radius, (double)(x - nx / 2) - (path ? path[y][0] : 0),
                                                             (double)(y - ny / 2) - (path ? path[y][1] : 0), NULL, NULL));
}

/* Sum over the pixels of the squared derivatives {xx, xy, yy}: Fisher's information about a shift per 1/variance. */
static inline void ParticleInformation(ptrdiff_t ny, ptrdiff_t nx, double radius, double height, double info[3])
{
  info[0] = info[1] = info[2] = 0;
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      double gx, gy;
      ParticleAt(radius, (double)(x - nx / 2), (double)(y - ny / 2), &gx, &gy);
      info[0] += height * height * gx * gx, info[1] += height * height * gx * gy, info[2] += height * height * gy * gy;
    }
}

#endif
