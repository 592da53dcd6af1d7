/* Neighbours in Fourier space, over ranks, around the ends of the axes and through the half that is not stored. */
#ifndef AET_RECON_SPECTRUM_HALO_H
#define AET_RECON_SPECTRUM_HALO_H

#include <aet4d/dist.h>

/* A field of the frequencies of a padded transform that is the same at k and -k, with `reach` more rows and columns on either side:
   [ky_count + 2·reach][N_x/2 + 1 + 2·reach][N_z] items of `item` bytes; rows by AetBlock over N_y as in AetTransform. The inner part is
   given; the rest is filled: rows are periodic in k_y, columns beyond k_x = 0 and N_x/2 are those of -k. Every N is at least 2·reach + 2. A
   rank without rows has no array. Collective. */
PetscErrorCode AetSpectrumHalo(MPI_Comm comm, const ptrdiff_t N[3], int reach, size_t item, void *field);

#endif
