/* Sixteen real lines travel as eight complex ones: real parts lines 0 … 7, imaginary parts lines 8 … 15. Their spectra come apart by the
   Hermitian symmetry of each. */
#include "dist/kernel/tile.h"

void AetRealSplitApart(const AetLane *Z, ptrdiff_t N, int lines, AetLane *half, ptrdiff_t block_pitch, AetLane *last)
{
  for (ptrdiff_t k0 = 0; k0 <= N / 2; k0 += AET_LANES) {
    AetLane  part[4][AET_LANES] = {0}; /* real and imaginary of lines 0 … 7, then of 8 … 15; [k][line] */
    AetLane *to = last && k0 + AET_LANES > N / 2 ? last : half + k0 / AET_LANES * block_pitch * 2;
    for (int i = 0; i < AET_LANES && k0 + i <= N / 2; i++) {
      const ptrdiff_t k = k0 + i, mirror = k ? N - k : 0;
      const AetLane   re = Z[2 * k], im = Z[2 * k + 1], mre = Z[2 * mirror], mim = Z[2 * mirror + 1];
      part[0][i] = 0.5f * (re + mre), part[1][i] = 0.5f * (im - mim);
      part[2][i] = 0.5f * (im + mim), part[3][i] = 0.5f * (mre - re);
    }
    for (int p = 0; p < 4; p++) AetTileTranspose(part[p]);
    for (int l = 0; l < lines; l++) {
      to[2 * l] = part[l / AET_LANES * 2][l % AET_LANES];
      to[2 * l + 1] = part[l / AET_LANES * 2 + 1][l % AET_LANES];
    }
  }
}

void AetRealJoinApart(const AetLane *half, ptrdiff_t block_pitch, const AetLane *last, ptrdiff_t N, int lines, AetLane *Z)
{
  for (ptrdiff_t k0 = 0; k0 <= N / 2; k0 += AET_LANES) {
    AetLane        part[4][AET_LANES] = {0};
    const AetLane *from = last && k0 + AET_LANES > N / 2 ? last : half + k0 / AET_LANES * block_pitch * 2;
    for (int l = 0; l < lines; l++) {
      part[l / AET_LANES * 2][l % AET_LANES] = from[2 * l];
      part[l / AET_LANES * 2 + 1][l % AET_LANES] = from[2 * l + 1];
    }
    for (int p = 0; p < 4; p++) AetTileTranspose(part[p]);
    for (int i = 0; i < AET_LANES && k0 + i <= N / 2; i++) {
      const ptrdiff_t k = k0 + i, mirror = k ? N - k : 0;
      if (k == mirror) { /* its own mirror: only the real part of a real line's spectrum counts */
        Z[2 * k] = part[0][i], Z[2 * k + 1] = part[2][i];
      } else {
        Z[2 * k] = part[0][i] - part[3][i], Z[2 * k + 1] = part[1][i] + part[2][i];
        Z[2 * mirror] = part[0][i] + part[3][i], Z[2 * mirror + 1] = part[2][i] - part[1][i];
      }
    }
  }
}

void AetRealSplit(const AetLane *Z, ptrdiff_t N, int lines, AetLane *half, ptrdiff_t block_pitch)
{
  AetRealSplitApart(Z, N, lines, half, block_pitch, NULL);
}

void AetRealJoin(const AetLane *half, ptrdiff_t block_pitch, ptrdiff_t N, int lines, AetLane *Z)
{
  AetRealJoinApart(half, block_pitch, NULL, N, lines, Z);
}
