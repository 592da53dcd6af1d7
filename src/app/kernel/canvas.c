/* Drawing: magnified images, rings, boxes, letters. */
#include "kernel/canvas.h"
#include "kernel/font.h"
#include <math.h>

static double ToSrgb(double linear)
{
  linear = fmin(fmax(linear, 0), 1);
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
}

void AetKernelCanvasToBytes(const AetCanvas *canvas, int factor, unsigned char *bytes)
{
  ptrdiff_t ny = canvas->ny / factor, nx = canvas->nx / factor;

  for (ptrdiff_t y = 0; y < ny; y++)
    for (ptrdiff_t x = 0; x < nx; x++)
      for (int c = 0; c < 3; c++) {
        double sum = 0;

        for (int j = 0; j < factor; j++)
          for (int i = 0; i < factor; i++) sum += canvas->rgb[3 * ((y * factor + j) * canvas->nx + x * factor + i) + c];
        bytes[3 * (y * nx + x) + c] = (unsigned char)lround(255 * ToSrgb(sum / (factor * factor)));
      }
}

static float *Pixel(AetCanvas *canvas, ptrdiff_t x, ptrdiff_t y)
{
  return x < 0 || y < 0 || x >= canvas->nx || y >= canvas->ny ? NULL : &canvas->rgb[3 * (y * canvas->nx + x)];
}

/* Index below a position between pixel centres, held inside the image, and the fraction to the next. */
static ptrdiff_t Between(double position, ptrdiff_t n, double *fraction)
{
  ptrdiff_t below;

  position = fmin(fmax(position, 0), (double)(n - 1));
  below = (ptrdiff_t)position;
  if (below > n - 2) below = n > 1 ? n - 2 : 0;
  *fraction = n > 1 ? position - (double)below : 0;
  return below;
}

void AetKernelCanvasImage(AetCanvas *canvas, ptrdiff_t x0, ptrdiff_t y0, int zoom, const float *image, ptrdiff_t ny, ptrdiff_t nx,
                          float low, float high)
{
  for (ptrdiff_t y = 0; y < ny * zoom; y++)
    for (ptrdiff_t x = 0; x < nx * zoom; x++) {
      double       fx, fy, value, grey;
      ptrdiff_t    i = Between(((double)x + 0.5) / zoom - 0.5, nx, &fx), j = Between((double)ny - 0.5 - ((double)y + 0.5) / zoom, ny, &fy);
      const float *a = &image[j * nx + i], *b = ny > 1 ? a + nx : a;
      ptrdiff_t    next = nx > 1;
      float       *pixel = Pixel(canvas, x0 + x, y0 + y);

      value = (1 - fy) * ((1 - fx) * a[0] + fx * a[next]) + fy * ((1 - fx) * b[0] + fx * b[next]);
      grey = fmin(fmax((value - low) / fmax(high - low, 1e-30), 0), 1);
      for (int c = 0; pixel && c < 3; c++) pixel[c] = (float)pow(grey, 1.3); /* with sRGB: weak atoms stay visible beside strong ones */
    }
}

void AetKernelCanvasRing(AetCanvas *canvas, double x, double y, double radius, double thickness, const float colour[3], double opacity)
{
  double reach = radius + thickness;

  for (ptrdiff_t j = (ptrdiff_t)floor(y - reach); j <= (ptrdiff_t)ceil(y + reach); j++)
    for (ptrdiff_t i = (ptrdiff_t)floor(x - reach); i <= (ptrdiff_t)ceil(x + reach); i++) {
      double off = fabs(hypot((double)i + 0.5 - x, (double)j + 0.5 - y) - radius) - thickness / 2;
      double cover = opacity * fmin(fmax(0.5 - off, 0), 1);
      float *pixel = Pixel(canvas, i, j);

      for (int c = 0; pixel && c < 3; c++) pixel[c] += (float)(cover * (colour[c] - pixel[c]));
    }
}

void AetKernelCanvasBox(AetCanvas *canvas, ptrdiff_t x0, ptrdiff_t y0, ptrdiff_t x1, ptrdiff_t y1, const float colour[3])
{
  for (ptrdiff_t y = y0; y < y1; y++)
    for (ptrdiff_t x = x0; x < x1; x++) {
      float *pixel = Pixel(canvas, x, y);

      for (int c = 0; pixel && c < 3; c++) pixel[c] = colour[c];
    }
}

ptrdiff_t AetKernelCanvasText(AetCanvas *canvas, ptrdiff_t x, ptrdiff_t y, int size, const char *text, const float colour[3])
{
  ptrdiff_t begin = x;

  for (; *text; text++, x += 6 * size) {
    const unsigned char *glyph = AetKernelGlyph(*text);

    for (int column = 0; glyph && column < 5; column++)
      for (int row = 0; row < 7; row++)
        if (glyph[column] >> row & 1)
          AetKernelCanvasBox(canvas, x + column * size, y + row * size, x + (column + 1) * size, y + (row + 1) * size, colour);
  }
  return x - begin;
}
