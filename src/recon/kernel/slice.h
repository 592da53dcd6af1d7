/* Central slices of a padded spectrum: the gridding kernel, sampling (type 2) and spreading (type 1). Plain C on pointers and sizes. */
#ifndef AET_RECON_KERNEL_SLICE_H
#define AET_RECON_KERNEL_SLICE_H

#include <complex.h>
#include <stddef.h>
#include <string.h>

#define AET_SLICE_LANES 8 /* most taps per axis */
#define AET_SLICE_DEGREE 12

/* One value per tap. Aligned to 16 bytes only: that is what PetscMalloc gives. */
typedef float AetTaps __attribute__((vector_size(4 * AET_SLICE_LANES), aligned(16)));

/* The Kaiser–Bessel kernel φ(x) = I0(β √(1-(2x/W)²)) / I0(β), |x| ≤ W/2, and its taps as polynomials of the place between grid points. */
typedef struct {
  int     width; /* W, 4 … AET_SLICE_LANES */
  double  beta;
  AetTaps coefficient[AET_SLICE_DEGREE + 1]; /* of powers of 2s-1; lanes from W on are zero */
} AetKaiserBessel;

/* Shape for a grid of `oversampling` times the object (> 1): β of Beatty, Nishimura and Pauly, IEEE Trans. Med. Imaging 24 (2005) 799. */
void AetKaiserBesselInit(AetKaiserBessel *kernel, int width, double oversampling);
/* φ(x); x in grid steps. */
double AetKaiserBesselValue(const AetKaiserBessel *kernel, double x);
/* ∫ φ(x) exp(2πi x ξ) dx; ξ in cycles per grid step. */
double AetKaiserBesselTransform(const AetKaiserBessel *kernel, double xi);
/* φ at the grid points m, m+1, … m+W-1 about a sample, where m = ceil(c - W/2) and s = m - c + W/2 in [0, 1). */
static inline void AetKaiserBesselTaps(const AetKaiserBessel *kernel, double s, float taps[AET_SLICE_LANES])
{
  const float y = (float)(2 * s - 1);
  AetTaps     sum = kernel->coefficient[AET_SLICE_DEGREE];

  for (int i = AET_SLICE_DEGREE - 1; i >= 0; i--) sum = sum * y + kernel->coefficient[i];
  memcpy(taps, &sum, sizeof sum);
}

/* The taps, and their derivatives by c. */
static inline void AetKaiserBesselSlopes(const AetKaiserBessel *kernel, double s, AetTaps *taps, AetTaps *slopes)
{
  const float y = (float)(2 * s - 1);
  AetTaps     sum = kernel->coefficient[AET_SLICE_DEGREE], slope = sum * 0;

  for (int i = AET_SLICE_DEGREE - 1; i >= 0; i--) slope = slope * y + sum, sum = sum * y + kernel->coefficient[i];
  *taps = sum, *slopes = -2 * slope;
}

/* The half spectrum [k_y in y_start … y_start+y_count-1][k_x = 0 … N_x/2][k_z = 0 … N_z-1], N = {N_z, N_y, N_x}, and slices of Lv × Lu. */
typedef struct {
  ptrdiff_t       N[3], y_start, y_count;
  ptrdiff_t       Lv, Lu;
  int             axial; /* every slice meets rows of k_y exactly (rotations about y only, Lv = N_y): no kernel along y */
  AetKaiserBessel kernel;
} AetSliceGrid;

/* Steps on the grid, (z, y, x), of one step of q_u and of q_v. */
typedef struct {
  double u[3], v[3];
} AetSliceAxes;

/* From R (row-major; rows are x', y', z' of geometry.md): k = q_u/Lu R_row0 + q_v/Lv R_row1 cycles per voxel. */
void AetSliceAxesInit(const AetSliceGrid *grid, const double R[9], AetSliceAxes *axes);
/* Whether any sample q_u = 0 … Lu/2 of row q_v needs a row of k_y in y_start … y_start+y_count-1; may say yes too often, never no. */
int AetSliceRowTouches(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count);
/* row[q_u = 0 … Lu/2] = what the grid's rows of k_y contribute to the samples of row q_v (signed). Double, so that the parts of several
   slabs add up to the same float whatever the slabs. */
void AetSliceSampleRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, const float complex *spectrum,
                       double complex *row);
/* The transpose: adds row to the spectrum's rows y_start … y_start+y_count-1, a part of the grid's. Every stored voxel receives what falls
   on it and the conjugate of what falls on its mirror image, k_x = 0 and N_x/2 only the former. */
void AetSliceSpreadRow(const AetSliceGrid *grid, const AetSliceAxes *axes, ptrdiff_t qv, ptrdiff_t y_start, ptrdiff_t y_count,
                       const float complex *row, float complex *spectrum);

#endif
