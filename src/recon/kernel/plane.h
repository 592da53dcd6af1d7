/* Which voxels of the padded spectrum lie near the plane that a view measures (central-slice theorem). */
#ifndef AET_RECON_KERNEL_PLANE_H
#define AET_RECON_KERNEL_PLANE_H

#include <stddef.h>

/* Voxel k (signed, per axis) has frequency k_a / N_a in cycles per voxel. The view of rotation R measures the frequencies with (R f)_z = 0;
   in voxels of the padded grid that is the plane of unit normal `normal`, which is (R_3a / N_a) normalised. Vectors here are x, y, z. */
typedef struct {
  double normal[3];
  double u[3], v[3], w[3]; /* in-plane frequency of voxel k: u·k, v·k cycles per pixel; and out of plane: w·k */
} AetPlane;
/* R row-major, N in order z, y, x. */
void AetPlaneInit(const double R[9], const ptrdiff_t N[3], AetPlane *plane);
/* Of column (kx, ky), the signed kz within `distance` voxels of the plane: first … last, |kz| ≤ (Nz-1)/2. 0 if there are none. */
int AetPlaneColumn(const AetPlane *plane, double distance, ptrdiff_t Nz, ptrdiff_t ky, ptrdiff_t kx, ptrdiff_t *first, ptrdiff_t *last);
/* The foot point of voxel k in the image's spectrum, (v, u) in cycles per pixel, and the distance in voxels. 0 if it is not inside the
   circle of Nyquist's frequency. */
int AetPlaneFoot(const AetPlane *plane, ptrdiff_t kz, ptrdiff_t ky, ptrdiff_t kx, double *v, double *u, double *distance);

#endif
