/* The sites of a particle in an annealing series, and the atoms on them. */
#include "simulate/kernel/neighbours.h"
#include "simulate/kernel/nucleus.h"
#include "simulate/series_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FULL = 12, LEAVE_MOST = 8, ARRIVE_LEAST = 4 };
#define MATRIX 0.02 /* planted order below which a site belongs to the disordered alloy */

typedef struct {
  double   rank;
  PetscInt site;
} Ranked;

static int CompareRanked(const void *a, const void *b)
{
  const Ranked *x = a, *y = b;

  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return (x->site > y->site) - (x->site < y->site);
}

static PetscErrorCode Allocate(PetscInt n, AetSeriesSites *s)
{
  const size_t count = (size_t)n + 1;

  PetscFunctionBegin;
  s->count = n;
  PetscCall(PetscCalloc3(count, &s->site, count, &s->key, 3 * count, &s->x));
  PetscCall(PetscCalloc4(count, &s->core, count, &s->occupied, count, &s->near, count, &s->near_count));
  PetscCall(PetscCalloc4(count, &s->id, count, &s->wanted, count, &s->nucleus, count, &s->order));
  s->room = 4 * n + 64;
  PetscCall(PetscCalloc1((size_t)s->room, &s->species));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesSitesFree(AetSeriesSites *s)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(s->site, s->key, s->x));
  PetscCall(PetscFree4(s->core, s->occupied, s->near, s->near_count));
  PetscCall(PetscFree4(s->id, s->wanted, s->nucleus, s->order));
  PetscCall(PetscFree(s->species));
  s->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindNeighbours(double nearest, AetSeriesSites *s)
{
  AetNeighbourCells cells;

  PetscFunctionBegin;
  AetCheck(AetKernelNeighbourCells((int)s->count, s->x, 1.2 * nearest, &cells), AET_ERR_MEMORY, "simulate_series: no memory");
  for (PetscInt i = 0; i < s->count; i++)
    s->near_count[i] =
        PetscMin(AET_SITE_NEAR_MAX, AetKernelNeighbours(&cells, s->x, s->x + 3 * i, (int)i, 1.2 * nearest, AET_SITE_NEAR_MAX, s->near[i]));
  AetKernelNeighbourCellsFree(&cells);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sites of a slightly larger particle of the same shape: the outermost are empty and wait for atoms. */
PetscErrorCode AetSeriesSitesMake(AetSeriesPlan *plan, AetSeriesSites *s)
{
  AetSpecimenPlan larger = plan->particle;
  AetMaking       making;

  PetscFunctionBegin;
  memset(s, 0, sizeof *s);
  larger.diameter += 4 * AetKernelNearest(&larger.cell);
  for (int f = 0; f < 3; f++) larger.body.facets[f] *= larger.diameter / plan->particle.diameter;
  larger.body.extent *= larger.diameter / plan->particle.diameter;
  PetscCall(AetMakingPlace(&larger, &making));
  PetscCall(Allocate(making.count, s));
  for (PetscInt i = 0; i < making.count; i++) {
    const double *x = making.atom[i].x;

    s->site[i] = making.atom[i].site, s->key[i] = making.atom[i].key;
    memcpy(s->x + 3 * i, x, 3 * sizeof *x);
    s->occupied[i] = (char)AetKernelBodyContains(&plan->particle.body, x);
    s->core[i] = (char)(x[0] * x[0] + x[1] * x[1] + x[2] * x[2] <= plan->core_radius * plan->core_radius);
    if (s->occupied[i]) s->id[i] = (int)++s->atoms;
  }
  PetscCall(AetMakingFree(&making));
  PetscCall(FindNeighbours(AetKernelNearest(&larger.cell), s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- the surface */

static int Neighbours(const AetSeriesSites *s, PetscInt i)
{
  int count = 0;

  for (int n = 0; n < s->near_count[i]; n++) count += s->occupied[s->near[i][n]] != 0;
  return count;
}

/* Occupied sites of few neighbours (leaving) or empty ones of many (arriving), in the order in which atoms leave or arrive. */
static PetscInt RankSurface(const AetSeriesPlan *plan, int time, const AetSeriesSites *s, PetscBool leaving, Ranked *ranked)
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    const int    neighbours = Neighbours(s, i);
    const double u = AetRandomUniform(plan->particle.seed, (uint64_t)((leaving ? STREAM_LEAVE : STREAM_ARRIVE) + time), s->key[i]);

    if (leaving ? !s->occupied[i] || s->core[i] || neighbours > LEAVE_MOST : s->occupied[i] || neighbours < ARRIVE_LEAST) continue;
    ranked[count].site = i;
    ranked[count++].rank = (leaving ? neighbours : -neighbours) + 3 * u;
  }
  qsort(ranked, (size_t)count, sizeof *ranked, CompareRanked);
  return count;
}

PetscErrorCode AetSeriesSurface(const AetSeriesPlan *plan, int time, AetSeriesSites *s)
{
  Ranked  *leave, *arrive;
  PetscInt leaving, arriving, surface = 0, moved;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)s->count + 1, &leave, (size_t)s->count + 1, &arrive));
  for (PetscInt i = 0; i < s->count; i++) surface += s->occupied[i] && Neighbours(s, i) < FULL;
  leaving = RankSurface(plan, time, s, PETSC_TRUE, leave);
  arriving = RankSurface(plan, time, s, PETSC_FALSE, arrive);
  moved = PetscMin(PetscMin(leaving, arriving), (PetscInt)lround(plan->surface * (double)surface));
  AetCheck(s->atoms + moved < s->room, AET_ERR_INPUT, "simulate_series_surface: too many atoms are exchanged");
  for (PetscInt m = 0; m < moved; m++) {
    const PetscInt from = leave[m].site, to = arrive[m].site;

    s->occupied[from] = 0, s->occupied[to] = 1;
    s->id[to] = s->id[from];
    if (m % 2) { /* lost for good; a new atom of the same species keeps the composition */
      s->species[++s->atoms] = s->species[s->id[from]];
      s->id[to] = (int)s->atoms;
    }
    s->id[from] = 0;
  }
  PetscCall(PetscFree2(leave, arrive));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* ---------------------------------------------------------------- order and species */

