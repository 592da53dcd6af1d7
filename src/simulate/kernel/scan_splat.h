/* An atom as a distorted, drifting scan shows it: what the beam meets at every pixel, line by line. Plain C. */
#ifndef AET_SIMULATE_SCAN_SPLAT_H
#define AET_SIMULATE_SCAN_SPLAT_H

#include <stddef.h>

/* The integral over a pixel at distance d of a unit Gaussian, tabled: straight between points 1/1024 px apart (error below 2e-7 of
 * 1/sigma). */
enum { AET_PROFILE_STEPS = 1024 };
typedef struct {
  double  reach; /* zero from here on */
  double *value; /* [AetProfileSize(sigma)] of |d| in steps */
} AetProfile;
size_t AetProfileSize(double sigma);
void   AetProfileFill(double sigma, double *value, AetProfile *profile);

/* One frame. Line l of scan direction `quarter` (times 90 degrees) is row y = l, column x = nx-1-l, row ny-1-l, column l. */
typedef struct {
  ptrdiff_t     ny, nx;
  int           quarter;
  const double *place;             /* [ny][nx][2] where on the object the beam stands (x, y), px from the centre */
  const double *move;              /* [lines][2] by which the object lies displaced while the line is scanned, in pixels of the object */
  double        least[2], most[2]; /* of the moves, in pixels of the image, widened by what the distortion may stretch */
} AetScan;

/* Lines of a frame. */
ptrdiff_t AetScanLines(const AetScan *scan);
/* Adds to image [ny][nx] an atom of integral `weight` that lies at `object` (px of the object from the centre), seen about `seen`
   (column and row of the image, 0-based) where nothing is displaced. */
void AetScanSplat(const AetScan *scan, const AetProfile *profile, const double object[2], const double seen[2], double weight,
                  double *image);

#endif
