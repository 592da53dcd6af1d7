/* A Fourier shell correlation as a table of text. */
#ifndef AET_APP_CURVE_H
#define AET_APP_CURVE_H

#include <aet4d/recon.h>

/* Comma-separated, one line of names, one line per shell: frequency in 1/Å, correlation, half-bit threshold. Call on one rank. */
PetscErrorCode AetCurveWrite(const AetResolution *resolution, const char *path);

#endif
