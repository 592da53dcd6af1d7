/* Small valid files of every format, in memory: what the tests of damage start from. */
#ifndef AET_TESTS_SAMPLE_FILES_H
#define AET_TESTS_SAMPLE_FILES_H

#include "io_test.h"
#include <stdint.h>
#include <zlib.h>

enum { SAMPLE_NZ = 3, SAMPLE_NY = 4, SAMPLE_NX = 5, SAMPLE_COUNT = SAMPLE_NZ * SAMPLE_NY * SAMPLE_NX };

typedef struct {
  unsigned char bytes[1 << 15];
  size_t        count;
} Sample;

static inline void SampleAdd(Sample *sample, const void *bytes, size_t count)
{
  memcpy(sample->bytes + sample->count, bytes, count);
  sample->count += count;
}

static inline void SampleWords(Sample *sample, uint32_t a, uint32_t b)
{
  SampleAdd(sample, &a, 4);
  SampleAdd(sample, &b, 4);
}

/* A MATLAB v5 matrix of `rank` dimensions (x first) of floats. */
static inline void SampleMatrix(Sample *sample, const char *name, uint32_t flags, int rank, const int32_t *dims, size_t numbers,
                                const float *values)
{
  const size_t begin = sample->count, length = strlen(name), zero = 0;
  uint32_t     bytes;

  SampleWords(sample, 14, 0);
  SampleWords(sample, 6, 8);
  SampleWords(sample, flags, 0);
  SampleWords(sample, 5, (uint32_t)(4 * rank));
  SampleAdd(sample, dims, (size_t)(4 * rank));
  if (rank % 2) SampleAdd(sample, &zero, 4);
  SampleWords(sample, 1, (uint32_t)length);
  SampleAdd(sample, name, length);
  SampleAdd(sample, &zero, (8 - length % 8) % 8);
  SampleWords(sample, 7, (uint32_t)(4 * numbers));
  SampleAdd(sample, values, 4 * numbers);
  if (numbers % 2) SampleAdd(sample, &zero, 4);
  bytes = (uint32_t)(sample->count - begin - 8);
  memcpy(sample->bytes + begin + 4, &bytes, 4);
}

static inline void SampleMatHeader(Sample *sample)
{
  memset(sample->bytes, ' ', 124);
  memcpy(sample->bytes, "MATLAB 5.0 MAT-file", 19);
  memcpy(sample->bytes + 124, "\0\1IM", 4);
  sample->count = 128;
}

static inline void SampleMat5(Sample *sample, int deflated)
{
  const int32_t dims[3] = {SAMPLE_NX, SAMPLE_NY, SAMPLE_NZ};
  float         values[SAMPLE_COUNT];
  Sample        plain = {.count = 0};
  uLongf        packed;
  uint32_t      bytes;

  for (int i = 0; i < SAMPLE_COUNT; i++) values[i] = (float)i / 4;
  SampleMatHeader(sample);
  SampleMatrix(deflated ? &plain : sample, "images", 7, 3, dims, SAMPLE_COUNT, values);
  if (!deflated) return;
  packed = (uLongf)(sizeof sample->bytes - sample->count - 8);
  compress(sample->bytes + sample->count + 8, &packed, plain.bytes, plain.count);
  bytes = (uint32_t)packed;
  SampleWords(sample, 15, bytes);
  sample->count += packed;
}

/* A volume by our own writer, of the format that `name` ends in. Collective; complete on every rank. */
static inline void SampleVolume(Sample *sample, const char *name, size_t prefix)
{
  const ptrdiff_t n[3] = {SAMPLE_NZ, SAMPLE_NY, SAMPLE_NX};
  AetVolume       volume;
  char            path[300], *bytes;
  size_t          count;

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.5, &volume));
  for (ptrdiff_t i = 0; i < volume->z_count * SAMPLE_NY * SAMPLE_NX; i++)
    volume->data[i] = (float)(volume->z_start * SAMPLE_NY * SAMPLE_NX + i) / 4;
  AET_TEST_CALL(AetVolumeWrite(volume, TestPath(name, path, sizeof path)));
  AET_TEST_CALL(AetVolumeDestroy(&volume));
  MPI_Barrier(MPI_COMM_WORLD);
  bytes = ReadBytes(path, &count);
  memset(sample->bytes, 0, prefix);
  if (prefix) {
    memcpy(sample->bytes, "MATLAB 7.3 MAT-file", 19);
    memcpy(sample->bytes + 124, "\0\2IM", 4);
  }
  memcpy(sample->bytes + prefix, bytes, count);
  sample->count = prefix + count;
  free(bytes);
  MPI_Barrier(MPI_COMM_WORLD);
}

#define SAMPLE_KINDS 8
static const char *const aet_sample_names[SAMPLE_KINDS] = {"s5.mat", "s5z.mat", "s73.mat", "s.h5", "s.mrc", "s.tif", "s.xyz", "s.txt"};

/* Collective. */
static inline void SampleMake(int kind, Sample *sample)
{
  const char *xyz = "4\nProperties=species:S:1:pos:R:3\nFe 0 0 0\nPt 1.5 2 3\nFe -1 -2 3e0\nPt 4 5 6\n",
             *text = "# degrees\n0 10 0\n0 20 0\n0, 30, 0\n";

  sample->count = 0;
  if (kind < 2)
    SampleMat5(sample, kind);
  else if (kind == 2)
    SampleVolume(sample, "source.h5", 512);
  else if (kind < 6)
    SampleVolume(sample, kind == 3 ? "source.h5" : kind == 4 ? "source.mrc" : "source.tif", 0);
  else
    SampleAdd(sample, kind == 6 ? xyz : text, strlen(kind == 6 ? xyz : text));
}

#endif
