#include "structure/kernel/voronoi.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each face is a large square in its plane, cut by all other planes. That needs no record of which faces meet where, which perfect
   crystals, where more than three meet in a corner, would confuse. Planes are taken by distance: once they are farther away than every
   corner of the polygon, the rest cannot cut it. */

#define ON_PLANE 1e-9 /* of the half side: a corner this near to a plane is not cut off, and two so near are one */

int AetVoronoiWorkCreate(AetVoronoiWork *work, ptrdiff_t room)
{
  const size_t size = (size_t)room + 16;

  work->room = room;
  work->planes = 0;
  work->plane = malloc(size * sizeof *work->plane);
  work->area = malloc(size * sizeof *work->area);
  for (int k = 0; k < 2; k++) work->corner[k] = malloc(size * sizeof *work->corner[k]);
  if (work->plane && work->area && work->corner[0] && work->corner[1]) return 0;
  AetVoronoiWorkFree(work);
  return 1;
}

void AetVoronoiWorkFree(AetVoronoiWork *work)
{
  free(work->plane);
  free(work->area);
  for (int k = 0; k < 2; k++) free(work->corner[k]);
  memset(work, 0, sizeof *work);
}

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static int ByOffset(const void *left, const void *right)
{
  const AetVoronoiPlane *a = left, *b = right;

  if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
  return (a->from > b->from) - (a->from < b->from);
}

static void Planes(AetVoronoiWork *work, ptrdiff_t count, const double (*to)[3], double half)
{
  work->planes = 0;
  for (ptrdiff_t i = 0; i < count; i++) {
    const double length = sqrt(Dot(to[i], to[i]));
    if (length / 2 >= sqrt(3) * half) continue; /* beyond the corners of the cube */
    work->plane[work->planes].from = (int)i;
    work->plane[work->planes].offset = length / 2;
    for (int a = 0; a < 3; a++) work->plane[work->planes].normal[a] = to[i][a] / length;
    work->planes++;
  }
  for (int w = 0; w < 6; w++) {
    AetVoronoiPlane *p = &work->plane[work->planes++];
    p->from = -1;
    p->offset = half;
    for (int a = 0; a < 3; a++) p->normal[a] = a == w / 2 ? (w & 1 ? 1 : -1) : 0;
  }
  qsort(work->plane, (size_t)work->planes, sizeof *work->plane, ByOffset);
}

/* A square about the foot of the plane, larger than the cube; seen from outside its corners go round counter-clockwise. */
static int Square(const AetVoronoiPlane *plane, double half, double (*corner)[3])
{
  const double *n = plane->normal, size = 4 * half;
  const int     a = fabs(n[0]) < fabs(n[1]) ? (fabs(n[0]) < fabs(n[2]) ? 0 : 2) : (fabs(n[1]) < fabs(n[2]) ? 1 : 2);
  double        u[3], v[3], length;

  for (int k = 0; k < 3; k++) u[k] = (k == a) - n[a] * n[k];
  length = sqrt(Dot(u, u));
  for (int k = 0; k < 3; k++) u[k] /= length;
  for (int k = 0; k < 3; k++) v[k] = n[(k + 1) % 3] * u[(k + 2) % 3] - n[(k + 2) % 3] * u[(k + 1) % 3];
  for (int c = 0; c < 4; c++)
    for (int k = 0; k < 3; k++) corner[c][k] = plane->offset * n[k] + size * ((c == 0 || c == 3 ? 1 : -1) * u[k] + (c < 2 ? 1 : -1) * v[k]);
  return 4;
}

/* What of the polygon lies on the inner side of the plane; returns its corners. */
static int Clip(const AetVoronoiPlane *plane, double tolerance, int count, const double (*from)[3], double (*to)[3])
{
  double last = Dot(plane->normal, from[count - 1]) - plane->offset;
  int    kept = 0;

  for (int c = 0; c < count; c++) {
    const double *before = from[c ? c - 1 : count - 1], *here = from[c], now = Dot(plane->normal, here) - plane->offset;
    if ((last > tolerance) != (now > tolerance)) {
      const double part = last / (last - now);
      for (int k = 0; k < 3; k++) to[kept][k] = before[k] + part * (here[k] - before[k]);
      kept++;
    }
    if (now <= tolerance) memcpy(to[kept++], here, 3 * sizeof(double));
    last = now;
  }
  return kept;
}

