/* Dislocation lines of a fitted lattice; found on one rank. */
#include "structure/kernel/burgers.h"
#include "structure/structure_private.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORTEST 3.5 /* line, in nearest distances */
#define JOGGLE 1e-3  /* Å: perfect lattices have many points on one sphere, which are divided in one way only once they are moved */
enum { STREAM_JOGGLE = 77 };

/* A line as it is sent: numbers only. */
typedef struct {
  PetscInt grain, points;
  int      burgers[3];
  double   position[3], direction[3], length, bend;
} Line;
typedef struct {
  PetscInt count, points;
  Line    *line;
  double (*point)[3];
} Found;

PetscErrorCode AetDislocationsDestroy(AetDislocations *dislocations)
{
  AetDislocations d = *dislocations;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree5(d->grain, d->burgers, d->vector, d->position, d->direction));
  PetscCall(PetscFree5(d->length, d->bend, d->angle_deg, d->first, d->point));
  PetscCall(PetscFree(d));
  *dislocations = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Compare(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Points of a line from end to end: the crossings along the axis, averaged over steps of a nearest distance. */
static PetscErrorCode Points(ptrdiff_t count, const AetBurgersCrossing *c, const AetBurgersAxis *axis, double step, double (*point)[3],
                             PetscInt *points)
{
  double(*row)[4], sum[3] = {0}, bin = axis->low + step;
  ptrdiff_t in = 0;

  PetscFunctionBegin;
  *points = 0;
  PetscCall(PetscMalloc1((size_t)count, &row));
  for (ptrdiff_t k = 0; k < count; k++) {
    row[k][0] = 0;
    for (int a = 0; a < 3; a++) row[k][0] += (c[k].x[a] - axis->middle[a]) * axis->direction[a], row[k][a + 1] = c[k].x[a];
  }
  qsort(row, (size_t)count, sizeof *row, Compare);
  for (ptrdiff_t k = 0; k < count; k++) {
    for (int a = 0; a < 3; a++) sum[a] += row[k][a + 1];
    in++;
    if (k + 1 < count && row[k + 1][0] < bin) continue;
    for (int a = 0; a < 3; a++) point[*points][a] = sum[a] / (double)in, sum[a] = 0;
    (*points)++, in = 0;
    while (k + 1 < count && bin <= row[k + 1][0]) bin += step;
  }
  PetscCall(PetscFree(row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lines long enough to be believed. */
static PetscErrorCode Choose(const AetBurgersLines *lines, const double *nearest, Found *found)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)lines->lines + 1, &found->line, (size_t)lines->count + 1, &found->point));
  for (ptrdiff_t begin = 0, end; begin < lines->count; begin = end) {
    const AetBurgersCrossing *c = lines->crossing + begin;
    AetBurgersAxis            axis;
    Line                     *line = found->line + found->count;
    for (end = begin; end < lines->count && lines->crossing[end].line == c->line; end++)
      ;
    AetBurgersDescribe(end - begin, c, &axis);
    if (axis.high - axis.low < SHORTEST * nearest[c->grain]) continue;
    if (!(axis.burgers[0] || axis.burgers[1] || axis.burgers[2])) continue;
    line->grain = c->grain;
    line->length = axis.high - axis.low;
    line->bend = axis.bend;
    memcpy(line->burgers, axis.burgers, sizeof line->burgers);
    memcpy(line->direction, axis.direction, sizeof line->direction);
    for (int a = 0; a < 3; a++) line->position[a] = axis.middle[a] + 0.5 * (axis.high + axis.low) * axis.direction[a];
    PetscCall(Points(end - begin, c, &axis, nearest[c->grain], found->point + found->points, &line->points));
    found->points += line->points;
    found->count++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On one rank. */
static PetscErrorCode Find(AetLattice l, const double *position, Found *found)
{
  AetBurgersCrystal crystal = {.grains = (int)l->grains, .kind = l->kind, .cell = (const double(*)[9])l->cell, .nearest = l->nearest};
  AetTetrahedra     tetrahedra;
  AetBurgersLines   lines;
  double           *x, (*inverse)[9];
  int              *grain, status = 0;
  char              message[200];
  PetscErrorCode    code = PETSC_SUCCESS;

  PetscFunctionBegin;
  if (l->total < 5 || !l->grains) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc3(3 * (size_t)l->total, &x, (size_t)l->total, &grain, (size_t)l->grains, &inverse));
  for (PetscInt i = 0; i < l->total; i++) grain[i] = (int)l->grain[i];
  for (ptrdiff_t i = 0; i < 3 * (ptrdiff_t)l->total; i++)
    x[i] = position[i] + JOGGLE * (2 * AetRandomUniform(1, STREAM_JOGGLE, (uint64_t)i) - 1);
  for (PetscInt g = 0; g < l->grains; g++)
    if (!AetSitesInvert(l->cell[g], inverse[g])) memset(inverse[g], 0, sizeof inverse[g]);
  crystal.position = x, crystal.grain = grain, crystal.inverse = (const double(*)[9])inverse;
  status = AetDelaunay(l->total, x, &tetrahedra, sizeof message, message);
  if (!status) {
    status = AetBurgersFind(&crystal, &tetrahedra, &lines);
    AetTetrahedraFree(&tetrahedra);
  }
  if (!status) {
    code = Choose(&lines, l->nearest, found);
    AetBurgersFree(&lines);
  }
  PetscCall(PetscFree3(x, grain, inverse));
  AetCheck(status != 1, AET_ERR_MEMORY, "defects: no memory for the tetrahedra of %" PetscInt_FMT " atoms", l->total);
  AetCheck(status == 0, PETSC_ERR_LIB, "defects: Qhull: %s", message);
  PetscFunctionReturn(code);
}

static PetscErrorCode Take(const Found *found, AetLattice l, AetDislocations *dislocations)
{
  const size_t    n = (size_t)found->count + 1;
  AetDislocations d;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  d->count = found->count;
  PetscCall(PetscMalloc5(n, &d->grain, n, &d->burgers, n, &d->vector, n, &d->position, n, &d->direction));
  PetscCall(PetscMalloc5(n, &d->length, n, &d->bend, n, &d->angle_deg, n, &d->first, (size_t)found->points + 1, &d->point));
  PetscCall(PetscArraycpy(d->point, found->point, found->points));
  d->first[0] = 0;
  for (PetscInt k = 0; k < d->count; k++) {
    const Line *line = found->line + k;
    double      f[3], along = 0, size = 0;
    d->grain[k] = line->grain;
    d->length[k] = line->length;
    d->bend[k] = line->bend;
    d->first[k + 1] = d->first[k] + line->points;
    memcpy(d->burgers[k], line->burgers, sizeof d->burgers[k]);
    memcpy(d->position[k], line->position, sizeof d->position[k]);
    memcpy(d->direction[k], line->direction, sizeof d->direction[k]);
    AetSitesFraction(l->kind[line->grain], line->burgers, f);
    AetSitesVector(l->cell[line->grain], f, d->vector[k]);
    for (int a = 0; a < 3; a++) along += d->vector[k][a] * d->direction[k][a], size += d->vector[k][a] * d->vector[k][a];
    d->angle_deg[k] = acos(fmin(fabs(along) / sqrt(size), 1)) * 180 / M_PI;
  }
  *dislocations = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From rank 0 to all. */
static PetscErrorCode Send(MPI_Comm comm, int rank, Found *found)
{
  PetscInt size[2] = {found->count, found->points};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(size, 2, MPIU_INT, 0, comm));
  if (rank || !found->line) {
    found->count = size[0];
    found->points = size[1];
    PetscCall(PetscMalloc2((size_t)size[0] + 1, &found->line, (size_t)size[1] + 1, &found->point));
  }
  PetscCallMPI(MPI_Bcast(found->line, (int)((size_t)size[0] * sizeof *found->line), MPI_BYTE, 0, comm));
  PetscCallMPI(MPI_Bcast(found->point, 3 * (int)size[1], MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode AetDislocationsCreate(AetAtoms atoms, AetLattice lattice, AetDislocations *dislocations)
{
  Found          found = {0};
  double        *position;
  int            rank;
  PetscErrorCode code;

  PetscFunctionBegin;
  *dislocations = NULL;
  AetCheck(lattice->total == atoms->total, AET_ERR_INPUT,
           "defects: expected the lattice of %" PetscInt_FMT " atoms, found one of %" PetscInt_FMT, atoms->total, lattice->total);
  PetscCallMPI(MPI_Comm_rank(atoms->comm, &rank));
  PetscCall(AetPositionsGather(atoms, &position));
  code = AetAgree(atoms->comm, rank ? PETSC_SUCCESS : Find(lattice, position, &found));
  if (!code) {
    PetscCall(Send(atoms->comm, rank, &found));
    PetscCall(Take(&found, lattice, dislocations));
  }
  PetscCall(PetscFree2(found.line, found.point));
  PetscCall(PetscFree(position));
  PetscFunctionReturn(code);
}
