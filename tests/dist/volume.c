/* Facts about blocks, groups, smooth sizes, volumes and halos. */
#include "mpi_test.h"
#include <aet4d/dist.h>

static void TestBlocks(void)
{
  int good = 1;

  for (ptrdiff_t total = 1; total < 40; total++)
    for (int size = 1; size < 9; size++) {
      ptrdiff_t next = 0, start, count;
      for (int rank = 0; rank < size; rank++) {
        AetBlock(total, rank, size, &start, &count);
        good &= start == next && count >= 0;
        for (ptrdiff_t i = start; i < start + count; i++) good &= AetBlockOwner(total, size, i) == rank;
        next = start + count;
      }
      good &= next == total;
    }
  AET_TEST(good);
}

static void TestSmooth(void)
{
  AET_TEST(AetSmoothSize(1, PETSC_FALSE) == 1 && AetSmoothSize(1, PETSC_TRUE) == 2);
  AET_TEST(AetSmoothSize(204, PETSC_TRUE) == 210);
  AET_TEST(AetSmoothSize(211, PETSC_FALSE) == 216 && AetSmoothSize(121, PETSC_FALSE) == 125 && AetSmoothSize(121, PETSC_TRUE) == 126);
  AET_TEST(AetSmoothSize(1025, PETSC_TRUE) == 1050);
  AET_TEST(AetThreads() >= 1);
}

static void TestSplit(void)
{
  int size, rank, index, ranks, fewest, most;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int groups = 1; groups <= size; groups++) {
    MPI_Comm group;
    AET_TEST_CALL(AetCommSplit(MPI_COMM_WORLD, groups, &group, &index));
    MPI_Comm_size(group, &ranks);
    MPI_Comm_free(&group);
    MPI_Allreduce(&ranks, &fewest, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&ranks, &most, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    AET_TEST(index >= 0 && index < groups && most - fewest <= 1);
  }
  MPI_Comm none;
  AET_TEST(AetCommSplit(MPI_COMM_WORLD, size + 1, &none, &index) == AET_ERR_INPUT);
  AetErrorClear();
}

/* A number that only voxel (z, y, x) has. */
static float Voxel(const ptrdiff_t n[3], ptrdiff_t z, ptrdiff_t y, ptrdiff_t x)
{
  return z < 0 || z >= n[0] ? 0.0f : (float)(1 + (z * n[1] + y) * n[2] + x);
}

static void Fill(AetVolume v)
{
  for (ptrdiff_t z = 0; z < v->z_count; z++)
    for (ptrdiff_t y = 0; y < v->n[1]; y++)
      for (ptrdiff_t x = 0; x < v->n[2]; x++) v->data[(z * v->n[1] + y) * v->n[2] + x] = Voxel(v->n, v->z_start + z, y, x);
}

static void TestHalo(void)
{
  static const ptrdiff_t sizes[][3] = {{7, 3, 5}, {5, 1, 2}, {3, 2, 2}, {1, 4, 4}, {24, 2, 3}};

  for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
    for (ptrdiff_t width = 0; width < 10; width += 3) {
      const ptrdiff_t *n = sizes[s];
      AetVolume        v;
      float           *halo;
      int              good;
      AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.5, &v));
      Fill(v);
      AET_TEST_CALL(AetVolumeHalo(v, width, &halo));
      good = (halo == NULL) == (v->z_count == 0);
      for (ptrdiff_t z = 0; halo && z < v->z_count + 2 * width; z++)
        for (ptrdiff_t y = 0; y < n[1]; y++)
          for (ptrdiff_t x = 0; x < n[2]; x++) good &= halo[(z * n[1] + y) * n[2] + x] == Voxel(n, v->z_start + z - width, y, x);
      AET_TEST(good);
      AET_TEST_CALL(PetscFree(halo));
      AET_TEST_CALL(AetVolumeDestroy(&v));
    }
}

static void TestVolume(void)
{
  const ptrdiff_t n[3] = {5, 3, 2}, bad[3] = {5, 0, 2};
  AetVolume       v, copy, none = NULL;
  int             good = 1;
  long            planes, all;

  AET_TEST_CALL(AetVolumeCreate(MPI_COMM_WORLD, n, 0.25, &v));
  planes = v->z_count;
  MPI_Allreduce(&planes, &all, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(all == n[0]);
  for (ptrdiff_t i = 0; i < v->z_count * 6; i++) good &= v->data[i] == 0;
  AET_TEST(good);
  Fill(v);
  AET_TEST_CALL(AetVolumeDuplicate(v, &copy));
  AET_TEST(copy->pixel_angstrom == 0.25 && copy->z_start == v->z_start &&
           (!v->z_count || !memcmp(copy->data, v->data, (size_t)v->z_count * 24)));
  AET_TEST_CALL(AetVolumeDestroy(&v));
  AET_TEST_CALL(AetVolumeDestroy(&copy));
  AET_TEST(v == NULL);
  AET_TEST_CALL(AetVolumeDestroy(&none));
  AET_TEST(AetVolumeCreate(MPI_COMM_WORLD, bad, 0, &none) == AET_ERR_INPUT);
  AetErrorClear();
}

AET_TEST_MAIN("volumes", {"blocks", TestBlocks}, {"smooth sizes", TestSmooth}, {"groups", TestSplit}, {"volume", TestVolume},
              {"halo", TestHalo})
