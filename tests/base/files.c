/* Facts about files: digests, commits, and the summary that survives a trip through the disk. */
#include "base_test.h"
#include <sys/stat.h>

static char folder[256];

static void TestDigest(void)
{
  /* XXH3-128 of the empty input, seed 0, as published with xxHash's specification */
  char path[512], other[512], digest[33], again[33];
  int  rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  TestFile(folder, "empty", "", 0, path);
  AET_TEST_CALL(AetFileDigest(path, digest));
  AET_TEST(!strcmp(digest, "99aa06d3014798d86001c324468d497f"));
  TestFile(folder, "a", "one byte changes it all", 23, path);
  TestFile(folder, "b", "one byte changes it aLl", 23, other);
  AET_TEST_CALL(AetFileDigest(path, digest));
  AET_TEST_CALL(AetFileDigest(other, again));
  AET_TEST(strlen(digest) == 32 && strcmp(digest, again));
  AET_TEST_CALL(AetFileDigest(path, again));
  AET_TEST(!strcmp(digest, again));
  AET_TEST(AetFileDigest(folder, digest) == AET_ERR_OPEN && TestMessageHas("folder"));
  AetErrorClear();
  AET_TEST(AetFileDigest("/nowhere/at/all", digest) == AET_ERR_OPEN && TestMessageHas("no such file"));
  AetErrorClear();
}

static void TestCommit(void)
{
  char           path[512], temporary[512], *text;
  size_t         length;
  int            rank;
  PetscErrorCode code;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  TestFile(folder, "result", "old", 3, path);
  TestFile(folder, "result.tmp", "new", 3, temporary);
  AET_TEST_CALL(AetAgree(MPI_COMM_WORLD, rank ? 0 : AetFileCommit(temporary, path)));
  AET_TEST_CALL(AetTextRead(MPI_COMM_WORLD, path, &text, &length));
  AET_TEST(length == 3 && !strcmp(text, "new"));
  free(text);
  AET_TEST(access(temporary, F_OK) != 0);
  code = AetAgree(MPI_COMM_WORLD, rank ? 0 : AetFileCommit(temporary, path)); /* it is gone */
  AET_TEST(code == AET_ERR_WRITE && TestMessageHas("result"));
  AetErrorClear();
  code = AetAgree(MPI_COMM_WORLD, rank ? 0 : AetTextWrite("/nowhere/at/all.txt", "x", 1));
  AET_TEST(code == AET_ERR_WRITE && TestMessageHas("/nowhere/at/all.txt"));
  AetErrorClear();
  code = AetAgree(MPI_COMM_WORLD, rank ? 0 : AetTextWrite(folder, "x", 1)); /* a folder stands in the way */
  AET_TEST(code == AET_ERR_WRITE);
  AetErrorClear();
  snprintf(temporary, sizeof temporary, "%s.%ld.tmp", folder, (long)getpid());
  AET_TEST(access(temporary, F_OK) != 0); /* and nothing is left beside it */
  AET_TEST(AetTextRead(MPI_COMM_WORLD, "/nowhere", &text, &length) == AET_ERR_OPEN);
  AetErrorClear();
}

