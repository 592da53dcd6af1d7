/* Between the spectrum of points on a fine periodic grid and that of an image sampled at its pixels. */
#include "atoms/kernel/spectrum_fold.h"
#include <string.h>

static ptrdiff_t Wrap(ptrdiff_t k, ptrdiff_t n)
{
  k %= n;
  return k < 0 ? k + n : k;
}

/* A row of k_y: of the fine spectrum, of its factors, of the image's spectrum, and of the image's at the mirrored frequency. */
typedef struct {
  const float *factor;
  ptrdiff_t    fine, image, mirror;
} Row;

static Row RowOf(const AetFold *fold, ptrdiff_t ky)
{
  const Row row = {fold->factor + (ky + fold->reach[0]) * (fold->reach[1] + 1), Wrap(ky, fold->n[0]) * (fold->n[1] / 2 + 1),
                   Wrap(ky, fold->N[0]) * (fold->N[1] / 2 + 1), Wrap(-ky, fold->N[0]) * (fold->N[1] / 2 + 1)};

  return row;
}

void AetFoldAdd(const AetFold *fold, const float complex *fine, float complex *image)
{
  const ptrdiff_t half = fold->N[1] / 2;

  for (ptrdiff_t ky = -fold->reach[0]; ky <= fold->reach[0]; ky++) {
    const Row row = RowOf(fold, ky);
    ptrdiff_t near = fold->reach[1] < half ? fold->reach[1] : half - 1;

    for (ptrdiff_t kx = 0; kx <= near; kx++) image[row.image + kx] += row.factor[kx] * fine[row.fine + kx];
    for (ptrdiff_t kx = near + 1; kx <= fold->reach[1]; kx++) {
      const float complex value = row.factor[kx] * fine[row.fine + kx];
      const ptrdiff_t     at = Wrap(kx, fold->N[1]), back = Wrap(-kx, fold->N[1]);
      if (at <= half) image[row.image + at] += value;
      if (back <= half) image[row.mirror + back] += conjf(value);
    }
  }
}

static inline float complex At(const float complex *image, const Row *row, ptrdiff_t kx, ptrdiff_t Nx)
{
  const ptrdiff_t at = Wrap(kx, Nx);

  return at <= Nx / 2 ? image[row->image + at] : conjf(image[row->mirror + Nx - at]);
}

void AetFoldAdjoint(const AetFold *fold, const float complex *image, float complex *fine)
{
  memset(fine, 0, sizeof *fine * (size_t)(fold->n[0] * (fold->n[1] / 2 + 1)));
  for (ptrdiff_t ky = -fold->reach[0]; ky <= fold->reach[0]; ky++) {
    const Row row = RowOf(fold, ky);
    ptrdiff_t near = fold->reach[1] <= fold->N[1] / 2 ? fold->reach[1] : fold->N[1] / 2;

    for (ptrdiff_t kx = 0; kx <= near; kx++) fine[row.fine + kx] = row.factor[kx] * image[row.image + kx];
    for (ptrdiff_t kx = near + 1; kx <= fold->reach[1]; kx++) fine[row.fine + kx] = row.factor[kx] * At(image, &row, kx, fold->N[1]);
  }
}

double AetFoldSecondMoment(const AetFold *fold, const double step[2], const float complex *fine, const float complex *image)
{
  double sum = 0;

  for (ptrdiff_t ky = -fold->reach[0]; ky <= fold->reach[0]; ky++) {
    const Row    row = RowOf(fold, ky);
    const double qy = (double)ky * step[0];
    for (ptrdiff_t kx = 0; kx <= fold->reach[1]; kx++) {
      const float complex a = At(image, &row, kx, fold->N[1]), b = fine[row.fine + kx];
      const double        qx = (double)kx * step[1], product = crealf(a) * crealf(b) + cimagf(a) * cimagf(b);
      sum += (kx ? 2 : 1) * product * row.factor[kx] * (qy * qy + qx * qx);
    }
  }
  return sum;
}
