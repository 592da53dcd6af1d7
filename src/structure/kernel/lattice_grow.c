/* Breadth-first indexing. */
#include "structure/kernel/lattice_grow.h"
#include <math.h>
#include <string.h>

#define VOTE 0.42 /* nearest distances between where an atom is and where a neighbour expects it, if that shall count */
enum { VOTES = 32 };

void AetGrowSteps(AetGrowGrain *g)
{
  double ideal[9], mean = 0, unit = 0;

  AetSitesCell(g->kind, ideal);
  for (int s = 0; s < 2; s++)
    for (int k = 0; k < g->offsets[s]; k++) {
      const int from[3] = {0, 0, s}, to[3] = {g->offset[s][k][0], g->offset[s][k][1], s + g->offset[s][k][2]};
      double    f[3], h[3], x[3];
      AetSitesFraction(g->kind, to, f);
      AetSitesFraction(g->kind, from, h);
      for (int a = 0; a < 3; a++) f[a] -= h[a];
      AetSitesVector(g->cell, f, g->step[s][k]);
      AetSitesVector(ideal, f, x);
      mean += sqrt(g->step[s][k][0] * g->step[s][k][0] + g->step[s][k][1] * g->step[s][k][1] + g->step[s][k][2] * g->step[s][k][2]);
      unit += sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
    }
  g->nearest = mean / unit;
}

void AetGrowBegin(AetGrowGrain *g, int kind, const double cell[9], const AetGrowAtoms *atoms, ptrdiff_t seed)
{
  g->kind = kind;
  g->offsets[0] = AetSitesNeighbours(kind, 0, g->offset[0]);
  g->offsets[1] = kind == AET_SITES_HCP ? AetSitesNeighbours(kind, 1, g->offset[1]) : 0;
  memcpy(g->cell, cell, sizeof g->cell);
  memcpy(g->origin, atoms->position + 3 * seed, sizeof g->origin);
  g->members = 1;
  g->member[0] = seed;
  g->owner[seed] = g->label;
  memset(g->index[seed], 0, sizeof g->index[seed]);
  memset(g->square, 0, sizeof g->square);
  memset(g->product, 0, sizeof g->product);
  AetGrowSteps(g);
}

/* The offset nearest to v; its squared distance goes to `far`. */
static int Nearest(const AetGrowGrain *g, int sublattice, const double v[3], double *far)
{
  int best = 0;

  *far = INFINITY;
  for (int k = 0; k < g->offsets[sublattice]; k++) {
    const double *s = g->step[sublattice][k], x = v[0] - s[0], y = v[1] - s[1], z = v[2] - s[2], d = x * x + y * y + z * z;
    if (d < *far) *far = d, best = k;
  }
  return best;
}

static double Vector(const AetGrowAtoms *atoms, ptrdiff_t from, ptrdiff_t to, double v[3])
{
  const double *a = atoms->position + 3 * from, *b = atoms->position + 3 * to;

  for (int k = 0; k < 3; k++) v[k] = b[k] - a[k];
  return v[0] * v[0] + v[1] * v[1] + v[2] * v[2];
}

/* Of one sublattice; what the atom itself is displaced by is taken out. */
static double MismatchOf(const AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t atom, int sublattice)
{
  const double reach = AetSitesReach(g->kind) * g->nearest;
  double       sum = 0, mean[3] = {0}, far;
  int          count = 0;

  for (ptrdiff_t e = atoms->first[atom]; e < atoms->first[atom + 1]; e++) {
    double v[3];
    int    k;
    if (Vector(atoms, atom, atoms->near[e], v) > reach * reach) break;
    k = Nearest(g, sublattice, v, &far);
    sum += far;
    for (int a = 0; a < 3; a++) mean[a] += v[a] - g->step[sublattice][k][a];
    count++;
  }
  if (!count) return INFINITY;
  sum -= (mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]) / count;
  return sqrt(fmax(sum, 0) / count) / g->nearest;
}

double AetGrowMismatch(const AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t atom)
{
  const double even = MismatchOf(g, atoms, atom, 0);

  return g->offsets[1] ? fmin(even, MismatchOf(g, atoms, atom, 1)) : even;
}

/* The index that most indexed neighbours give an atom (of equally many, the one that was named first), where they expect it, and how many
   they are; returns the number of indexed neighbours within reach. */
