#ifndef AET_IO_KERNEL_CONVERT_H
#define AET_IO_KERNEL_CONVERT_H

#include <stddef.h>

/* The kinds of number that files hold. */
typedef enum {
  AET_SCALAR_NONE,
  AET_SCALAR_I8,
  AET_SCALAR_U8,
  AET_SCALAR_I16,
  AET_SCALAR_U16,
  AET_SCALAR_I32,
  AET_SCALAR_U32,
  AET_SCALAR_I64,
  AET_SCALAR_U64,
  AET_SCALAR_F16,
  AET_SCALAR_F32,
  AET_SCALAR_F64
} AetScalar;

size_t      AetScalarSize(AetScalar type);
const char *AetScalarName(AetScalar type); /* "float32", "uint8", … */
/* The value of an IEEE half. */
float AetHalfToFloat(unsigned short half);
/* Reverses the bytes of `count` elements of `size` bytes in place. */
void AetSwapBytes(size_t size, size_t count, void *data);
/* Native-endian numbers of `type`, at any alignment, as float or double. */
void AetConvertToFloat(AetScalar type, size_t count, const void *raw, float *out);
void AetConvertToDouble(AetScalar type, size_t count, const void *raw, double *out);

#endif
