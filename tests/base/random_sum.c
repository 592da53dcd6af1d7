/* Facts about the random numbers and the ordered sums. */
#include "mpi_test.h"
#include <signal.h>

static void TestPhiloxKnownAnswer(void)
{
  /* known-answer vectors of the Random123 distribution for philox4x32-10 */
  uint32_t bits[4];

  AetRandomBits(0, 0, 0, bits);
  AET_TEST(bits[0] == 0x6627e8d5u && bits[1] == 0xe169c58du && bits[2] == 0xbc57ac4cu && bits[3] == 0x9b00dbd8u);
  AetRandomBits(~0ull, ~0ull, ~0ull, bits);
  AET_TEST(bits[0] == 0x408f276du && bits[1] == 0x41c83b0eu && bits[2] == 0xa20bc7c6u && bits[3] == 0x6d5451fdu);
}

static void TestMoments(void)
{
  const int count = 200000;
  double    sum[3] = {0}, square[3] = {0}, means[3] = {0.7, 25, 400};

  for (int i = 0; i < count; i++) {
    double x = AetRandomNormal(7, 1, (uint64_t)i);
    sum[0] += x;
    square[0] += x * x;
  }
  AET_TEST_CLOSE(sum[0] / count, 0, 4 / sqrt(count));
  AET_TEST_CLOSE(square[0] / count, 1, 6 / sqrt(count));
  for (int m = 0; m < 3; m++) {
    double s = 0, q = 0;
    for (int i = 0; i < count; i++) {
      double k = AetRandomPoisson(7, (uint64_t)(2 + m), (uint64_t)i, means[m]);
      s += k;
      q += (k - means[m]) * (k - means[m]);
    }
    AET_TEST_CLOSE(s / count, means[m], 5 * sqrt(means[m] / count));
    AET_TEST_CLOSE(q / count / means[m], 1, 0.02);
  }
}

static void TestSumOrdered(void)
{
  /* ill-conditioned rows: any other order gives other bits */
  enum { TOTAL = 37 };
  int    rank, size, start, end;
  double rows[TOTAL * 2], expected[2] = {0}, sums[2];

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  start = TOTAL * rank / size, end = TOTAL * (rank + 1) / size;
  for (int i = 0; i < TOTAL; i++)
    for (int c = 0; c < 2; c++) {
      double value = ldexp(AetRandomNormal(1, (uint64_t)c, (uint64_t)i), (i * 7) % 60 - 30);
      expected[c] += value;
      if (i >= start && i < end) rows[(i - start) * 2 + c] = value;
    }
  AET_TEST_CALL(AetSumOrdered(MPI_COMM_WORLD, start, end - start, TOTAL, 2, rows, sums));
  AET_TEST(sums[0] == expected[0] && sums[1] == expected[1]);
}

/* More than is sent at a time, in rows that are shared out unevenly, and rows wider than that. */
static void TestSumInPieces(void)
{
  enum { WIDTH = 700000, ROWS = 5, NARROW = 3, MANY = 400000 };
  int     rank, size, start, end, wrong = 0;
  double *rows, *sums, expected;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int kind = 0; kind < 2; kind++) {
    const int total = kind ? MANY : ROWS, width = kind ? NARROW : WIDTH;
    start = (int)((long)total * rank * rank / size / size), end = (int)((long)total * (rank + 1) * (rank + 1) / size / size);
    rows = calloc((size_t)(end - start + 1) * (size_t)width, sizeof(double)), sums = calloc((size_t)width, sizeof(double));
    for (size_t i = 0; i < (size_t)(end - start) * (size_t)width; i++)
      rows[i] = 1.0 / (1 + (double)(((size_t)start * (size_t)width + i) % 9973));
    AET_TEST_CALL(AetSumOrdered(MPI_COMM_WORLD, start, end - start, total, width, rows, sums));
    for (int c = 0; c < width; c++) {
      expected = 0;
      for (int r = 0; r < total; r++) expected += 1.0 / (1 + (double)(((size_t)r * (size_t)width + (size_t)c) % 9973));
      wrong += sums[c] != expected;
    }
    free(rows);
    free(sums);
  }
  AET_TEST(wrong == 0);
}

/* One rank gets the signal, all agree; without a watch signals are as before. */
static void TestInterrupt(void)
{
  int       rank, size;
  PetscBool asked;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int kind = 0; kind < 2; kind++) {
    AET_TEST_CALL(AetInterruptWatch(PETSC_TRUE));
    AET_TEST_CALL(AetInterruptAgree(MPI_COMM_WORLD, &asked));
    AET_TEST(!asked && !AetInterruptAsked());
    if (rank == size - 1) raise(kind ? SIGTERM : SIGUSR1);
    AET_TEST_CALL(AetInterruptAgree(MPI_COMM_WORLD, &asked));
    AET_TEST(asked);
    AET_TEST(AetInterruptAsked() == (rank == size - 1));
    AET_TEST_CALL(AetInterruptWatch(PETSC_FALSE));
  }
  AET_TEST(AetErrorIsUser(AET_ERR_INTERRUPTED));
}

