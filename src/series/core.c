/* The conserved core: sites that keep an atom of one species, in one piece. */
#include "atoms/kernel/cells.h"
#include "series/kernel/connected.h"
#include "series/kernel/icp.h"
#include "series/register_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BONDED 1.2        /* spacings: neighbours */
#define AROUND 2.0        /* spacings: of agreement_near */
#define AROUND_FROZEN 3.0 /* spacings: of core_agreement */
#define FROZEN 0.1        /* of the sites, those with most conserved ones around */
#define SURFACE 0.8       /* of the usual coordination; the flat face of a close packing has 8 or 9 of 12 */

/* Species of a site: the most frequent; whether it is the same at all times. */
static void NameSite(AetRegistration r, PetscInt site)
{
  int count[AET_SPECIES_MAX] = {0}, best = -1;

  for (int t = 0; t < r->times; t++) {
    const PetscInt i = r->atom[(ptrdiff_t)site * r->times + t];
    if (i >= 0 && r->species[t][i] >= 0) count[r->species[t][i]]++;
  }
  for (int s = 0; s < r->species_count; s++)
    if (count[s] > 0 && (best < 0 || count[s] > count[best])) best = s;
  r->site_species[site] = best;
  r->conserved[site] = best >= 0 && count[best] == r->times ? PETSC_TRUE : PETSC_FALSE;
}

