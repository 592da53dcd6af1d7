/* Bad input of every kind: one line that names the file, the right code, and no rank left waiting. */
#include "sample_files.h"
#include <hdf5.h>

static void ExpectRead(const char *path, PetscErrorCode code, const char *text, int line)
{
  AetArrayInfo info;
  float       *data = NULL;

  ExpectError(AetArrayRead(MPI_COMM_WORLD, path, &info, &data), code, strrchr(path, ':') ? "missing.mat" : path, text, line);
}

#define ExpectTableText(name, text, code, told) ExpectTableError(name, text, strlen(text), code, told)

static void TestNoFile(void)
{
  char     path[300];
  PetscInt n;
  char(*symbols)[8];
  double       *values;
  ptrdiff_t     rows, columns;
  AetFile       file;
  AetFormat     format;
  AetArrayInfo *arrays;
  int           count;

  ExpectRead(TestPath("missing.mat", path, sizeof path), AET_ERR_OPEN, "No such file", __LINE__);
  ExpectRead(strcat(path, ":images"), AET_ERR_OPEN, "No such file", __LINE__);
  ExpectError(AetXyzRead(MPI_COMM_WORLD, TestPath("missing.xyz", path, sizeof path), &n, &symbols, &values), AET_ERR_OPEN, path, "No such",
              __LINE__);
  ExpectError(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &values), AET_ERR_OPEN, path, "No such", __LINE__);
  ExpectError(AetFileOpen(MPI_COMM_WORLD, path, &file), AET_ERR_OPEN, path, "No such", __LINE__);
  ExpectRead(TestFolder(), AET_ERR_OPEN, "found a folder", __LINE__);
  ExpectError(AetFileOpen(MPI_COMM_WORLD, TestFolder(), &file), AET_ERR_OPEN, TestFolder(), "folder", __LINE__);
  ExpectError(AetFileInspect(MPI_COMM_WORLD, TestFolder(), &format, &count, &arrays), AET_ERR_OPEN, TestFolder(), "folder", __LINE__);
  ExpectRead("/dev/null", AET_ERR_OPEN, "not a regular file", __LINE__);
  for (int k = 0; k < SAMPLE_KINDS; k++) {
    WriteBytes(aet_sample_names[k], "", 0);
    ExpectRead(TestPath(aet_sample_names[k], path, sizeof path), AET_ERR_READ, "empty", __LINE__);
  }
}

static void TestTruncated(void)
{
  for (int k = 0; k < 6; k++) {
    Sample sample;
    SampleMake(k, &sample);
    /* the last number cut; the middle; the header alone */
    ExpectArrayError(aet_sample_names[k], sample.bytes, sample.count - 16, AET_ERR_READ, "truncated");
    ExpectArrayError(aet_sample_names[k], sample.bytes, sample.count / 2, AET_ERR_READ, "");
    ExpectArrayError(aet_sample_names[k], sample.bytes, k == 4 ? 1024 : k < 2 ? 140 : 600, AET_ERR_READ, "");
  }
  ExpectTableText("cut.xyz", "4\nremark\nFe 0 0 0\nPt 1 1 1\n", AET_ERR_READ, "expected 4 atoms, found 2");
  ExpectTableText("cut.xyz", "2\nProperties=species:S:1:pos:R:3\nFe 0 0 0\nPt 1 1", AET_ERR_DATA, "line 4");
}

static void TestNotWhatIsWanted(void)
{
  const int32_t four[4] = {2, 2, 2, 2}, one[2] = {1, 7}, two[3] = {2, 2, 2};
  const float   values[16] = {1, 2, 3, 4, 5, 6, 7, 8};
  Sample        sample;

  SampleMatHeader(&sample);
  SampleMatrix(&sample, "deep", 7, 4, four, 16, values);
  ExpectArrayError("rank.mat", sample.bytes, sample.count, AET_ERR_DATA, "found deep (2×2×2×2 float32)");
  SampleMatHeader(&sample);
  SampleMatrix(&sample, "row", 7, 2, one, 7, values);
  ExpectArrayError("rank.mat", sample.bytes, sample.count, AET_ERR_DATA, "3 dimensions");
  SampleMatHeader(&sample);
  SampleMatrix(&sample, "left", 7, 3, two, 8, values);
  SampleMatrix(&sample, "right", 7, 3, two, 8, values);
  ExpectArrayError("several.mat", sample.bytes, sample.count, AET_ERR_DATA, "left (2×2×2 float32), right");
  SampleMatHeader(&sample);
  SampleMatrix(&sample, "wave", 7 | 0x800, 3, two, 8, values);
  ExpectArrayError("complex.mat", sample.bytes, sample.count, AET_ERR_DATA, "found complex");
  SampleMatHeader(&sample);
  SampleMatrix(&sample, "words", 4, 3, two, 8, values);
  ExpectArrayError("words.mat", sample.bytes, sample.count, AET_ERR_DATA, "words (2×2×2 text)");
  ExpectArrayError("song.txt", "la la la\nla\n", 12, AET_ERR_DATA, "expected a number");
  ExpectTableText("atoms.xyz", "2\nremark\nFe 0 0 0\nPt 1 nan 1\n", AET_ERR_DATA, "line 4");
  ExpectTableText("atoms.xyz", "2\nProperties=species:S:1:force:R:3\nFe 0 0 0\nPt 1 1 1\n", AET_ERR_DATA, "pos:R:3");
  ExpectTableText("atoms.xyz", "1\nremark\nFe 0 0 0\nPt 1 1 1\n", AET_ERR_DATA, "nothing behind");
}

