/* Which pixels of an image were measured. */
#include "recon/kernel/pixels.h"

static int LineIsZero(const float *b, ptrdiff_t count, ptrdiff_t stride)
{
  for (ptrdiff_t i = 0; i < count; i++)
    if (b[i * stride] != 0) return 0;
  return 1;
}

static void BlankLine(unsigned char *use, ptrdiff_t count, ptrdiff_t stride)
{
  for (ptrdiff_t i = 0; i < count; i++) use[i * stride] = AET_PIXEL_UNMEASURED;
}

/* Lines of `count` pixels, `stride` apart, `lines` of them `pitch` apart: from the first inwards and from the last inwards. */
static void BlankBorder(const float *b, unsigned char *use, ptrdiff_t lines, ptrdiff_t pitch, ptrdiff_t count, ptrdiff_t stride)
{
  for (ptrdiff_t i = 0; i < lines && LineIsZero(b + i * pitch, count, stride); i++) BlankLine(use + i * pitch, count, stride);
  for (ptrdiff_t i = lines - 1; i >= 0 && LineIsZero(b + i * pitch, count, stride); i--) BlankLine(use + i * pitch, count, stride);
}

void AetPixelsBlankBorder(ptrdiff_t ny, ptrdiff_t nx, const float *b, unsigned char *use)
{
  BlankBorder(b, use, nx, 1, ny, nx);
  BlankBorder(b, use, ny, nx, nx, 1);
}
