/* Facts about reports: one line per tenth in a log file, none on a quiet terminal, rank 0 alone speaks. */
#include "base_test.h"

static char folder[256];

static int Count(const char *text, const char *part)
{
  int count = 0;

  for (const char *c = text; (c = strstr(c, part)); c += strlen(part)) count++;
  return count;
}

static void Stage(const char *path, int steps)
{
  AetProgress progress;

  AET_TEST_CALL(AetReportOpen(MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetProgressCreate(MPI_COMM_WORLD, "recon", steps, &progress));
  for (int i = 1; i <= steps; i++) {
    PetscErrorCode code = AetProgressStep(progress, i, i % 2 ? "R1 0.195" : NULL);
    if (code) AET_TEST_CALL(code);
  }
  AET_TEST_CALL(AetProgressDestroy(&progress));
  AET_TEST_CALL(AetProgressDestroy(&progress)); /* accepts NULL */
  AET_TEST_CALL(AetReport(MPI_COMM_WORLD, "atoms: %d\n", 321));
  AET_TEST_CALL(AetReportOpen(MPI_COMM_WORLD, NULL));
}

static void TestLog(void)
{
  char   path[512], *text;
  size_t length;

  TestFile(folder, "run.log", "before\n", 7, path);
  Stage(path, 1000);
  AET_TEST_CALL(AetTextRead(MPI_COMM_WORLD, path, &text, &length));
  AET_TEST(!strncmp(text, "before\n", 7)); /* a log is added to */
  AET_TEST(Count(text, "recon ") == 10 && Count(text, "1000/1000") == 1 && Count(text, "atoms: 321\n") == 1);
  free(text);
  TestFile(folder, "run.log", "", 0, path);
  Stage(path, 3); /* fewer steps than tenths */
  AET_TEST_CALL(AetTextRead(MPI_COMM_WORLD, path, &text, &length));
  AET_TEST(Count(text, "recon ") == 3 && Count(text, "R1 0.195") == 2);
  free(text);
}

static void TestUnwritable(void)
{
  AET_TEST(AetReportOpen(MPI_COMM_WORLD, folder) == AET_ERR_WRITE && TestMessageHas(folder));
  AetErrorClear();
  AET_TEST_CALL(AetReport(MPI_COMM_WORLD, "still there\n"));
}

/* What rank 0 prints between the two calls, on rank 0. */
static int CaptureBegin(const char *path)
{
  int kept = dup(1), file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

  fflush(stdout);
  dup2(file, 1);
  close(file);
  return kept;
}

static void CaptureEnd(int kept)
{
  fflush(stdout);
  dup2(kept, 1);
  close(kept);
}

static void TestQuiet(void)
{
  char   path[600], *text;
  int    kept, rank;
  size_t length;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int quiet = 0; quiet < 2; quiet++) {
    PetscErrorCode code;
    snprintf(path, sizeof path, "%s/out.%d.%d", folder, quiet, rank);
    AET_TEST_CALL(quiet ? PetscOptionsSetValue(NULL, "-quiet", "") : PETSC_SUCCESS);
    kept = CaptureBegin(path);
    code = AetReport(MPI_COMM_WORLD, "one line\n");
    CaptureEnd(kept);
    AET_TEST_CALL(code);
    snprintf(path, sizeof path, "%s/out.%d.0", folder, quiet);
    AET_TEST_CALL(AetTextRead(MPI_COMM_WORLD, path, &text, &length));
    AET_TEST(!strcmp(text, quiet ? "" : "one line\n"));
    free(text);
    snprintf(path, sizeof path, "%s/out.%d.%d", folder, quiet, rank);
    AET_TEST_CALL(AetTextRead(MPI_COMM_SELF, path, &text, &length));
    AET_TEST(!rank || !length);
    free(text);
  }
  AET_TEST_CALL(PetscOptionsClearValue(NULL, "-quiet"));
}

/* What several groups of ranks say can be told apart; the log is one's own. */
static void TestLabel(void)
{
  char   path[600], *text;
  int    kept, rank;
  size_t length;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(path, sizeof path, "%s/label.%d", folder, rank);
  kept = CaptureBegin(path);
  (void)AetReportLabel("9min");
  (void)AetReport(MPI_COMM_WORLD, "one");
  (void)AetReport(MPI_COMM_WORLD, " line\nand another\n");
  (void)AetReportLabel(NULL);
  (void)AetReport(MPI_COMM_WORLD, "plain\n");
  CaptureEnd(kept);
  snprintf(path, sizeof path, "%s/label.0", folder);
  AET_TEST_CALL(AetTextRead(MPI_COMM_WORLD, path, &text, &length));
  AET_TEST(!strcmp(text, "[9min] one line\n[9min] and another\nplain\n"));
  free(text);
}

static void First(void)
{
  TestFolder(folder);
  AET_TEST(folder[0] != 0);
}

static void Last(void)
{
  TestFolderRemove(folder);
}

AET_TEST_MAIN("progress", {"set up", First}, {"log", TestLog}, {"unwritable", TestUnwritable}, {"quiet", TestQuiet}, {"label", TestLabel},
              {"clean", Last})
