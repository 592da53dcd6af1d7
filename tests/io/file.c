/* aet4d's own HDF5 files and extended XYZ: what is written comes back; half a file is never seen; the number of ranks leaves no trace. */
#include "io_test.h"
#include <aet4d/io.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static double Value(ptrdiff_t i)
{
  return (double)(i * 37 % 101) - 50.25;
}

/* An array of `n`, a table of `rows` (split so that the last rank has most), numbers and texts. */
static PetscErrorCode WriteSample(MPI_Comm comm, const char *path, const ptrdiff_t n[3], int rows, PetscBool close)
{
  const char *const names[3] = {"z", "y", "x"}, *const units[3] = {"angstrom", "angstrom", "angstrom"};
  const double   steps[3] = {0.35, 0.35, 0.35};
  AetFile        file;
  int            rank, size, start, count;
  ptrdiff_t      first, planes;
  float         *data;
  double        *position;
  int           *species;
  PetscErrorCode code;

  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  AetBlock(n[0], rank, size, &first, &planes);
  data = malloc((size_t)(planes * n[1] * n[2]) * sizeof *data + 1);
  for (ptrdiff_t i = 0; i < planes * n[1] * n[2]; i++) data[i] = (float)Value(first * n[1] * n[2] + i);
  start = rows * rank * rank / (size * size), count = rows * (rank + 1) * (rank + 1) / (size * size) - start;
  position = malloc((size_t)count * 3 * sizeof *position + 1);
  species = malloc((size_t)count * sizeof *species + 1);
  for (int i = 0; i < count; i++) {
    species[i] = (start + i) % 3;
    for (int a = 0; a < 3; a++) position[3 * i + a] = Value(3 * (start + i) + a);
  }
  {
    const AetColumn columns[2] = {{"position", "angstrom", "x, y, z", AET_COLUMN_DOUBLE, 3, position},
                                  {"species", "", "index", AET_COLUMN_INT, 1, species}};
    code = AetFileCreate(comm, path, &file);
    if (!code) code = AetFileWriteArray(file, "volume", n, names, units, steps, data);
    if (!code) code = AetFileWriteTable(file, "a/table", count, 2, columns);
    if (!code) code = AetFileWriteNumber(file, "a", "answer", 42.5);
    if (!code) code = AetFileWriteNumber(file, "a", "answer", 43.5);
    if (!code) code = AetFileWriteText(file, "", "note", "ångström");
    if (!code && close)
      code = AetFileClose(&file);
    else
      AetFileDestroy(&file);
  }
  free(data);
  free(position);
  free(species);
  return code;
}

static void CheckSample(const char *path, const ptrdiff_t n[3], int rows)
{
  AetFile   file;
  ptrdiff_t m[3], first, planes;
  float    *data;
  double    answer = 0;
  char      note[32];
  PetscBool found;
  PetscInt  count, total;
  int       rank, size, wrong = 0;
  AetColumn columns[3] = {{"species", "", "", AET_COLUMN_INT, 1, NULL},
                          {"position", "", "", AET_COLUMN_DOUBLE, 3, NULL},
                          {"none", "", "", AET_COLUMN_INT, 1, NULL}};

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AET_TEST_CALL(AetFileOpen(MPI_COMM_WORLD, path, &file));
  AET_TEST_CALL(AetFileReadArray(file, "volume", m, &data));
  AET_TEST(m[0] == n[0] && m[1] == n[1] && m[2] == n[2]);
  AetBlock(n[0], rank, size, &first, &planes);
  for (ptrdiff_t i = 0; i < planes * n[1] * n[2]; i++) wrong += data[i] != (float)Value(first * n[1] * n[2] + i);
  AET_TEST_CALL(AetFileReadTable(file, "a/table", &count, &total, 3, columns));
  AET_TEST(total == rows && columns[2].data == NULL);
  AetBlock(rows, rank, size, &first, &planes);
  AET_TEST(count == planes);
  for (ptrdiff_t i = 0; i < planes; i++) {
    wrong += ((int *)columns[0].data)[i] != (first + i) % 3;
    for (int a = 0; a < 3; a++) wrong += ((double *)columns[1].data)[3 * i + a] != Value(3 * (first + i) + a);
  }
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetFileReadNumber(file, "a", "answer", &answer, NULL));
  AET_TEST(answer == 43.5);
  AET_TEST_CALL(AetFileReadText(file, "", "note", note, sizeof note, NULL));
  AET_TEST(!strcmp(note, "ångström"));
  AET_TEST_CALL(AetFileReadNumber(file, "nowhere", "answer", &answer, &found));
  AET_TEST(!found);
  ExpectError(AetFileReadNumber(file, "a", "question", &answer, NULL), AET_ERR_DATA, path, "question", __LINE__);
  PetscFree(data);
  PetscFree(columns[0].data);
  PetscFree(columns[1].data);
  AET_TEST_CALL(AetFileClose(&file));
}

