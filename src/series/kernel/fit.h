/* Rotation, shift and stretch between paired points, with weights. Plain C. */
#ifndef AET_SERIES_KERNEL_FIT_H
#define AET_SERIES_KERNEL_FIT_H

#include <stddef.h>

typedef enum { AET_FIT_RIGID, AET_FIT_SCALE, AET_FIT_AFFINE } AetFitKind;
/* A point a goes to linear · a + shift; linear = rotation · stretch, stretch symmetric. */
typedef struct {
  double linear[9], rotation[9], stretch[9], shift[3];
} AetFit;

/* The identity. */
void AetFitIdentity(AetFit *fit);
/* Least Σ weight |linear a + shift - b|² over pairs (weight NULL: 1). The scale is the ratio of the radii of gyration, which noise in both
   lists leaves unbiased; scale and the eigenvalues of an affine stretch may be anything > 0. Returns nonzero where the pairs do not fix it:
   fewer than 3 (affine: 4), or in one plane or line, so that `fit` is unchanged. */
int AetFitPairs(AetFitKind kind, ptrdiff_t count, const double *a, const double *b, const double *weight, AetFit *fit);
/* y = linear x + shift. */
void AetFitMap(const double linear[9], const double shift[3], const double x[3], double y[3]);
/* outer ∘ inner; rotation and stretch from the polar decomposition of the product. */
void AetFitCompose(const AetFit *outer, const AetFit *inner, AetFit *both);
/* Eigenvalues of a symmetric 3 x 3 matrix, ascending. */
void AetSymmetricEigenvalues(const double m[9], double value[3]);
/* Angle of the turn from one rotation to another, radian. */
double AetFitTurnAngle(const double A[9], const double B[9]);

#endif
