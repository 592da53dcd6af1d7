/* Agreement of two volumes: Fourier shell correlation and Pearson's correlation. */
#include "recon/metrics_private.h"
#include <math.h>

static PetscErrorCode CheckSizes(AetVolume a, AetVolume b)
{
  PetscFunctionBegin;
  AetCheck(a->n[0] == b->n[0] && a->n[1] == b->n[1] && a->n[2] == b->n[2], AET_ERR_INPUT,
           "volumes to compare: expected one size, found %td x %td x %td and %td x %td x %td", a->n[0], a->n[1], a->n[2], b->n[0], b->n[1],
           b->n[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define SUMS 4 /* of a shell */

static double SignedFrequency(ptrdiff_t k, ptrdiff_t N)
{
  return (double)(2 * k > N ? k - N : k) / (double)N;
}

/* Sums over shells of one row of k_y: Re(A conj B), |A|², |B|², 1. */
static void ShellSums(const ptrdiff_t N[3], double fy, double scale, int shells, const float complex *a, const float complex *b,
                      double *sums)
{
  for (ptrdiff_t kx = 0; kx <= N[2] / 2; kx++) {
    double fx = (double)kx / (double)N[2], copies = kx == 0 || 2 * kx == N[2] ? 1 : 2;
    for (ptrdiff_t kz = 0; kz < N[0]; kz++, a++, b++) {
      double fz = SignedFrequency(kz, N[0]);
      int    shell = (int)(sqrt(fz * fz + fy * fy + fx * fx) * scale + 0.5);
      if (shell >= shells) continue;
      double *s = sums + SUMS * shell, ar = crealf(*a), ai = cimagf(*a), br = crealf(*b), bi = cimagf(*b);
      s[0] += copies * (ar * br + ai * bi);
      s[1] += copies * (ar * ar + ai * ai);
      s[2] += copies * (br * br + bi * bi);
      s[3] += copies;
    }
  }
}

PetscErrorCode AetShellCorrelation(AetVolume a, AetVolume b, int *shells, double **fsc, double **coefficients)
{
  const ptrdiff_t smallest = PetscMin(a->n[0], PetscMin(a->n[1], a->n[2]));
  const ptrdiff_t N[3] = {a->n[0], a->n[1], a->n[2] + a->n[2] % 2}; /* the transform wants an even width */
  AetTransform    transform;
  ptrdiff_t       ky_start, ky_count, length;
  float complex  *spectrum[2];
  double         *rows, *sums;

  PetscFunctionBegin;
  PetscCall(CheckSizes(a, b));
  *shells = (int)(smallest / 2 + 1);
  PetscCall(AetTransformCreate(a->comm, a->n, N, &transform));
  PetscCall(AetTransformGetLayout(transform, NULL, NULL, &ky_start, &ky_count, &length));
  PetscCall(AetAgree(a->comm, PetscMalloc2(length, &spectrum[0], length, &spectrum[1])));
  PetscCall(AetTransformForward(transform, a->data, spectrum[0]));
  PetscCall(AetTransformForward(transform, b->data, spectrum[1]));
  PetscCall(PetscCalloc2(SUMS * *shells * ky_count, &rows, SUMS * *shells, &sums));
  for (ptrdiff_t j = 0; j < ky_count; j++) {
    ptrdiff_t row = j * (N[2] / 2 + 1) * N[0];
    ShellSums(N, SignedFrequency(ky_start + j, N[1]), (double)smallest, *shells, spectrum[0] + row, spectrum[1] + row,
              rows + SUMS * *shells * j);
  }
  PetscCall(AetSumOrdered(a->comm, (PetscInt)ky_start, (PetscInt)ky_count, (PetscInt)N[1], SUMS * *shells, rows, sums));
  PetscCall(PetscMalloc1(*shells, fsc));
  PetscCall(PetscMalloc1(*shells, coefficients));
  for (int s = 0; s < *shells; s++) {
    double power = sqrt(sums[SUMS * s + 1] * sums[SUMS * s + 2]);
    (*fsc)[s] = power > 0 ? sums[SUMS * s] / power : 0;
    (*coefficients)[s] = sums[SUMS * s + 3];
  }
  PetscCall(PetscFree2(rows, sums));
  PetscCall(PetscFree2(spectrum[0], spectrum[1]));
  PetscCall(AetTransformDestroy(&transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetFourierShellCorrelation(AetVolume a, AetVolume b, int *shells, double **fsc)
{
  double *coefficients;

  PetscFunctionBegin;
  PetscCall(AetShellCorrelation(a, b, shells, fsc, &coefficients));
  PetscCall(PetscFree(coefficients));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVolumeCorrelation(AetVolume a, AetVolume b, double *correlation)
{
  const ptrdiff_t plane = a->n[1] * a->n[2];
  const double    voxels = (double)plane * (double)a->n[0];
  double         *rows, mean[2], sums[3];

  PetscFunctionBegin;
  PetscCall(CheckSizes(a, b));
  PetscCall(PetscCalloc1(3 * a->z_count, &rows));
  for (ptrdiff_t z = 0; z < a->z_count; z++)
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) {
      rows[2 * z] += a->data[i];
      rows[2 * z + 1] += b->data[i];
    }
  PetscCall(AetSumOrdered(a->comm, (PetscInt)a->z_start, (PetscInt)a->z_count, (PetscInt)a->n[0], 2, rows, mean));
  for (int i = 0; i < 2; i++) mean[i] /= voxels;
  PetscCall(PetscArrayzero(rows, 3 * a->z_count));
  for (ptrdiff_t z = 0; z < a->z_count; z++)
    for (ptrdiff_t i = z * plane; i < (z + 1) * plane; i++) {
      double da = a->data[i] - mean[0], db = b->data[i] - mean[1];
      rows[3 * z] += da * db;
      rows[3 * z + 1] += da * da;
      rows[3 * z + 2] += db * db;
    }
  PetscCall(AetSumOrdered(a->comm, (PetscInt)a->z_start, (PetscInt)a->z_count, (PetscInt)a->n[0], 3, rows, sums));
  *correlation = sums[1] > 0 && sums[2] > 0 ? sums[0] / sqrt(sums[1] * sums[2]) : 0;
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}
