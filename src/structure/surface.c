/* The alpha-shape surface. Triangulated on the first rank; facets on every rank; depths shared by blocks of atoms. */
#include "structure/kernel/alpha_shape.h"
#include "structure/kernel/triangles.h"
#include "structure/structure_private.h"
#include <math.h>

/* Perfect crystals have many atoms on one sphere, for which there is no one triangulation. So what is triangulated is moved by up to this,
   keyed by the atom's index: far below any measurement, far above rounding. Areas, volumes and depths are of the positions as given. */
#define JOGGLE_ANGSTROM 1e-5

/* The least standard deviation of the positions along any direction. */
static double Thickness(PetscInt total, const double *position)
{
  double mean[3] = {0}, m[6] = {0}, centre, p, q, r, off; /* xx yy zz yz xz xy */

  for (ptrdiff_t i = 0; i < total; i++)
    for (int a = 0; a < 3; a++) mean[a] += position[3 * i + a] / total;
  for (ptrdiff_t i = 0; i < total; i++) {
    double d[3];
    for (int a = 0; a < 3; a++) d[a] = position[3 * i + a] - mean[a];
    for (int a = 0; a < 3; a++) m[a] += d[a] * d[a] / total, m[3 + a] += d[(a + 1) % 3] * d[(a + 2) % 3] / total;
  }
  /* the least eigenvalue of a symmetric matrix of three (Smith, Commun. ACM 4 (1961) 168) */
  centre = (m[0] + m[1] + m[2]) / 3;
  off = m[3] * m[3] + m[4] * m[4] + m[5] * m[5];
  p = sqrt(((m[0] - centre) * (m[0] - centre) + (m[1] - centre) * (m[1] - centre) + (m[2] - centre) * (m[2] - centre) + 2 * off) / 6);
  if (!(p > 0)) return 0;
  for (int a = 0; a < 6; a++) m[a] = (m[a] - (a < 3 ? centre : 0)) / p;
  q = m[0] * (m[1] * m[2] - m[3] * m[3]) - m[5] * (m[5] * m[2] - m[3] * m[4]) + m[4] * (m[5] * m[3] - m[1] * m[4]);
  r = acos(fmin(fmax(q / 2, -1), 1)) / 3;
  return sqrt(fmax(centre + 2 * p * cos(r + 2 * M_PI / 3), 0));
}

