/* Shaded spheres seen from infinity. Plain C on arrays. */
#ifndef AET_APP_SPHERES_H
#define AET_APP_SPHERES_H

#include <stddef.h>

/* What is seen of spheres of one radius at centre[count][3] (x right, y up, z towards the viewer; any length): for each pixel of a picture
   of ny rows (first on top) and nx columns, centred on the origin, `scale` pixels per length, the z of the nearest surface in depth[ny][nx]
   (-1e30 where there is none) and its sphere in who[ny][nx] (-1). */
void AetKernelSpheresSee(ptrdiff_t count, const double *centre, double radius, ptrdiff_t ny, ptrdiff_t nx, double scale, float *depth,
                         int *who);

/* A picture of what was seen. */
typedef struct {
  ptrdiff_t     count, ny, nx;
  const double *centre;     /* [count][3] */
  const float (*colour)[3]; /* [count], linear light 0 ... 1 */
  double       radius, scale;
  const float *depth; /* [ny][nx] from AetKernelSpheresSee */
  const int   *who;
  double       to_light[9]; /* rotation into the frame that looks from the light */
  ptrdiff_t    light_n;     /* edge of the square seen from the light */
  const float *light_depth; /* [light_n][light_n], at light_scale pixels per length */
  double       light_scale;
} AetSpheres;
/* Colours rgb[ny][nx][3] in linear light: a key light with soft shadows, sky light dimmed in crevices, a highlight, haze with depth, over a
   background that darkens outwards. Threads share the rows. */
void AetKernelSpheresShade(const AetSpheres *spheres, int threads, float *rgb);

#endif
