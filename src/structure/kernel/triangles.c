#include "structure/kernel/triangles.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAF = 4, DEPTH = 96 };

typedef struct {
  double centre[3], key;
  int    triangle;
} Item;

static int ByKey(const void *left, const void *right)
{
  const Item *a = left, *b = right;

  if (a->key != b->key) return a->key < b->key ? -1 : 1;
  return (a->triangle > b->triangle) - (a->triangle < b->triangle);
}

static const double *Corner(const AetTriangleTree *tree, const int corner[3], int k)
{
  return tree->position + 3 * (ptrdiff_t)corner[k];
}

/* The box of the items' triangles, and the axis along which their centres spread most. */
static int Bound(const AetTriangleTree *tree, const int (*triangle)[3], int count, const Item *item, AetTriangleNode *node)
{
  double low[3], high[3];
  int    widest = 0;

  for (int a = 0; a < 3; a++) low[a] = node->low[a] = INFINITY, high[a] = node->high[a] = -INFINITY;
  for (int i = 0; i < count; i++)
    for (int a = 0; a < 3; a++) {
      low[a] = fmin(low[a], item[i].centre[a]);
      high[a] = fmax(high[a], item[i].centre[a]);
      for (int k = 0; k < 3; k++) {
        node->low[a] = fmin(node->low[a], Corner(tree, triangle[item[i].triangle], k)[a]);
        node->high[a] = fmax(node->high[a], Corner(tree, triangle[item[i].triangle], k)[a]);
      }
    }
  for (int a = 1; a < 3; a++)
    if (high[a] - low[a] > high[widest] - low[widest]) widest = a;
  return widest;
}

/* Halves the items at their median until the leaves are small: the depth is the logarithm of their number. */
static void Split(AetTriangleTree *tree, const int (*triangle)[3], int first, int count, Item *item, int at, int *nodes)
{
  AetTriangleNode *node = &tree->node[at];
  const int        axis = Bound(tree, triangle, count, item + first, node), half = count / 2;

  if (count <= LEAF) {
    node->first = first, node->count = count;
    for (int i = first; i < first + count; i++) memcpy(tree->corner[i], triangle[item[i].triangle], sizeof tree->corner[i]);
    return;
  }
  for (int i = first; i < first + count; i++) item[i].key = item[i].centre[axis];
  qsort(item + first, (size_t)count, sizeof *item, ByKey);
  node->first = *nodes, node->count = 0;
  *nodes += 2;
  Split(tree, triangle, first, half, item, tree->node[at].first, nodes);
  Split(tree, triangle, first + half, count - half, item, tree->node[at].first + 1, nodes);
}

int AetTrianglesBuild(AetTriangleTree *tree, ptrdiff_t count, const int (*triangle)[3], const double *position)
{
  const size_t room = (size_t)count + 1;
  Item        *item = malloc(room * sizeof *item);
  int          nodes = 1;

  tree->count = count;
  tree->position = position;
  tree->corner = malloc(room * sizeof *tree->corner);
  tree->node = malloc(2 * room * sizeof *tree->node);
  if (!item || !tree->corner || !tree->node) {
    free(item);
    AetTrianglesFree(tree);
    return 1;
  }
  for (ptrdiff_t i = 0; i < count; i++) {
    item[i].triangle = (int)i;
    for (int a = 0; a < 3; a++)
      item[i].centre[a] = (Corner(tree, triangle[i], 0)[a] + Corner(tree, triangle[i], 1)[a] + Corner(tree, triangle[i], 2)[a]) / 3;
  }
  Split(tree, triangle, 0, (int)count, item, 0, &nodes);
  free(item);
  return 0;
}

void AetTrianglesFree(AetTriangleTree *tree)
{
  free(tree->corner);
  free(tree->node);
  memset(tree, 0, sizeof *tree);
}

static double Dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void Cross(const double a[3], const double b[3], double c[3])
{
  c[0] = a[1] * b[2] - a[2] * b[1];
  c[1] = a[2] * b[0] - a[0] * b[2];
  c[2] = a[0] * b[1] - a[1] * b[0];
}

static double Square(const double a[3], const double b[3])
{
  return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]);
}

static double ToSegment(const double x[3], const double a[3], const double b[3])
{
  double along[3], from[3], foot[3], length, t;

  for (int k = 0; k < 3; k++) along[k] = b[k] - a[k], from[k] = x[k] - a[k];
  length = Dot(along, along);
  t = length > 0 ? fmin(fmax(Dot(from, along) / length, 0), 1) : 0;
  for (int k = 0; k < 3; k++) foot[k] = a[k] + t * along[k];
  return Square(x, foot);
}

/* Square of the distance: to the plane where the foot lies inside the three edges, else to the nearest edge. */
static double ToTriangle(const double x[3], const double *const corner[3])
{
  double u[3], v[3], normal[3], from[3], side[3], square;
  int    inside = 1;

  for (int k = 0; k < 3; k++) u[k] = corner[1][k] - corner[0][k], v[k] = corner[2][k] - corner[0][k];
  Cross(u, v, normal);
  square = Dot(normal, normal);
  for (int e = 0; e < 3; e++) {
    for (int k = 0; k < 3; k++) u[k] = corner[(e + 1) % 3][k] - corner[e][k], from[k] = x[k] - corner[e][k];
    Cross(u, from, side);
    inside = inside && Dot(side, normal) >= 0;
  }
  if (inside && square > 0) return Dot(from, normal) * Dot(from, normal) / square;
  return fmin(fmin(ToSegment(x, corner[0], corner[1]), ToSegment(x, corner[1], corner[2])), ToSegment(x, corner[2], corner[0]));
}

