/* Two volumes in Fourier space: how well one matches the other after a rotation, a reflection and a shift. Plain C. */
#ifndef AET_RECON_KERNEL_MATCH_VOLUME_H
#define AET_RECON_KERNEL_MATCH_VOLUME_H

#include <complex.h>
#include <stddef.h>

/* A sample of the fixed volume's spectrum: k in steps of the moving one's grid, and the value over the root mean square of its shell. */
typedef struct {
  double         k[3]; /* x, y, z */
  double complex value;
} AetMatchSample;

/* Mean over the samples of Re(value · conj(M(G k)) exp(2πi k·shift)), M by trilinear interpolation of `spectrum` [N][N][N] (z, y, x;
   periodic; of an object about voxel 0); shift in voxels of that grid's space times 1/N: k·shift / N cycles. */
double AetMatchScore(ptrdiff_t count, const AetMatchSample *samples, ptrdiff_t N, const float complex *spectrum, const double G[9],
                     const double shift[3]);
/* Values of a volume [n][n][n] between its voxels by Keys' cubic convolution (IEEE Trans. ASSP 29 (1981) 1153), 0 outside; place z, y, x.
 */
double AetCubicAt(const ptrdiff_t n[3], const float *volume, const double place[3]);

#endif
