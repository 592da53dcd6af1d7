/* One atom of a joint fit: its Gaussian against what all other atoms leave of the volume. */
#ifndef AET_ATOMS_KERNEL_JOINT_H
#define AET_ATOMS_KERNEL_JOINT_H
#include <stddef.h>

/* Planes first … first + n[0] - 1 of a volume; positions are in voxels of the whole volume, x, y, z. */
typedef struct {
  const float *data; /* [n[0]][n[1]][n[2]] */
  ptrdiff_t    n[3], first;
} AetJointGrid;

typedef struct {
  double centre[3], height;
} AetJointAtom;

/* Gauss-Newton step of one atom height·exp(-Σ (r_a - centre_a)² / 2 sigma_a²) to the grid `residual` (the volume less all atoms, this one
   too) inside a sphere of `radius` voxels (at most 31): `step` receives the change of centre and height. A direction that the sphere does
   not determine stays. `width` [9], unless NULL, receives what the atom says about the logarithms of the three sigmas that all atoms share,
   its own parameters eliminated: normal matrix xx, yy, zz, xy, xz, yz and right-hand side x, y, z. Summed over the atoms they make the
   Gauss-Newton step of the widths. */
void AetJointStep(const AetJointGrid *residual, const AetJointAtom *atom, const double sigma[3], double radius, AetJointAtom *step,
                  double *width);

/* Gradient and Hessian (xx, yy, zz, xy, xz, yz) at `at` of the weighted least-squares quadratic through the grid, plus the atom if there is
   one: weights exp(-r²/2 scale²), r ≤ radius, in voxels. Zero where the sphere does not determine them. */
void AetJointCurvature(const AetJointGrid *residual, const double at[3], const AetJointAtom *atom, const double sigma[3], double scale,
                       double radius, double gradient[3], double hessian[6]);

/* Mean square displacement of a top of this Hessian under gradients of covariance `noise` (both xx, yy, zz, xy, xz, yz); negative where
   the Hessian is not negative definite. */
double AetJointDisplacement(const double hessian[6], const double noise[6]);

#endif
