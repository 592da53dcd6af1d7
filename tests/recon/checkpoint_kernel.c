/* A fingerprint sees every bit, every exchange of rows, and not how rows are shared out. */
#include "mpi_test.h"
#include "recon/kernel/fingerprint.h"

enum { ROWS = 5, COUNT = 37 };

static uint64_t Whole(float value[ROWS][COUNT])
{
  uint64_t all = 0;

  for (int r = ROWS - 1; r >= 0; r--) all ^= AetFingerprint(COUNT, value[r], (uint64_t)r);
  return all;
}

static void Fill(float value[ROWS][COUNT])
{
  for (int i = 0; i < ROWS * COUNT; i++) value[i / COUNT][i % COUNT] = (float)AetRandomNormal(1, 0, (uint64_t)i);
}

static void TestEveryBit(void)
{
  float    value[ROWS][COUNT];
  uint64_t before;
  int      unseen = 0;

  Fill(value);
  before = Whole(value);
  for (int i = 0; i < ROWS * COUNT; i++)
    for (int b = 0; b < 32; b++) {
      float   *place = &value[i / COUNT][i % COUNT], kept = *place;
      uint32_t bits;
      memcpy(&bits, place, sizeof bits);
      bits ^= (uint32_t)1 << b;
      memcpy(place, &bits, sizeof bits);
      unseen += Whole(value) == before;
      *place = kept;
    }
  AET_TEST(unseen == 0);
  AET_TEST(Whole(value) == before);
}

static void TestExchange(void)
{
  float    value[ROWS][COUNT], row[COUNT], one;
  uint64_t before;

  Fill(value);
  before = Whole(value);
  memcpy(row, value[1], sizeof row);
  memcpy(value[1], value[3], sizeof row);
  memcpy(value[3], row, sizeof row);
  AET_TEST(Whole(value) != before);
  Fill(value);
  one = value[2][0], value[2][0] = value[2][8], value[2][8] = one; /* neighbours in a lane */
  AET_TEST(Whole(value) != before);
  Fill(value);
  one = value[2][0], value[2][0] = value[2][1], value[2][1] = one; /* of two lanes */
  AET_TEST(Whole(value) != before);
}

/* Zero and minus zero differ, and so do volumes of nothing but zeros of different sizes. */
static void TestZeros(void)
{
  const float zero[16] = {0}, minus[16] = {-0.0f};

  AET_TEST(AetFingerprint(16, zero, 0) != AetFingerprint(16, minus, 0));
  AET_TEST(AetFingerprint(16, zero, 0) != AetFingerprint(15, zero, 0));
  AET_TEST(AetFingerprint(16, zero, 0) != AetFingerprint(16, zero, 1));
}

AET_TEST_MAIN("recon: fingerprints of checkpoints", {"every bit is seen", TestEveryBit}, {"exchanges are seen", TestExchange},
              {"zeros", TestZeros})
