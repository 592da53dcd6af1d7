/* Numbers of any type as float or double. */
#include "io/kernel/convert.h"
#include <math.h>
#include <stdint.h>
#include <string.h>

static const struct {
  size_t      size;
  const char *name;
} aet_scalars[] = {{0, "other"},  {1, "int8"},  {1, "uint8"},  {2, "int16"},   {2, "uint16"},  {4, "int32"},
                   {4, "uint32"}, {8, "int64"}, {8, "uint64"}, {2, "float16"}, {4, "float32"}, {8, "float64"}};

size_t AetScalarSize(AetScalar type)
{
  return aet_scalars[type].size;
}

const char *AetScalarName(AetScalar type)
{
  return aet_scalars[type].name;
}

float AetHalfToFloat(unsigned short half)
{
  const int   exponent = (half >> 10) & 31, fraction = half & 1023;
  const float sign = half & 0x8000 ? -1.0f : 1.0f;

  if (exponent == 0) return sign * ldexpf((float)fraction, -24);
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  return sign * ldexpf((float)(fraction + 1024), exponent - 25);
}

void AetSwapBytes(size_t size, size_t count, void *data)
{
  unsigned char *bytes = data;

  for (size_t i = 0; size > 1 && i < count; i++, bytes += size)
    for (size_t a = 0, b = size - 1; a < b; a++, b--) {
      const unsigned char keep = bytes[a];
      bytes[a] = bytes[b];
      bytes[b] = keep;
    }
}

/* memcpy, because files align nothing */
#define CONVERT(SourceType, Target) \
  for (size_t i = 0; i < count; i++) { \
    SourceType value; \
    memcpy(&value, bytes + i * sizeof value, sizeof value); \
    out[i] = (Target)value; \
  }
#define CONVERT_ALL(Target) \
  switch (type) { \
  case AET_SCALAR_I8: \
    CONVERT(int8_t, Target) break; \
  case AET_SCALAR_U8: \
    CONVERT(uint8_t, Target) break; \
  case AET_SCALAR_I16: \
    CONVERT(int16_t, Target) break; \
  case AET_SCALAR_U16: \
    CONVERT(uint16_t, Target) break; \
  case AET_SCALAR_I32: \
    CONVERT(int32_t, Target) break; \
  case AET_SCALAR_U32: \
    CONVERT(uint32_t, Target) break; \
  case AET_SCALAR_I64: \
    CONVERT(int64_t, Target) break; \
  case AET_SCALAR_U64: \
    CONVERT(uint64_t, Target) break; \
  case AET_SCALAR_F32: \
    CONVERT(float, Target) break; \
  case AET_SCALAR_F64: \
    CONVERT(double, Target) break; \
  case AET_SCALAR_F16: \
    for (size_t i = 0; i < count; i++) { \
      uint16_t half; \
      memcpy(&half, bytes + 2 * i, 2); \
      out[i] = (Target)AetHalfToFloat(half); \
    } \
    break; \
  case AET_SCALAR_NONE: \
    break; \
  }

void AetConvertToFloat(AetScalar type, size_t count, const void *raw, float *out)
{
  const unsigned char *bytes = raw;

  CONVERT_ALL(float)
}

void AetConvertToDouble(AetScalar type, size_t count, const void *raw, double *out)
{
  const unsigned char *bytes = raw;

  CONVERT_ALL(double)
}
