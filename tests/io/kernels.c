/* The arithmetic of io, serial: numbers of every type, byte orders, the MRC header. */
#include "io/kernel/convert.h"
#include "io/kernel/mrc_header.h"
#include "mpi_test.h"
#include <stdint.h>

static void TestExtremes(void)
{
  const int8_t   i8[2] = {INT8_MIN, INT8_MAX};
  const uint8_t  u8 = UINT8_MAX;
  const int16_t  i16 = INT16_MIN;
  const uint16_t u16 = UINT16_MAX;
  const int32_t  i32 = INT32_MIN;
  const uint32_t u32 = UINT32_MAX;
  const int64_t  i64 = INT64_MIN;
  const uint64_t u64 = UINT64_MAX;
  const struct {
    AetScalar   type;
    const void *raw;
    double      value;
  } cases[] = {{AET_SCALAR_I8, i8, -128},       {AET_SCALAR_U8, &u8, 255},       {AET_SCALAR_I16, &i16, -32768},
               {AET_SCALAR_U16, &u16, 65535},   {AET_SCALAR_I32, &i32, -0x1p31}, {AET_SCALAR_U32, &u32, 4294967295.0},
               {AET_SCALAR_I64, &i64, -0x1p63}, {AET_SCALAR_U64, &u64, 0x1p64}};

  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    double value;
    float  single;
    AetConvertToDouble(cases[c].type, 1, cases[c].raw, &value);
    AetConvertToFloat(cases[c].type, 1, cases[c].raw, &single);
    AET_TEST(value == cases[c].value && single == (float)cases[c].value);
  }
}

static void TestUnaligned(void)
{
  unsigned char bytes[32];
  const double  given[3] = {1.5, -2.25, 1e300};
  double        taken[3];

  memcpy(bytes + 1, given, sizeof given);
  AetConvertToDouble(AET_SCALAR_F64, 3, bytes + 1, taken);
  AET_TEST(!memcmp(given, taken, sizeof given));
}

static void TestSwap(void)
{
  unsigned char bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  const size_t  sizes[4] = {1, 2, 4, 8};

  AetSwapBytes(4, 2, bytes);
  AET_TEST(bytes[0] == 4 && bytes[3] == 1 && bytes[4] == 8 && bytes[7] == 5);
  AetSwapBytes(4, 2, bytes);
  for (int s = 0; s < 4; s++) { /* twice is nothing */
    AetSwapBytes(sizes[s], 8 / sizes[s], bytes);
    AetSwapBytes(sizes[s], 8 / sizes[s], bytes);
  }
  for (int i = 0; i < 8; i++) AET_TEST(bytes[i] == i + 1);
}

/* Every half that is a number: against the definition, sign · fraction · 2^exponent. */
static void TestHalves(void)
{
  int wrong = 0;

  for (unsigned h = 0; h < 0x7c00; h++) {
    const double fraction = (h & 1023) / 1024.0, value = h >> 10 ? ldexp(1 + fraction, (int)(h >> 10) - 15) : ldexp(fraction, -14);
    wrong += AetHalfToFloat((unsigned short)h) != (float)value || AetHalfToFloat((unsigned short)(h | 0x8000)) != (float)-value;
  }
  AET_TEST(wrong == 0);
}

static void TestMrcHeader(void)
{
  const long    n[3] = {7, 5, 3};
  unsigned char bytes[AET_MRC_HEADER];
  AetMrcHeader  header;

  AetMrcMake(n, 0.3216, 1, -1, 2, 0.5, 0.25, bytes);
  AET_TEST(AetMrcParse(bytes, &header) == 0);
  AET_TEST(header.n[0] == 7 && header.n[1] == 5 && header.n[2] == 3 && header.mode == 2 && header.type == AET_SCALAR_F32 && !header.swap);
  AET_TEST(header.extended == 0 && header.axes[0] == 1 && header.axes[2] == 3);
  AET_TEST_CLOSE(header.pixel_angstrom, 0.3216, 1e-7);
  AET_TEST(!memcmp(bytes + 208, "MAP ", 4)); /* where MRC2014 has it */
  for (int at = 0; at < 224; at += 4)
    if (at < 208 || at > 212) AetSwapBytes(4, 1, bytes + at);
  AET_TEST(AetMrcParse(bytes, &header) == 0 && header.swap && header.n[0] == 7 && header.mode == 2);
  AET_TEST_CLOSE(header.pixel_angstrom, 0.3216, 1e-7);
  memset(bytes, 0xff, sizeof bytes);
  AET_TEST(AetMrcParse(bytes, &header) != 0);
  /* 1 Å is what programs write that know nothing */
  AetMrcMake(n, 1, 0, 0, 1, 0, 0, bytes);
  AET_TEST(AetMrcParse(bytes, &header) == 0 && header.pixel_angstrom == 0);
}

AET_TEST_MAIN("io kernels", {"extremes", TestExtremes}, {"unaligned", TestUnaligned}, {"byte order", TestSwap}, {"halves", TestHalves},
              {"MRC header", TestMrcHeader})
