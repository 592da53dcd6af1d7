/* Points of cubic lattices inside a shape, for tests. */
#ifndef AET_TESTS_LATTICE_POINTS_H
#define AET_TESTS_LATTICE_POINTS_H

#include "structure_test.h"

static const double fcc[4][3] = {{0, 0, 0}, {0, .5, .5}, {.5, 0, .5}, {.5, .5, 0}}, bcc[2][3] = {{0, 0, 0}, {.5, .5, .5}};

static inline double Length(const double x[3])
{
  return sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
}

/* Of edge a, up to `cells` to each side, where `inside` says so, at most `room`; each axis is moved by noise. The first is the one at the
   origin. */
static inline int LatticePoints(double a, int basis_count, const double basis[][3], int cells, int (*inside)(const double x[3]),
                                double noise, int room, double *x)
{
  const int side = 2 * cells + 1, origin = basis_count * ((cells * side + cells) * side + cells);
  int       count = 0;

  for (int c = 0; c < basis_count * side * side * side; c++) {
    const int place = c == 0 ? origin : c == origin ? 0 : c, cell = place / basis_count;
    const int index[3] = {cell % side - cells, cell / side % side - cells, cell / side / side - cells};
    double    p[3];
    for (int k = 0; k < 3; k++) p[k] = a * (index[k] + basis[place % basis_count][k]);
    if (!inside(p) || count == room) continue;
    for (uint64_t k = 0; k < 3; k++) x[3 * count + (int)k] = p[k] + noise * AetRandomNormal(11, k, (uint64_t)place);
    count++;
  }
  return count;
}

#endif
