/* What the tests of specimens share. */
#ifndef AET_TESTS_SPECIMEN_TEST_H
#define AET_TESTS_SPECIMEN_TEST_H

#include "mpi_test.h"
#include <aet4d/simulate.h>

/* No options but no displacement, no turn, and those of the list "key value key value ...", keys without simulate_. */
static inline void Options(const char *list)
{
  char copy[1024], *state = NULL;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_displacement_angstrom", "0"));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-simulate_rotation_deg", "0,0,0"));
  snprintf(copy, sizeof copy, "%s", list);
  for (char *key = strtok_r(copy, " ", &state); key; key = strtok_r(NULL, " ", &state)) {
    char name[96], *value = strtok_r(NULL, " ", &state);
    snprintf(name, sizeof name, "-simulate_%s", key);
    AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
  }
}

static inline AetSpecimen Make(const char *list)
{
  AetSpecimen s;

  Options(list);
  AET_TEST_CALL(AetSpecimenFromOptions(&s));
  return s;
}

static inline double Distance(const double *p, const double *q)
{
  return sqrt((p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]) + (p[2] - q[2]) * (p[2] - q[2]));
}

static inline double Radius(const double *p)
{
  return sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
}

/* Atoms at `distance`, to 1e-6. */
static inline int CountAt(const AetSpecimen *s, PetscInt i, double distance)
{
  int count = 0;

  for (PetscInt j = 0; j < s->count; j++) count += j != i && fabs(Distance(s->position + 3 * i, s->position + 3 * j) - distance) < 1e-6;
  return count;
}

/* The atom within `reach` of x, the nearest; -1: none. */
static inline PetscInt AtomAt(const AetSpecimen *s, const double x[3], double reach)
{
  PetscInt best = -1;

  for (PetscInt j = 0; j < s->count; j++)
    if (Distance(s->position + 3 * j, x) < reach) best = j, reach = Distance(s->position + 3 * j, x);
  return best;
}

static inline void ExpectMistake(const char *list, const char *text)
{
  AetSpecimen s = {0};

  Options(list);
  AET_TEST(AetSpecimenFromOptions(&s) == AET_ERR_INPUT);
  if (!AET_TEST(strstr(AetErrorMessage(), text) != NULL)) fprintf(stderr, "%s: %s\n", list, AetErrorMessage());
  AetErrorClear();
}

#endif
