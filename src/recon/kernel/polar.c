#include "recon/kernel/polar.h"
#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846
#define EDGE 0.2 /* of the window of an image, in its radius */

void AetPolarFrame(ptrdiff_t count, ptrdiff_t index, double R[9])
{
  const double z = 1 - ((double)index + 0.5) / (double)count, s = sqrt(1 - z * z);
  const double turn = PI * (3 - sqrt(5)) * ((double)index + 0.5);
  const double n[3] = {s * cos(turn), s * sin(turn), z}, a[3] = {fabs(n[0]) < 0.9, fabs(n[0]) >= 0.9, 0};
  const double along = a[0] * n[0] + a[1] * n[1];
  double       x[3], size = 0;

  for (int i = 0; i < 3; i++) x[i] = a[i] - along * n[i], size += x[i] * x[i];
  for (int i = 0; i < 3; i++) R[i] = x[i] / sqrt(size), R[6 + i] = n[i];
  for (int i = 0; i < 3; i++) R[3 + i] = n[(i + 1) % 3] * R[(i + 2) % 3] - n[(i + 2) % 3] * R[(i + 1) % 3];
}

void AetPolarRotation(const AetPolar *polar, const double frame[9], int below, int turn, double R[9])
{
  const double angle = 2 * PI * turn / polar->angles, c = cos(angle), s = sin(angle), sign = below ? -1 : 1;

  for (int i = 0; i < 3; i++) {
    R[i] = c * frame[i] - s * sign * frame[3 + i];
    R[3 + i] = s * frame[i] + c * sign * frame[3 + i];
    R[6 + i] = sign * frame[6 + i];
  }
}

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

AetPolarPlace AetPolarNearest(const AetPolar *polar, ptrdiff_t count, const double (*frame)[9], const double R[9])
{
  AetPolarPlace place = {0, 0, 0};
  double        nearest = -1, sign, angle;
  const double *F;

  for (ptrdiff_t d = 0; d < count; d++) {
    double cosine = Dot(R + 6, frame[d] + 6);
    if (fabs(cosine) > nearest) nearest = fabs(cosine), place.direction = d, place.below = cosine < 0;
  }
  F = frame[place.direction];
  sign = place.below ? -1 : 1;
  angle = atan2(Dot(R + 3, F) - sign * Dot(R, F + 3), Dot(R, F) + sign * Dot(R + 3, F + 3)) / (2 * PI);
  place.turn = (int)lrint((angle < 0 ? angle + 1 : angle) * polar->angles) % polar->angles;
  return place;
}

size_t AetPolarImageWork(ptrdiff_t ny, ptrdiff_t nx)
{
  return (size_t)(2 * (nx + ny) + nx * ny);
}

/* (image - base) scale, windowed. */
static void Window(ptrdiff_t ny, ptrdiff_t nx, const float *image, const double centre[2], double radius, double base, double scale,
                   double *out)
{
  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++) {
      const double off = (hypot((double)x - centre[0], (double)y - centre[1]) / radius - 1) / EDGE;
      const double window = off <= 0 ? 1 : off >= 1 ? 0 : 0.5 + 0.5 * cos(PI * off);
      out[y * nx + x] = window * scale * ((double)image[y * nx + x] - base);
    }
}

static void Wave(ptrdiff_t n, double pixel, double centre, double k, double *c, double *s)
{
  for (ptrdiff_t i = 0; i < n; i++) {
    const double phase = -2 * PI * k * pixel * ((double)i - centre);
    c[i] = cos(phase), s[i] = sin(phase);
  }
}

