/* A tilt series of a particle whose images are drawn, not interpolated: atoms are Gaussians, every image has its shift, scale, background
   and noise. */
#ifndef AET_TESTS_TILT_TILTED_H
#define AET_TESTS_TILT_TILTED_H

#include "mpi_test.h"
#include <aet4d/tilt.h>

typedef struct {
  ptrdiff_t views, n;   /* images of n × n */
  double    radius;     /* of the particle, px; its centre lies off the axis */
  double    width;      /* of an atom, px */
  double    reach;      /* shifts within ± reach */
  double    counts;     /* in the height of an atom: Poisson noise; 0: none */
  double    sigma;      /* Gaussian noise in parts of an atom's height */
  double    base[3];    /* background in parts of an atom's height: at the origin, slopes per px */
  double    curve;      /* harmonic background curve · (x² - y²) / n² */
  double    unevenness; /* of the intensities: ± */
  int       euler;      /* orientations from all sides */
  int       repeat;     /* the last view repeats the first */
  double    moved;      /* part of the atoms that are elsewhere in the last view */
} Tilted;

typedef struct {
  double (*shift)[2], *scale; /* [views] what was done to the images */
} TiltedTruth;

static inline double TiltedDraw(uint64_t what, uint64_t i)
{
  return 2 * AetRandomUniform(11, what, i) - 1;
}

/* Atoms on a lattice of 7 px inside a lopsided ellipsoid. */
static inline ptrdiff_t TiltedAtoms(const Tilted *t, double (*r)[3], double *height)
{
  const ptrdiff_t reach = (ptrdiff_t)(t->radius / 7) + 1;
  ptrdiff_t       count = 0;

  for (ptrdiff_t k = -reach; k <= reach; k++)
    for (ptrdiff_t j = -reach; j <= reach; j++)
      for (ptrdiff_t i = -reach; i <= reach; i++) {
        const double x = 7.0 * (double)i + 0.8 * (double)k, y = 7.0 * (double)j + 0.5 * (double)i, z = 7.0 * (double)k;
        if (x * x + 1.3 * y * y + 0.8 * z * z + 0.1 * x * fabs(y) > t->radius * t->radius || y > 0.8 * t->radius) continue;
        r[count][0] = x + 0.8, r[count][1] = y + 1.3, r[count][2] = z - 0.6;
        height[count] = (i + j + 2 * k) % 3 ? 1 : 0.4;
        count++;
      }
  return count;
}

static inline void TiltedImage(const Tilted *t, ptrdiff_t atoms, const double (*r)[3], const double *height, const double R[9],
                               const double shift[2], double scale, ptrdiff_t view, float *image)
{
  const ptrdiff_t n = t->n, half = (ptrdiff_t)ceil(6 * t->width);
  const double    a = 1 / (2 * t->width * t->width);

  for (ptrdiff_t i = 0; i < n * n; i++) image[i] = 0;
  for (ptrdiff_t p = 0; p < atoms; p++) {
    double    seen[3], at[3] = {r[p][0], r[p][1], r[p][2]};
    ptrdiff_t x0, y0;
    if (t->moved > 0 && view == t->views - 1 && AetRandomUniform(5, 77, (uint64_t)p) < t->moved) at[0] += 3, at[1] -= 2;
    AetRotate(R, at, seen);
    seen[0] += shift[0] + (double)(n / 2), seen[1] += shift[1] + (double)(n / 2);
    x0 = (ptrdiff_t)lround(seen[0]), y0 = (ptrdiff_t)lround(seen[1]);
    for (ptrdiff_t y = y0 - half; y <= y0 + half; y++)
      for (ptrdiff_t x = x0 - half; x <= x0 + half; x++)
        if (x >= 0 && x < n && y >= 0 && y < n)
          image[y * n + x] +=
              (float)(height[p] *
                      exp(-a * (((double)x - seen[0]) * ((double)x - seen[0]) + ((double)y - seen[1]) * ((double)y - seen[1]))));
  }
  for (ptrdiff_t i = 0; i < n * n; i++) {
    const double   x = (double)(i % n - n / 2), y = (double)(i / n - n / 2);
    const uint64_t key = (uint64_t)(view * n * n + i);
    double         value = scale * image[i] + t->base[0] + t->base[1] * x + t->base[2] * y + t->curve * (x * x - y * y) / (double)(n * n);
    if (t->counts > 0) value = AetRandomPoisson(3, 1, key, value * t->counts) / t->counts;
    if (t->sigma > 0) value += t->sigma * AetRandomNormal(3, 2, key);
    image[i] = (float)value;
  }
}

