/* The weights of weighted back-projection. */
#ifndef AET_RECON_KERNEL_WEIGHT_H
#define AET_RECON_KERNEL_WEIGHT_H

#include <stddef.h>

typedef enum { AET_WINDOW_RAM_LAK, AET_WINDOW_SHEPP_LOGAN, AET_WINDOW_COSINE, AET_WINDOW_HAMMING, AET_WINDOW_HANN } AetWindow;

/* The window at a frequency of r times Nyquist's, 1 at r = 0; constant beyond r = 1. */
double AetWindowAt(AetWindow window, double r);
/* What a view back-projected over a length of 1 has at a distance t from its plane of Fourier space: sinc(t) sinc(t/4), sinc(t) =
   sin(πt)/(πt). The ends of the length fade over a quarter of it: sharp ends make the sum of slabs ripple about the density of views. */
double AetSlab(double t);
/* weight[0 … count-1] = 1 / max(floor, Σ_i slab(across[i] + x along[i])): a row of frequencies, at which view i's slab, of the object's
   diameter, meets the row at `across` and moves by `along` from one to the next. */
void AetWeightRow(ptrdiff_t views, const double *across, const double *along, double floor, ptrdiff_t count, double *weight);

#endif
