/* Scattering factors against other people's numbers and against the nuclear limit. */
#include "mpi_test.h"
#include <aet4d/units.h>

static void Forward(void)
{
  /* at q = 0, the five Gaussians of Peng et al., Acta Cryst. A52 (1996) 257: another fit to other atoms' wave functions */
  static const struct {
    const char *symbol;
    double      f0;
  } known[] = {{"H", 0.529}, {"C", 2.509}, {"Si", 5.818}, {"Fe", 7.161}, {"Cu", 5.588}, {"Mo", 10.255}, {"Au", 10.563}, {"U", 19.10}};

  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    AET_TEST_CLOSE(AetElectronScatteringFactor(AetAtomicNumber(known[i].symbol), 0) / known[i].f0, 1, 0.01);
}

/* Far out the nucleus alone scatters: f q² = Z / (2π² a0). */
static void Nuclear(void)
{
  const double bohr = 0.529177, q = 40;

  for (int Z = 1; Z <= 103; Z++) AET_TEST_CLOSE(AetElectronScatteringFactor(Z, q) * q * q * 2 * M_PI * M_PI * bohr / Z, 1, 0.1);
}

static void Falls(void)
{
  int rises = 0;

  for (int Z = 1; Z <= 103; Z++)
    for (int k = 1; k < 120; k++) rises += !(AetElectronScatteringFactor(Z, 0.05 * k) < AetElectronScatteringFactor(Z, 0.05 * (k - 1)));
  AET_TEST(rises == 0);
  AET_TEST(AetElectronScatteringFactor(0, 1) == 0 && AetElectronScatteringFactor(104, 1) == 0);
}

AET_TEST_MAIN("scattering factors", {"forward", Forward}, {"nuclear limit", Nuclear}, {"they fall", Falls})
