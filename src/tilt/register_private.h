/* Registration without PETSc around it, for threads: what the public functions of register.c do. */
#ifndef AET_TILT_REGISTER_PRIVATE_H
#define AET_TILT_REGISTER_PRIVATE_H

#include <aet4d/tilt.h>

/* AetRegisterLines, AetRegisterSpectrum, AetRegisterMatchSpectra; arguments are not checked. */
void AetMoveLines(AetRegister room, const double (*path)[2], const float *frame, float *even, float *covered);
void AetMatchSpectrum(AetRegister room, double taper, const float *image, float complex *spectrum);
void AetMatchSpectra(AetRegister room, const AetMatchOptions *options, const float complex *reference, const float complex *image,
                     AetMatch *match);
/* An image with white noise of `variance` made a template: Wiener-filtered, and its derivatives along x and y; all [ny][nx]. */
void AetMatchTemplate(AetRegister room, double variance, const float *image, float *filtered, float *along_x, float *along_y);

#endif
