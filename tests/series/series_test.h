/* What tests of series share: the simulated series as it might be measured, with noise, misnamed and lost atoms, turned at will. */
#ifndef AET_TESTS_SERIES_TEST_H
#define AET_TESTS_SERIES_TEST_H

#include "mpi_test.h"
#include <aet4d/series.h>
#include <aet4d/simulate.h>

/* The options of the simulator from a list "key value key value ...", keys without simulate_, and the series they make. */
static inline AetSpecimenSeries TestSeries(const char *list)
{
  char              copy[1024], *state = NULL;
  AetSpecimenSeries series;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateSeriesOptions));
  snprintf(copy, sizeof copy, "%s", list);
  for (char *key = strtok_r(copy, " ", &state); key; key = strtok_r(NULL, " ", &state)) {
    char name[96], *value = strtok_r(NULL, " ", &state);
    snprintf(name, sizeof name, "-simulate_%s", key);
    AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
  }
  AET_TEST_CALL(AetSpecimenSeriesFromOptions(&series));
  return series;
}

/* A single specimen of such options. */
static inline AetSpecimen TestSpecimen(const char *list)
{
  char        copy[1024], *state = NULL;
  AetSpecimen specimen;

  AET_TEST_CALL(PetscOptionsClear(NULL));
  AET_TEST_CALL(AetOptionsRegister(&AetSimulateOptions));
  snprintf(copy, sizeof copy, "%s", list);
  for (char *key = strtok_r(copy, " ", &state); key; key = strtok_r(NULL, " ", &state)) {
    char name[96], *value = strtok_r(NULL, " ", &state);
    snprintf(name, sizeof name, "-simulate_%s", key);
    AET_TEST_CALL(PetscOptionsSetValue(NULL, name, value));
  }
  AET_TEST_CALL(AetSpecimenFromOptions(&specimen));
  return specimen;
}

/* How a time is measured. */
typedef struct {
  double   noise_angstrom;        /* per coordinate */
  double   misnamed, lost;        /* fractions */
  double   scale;                 /* of all lengths as measured */
  double   rotation[9], shift[3]; /* applied to what the simulator gives */
  uint64_t seed;
} TestMeasurement;

/* 20 pm, 1 %, 1 %, no turn. */
static inline TestMeasurement TestMeasured(uint64_t seed)
{
  return (TestMeasurement){
      .noise_angstrom = 0.2, .misnamed = 0.01, .lost = 0.01, .scale = 1, .rotation = {1, 0, 0, 0, 1, 0, 0, 0, 1}, .seed = seed};
}

/* A rotation drawn evenly from all. */
static inline void TestAnyRotation(uint64_t seed, double R[9])
{
  double q[4], n = 0;

  for (int k = 0; k < 4; k++) q[k] = AetRandomNormal(seed, 901, (uint64_t)k), n += q[k] * q[k];
  for (int k = 0; k < 4; k++) q[k] /= sqrt(n);
  R[0] = 1 - 2 * (q[2] * q[2] + q[3] * q[3]), R[1] = 2 * (q[1] * q[2] - q[0] * q[3]), R[2] = 2 * (q[1] * q[3] + q[0] * q[2]);
  R[3] = 2 * (q[1] * q[2] + q[0] * q[3]), R[4] = 1 - 2 * (q[1] * q[1] + q[3] * q[3]), R[5] = 2 * (q[2] * q[3] - q[0] * q[1]);
  R[6] = 2 * (q[1] * q[3] - q[0] * q[2]), R[7] = 2 * (q[2] * q[3] + q[0] * q[1]), R[8] = 1 - 2 * (q[1] * q[1] + q[2] * q[2]);
}

/* The atoms of a specimen as measured, spread unevenly over the ranks of comm; `row` [total] receives which atom of the specimen each is
 * (free). */
static inline AetAtoms TestMeasure(MPI_Comm comm, const AetSpecimen *specimen, const TestMeasurement *m, int **row)
{
  const char *symbols[AET_SPECIES_MAX];
  AetAtoms    atoms = NULL;
  ptrdiff_t   total = 0, start, end, rank, size;
  int         r, s, *list = malloc(((size_t)specimen->count + 1) * sizeof *list);

  MPI_Comm_rank(comm, &r);
  MPI_Comm_size(comm, &s);
  rank = r, size = s;
  for (PetscInt i = 0; i < specimen->count; i++)
    if (AetRandomUniform(m->seed, 902, (uint64_t)i) >= m->lost) list[total++] = i;
  start = total * rank * rank / (size * size);
  end = total * (rank + 1) * (rank + 1) / (size * size);
  for (int k = 0; k < specimen->species_count; k++) symbols[k] = specimen->symbol[k];
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)(end - start), specimen->species_count, symbols, &atoms));
  for (ptrdiff_t k = start; k < end; k++) {
    const ptrdiff_t i = list[k];
    const int       wrong = AetRandomUniform(m->seed, 903, (uint64_t)i) < m->misnamed;
    for (int c = 0; c < 3; c++) {
      double x = m->shift[c];
      for (int d = 0; d < 3; d++) x += m->rotation[3 * c + d] * specimen->position[3 * i + d];
      atoms->position[3 * (k - start) + c] = m->scale * (x + m->noise_angstrom * AetRandomNormal(m->seed, 904, (uint64_t)(3 * i + c)));
    }
    atoms->species[k - start] = (specimen->species[i] + wrong) % specimen->species_count;
    atoms->confidence[k - start] = 1 - m->misnamed;
  }
  if (row)
    *row = list;
  else
    free(list);
  return atoms;
}

/* Where the truth says that time t goes in the frame of time 0, both as measured: x at t is at R x + shift. Without scale. */
static inline void TestTruth(const AetSpecimenSeries *series, const TestMeasurement *m, int t, double R[9], double shift[3])
{
  double from[9], onto[9], from_shift[3], onto_shift[3]; /* from the particle to what was measured */

  for (int which = 0; which < 2; which++) {
    const int     u = which ? t : 0;
    double       *A = which ? from : onto, *s = which ? from_shift : onto_shift;
    const double *Q = series->rotation[u], *P = m[u].rotation;
    for (int i = 0; i < 3; i++) {
      s[i] = m[u].shift[i];
      for (int j = 0; j < 3; j++) {
        A[3 * i + j] = P[3 * i] * Q[j] + P[3 * i + 1] * Q[3 + j] + P[3 * i + 2] * Q[6 + j];
        s[i] += P[3 * i + j] * series->shift[u][j];
      }
    }
  }
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      R[3 * i + j] = onto[3 * i] * from[3 * j] + onto[3 * i + 1] * from[3 * j + 1] + onto[3 * i + 2] * from[3 * j + 2];
  for (int i = 0; i < 3; i++)
    shift[i] = onto_shift[i] - R[3 * i] * from_shift[0] - R[3 * i + 1] * from_shift[1] - R[3 * i + 2] * from_shift[2];
}

/* Angle between two rotations, degrees. */
static inline double TestTurnDeg(const double *A, const double *B)
{
  double square = 0;

  for (int k = 0; k < 9; k++) square += (A[k] - B[k]) * (A[k] - B[k]);
  return 2 * asin(fmin(1, sqrt(square / 8))) * 57.29577951308232;
}

#endif
