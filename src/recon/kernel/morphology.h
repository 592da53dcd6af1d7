/* Neighbourhoods along one axis: Gaussian smoothing, distances, and the threshold between two classes of values. */
#ifndef AET_RECON_KERNEL_MORPHOLOGY_H
#define AET_RECON_KERNEL_MORPHOLOGY_H

#include <stddef.h>
#include <stdint.h>

/* An axis: n points of `block` values each, of which points low … high - 1 exist (low ≤ 0, n ≤ high); `from` and `to` are at point 0. What
   does not exist does not count, so a line may be worked on in parts with the same bits as in one. */
typedef struct {
  ptrdiff_t n, block, low, high;
} AetAxis;

/* weight[2·reach + 1] of a Gaussian of `sigma` points, of sum 1. */
void AetGaussWeights(double sigma, ptrdiff_t reach, float *weight);
/* to = the mean of the points within `reach` that exist, by these weights; a constant stays what it is. */
void AetGaussAxis(const AetAxis *axis, ptrdiff_t reach, const float *weight, const float *from, float *to);
/* to = max over |t| ≤ reach of from(i + t) - t², not below 0. Where `from` is (reach+1)² on a set and 0 elsewhere, this on all axes leaves
   (reach+1)² - d², d the distance from the set, exact for d ≤ reach. */
void AetNearAxis(const AetAxis *axis, ptrdiff_t reach, const float *from, float *to);
/* The value between low and high that parts the histogram in two classes of the largest variance between them (Otsu, IEEE Trans. Syst. Man
   Cybern. 9 (1979) 62). */
double AetOtsuThreshold(int bins, const int64_t *count, double low, double high);
/* From 1 at distance 0 to 0 at `width`, half a period of a cosine. */
double AetCosineEdge(double distance, double width);

#endif
