/* Burgers circuits about the triangles of a tessellation. Every edge is named by the translation nearest to it; the sum about a triangle is
   minus the Burgers vector of what passes through it. The sums over the faces of a tetrahedron vanish, so lines cannot end inside. */
#include "structure/kernel/burgers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 2.2 /* edge of a tetrahedron of the crystal, in nearest distances */

static const int face[4][3] = {{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}; /* seen from outside where vertex 3 is above 0, 1, 2 */

void AetBurgersStep(const AetBurgersCrystal *c, int grain, int from, int to, int index[3])
{
  const int    low = from < to ? from : to, high = from < to ? to : from; /* there and back is the same step */
  const double v[3] = {c->position[3 * high] - c->position[3 * low], c->position[3 * high + 1] - c->position[3 * low + 1],
                       c->position[3 * high + 2] - c->position[3 * low + 2]};
  double       f[3];

  AetSitesVector(c->inverse[grain], v, f);
  AetSitesRound(c->kind[grain], f, index);
  for (int a = 0; a < 3 && from > to; a++) index[a] = -index[a];
}

/* The grain of a tetrahedron: the only one of its atoms, of at least two of them; -1: none, or it is no part of the crystal. */
static int GrainOf(const AetBurgersCrystal *c, const int vertex[4])
{
  int grain = -1, members = 0;

  for (int k = 0; k < 4; k++) {
    const int g = c->grain[vertex[k]];
    if (g < 0) continue;
    if (grain >= 0 && g != grain) return -1;
    grain = g, members++;
  }
  if (members < 2 || c->kind[grain] == AET_SITES_HCP) return -1;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < i; j++) {
      double far = 0;
      for (int a = 0; a < 3; a++) far += pow(c->position[3 * vertex[i] + a] - c->position[3 * vertex[j] + a], 2);
      if (far > LONGEST * LONGEST * c->nearest[grain] * c->nearest[grain]) return -1;
    }
  return grain;
}

/* Flux out of a tetrahedron through the face opposite to a vertex; `normal` points out, `x` is its middle. Nonzero where there is any. */
static int Flux(const AetBurgersCrystal *c, int grain, const int vertex[4], int opposite, int flux[3], double x[3], double normal[3])
{
  const int     corner[3] = {vertex[face[opposite][0]], vertex[face[opposite][1]], vertex[face[opposite][2]]};
  const double *p = c->position + 3 * corner[0], *q = c->position + 3 * corner[1], *r = c->position + 3 * corner[2];
  double        size = 0, inside = 0;

  memset(flux, 0, 3 * sizeof *flux);
  for (int k = 0; k < 3; k++) {
    int step[3];
    AetBurgersStep(c, grain, corner[k], corner[(k + 1) % 3], step);
    for (int a = 0; a < 3; a++) flux[a] -= step[a];
  }
  if (!(flux[0] || flux[1] || flux[2])) return 0;
  for (int a = 0; a < 3; a++) {
    const int b = (a + 1) % 3, d = (a + 2) % 3;
    normal[a] = (q[b] - p[b]) * (r[d] - p[d]) - (q[d] - p[d]) * (r[b] - p[b]);
    x[a] = (p[a] + q[a] + r[a]) / 3;
    size += normal[a] * normal[a];
  }
  for (int a = 0; a < 3; a++) inside += normal[a] * (c->position[3 * vertex[opposite] + a] - x[a]);
  for (int a = 0; a < 3; a++) { /* the corners turn about the normal by the right hand; both may have to be turned round */
    normal[a] *= (inside > 0 ? -1 : 1) / sqrt(size);
    flux[a] *= inside > 0 ? -1 : 1;
  }
  return 1;
}

typedef struct {
  const AetBurgersCrystal *crystal;
  const AetTetrahedra     *t;
  int                     *grain, *line, *queue;
  AetBurgersLines         *out;
  ptrdiff_t                room;
} Work;

static int Add(Work *w, const AetBurgersCrossing *crossing)
{
  if (w->out->count == w->room) {
    AetBurgersCrossing *more;
    w->room = 2 * w->room + 64;
    more = realloc(w->out->crossing, (size_t)w->room * sizeof *more);
    if (!more) return 1;
    w->out->crossing = more;
  }
  w->out->crossing[w->out->count++] = *crossing;
  return 0;
}

/* The crossings of one tetrahedron; those into others of its grain are added once, and the others are put into the queue. */
static int Visit(Work *w, int at, int line, int *queued)
{
  for (int f = 0; f < 4; f++) {
    const int          beyond = w->t->neighbour[at][f], inside = beyond >= 0 && w->grain[beyond] == w->grain[at];
    AetBurgersCrossing c = {.line = line, .grain = w->grain[at], .end = !inside};
    if (!Flux(w->crystal, w->grain[at], w->t->vertex[at], f, c.flux, c.x, c.normal)) continue;
    if ((!inside || at < beyond) && Add(w, &c)) return 1;
    if (inside && w->line[beyond] < 0) w->line[beyond] = line, w->queue[(*queued)++] = beyond;
  }
  return 0;
}

