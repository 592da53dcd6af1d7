/* A dot font. Plain C. */
#ifndef AET_APP_FONT_H
#define AET_APP_FONT_H

/* Five columns of seven dots (bit 0 on top) of a letter, a digit, `.` or `-`; NULL for other characters. */
const unsigned char *AetKernelGlyph(char character);

#endif
