/* Which pixels of an image were measured. */
#ifndef AET_RECON_KERNEL_PIXELS_H
#define AET_RECON_KERNEL_PIXELS_H

#include <stddef.h>

/* What a pixel is for. */
enum { AET_PIXEL_UNMEASURED, AET_PIXEL_USED, AET_PIXEL_WITHHELD };

/* Marks as unmeasured the rows and columns at the borders of image b that are exactly zero from end to end: where the field of view of a
   tilted film was cut to what all views share, the array is filled up with them. */
void AetPixelsBlankBorder(ptrdiff_t ny, ptrdiff_t nx, const float *b, unsigned char *use);

#endif
