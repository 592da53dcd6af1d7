/* Small text tables and the names of files. */
#include "io_test.h"
#include "mpi_test.h"
#include <aet4d/io.h>

static void TestSplitName(void)
{
  char path[256], name[64], file[300];

  TestPath("a:b.txt", file, sizeof file);
  WriteBytes("a:b.txt", "1\n", 2);
  AET_TEST_CALL(AetFileSplitName(file, path, sizeof path, name, sizeof name));
  AET_TEST(!strcmp(path, file) && !name[0]);
  strcat(file, ":c");
  AET_TEST_CALL(AetFileSplitName(file, path, sizeof path, name, sizeof name));
  AET_TEST(!strcmp(path + strlen(path) - 7, "a:b.txt") && !strcmp(name, "c"));
  AET_TEST_CALL(AetFileSplitName("/nowhere/x.mat:angles", path, sizeof path, name, sizeof name));
  AET_TEST(!strcmp(path, "/nowhere/x.mat") && !strcmp(name, "angles"));
  AET_TEST(AetFileSplitName("", path, sizeof path, name, sizeof name) == AET_ERR_INPUT);
  AetErrorClear();
}

static void TestTextTable(void)
{
  const char *text = "# phi theta psi\n0, -63.5 1e1\r\n\n 0.25;5 -2 % remark\n";
  char        file[300];
  ptrdiff_t   rows, columns;
  double     *values;

  WriteBytes("angles.txt", text, strlen(text));
  TestPath("angles.txt", file, sizeof file);
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, file, &rows, &columns, &values));
  AET_TEST(rows == 2 && columns == 3);
  AET_TEST(values[0] == 0 && values[1] == -63.5 && values[2] == 10 && values[3] == 0.25 && values[4] == 5 && values[5] == -2);
  PetscFree(values);
}

static void TestWrongText(void)
{
  ExpectTableError("words.txt", "1 2\n3 four\n", 11, AET_ERR_DATA, "line 2");
  ExpectTableError("ragged.txt", "1 2 3\n4 5\n", 10, AET_ERR_DATA, "expected 3 numbers");
  ExpectTableError("remarks.txt", "# nothing\n", 10, AET_ERR_DATA, "found none");
  ExpectTableError("noise.bin", "\001\002\003\377", 4, AET_ERR_DATA, "none of these");
}

AET_TEST_MAIN("io small", {"path and name", TestSplitName}, {"text table", TestTextTable}, {"wrong text", TestWrongText},
              {"clean up", TestFolderRemove})
