/* Simulated particles as a measurement might have left them: displaced, some misnamed, with the probabilities of a classifier. */
#ifndef AET_TESTS_CHEMISTRY_TEST_H
#define AET_TESTS_CHEMISTRY_TEST_H

#include "../simulate/specimen_test.h"
#include "structure_test.h"

#define CELL 3.85 /* lattice constant of the specimens */

/* A classifier that sees species s as a number of mean ± separation/2 and variance 1, and knows the composition: its names are wrong as
   often as its probabilities say. Doubtful atoms are seen worse. */
typedef struct {
  double   displacement;        /* r.m.s. along each axis, Å */
  double   separation;          /* of most atoms; 0: names are right and without probability */
  double   doubtful, separated; /* fraction of doubtful atoms, and their separation */
  double   lost;                /* fraction of atoms that are not found; planted antisites are */
  uint64_t seed;
} Measurement;

static inline double Classify(const Measurement *m, const AetSpecimen *s, PetscInt i, int planted, double second)
{
  const uint64_t key = (uint64_t)s->id[i];
  const int      doubted = !planted && AetRandomUniform(m->seed, 2, key) < m->doubtful;
  const double   d = doubted ? m->separated : m->separation;
  const double   seen = (s->species[i] ? 0.5 : -0.5) * d + (planted ? 0 : AetRandomNormal(m->seed, 3, key));

  return 1 / (1 + (1 - second) / second * exp(-d * seen)); /* that it is of the second species */
}

static inline int IsPlanted(const AetSpecimen *s, PetscInt i)
{
  for (PetscInt d = 0; d < s->defects; d++)
    if (s->defect[d].kind == AET_DEFECT_ANTISITE && s->defect[d].id == s->id[i]) return 1;
  return 0;
}

/* from [count of the specimen]: the atoms that are found; returns how many. */
static inline PetscInt Found(const AetSpecimen *s, const Measurement *m, PetscInt *from)
{
  PetscInt count = 0;

  for (PetscInt i = 0; i < s->count; i++)
    if (IsPlanted(s, i) || AetRandomUniform(m->seed, 4, (uint64_t)s->id[i]) >= m->lost) from[count++] = i;
  return count;
}

/* The atoms of the specimen on `comm`, in its order without the lost ones; planted antisites are seen clearly if `clear`. */
static inline AetAtoms Measured(MPI_Comm comm, const AetSpecimen *s, const Measurement *m, int clear)
{
  const char *symbols[2] = {"Fe", "Pt"};
  AetAtoms    atoms = NULL;
  double      second = 0;
  int         rank, size;
  PetscInt    start, end, *from = malloc(sizeof *from * (size_t)s->count), found = Found(s, m, from);

  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  start = (PetscInt)((ptrdiff_t)found * rank / size), end = (PetscInt)((ptrdiff_t)found * (rank + 1) / size);
  for (PetscInt i = 0; i < s->count; i++) second += (double)s->species[i] / s->count;
  AET_TEST_CALL(AetAtomsCreate(comm, end - start, 2, symbols, &atoms));
  for (PetscInt k = 0; k < end - start; k++) {
    const PetscInt i = from[start + k];
    for (int a = 0; a < 3; a++)
      atoms->position[3 * k + a] = s->position[3 * i + a] + m->displacement * AetRandomNormal(m->seed, 1, (uint64_t)(3 * s->id[i] + a));
    atoms->species[k] = s->species[i];
    if (m->separation <= 0) continue;
    atoms->probability[2 * k + 1] = Classify(m, s, i, clear && IsPlanted(s, i), second);
    atoms->probability[2 * k] = 1 - atoms->probability[2 * k + 1];
    atoms->species[k] = atoms->probability[2 * k + 1] > 0.5;
    atoms->confidence[k] = atoms->probability[2 * k + atoms->species[k]];
  }
  free(from);
  return atoms;
}

/* The lattice of an unturned specimen as it was made: one grain of fcc through its first atom. */
static inline AetLattice MadeLattice(const AetSpecimen *s)
{
  AetLattice l;

  AET_TEST_CALL(PetscNew(&l));
  l->total = s->count, l->grains = 1;
  AET_TEST_CALL(PetscCalloc4((size_t)s->count, &l->grain, (size_t)s->count, &l->index, 1, &l->kind, 1, &l->cell));
  l->kind[0] = AET_LATTICE_FCC;
  l->cell[0][0] = l->cell[0][4] = l->cell[0][8] = CELL;
  for (PetscInt i = 0; i < s->count; i++)
    for (int a = 0; a < 3; a++) l->index[i][a] = (int)lround(2 * (s->position[3 * i + a] - s->position[a]) / CELL);
  return l;
}

static inline void FreeMade(AetLattice *l)
{
  AET_TEST_CALL(PetscFree4((*l)->grain, (*l)->index, (*l)->kind, (*l)->cell));
  AET_TEST_CALL(PetscFree(*l));
}

/* Planted antisites that are claimed, and claimed ones that are not planted. */
static inline void CountAntisites(const AetSpecimen *s, const Measurement *m, AetChemistry c, double claim, int *planted, int *found,
                                  int *invented)
{
  PetscInt *from = malloc(sizeof *from * (size_t)s->count);

  Found(s, m, from);
  *planted = *found = *invented = 0;
  for (PetscInt d = 0; d < s->defects; d++) *planted += s->defect[d].kind == AET_DEFECT_ANTISITE;
  for (PetscInt k = 0; k < c->antisites; k++) {
    if (c->antisite[k].probability < claim) continue;
    if (IsPlanted(s, from[c->antisite[k].atom]))
      ++*found;
    else
      ++*invented;
  }
  free(from);
}

#endif
