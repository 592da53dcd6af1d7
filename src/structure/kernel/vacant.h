/* Places where neighbours expect an atom. Plain C. */
#ifndef AET_STRUCTURE_VACANT_H
#define AET_STRUCTURE_VACANT_H

#include "atoms/kernel/cells.h"
#include "structure/kernel/sites.h"

/* What one atom expects: an atom at x, which would be site index of its grain. */
typedef struct {
  double    x[3];
  ptrdiff_t atom;
  int       grain, index[3];
} AetExpected;
/* A place that several expect. */
typedef struct {
  double x[3]; /* mean */
  int    grain, index[3], expected;
} AetVacant;

/* What atom i, at site `index` of its grain, expects where no atom lies within half a nearest distance; returns how many (≤ 14). `cells`
   of at least 2 nearest distances. */
int AetVacantExpect(const AetCells *cells, const double *position, ptrdiff_t atom, int kind, int grain, const int index[3],
                    const double cell[9], double nearest, AetExpected expected[AET_SITES_NEAR]);
/* Gathers what lies within `reach` of each other into places, in the order of `expected`; a place holds one of each atom. `vacant` has room
   for `count`. Returns how many places there are; -1 when memory is short. */
ptrdiff_t AetVacantGather(ptrdiff_t count, const AetExpected *expected, double reach, AetVacant *vacant);
/* Keeps the places with no atom within `free_radius`, that at least three quarters of `full` [grains] expect, and `full` together with the
   kept places within `reach`. Returns how many are left; -1 when memory is short. */
ptrdiff_t AetVacantKeep(ptrdiff_t count, AetVacant *vacant, const AetCells *cells, const double *position, const double *nearest,
                        const int *full, const double *reach);

#endif
