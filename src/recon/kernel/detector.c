/* sin(π(u0 + x du)) from a table over x and two numbers per row: no sine inside the loop. */
#include "recon/kernel/detector.h"
#include <math.h>

#define LEAST 1e-9 /* below it sinc is 1 to the last bit, and the quotient is not to be trusted */

void AetDetectorTable(ptrdiff_t count, double du, double dv, double *table)
{
  for (ptrdiff_t x = 0; x < count; x++) {
    table[x] = cos(M_PI * du * (double)x), table[count + x] = sin(M_PI * du * (double)x);
    table[2 * count + x] = cos(M_PI * dv * (double)x), table[3 * count + x] = sin(M_PI * dv * (double)x);
  }
}

void AetDetectorRespond(ptrdiff_t count, const AetDetectorRow *row, const double *table, double *restrict sum)
{
  const double *restrict cu = table, *restrict su = cu + count, *restrict cv = su + count, *restrict sv = cv + count;
  const double sin_u = sin(M_PI * row->u0), cos_u = cos(M_PI * row->u0), sin_v = sin(M_PI * row->v0), cos_v = cos(M_PI * row->v0);

#pragma omp simd
  for (ptrdiff_t x = 0; x < count; x++) {
    double u = M_PI * (row->u0 + (double)x * row->du), v = M_PI * (row->v0 + (double)x * row->dv);
    double a = sin_u * cu[x] + cos_u * su[x], b = sin_v * cv[x] + cos_v * sv[x];
    a = fabs(u) < LEAST ? LEAST : a, u = fabs(u) < LEAST ? LEAST : u;
    b = fabs(v) < LEAST ? LEAST : b, v = fabs(v) < LEAST ? LEAST : v;
    sum[x] += a * b / (u * v);
  }
}
