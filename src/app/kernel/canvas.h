/* Drawing on an RGB picture of linear light, rgb[ny][nx][3], first row on top. Plain C on arrays. */
#ifndef AET_APP_CANVAS_H
#define AET_APP_CANVAS_H

#include <stddef.h>

typedef struct {
  ptrdiff_t ny, nx;
  float    *rgb;
} AetCanvas;

/* Mean of blocks of factor x factor pixels, as 8-bit sRGB in bytes[ny/factor][nx/factor][3]. */
void AetKernelCanvasToBytes(const AetCanvas *canvas, int factor, unsigned char *bytes);
/* An image [ny][nx] (row 0 at the bottom: y upwards) magnified `zoom` times by linear interpolation between pixel centres, its upper left
   corner at (x0, y0); values low ... high become black ... white. */
void AetKernelCanvasImage(AetCanvas *canvas, ptrdiff_t x0, ptrdiff_t y0, int zoom, const float *image, ptrdiff_t ny, ptrdiff_t nx,
                          float low, float high);
/* A ring of the given radius and thickness about (x, y) in pixels, smooth edges, mixed over the picture with `opacity`. */
void AetKernelCanvasRing(AetCanvas *canvas, double x, double y, double radius, double thickness, const float colour[3], double opacity);
/* A filled rectangle. */
void AetKernelCanvasBox(AetCanvas *canvas, ptrdiff_t x0, ptrdiff_t y0, ptrdiff_t x1, ptrdiff_t y1, const float colour[3]);
/* Letters, digits and . - of a 5 x 7 dot font, `size` pixels per dot, upper left corner at (x, y); other characters are blanks. Returns the
   width. */
ptrdiff_t AetKernelCanvasText(AetCanvas *canvas, ptrdiff_t x, ptrdiff_t y, int size, const char *text, const float colour[3]);

#endif
