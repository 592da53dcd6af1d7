/* Facts about provenance: it names what a result was made from, and a stage's key changes exactly when the result may. */
#include "base_test.h"
#include "test_table.h"

static char folder[256];

static void Collect(const char *section, const char *key, const char *value, void *context)
{
  fprintf((FILE *)context, "%s.%s=%s\n", section, key, value);
}

static char *ProvenanceText(void)
{
  char  *text = NULL;
  size_t length = 0;
  FILE  *file = open_memstream(&text, &length);

  AET_TEST_CALL(AetProvenanceForEach(Collect, file));
  fclose(file);
  return text;
}

static int SameOnAllRanks(const char *text)
{
  char digest[40] = "", mine[40];
  long sum = 0;

  for (const char *c = text; *c; c++) sum = (sum * 31 + *c) % 1000003;
  snprintf(mine, sizeof mine, "%ld %ld", (long)strlen(text), sum);
  memcpy(digest, mine, sizeof mine);
  MPI_Bcast(digest, sizeof digest, MPI_CHAR, 0, MPI_COMM_WORLD);
  return !strcmp(digest, mine);
}

static void TestProvenance(void)
{
  char  path[512], line[700], *text, *again;
  char *argv[] = {"/some/where/aet4d", "run", "a b.yaml", "-note", "it's", "", NULL};

  TestFile(folder, "input", "", 0, path);
  AET_TEST_CALL(AetProvenanceBegin(6, argv));
  AET_TEST_CALL(AetProvenanceAddInput(MPI_COMM_WORLD, path));
  AET_TEST_CALL(AetProvenanceAddInput(MPI_COMM_WORLD, path)); /* once is enough */
  AET_TEST_CALL(AetProvenanceAddLibrary("HDF5", "0"));
  AET_TEST_CALL(AetProvenanceAddLibrary("HDF5", "1.10.8"));
  text = ProvenanceText();
  AET_TEST(SameOnAllRanks(text));
  AET_TEST(strstr(text, "program.command=aet4d run 'a b.yaml' -note 'it'\\''s' ''\n") != NULL);
  AET_TEST(strstr(text, "program.created=2023-11-14T22:13:20Z\n") != NULL);
  AET_TEST(strstr(text, "program.version=") && strstr(text, "program.commit="));
  AET_TEST(strstr(text, "options.recon_iterations=50\n") != NULL);
  snprintf(line, sizeof line, "inputs.%s=99aa06d3014798d86001c324468d497f\n", path);
  AET_TEST(strstr(text, line) && !strstr(strstr(text, line) + 1, line));
  AET_TEST(strstr(text, "libraries.PETSc=") && strstr(text, "libraries.MPI=") && strstr(text, "libraries.FFTW="));
  AET_TEST(strstr(text, "libraries.HDF5=1.10.8\n") && !strstr(text, "HDF5=0"));
  again = ProvenanceText();
  AET_TEST(!strcmp(text, again));
  free(text);
  free(again);
  AET_TEST(AetProvenanceAddInput(MPI_COMM_WORLD, "/nowhere.mat") == AET_ERR_OPEN && TestMessageHas("/nowhere.mat"));
  AetErrorClear();
}

static void Key(const char *stage, const char *input, char key[33])
{
  const char *const prefixes[] = {"recon_", "seed", NULL}, *const inputs[] = {input, NULL};

  AET_TEST_CALL(AetStageKey(MPI_COMM_WORLD, stage, prefixes, inputs, key));
  AET_TEST(strlen(key) == 32 && SameOnAllRanks(key));
}

static void TestStageKey(void)
{
  char first[33], key[33], path[512], other[512];

  TestFile(folder, "stack", "one", 3, path);
  TestFile(folder, "copy", "one", 3, other);
  Key("recon", path, first);
  Key("recon", path, key);
  AET_TEST(!strcmp(key, first));
  Key("recon", other, key); /* the bytes count, not the name */
  AET_TEST(!strcmp(key, first));
  Key("trace", path, key);
  AET_TEST(strcmp(key, first));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-tilt_pixel_angstrom", "2")); /* not this stage's */
  Key("recon", path, key);
  AET_TEST(!strcmp(key, first));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_iterations", "51"));
  Key("recon", path, key);
  AET_TEST(strcmp(key, first));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-recon_iterations", "50")); /* said, but the same as the default */
  Key("recon", path, key);
  AET_TEST(!strcmp(key, first));
  AET_TEST_CALL(PetscOptionsSetValue(NULL, "-series_time_2_recon_iterations", "60")); /* a time point's own value counts in its scope */
  AET_TEST_CALL(AetOptionsSetScope("series_time_2_"));
  Key("recon", path, key);
  AET_TEST(strcmp(key, first));
  AET_TEST_CALL(AetOptionsSetScope(NULL));
  TestFile(folder, "stack", "two", 3, path); /* as long as before, other bytes */
  Key("recon", path, key);
  AET_TEST(strcmp(key, first));
  AET_TEST(AetStageKey(MPI_COMM_WORLD, "recon", NULL, (const char *const[]){"/nowhere.mat", NULL}, key) == AET_ERR_OPEN);
  AET_TEST(TestMessageHas("/nowhere.mat"));
  AetErrorClear();
}

static void First(void)
{
  TestFolder(folder);
  AET_TEST(folder[0] != 0);
  AET_TEST_CALL(AetOptionsRegister(&AetBaseOptions));
  AET_TEST_CALL(AetOptionsRegister(&test_table));
}

static void Last(void)
{
  TestFolderRemove(folder);
}

AET_TEST_MAIN("provenance", {"set up", First}, {"provenance", TestProvenance}, {"stage key", TestStageKey}, {"clean", Last})
