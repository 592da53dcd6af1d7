#include "structure/kernel/alpha_shape.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The corner opposite to each face comes last. */
static const int face[4][3] = {{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}};

static void Cross(const double a[3], const double b[3], double c[3])
{
  c[0] = a[1] * b[2] - a[2] * b[1];
  c[1] = a[2] * b[0] - a[0] * b[2];
  c[2] = a[0] * b[1] - a[1] * b[0];
}

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Six times the volume: positive where d lies on the side to which the normal of a, b, c points. */
static double Volume6(const double *x, int a, int b, int c, int d)
{
  double u[3], v[3], w[3], n[3];

  for (int k = 0; k < 3; k++) {
    u[k] = x[3 * (ptrdiff_t)b + k] - x[3 * (ptrdiff_t)a + k];
    v[k] = x[3 * (ptrdiff_t)c + k] - x[3 * (ptrdiff_t)a + k];
    w[k] = x[3 * (ptrdiff_t)d + k] - x[3 * (ptrdiff_t)a + k];
  }
  Cross(u, v, n);
  return Dot(n, w);
}

double AetCircumradius(const double *x, const int vertex[4])
{
  double edge[3][3], square[3], normal[3][3], centre[3], volume;

  for (int e = 0; e < 3; e++) {
    for (int k = 0; k < 3; k++) edge[e][k] = x[3 * (ptrdiff_t)vertex[e + 1] + k] - x[3 * (ptrdiff_t)vertex[0] + k];
    square[e] = Dot(edge[e], edge[e]);
  }
  for (int e = 0; e < 3; e++) Cross(edge[(e + 1) % 3], edge[(e + 2) % 3], normal[e]);
  volume = Dot(edge[0], normal[0]);
  for (int k = 0; k < 3; k++) centre[k] = square[0] * normal[0][k] + square[1] * normal[1][k] + square[2] * normal[2][k];
  return volume != 0 ? sqrt(Dot(centre, centre)) / (2 * fabs(volume)) : INFINITY;
}

/* All tetrahedra of the kind of `start` that can be reached through faces get `label`. Returns whether the outside was reached. */
static int Flood(const AetTetrahedra *t, const char *keep, ptrdiff_t start, int label, int *part, int *stack)
{
  ptrdiff_t depth = 0;
  int       outside = 0;

  stack[depth++] = (int)start;
  part[start] = label;
  while (depth > 0) {
    const int at = stack[--depth];
    for (int k = 0; k < 4; k++) {
      const int next = t->neighbour[at][k];
      if (next < 0) outside = 1;
      if (next < 0 || keep[next] != keep[at] || part[next]) continue;
      part[next] = label;
      stack[depth++] = next;
    }
  }
  return outside;
}

/* Pieces and voids; part [tetrahedra] becomes a number of each region. */
static void Regions(AetAlphaShape *shape, const double *x, const AetTetrahedra *t, const char *keep, int *part, int *stack)
{
  int first_void = 0, label = 0;

  for (ptrdiff_t i = 0; i < t->count; i++) { /* the outside first: it may come in several parts */
    const int rim = t->neighbour[i][0] < 0 || t->neighbour[i][1] < 0 || t->neighbour[i][2] < 0 || t->neighbour[i][3] < 0;
    if (!keep[i] && !part[i] && rim) Flood(t, keep, i, ++label, part, stack);
  }
  first_void = label + 1;
  for (ptrdiff_t i = 0; i < t->count; i++) {
    if (part[i]) continue;
    Flood(t, keep, i, ++label, part, stack);
    if (keep[i])
      shape->pieces++;
    else
      shape->voids++;
  }
  for (ptrdiff_t i = 0; i < t->count; i++)
    if (!keep[i] && part[i] >= first_void)
      shape->void_volume += fabs(Volume6(x, t->vertex[i][0], t->vertex[i][1], t->vertex[i][2], t->vertex[i][3])) / 6;
}

static void Facets(AetAlphaShape *shape, const double *x, const AetTetrahedra *t, const char *keep)
{
  shape->facets = 0;
  for (ptrdiff_t i = 0; i < t->count; i++)
    for (int k = 0; k < 4 && keep[i]; k++) {
      const int *v = t->vertex[i], next = t->neighbour[i][k];
      int        a = v[face[k][0]], b = v[face[k][1]], c = v[face[k][2]];
      if (next >= 0 && keep[next]) continue;
      if (shape->facet) {
        const int inward = Volume6(x, a, b, c, v[k]) > 0;
        int      *f = shape->facet[shape->facets];
        f[0] = a, f[1] = inward ? c : b, f[2] = inward ? b : c;
      }
      shape->facets++;
    }
}

int AetAlphaShapeBuild(AetAlphaShape *shape, ptrdiff_t count, const double *x, const AetTetrahedra *t, double alpha)
{
  const size_t room = (size_t)t->count + 1;
  char        *keep = malloc(room);
  int         *part = calloc(room, sizeof *part), *stack = malloc(room * sizeof *stack), bad;

  memset(shape, 0, sizeof *shape);
  shape->covered = calloc((size_t)count + 1, 1);
  bad = !keep || !part || !stack || !shape->covered;
  for (ptrdiff_t i = 0; !bad && i < t->count; i++) {
    keep[i] = AetCircumradius(x, t->vertex[i]) <= alpha;
    shape->kept += keep[i];
    for (int k = 0; k < 4 && keep[i]; k++) shape->covered[t->vertex[i][k]] = 1;
  }
  if (!bad) {
    Regions(shape, x, t, keep, part, stack);
    Facets(shape, x, t, keep);
    shape->facet = malloc(((size_t)shape->facets + 1) * sizeof *shape->facet);
    bad = !shape->facet;
    if (!bad) Facets(shape, x, t, keep);
  }
  free(keep);
  free(part);
  free(stack);
  if (bad) AetAlphaShapeFree(shape);
  return bad;
}

void AetAlphaShapeFree(AetAlphaShape *shape)
{
  free(shape->facet);
  free(shape->covered);
  memset(shape, 0, sizeof *shape);
}