/* fmin and fmax are calls, and no number here is not a number */
static inline double Less(double a, double b)
{
  return a < b ? a : b;
}

static inline double More(double a, double b)
{
  return a > b ? a : b;
}

static double ToBox(const double x[3], const AetTriangleNode *node)
{
  double sum = 0;

  for (int a = 0; a < 3; a++) {
    const double out = More(More(node->low[a] - x[a], x[a] - node->high[a]), 0);
    sum += out * out;
  }
  return sum;
}

double AetTrianglesNearest(const AetTriangleTree *tree, const double x[3])
{
  int    stack[DEPTH], depth = 0;
  double best = INFINITY;

  if (tree->count > 0) stack[depth++] = 0;
  while (depth > 0) {
    const AetTriangleNode *node = &tree->node[stack[--depth]];
    if (ToBox(x, node) >= best) continue;
    for (int i = node->first; i < node->first + node->count; i++) {
      const double *corner[3] = {Corner(tree, tree->corner[i], 0), Corner(tree, tree->corner[i], 1), Corner(tree, tree->corner[i], 2)};
      best = Less(best, ToTriangle(x, corner));
    }
    if (node->count == 0) { /* the nearer child is taken first */
      const int second = ToBox(x, &tree->node[node->first]) < ToBox(x, &tree->node[node->first + 1]);
      stack[depth++] = node->first + second;
      stack[depth++] = node->first + !second;
    }
  }
  return sqrt(best);
}

static int MeetsBox(const AetTriangleNode *node, const double x[3], const double inverse[3], double reach)
{
  const double rim = 1e-9; /* of rounding, wider than any */
  double       enter = 0, leave = reach;

  for (int a = 0; a < 3; a++) {
    const double low = (node->low[a] - rim - x[a]) * inverse[a], high = (node->high[a] + rim - x[a]) * inverse[a];
    enter = More(enter, Less(low, high));
    leave = Less(leave, More(low, high));
  }
  return enter <= leave;
}

/* On which side of the ray the edge passes; computed from the lower to the higher index, so that both its triangles see the same. */
static int Side(const AetTriangleTree *tree, int from, int to, const double x[3], const double direction[3])
{
  const double *a = tree->position + 3 * (ptrdiff_t)(from < to ? from : to), *b = tree->position + 3 * (ptrdiff_t)(from < to ? to : from);
  double        u[3], v[3], normal[3];
  int           left;

  for (int k = 0; k < 3; k++) u[k] = a[k] - x[k], v[k] = b[k] - x[k];
  Cross(u, v, normal);
  left = Dot(normal, direction) >= 0;
  return from < to ? left : !left;
}

/* Whether the line crosses the triangle, and where. */
static int Crosses(const AetTriangleTree *tree, const int corner[3], const double x[3], const double direction[3], double *t)
{
  const int     side = Side(tree, corner[0], corner[1], x, direction);
  const double *a = Corner(tree, corner, 0), *b = Corner(tree, corner, 1), *c = Corner(tree, corner, 2);
  double        u[3], v[3], w[3], normal[3], slope;

  if (Side(tree, corner[1], corner[2], x, direction) != side || Side(tree, corner[2], corner[0], x, direction) != side) return 0;
  for (int k = 0; k < 3; k++) u[k] = b[k] - a[k], v[k] = c[k] - a[k], w[k] = a[k] - x[k];
  Cross(u, v, normal);
  slope = Dot(normal, direction);
  *t = slope != 0 ? Dot(w, normal) / slope : 0;
  return slope != 0;
}

int AetTrianglesCross(const AetTriangleTree *tree, const double x[3], const double direction[3], double reach, int room, double *t)
{
  int    stack[DEPTH], depth = 0, found = 0;
  double inverse[3];

  for (int a = 0; a < 3; a++) inverse[a] = 1 / (direction[a] != 0 ? direction[a] : 1e-300);
  if (tree->count > 0) stack[depth++] = 0;
  while (depth > 0) {
    const AetTriangleNode *node = &tree->node[stack[--depth]];
    if (!MeetsBox(node, x, inverse, reach)) continue;
    for (int i = node->first; i < node->first + node->count; i++) {
      double at;
      if (!Crosses(tree, tree->corner[i], x, direction, &at) || !(at > 0) || at > reach) continue;
      if (found < room) t[found] = at;
      found++;
    }
    if (node->count == 0) stack[depth++] = node->first, stack[depth++] = node->first + 1;
  }
  return found;
}

int AetTrianglesInside(const AetTriangleTree *tree, const double x[3])
{
  const double oblique[3] = {0.2672612419, 0.5345224838 + 0.0131, 0.8017837257 - 0.0071}; /* along no edge of a crystal */

  return AetTrianglesCross(tree, x, oblique, INFINITY, 0, NULL) & 1;
}
