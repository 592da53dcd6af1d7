/* Shells of Fourier space on a padded grid, and the median of |F|² in each of them. */
#ifndef AET_RECON_KERNEL_SHELL_H
#define AET_RECON_KERNEL_SHELL_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

enum { AET_SHELL_BINS = 256, AET_SHELL_PASSES = 4 }; /* of a byte each: a float has four */

/* Shells that a grid N (z, y, x) has, out to its corners; a shell is as wide as one voxel of its shortest axis. */
int aet_shell_count(const ptrdiff_t N[3]);
/* shell[N_z] of the column (k_y, k_x), k_z in FFT order. */
void aet_shell_column(const ptrdiff_t N[3], ptrdiff_t ky, ptrdiff_t kx, int *shell);
/* Copies of a stored coefficient of column k_x in the whole spectrum: 2, but 1 where both halves are stored. */
int aet_shell_copies(const ptrdiff_t N[3], ptrdiff_t kx);
/* |F|² as it is compared everywhere. */
static inline float aet_power(float complex f)
{
  return crealf(f) * crealf(f) + cimagf(f) * cimagf(f);
}

/* Neighbouring shells share a median where one alone has fewer than `least` coefficients: group[shells] from weight[shells]. Returns the
   number of groups; a rest at the end joins the last. */
int aet_shell_groups(int shells, const int64_t *weight, int64_t least, int *group);

/* The weighted lower median of |F|² of every group, byte by byte from the highest (the bits of floats ≥ 0 are ordered like their values):
   pass p counts the bytes p of those values whose higher bytes are `found[group]`. Counts are whole numbers: no order of summing matters.
   histogram[groups][AET_SHELL_BINS] is added to. */
void aet_shell_count_bytes(ptrdiff_t count, const float complex *f, const int *shell, const int *group, int copies, int pass,
                           const uint32_t *found, int64_t *histogram);
/* Takes from the histogram the byte in which the value of rank `wanted[group]` (0 the smallest) lies: found[group] gets it, wanted[group]
   what is left of the rank. */
void aet_shell_take_byte(int groups, const int64_t *histogram, uint32_t *found, int64_t *wanted);
/* The float whose bits were found. */
float aet_shell_value(uint32_t found);

#endif
