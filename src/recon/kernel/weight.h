/* The weights of weighted back-projection. */
#ifndef AET_RECON_KERNEL_WEIGHT_H
#define AET_RECON_KERNEL_WEIGHT_H

#include <stddef.h>

typedef enum { AET_WINDOW_RAM_LAK, AET_WINDOW_SHEPP_LOGAN, AET_WINDOW_COSINE, AET_WINDOW_HAMMING, AET_WINDOW_HANN } AetWindow;

/* The window at a frequency of r times Nyquist's, 1 at r = 0; constant beyond r = 1. */
double AetWindowAt(AetWindow window, double r);
/* weight[0 … count-1] = 1 / max(floor, Σ_i sinc(across[i] + x along[i])), sinc(t) = sin(πt)/(πt): a row of frequencies, at which view i's
   slab, of the object's diameter, meets the row at `across` and moves by `along` from one to the next. */
void AetWeightRow(ptrdiff_t views, const double *across, const double *along, double floor, ptrdiff_t count, double *weight);

#endif
