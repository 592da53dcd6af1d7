/* An electron in a microscope: its wavelength, the lens and the detector as functions of the spatial frequency. Plain C. */
#ifndef AET_SIMULATE_ELECTRON_WAVE_H
#define AET_SIMULATE_ELECTRON_WAVE_H

#include <stddef.h>

/* Wavelength in Å and mass over rest mass of an electron of this kinetic energy. Constants: CODATA 2018. */
double AetKernelWavelength(double energy_kev);
double AetKernelMassRatio(double energy_kev);
/* Aberration of the lens in radian at the frequency k (1/Å): π λ k² (Cs λ² k² / 2 - defocus); the defocus, in Å, is positive where the
   focus lies further along the beam. Kirkland, Advanced Computing in Electron Microscopy, 2nd ed., eq. 2.10. */
double AetKernelAberration(double wavelength, double k, double defocus_angstrom, double cs_mm);
/* The part of the pixel at frequency index (iy, ix) of a grid of step dk (1/Å) that lies within the circle of radius k about zero. */
double AetKernelDiscPart(double dk, ptrdiff_t iy, ptrdiff_t ix, double k);
/* Index of an FFT's place as a signed frequency. */
static inline ptrdiff_t AetKernelFrequency(ptrdiff_t place, ptrdiff_t n)
{
  return place <= (n - 1) / 2 ? place : place - n;
}

#endif
