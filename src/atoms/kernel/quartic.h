/* Least-squares quartic about the centre of a sphere of samples: value, gradient and Hessian there. */
#ifndef AET_ATOMS_KERNEL_QUARTIC_H
#define AET_ATOMS_KERNEL_QUARTIC_H
#include <stddef.h>

#define AET_QUARTIC_HALF 3     /* samples at -3 … 3 steps per axis */
#define AET_QUARTIC_SIDE 7     /* 2·half + 1 */
#define AET_QUARTIC_POINTS 179 /* lattice points within 3.5 steps of the centre */

/* The points are always centred on the current position, so one solution operator serves every atom and every step. */
typedef struct {
  int    point[AET_QUARTIC_POINTS];     /* into the [7][7][7] samples (z, y, x) */
  double solve[10][AET_QUARTIC_POINTS]; /* rows of the weighted pseudo-inverse: 1, x, y, z, x², y², z², xy, xz, yz */
} AetQuartic;

/* All 35 monomials x^i y^j z^k, i+j+k ≤ 4, weights exp(-r²/3²) in steps, by QR. */
void AetQuarticPrepare(AetQuartic *quartic);
/* Coefficients (per step, per step²) of the ten monomials of degree ≤ 2. */
void AetQuarticFit(const AetQuartic *quartic, const double *samples, double coefficient[10]);
/* Newton step (x, y, z; in steps) to the top of the quadratic part. Returns nonzero unless the Hessian is negative definite. */
int AetQuarticStep(const double coefficient[10], double step[3]);

#endif