static int Vote(const AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t atom, AetGrowMode mode, int index[3], double expected[3],
                int *agree)
{
  const double near = (mode == AET_GROW_LOOSE ? 0.5 : VOTE) * g->nearest; /* a stacking fault displaces by 0.577 */
  const double reach = AetSitesReach(g->kind) * g->nearest;
  int          count = 0, named[VOTES][3], votes[VOTES], choices = 0, best = 0;
  double       sum[VOTES][3];

  for (ptrdiff_t e = atoms->first[atom]; e < atoms->first[atom + 1]; e++) {
    const ptrdiff_t j = atoms->near[e];
    double          v[3], far;
    int             n[3], k, c, s;
    if (Vector(atoms, j, atom, v) > reach * reach) break;
    if (g->owner[j] != g->label) continue;
    count++;
    s = AetSitesSublattice(g->kind, g->index[j]);
    k = Nearest(g, s, v, &far);
    if (far > near * near) continue;
    for (int a = 0; a < 3; a++) n[a] = g->index[j][a] + g->offset[s][k][a];
    for (c = 0; c < choices && memcmp(named[c], n, sizeof n); c++)
      ;
    if (c == VOTES) continue;
    if (c == choices) choices++, votes[c] = 0, memcpy(named[c], n, sizeof n), memset(sum[c], 0, sizeof sum[c]);
    votes[c]++;
    for (int a = 0; a < 3; a++) sum[c][a] += atoms->position[3 * j + a] + g->step[s][k][a];
  }
  *agree = 0;
  if (!choices) return count;
  for (int c = 1; c < choices; c++)
    if (votes[c] > votes[best]) best = c;
  *agree = votes[best];
  memcpy(index, named[best], sizeof named[best]);
  for (int a = 0; a < 3; a++) expected[a] = sum[best][a] / votes[best];
  return count;
}

/* Whether so many of those asked agree. */
static int Agreed(const AetGrowGrain *g, AetGrowMode mode, int shell, int asked, int agree)
{
  if (mode == AET_GROW_STRICT)
    return agree >= (shell && g->offsets[0] > 6 ? 2 : 1) && 10 * agree >= 7 * asked; /* on a face of sc an atom has one */
  if (mode == AET_GROW_SEAM) return agree >= 3 && 3 * asked >= 2 * g->offsets[0] && 10 * agree >= 3 * asked;
  return agree >= 3 && 2 * agree >= asked;
}

/* Whether the atom belongs; then its index. */
static int Belongs(const AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t atom, AetGrowMode mode, int shell, int index[3])
{
  double    expected[3], far = 0;
  int       agree;
  const int asked = Vote(g, atoms, atom, mode, index, expected, &agree);

  if (!Agreed(g, mode, shell, asked, agree)) return 0;
  for (int a = 0; a < 3; a++) far += (atoms->position[3 * atom + a] - expected[a]) * (atoms->position[3 * atom + a] - expected[a]);
  if (far > g->tolerance * g->tolerance * g->nearest * g->nearest) return 0;
  return mode == AET_GROW_LOOSE || AetGrowMismatch(g, atoms, atom) <= g->mismatch;
}

/* The atoms next to members done … end - 1 that belong, to `work`: the atom and its index. */
static ptrdiff_t Shell(AetGrowGrain *g, const AetGrowAtoms *atoms, AetGrowMode mode, int shell, ptrdiff_t done, ptrdiff_t end, int *work)
{
  ptrdiff_t found = 0;

  for (ptrdiff_t m = done; m < end; m++)
    for (ptrdiff_t e = atoms->first[g->member[m]]; e < atoms->first[g->member[m] + 1]; e++) {
      const ptrdiff_t j = atoms->near[e];
      int             n[3];
      if (g->owner[j] >= 0 || g->visited[j] == *g->shells) continue;
      g->visited[j] = *g->shells;
      if (!Belongs(g, atoms, j, mode, shell, n)) continue;
      work[4 * found] = (int)j;
      memcpy(work + 4 * found++ + 1, n, sizeof n);
    }
  return found;
}

