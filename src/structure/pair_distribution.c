/* Pair distribution with the correction for the surface. Counts are integers, so they are the same on any number of ranks. */
#include "structure/kernel/pairs.h"
#include "structure/kernel/valley.h"
#include "structure/structure_private.h"
#include <math.h>

#define SEED 0x9a12
enum { LEAST_RAYS = 8, MOST_RAYS = 5000, ALL_RAYS = 100000, CROSSINGS = 64, PROBES = 30000, WEIGHTS = 1 << 20 };
/* Depths between which atoms begin to tell the density: several layers, so that it does not matter where the first one is. */
#define SHALLOW_ANGSTROM 1.0
#define DEEP_ANGSTROM 7.0

typedef struct {
  MPI_Comm     comm;
  AetSurface   surface;
  int         *species;
  signed char *kind;
  ptrdiff_t    start, count; /* this rank's block */
  PetscInt     inner[AET_SPECIES_MAX], rim[AET_SPECIES_MAX], inners, rims;
  int64_t     *pairs;  /* [species][species][2][bins] */
  int64_t     *within; /* [species][bins] rays that are inside there */
  ptrdiff_t    rays;   /* of each atom inside */
} Work;

static double Weight(double depth)
{
  return fmin(fmax((depth - SHALLOW_ANGSTROM) / (DEEP_ANGSTROM - SHALLOW_ANGSTROM), 0), 1);
}

static void Kinds(Work *w)
{
  for (ptrdiff_t i = 0; i < w->surface->total; i++) {
    const int s = w->species[i];
    w->kind[i] = w->surface->alone[i] ? AET_PAIRS_OUT : w->surface->surface[i] ? AET_PAIRS_RIM : AET_PAIRS_INNER;
    w->inner[s] += w->kind[i] == AET_PAIRS_INNER;
    w->rim[s] += w->kind[i] == AET_PAIRS_RIM;
  }
  for (int s = 0; s < AET_SPECIES_MAX; s++) w->inners += w->inner[s], w->rims += w->rim[s];
}

/* Mean weight of the places inside the surface, by points spread evenly over its box. Collective. */
static PetscErrorCode MeanWeight(const Work *w, double *mean)
{
  double     low[3], high[3];
  PetscInt64 sum = 0, inside = 0;
  int        rank, size;
  ptrdiff_t  start, count;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) low[a] = INFINITY, high[a] = -INFINITY;
  for (PetscInt f = 0; f < w->surface->facets; f++)
    for (int k = 0; k < 9; k++) {
      const double x = w->surface->position[3 * (ptrdiff_t)w->surface->facet[f][k / 3] + k % 3];
      low[k % 3] = fmin(low[k % 3], x), high[k % 3] = fmax(high[k % 3], x);
    }
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  AetBlock(PROBES, rank, size, &start, &count);
#pragma omp parallel for schedule(dynamic, 256) reduction(+ : sum, inside) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++) {
    double x[3];
    AetPairsHalton(i, x);
    for (int a = 0; a < 3; a++) x[a] = low[a] + x[a] * (high[a] - low[a]);
    if (!AetSurfaceInside(w->surface, x)) continue;
    inside++;
    sum += (PetscInt64)(WEIGHTS * Weight(AetSurfaceDistance(w->surface, x)));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPIU_INT64, MPI_SUM, w->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &inside, 1, MPIU_INT64, MPI_SUM, w->comm));
  *mean = inside > 0 ? (double)sum / WEIGHTS / (double)inside : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An atom of the surface has only part of its room inside. How much, the density further in says. Collective. */
