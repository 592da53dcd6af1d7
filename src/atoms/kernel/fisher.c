/* Blocks of the Fisher matrix, and the corner of an inverse. */
#include "atoms/kernel/fisher.h"
#include <math.h>
#include <stdlib.h>

#define STEP 0.02       /* Å; profiles are an ångström wide */
#define FREQUENCIES 400 /* of the radial integrals: profiles are smooth in q, and 2πqd stays below 200 */

int AetFisherTableCreate(AetFisherTable *o, double (*product)(double q, void *context), void *context, double last, double far)
{
  const double dq = last / FREQUENCIES;

  o->step = STEP;
  o->count = (ptrdiff_t)(far / STEP) + 2;
  o->along = calloc((size_t)o->count, sizeof *o->along);
  o->across = calloc((size_t)o->count, sizeof *o->across);
  if (!o->along || !o->across) {
    AetFisherTableFree(o);
    return 1;
  }
  for (int k = 0; k < FREQUENCIES; k++) {
    const double q = (k + 0.5) * dq, weight = 8 * M_PI * M_PI * M_PI * q * q * q * product(q, context) * dq;
    for (ptrdiff_t i = 0; i < o->count; i++) { /* of the transform's J0(2πqd): -C'/d and -C'' */
      const double x = 2 * M_PI * q * (double)i * STEP, ratio = x > 1e-6 ? j1(x) / x : 0.5;
      o->across[i] += weight * ratio;
      o->along[i] += weight * (j0(x) - ratio);
    }
  }
  return 0;
}

void AetFisherTableFree(AetFisherTable *o)
{
  free(o->along);
  free(o->across);
  o->along = o->across = NULL;
}

void AetFisherTableAt(const AetFisherTable *o, double dx, double dy, double h[3])
{
  const double    d2 = dx * dx + dy * dy, d = sqrt(d2), place = d / o->step;
  const ptrdiff_t i = (ptrdiff_t)place;
  double          across, along, part;

  h[0] = h[1] = h[2] = 0;
  if (i + 1 >= o->count) return;
  part = place - (double)i;
  across = (1 - part) * o->across[i] + part * o->across[i + 1];
  along = (1 - part) * o->along[i] + part * o->along[i + 1];
  h[0] = h[2] = across;
  if (!(d2 > 0)) return;
  h[0] += (along - across) * dx * dx / d2, h[1] = (along - across) * dx * dy / d2, h[2] += (along - across) * dy * dy / d2;
}

/* Cholesky's factor L in place. The corner of the inverse is that of (L_c L_cT)⁻¹, L_c the last three rows and columns. */
int AetInverseCorner(ptrdiff_t n, double *m, double variance[3])
{
  const double *l[3];
  double        g[6];

  for (ptrdiff_t i = 0; i < n; i++)
    for (ptrdiff_t j = 0; j <= i; j++) {
      double sum = m[i * n + j];
      for (ptrdiff_t k = 0; k < j; k++) sum -= m[i * n + k] * m[j * n + k];
      if (j < i)
        m[i * n + j] = sum / m[j * n + j];
      else if (sum > 1e-9 * fabs(m[i * n + i]))
        m[i * n + i] = sqrt(sum);
      else
        return 1;
    }
  for (int a = 0; a < 3; a++) l[a] = m + (n - 3 + a) * n + n - 3;
  g[0] = 1 / l[0][0], g[2] = 1 / l[1][1], g[5] = 1 / l[2][2]; /* G = L_c⁻¹ by rows: g0; g1 g2; g3 g4 g5 */
  g[1] = -l[1][0] * g[0] * g[2], g[4] = -l[2][1] * g[2] * g[5], g[3] = -(l[2][0] * g[0] + l[2][1] * g[1]) * g[5];
  variance[0] = g[0] * g[0] + g[1] * g[1] + g[3] * g[3], variance[1] = g[2] * g[2] + g[4] * g[4], variance[2] = g[5] * g[5];
  return 0;
}