void AetPolarImage(const AetPolar *polar, ptrdiff_t ny, ptrdiff_t nx, const float *image, double pixel, const double centre[2],
                   double radius, double base, double scale, double *work, float complex *half)
{
  double *cx = work, *sx = cx + nx, *cy = sx + nx, *sy = cy + ny, *values = sy + ny;

  Window(ny, nx, image, centre, radius, base, scale, values);
  for (int i = 0; i < polar->radii; i++)
    for (int j = 0; j < polar->angles / 2; j++, half++) {
      const double r = (i + 0.5) * polar->step, angle = 2 * PI * j / polar->angles;
      double       re = 0, im = 0;
      Wave(nx, pixel, centre[0], r * cos(angle), cx, sx);
      Wave(ny, pixel, centre[1], r * sin(angle), cy, sy);
      for (ptrdiff_t y = 0; y < ny; y++) {
        double a = 0, b = 0;
        for (ptrdiff_t x = 0; x < nx; x++) a += values[y * nx + x] * cx[x], b += values[y * nx + x] * sx[x];
        re += a * cy[y] - b * sy[y];
        im += a * sy[y] + b * cy[y];
      }
      *half = CMPLXF((float)re, (float)im);
    }
}

void AetPolarSignal(const AetPolar *polar, const float complex *half, const double shift[2], float *signal)
{
  const int turn = polar->angles / 2;

  for (int i = 0; i < polar->radii; i++, half += turn, signal += polar->angles)
    for (int j = 0; j < turn; j++) {
      const double r = (i + 0.5) * polar->step, angle = 2 * PI * j / polar->angles;
      const double phase = 2 * PI * r * (cos(angle) * shift[0] + sin(angle) * shift[1]), c = cos(phase), s = sin(phase);
      const double re = c * crealf(half[j]) - s * cimagf(half[j]), im = c * cimagf(half[j]) + s * crealf(half[j]);
      signal[j] = (float)(re + im);
      signal[j + turn] = (float)(re - im);
    }
}

/* The eight voxels about a sample, and their shares. */
typedef struct {
  ptrdiff_t place[3][2];
  float     share[3][2];
} Corner;

static void FindCorner(const AetPolar *polar, const double frame[9], ptrdiff_t N, double cell, int i, int j, Corner *corner)
{
  const double r = (i + 0.5) * polar->step / cell, angle = 2 * PI * j / polar->angles, c = r * cos(angle), s = r * sin(angle);

  for (int a = 0; a < 3; a++) { /* x, y, z */
    const double    k = c * frame[a] + s * frame[3 + a], low = floor(k);
    const ptrdiff_t first = (ptrdiff_t)low;
    corner->place[a][0] = (first % N + N) % N;
    corner->place[a][1] = (corner->place[a][0] + 1) % N;
    corner->share[a][1] = (float)(k - low);
    corner->share[a][0] = 1 - corner->share[a][1];
  }
}

void AetPolarSample(const AetPolar *polar, const double frame[9], ptrdiff_t N, double cell, const float complex *spectrum, float *signal)
{
  const int turn = polar->angles / 2;
  Corner    corner;

  for (int i = 0; i < polar->radii; i++, signal += polar->angles)
    for (int j = 0; j < turn; j++) {
      float complex sum = 0;
      FindCorner(polar, frame, N, cell, i, j, &corner);
      for (int z = 0; z < 2; z++)
        for (int y = 0; y < 2; y++) {
          const float complex *row = spectrum + (corner.place[2][z] * N + corner.place[1][y]) * N;
          const float          share = corner.share[2][z] * corner.share[1][y];
          for (int x = 0; x < 2; x++) sum += share * corner.share[0][x] * row[corner.place[0][x]];
        }
      signal[j] = crealf(sum) + cimagf(sum);
      signal[j + turn] = crealf(sum) - cimagf(sum);
    }
}

void AetPolarSpread(const AetPolar *polar, const double frame[9], ptrdiff_t N, double cell, const float *signal, float weight,
                    float complex *sum, float *weights)
{
  const int turn = polar->angles / 2;
  Corner    corner;

  for (int i = 0; i < polar->radii; i++, signal += polar->angles)
    for (int j = 0; j < turn; j++) {
      const float         r = (float)i + 0.5f;
      const float complex value = 0.5f * r * CMPLXF(signal[j] + signal[j + turn], signal[j] - signal[j + turn]);
      FindCorner(polar, frame, N, cell, i, j, &corner);
      for (int z = 0; z < 2; z++)
        for (int y = 0; y < 2; y++) {
          const ptrdiff_t row = (corner.place[2][z] * N + corner.place[1][y]) * N;
          const float     share = corner.share[2][z] * corner.share[1][y];
          for (int x = 0; x < 2; x++) {
            sum[row + corner.place[0][x]] += share * corner.share[0][x] * value;
            weights[row + corner.place[0][x]] += share * corner.share[0][x] * r * weight;
          }
        }
    }
}