static PetscErrorCode Density(const Work *w, AetPairs p)
{
  double mean = 0, deep = 0;

  PetscFunctionBegin;
  PetscCall(MeanWeight(w, &mean));
  for (PetscInt i = 0; i < w->surface->total; i++) deep += w->kind[i] == AET_PAIRS_INNER ? Weight(w->surface->depth[i]) : 0;
  p->surface_weight = 0.5; /* of a flat face; where too few atoms lie deep */
  if (w->rims > 0 && deep >= 20 && mean > 0) p->surface_weight = fmin(fmax((deep / mean - w->inners) / w->rims, 0), 1);
  for (int s = 0; s < p->species_count; s++) {
    p->species_density[s] = (w->inner[s] + p->surface_weight * w->rim[s]) / w->surface->volume;
    p->density += p->species_density[s];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pairs about this rank's atoms. */
static PetscErrorCode Count(const Work *w, const AetPairs p)
{
  const ptrdiff_t size = 2 * p->bins * p->species_count * p->species_count;
  const double   *position = w->surface->position;
  int64_t        *pairs = w->pairs;
  AetCells        cells;

  PetscFunctionBegin;
  AetCheck(!AetCellsBuild(&cells, w->surface->total, position, fmin((double)p->bins * p->bin_angstrom, 4)), AET_ERR_MEMORY,
           "structure: no memory for the cells of %" PetscInt_FMT " atoms", w->surface->total);
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : pairs[:size]) num_threads(AetThreads())
  for (ptrdiff_t i = w->start; i < w->start + w->count; i++)
    if (w->kind[i] == AET_PAIRS_INNER)
      AetPairsCount(&cells, position, w->species, w->kind, p->species_count, i, p->bins, p->bin_angstrom, pairs);
  AetCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rays from one atom. Up to its depth all are inside. */
static void CastFrom(const Work *w, const AetPairs p, ptrdiff_t i, int64_t *within)
{
  const double *x = w->surface->position + 3 * i, reach = (double)p->bins * p->bin_angstrom;
  double        turn[3], t[CROSSINGS];

  for (uint64_t a = 0; a < 3; a++) turn[a] = AetRandomUniform(SEED, a, (uint64_t)i);
  for (ptrdiff_t k = 0; k < w->rays; k++) {
    double direction[3];
    int    found = 0;
    if (w->surface->depth[i] < reach) {
      AetPairsDirection(k, w->rays, turn, direction);
      found = PetscMin(AetSurfaceCross(w->surface, x, direction, reach, CROSSINGS, t), CROSSINGS);
    }
    AetPairsInside(found, t, p->bins, p->bin_angstrom, within + p->bins * w->species[i]);
  }
}

static void Cast(const Work *w, const AetPairs p)
{
  const ptrdiff_t size = p->bins * p->species_count;
  int64_t        *within = w->within;

#pragma omp parallel for schedule(dynamic, 64) reduction(+ : within[:size]) num_threads(AetThreads())
  for (ptrdiff_t i = w->start; i < w->start + w->count; i++)
    if (w->kind[i] == AET_PAIRS_INNER) CastFrom(w, p, i, within);
}

/* Pairs found of species b about a, weighted, and how many there would be at density 1 per Å³. */
static void Bin(const Work *w, const AetPairs p, int a, int b, ptrdiff_t k, double *found, double *room)
{
  const int64_t *pairs = w->pairs + ((ptrdiff_t)a * p->species_count + b) * 2 * p->bins;
  const double   low = (double)k * p->bin_angstrom, high = low + p->bin_angstrom;

  *found = (double)pairs[k] + p->surface_weight * (double)pairs[p->bins + k];
  *room = 4 * M_PI / 3 * (high * high * high - low * low * low) * (double)w->within[a * p->bins + k] / (double)w->rays;
}

static void Normalise(const Work *w, AetPairs p)
{
  for (ptrdiff_t k = 0; k < p->bins; k++) {
    double all = 0, even = 0, rays = 0;
    for (int a = 0; a < p->species_count; a++) {
      for (int b = 0; b < p->species_count; b++) {
        double found[2], room[2], expected;
        Bin(w, p, a, b, k, &found[0], &room[0]);
        Bin(w, p, b, a, k, &found[1], &room[1]);
        expected = p->species_density[b] * room[0] + p->species_density[a] * room[1];
        p->g_species[(a * p->species_count + b) * p->bins + k] = expected > 0 ? (found[0] + found[1]) / expected : 0;
        all += found[0];
        even += p->species_density[b] * room[0];
      }
      rays += (double)w->within[a * p->bins + k];
    }
    p->r[k] = ((double)k + 0.5) * p->bin_angstrom;
    p->g[k] = even > 0 ? all / even : 0;
    p->inside[k] = w->inners > 0 ? rays / (double)w->rays / w->inners : 0;
  }
}

/* density · ∫ 4πr² g dr up to `reach`. */
static double Neighbours(const AetPairs p, const double *g, double density, double reach)
{
  double sum = 0;

  for (ptrdiff_t k = 0; k < p->bins; k++) {
    const double low = fmin((double)k * p->bin_angstrom, reach), high = fmin((double)(k + 1) * p->bin_angstrom, reach);
    sum += g[k] * (high * high * high - low * low * low);
  }
  return 4 * M_PI / 3 * density * sum;
}

static void Coordination(AetPairs p)
{
  double sum = 0;

  for (ptrdiff_t k = 0; k < p->bins; k++) {
    const double low = (double)k * p->bin_angstrom, high = low + p->bin_angstrom;
    sum += p->g[k] * (high * high * high - low * low * low);
    p->running[k] = 4 * M_PI / 3 * p->density * sum;
  }
  if (!(p->first_valley > 0)) return;
  p->coordination = Neighbours(p, p->g, p->density, p->first_valley);
  for (int a = 0; a < p->species_count; a++)
    for (int b = 0; b < p->species_count; b++)
      p->coordination_species[a][b] =
          Neighbours(p, p->g_species + (a * p->species_count + b) * p->bins, p->species_density[b], p->first_valley);
}

/* Sums of the ranks, then everything that follows from them. Collective. */
static PetscErrorCode Finish(const Work *w, AetPairs p)
{
  double    nearest;
  const int species = p->species_count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, w->pairs, (int)(2 * p->bins * species * species), MPI_INT64_T, MPI_SUM, w->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, w->within, (int)(p->bins * species), MPI_INT64_T, MPI_SUM, w->comm));
  Normalise(w, p);
  PetscCall(AetNearestMedian(w->comm, w->surface->total, w->surface->position, &nearest));
  if (2.4 * nearest > (double)p->bins * p->bin_angstrom ||
      !AetValleyFind(p->bins, p->bin_angstrom, p->g, nearest, &p->first_peak, &p->first_valley))
    p->first_peak = p->first_valley = 0;
  Coordination(p);
  p->peaks = (PetscInt)AetPeaksFind(p->bins, p->bin_angstrom, p->g, nearest / 2, AET_PAIRS_PEAKS, p->peak, p->height);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(Work *w, AetPairs p)
{
  int rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(w->comm, &rank));
  PetscCallMPI(MPI_Comm_size(w->comm, &size));
  AetBlock(w->surface->total, rank, size, &w->start, &w->count);
  Kinds(w);
  p->centres = w->inners;
  w->rays = PetscMin(PetscMax(ALL_RAYS / PetscMax(w->inners, 1), LEAST_RAYS), MOST_RAYS);
  PetscCall(Density(w, p));
  PetscCall(AetAgree(w->comm, Count(w, p)));
  Cast(w, p);
  PetscCall(Finish(w, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(AetAtoms atoms, double bin, double reach, AetPairs *pairs)
{
  AetPairs p;
  size_t   bins, all;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->bins = (PetscInt)ceil(reach / bin - 1e-9);
  p->bin_angstrom = bin;
  p->species_count = atoms->species_count;
  PetscCall(PetscMemcpy(p->symbol, atoms->symbol, sizeof p->symbol));
  bins = (size_t)p->bins;
  all = bins * (size_t)(p->species_count * p->species_count);
  PetscCall(PetscCalloc5(bins, &p->r, bins, &p->g, bins, &p->inside, bins, &p->running, all, &p->g_species));
  *pairs = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPairsCreate(AetAtoms atoms, AetSurface surface, double bin_angstrom, double reach_angstrom, AetPairs *pairs)
{
  AetPairs       p;
  Work           w = {.comm = atoms->comm, .surface = surface};
  double        *position;
  size_t         all;
  PetscErrorCode code;

  PetscFunctionBegin;
  *pairs = NULL;
  AetCheck(isfinite(bin_angstrom) && bin_angstrom > 0 && isfinite(reach_angstrom) && reach_angstrom > 0 &&
               reach_angstrom / bin_angstrom <= 1e5,
           AET_ERR_INPUT, "structure: pair distribution: expected a bin and a reach > 0 Å, at most 100,000 bins, found %g and %g",
           bin_angstrom, reach_angstrom);
  AetCheck(surface->total == atoms->total, AET_ERR_INPUT,
           "structure: pair distribution: expected the surface of the same %" PetscInt_FMT " atoms, found one of %" PetscInt_FMT,
           atoms->total, surface->total);
  PetscCall(Allocate(atoms, bin_angstrom, reach_angstrom, &p));
  PetscCall(AetAtomsGather(atoms, &position, &w.species));
  PetscCall(PetscFree(position));
  all = (size_t)p->bins * (size_t)p->species_count;
  PetscCall(PetscMalloc1((size_t)atoms->total + 1, &w.kind));
  PetscCall(PetscCalloc2(2 * all * (size_t)p->species_count, &w.pairs, all, &w.within));
  code = Build(&w, p);
  PetscCall(PetscFree2(w.pairs, w.within));
  PetscCall(PetscFree(w.kind));
  PetscCall(PetscFree(w.species));
  if (code) PetscCall(AetPairsDestroy(&p));
  PetscCall(code);
  *pairs = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetPairsDestroy(AetPairs *pairs)
{
  PetscFunctionBegin;
  if (!*pairs) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree5((*pairs)->r, (*pairs)->g, (*pairs)->inside, (*pairs)->running, (*pairs)->g_species));
  PetscCall(PetscFree(*pairs));
  PetscFunctionReturn(PETSC_SUCCESS);
}
