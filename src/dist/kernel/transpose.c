/* Between rows of lanes and arrays with one line after the other, in tiles of 8 × 8. */
#include "dist/kernel/tile.h"
#include <string.h>

static inline __attribute__((always_inline)) AetLane Load(const float *from)
{
  AetLane v;

  memcpy(&v, from, sizeof v);
  return v;
}

static inline __attribute__((always_inline)) void Store(float *to, const AetLane *v)
{
  memcpy(to, v, sizeof *v);
}

void AetRowsToColumns(const AetLane *rows, ptrdiff_t count, int lanes, float complex *columns, ptrdiff_t pitch)
{
  ptrdiff_t k = 0;

  if (lanes == AET_LANES)
    for (; k + 8 <= count; k += 8) {
      AetLane re[8], im[8];
      for (int i = 0; i < 8; i++) re[i] = rows[2 * (k + i)], im[i] = rows[2 * (k + i) + 1];
      AetTileTranspose(re);
      AetTileTranspose(im);
      for (int l = 0; l < 8; l++) {
        float        *to = (float *)(columns + l * pitch + k);
        const AetLane low = __builtin_shufflevector(re[l], im[l], 0, 8, 1, 9, 2, 10, 3, 11);
        const AetLane high = __builtin_shufflevector(re[l], im[l], 4, 12, 5, 13, 6, 14, 7, 15);
        Store(to, &low);
        Store(to + 8, &high);
      }
    }
  for (; k < count; k++)
    for (int l = 0; l < lanes; l++) {
      float *to = (float *)(columns + l * pitch + k);
      to[0] = rows[2 * k][l], to[1] = rows[2 * k + 1][l];
    }
}

void AetColumnsToRows(const float complex *columns, ptrdiff_t pitch, ptrdiff_t count, int lanes, AetLane *rows)
{
  ptrdiff_t k = 0;

  if (lanes == AET_LANES)
    for (; k + 8 <= count; k += 8) {
      AetLane re[8], im[8];
      for (int l = 0; l < 8; l++) {
        const float  *from = (const float *)(columns + l * pitch + k);
        const AetLane a = Load(from), b = Load(from + 8);
        re[l] = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
        im[l] = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
      }
      AetTileTranspose(re);
      AetTileTranspose(im);
      for (int i = 0; i < 8; i++) rows[2 * (k + i)] = re[i], rows[2 * (k + i) + 1] = im[i];
    }
  for (; k < count; k++) {
    AetLane re = {0}, im = {0};
    for (int l = 0; l < lanes; l++) {
      const float *from = (const float *)(columns + l * pitch + k);
      re[l] = from[0], im[l] = from[1];
    }
    rows[2 * k] = re, rows[2 * k + 1] = im;
  }
}

void AetLinesToRows(const float *lines_in, ptrdiff_t pitch, ptrdiff_t count, int lines, AetLane *rows)
{
  for (int part = 0; part < 2; part++) {
    const float *from = lines_in + part * AET_LANES * pitch;
    const int    some = lines - part * AET_LANES;
    ptrdiff_t    x = 0;
    if (some >= AET_LANES)
      for (; x + 8 <= count; x += 8) {
        AetLane v[8];
        for (int l = 0; l < 8; l++) v[l] = Load(from + l * pitch + x);
        AetTileTranspose(v);
        for (int i = 0; i < 8; i++) rows[2 * (x + i) + part] = v[i];
      }
    for (; x < count; x++) {
      AetLane v = {0};
      for (int l = 0; l < some && l < AET_LANES; l++) v[l] = from[l * pitch + x];
      rows[2 * x + part] = v;
    }
  }
}

void AetRowsToLines(const AetLane *rows, ptrdiff_t count, int lines, float scale, float *lines_out, ptrdiff_t pitch)
{
  for (int part = 0; part < 2; part++) {
    float    *to = lines_out + part * AET_LANES * pitch;
    const int some = lines - part * AET_LANES;
    ptrdiff_t x = 0;
    if (some >= AET_LANES)
      for (; x + 8 <= count; x += 8) {
        AetLane v[8];
        for (int i = 0; i < 8; i++) v[i] = rows[2 * (x + i) + part] * scale;
        AetTileTranspose(v);
        for (int l = 0; l < 8; l++) Store(to + l * pitch + x, &v[l]);
      }
    for (; x < count; x++) {
      const AetLane v = rows[2 * x + part] * scale;
      for (int l = 0; l < some && l < AET_LANES; l++) to[l * pitch + x] = v[l];
    }
  }
}
