/* A known lattice among the peaks of a power spectrum, distorted a little and turned by any angle. Plain C. */
#ifndef AET_TILT_KERNEL_LATTICE_PEAKS_H
#define AET_TILT_KERNEL_LATTICE_PEAKS_H

#include <stddef.h>

typedef struct {
  double g[2], power; /* cycles per pixel (x, y) */
} AetLatticePeak;

/* The strongest local maxima of power [Ny][row], the half plane x = 0 … Nx/2 of a transform of Ny × Nx samples, at frequencies between low
   and high, placed between the samples by a parabola of its logarithm; strongest first. Returns how many, at most `room`. */
int AetLatticePeaks(ptrdiff_t Ny, ptrdiff_t Nx, ptrdiff_t row, const float *power, double low, double high, int room, AetLatticePeak *peak);

/* Columns of `lattice` are the known vectors (px, x first). Finds the matrix of measured vectors, columns again, that explains most of the
   peaks' power among those whose distortion (the triangular M of M measured = turned lattice, less 1) stays below `most`; among equals, the
   least distorted. A lattice seen from behind counts: *mirrored. Returns the fraction of the peaks' power that is explained; 0: nothing
   found. */
double AetLatticeIndex(int peaks, const AetLatticePeak *peak, const double lattice[2][2], double most, double measured[2][2],
                       int *mirrored);

#endif
