/* The header of MRC files: MRC2014, and the older ones of microscopes and IMOD. */
#include "io/kernel/mrc_header.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define IMOD_STAMP 1146047817

static int32_t Word(const unsigned char *bytes, int offset, int swap)
{
  int32_t value;

  memcpy(&value, bytes + offset, 4);
  if (swap) AetSwapBytes(4, 1, &value);
  return value;
}

static float Real(const unsigned char *bytes, int offset, int swap)
{
  const int32_t word = Word(bytes, offset, swap);
  float         value;

  memcpy(&value, &word, 4);
  return value;
}

static int Plausible(const unsigned char *bytes, int swap)
{
  const int32_t mode = Word(bytes, 12, swap), extended = Word(bytes, 92, swap);

  for (int a = 0; a < 3; a++)
    if (Word(bytes, 4 * a, swap) < 1) return 0;
  for (int a = 0; a < 3; a++)
    if (Word(bytes, 64 + 4 * a, swap) < 0 || Word(bytes, 64 + 4 * a, swap) > 3) return 0;
  return extended >= 0 && (mode == 0 || mode == 1 || mode == 2 || mode == 3 || mode == 4 || mode == 6 || mode == 12 || mode == 101);
}

static AetScalar TypeOfMode(int mode, const unsigned char *bytes, int swap)
{
  switch (mode) {
  case 0: /* IMOD wrote bytes without sign until it had a flag that says otherwise */
    return Word(bytes, 152, swap) == IMOD_STAMP && !(Word(bytes, 156, swap) & 1) ? AET_SCALAR_U8 : AET_SCALAR_I8;
  case 1:
    return AET_SCALAR_I16;
  case 2:
    return AET_SCALAR_F32;
  case 6:
    return AET_SCALAR_U16;
  case 12:
    return AET_SCALAR_F16;
  default:
    return AET_SCALAR_NONE;
  }
}

int AetMrcParse(const unsigned char *bytes, AetMrcHeader *header)
{
  const int32_t mx = Plausible(bytes, 0) ? Word(bytes, 28, 0) : Word(bytes, 28, 1);
  double        pixel;

  memset(header, 0, sizeof *header);
  if (!Plausible(bytes, 0)) {
    if (!Plausible(bytes, 1)) return 1;
    header->swap = 1;
  }
  for (int a = 0; a < 3; a++) {
    header->n[a] = Word(bytes, 4 * a, header->swap);
    header->axes[a] = Word(bytes, 64 + 4 * a, header->swap);
  }
  header->mode = Word(bytes, 12, header->swap);
  header->extended = Word(bytes, 92, header->swap);
  header->type = TypeOfMode(header->mode, bytes, header->swap);
  header->complex_data = header->mode == 3 || header->mode == 4;
  pixel = mx > 0 ? (double)Real(bytes, 40, header->swap) / mx : 0;
  /* programs that know no pixel size write 1 */
  header->pixel_angstrom = isfinite(pixel) && pixel > 0 && pixel != 1 ? pixel : 0;
  return 0;
}

static void SetWord(unsigned char *bytes, int offset, int32_t value)
{
  memcpy(bytes + offset, &value, 4);
}

static void SetReal(unsigned char *bytes, int offset, double value)
{
  const float real = (float)value;

  memcpy(bytes + offset, &real, 4);
}

void AetMrcMake(const long n[3], double pixel_angstrom, int stack, double least, double most, double mean, double deviation,
                unsigned char bytes[AET_MRC_HEADER])
{
  const unsigned one = 1;
  const int      little = *(const unsigned char *)&one;

  memset(bytes, 0, AET_MRC_HEADER);
  for (int a = 0; a < 3; a++) {
    SetWord(bytes, 4 * a, (int32_t)n[a]);
    SetWord(bytes, 28 + 4 * a, (int32_t)n[a]);
    SetReal(bytes, 40 + 4 * a, (double)n[a] * pixel_angstrom);
    SetReal(bytes, 52 + 4 * a, 90);
    SetWord(bytes, 64 + 4 * a, a + 1);
  }
  SetWord(bytes, 12, 2);
  SetReal(bytes, 76, least);
  SetReal(bytes, 80, most);
  SetReal(bytes, 84, mean);
  SetWord(bytes, 88, stack ? 0 : 1); /* space group: a stack of images, or one volume */
  SetWord(bytes, 108, 20140);
  memcpy(bytes + 208, "MAP ", 4);
  bytes[212] = bytes[213] = little ? 0x44 : 0x11;
  SetReal(bytes, 216, deviation);
  SetWord(bytes, 220, 1);
  snprintf((char *)bytes + 224, 80, "aet4d: %s", stack ? "tilt series" : "volume");
}