/* The time at which a site last drew its random numbers. */
static int DrawTime(const AetSeriesPlan *plan, int time, uint64_t key)
{
  while (time > 0 && AetRandomUniform(plan->particle.seed, (uint64_t)(STREAM_REDRAW + time), key) >= plan->redraw) time--;
  return time;
}

/* The nucleus of most order at a site; its row, -1: none. */
static int NucleusAt(const AetSeriesPlan *plan, int time, const double x[3], double *order)
{
  int best = -1;

  *order = 0;
  for (int r = 0; r < plan->rows; r++) {
    const AetScriptRow *row = plan->row + r;
    const double        d = hypot(hypot(x[0] - row->centre[0], x[1] - row->centre[1]), x[2] - row->centre[2]);
    double              q;

    if (row->time != time || d > row->radius + 8 * plan->width) continue;
    q = AetKernelNucleusOrder(d, row->radius, plan->width);
    if (q > *order) *order = q, best = r;
  }
  return best;
}

static double FractionAt(const AetSeriesPlan *plan, const AetSeriesSites *s, PetscInt i)
{
  return s->core[i] ? plan->core_fraction : plan->shell_fraction;
}

/* Flips the sites of the disordered shell that are nearest to the other species until as many atoms of the first as `first`. */
static PetscErrorCode KeepComposition(const AetSeriesPlan *plan, PetscInt first, const double *draw, AetSeriesSites *s)
{
  PetscInt have = 0, count = 0, flips;
  int      from;
  Ranked  *ranked;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->count + 1, &ranked));
  for (PetscInt i = 0; i < s->count; i++) have += s->occupied[i] && s->wanted[i] == 0;
  from = have > first ? 0 : 1, flips = have > first ? have - first : first - have;
  for (PetscInt i = 0; i < s->count; i++) {
    if (!s->occupied[i] || s->core[i] || s->order[i] > MATRIX || s->wanted[i] != from) continue;
    ranked[count].site = i;
    ranked[count++].rank = fabs(draw[i] - FractionAt(plan, s, i));
  }
  qsort(ranked, (size_t)count, sizeof *ranked, CompareRanked);
  for (PetscInt f = 0; f < flips && f < count; f++) s->wanted[ranked[f].site] = 1 - from;
  PetscCall(PetscFree(ranked));
  AetCheck(flips <= count, AET_ERR_INPUT,
           "simulate_composition: the nuclei need %d more atoms of the %s species than the disordered shell has", (int)(flips - count),
           from ? "first" : "second");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A block of 2 x 2 x 2 cells on one of the four simple cubic sublattices, core and shell apart. */
typedef struct {
  uint64_t group;
  double   draw;
  PetscInt site;
} Member;

static int CompareMember(const void *a, const void *b)
{
  const Member *x = a, *y = b;

  if (x->group != y->group) return x->group < y->group ? -1 : 1;
  if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
  return (x->site > y->site) - (x->site < y->site);
}

