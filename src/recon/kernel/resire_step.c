/* The arithmetic of one RESIRE step. */
#include "recon/kernel/resire_step.h"
#include <math.h>

void AetResireHold(ptrdiff_t count, double momentum, const float *x, const float *previous, const float *support, float *gradient)
{
  for (ptrdiff_t i = 0; i < count; i++) {
    double y = x[i] + momentum * ((double)x[i] - previous[i]);
    if ((y <= 0 && gradient[i] > 0) || (support && support[i] == 0)) gradient[i] = 0;
  }
}

void AetResireUpdate(ptrdiff_t count, double step, double momentum, const float *x, const float *gradient, const float *direction,
                     const float *support, float *previous, double sums[2])
{
  double uphill = 0, moved = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    double y = x[i] + momentum * ((double)x[i] - previous[i]), next = y - step * direction[i];
    next = next > 0 && !(y <= 0 && gradient[i] == 0) ? next : 0;
    if (support) next *= support[i];
    uphill += (y - next) * (next - x[i]), moved += (next - y) * (next - y);
    previous[i] = (float)next;
  }
  sums[0] += uphill, sums[1] += moved;
}

void AetResireResidual(ptrdiff_t count, double momentum, const float *Ax, const float *Aprevious, const float *b, const unsigned char *use,
                       float *residual)
{
  for (ptrdiff_t i = 0; i < count; i++)
    residual[i] = use[i] == AET_PIXEL_USED ? (float)(Ax[i] + momentum * ((double)Ax[i] - Aprevious[i]) - b[i]) : 0;
}

void AetResireMisfit(ptrdiff_t count, const float *Ax, const float *b, const unsigned char *use, double sums[6])
{
  for (ptrdiff_t i = 0; i < count; i++) {
    double difference = (double)Ax[i] - b[i];
    if (use[i] == AET_PIXEL_USED) {
      sums[0] += fabs(difference), sums[1] += fabsf(b[i]);
      sums[2] += difference * difference, sums[5] += (double)b[i] * b[i];
    } else if (use[i] == AET_PIXEL_WITHHELD) {
      sums[3] += fabs(difference), sums[4] += fabsf(b[i]);
    }
  }
}
