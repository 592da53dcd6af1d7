/* Atoms of given positions, spread unevenly over the ranks. */
#ifndef AET_TESTS_STRUCTURE_TEST_H
#define AET_TESTS_STRUCTURE_TEST_H

#include "mpi_test.h"
#include <aet4d/structure.h>

static inline AetAtoms TestAtomsOn(MPI_Comm comm, ptrdiff_t total, const double *position)
{
  const char *symbol = "Fe";
  AetAtoms    atoms = NULL;
  ptrdiff_t   rank, size, start, end;
  int         r, s;

  MPI_Comm_rank(comm, &r);
  MPI_Comm_size(comm, &s);
  rank = r, size = s;
  start = total * rank * rank / (size * size);
  end = total * (rank + 1) * (rank + 1) / (size * size);
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)(end - start), 1, &symbol, &atoms));
  for (ptrdiff_t i = 0; i < 3 * (end - start); i++) atoms->position[i] = position[3 * start + i];
  return atoms;
}

static inline AetAtoms TestAtoms(ptrdiff_t total, const double *position)
{
  return TestAtomsOn(MPI_COMM_WORLD, total, position);
}

/* Whether a call failed with that code and a message that has `part` in it, on every rank. */
static inline void TestRefused(PetscErrorCode code, PetscErrorCode expected, const char *part)
{
  AET_TEST(code == expected && strstr(AetErrorMessage(), part) != NULL);
  AetErrorClear();
}

#endif
