/* Where on the object the beam stands for a pixel of a distorted scan. */
#include "simulate/kernel/scan_map.h"
#include <math.h>

void AetScanMapPlace(const AetScanMap *map, const double m[2], double place[2])
{
  const double x = m[0], y = m[1], monomial[AET_SCAN_TERMS] = {x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y};

  for (int a = 0; a < 2; a++) {
    place[a] = 0;
    for (int t = 0; t < AET_SCAN_TERMS; t++) place[a] += map->term[a][t] * monomial[t];
  }
}

/* Solves the 2×2 system J x = b. */
static void Solve(const double J[2][2], const double b[2], double x[2])
{
  const double determinant = J[0][0] * J[1][1] - J[0][1] * J[1][0];

  x[0] = (J[1][1] * b[0] - J[0][1] * b[1]) / determinant;
  x[1] = (J[0][0] * b[1] - J[1][0] * b[0]) / determinant;
}

void AetScanMapLinearInverse(const AetScanMap *map, const double object[2], double image[2])
{
  const double J[2][2] = {{map->term[0][0], map->term[0][1]}, {map->term[1][0], map->term[1][1]}};

  Solve(J, object, image);
}

int AetScanMapInverse(const AetScanMap *map, const double place[2], double m[2])
{
  AetScanMapLinearInverse(map, place, m);
  for (int step = 0; step < 30; step++) {
    const double x = m[0], y = m[1];
    double       at[2], J[2][2], miss[2], move[2];

    AetScanMapPlace(map, m, at);
    for (int a = 0; a < 2; a++) {
      const double *t = map->term[a];
      J[a][0] = t[0] + 2 * t[2] * x + t[3] * y + 3 * t[5] * x * x + 2 * t[6] * x * y + t[7] * y * y;
      J[a][1] = t[1] + t[3] * x + 2 * t[4] * y + t[6] * x * x + 2 * t[7] * x * y + 3 * t[8] * y * y;
      miss[a] = place[a] - at[a];
    }
    Solve(J, miss, move);
    m[0] += move[0], m[1] += move[1];
    if (fabs(move[0]) + fabs(move[1]) < 1e-10) return 1;
  }
  return 0;
}
