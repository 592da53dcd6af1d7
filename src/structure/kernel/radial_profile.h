/* The order parameter against the distance from the core of a nucleus: S(r) = b + S_c (1 - tanh((r - r0)/w))/2. Plain C on arrays. */
#ifndef AET_STRUCTURE_KERNEL_RADIAL_PROFILE_H
#define AET_STRUCTURE_KERNEL_RADIAL_PROFILE_H

#define AET_RADIAL_BINS 64

typedef struct {
  double order, radius, width, baseline; /* S_c, r0, w, b */
  double sigma[3];                       /* standard deviations of S_c, r0, w */
  double rms;                            /* of what the fit leaves, weighted */
} AetRadialFit;

/* S at r. */
double AetRadialOrder(const AetRadialFit *fit, double r);
/* Weighted least squares of the profile, averaged over a Gaussian of standard deviation `smoothing` (0: none) in space, to value[bins] at
   r[bins] (ascending, equidistant). The value in the middle stays below `limit`. `baseline`: b is fitted too, else it is 0. Nonzero where
   there is nothing to fit: fewer than five bins of positive weight, or no order in the middle. */
int AetRadialFitProfile(int bins, const double *r, const double *value, const double *weight, double smoothing, int baseline, double limit,
                        AetRadialFit *fit);
/* ∫ S dV and ∫ |grad S| dV of the profile without its baseline: of a step the volume and the area of a sphere. */
void AetRadialIntegrals(const AetRadialFit *fit, double *volume, double *area);

#endif
