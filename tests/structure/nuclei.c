/* Nuclei of an order parameter that was made up, with the answer known. */
#include "structure_test.h"

enum { SIDE = 16, SITES = SIDE * SIDE * SIDE };
static double site[3 * SITES], value[SITES];

static double Distance(const double *a, const double *b)
{
  return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) + (a[2] - b[2]) * (a[2] - b[2]));
}

/* A simple cubic lattice of 2.5 Å, order falling with the distance from two centres, and a lone site in a corner. */
static const int peaks[3] = {(4 * SIDE + 4) * SIDE + 4, (10 * SIDE + 11) * SIDE + 10, SITES - 1};

static void Field(void)
{
  for (int i = 0; i < SITES; i++) {
    double far = 1e9;
    site[3 * i] = 2.5 * (i % SIDE), site[3 * i + 1] = 2.5 * (i / SIDE % SIDE), site[3 * i + 2] = 2.5 * (i / SIDE / SIDE);
    for (int k = 0; k < 2; k++) {
      const int    p = peaks[k];
      const double centre[3] = {2.5 * (p % SIDE), 2.5 * (p / SIDE % SIDE), 2.5 * (p / SIDE / SIDE)};
      far = fmin(far, Distance(site + 3 * i, centre));
    }
    value[i] = fmax(1 - 0.05 * far, 0.05);
  }
  value[peaks[2]] = 0.7;
}

/* Above 0.5: the sites within 10 Å of a centre. */
static void TestTwo(void)
{
  AetNucleiSettings settings;
  AetNuclei         nuclei;
  AetAtoms          atoms;
  int               wrong = 0, inside = 0;

  Field();
  atoms = TestAtoms(SITES, site);
  AetNucleiDefaults(&settings);
  AET_TEST_CALL(AetNucleiCreate(atoms, value, NULL, &settings, &nuclei));
  AET_TEST(nuclei->total == SITES && nuclei->count == 2 && nuclei->dropped == 1);
  for (int k = 0; k < 2; k++) {
    AET_TEST(nuclei->peak[k] == peaks[k] && nuclei->core_sites[k] == 1 && nuclei->max_order[k] == 1);
    AET_TEST_CLOSE(Distance(nuclei->centre + 3 * k, site + 3 * peaks[k]), 0, 1e-12);
  }
  for (int i = 0; i < SITES; i++) {
    int expected = -1;
    for (int k = 0; k < 2; k++)
      if (Distance(site + 3 * i, site + 3 * peaks[k]) < 10.0001) expected = k;
    inside += expected == 0;
    wrong += nuclei->label[i] != expected || nuclei->core[i] != (i == peaks[0] || i == peaks[1]);
  }
  AET_TEST(wrong == 0 && nuclei->sites[0] == inside && nuclei->sites[1] == inside);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  settings.core_fraction = 0.126; /* the first shell, 2.5 Å away, has 0.875 */
  settings.min_sites = 1;
  AET_TEST_CALL(AetNucleiCreate(atoms, value, NULL, &settings, &nuclei));
  AET_TEST(nuclei->count == 3 && nuclei->dropped == 0 && nuclei->core_sites[0] == 7 && nuclei->sites[2] == 1);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

/* The same order everywhere: one nucleus where all can be reached through ever lower indices, of all sites. */
static void TestPlateau(void)
{
  AetNucleiSettings settings;
  AetNuclei         nuclei;
  AetAtoms          atoms;

  Field();
  for (int i = 0; i < SITES; i++) value[i] = 0.8;
  atoms = TestAtoms(SITES, site);
  AetNucleiDefaults(&settings);
  AET_TEST_CALL(AetNucleiCreate(atoms, value, NULL, &settings, &nuclei));
  AET_TEST(nuclei->count == 1 && nuclei->peak[0] == 0 && nuclei->sites[0] == SITES && nuclei->core_sites[0] == SITES);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  settings.threshold = 0.9;
  AET_TEST_CALL(AetNucleiCreate(atoms, value, NULL, &settings, &nuclei));
  AET_TEST(nuclei->count == 0 && nuclei->dropped == 0 && nuclei->label[7] == -1);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  atoms = TestAtoms(0, site);
  AET_TEST_CALL(AetNucleiCreate(atoms, value, NULL, &settings, &nuclei));
  AET_TEST(nuclei->total == 0 && nuclei->count == 0);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

/* One maximum, cut in two by the group of its sites: the second group has a nucleus of its own. */
static void TestGroups(void)
{
  static int        group[SITES];
  AetNucleiSettings settings;
  AetNuclei         nuclei;
  AetAtoms          atoms;
  int               wrong = 0, peak = peaks[0] - 2; /* two sites aside, where the second group begins */

  Field();
  atoms = TestAtoms(SITES, site);
  for (int i = 0; i < SITES; i++) group[i] = i % SIDE <= 2 ? 5 : -1;
  AetNucleiDefaults(&settings);
  AET_TEST_CALL(AetNucleiCreate(atoms, value, group, &settings, &nuclei));
  AET_TEST(nuclei->count == 3 && nuclei->peak[0] == peak && nuclei->peak[1] == peaks[0]);
  for (int i = 0; i < SITES; i++)
    if (nuclei->label[i] >= 0) wrong += group[i] != group[nuclei->peak[nuclei->label[i]]];
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetNucleiDestroy(&nuclei));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void TestBad(void)
{
  AetNucleiSettings good, bad;
  AetNuclei         nuclei;
  AetAtoms          atoms;

  Field();
  atoms = TestAtoms(SITES, site);
  AetNucleiDefaults(&good);
  bad = good, bad.radius_angstrom = 0;
  TestRefused(AetNucleiCreate(atoms, value, NULL, &bad, &nuclei), AET_ERR_INPUT, "radius");
  bad = good, bad.min_sites = 0;
  TestRefused(AetNucleiCreate(atoms, value, NULL, &bad, &nuclei), AET_ERR_INPUT, "sites");
  bad = good, bad.core_fraction = 2;
  TestRefused(AetNucleiCreate(atoms, value, NULL, &bad, &nuclei), AET_ERR_INPUT, "core");
  bad = good, bad.threshold = NAN;
  TestRefused(AetNucleiCreate(atoms, value, NULL, &bad, &nuclei), AET_ERR_INPUT, "threshold");
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

AET_TEST_MAIN("nuclei", {"two and a lone site", TestTwo}, {"plateau", TestPlateau}, {"groups", TestGroups}, {"bad input", TestBad})
