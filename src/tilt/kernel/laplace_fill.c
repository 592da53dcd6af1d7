/* Laplace's equation in the masked part of an image (cascadic multigrid: Bornemann and Deuflhard, Numer. Math. 75 (1996) 135). */
#include "tilt/kernel/laplace_fill.h"
#include <math.h>
#include <string.h>

enum { COARSEST = 8, ARRAYS = 4 };

ptrdiff_t AetKernelLaplaceWork(ptrdiff_t ny, ptrdiff_t nx)
{
  ptrdiff_t total = ARRAYS * ny * nx;

  while (ny > COARSEST && nx > COARSEST) {
    ny = (ny + 1) / 2, nx = (nx + 1) / 2;
    total += (ARRAYS + 2) * ny * nx; /* its image and mask beside the vectors */
  }
  return total;
}

/* out = Σ over neighbours in the image of (v - v_neighbour), on masked pixels; `v` is taken as zero elsewhere unless `whole`. */
static void Apply(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const float *v, int whole, float *out)
{
  static const int dx[4] = {-1, 1, 0, 0}, dy[4] = {0, 0, -1, 1};

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const ptrdiff_t i = y * nx + x;
      float           sum = 0;
      for (int k = 0; k < 4 && mask[i]; k++) {
        const ptrdiff_t j = i + dy[k] * nx + dx[k];
        if (x + dx[k] < 0 || x + dx[k] >= nx || y + dy[k] < 0 || y + dy[k] >= ny) continue;
        sum += v[i] - (whole || mask[j] ? v[j] : 0);
      }
      out[i] = sum;
    }
}

static double Dot(ptrdiff_t count, const float *a, const float *b)
{
  double sum = 0;

  for (ptrdiff_t i = 0; i < count; i++) sum += (double)a[i] * b[i];
  return sum;
}

/* What the boundary alone drives: the right side of the equation, squared. */
static double Drive(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const float *image, float *boundary, float *out)
{
  for (ptrdiff_t i = 0; i < ny * nx; i++) boundary[i] = mask[i] ? 0 : image[i];
  Apply(ny, nx, mask, boundary, 1, out);
  return Dot(ny * nx, out, out);
}

static int Solve(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, double tolerance, float *image, float *work)
{
  const ptrdiff_t count = ny * nx;
  float          *r = work, *p = r + count, *q = p + count;
  const double    goal = tolerance * tolerance * Drive(ny, nx, mask, image, p, q);
  double          rho, next;
  int             step;

  Apply(ny, nx, mask, image, 1, r);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = r[i] = -r[i];
  rho = Dot(count, r, r);
  for (step = 0; step < 4 * (ny + nx) && rho > goal; step++) {
    double alpha;
    Apply(ny, nx, mask, p, 0, q);
    alpha = rho / Dot(count, p, q);
    if (!isfinite(alpha)) break;
    for (ptrdiff_t i = 0; i < count; i++) {
      if (mask[i]) image[i] += (float)alpha * p[i];
      r[i] -= (float)alpha * q[i];
    }
    next = Dot(count, r, r);
    for (ptrdiff_t i = 0; i < count; i++) p[i] = r[i] + (float)(next / rho) * p[i];
    rho = next;
  }
  return step;
}

/* Means of the unmasked of four pixels; masked where all four are. */
static void Coarsen(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const float *image, unsigned char *mask2, float *image2)
{
  const ptrdiff_t ny2 = (ny + 1) / 2, nx2 = (nx + 1) / 2;

  for (ptrdiff_t y = 0; y < ny2; y++)
    for (ptrdiff_t x = 0; x < nx2; x++) {
      double sum = 0;
      int    known = 0;
      for (ptrdiff_t v = 2 * y; v < 2 * y + 2 && v < ny; v++)
        for (ptrdiff_t u = 2 * x; u < 2 * x + 2 && u < nx; u++)
          if (!mask[v * nx + u]) sum += image[v * nx + u], known++;
      mask2[y * nx2 + x] = !known;
      image2[y * nx2 + x] = known ? (float)(sum / known) : 0;
    }
}

/* Fills the masked pixels from the smaller image, linearly. */
static void Interpolate(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, const float *image2, float *image)
{
  const ptrdiff_t ny2 = (ny + 1) / 2, nx2 = (nx + 1) / 2;

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double    v = fmax(0, 0.5 * (double)y - 0.25), u = fmax(0, 0.5 * (double)x - 0.25);
      const ptrdiff_t v0 = (ptrdiff_t)v, u0 = (ptrdiff_t)u, v1 = v0 + 1 < ny2 ? v0 + 1 : v0, u1 = u0 + 1 < nx2 ? u0 + 1 : u0;
      const double    fv = v - (double)v0, fu = u - (double)u0;
      if (mask[y * nx + x])
        image[y * nx + x] = (float)((1 - fv) * ((1 - fu) * image2[v0 * nx2 + u0] + fu * image2[v0 * nx2 + u1]) +
                                    fv * ((1 - fu) * image2[v1 * nx2 + u0] + fu * image2[v1 * nx2 + u1]));
    }
}

int AetKernelLaplaceFill(ptrdiff_t ny, ptrdiff_t nx, const unsigned char *mask, double tolerance, float *image, float *work)
{
  const ptrdiff_t count = ny * nx, ny2 = (ny + 1) / 2, nx2 = (nx + 1) / 2;
  ptrdiff_t       known = 0;

  for (ptrdiff_t i = 0; i < count; i++) known += !mask[i];
  if (!known || known == count) return 0;
  if (ny > COARSEST && nx > COARSEST) {
    float         *image2 = work + ARRAYS * count;
    unsigned char *mask2 = (unsigned char *)(image2 + ny2 * nx2);
    Coarsen(ny, nx, mask, image, mask2, image2);
    (void)AetKernelLaplaceFill(ny2, nx2, mask2, tolerance, image2, image2 + 2 * ny2 * nx2);
    Interpolate(ny, nx, mask, image2, image);
  } else {
    for (ptrdiff_t i = 0; i < count; i++)
      if (mask[i]) image[i] = 0;
  }
  return Solve(ny, nx, mask, tolerance, image, work);
}
