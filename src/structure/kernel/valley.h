/* Peaks and the first valley of a pair distribution. */
#ifndef AET_STRUCTURE_KERNEL_VALLEY_H
#define AET_STRUCTURE_KERNEL_VALLEY_H
#include <stddef.h>

/* g [bins] at (k + 1/2) width, from `nearest` (a typical distance of nearest neighbours) on: *peak and *valley become the first peak and
   the valley behind it of g smoothed by a Gaussian of AET_VALLEY_SMOOTHING · nearest. Returns 0 where there is no valley: both are then of
   a guess, `nearest` and AET_VALLEY_GUESS times that. g should reach 2.5 · nearest. */
int AetValleyFind(ptrdiff_t bins, double width, const double *g, double nearest, double *peak, double *valley);

/* Of the shells of fcc, at 1 and 1.414, it keeps the valley; those of bcc, at 1 and 1.155, become one peak. */
#define AET_VALLEY_SMOOTHING 0.075
/* A valley is at most this part of its peak; else it is noise. */
#define AET_VALLEY_DEPTH 0.7
#define AET_VALLEY_GUESS 1.2071 /* midway between the first shells of fcc */

/* Maxima beyond `from` of g [bins] smoothed by a Gaussian of 1.5 bins, by distance: up to `room` positions, at their vertex, and heights;
   how many there are. One counts if the curve falls by a tenth of its height, and by 0.05, to both sides. */
ptrdiff_t AetPeaksFind(ptrdiff_t bins, double width, const double *g, double from, ptrdiff_t room, double *peak, double *height);

#endif
