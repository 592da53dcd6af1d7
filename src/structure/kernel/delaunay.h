/* Delaunay tetrahedra of points in general position, by Qhull (Barber, Dobkin, Huhdanpaa, ACM Trans. Math. Softw. 22 (1996) 469). */
#ifndef AET_STRUCTURE_KERNEL_DELAUNAY_H
#define AET_STRUCTURE_KERNEL_DELAUNAY_H
#include <stddef.h>

typedef struct {
  ptrdiff_t count;
  int (*vertex)[4];
  int (*neighbour)[4]; /* tetrahedron across the face opposite to that vertex; -1: outside the hull */
} AetTetrahedra;

/* Of x [count][3], count ≥ 4. Returns 0; 1 when memory is short; 2 when Qhull refuses, whose first line is then in `message`. */
int  AetDelaunay(ptrdiff_t count, double *x, AetTetrahedra *tetrahedra, size_t message_size, char *message);
void AetTetrahedraFree(AetTetrahedra *tetrahedra);

#endif