void AetPolarSolve(ptrdiff_t N, double floor, float complex *sum, float *weights)
{
  const ptrdiff_t voxels = N * N * N;
  double          mean = 0;

  for (ptrdiff_t i = 0; i < voxels; i++) mean += 2 * weights[i] / (double)voxels;
  for (ptrdiff_t z = 0; z < N; z++)
    for (ptrdiff_t y = 0; y < N; y++)
      for (ptrdiff_t x = 0; x < N; x++) {
        const ptrdiff_t i = (z * N + y) * N + x, j = (((N - z) % N) * N + (N - y) % N) * N + (N - x) % N;
        float           weight = (float)(floor * mean) + weights[i] + weights[j];
        float complex   value;
        if (j < i) continue;
        value = weight > 0 ? (sum[i] + conjf(sum[j])) / weight : 0;
        sum[i] = value, sum[j] = conjf(value);
      }
}

void AetPolarTurnAdd(const AetPolar *polar, const float *signal, int below, int turn, float weight, float *out)
{
  const int K = polar->angles;

  for (int i = 0; i < polar->radii; i++, signal += K, out += K) {
    if (below) {
      for (int j = 0; j <= turn; j++) out[j] += weight * signal[turn - j];
      for (int j = turn + 1; j < K; j++) out[j] += weight * signal[turn + K - j];
    } else {
      for (int j = 0; j < K - turn; j++) out[j] += weight * signal[j + turn];
      for (int j = K - turn; j < K; j++) out[j] += weight * signal[j + turn - K];
    }
  }
}

void AetPolarTurn(const AetPolar *polar, const float *slice, int below, int turn, float *signal)
{
  memset(signal, 0, (size_t)(polar->radii * polar->angles) * sizeof *signal);
  AetPolarTurnAdd(polar, slice, below, below ? turn : (polar->angles - turn) % polar->angles, 1, signal);
}

void AetPolarShift(const AetPolar *polar, const float *image, const float *model, const float *weight, double most, double shift[2])
{
  const int turn = polar->angles / 2;
  double    H[3] = {0}, g[2] = {0}, determinant, size;

  for (int i = 0; i < polar->radii; i++, image += polar->angles, model += polar->angles)
    for (int j = 0; j < turn; j++) {
      const double r = (i + 0.5) * polar->step, angle = 2 * PI * j / polar->angles;
      const double k[2] = {2 * PI * r * cos(angle), 2 * PI * r * sin(angle)};
      const double re = 0.5 * (model[j] + model[j + turn]), im = 0.5 * (model[j] - model[j + turn]);
      const double dre = 0.5 * (image[j] + image[j + turn]) - re, dim = 0.5 * (image[j] - image[j + turn]) - im;
      const double slope = weight[i] * (im * dre - re * dim), square = weight[i] * (re * re + im * im); /* of -i k P */
      for (int a = 0; a < 2; a++) g[a] += k[a] * slope;
      H[0] += k[0] * k[0] * square, H[1] += k[0] * k[1] * square, H[2] += k[1] * k[1] * square;
    }
  shift[0] = shift[1] = 0;
  determinant = H[0] * H[2] - H[1] * H[1];
  if (!(determinant > 0)) return;
  shift[0] = (H[2] * g[0] - H[1] * g[1]) / determinant;
  shift[1] = (H[0] * g[1] - H[1] * g[0]) / determinant;
  size = hypot(shift[0], shift[1]);
  if (size > most) shift[0] *= most / size, shift[1] *= most / size;
}
