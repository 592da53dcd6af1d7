/* The Wiener gain of a spectrum over its background. */
#ifndef AET_RECON_KERNEL_WIENER_H
#define AET_RECON_KERNEL_WIENER_H

#include <complex.h>
#include <stddef.h>

/* gain = max(0, |F|² - b) / |F|², where b is the background of the coefficient's shell, background[group[shell]]; 0 where F is 0. */
void aet_wiener_gain(ptrdiff_t count, const float complex *f, const int *shell, const int *group, const float *background, float *gain);
/* mean[count] over 3³ of a periodic line and its eight neighbours: from[9] lines, in a fixed order. */
void aet_wiener_box(ptrdiff_t count, const float *const from[9], float *mean);

#endif
