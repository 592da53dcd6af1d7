/* libtiff without its messages on the terminal. */
#ifndef AET_IO_TIFF_PRIVATE_H
#define AET_IO_TIFF_PRIVATE_H

#include <aet4d/base.h>
#include <tiffio.h>

/* Between the two, libtiff keeps its last error for AetTiffWhy instead of printing it. */
void        AetTiffQuiet(void);
void        AetTiffLoud(void);
const char *AetTiffWhy(void);

#endif