/* The series and its truth: collective. */
static inline void TiltedCreate(const Tilted *t, AetTiltSeries *tilt, TiltedTruth *truth)
{
  enum { MOST = 20000 };
  double(*angles)[3], (*r)[3], *height;
  ptrdiff_t atoms;

  PetscCalloc3((size_t)t->views, &angles, MOST, &r, MOST, &height);
  PetscMalloc1((size_t)t->views, &truth->shift);
  PetscMalloc1((size_t)t->views, &truth->scale);
  atoms = TiltedAtoms(t, r, height);
  for (ptrdiff_t v = 0; v < t->views; v++) {
    const uint64_t i = (uint64_t)v;
    angles[v][1] = -70 + 140 * (double)v / (double)(t->views - 1);
    if (t->repeat && v == t->views - 1) angles[v][1] = angles[0][1];
    if (t->euler) angles[v][0] = 180 * TiltedDraw(5, i), angles[v][1] = 80 * TiltedDraw(6, i), angles[v][2] = 180 * TiltedDraw(7, i);
    truth->shift[v][0] = t->reach * TiltedDraw(1, i), truth->shift[v][1] = t->reach * TiltedDraw(2, i);
    truth->scale[v] = 1 + t->unevenness * TiltedDraw(3, i);
  }
  AET_TEST_CALL(AetTiltSeriesCreate(MPI_COMM_WORLD, t->views, t->n, t->n, 0.35, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t v = 0; v < (*tilt)->v_count; v++) {
    const ptrdiff_t g = (*tilt)->v_start + v;
    TiltedImage(t, atoms, (const double(*)[3])r, height, (*tilt)->rotation[g], truth->shift[g], truth->scale[g], g,
                (*tilt)->image + v * t->n * t->n);
  }
  PetscFree3(angles, r, height);
}

static inline void TiltedFree(AetTiltSeries *tilt, TiltedTruth *truth)
{
  AetTiltSeriesDestroy(tilt);
  PetscFree(truth->shift);
  PetscFree(truth->scale);
}

/* Found less true shifts, apart from one shift of the whole object: root mean square along x and y, and the largest. */
static inline void TiltedResidual(AetTiltSeries tilt, const TiltedTruth *truth, AetPreparation preparation, double rms[2], double *most)
{
  double H[9] = {0}, g[3] = {0}, T[3], D;

  for (ptrdiff_t v = 0; v < tilt->views; v++)
    for (int a = 0; a < 2; a++) {
      const double *row = tilt->rotation[v] + 3 * a, d = preparation->view[v].shift_px[a] - truth->shift[v][a];
      for (int i = 0; i < 3; i++) {
        g[i] += row[i] * d;
        for (int j = 0; j < 3; j++) H[3 * i + j] += row[i] * row[j];
      }
    }
  D = H[0] * (H[4] * H[8] - H[5] * H[7]) - H[1] * (H[3] * H[8] - H[5] * H[6]) + H[2] * (H[3] * H[7] - H[4] * H[6]);
  for (int c = 0; c < 3; c++) { /* Cramer */
    double m[9];
    memcpy(m, H, sizeof m);
    for (int i = 0; i < 3; i++) m[3 * i + c] = g[i];
    T[c] = (m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])) / D;
  }
  rms[0] = rms[1] = *most = 0;
  for (ptrdiff_t v = 0; v < tilt->views; v++) {
    double left[2];
    for (int a = 0; a < 2; a++) {
      const double *row = tilt->rotation[v] + 3 * a;
      left[a] = preparation->view[v].shift_px[a] - truth->shift[v][a] - row[0] * T[0] - row[1] * T[1] - row[2] * T[2];
      rms[a] += left[a] * left[a] / (double)tilt->views;
      *most = fmax(*most, fabs(left[a]));
    }
  }
  for (int a = 0; a < 2; a++) rms[a] = sqrt(rms[a]);
}

/* What counting noise does to a centre of mass at least: the root of Σ x² Var / (Σ I)² over the pixels of the object, seen without tilt. */
static inline double TiltedMassBound(const Tilted *t)
{
  enum { MOST = 20000 };
  const Tilted clean = {.views = 2, .n = t->n, .radius = t->radius, .width = t->width};
  const double R[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, none[2] = {0};
  double(*r)[3], *height, sum = 0, variance = 0;
  float    *image;
  ptrdiff_t atoms;

  PetscMalloc3(MOST, &r, MOST, &height, (size_t)(t->n * t->n), &image);
  atoms = TiltedAtoms(t, r, height);
  TiltedImage(&clean, atoms, (const double(*)[3])r, height, R, none, 1, 0, image);
  for (ptrdiff_t i = 0; i < t->n * t->n; i++) {
    const double x = (double)(i % t->n - t->n / 2);
    if (image[i] < 0.01) continue;
    sum += image[i];
    variance += x * x * ((t->counts > 0 ? (image[i] + t->base[0]) / t->counts : 0) + t->sigma * t->sigma);
  }
  PetscFree3(r, height, image);
  return sqrt(variance) / sum;
}

#endif
