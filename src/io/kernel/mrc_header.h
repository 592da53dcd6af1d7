#ifndef AET_IO_KERNEL_MRC_HEADER_H
#define AET_IO_KERNEL_MRC_HEADER_H

#include "io/kernel/convert.h"

#define AET_MRC_HEADER 1024

/* What the 1024 bytes of an MRC header say (MRC2014: Cheng et al., J. Struct. Biol. 192, 146 (2015)). */
typedef struct {
  int       swap; /* the numbers have the other byte order */
  long      n[3]; /* x, y, z: sizes, x fastest */
  int       mode;
  long      extended;       /* bytes between header and data */
  int       axes[3];        /* which of x, y, z = 1, 2, 3 are columns, rows, sections */
  double    pixel_angstrom; /* along x; 0 where it says nothing */
  AetScalar type;           /* AET_SCALAR_NONE for complex and packed modes */
  int       complex_data;
} AetMrcHeader;

/* Reads a header of at least 256 bytes. Returns 0 if it can be one of an MRC file. */
int AetMrcParse(const unsigned char *bytes, AetMrcHeader *header);
/* Makes a header of mode 2 in native byte order. */
void AetMrcMake(const long n[3], double pixel_angstrom, int stack, double least, double most, double mean, double deviation,
                unsigned char bytes[AET_MRC_HEADER]);

#endif
