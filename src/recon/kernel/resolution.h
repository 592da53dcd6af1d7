/* Resolution from a Fourier shell correlation. */
#ifndef AET_RECON_KERNEL_RESOLUTION_H
#define AET_RECON_KERNEL_RESOLUTION_H

/* Correlation at which a shell of `independent` Fourier coefficients carries half a bit each (van Heel and Schatz, J. Struct. Biol. 151
   (2005) 250). Above 1 where the shell has too few. */
double aet_half_bit(double independent);
/* Shell at which `fsc` first falls below `threshold`, both [shells], between shells by linear interpolation; shells - 1 where it never
   does. Shell 0, the mean, is not asked. */
double aet_first_crossing(int shells, const double *fsc, const double *threshold);

#endif
