/* CUnit under MPI: every assertion is collective, so all ranks share its verdict and rank 0's summary is true. */
#ifndef AET_TESTS_MPI_TEST_H
#define AET_TESTS_MPI_TEST_H

#include <aet4d/base.h>
#include <CUnit/Basic.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Collective assertion: the verdict is the AND over MPI_COMM_WORLD. */
#define AET_TEST(expression) AetTestAssert(!!(expression), #expression, __LINE__, __FILE__)
/* A PETSc-style call that must succeed on every rank. */
#define AET_TEST_CALL(call) \
  do { \
    PetscErrorCode code_ = (call); \
    if (code_) fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, AetErrorMessage()); \
    AET_TEST(code_ == 0); \
  } while (0)
/* |a - b| ≤ tolerance, told with the numbers when it fails. */
#define AET_TEST_CLOSE(a, b, tolerance) AetTestClose((a), (b), (tolerance), #a " ~ " #b, __LINE__, __FILE__)

static inline int AetTestAssert(int good, const char *text, int line, const char *file)
{
  int  size, rank, local[2], all[2];
  char message[512];

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  local[0] = good ? 0 : 1;
  local[1] = good ? size : rank;
  MPI_Allreduce(&local[0], &all[0], 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  MPI_Allreduce(&local[1], &all[1], 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  snprintf(message, sizeof message, "%s  [failed on %d of %d ranks, first rank %d]", text, all[0], size, all[1]);
  CU_assertImplementation(all[0] == 0, (unsigned)line, message, file, "", CU_FALSE);
  return all[0] == 0;
}

static inline int AetTestClose(double a, double b, double tolerance, const char *text, int line, const char *file)
{
  char message[400];
  int  good = fabs(a - b) <= tolerance; /* false for NaN */

  snprintf(message, sizeof message, "%s: %.9g against %.9g, tolerance %.3g", text, a, b, tolerance);
  return AetTestAssert(good, message, line, file);
}

/* A folder of people's data: AET_SHARED_DATA. Returns 0 (and says so once) where `relative` is absent: the test is then skipped. */
static inline int AetTestData(const char *relative, char *path, size_t size)
{
  const char *root = getenv("AET_SHARED_DATA");

  snprintf(path, size, "%s/%s", root ? root : "../shared/data", relative);
  if (access(path, R_OK) == 0) return 1;
  fprintf(stderr, "skipped: %s is not here\n", path);
  return 0;
}

typedef struct {
  const char *name;
  void (*run)(void);
} AetTestCase;

/* Runs the cases; returns the exit status. */
static inline int AetTestMain(int argc, char **argv, const char *suite_name, const AetTestCase *cases, int count)
{
  int          rank, failures;
  unsigned int ran;
  CU_pSuite    suite;

  if (AetInitialize(&argc, &argv)) return 2;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (CU_initialize_registry()) return 2;
  suite = CU_add_suite(suite_name, NULL, NULL);
  for (int i = 0; i < count; i++) CU_add_test(suite, cases[i].name, cases[i].run);
  if (rank) {
    int null = open("/dev/null", O_WRONLY);
    fflush(stdout);
    dup2(null, 1);
    close(null);
  }
  CU_basic_set_mode(CU_BRM_VERBOSE);
  CU_basic_run_tests();
  failures = (int)CU_get_number_of_failures();
  ran = CU_get_number_of_tests_run();
  CU_cleanup_registry();
  if (AetFinalize()) return 2;
  return failures || ran == 0;
}

#define AET_TEST_MAIN(suite, ...) \
  int main(int argc, char **argv) \
  { \
    static const AetTestCase cases[] = {__VA_ARGS__}; \
    return AetTestMain(argc, argv, suite, cases, (int)(sizeof cases / sizeof cases[0])); \
  }

#endif
