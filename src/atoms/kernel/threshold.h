/* Where atoms begin: the valley of the histogram of intensities below the modes of the species. */
#ifndef AET_ATOMS_KERNEL_THRESHOLD_H
#define AET_ATOMS_KERNEL_THRESHOLD_H
#include <stddef.h>
#include <stdint.h>

#define AET_LOG_BINS 1024
#define AET_LOG_DECADES 5.0

/* Adds the positive `values` (`stride` doubles apart) to 1024 bins, equal in the logarithm, over five decades below `largest`; what is less
   goes nowhere. Integer counts, so that the histograms of several ranks add up exactly. */
void AetLogHistogram(ptrdiff_t count, const double *values, ptrdiff_t stride, double largest, int64_t *bins);

/* The intensity that parts atoms from noise. The histogram is smoothed (0.08 in the logarithm) and its modes are walked from the bright
   side: up to `species` modes are atoms, as long as each is at least `least_ratio` of the brightest; a mode counts if the dip before it is
   deeper than chance (three standard deviations, and 30 %). The threshold is the lowest point of the valley below the last of them. Where
   there is no valley (no noise, or noise that runs into the atoms) it is half of the mean of the last mode, the point where a peak is
   nearer to an atom than to nothing. A mode that falls slowly below its top (half of its height farther than `widest` in the logarithm) is
   noise too: where the species are not named, this has to say so. Returns 0 for an empty histogram; *valley tells which rule spoke. */
double AetThresholdFind(const int64_t *bins, double largest, int species, double least_ratio, double widest, int *valley);

#endif