static void TestAgree(void)
{
  int rank, size;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST(AetAgree(MPI_COMM_WORLD, PETSC_SUCCESS) == 0);
  AET_TEST(AetAgree(MPI_COMM_WORLD, rank == size - 1 ? AetRaise(AET_ERR_READ, "rank %d: truncated", rank) : 0) == AET_ERR_READ);
  AET_TEST(strstr(AetErrorMessage(), "truncated") != NULL);
  AetErrorClear();
}

/* Two ranks fail in different ways: every rank tells the failure of the lowest, in a sub-communicator too. */
static void TestAgreeLowest(void)
{
  int            rank, size, half_rank, half_size;
  MPI_Comm       half;
  PetscErrorCode code = PETSC_SUCCESS;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank >= size / 2) code = AetRaise(rank == size / 2 ? AET_ERR_WRITE : AET_ERR_DATA, "rank %d\nfailed", rank);
  code = AetAgree(MPI_COMM_WORLD, code);
  AET_TEST(code == AET_ERR_WRITE);
  AET_TEST(atoi(AetErrorMessage() + 5) == size / 2 && !strchr(AetErrorMessage(), '\n'));
  AetErrorClear();
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
  MPI_Comm_rank(half, &half_rank);
  MPI_Comm_size(half, &half_size);
  code = rank % 2 && half_rank == half_size - 1 ? AetRaise(AET_ERR_OPEN, "odd") : PETSC_SUCCESS;
  code = AetAgree(half, code); /* the even ranks hear nothing of it */
  AET_TEST(code == (rank % 2 ? AET_ERR_OPEN : PETSC_SUCCESS) && !strcmp(AetErrorMessage(), rank % 2 ? "odd" : ""));
  AetErrorClear();
  MPI_Comm_free(&half);
}

/* The classes of errors: an input error passes through PETSc's chain in silence with its first message. */
static PetscErrorCode Inner(int value)
{
  PetscFunctionBegin;
  AetCheck(value < 3, AET_ERR_INPUT, "value: expected less than 3, found %d", value);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Outer(int value)
{
  PetscFunctionBegin;
  PetscCall(Inner(value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void TestChain(void)
{
  AET_TEST(Outer(2) == PETSC_SUCCESS && !AetErrorMessage()[0]);
  AET_TEST(Outer(5) == AET_ERR_INPUT && AetErrorIsUser(AET_ERR_INPUT));
  (void)AetRaise(AET_ERR_READ, "a later one");
  AET_TEST(!strcmp(AetErrorMessage(), "value: expected less than 3, found 5"));
  AetErrorClear();
  AET_TEST(!AetErrorMessage()[0] && !AetErrorIsUser(PETSC_ERR_PLIB) && !AetErrorIsUser(PETSC_SUCCESS));
}

/* The standard normal distribution within 1, 2 and 3 sigma, and a uniform one in eighths: a shape, not only moments. */
static void TestShapes(void)
{
  enum { COUNT = 100000 };
  const double expected[3] = {0.682689492137, 0.954499736104, 0.997300203937};
  int          within[3] = {0}, eighth[8] = {0};

  for (int i = 0; i < COUNT; i++) {
    double x = fabs(AetRandomNormal(3, 9, (uint64_t)i)), u = AetRandomUniform(3, 10, (uint64_t)i);
    for (int s = 0; s < 3; s++) within[s] += x < s + 1;
    eighth[(int)(u * 8)]++;
  }
  for (int s = 0; s < 3; s++) AET_TEST_CLOSE(within[s] / (double)COUNT, expected[s], 4 * sqrt(expected[s] * (1 - expected[s]) / COUNT));
  for (int e = 0; e < 8; e++) AET_TEST_CLOSE(eighth[e] / (double)COUNT, 0.125, 4 * sqrt(0.125 * 0.875 / COUNT));
}

AET_TEST_MAIN("base", {"philox known answer", TestPhiloxKnownAnswer}, {"moments", TestMoments}, {"shapes", TestShapes},
              {"ordered sum", TestSumOrdered}, {"in pieces", TestSumInPieces}, {"asked to end", TestInterrupt}, {"agreement", TestAgree},
              {"lowest rank", TestAgreeLowest}, {"error chain", TestChain})