static void TestNotFinite(void)
{
  const float bad[2] = {NAN, INFINITY};
  char        text[80];

  for (int i = 0; i < 2; i++) {
    const int at = 2 * 20 + 3 * 5 + 1; /* view 2, row 3, column 1 */
    Sample    sample;
    SampleMake(0, &sample);
    memcpy(sample.bytes + sample.count - (SAMPLE_COUNT - (size_t)at) * 4, &bad[i], 4);
    snprintf(text, sizeof text, "plane 2, row 3, column 1");
    ExpectArrayError("nan.mat", sample.bytes, sample.count, AET_ERR_DATA, text);
    SampleMake(4, &sample);
    memcpy(sample.bytes + 1024 + at * 4, &bad[i], 4);
    ExpectArrayError("nan.mrc", sample.bytes, sample.count, AET_ERR_DATA, text);
  }
}

/* A file cannot make us ask for more memory than it could hold. */
static void TestHugeClaims(void)
{
  const int32_t huge[3] = {100000, 100000, 10000}, large = 40000;
  const hsize_t n[3] = {40000, 40000, 40000}, chunk[3] = {1, 100, 100};
  const float   value = 1;
  Sample        sample;
  char          path[300];
  int           rank;

  SampleMatHeader(&sample);
  SampleMatrix(&sample, "huge", 7, 3, huge, 1, &value);
  ExpectArrayError("huge.mat", sample.bytes, sample.count, AET_ERR_READ, "expected 100000000000000 numbers");
  SampleMake(4, &sample);
  for (int a = 0; a < 3; a++) memcpy(sample.bytes + 4 * a, &large, 4);
  ExpectArrayError("huge.mrc", sample.bytes, sample.count, AET_ERR_READ, "truncated");
  ExpectTableText("huge.xyz", "2000000000\nremark\nFe 0 0 0\n", AET_ERR_READ, "2000000000 atoms");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  TestPath("huge.h5", path, sizeof path);
  if (rank == 0) {
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(3, n, NULL);
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, 3, chunk);
    H5Pset_deflate(create, 9);
    H5Dclose(H5Dcreate2(file, "data", H5T_IEEE_F32LE, space, H5P_DEFAULT, create, H5P_DEFAULT));
    H5Pclose(create);
    H5Sclose(space);
    H5Fclose(file);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  ExpectRead(path, AET_ERR_READ, "bytes of data", __LINE__);
}

/* One rank cannot read what the others can: it looks for the relative path elsewhere. */
static void TestOneRankFails(void)
{
  char   here[512], data[64] = "data:volume";
  int    rank, size;
  Sample sample;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1) return;
  for (int k = 2; k < 6; k++) {
    AetArrayInfo info;
    float       *values = NULL;
    int          moved;
    SampleMake(k, &sample);
    WriteBytes(aet_sample_names[k], sample.bytes, sample.count);
    moved = getcwd(here, sizeof here) && !chdir(rank == 1 ? "/" : TestFolder());
    AET_TEST(moved);
    snprintf(data, sizeof data, "%s", aet_sample_names[k]);
    ExpectError(AetArrayRead(MPI_COMM_WORLD, data, &info, &values), AET_ERR_OPEN, aet_sample_names[k], "No such file", __LINE__);
    AET_TEST(values == NULL);
    moved = !chdir(here);
    AET_TEST(moved);
  }
}

/* After every error the same process goes on reading well. */
static void TestWellAfterwards(void)
{
  for (int k = 0; k < 6; k++) {
    Sample       sample;
    AetArrayInfo info;
    float       *data;
    char         path[300];
    SampleMake(k, &sample);
    WriteBytes(aet_sample_names[k], sample.bytes, sample.count);
    AET_TEST_CALL(AetArrayRead(MPI_COMM_WORLD, TestPath(aet_sample_names[k], path, sizeof path), &info, &data));
    AET_TEST(info.n[0] == SAMPLE_NZ && info.n[1] == SAMPLE_NY && info.n[2] == SAMPLE_NX);
    PetscFree(data);
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

AET_TEST_MAIN("io damage", {"no file", TestNoFile}, {"truncated", TestTruncated}, {"not what is wanted", TestNotWhatIsWanted},
              {"not finite", TestNotFinite}, {"huge claims", TestHugeClaims}, {"one rank fails", TestOneRankFails},
              {"well afterwards", TestWellAfterwards}, {"clean up", TestFolderRemove})
