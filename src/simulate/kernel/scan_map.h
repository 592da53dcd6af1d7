/* Where on the object the beam stands for a pixel of a distorted scan. Plain C. */
#ifndef AET_SIMULATE_SCAN_MAP_H
#define AET_SIMULATE_SCAN_MAP_H

#include <stddef.h>

enum { AET_SCAN_TERMS = 9 }; /* x, y, xx, xy, yy, xxx, xxy, xyy, yyy */

/* Place on the object, both in pixels from the centre of the image: true_a = Σ_t term[a][t] · monomial_t(m) for the place m of the scan. */
typedef struct {
  double term[2][AET_SCAN_TERMS];
} AetScanMap;

void AetScanMapPlace(const AetScanMap *map, const double m[2], double place[2]);
/* The m that shows `place`, by Newton's method from the linear terms; 0 if it does not converge. */
int AetScanMapInverse(const AetScanMap *map, const double place[2], double m[2]);
/* image = M⁻¹ object of the linear terms M. */
void AetScanMapLinearInverse(const AetScanMap *map, const double object[2], double image[2]);

#endif