/* Centred, because the triangulation squares them, and moved a little (PetscFree). */
static PetscErrorCode Joggled(PetscInt total, const double *position, double **x)
{
  double middle[3] = {0};

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(3 * (size_t)total, x));
  for (ptrdiff_t i = 0; i < total; i++)
    for (int a = 0; a < 3; a++) middle[a] += position[3 * i + a] / total;
  for (ptrdiff_t i = 0; i < total; i++)
    for (int a = 0; a < 3; a++) {
      const double unit = 2 * AetRandomUniform(0x5f3a, (uint64_t)a, (uint64_t)i) - 1;
      (*x)[3 * i + a] = position[3 * i + a] - middle[a] + JOGGLE_ANGSTROM * unit;
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Take(AetSurface s, const AetAlphaShape *shape)
{
  PetscFunctionBegin;
  AetCheck(shape->kept > 0, AET_ERR_INPUT,
           "surface: alpha %g Å: expected four atoms on a sphere of that radius, found none among %" PetscInt_FMT, s->alpha_angstrom,
           s->total);
  s->facets = (PetscInt)shape->facets;
  s->pieces = shape->pieces;
  s->voids = shape->voids;
  s->void_volume = shape->void_volume;
  PetscCall(PetscMalloc1((size_t)s->facets + 1, &s->facet));
  for (PetscInt f = 0; f < s->facets; f++)
    for (int k = 0; k < 3; k++) s->facet[f][k] = shape->facet[f][k];
  for (PetscInt i = 0; i < s->total; i++) s->alone[i] = shape->covered[i] ? PETSC_FALSE : PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective: on one rank. */
static PetscErrorCode Triangulate(AetSurface s)
{
  AetTetrahedra  tetrahedra;
  AetAlphaShape  shape;
  double        *x;
  char           message[200];
  int            status;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(Joggled(s->total, s->position, &x));
  status = AetDelaunay(s->total, x, &tetrahedra, sizeof message, message);
  if (status == 0) {
    status = AetAlphaShapeBuild(&shape, s->total, x, &tetrahedra, s->alpha_angstrom);
    AetTetrahedraFree(&tetrahedra);
  }
  PetscCall(PetscFree(x));
  AetCheck(status != 1, AET_ERR_MEMORY, "surface: no memory for the tetrahedra of %" PetscInt_FMT " atoms", s->total);
  AetCheck(status == 0, PETSC_ERR_LIB, "surface: Qhull: %s", message);
  code = Take(s, &shape);
  AetAlphaShapeFree(&shape);
  PetscFunctionReturn(code);
}

/* What the first rank found, to all. Collective. */
static PetscErrorCode Share(MPI_Comm comm, AetSurface s)
{
  PetscInt number[3] = {s->facets, s->pieces, s->voids};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(number, 3, MPIU_INT, 0, comm));
  s->facets = number[0], s->pieces = number[1], s->voids = number[2];
  if (!s->facet) PetscCall(PetscMalloc1((size_t)s->facets + 1, &s->facet));
  PetscCallMPI(MPI_Bcast(s->facet, 3 * s->facets, MPIU_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(s->alone, s->total, MPIU_BOOL, 0, comm));
  PetscCallMPI(MPI_Bcast(&s->void_volume, 1, MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Area, and volume as the sum of the pyramids over the facets. */
static void Measure(AetSurface s)
{
  const double *middle = s->position + 3 * (ptrdiff_t)s->facet[0][0];

  for (PetscInt f = 0; f < s->facets; f++) {
    double        u[3], v[3], w[3], n[3];
    const double *a = s->position + 3 * (ptrdiff_t)s->facet[f][0], *b = s->position + 3 * (ptrdiff_t)s->facet[f][1],
                 *c = s->position + 3 * (ptrdiff_t)s->facet[f][2];
    for (int k = 0; k < 3; k++) u[k] = b[k] - a[k], v[k] = c[k] - a[k], w[k] = a[k] - middle[k];
    for (int k = 0; k < 3; k++) n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
    s->area += sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) / 2;
    s->volume += (n[0] * w[0] + n[1] * w[1] + n[2] * w[2]) / 6;
  }
}

static PetscErrorCode Tree(AetSurface s)
{
  AetTriangleTree *tree;
  int(*corner)[3], bad;

  PetscFunctionBegin;
  PetscCall(PetscNew(&tree));
  s->tree = tree;
  PetscCall(PetscMalloc1((size_t)s->facets + 1, &corner));
  for (PetscInt f = 0; f < s->facets; f++)
    for (int k = 0; k < 3; k++) corner[f][k] = (int)s->facet[f][k];
  bad = AetTrianglesBuild(tree, s->facets, (const int(*)[3])corner, s->position);
  PetscCall(PetscFree(corner));
  AetCheck(!bad, AET_ERR_MEMORY, "surface: no memory for the search of %" PetscInt_FMT " facets", s->facets);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Depths(MPI_Comm comm, AetSurface s)
{
  int       rank, size;
  ptrdiff_t start, count;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->total; i++) s->surface[i] = s->alone[i];
  for (PetscInt f = 0; f < s->facets; f++)
    for (int k = 0; k < 3; k++) s->surface[s->facet[f][k]] = PETSC_TRUE;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  AetBlock(s->total, rank, size, &start, &count);
#pragma omp parallel for schedule(dynamic, 64) num_threads(AetThreads())
  for (ptrdiff_t i = start; i < start + count; i++) s->depth[i] = s->surface[i] ? 0 : AetTrianglesNearest(s->tree, s->position + 3 * i);
  PetscCall(AetBlockGather(comm, s->total, 1, MPI_DOUBLE, s->depth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(MPI_Comm comm, AetSurface s)
{
  const double   thickness = Thickness(s->total, s->position);
  int            rank;
  PetscErrorCode code = PETSC_SUCCESS;

  PetscFunctionBegin;
  AetCheck(s->total >= 4, AET_ERR_INPUT, "surface: expected at least 4 atoms, found %" PetscInt_FMT, s->total);
  AetCheck(thickness > 0.01, AET_ERR_INPUT,
           "surface: expected atoms in three dimensions, found %" PetscInt_FMT " in a plane (%.2g Å thick)", s->total, thickness);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = Triangulate(s);
  PetscCall(AetAgree(comm, code));
  PetscCall(Share(comm, s));
  Measure(s);
  PetscCall(AetAgree(comm, Tree(s)));
  PetscCall(Depths(comm, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetSurfaceCreate(AetAtoms atoms, double alpha_angstrom, AetSurface *surface)
{
  AetSurface     s;
  double        *position;
  const size_t   room = (size_t)atoms->total + 1;
  PetscErrorCode code;

  PetscFunctionBegin;
  *surface = NULL;
  AetCheck(isfinite(alpha_angstrom) && alpha_angstrom > 0, AET_ERR_INPUT, "surface: alpha: expected a radius > 0 Å, found %g",
           alpha_angstrom);
  PetscCall(AetPositionsGather(atoms, &position));
  PetscCall(PetscNew(&s));
  s->total = atoms->total;
  s->alpha_angstrom = alpha_angstrom;
  s->position = position;
  PetscCall(PetscMalloc3(room, &s->surface, room, &s->alone, room, &s->depth));
  code = Build(atoms->comm, s);
  if (code) PetscCall(AetSurfaceDestroy(&s));
  PetscCall(code);
  *surface = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool AetSurfaceInside(AetSurface surface, const double x[3])
{
  return AetTrianglesInside(surface->tree, x) ? PETSC_TRUE : PETSC_FALSE;
}

double AetSurfaceDistance(AetSurface surface, const double x[3])
{
  return AetTrianglesNearest(surface->tree, x);
}

int AetSurfaceCross(AetSurface surface, const double x[3], const double direction[3], double reach_angstrom, int room, double *t)
{
  const int found = AetTrianglesCross(surface->tree, x, direction, reach_angstrom, room, t);

  for (int i = 1; i < found && i < room; i++) { /* few: sorted by insertion */
    const double at = t[i];
    int          k = i;
    for (; k > 0 && t[k - 1] > at; k--) t[k] = t[k - 1];
    t[k] = at;
  }
  return found;
}

PetscErrorCode AetSurfaceDestroy(AetSurface *surface)
{
  PetscFunctionBegin;
  if (!*surface) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*surface)->tree) AetTrianglesFree((*surface)->tree);
  PetscCall(PetscFree((*surface)->tree));
  PetscCall(PetscFree((*surface)->facet));
  PetscCall(PetscFree3((*surface)->surface, (*surface)->alone, (*surface)->depth));
  PetscCall(PetscFree((*surface)->position));
  PetscCall(PetscFree(*surface));
  PetscFunctionReturn(PETSC_SUCCESS);
}
