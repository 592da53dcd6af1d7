/* Voronoi cells of all atoms: each by itself, from the atoms near it; shared by blocks. */
#include "structure/kernel/voronoi.h"
#include "atoms/kernel/cells.h"
#include "structure/structure_private.h"
#include <math.h>

enum { RAYS = 200, CROSSINGS = 64 };

/* What a thread needs. */
typedef struct {
  ptrdiff_t room, *list;
  double (*to)[3];
  AetVoronoiWork work;
} Bench;

static int Widen(Bench *b, ptrdiff_t room)
{
  if (room <= b->room) return 0;
  free(b->list);
  free(b->to);
  AetVoronoiWorkFree(&b->work);
  b->room = 2 * room;
  b->list = malloc((size_t)b->room * sizeof *b->list);
  b->to = malloc((size_t)b->room * sizeof *b->to);
  return !b->list || !b->to || AetVoronoiWorkCreate(&b->work, b->room);
}

static void Clear(Bench *b)
{
  free(b->list);
  free(b->to);
  AetVoronoiWorkFree(&b->work);
}

/* Cuts with the atoms within a reach, and again if farther ones could matter. Returns 0; 1 when memory is short; 2 if two atoms are in one
   place, `other` the second. */
static int Cut(const AetVoronoi v, const AetCells *cells, const double *position, ptrdiff_t i, Bench *b, AetVoronoiCell *cell,
               ptrdiff_t *other)
{
  const double *x = position + 3 * i;
  double        reach = 1.3 * v->bound_angstrom;

  for (;;) {
    const ptrdiff_t found = AetCellsNear(cells, position, x, reach, 0, NULL);
    ptrdiff_t       count = 0;
    if (Widen(b, found)) return 1;
    AetCellsNear(cells, position, x, reach, found, b->list);
    for (ptrdiff_t k = 0; k < found; k++) {
      const double *p = position + 3 * b->list[k];
      if (b->list[k] == i) continue;
      for (int a = 0; a < 3; a++) b->to[count][a] = p[a] - x[a];
      *other = b->list[k];
      if (b->to[count][0] == 0 && b->to[count][1] == 0 && b->to[count][2] == 0) return 2;
      count++;
    }
    AetVoronoiCut(&b->work, count, (const double(*)[3])b->to, v->bound_angstrom, AET_VORONOI_FACE, cell);
    if (2 * cell->farthest <= reach) return 0;
    reach = 2 * cell->farthest * (1 + 1e-12);
  }
}

/* Integral over one ray of r² inside both the cell and the surface. The ray starts at an atom of the surface: it starts inside if it
   crosses the surface an odd number of times on its way out. */
static double AlongRay(AetSurface surface, const double x[3], const double direction[3], double leave)
{
  double t[CROSSINGS], sum = 0, from = 0;
  int    found = AetSurfaceCross(surface, x, direction, INFINITY, CROSSINGS, t), first = 0, inside;

  found = PetscMin(found, CROSSINGS);
  while (first < found && t[first] < 1e-7) first++; /* the facets that the atom is a corner of */
  inside = (found - first) & 1;
  for (int k = first; k <= found; k++) {
    const double to = k < found ? fmin(t[k], leave) : leave;
    if (inside && to > from) sum += (to * to * to - from * from * from) / 3;
    from = to;
    inside = !inside;
    if (to >= leave) break;
  }
  return sum;
}

/* Volume of the cell that was cut last, inside the surface. */
static double Inside(AetSurface surface, const double x[3], const AetVoronoiWork *work)
{
  const double turn = M_PI * (3 - sqrt(5)); /* directions on a spiral, each for the same solid angle */
  double       sum = 0;

  for (int k = 0; k < RAYS; k++) {
    const double z = 1 - (2 * k + 1.0) / RAYS, across = sqrt(1 - z * z), angle = 0.7 + turn * k;
    const double direction[3] = {across * cos(angle), across * sin(angle), z};
    sum += AlongRay(surface, x, direction, AetVoronoiLeave(work, direction));
  }
  return 4 * M_PI / RAYS * sum;
}

static void Take(AetVoronoi v, AetSurface surface, const double *position, ptrdiff_t i, const AetVoronoiWork *work,
                 const AetVoronoiCell *cell)
{
  v->closed[i] = cell->walls == 0 && cell->farthest <= v->bound_angstrom ? PETSC_TRUE : PETSC_FALSE;
  v->volume[i] = v->closed[i] || !surface ? cell->volume : Inside(surface, position + 3 * i, work);
  v->area[i] = cell->area;
  v->coordination[i] = cell->coordination;
  for (int k = 0; k < 4; k++) v->faces[i][k] = cell->faces[k];
}

