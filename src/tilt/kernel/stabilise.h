/* The generalised Anscombe transform and its exact unbiased inverse, for z = alpha p + n, p ~ Poisson, n ~ N(mu, sigma²). */
#ifndef AET_TILT_KERNEL_STABILISE_H
#define AET_TILT_KERNEL_STABILISE_H
#include <stddef.h>

enum { AET_INVERSE_POINTS = 4096 };
typedef struct {
  double alpha, mu, sigma;
  int    gaussian;                 /* alpha means nothing beside sigma: (z - mu) / sigma */
  double s2;                       /* (sigma/alpha)² */
  double low, step, slope;         /* of the table: D of its first entry, spacing, d mean/dD there */
  double mean[AET_INVERSE_POINTS]; /* of p, whose transformed values have the mean low + i · step */
} AetStabiliser;

/* Below 10⁻⁴ of sigma, alpha would be felt by values of 10⁴ sigma only, and the noise counts as Gaussian. alpha, sigma ≥ 0, not both 0. */
void AetStabiliserSet(AetStabiliser *s, double alpha, double mu, double sigma);
/* out = D(z), of variance 1 (may be the same array). */
void AetStabilise(const AetStabiliser *s, ptrdiff_t count, const float *z, float *out);
/* The z whose transformed values have the mean D: by the table up to a mean of p of 250 (Mäkitalo and Foi, IEEE Trans. Image Process. 22
   (2013) 91), by their closed form beyond; straight on below the transform of 0, so that an empty background is left without bias. */
void AetUnstabilise(const AetStabiliser *s, ptrdiff_t count, const float *D, float *out);
/* E D(x) of x = p + n, p ~ Poisson(mean), n ~ N(0, s2), and its derivative. `g`: from AetStabilisedCounts. */
double AetStabilisedMean(double mean, const double *g, int counts, double *derivative);
/* g[p] = E 2 √max(0, p + n + 3/8 + s2), p = 0 … counts-1. */
void AetStabilisedCounts(double s2, int counts, double *g);

#endif