static void TestSummary(void)
{
  AetSummary  written, read;
  char        path[512];
  double      value, numbers[] = {0.1, 1.0 / 3, 6.02214076e23, -0.0, 123456789.0, 5e-324, 1e15 + 1};
  const char *text;
  PetscBool   found;

  snprintf(path, sizeof path, "%s/summary.json", folder);
  AET_TEST_CALL(AetSummaryCreate(&written));
  for (int i = 0; i < 7; i++) {
    char key[16];
    snprintf(key, sizeof key, "n.%d", i);
    AET_TEST_CALL(AetSummarySetNumber(written, key, numbers[i]));
  }
  AET_TEST_CALL(AetSummarySetNumber(written, "recon.rfree", NAN));
  AET_TEST_CALL(AetSummarySetText(written, "trace.count_by_species", "Fe \"a\"\n\xc3\x85"));
  AET_TEST_CALL(AetSummarySetText(written, "n.0", "a text first"));
  AET_TEST_CALL(AetSummarySetNumber(written, "n.0", numbers[0])); /* the last value stands */
  AET_TEST_CALL(AetSummaryWrite(written, MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetSummaryCreate(&read));
  AET_TEST_CALL(AetSummarySetNumber(read, "kept", 5));
  AET_TEST_CALL(AetSummaryRead(read, MPI_COMM_WORLD, path));
  for (int i = 0; i < 7; i++) {
    char key[16];
    snprintf(key, sizeof key, "n.%d", i);
    AET_TEST_CALL(AetSummaryGetNumber(read, key, &value, &found));
    AET_TEST(found && value == numbers[i]); /* every bit */
  }
  AET_TEST(!AetSummaryGetNumber(read, "recon.rfree", &value, &found) && found && isnan(value));
  AET_TEST(!AetSummaryGetNumber(read, "kept", &value, &found) && found && value == 5);
  AET_TEST(!AetSummaryGetText(read, "trace.count_by_species", &text, &found) && found && !strcmp(text, "Fe \"a\"\n\xc3\x85"));
  AET_TEST(!AetSummaryGetNumber(read, "absent", &value, &found) && !found);
  AET_TEST_CALL(AetSummaryAdopt(written, "times.9min.", read));
  AET_TEST(!AetSummaryGetNumber(written, "times.9min.kept", &value, &found) && found && value == 5);
  AET_TEST(!AetSummaryGetText(written, "times.9min.trace.count_by_species", &text, &found) && found && !strcmp(text, "Fe \"a\"\n\xc3\x85"));
  AET_TEST_CALL(AetSummaryDestroy(&written));
  AET_TEST_CALL(AetSummaryDestroy(&read));
}

static void TestSummaryDamaged(void)
{
  const char *bad[] = {"", "{\"a\": 1", "[1, 2]", "{\"a\": {\"b\": 1}}", "{\"a\": 1} tail"};
  AetSummary  summary;
  char        path[512];

  AET_TEST_CALL(AetSummaryCreate(&summary));
  for (int i = 0; i < 5; i++) {
    TestFile(folder, "damaged.json", bad[i], strlen(bad[i]), path);
    AET_TEST(AetSummaryRead(summary, MPI_COMM_WORLD, path) == AET_ERR_DATA && TestMessageHas("damaged.json"));
    AetErrorClear();
  }
  snprintf(path, sizeof path, "%s/absent.json", folder);
  AET_TEST_CALL(AetSummaryRead(summary, MPI_COMM_WORLD, path));
  AET_TEST(AetSummaryRead(summary, MPI_COMM_WORLD, folder) == AET_ERR_OPEN && TestMessageHas("folder"));
  AetErrorClear();
  AET_TEST(AetSummaryWrite(summary, MPI_COMM_WORLD, "/nowhere/summary.json") == AET_ERR_WRITE);
  AetErrorClear();
  AET_TEST_CALL(AetSummaryDestroy(&summary));
}

static void TestMeasures(void)
{
  size_t         bytes = (size_t)128 << 20;
  double         before = AetPeakMemory();
  volatile char *block = (char *)malloc(bytes); /* volatile: the pages must be touched */
  long long      created = (long long)AetCreated(), lowest, highest;

  for (size_t i = 0; i < bytes; i += 1024) block[i] = 1;
  AET_TEST(before > 1e6 && AetPeakMemory() >= before + 0.5 * (double)bytes && AetPeakMemory() < before + 2.0 * (double)bytes);
  free((void *)block);
  MPI_Allreduce(&created, &lowest, 1, MPI_LONG_LONG, MPI_MIN, MPI_COMM_WORLD);
  MPI_Allreduce(&created, &highest, 1, MPI_LONG_LONG, MPI_MAX, MPI_COMM_WORLD);
  AET_TEST(lowest == highest);
  AET_TEST(created == 1700000000); /* SOURCE_DATE_EPOCH of this test */
  setenv("SOURCE_DATE_EPOCH", "1800000000", 1);
  AET_TEST(AetCreated() == created); /* agreed at the start, whatever a clock says later */
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

AET_TEST_MAIN("files", {"folder", First}, {"digest", TestDigest}, {"commit", TestCommit}, {"summary", TestSummary},
              {"damaged summary", TestSummaryDamaged}, {"memory and time", TestMeasures}, {"clean", Last})
