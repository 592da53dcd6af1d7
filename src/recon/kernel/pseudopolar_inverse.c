#include "recon/kernel/pseudopolar_inverse.h"
#include <string.h>

size_t AetPseudopolarInverseWork(const AetPseudopolar *pp)
{
  return 2 * (size_t)(pp->n[0] * pp->n[1]);
}

void AetLaneDot(ptrdiff_t count, const AetLane *a, const AetLane *b, double sum[AET_LANES])
{
  for (int i = 0; i < AET_LANES; i++) sum[i] = 0;
  for (ptrdiff_t p = 0; p < count; p++)
    for (int i = 0; i < AET_LANES; i++) sum[i] += (double)a[p][i] * (double)b[p][i];
}

static void Weigh(void *context, int sector, ptrdiff_t u, AetLane *row)
{
  const AetPseudopolar *pp = context;
  const float           weight = (float)AetPseudopolarWeight(pp, u);

  for (ptrdiff_t i = 0; i < 2 * pp->L; i++) row[i] *= weight;
}

static AetLane Quotient(const double *a, const double *b)
{
  AetLane q;

  for (int i = 0; i < AET_LANES; i++) q[i] = b[i] > 0 ? (float)(a[i] / b[i]) : 0;
  return q;
}

static void Apply(const AetPseudopolar *pp, const AetLane *in, AetLane *out, AetLane *work)
{
  AetPseudopolarApply(pp, in, Weigh, (void *)pp, out, work);
}

void AetPseudopolarInvert(const AetPseudopolar *pp, int steps, AetLane *b, AetLane *x, AetLane *work)
{
  const ptrdiff_t count = pp->n[0] * pp->n[1];
  AetLane        *p = work + AetPseudopolarWork(pp), *image = p + count, *r = b;
  double          norm[AET_LANES], next[AET_LANES], curvature[AET_LANES];

  memcpy(x, b, sizeof *x * (size_t)count);
  if (steps < 1) return;
  Apply(pp, x, image, work);
  for (ptrdiff_t i = 0; i < count; i++) p[i] = r[i] -= image[i];
  AetLaneDot(count, r, r, norm);
  for (int step = 0; step < steps; step++) {
    AetLane length, ratio;
    Apply(pp, p, image, work);
    AetLaneDot(count, p, image, curvature);
    length = Quotient(norm, curvature);
    for (ptrdiff_t i = 0; i < count; i++) x[i] += length * p[i], r[i] -= length * image[i];
    AetLaneDot(count, r, r, next);
    ratio = Quotient(next, norm);
    for (ptrdiff_t i = 0; i < count; i++) p[i] = r[i] + ratio * p[i];
    memcpy(norm, next, sizeof norm);
  }
}