static int Trace(Work *w)
{
  for (ptrdiff_t seed = 0; seed < w->t->count; seed++) {
    ptrdiff_t before = w->out->count;
    int       queued = 1;
    if (w->grain[seed] < 0 || w->line[seed] >= 0) continue;
    w->queue[0] = (int)seed;
    w->line[seed] = w->out->lines;
    for (int k = 0; k < queued; k++)
      if (Visit(w, w->queue[k], w->out->lines, &queued)) return 1;
    if (w->out->count > before) w->out->lines++;
  }
  return 0;
}

int AetBurgersFind(const AetBurgersCrystal *crystal, const AetTetrahedra *t, AetBurgersLines *lines)
{
  const size_t n = (size_t)t->count + 1;
  Work         w = {.crystal = crystal, .t = t, .out = lines};
  int          failed;

  memset(lines, 0, sizeof *lines);
  w.grain = malloc(n * sizeof *w.grain);
  w.line = malloc(n * sizeof *w.line);
  w.queue = malloc(n * sizeof *w.queue);
  failed = !w.grain || !w.line || !w.queue;
  for (ptrdiff_t i = 0; i < t->count && !failed; i++) w.grain[i] = GrainOf(crystal, t->vertex[i]), w.line[i] = -1;
  failed = failed || Trace(&w);
  free(w.grain);
  free(w.line);
  free(w.queue);
  if (failed) AetBurgersFree(lines);
  return failed;
}

void AetBurgersFree(AetBurgersLines *lines)
{
  free(lines->crossing);
  memset(lines, 0, sizeof *lines);
}

/* The direction of largest extent, by powers of the covariance from the coordinate axis of largest variance. */
static void Principal(ptrdiff_t count, const AetBurgersCrossing *c, const double middle[3], double direction[3])
{
  double m[9] = {0}, size;
  int    most = 0;

  for (ptrdiff_t k = 0; k < count; k++)
    for (int a = 0; a < 3; a++)
      for (int b = 0; b < 3; b++) m[3 * a + b] += (c[k].x[a] - middle[a]) * (c[k].x[b] - middle[b]);
  for (int a = 1; a < 3; a++)
    if (m[4 * a] > m[4 * most]) most = a;
  for (int a = 0; a < 3; a++) direction[a] = a == most;
  for (int step = 0; step < 200; step++) {
    double next[3];
    for (int a = 0; a < 3; a++) next[a] = m[3 * a] * direction[0] + m[3 * a + 1] * direction[1] + m[3 * a + 2] * direction[2];
    size = sqrt(next[0] * next[0] + next[1] * next[1] + next[2] * next[2]);
    if (!(size > 0)) return;
    for (int a = 0; a < 3; a++) direction[a] = next[a] / size;
  }
  for (int a = 0; a < 3; a++)
    if (fabs(direction[a]) > fabs(direction[most]) + 1e-9) most = a;
  size = direction[most] < 0 ? -1 : 1;
  for (int a = 0; a < 3; a++) direction[a] *= size;
}

void AetBurgersDescribe(ptrdiff_t count, const AetBurgersCrossing *c, AetBurgersAxis *axis)
{
  int ends = 0;

  memset(axis, 0, sizeof *axis);
  for (ptrdiff_t k = 0; k < count; k++)
    for (int a = 0; a < 3; a++) axis->middle[a] += c[k].x[a] / (double)count;
  Principal(count, c, axis->middle, axis->direction);
  for (ptrdiff_t k = 0; k < count; k++) {
    double along = 0, far = 0;
    for (int a = 0; a < 3; a++) along += (c[k].x[a] - axis->middle[a]) * axis->direction[a];
    for (int a = 0; a < 3; a++) far += pow(c[k].x[a] - axis->middle[a] - along * axis->direction[a], 2);
    axis->low = fmin(axis->low, along), axis->high = fmax(axis->high, along);
    axis->bend += far / (double)count;
    ends += c[k].end;
    for (int a = 0; a < 3 && c[k].end && along > 0; a++) axis->burgers[a] += c[k].flux[a]; /* what leaves at the far end */
  }
  axis->bend = sqrt(axis->bend);
  if (ends) return;
  for (ptrdiff_t k = 0; k < count; k++) { /* a closed loop: what passes the largest crossing, along its normal */
    const int *f = c[k].flux, *b = axis->burgers;
    if (f[0] * f[0] + f[1] * f[1] + f[2] * f[2] > b[0] * b[0] + b[1] * b[1] + b[2] * b[2]) memcpy(axis->burgers, f, sizeof c[k].flux);
  }
}