void AetGrow(AetGrowGrain *g, const AetGrowAtoms *atoms, AetGrowMode mode, int *work)
{
  ptrdiff_t done = 0;

  for (int shell = 0; done < g->members; shell++, ++*g->shells) {
    const ptrdiff_t end = g->members, found = Shell(g, atoms, mode, shell, done, end, work);
    for (ptrdiff_t k = 0; k < found; k++) { /* a shell is judged by the shells before it */
      const ptrdiff_t j = work[4 * k];
      memcpy(g->index[j], work + 4 * k + 1, sizeof g->index[j]);
      g->owner[j] = g->label;
      g->member[g->members++] = j;
      if (mode == AET_GROW_STRICT) AetGrowAddBonds(g, atoms, j);
    }
    done = end;
    if (mode == AET_GROW_STRICT && found) AetGrowFitBonds(g);
  }
}

void AetGrowAddBonds(AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t atom)
{
  const double reach = AetSitesReach(g->kind) * g->nearest;
  double       here[3];

  AetSitesFraction(g->kind, g->index[atom], here);
  for (ptrdiff_t e = atoms->first[atom]; e < atoms->first[atom + 1]; e++) {
    const ptrdiff_t j = atoms->near[e];
    const int       s = AetSitesSublattice(g->kind, g->index[atom]);
    double          v[3], f[3], far;
    int             k;
    if (Vector(atoms, atom, j, v) > reach * reach) break;
    if (g->owner[j] != g->label) continue;
    k = Nearest(g, s, v, &far);
    for (int a = 0; a < 3; a++)
      if (g->index[j][a] - g->index[atom][a] != g->offset[s][k][a]) far = INFINITY; /* across a cut */
    if (isinf(far)) continue;
    AetSitesFraction(g->kind, g->index[j], f);
    for (int a = 0; a < 3; a++) f[a] -= here[a];
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++) g->square[3 * a + b] += f[a] * f[b], g->product[3 * a + b] += f[a] * v[b];
  }
}

ptrdiff_t AetGrowCut(const AetGrowGrain *g, const AetGrowAtoms *atoms, ptrdiff_t *bonds)
{
  const double reach = AetSitesReach(g->kind) * g->nearest;
  ptrdiff_t    cut = 0;

  *bonds = 0;
  for (ptrdiff_t m = 0; m < g->members; m++) {
    const ptrdiff_t i = g->member[m];
    const int       s = AetSitesSublattice(g->kind, g->index[i]);
    for (ptrdiff_t e = atoms->first[i]; e < atoms->first[i + 1]; e++) {
      const ptrdiff_t j = atoms->near[e];
      double          v[3], far;
      int             k, differs = 0;
      if (Vector(atoms, i, j, v) > reach * reach) break;
      if (g->owner[j] != g->label) continue;
      k = Nearest(g, s, v, &far);
      if (far > VOTE * VOTE * g->nearest * g->nearest) continue;
      for (int a = 0; a < 3; a++) differs |= g->index[j][a] - g->index[i][a] != g->offset[s][k][a];
      cut += differs;
      (*bonds)++;
    }
  }
  return cut;
}

ptrdiff_t AetGrowUnique(AetGrowGrain *g, const AetGrowAtoms *atoms)
{
  ptrdiff_t kept = 0, left;

  for (ptrdiff_t m = 0; m < g->members; m++) {
    const ptrdiff_t i = g->member[m];
    double          f[3], x[3], here = 0, v[3];
    int             stays = 1;
    AetSitesFraction(g->kind, g->index[i], f);
    AetSitesVector(g->cell, f, x);
    for (int a = 0; a < 3; a++) here += pow(atoms->position[3 * i + a] - g->origin[a] - x[a], 2);
    for (ptrdiff_t e = atoms->first[i]; e < atoms->first[i + 1] && stays; e++) {
      const ptrdiff_t j = atoms->near[e];
      double          there = 0;
      if (Vector(atoms, i, j, v) > 0.64 * g->nearest * g->nearest) break;
      if (g->owner[j] != g->label || memcmp(g->index[i], g->index[j], sizeof g->index[i])) continue;
      for (int a = 0; a < 3; a++) there += pow(atoms->position[3 * j + a] - g->origin[a] - x[a], 2);
      stays = here < there || (here == there && i < j);
    }
    if (stays) {
      g->member[kept++] = i;
    } else { /* it goes at once: of three in one place the nearest stays all the same */
      g->owner[i] = -1;
    }
  }
  left = g->members - kept;
  g->members = kept;
  return left;
}