PetscErrorCode AetCoreFind(AetRegistration r)
{
  AetCells  cells;
  char     *in, *inside;
  ptrdiff_t size;

  PetscFunctionBegin;
  r->present_always = r->conserved_sites = 0;
  PetscCall(PetscCalloc2((size_t)r->sites + 1, &in, (size_t)r->sites + 1, &inside));
  for (PetscInt s = 0; s < r->sites; s++) {
    NameSite(r, s);
    in[s] = (char)r->conserved[s];
    r->conserved_sites += in[s];
    r->present_always += r->present[s] == r->times;
  }
  AetCheck(!AetCellsBuild(&cells, r->sites, r->site_position[0], BONDED * r->neighbour_angstrom), AET_ERR_MEMORY,
           "registration: no memory for the cells of %" PetscInt_FMT " sites", r->sites);
  size = AetLargestConnected(&cells, r->sites, r->site_position[0], in, BONDED * r->neighbour_angstrom, inside);
  AetCellsFree(&cells);
  AetCheck(size >= 0, AET_ERR_MEMORY, "registration: no memory for %" PetscInt_FMT " sites", r->sites);
  for (PetscInt s = 0; s < r->sites; s++) r->core[s] = inside[s] ? PETSC_TRUE : PETSC_FALSE;
  r->core_sites = (PetscInt)size;
  PetscCall(PetscFree2(in, inside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sums of squared differences between two times, over the core, per axis. */
static void PairSquares(AetRegistration r, int t, int u, double square[3])
{
  for (int k = 0; k < 3; k++) square[k] = 0;
  for (PetscInt s = 0; s < r->sites; s++) {
    const PetscInt *atom = r->atom + (ptrdiff_t)s * r->times;
    if (!r->core[s]) continue;
    for (int k = 0; k < 3; k++) square[k] += pow(r->position[t][3 * atom[t] + k] - r->position[u][3 * atom[u] + k], 2);
  }
}

/* Differences of the core, and what they say of every time: the variance of the difference of t and u is v_t + v_u, which least squares
   over all pairs solves in closed form for three times or more. */
static PetscErrorCode Precision(AetRegistration r)
{
  const double n = PetscMax(r->core_sites, 1), T = r->times, pairs = T * (T - 1) / 2;
  double      *row, all = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1((size_t)r->times, &row));
  for (int k = 0; k < 3; k++) r->core_rmsd[k] = 0;
  for (int t = 0; t < r->times; t++)
    for (int u = t + 1; u < r->times; u++) {
      double square[3], mean = 0;
      PairSquares(r, t, u, square);
      for (int k = 0; k < 3; k++) r->core_rmsd[k] += square[k] / (n * pairs), mean += square[k] / (3 * n);
      row[t] += mean, row[u] += mean, all += mean;
    }
  for (int k = 0; k < 3; k++) r->core_rmsd[k] = sqrt(r->core_rmsd[k]);
  for (int t = 0; t < r->times; t++) r->precision[t] = sqrt(fmax(0, r->times == 2 ? all / 2 : (row[t] - all / (T - 1)) / (T - 2)));
  PetscCall(PetscFree(row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the sites that are taken (NULL: all), over all pairs of times; -1 where there are none. */
static double SpeciesAgreement(AetRegistration r, const char *taken)
{
  double both = 0, alike = 0;

  for (PetscInt s = 0; s < r->sites; s++)
    for (int t = 0; t < r->times && (!taken || taken[s]); t++)
      for (int u = t + 1; u < r->times; u++) {
        const PetscInt i = r->atom[(ptrdiff_t)s * r->times + t], j = r->atom[(ptrdiff_t)s * r->times + u];
        if (i < 0 || j < 0) continue;
        both++, alike += r->species[t][i] >= 0 && r->species[t][i] == r->species[u][j];
      }
  return both > 0 ? alike / both : -1;
}

/* Sites around a place that pass, and all of them. */
static void CountAround(const AetCells *cells, AetRegistration r, PetscInt site, double reach, const char *counts, const char *passes,
                        double *all, double *passed)
{
  const double *x = r->site_position[site];
  ptrdiff_t     low[3], high[3];

  *all = *passed = 0;
  AetCellsRange(cells, x, reach, low, high);
  for (ptrdiff_t cz = low[2]; cz <= high[2]; cz++)
    for (ptrdiff_t cy = low[1]; cy <= high[1]; cy++) {
      const ptrdiff_t row = (cz * cells->n[1] + cy) * cells->n[0];
      if (high[0] < low[0]) continue;
      for (ptrdiff_t m = cells->first[row + low[0]]; m < cells->first[row + high[0] + 1]; m++) {
        const ptrdiff_t j = cells->member[m];
        const double   *y = r->site_position[j];
        if (!counts[j] || pow(x[0] - y[0], 2) + pow(x[1] - y[1], 2) + pow(x[2] - y[2], 2) > reach * reach) continue;
        ++*all, *passed += passes[j];
      }
    }
}

static int Ascending(const void *left, const void *right)
{
  const double l = *(const double *)left, r = *(const double *)right;

  return (l > r) - (l < r);
}

/* Surface: sites with clearly fewer neighbours than usual, counted among sites that are there at half of the times at least. */
static PetscErrorCode Surface(AetRegistration r, const AetCells *cells, const char *solid, char *surface)
{
  double *coordination, *sorted, passed, usual;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)r->sites + 1, &coordination, (size_t)r->sites + 1, &sorted));
  for (PetscInt s = 0; s < r->sites; s++) {
    CountAround(cells, r, s, BONDED * r->neighbour_angstrom, solid, solid, &sorted[s], &passed);
    coordination[s] = sorted[s] -= solid[s];
  }
  qsort(sorted, (size_t)r->sites, sizeof *sorted, Ascending);
  usual = sorted[r->sites / 2];
  for (PetscInt s = 0; s < r->sites; s++) surface[s] = coordination[s] < SURFACE * usual;
  PetscCall(PetscFree2(coordination, sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Distance of every site to the nearest of the surface; 0 for all where there is none. */
static PetscErrorCode Depth(AetRegistration r, const char *surface)
{
  AetFit     same;
  double    *place, *square, reach = 4 * r->neighbour_angstrom;
  ptrdiff_t *partner, count = 0, left = r->sites;
  AetCells   cells;

  PetscFunctionBegin;
  AetFitIdentity(&same);
  PetscCall(PetscMalloc3(3 * (size_t)r->sites + 3, &place, (size_t)r->sites + 1, &square, (size_t)r->sites + 1, &partner));
  for (PetscInt s = 0; s < r->sites; s++)
    if (surface[s]) memcpy(place + 3 * count++, r->site_position[s], 3 * sizeof(double));
  for (; left && count; reach *= 2) { /* wider, for those that have found none */
    AetCheck(!AetCellsBuild(&cells, count, place, reach / 2), AET_ERR_MEMORY, "registration: no memory for the cells of the surface");
    AetIcpNearest(&cells, place, r->site_position[0], r->sites, NULL, same.linear, same.shift, reach, partner, square);
    AetCellsFree(&cells);
    left = 0;
    for (PetscInt s = 0; s < r->sites; s++) left += partner[s] < 0;
  }
  for (PetscInt s = 0; s < r->sites; s++) r->depth[s] = count ? sqrt(square[s]) : 0;
  PetscCall(PetscFree3(place, square, partner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double   value;
  PetscInt site;
} Place;

static int Larger(const void *left, const void *right)
{
  const Place *l = left, *r = right;

  if (l->value != r->value) return l->value > r->value ? -1 : 1;
  return (l->site > r->site) - (l->site < r->site);
}

/* The sites whose surroundings, themselves not counted, are most conserved. */
static PetscErrorCode Frozen(AetRegistration r, const char *every, const char *conserved, char *frozen)
{
  AetCells cells;
  Place   *place;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)r->sites + 1, &place));
  AetCheck(!AetCellsBuild(&cells, r->sites, r->site_position[0], AROUND_FROZEN * r->neighbour_angstrom), AET_ERR_MEMORY,
           "registration: no memory for the cells of %" PetscInt_FMT " sites", r->sites);
  for (PetscInt s = 0; s < r->sites; s++) {
    double all, passed;
    CountAround(&cells, r, s, AROUND_FROZEN * r->neighbour_angstrom, every, conserved, &all, &passed);
    place[s] = (Place){all > 1 ? (passed - conserved[s]) / (all - 1) : 0, s};
    frozen[s] = 0;
  }
  AetCellsFree(&cells);
  qsort(place, (size_t)r->sites, sizeof *place, Larger);
  for (PetscInt k = 0; k < FROZEN * r->sites; k++) frozen[place[k].site] = 1;
  PetscCall(PetscFree(place));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetCoreDescribe(AetRegistration r)
{
  const size_t room = (size_t)r->sites + 1;
  double       atoms = 0;
  AetCells     cells;
  char        *solid, *surface, *every, *conserved, *frozen;

  PetscFunctionBegin;
  for (int t = 0; t < r->times; t++) atoms += (double)r->total[t] / r->times;
  r->core_fraction = r->core_sites / atoms;
  r->species_agreement = SpeciesAgreement(r, NULL);
  PetscCall(Precision(r));
  PetscCall(PetscMalloc5(room, &solid, room, &surface, room, &every, room, &conserved, room, &frozen));
  for (PetscInt s = 0; s < r->sites; s++) solid[s] = 2 * r->present[s] >= r->times, every[s] = 1, conserved[s] = (char)r->conserved[s];
  AetCheck(!AetCellsBuild(&cells, r->sites, r->site_position[0], BONDED * r->neighbour_angstrom), AET_ERR_MEMORY,
           "registration: no memory for the cells of %" PetscInt_FMT " sites", r->sites);
  for (PetscInt s = 0; s < r->sites; s++) {
    double all, passed;
    CountAround(&cells, r, s, AROUND * r->neighbour_angstrom, every, conserved, &all, &passed);
    r->agreement_near[s] = passed / all;
  }
  PetscCall(Frozen(r, every, conserved, frozen));
  r->core_agreement = SpeciesAgreement(r, frozen);
  PetscCall(Surface(r, &cells, solid, surface));
  AetCellsFree(&cells);
  PetscCall(Depth(r, surface));
  PetscCall(PetscFree5(solid, surface, every, conserved, frozen));
  PetscFunctionReturn(PETSC_SUCCESS);
}
