/* The Voronoi cell of a point at the origin: a cube, cut by the planes midway to the points near it. */
#ifndef AET_STRUCTURE_KERNEL_VORONOI_H
#define AET_STRUCTURE_KERNEL_VORONOI_H
#include <stddef.h>

typedef struct {
  double normal[3], offset; /* unit vector; distance from the origin */
  int    from;              /* number of the point; -1: a wall of the cube */
} AetVoronoiPlane;
typedef struct {
  ptrdiff_t        room, planes; /* most; in use */
  AetVoronoiPlane *plane;        /* [planes] by distance */
  double (*corner[2])[3];        /* [room + 8] polygon that is cut */
  double *area;                  /* [planes] of their faces */
} AetVoronoiWork;

typedef struct {
  double volume, area;
  double farthest;     /* distance of the farthest corner: points beyond twice that do not matter */
  int    walls;        /* walls of the cube that are left */
  int    faces[4];     /* with 3, 4, 5, 6 edges */
  int    coordination; /* faces of any number of edges */
} AetVoronoiCell;

/* Room for `room` points. Returns nonzero when memory is short. Free accepts zeros. */
int  AetVoronoiWorkCreate(AetVoronoiWork *work, ptrdiff_t room);
void AetVoronoiWorkFree(AetVoronoiWork *work);
/* The cell among `count` points to [count][3], none of them at the origin, inside the cube of that half side. Volume, area and farthest
   corner are of the whole cell. Faces smaller than `least` of its area are then dropped, and those that are left are counted with the edges
   that they have without them; walls are not counted. A corner where more than three faces meet counts once. `work` keeps the planes. */
void AetVoronoiCut(AetVoronoiWork *work, ptrdiff_t count, const double (*to)[3], double half, double least, AetVoronoiCell *cell);
/* Where the ray from the origin along the unit vector leaves the cell that was cut last, dropped faces excepted. */
double AetVoronoiLeave(const AetVoronoiWork *work, const double direction[3]);

#endif
