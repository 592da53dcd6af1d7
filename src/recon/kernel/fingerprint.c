/* A fingerprint of numbers, bit by bit: words taken in by exclusive or and an odd multiplier, in lanes that do not wait for each other; the
   lanes are mixed at the end (the finaliser of splitmix64: Steele, Lea and Flood, OOPSLA 2014). */
#include "recon/kernel/fingerprint.h"
#include <string.h>

#define LANES 8

static uint64_t Mix(uint64_t word)
{
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

static uint64_t TakeIn(uint64_t lane, uint32_t bits)
{
  lane = (lane ^ bits) * 0x9e3779b97f4a7c15u; /* odd: no two words give the same lane */
  return lane ^ (lane >> 32);
}

uint64_t AetFingerprint(size_t count, const float *value, uint64_t index)
{
  uint64_t lane[LANES], print = Mix(index + 0x9e3779b97f4a7c15u);
  uint32_t bits[LANES];
  size_t   i = 0;

  for (int l = 0; l < LANES; l++) lane[l] = Mix(print + (uint64_t)l);
  for (; i + LANES <= count; i += LANES) {
    memcpy(bits, value + i, sizeof bits);
    for (int l = 0; l < LANES; l++) lane[l] = TakeIn(lane[l], bits[l]);
  }
  for (int l = 0; i < count; i++, l++) {
    memcpy(bits, value + i, sizeof bits[0]);
    lane[l] = TakeIn(lane[l], bits[0]);
  }
  for (int l = 0; l < LANES; l++) print = Mix(print ^ lane[l]);
  return print;
}
