/* Vacant sites, by what their neighbours expect. */
#include "structure/kernel/vacant.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OCCUPIED 0.5 /* of the nearest distance: an atom so near to where one is expected is that atom */
#define EMPTY 0.6    /* a vacancy has no atom nearer than this */

static double Square(const double a[3], const double b[3])
{
  return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
}

int AetVacantExpect(const AetCells *cells, const double *position, ptrdiff_t atom, int kind, int grain, const int index[3],
                    const double cell[9], double nearest, AetExpected expected[AET_SITES_NEAR])
{
  int       offset[AET_SITES_NEAR][3], found = 0;
  const int sites = AetSitesNeighbours(kind, AetSitesSublattice(kind, index), offset);
  double    here[3];

  AetSitesFraction(kind, index, here);
  for (int k = 0; k < sites; k++) {
    AetExpected *e = expected + found;
    double       f[3];
    for (int a = 0; a < 3; a++) e->index[a] = index[a] + offset[k][a];
    AetSitesFraction(kind, e->index, f);
    for (int a = 0; a < 3; a++) f[a] -= here[a];
    AetSitesVector(cell, f, e->x);
    for (int a = 0; a < 3; a++) e->x[a] += position[3 * atom + a];
    if (AetCellsNear(cells, position, e->x, OCCUPIED * nearest, 0, NULL)) continue;
    e->atom = atom;
    e->grain = grain;
    found++;
  }
  return found;
}

/* The expectations in the reach of the first of them that no place has yet, one of each atom; their mean. */
static void Place(const AetExpected *expected, const ptrdiff_t *list, ptrdiff_t listed, char *used, AetVacant *v)
{
  int grains = 0;

  memset(v, 0, sizeof *v);
  for (ptrdiff_t k = 0; k < listed; k++) {
    const AetExpected *e = expected + list[k];
    int                again = 0;
    if (used[list[k]]) continue;
    for (ptrdiff_t m = 0; m < k; m++) again |= used[list[m]] == 2 && expected[list[m]].atom == e->atom;
    used[list[k]] = again ? 1 : 2;
    if (again) continue;
    for (int a = 0; a < 3; a++) v->x[a] += e->x[a];
    v->expected++;
    if (!grains || e->grain == v->grain) { /* the majority, by counting up and down */
      v->grain = e->grain, grains++;
      memcpy(v->index, e->index, sizeof v->index);
    } else {
      grains--;
    }
  }
  for (ptrdiff_t k = 0; k < listed; k++)
    if (used[list[k]] == 2) used[list[k]] = 1;
  for (int a = 0; a < 3; a++) v->x[a] /= v->expected;
}

ptrdiff_t AetVacantGather(ptrdiff_t count, const AetExpected *expected, double reach, AetVacant *vacant)
{
  enum { ROOM = 256 };
  double   *x = malloc((3 * (size_t)count + 1) * sizeof *x);
  char     *used = calloc((size_t)count + 1, 1);
  ptrdiff_t places = 0, list[ROOM];
  AetCells  cells;

  for (ptrdiff_t i = 0; i < count && x; i++) memcpy(x + 3 * i, expected[i].x, sizeof expected[i].x);
  if (!x || !used || AetCellsBuild(&cells, count, x, reach)) {
    free(x);
    free(used);
    return -1;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    ptrdiff_t found;
    if (used[i]) continue;
    found = AetCellsNear(&cells, x, x + 3 * i, reach, ROOM, list);
    Place(expected, list, found < ROOM ? found : ROOM, used, vacant + places);
    used[i] = 1;
    places += vacant[places].expected > 0;
  }
  AetCellsFree(&cells);
  free(x);
  free(used);
  return places;
}

ptrdiff_t AetVacantKeep(ptrdiff_t count, AetVacant *vacant, const AetCells *cells, const double *position, const double *nearest,
                        const int *full, const double *reach)
{
  ptrdiff_t kept = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    const AetVacant *v = vacant + i;
    if (4 * v->expected < 3 * full[v->grain]) continue;
    if (AetCellsNear(cells, position, v->x, EMPTY * nearest[v->grain], 0, NULL)) continue;
    vacant[kept++] = *v;
  }
  for (ptrdiff_t before = -1; before != kept;) { /* those that lean on others go when the others go */
    before = kept, kept = 0;
    for (ptrdiff_t i = 0; i < before; i++) {
      const AetVacant *v = vacant + i;
      int              around = v->expected;
      for (ptrdiff_t j = 0; j < before; j++)
        around += j != i && Square(v->x, vacant[j].x) < reach[v->grain] * reach[v->grain] * nearest[v->grain] * nearest[v->grain];
      if (around >= full[v->grain]) vacant[i].expected |= 1 << 20; /* marked: nothing is moved while others still ask */
    }
    for (ptrdiff_t i = 0; i < before; i++)
      if (vacant[i].expected >> 20) {
        vacant[i].expected &= (1 << 20) - 1;
        vacant[kept++] = vacant[i];
      }
  }
  return kept;
}
