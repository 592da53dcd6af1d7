#define _POSIX_C_SOURCE 200809L
#include "structure/kernel/delaunay.h"
#include <libqhull_r/libqhull_r.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The lower facets of the lifted points, numbered through their visitid. */
static int Collect(qhT *qh, AetTetrahedra *t)
{
  facetT   *facet, *neighbor, **neighborp;
  vertexT  *vertex, **vertexp;
  ptrdiff_t count = 0;

  FORALLfacets facet->visitid = facet->upperdelaunay || !facet->simplicial ? 0 : (unsigned)++count;
  t->vertex = malloc(((size_t)count + 1) * sizeof *t->vertex);
  t->neighbour = malloc(((size_t)count + 1) * sizeof *t->neighbour);
  if (!t->vertex || !t->neighbour) return 1;
  FORALLfacets
  {
    const ptrdiff_t at = (ptrdiff_t)facet->visitid - 1;
    int             k = 0;
    if (at < 0) continue;
    FOREACHvertex_(facet->vertices) if (k < 4) t->vertex[at][k++] = qh_pointid(qh, vertex->point);
    k = 0;
    FOREACHneighbor_(facet) if (k < 4) t->neighbour[at][k++] = (int)neighbor->visitid - 1; /* the order of the vertices they are across */
  }
  t->count = count;
  return 0;
}

int AetDelaunay(ptrdiff_t count, double *x, AetTetrahedra *tetrahedra, size_t message_size, char *message)
{
  char   command[] = "qhull d Qbb Qt", *text = NULL;
  size_t length = 0;
  FILE  *told = open_memstream(&text, &length);
  qhT   *qh = malloc(sizeof *qh);
  int    status = 1, current, total;

  memset(tetrahedra, 0, sizeof *tetrahedra);
  if (told && qh) {
    qh_zero(qh, told);
    status = qh_new_qhull(qh, 3, (int)count, x, 0, command, NULL, told) ? 2 : Collect(qh, tetrahedra);
    qh_freeqhull(qh, !qh_ALL);
    qh_memfreeshort(qh, &current, &total);
  }
  if (told) fclose(told);
  if (status == 2) snprintf(message, message_size, "%.*s", (int)strcspn(text, "\n"), text);
  if (status) AetTetrahedraFree(tetrahedra);
  free(text);
  free(qh);
  return status;
}

void AetTetrahedraFree(AetTetrahedra *tetrahedra)
{
  free(tetrahedra->vertex);
  free(tetrahedra->neighbour);
  memset(tetrahedra, 0, sizeof *tetrahedra);
}