static uint64_t GroupOf(const AetSeriesSites *s, PetscInt i)
{
  const AetSite at = s->site[i], block = {at.i >> 2, at.j >> 2, at.k >> 2};

  return AetKernelSiteKey(block) * 8 + (uint64_t)(4 * (s->core[i] != 0) + 2 * (at.j & 1) + (at.i & 1));
}

/* Draws of a group are spread evenly over 0 to 1, in the order they had: every group has the composition to within one atom, so that no
   order arises by chance. */
static PetscErrorCode SpreadEvenly(const AetSeriesPlan *plan, const AetSeriesSites *s, double *draw)
{
  Member  *member;
  PetscInt count = 0, end;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->count + 1, &member));
  for (PetscInt i = 0; i < s->count; i++)
    if (s->occupied[i]) member[count++] = (Member){GroupOf(s, i), draw[i], i};
  qsort(member, (size_t)count, sizeof *member, CompareMember);
  for (PetscInt m = 0; m < count; m = end) {
    const double begin = AetRandomUniform(plan->particle.seed, STREAM_GROUP, member[m].group);

    for (end = m; end < count && member[end].group == member[m].group; end++) continue;
    for (PetscInt n = m; n < end; n++) draw[member[n].site] = ((double)(n - m) + begin) / (double)(end - m);
  }
  PetscCall(PetscFree(member));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSeriesWant(const AetSeriesPlan *plan, int time, AetSeriesSites *s)
{
  const uint64_t seed = plan->particle.seed;
  PetscInt       occupied = 0;
  double        *draw;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->count + 1, &draw));
  for (PetscInt i = 0; i < s->count; i++)
    draw[i] = AetRandomUniform(seed, (uint64_t)(STREAM_ALLOY + (s->core[i] ? 0 : DrawTime(plan, time, s->key[i]))), s->key[i]);
  if (plan->even) PetscCall(SpreadEvenly(plan, s, draw));
  for (PetscInt i = 0; i < s->count; i++) {
    const int then = s->core[i] ? 0 : DrawTime(plan, time, s->key[i]), at[3] = {s->site[i].i, s->site[i].j, s->site[i].k};
    int       row = -1;

    s->wanted[i] = draw[i] >= FractionAt(plan, s, i);
    s->order[i] = 0, s->nucleus[i] = 0;
    if (!s->core[i]) row = NucleusAt(plan, time, s->x + 3 * i, &s->order[i]);
    occupied += s->occupied[i] != 0;
    if (row < 0) continue;
    if (AetRandomUniform(seed, (uint64_t)(STREAM_ORDER + then), s->key[i] + 0x9e3779b97f4a7c15u * (uint64_t)plan->row[row].nucleus) <
        s->order[i])
      s->wanted[i] = AetKernelOrdered((AetPhase)plan->row[row].order, plan->row[row].variant, at);
    if (s->order[i] >= AET_SCRIPTED_THRESHOLD) s->nucleus[i] = plan->row[row].nucleus;
  }
  PetscCall(KeepComposition(plan, (PetscInt)lround(plan->particle.fractions[0] * (double)occupied), draw, s));
  PetscCall(PetscFree(draw));
  if (!time) /* the first atoms are what their sites want */
    for (PetscInt i = 0; i < s->count; i++)
      if (s->occupied[i]) s->species[s->id[i]] = s->wanted[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Wrong atoms of the first species change places with the nearest wrong ones of the second. */
PetscErrorCode AetSeriesExchange(AetSeriesSites *s)
{
  PetscInt *other, others = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)s->count + 1, &other));
  for (PetscInt i = 0; i < s->count; i++)
    if (s->occupied[i] && s->wanted[i] == 0 && s->species[s->id[i]] == 1) other[others++] = i;
  for (PetscInt i = 0; i < s->count; i++) {
    PetscInt best = -1;
    double   least = INFINITY;

    if (!s->occupied[i] || s->wanted[i] != 1 || s->species[s->id[i]] != 0) continue;
    for (PetscInt o = 0; o < others; o++) {
      const double *x = s->x + 3 * i, *y = s->x + 3 * other[o];
      const double  d = (x[0] - y[0]) * (x[0] - y[0]) + (x[1] - y[1]) * (x[1] - y[1]) + (x[2] - y[2]) * (x[2] - y[2]);
      if (d < least) least = d, best = o;
    }
    PetscCheck(best >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "atoms of the two species do not balance");
    {
      const int id = s->id[i];
      s->id[i] = s->id[other[best]];
      s->id[other[best]] = id;
      other[best] = other[--others];
    }
  }
  PetscCall(PetscFree(other));
  PetscFunctionReturn(PETSC_SUCCESS);
}
