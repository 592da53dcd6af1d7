#ifndef AET_TILT_COMMON_LINE_H
#define AET_TILT_COMMON_LINE_H

#include <complex.h>
#include <stddef.h>

/* spectrum [N/2+1] of line[n] followed by zeros up to an even N; and back, moved: out(y) = line(y + t), y = 0 … n-1. With `derivative`,
   that of it by y. */
void AetKernelLineSpectrum(ptrdiff_t n, ptrdiff_t N, const double *line, double complex *spectrum);
void AetKernelLineMoved(ptrdiff_t n, ptrdiff_t N, const double complex *spectrum, double t, int derivative, double *out);

/* Weighted least squares of moved(y) = scale · reference(y) + offset - scale · step · reference'(y): the scale, the offset and the step by
   which to move further. Points of no weight do not count. Returns the sum of the weighted squares that are left. */
double AetKernelLineFit(ptrdiff_t n, const double *moved, const double *reference, const double *derivative, const double *weight,
                        double *scale, double *offset, double *step);

#endif
