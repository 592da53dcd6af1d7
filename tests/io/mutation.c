/* Bytes changed and files cut at many places, always the same ones: an error of ours or a valid result; never a crash, a hang or a message
   of another library. */
#include "sample_files.h"
#include <time.h>

static int aet_variants, aet_accepted;

/* One damaged file through everything that reads it. Returns false where the outcome is neither an error of ours nor valid. */
static int Survives(const char *path)
{
  AetFormat     format;
  AetArrayInfo *arrays = NULL, info;
  int           count = 0;
  float        *data = NULL;
  double       *values = NULL;
  ptrdiff_t     rows, columns;
  char(*symbols)[8] = NULL;
  PetscInt       n;
  PetscErrorCode code[4];

  code[0] = AetFileInspect(MPI_COMM_SELF, path, &format, &count, &arrays);
  PetscFree(arrays);
  AetErrorClear();
  code[1] = AetArrayRead(MPI_COMM_SELF, path, &info, &data);
  if (code[1] == 0 && (!data || info.rank != 3 || info.n[0] < 1 || info.n[1] < 1 || info.n[2] < 1)) return 0;
  if (code[1] == 0) aet_accepted++;
  PetscFree(data);
  AetErrorClear();
  code[2] = AetTableRead(MPI_COMM_SELF, path, &rows, &columns, &values);
  if (code[2] == 0 && (!values || rows < 1 || columns < 1)) return 0;
  PetscFree(values);
  AetErrorClear();
  code[3] = AetXyzRead(MPI_COMM_SELF, path, &n, &symbols, &values);
  PetscFree(symbols);
  PetscFree(values);
  AetErrorClear();
  aet_variants++;
  for (int i = 0; i < 4; i++)
    if (code[i] && !AetErrorIsUser(code[i])) {
      fprintf(stderr, "%s: code %d at step %d\n", path, (int)code[i], i);
      return 0;
    }
  return 1;
}

static void WriteLocal(const char *path, const unsigned char *bytes, size_t count)
{
  FILE *file = fopen(path, "wb");

  if (!file || fwrite(bytes, 1, count, file) != count) perror(path);
  if (file) fclose(file);
}

static void MutateKind(int kind)
{
  static const unsigned char flips[3] = {0x01, 0x80, 0xff};
  Sample                     sample;
  char                       path[300];
  int                        rank, size, good = 1, turn = 0;
  size_t                     step;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  SampleMake(kind, &sample);
  step = sample.count / 100 + 1;
  snprintf(path, sizeof path, "%s/%d-%s", TestFolder(), rank, aet_sample_names[kind]);
  for (size_t at = 0; at < sample.count; at += at < 240 ? 1 : step)
    for (int f = 0; f < 4; f++) {
      const unsigned char keep = sample.bytes[at];
      if ((at + (size_t)f) % 2 || turn++ % size != rank) continue; /* two of the four damages at each place */
      if (f < 3) sample.bytes[at] ^= flips[f];
      WriteLocal(path, sample.bytes, f < 3 ? sample.count : at);
      if (!Survives(path)) {
        fprintf(stderr, "%s: byte %zu, damage %d\n", aet_sample_names[kind], at, f);
        good = 0;
      }
      sample.bytes[at] = keep;
    }
  AET_TEST(good);
}

static void TestMutations(void)
{
  const clock_t begin = clock();

  for (int kind = 0; kind < SAMPLE_KINDS; kind++) MutateKind(kind);
  /* damage in the data is still a valid file: some must have been read, and by far not all */
  AET_TEST(aet_variants > 1000 && aet_accepted > 10 && aet_accepted < aet_variants / 2);
  AetReport(MPI_COMM_WORLD, "%d damaged files, %d read as arrays, %.1f s", aet_variants, aet_accepted,
            (double)(clock() - begin) / CLOCKS_PER_SEC);
}

AET_TEST_MAIN("io mutation", {"mutations", TestMutations}, {"clean up", TestFolderRemove})
