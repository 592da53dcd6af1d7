/* The threshold of half a bit and the crossing of curves. */
#include "mpi_test.h"
#include "recon/kernel/resolution.h"

/* A shell of n coefficients of signal-to-noise ratio S carries log2(1 + S) bits each: half a bit is S = 0.4142 in the whole volume, 0.2071
   in each half, and a correlation (S + 2 √(S/n) + 1/√n) / (1 + S + 2 √(S/n)) with what chance adds. */
static void TestHalfBit(void)
{
  const double S = (sqrt(2) - 1) / 2;

  for (double n = 1; n < 1e6; n *= 3) {
    double chance = 2 * sqrt(S / n);
    AET_TEST_CLOSE(aet_half_bit(n), (S + chance + 1 / sqrt(n)) / (1 + S + chance), 2e-4);
  }
  AET_TEST_CLOSE(aet_half_bit(1e12), S / (1 + S), 1e-4); /* 0.1716 */
  AET_TEST(aet_half_bit(0.25) > 1);                      /* too few coefficients tell nothing */
}

static void TestCrossing(void)
{
  const double half[6] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, curve[6] = {1, 0.9, 0.8, 0.4, 0.9, 0.1}, noise[6] = {1, 0.2, 0.9, 0.9, 0.9, 0.9},
               whole[6] = {1, 1, 0.9, 0.8, 0.7, 0.5}, mean[6] = {0, 0.9, 0.9, 0.9, 0.9, 0.3}, rising[6] = {2, 0.7, 0.7, 0.5, 0.5, 0.5};

  AET_TEST_CLOSE(aet_first_crossing(6, curve, half), 2.75, 1e-12); /* the first of two */
  AET_TEST_CLOSE(aet_first_crossing(6, noise, half), 1, 0);
  AET_TEST_CLOSE(aet_first_crossing(6, whole, half), 5, 0); /* never below: the last shell */
  AET_TEST_CLOSE(aet_first_crossing(6, mean, half), 4 + 4.0 / 6, 1e-12);
  /* curve - threshold is 0.1 at shell 2 and -0.1 at shell 3 */
  AET_TEST_CLOSE(aet_first_crossing(6, curve, rising), 2.5, 1e-12);
}

AET_TEST_MAIN("resolution kernel", {"half bit", TestHalfBit}, {"crossing", TestCrossing})
