/* Pixels that count, and pixels withheld. */
#include "recon/kernel/pixels.h"
#include "recon/recon_private.h"
#include <string.h>

#define STREAM_WITHHELD 0x7265736972650001ull /* of the random numbers that choose withheld pixels */

void AetReconPixels(AetRecon recon, double withheld, unsigned char *use)
{
  const AetTiltSeries tilt = recon->tilt;
  const ptrdiff_t     pixels = tilt->ny * tilt->nx;

#pragma omp parallel for num_threads(AetThreads())
  for (ptrdiff_t j = 0; j < tilt->v_count; j++) {
    unsigned char *image = use + j * pixels;
    memset(image, AET_PIXEL_USED, (size_t)pixels);
    if (recon->extended) AetPixelsBlankBorder(tilt->ny, tilt->nx, tilt->image + j * pixels, image);
    for (ptrdiff_t i = 0; i < pixels && withheld > 0; i++) {
      double dice = AetRandomUniform(recon->seed, STREAM_WITHHELD, (uint64_t)((tilt->v_start + j) * pixels + i));
      if (image[i] == AET_PIXEL_USED && dice < withheld) image[i] = AET_PIXEL_WITHHELD;
    }
  }
}