static void TestRoundTrip(void)
{
  const ptrdiff_t sizes[3][3] = {{5, 4, 3}, {1, 7, 2}, {2, 3, 5}}; /* fewer planes than ranks */
  const int       rows[3] = {23, 0, 1};
  char            path[300];

  TestPath("sample.h5", path, sizeof path);
  for (int i = 0; i < 3; i++) {
    AET_TEST_CALL(WriteSample(MPI_COMM_WORLD, path, sizes[i], rows[i], PETSC_TRUE));
    CheckSample(path, sizes[i], rows[i]);
  }
}

/* Every number of ranks from 1 to all writes the same file. */
static void TestSameBytes(void)
{
  const ptrdiff_t n[3] = {5, 4, 3};
  char            path[300];
  char           *first = NULL;
  size_t          length = 0;
  int             rank, size, same = 1;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  TestPath("bytes.h5", path, sizeof path);
  for (int s = 1; s <= size; s++) {
    MPI_Comm       part;
    PetscErrorCode code = 0;
    MPI_Comm_split(MPI_COMM_WORLD, rank < s, rank, &part);
    if (rank < s) code = WriteSample(part, path, n, 23, PETSC_TRUE);
    AET_TEST(code == 0);
    MPI_Comm_free(&part);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
      size_t count;
      char  *bytes = ReadBytes(path, &count);
      if (!first)
        first = bytes, length = count;
      else {
        same = same && count == length && !memcmp(first, bytes, count);
        free(bytes);
      }
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  free(first);
  AET_TEST(same);
}

static int CountFiles(void)
{
  char  command[300];
  FILE *pipe;
  int   count = -1;

  snprintf(command, sizeof command, "ls '%s' | wc -l", TestFolder());
  pipe = popen(command, "r");
  if (pipe && fscanf(pipe, "%d", &count) != 1) count = -1;
  if (pipe) pclose(pipe);
  MPI_Barrier(MPI_COMM_WORLD);
  return count;
}

static void TestNothingHalfWritten(void)
{
  const ptrdiff_t n[3] = {5, 4, 3}, large[3] = {64, 64, 64};
  char            path[300];
  const int       before = (MPI_Barrier(MPI_COMM_WORLD), CountFiles());
  struct rlimit   limit, all;
  int             rank, size;

  /* destroyed before it is closed: no file, no temporary */
  AET_TEST_CALL(WriteSample(MPI_COMM_WORLD, TestPath("gone.h5", path, sizeof path), n, 3, PETSC_FALSE));
  AET_TEST(CountFiles() == before);
  /* a full disk (here: a limit on the size of a file) is an error; the old file stays as it was */
  AET_TEST_CALL(WriteSample(MPI_COMM_WORLD, TestPath("kept.h5", path, sizeof path), n, 3, PETSC_TRUE));
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &all);
  limit = all;
  limit.rlim_cur = 300000;
  setrlimit(RLIMIT_FSIZE, &limit);
  ExpectError(WriteSample(MPI_COMM_WORLD, path, large, 3, PETSC_TRUE), AET_ERR_WRITE, "kept.h5", "cannot be", __LINE__);
  setrlimit(RLIMIT_FSIZE, &all);
  CheckSample(path, n, 3);
  /* the disk of one rank alone is full */
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == size - 1) setrlimit(RLIMIT_FSIZE, &limit);
  ExpectError(WriteSample(MPI_COMM_WORLD, path, large, 3, PETSC_TRUE), AET_ERR_WRITE, "kept.h5", "cannot be", __LINE__);
  setrlimit(RLIMIT_FSIZE, &all);
  CheckSample(path, n, 3);
  AET_TEST(CountFiles() == before + 1);
}

static void TestUnwritable(void)
{
  const ptrdiff_t n[3] = {2, 2, 2};
  char            path[300];

  ExpectError(WriteSample(MPI_COMM_WORLD, TestPath("no/such/folder.h5", path, sizeof path), n, 1, PETSC_TRUE), AET_ERR_WRITE, "folder.h5",
              "No such", __LINE__);
  ExpectError(WriteSample(MPI_COMM_WORLD, TestFolder(), n, 1, PETSC_TRUE), AET_ERR_WRITE, TestFolder(), "found a folder", __LINE__);
  ExpectError(WriteSample(MPI_COMM_WORLD, "/dev/null/x.h5", n, 1, PETSC_TRUE), AET_ERR_WRITE, "/dev/null/x.h5", "cannot be written",
              __LINE__);
}