static double Farthest(int count, const double (*corner)[3])
{
  double most = 0;

  for (int c = 0; c < count; c++) {
    const double square = Dot(corner[c], corner[c]);
    if (square > most) most = square;
  }
  return sqrt(most);
}

/* The face in plane k in corner[0]; returns its corners, 0 if nothing of it is left. */
static int Face(AetVoronoiWork *work, ptrdiff_t k, double half)
{
  int    count = Square(&work->plane[k], half, work->corner[0]);
  double far = Farthest(count, (const double(*)[3])work->corner[0]);

  for (ptrdiff_t j = 0; j < work->planes && work->plane[j].offset < far && count > 0; j++) {
    double(*swap)[3];
    int kept;
    if (j == k) continue;
    kept = Clip(&work->plane[j], ON_PLANE * half, count, (const double(*)[3])work->corner[0], work->corner[1]);
    swap = work->corner[0], work->corner[0] = work->corner[1], work->corner[1] = swap;
    count = kept;
    far = Farthest(count, (const double(*)[3])work->corner[0]);
  }
  return count < 3 ? 0 : count;
}

static double Area(int count, const double (*corner)[3])
{
  double sum[3] = {0};

  for (int c = 2; c < count; c++)
    for (int k = 0; k < 3; k++) {
      const int    a = (k + 1) % 3, b = (k + 2) % 3;
      const double ua = corner[c - 1][a] - corner[0][a], ub = corner[c - 1][b] - corner[0][b], va = corner[c][a] - corner[0][a],
                   vb = corner[c][b] - corner[0][b];
      sum[k] += ua * vb - ub * va;
    }
  return sqrt(Dot(sum, sum)) / 2;
}

/* Edges that have a length. */
static int Edges(int count, const double (*corner)[3], double tolerance)
{
  int edges = 0;

  for (int c = 0; c < count; c++) {
    double d[3];
    for (int k = 0; k < 3; k++) d[k] = corner[c][k] - corner[c ? c - 1 : count - 1][k];
    edges += Dot(d, d) > tolerance * tolerance;
  }
  return edges;
}

/* Faces that are left, counted by their edges. */
static void Count(AetVoronoiWork *work, double half, AetVoronoiCell *cell)
{
  for (ptrdiff_t k = 0; k < work->planes; k++) {
    const int count = work->plane[k].from < 0 ? 0 : Face(work, k, half);
    const int edges = Edges(count, (const double(*)[3])work->corner[0], 10 * ON_PLANE * half);
    if (edges < 3) continue;
    cell->coordination++;
    if (edges <= 6) cell->faces[edges - 3]++;
  }
}

void AetVoronoiCut(AetVoronoiWork *work, ptrdiff_t count, const double (*to)[3], double half, double least, AetVoronoiCell *cell)
{
  ptrdiff_t kept = 0;

  memset(cell, 0, sizeof *cell);
  Planes(work, count, to, half);
  for (ptrdiff_t k = 0; k < work->planes; k++) {
    const int corners = Face(work, k, half);
    work->area[k] = Area(corners, (const double(*)[3])work->corner[0]);
    if (work->area[k] < ON_PLANE * half * half) continue; /* it touches the cell only */
    cell->area += work->area[k];
    cell->volume += work->area[k] * work->plane[k].offset / 3;
    cell->farthest = fmax(cell->farthest, Farthest(corners, (const double(*)[3])work->corner[0]));
    cell->walls += work->plane[k].from < 0;
  }
  for (ptrdiff_t k = 0; k < work->planes; k++)
    if (work->area[k] >= ON_PLANE * half * half && (work->area[k] >= least * cell->area || work->plane[k].from < 0))
      work->plane[kept++] = work->plane[k];
  work->planes = kept;
  Count(work, half, cell);
}

double AetVoronoiLeave(const AetVoronoiWork *work, const double direction[3])
{
  double t = INFINITY;

  for (ptrdiff_t k = 0; k < work->planes; k++) {
    const double slope = Dot(work->plane[k].normal, direction);
    if (slope > 0) t = fmin(t, work->plane[k].offset / slope);
  }
  return t;
}
