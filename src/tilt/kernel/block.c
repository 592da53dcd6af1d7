#include "tilt/kernel/block.h"
#include <math.h>
#include <string.h>

/* One level of the analysis of x[length]: averages in front, differences behind; extended periodically. The long filter of Cohen,
   Daubechies and Feauveau's spline wavelet 1.5 in 256ths of √2. */
static void Analyse(double *x, int length)
{
  static const double low[10] = {3, -3, -22, 22, 128, 128, 22, -22, -3, 3};
  double              out[AET_BLOCK_MOST];

  for (int k = 0; k < length / 2; k++) {
    double sum = 0;
    for (int j = 0; j < 10; j++) sum += low[j] * x[((2 * k + j - 4) % length + length) % length];
    out[k] = sum * sqrt(2) / 256;
    out[length / 2 + k] = (x[2 * k] - x[2 * k + 1]) / sqrt(2);
  }
  memcpy(x, out, sizeof *x * (size_t)length);
}

static void BiorMatrix(int n, double T[AET_BLOCK_MOST][AET_BLOCK_MOST])
{
  for (int c = 0; c < n; c++) {
    double x[AET_BLOCK_MOST] = {0};
    x[c] = 1;
    for (int length = n; length > 1; length /= 2) Analyse(x, length);
    for (int r = 0; r < n; r++) T[r][c] = x[r];
  }
  for (int r = 0; r < n; r++) {
    double sum = 0;
    for (int c = 0; c < n; c++) sum += T[r][c] * T[r][c];
    for (int c = 0; c < n; c++) T[r][c] /= sqrt(sum);
  }
}

static void DctMatrix(int n, double T[AET_BLOCK_MOST][AET_BLOCK_MOST])
{
  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) T[r][c] = sqrt((r ? 2.0 : 1.0) / n) * cos(M_PI * (c + 0.5) * r / n);
}

/* Gauss and Jordan, with pivots. */
static void Invert(int n, double A[AET_BLOCK_MOST][AET_BLOCK_MOST], double B[AET_BLOCK_MOST][AET_BLOCK_MOST])
{
  memset(B, 0, sizeof(double) * AET_BLOCK_ROOM);
  for (int r = 0; r < n; r++) B[r][r] = 1;
  for (int p = 0; p < n; p++) {
    int best = p;
    for (int r = p + 1; r < n; r++)
      if (fabs(A[r][p]) > fabs(A[best][p])) best = r;
    for (int c = 0; c < n; c++) {
      double a = A[p][c], b = B[p][c];
      A[p][c] = A[best][c], A[best][c] = a;
      B[p][c] = B[best][c], B[best][c] = b;
    }
    const double pivot = A[p][p];
    for (int c = 0; c < n; c++) A[p][c] /= pivot, B[p][c] /= pivot;
    for (int r = 0; r < n; r++) {
      const double factor = r == p ? 0 : A[r][p];
      for (int c = 0; c < n; c++) A[r][c] -= factor * A[p][c], B[r][c] -= factor * B[p][c];
    }
  }
}

static void Keep(int n, int pitch, double A[AET_BLOCK_MOST][AET_BLOCK_MOST], float *matrix, float *transposed)
{
  for (int r = 0; r < n; r++)
    for (int c = 0; c < n; c++) matrix[r * pitch + c] = (float)A[r][c], transposed[c * pitch + r] = (float)A[r][c];
}

int AetBlockPlanSet(AetBlockPlan *plan, AetBlockKind kind, int n)
{
  double T[AET_BLOCK_MOST][AET_BLOCK_MOST], S[AET_BLOCK_MOST][AET_BLOCK_MOST];

  if (n < 1 || n > AET_BLOCK_MOST || (kind == AET_BLOCK_BIOR && n != 8)) return 1;
  memset(plan, 0, sizeof *plan);
  plan->n = n, plan->pitch = n <= 8 ? 8 : 16;
  if (kind == AET_BLOCK_BIOR)
    BiorMatrix(n, T);
  else
    DctMatrix(n, T);
  Keep(n, plan->pitch, T, plan->forward, plan->forward_t);
  Invert(n, T, S);
  Keep(n, plan->pitch, S, plan->inverse, plan->inverse_t);
  return 0;
}

/* out = A X Aᵀ, each product a sum of rows; `out` may be X. */
#define PRODUCT(NAME, VECTOR, PITCH) \
  static inline __attribute__((always_inline)) void NAME(int n, const float *A, const float *At, const float *X, ptrdiff_t pitch, \
                                                         float *out) \
  { \
    VECTOR half[AET_BLOCK_MOST]; \
    for (int r = 0; r < n; r++) { \
      VECTOR sum = X[r * pitch] * *(const VECTOR *)At; \
      for (int c = 1; c < n; c++) sum += X[r * pitch + c] * *(const VECTOR *)&At[c * PITCH]; \
      half[r] = sum; \
    } \
    for (int i = 0; i < n; i++) { \
      VECTOR sum = A[i * PITCH] * half[0]; \
      for (int r = 1; r < n; r++) sum += A[i * PITCH + r] * half[r]; \
      *(VECTOR *)&out[i * PITCH] = sum; \
    } \
  }
PRODUCT(ProductHalf, AetBlockHalf, 8)
PRODUCT(ProductRow, AetBlockRow, 16)

/* The sizes of the profiles with their loops unrolled. */
static void Product(const AetBlockPlan *plan, const float *A, const float *At, const float *X, ptrdiff_t pitch, float *out)
{
  switch (plan->n) {
  case 8:
    ProductHalf(8, A, At, X, pitch, out);
    break;
  case 12:
    ProductRow(12, A, At, X, pitch, out);
    break;
  case 16:
    ProductRow(16, A, At, X, pitch, out);
    break;
  default:
    if (plan->pitch == 8)
      ProductHalf(plan->n, A, At, X, pitch, out);
    else
      ProductRow(plan->n, A, At, X, pitch, out);
  }
}

void AetBlockForward(const AetBlockPlan *plan, const float *in, ptrdiff_t in_pitch, float *out)
{
  Product(plan, plan->forward, plan->forward_t, in, in_pitch, out);
}

void AetBlockInverse(const AetBlockPlan *plan, float *block)
{
  Product(plan, plan->inverse, plan->inverse_t, block, plan->pitch, block);
}
