/* The cross-correlation of two images near its peak, at any fraction of a pixel, from their cross-spectrum. Plain C.
   The matrix-multiplication transform of Guizar-Sicairos, Thurman, Fienup, Opt. Lett. 33 (2008) 156. */
#ifndef AET_TILT_KERNEL_UPSAMPLED_H
#define AET_TILT_KERNEL_UPSAMPLED_H

#include <complex.h>
#include <stddef.h>

#define AET_UPSAMPLED_POINTS 15 /* of the grid along an axis */

/* cross [Ny][Nx/2+1] is conj(F) G of an r2c transform (Nx even). The correlation is
     c(dy, dx) = Re Σ over the full spectrum of cross(k) exp(2πi (ky dy/Ny + kx dx/Nx)),
   of which the frequencies |ky| ≤ my, kx ≤ mx are looked at. */
typedef struct {
  ptrdiff_t            Ny, Nx, my, mx;
  const float complex *cross;
} AetCross;

/* The largest value of c on a grid of points with `spacing`, centred at d = {dy, dx}, which moves there. work: AetUpsampledWork() floats.
 */
double AetUpsampledPeak(const AetCross *cross, double spacing, double d[2], float *work);
size_t AetUpsampledWork(const AetCross *cross);
/* c at d, its gradient {d/dy, d/dx} and its second derivatives {yy, yx, xx}. */
double AetUpsampledValue(const AetCross *cross, const double d[2], double gradient[2], double hessian[3]);
/* Newton's method from d to the maximum of c, never further than `reach` px from where it began. Returns c there; `hessian` as above. */
double AetUpsampledNewton(const AetCross *cross, double reach, double d[2], double hessian[3]);

#endif
