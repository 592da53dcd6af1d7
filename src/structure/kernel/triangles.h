/* Triangles in a tree of boxes: the nearest one to a point, and those that a ray crosses. */
#ifndef AET_STRUCTURE_KERNEL_TRIANGLES_H
#define AET_STRUCTURE_KERNEL_TRIANGLES_H
#include <stddef.h>

typedef struct {
  double low[3], high[3];
  int    first, count; /* triangles of a leaf; count 0: the children are nodes first and first + 1 */
} AetTriangleNode;
typedef struct {
  ptrdiff_t     count;
  const double *position; /* [points][3], lent */
  int (*corner)[3];       /* [count] in the order of the leaves */
  AetTriangleNode *node;
} AetTriangleTree;

/* Of triangle [count][3], indices of `position`, which must outlive the tree. Returns nonzero when memory is short. */
int  AetTrianglesBuild(AetTriangleTree *tree, ptrdiff_t count, const int (*triangle)[3], const double *position);
void AetTrianglesFree(AetTriangleTree *tree);
/* Distance of x to the nearest triangle; infinite where there are none. */
double AetTrianglesNearest(const AetTriangleTree *tree, const double x[3]);
/* Where the ray x + t direction crosses triangles, 0 < t ≤ reach: writes up to `room` t, in no order, and returns how many there are. A
   ray through a common edge crosses one of the two triangles (or both, or none, where it grazes), so closed surfaces stay closed. */
int AetTrianglesCross(const AetTriangleTree *tree, const double x[3], const double direction[3], double reach, int room, double *t);
/* Whether x lies inside the closed surface that the triangles form. */
int AetTrianglesInside(const AetTriangleTree *tree, const double x[3]);

#endif