static void TestVolume(void)
{
  const ptrdiff_t n[3] = {3, 4, 5};
  AetVolume       volume, back;
  AetArrayInfo   *arrays;
  AetFormat       format;
  int             count, wrong = 0, data = -1;
  char            path[300], xdmf[300], *text;
  size_t          length;

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.35, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * 20; i++) volume->data[i] = (float)Value(volume->z_start * 20 + i);
  AET_TEST_CALL(AetVolumeWrite(volume, TestPath("volume.h5", path, sizeof path)));
  AET_TEST_CALL(AetVolumeRead(MPI_COMM_WORLD, path, &back));
  AET_TEST(back->n[0] == 3 && back->n[1] == 4 && back->n[2] == 5);
  AET_TEST_CLOSE(back->pixel_angstrom, 0.35, 1e-12);
  for (ptrdiff_t i = 0; i < volume->z_count * 20; i++) wrong += back->data[i] != volume->data[i];
  AET_TEST(wrong == 0);
  /* an EMD file to others: the mark is what makes it one, and the scale is in the axes */
  AET_TEST_CALL(AetFileInspect(MPI_COMM_WORLD, path, &format, &count, &arrays));
  AET_TEST(format == AET_FORMAT_EMD && count == 4);
  for (int i = 0; i < count; i++)
    if (!strcmp(arrays[i].name, "volume/data")) data = i;
  AET_TEST(data >= 0 && arrays[data].rank == 3 && arrays[data].n[2] == 5);
  AET_TEST_CLOSE(arrays[data].pixel_angstrom, 0.35, 1e-12);
  PetscFree(arrays);
  text = ReadBytes(TestPath("volume.xdmf", xdmf, sizeof xdmf), &length);
  AET_TEST(text && length > 100);
  text[length] = 0;
  AET_TEST(strstr(text, "volume.h5:/volume/data") && strstr(text, "Dimensions=\"3 4 5\"") && strstr(text, "-0.35 "));
  free(text);
  ExpectError(AetVolumeWrite(volume, TestPath("volume.doc", path, sizeof path)), AET_ERR_INPUT, "volume.doc", ".mrc", __LINE__);
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  AET_TEST_CALL(AetVolumeDestroy(&back));
}

static void TestXyz(void)
{
  const char *const symbols[2] = {"Fe", "Pt"};
  int               rank, size, species[3] = {0, 1, -1}, wrong = 0;
  double            position[9], sigma[3], *back;
  char              path[300], (*names)[8], *text;
  PetscInt          n, count;
  size_t            length;
  const AetColumn   column = {"sigma", "pm", "", AET_COLUMN_DOUBLE, 1, sigma};

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  count = rank == 1 ? 0 : 3; /* a rank without atoms */
  for (int i = 0; i < 9; i++) position[i] = rank * 100 + i + 0.123456;
  for (int i = 0; i < 3; i++) sigma[i] = rank + i / 8.0;
  AET_TEST_CALL(AetXyzWrite(MPI_COMM_WORLD, TestPath("atoms.xyz", path, sizeof path), count, species, 2, symbols, position, 1, &column,
                            "label=\"9 min\""));
  AET_TEST_CALL(AetXyzRead(MPI_COMM_WORLD, path, &n, &names, &back));
  AET_TEST(n == 3 * (size > 1 ? size - 1 : 1));
  for (int i = 0; i < n; i++) {
    const int from = i / 3 == 0 ? 0 : i / 3 + 1;
    wrong += strcmp(names[i], i % 3 == 0 ? "Fe" : i % 3 == 1 ? "Pt" : "X") != 0;
    for (int a = 0; a < 3; a++) wrong += fabs(back[3 * i + a] - (from * 100 + (i % 3) * 3 + a + 0.123456)) > 1e-9;
  }
  AET_TEST(wrong == 0);
  text = ReadBytes(path, &length);
  text[length] = 0;
  AET_TEST(strstr(text, "Properties=species:S:1:pos:R:3:sigma:R:1 pbc=\"F F F\" label=\"9 min\"\n") != NULL);
  free(text);
  PetscFree(names);
  PetscFree(back);
}

AET_TEST_MAIN("io file", {"round trip", TestRoundTrip}, {"same bytes for any number of ranks", TestSameBytes},
              {"nothing half-written", TestNothingHalfWritten}, {"unwritable", TestUnwritable}, {"volume", TestVolume},
              {"extended XYZ", TestXyz}, {"clean up", TestFolderRemove})
