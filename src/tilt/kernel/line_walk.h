/* The path of a drift along the lines of a frame, from what each line says. Plain C.
   Line l says: information[l] (a 2 × 2 matrix {xx, xy, yy}, 1/px²) about the displacement d_l = {dx, dy}, and pull[l] = information · the
   displacement it would choose. All paths minimise Σ (d_l - chosen)ᵀ information (d_l - chosen) and what is said of each. */
#ifndef AET_TILT_KERNEL_LINE_WALK_H
#define AET_TILT_KERNEL_LINE_WALK_H

#include <stddef.h>

/* A random walk with steady drift: steps d_{l+1} - d_l are normal with mean rate[2] and variance step_variance (px² per line and axis, >
   0): the maximum of the posterior, by a block-tridiagonal solution (Kalman's smoother). variance [ny] (NULL: not wanted): mean of the two
   posterior variances of each line. Returns the logarithm of the evidence, less what depends on neither rate nor step_variance.
   work: 8 ny doubles. */
double AetLineWalk(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], const double rate[2], double step_variance,
                   double (*path)[2], double *variance, double *work);
/* The same with a rate of its own, normal about rate[2] with variance rate_variance: rate[2] becomes the most likely one. */
double AetLineWalkFree(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], double rate[2], double rate_variance,
                       double step_variance, double (*path)[2], double *variance, double *work);
/* Lines that jitter by themselves, with variance jitter_variance about the path: information and pull about the path alone ([ny], others
   than those given). Returns what this adds to the logarithm of the evidence. */
double AetLineSoften(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], double jitter_variance,
                     double (*soft_information)[3], double (*soft_pull)[2]);
/* Adds to a path each line's own most likely jitter. Returns the mean posterior variance of the jitter, the path being known. */
double AetLineJitter(ptrdiff_t ny, const double (*information)[3], const double (*soft_information)[3], const double (*soft_pull)[2],
                     double    jitter_variance, double (*path)[2]);
/* d_l = shift + rate (l - (ny-1)/2), both free (`rates` 1) or the rate as given (0). Returns the mean posterior variance of the lines. */
double AetLineStraight(ptrdiff_t ny, const double (*information)[3], const double (*pull)[2], int rates, double rate[2], double (*path)[2]);
/* Shift (mean) and rate (least squares slope) of a path. */
void AetLineSummary(ptrdiff_t ny, const double (*path)[2], double shift[2], double rate[2]);

#endif