/* The cells of this rank's block. Not collective. */
static PetscErrorCode Block(AetVoronoi v, AetSurface surface, const AetCells *cells, const double *position, ptrdiff_t start,
                            ptrdiff_t count)
{
  ptrdiff_t pair[2] = {PETSC_MAX_INT, 0};
  int       memory = 0;

  PetscFunctionBegin;
#pragma omp parallel num_threads(AetThreads())
  {
    Bench bench = {0};
#pragma omp for schedule(dynamic, 16)
    for (ptrdiff_t i = start; i < start + count; i++) {
      AetVoronoiCell cell;
      ptrdiff_t      other;
      const int      status = Cut(v, cells, position, i, &bench, &cell, &other);
      if (status == 0) Take(v, surface, position, i, &bench.work, &cell);
      if (status == 0) continue;
#pragma omp critical
      {
        if (status == 1) memory = 1;
        if (status == 2 && i < pair[0]) pair[0] = i, pair[1] = other;
      }
    }
    Clear(&bench);
  }
  AetCheck(!memory, AET_ERR_MEMORY, "structure: no memory for a Voronoi cell");
  AetCheck(pair[0] == PETSC_MAX_INT, AET_ERR_INPUT, "structure: expected one atom in one place, found atoms %td and %td at %g %g %g",
           pair[0] + 1, pair[1] + 1, position[3 * pair[0]], position[3 * pair[0] + 1], position[3 * pair[0] + 2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(MPI_Comm comm, AetVoronoi v, AetSurface surface, const double *position)
{
  AetCells       cells;
  PetscErrorCode code;
  int            rank, size;
  ptrdiff_t      start, count;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(v->total, rank, size, &start, &count);
  if (AetCellsBuild(&cells, v->total, position, 1.3 * v->bound_angstrom)) {
    code = AetRaise(AET_ERR_MEMORY, "structure: no memory for the cells of %" PetscInt_FMT " atoms", v->total);
  } else {
    code = Block(v, surface, &cells, position, start, count);
    AetCellsFree(&cells);
  }
  PetscCall(AetAgree(comm, code));
  PetscCall(AetBlockGather(comm, v->total, 1, MPIU_BOOL, v->closed));
  PetscCall(AetBlockGather(comm, v->total, 1, MPI_DOUBLE, v->volume));
  PetscCall(AetBlockGather(comm, v->total, 1, MPI_DOUBLE, v->area));
  PetscCall(AetBlockGather(comm, v->total, 1, MPIU_INT, v->coordination));
  PetscCall(AetBlockGather(comm, v->total, 4, MPIU_INT, v->faces));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVoronoiCreate(AetAtoms atoms, AetSurface surface, AetVoronoi *voronoi)
{
  AetVoronoi     v;
  double        *position;
  const size_t   room = (size_t)atoms->total + 1;
  PetscErrorCode code;

  PetscFunctionBegin;
  *voronoi = NULL;
  AetCheck(!surface || surface->total == atoms->total, AET_ERR_INPUT,
           "structure: Voronoi cells: expected the surface of the same %" PetscInt_FMT " atoms, found one of %" PetscInt_FMT, atoms->total,
           surface->total);
  PetscCall(AetPositionsGather(atoms, &position));
  PetscCall(PetscNew(&v));
  v->total = atoms->total;
  v->bound_angstrom = surface ? surface->alpha_angstrom : AET_SURFACE_ALPHA_ANGSTROM;
  PetscCall(PetscMalloc5(room, &v->closed, room, &v->volume, room, &v->area, room, &v->coordination, room, &v->faces));
  code = Build(atoms->comm, v, surface, position);
  PetscCall(PetscFree(position));
  if (code) PetscCall(AetVoronoiDestroy(&v));
  PetscCall(code);
  *voronoi = v;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetVoronoiDestroy(AetVoronoi *voronoi)
{
  PetscFunctionBegin;
  if (!*voronoi) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree5((*voronoi)->closed, (*voronoi)->volume, (*voronoi)->area, (*voronoi)->coordination, (*voronoi)->faces));
  PetscCall(PetscFree(*voronoi));
  PetscFunctionReturn(PETSC_SUCCESS);
}
