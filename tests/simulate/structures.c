/* Facts about lattices, shapes, clusters, composition, order, packing. */
#include "simulate/kernel/particle.h"
#include "specimen_test.h"

/* Numbers and distances of the first and second neighbours of every atom in the middle, and atoms per volume. */
static void TestLattices(void)
{
  const struct {
    const char *options;
    double      a, first, second, per_cube;
    int         first_count, second_count;
  } lattices[] = {
      {"structure fcc lattice_angstrom 4.0", 4.0, sqrt(0.5), 1, 4, 12, 6},
      {"structure bcc lattice_angstrom 3.2", 3.2, sqrt(0.75), 1, 2, 8, 6},
      {"structure hcp lattice_angstrom 2.5", 2.5, 1, sqrt(2), sqrt(2), 12, 6},
      {"structure diamond lattice_angstrom 5.4", 5.4, sqrt(3) / 4, sqrt(0.5), 8, 4, 12},
  };

  for (size_t l = 0; l < sizeof lattices / sizeof *lattices; l++) {
    char        list[256];
    AetSpecimen s;
    int         core = 0, wrong = 0;

    snprintf(list, sizeof list, "shape sphere diameter_angstrom 32 %s", lattices[l].options);
    s = Make(list);
    AET_TEST_CLOSE((double)s.count, M_PI / 6 * pow(32 / lattices[l].a, 3) * lattices[l].per_cube, 0.06 * (double)s.count);
    for (PetscInt i = 0; i < s.count; i++) {
      if (Radius(s.position + 3 * i) > 8) continue;
      core++;
      wrong += CountAt(&s, i, lattices[l].a * lattices[l].first) != lattices[l].first_count;
      wrong += CountAt(&s, i, lattices[l].a * lattices[l].second) != lattices[l].second_count;
    }
    AET_TEST(core > 40 && wrong == 0);
    AetSpecimenDestroy(&s);
  }
}

/* The numbers of the closed shells (Mackay 1962; Martin, Phys. Rep. 273 (1996) 199), and no atom nearer than a neighbour. */
static void TestMagicNumbers(void)
{
  const struct {
    const char *shape;
    int         shells, count;
  } magic[] = {{"icosahedron", 1, 13},
               {"icosahedron", 2, 55},
               {"icosahedron", 3, 147},
               {"icosahedron", 4, 309},
               {"truncated_octahedron", 2, 38},
               {"truncated_octahedron", 3, 201},
               {"truncated_octahedron", 4, 586},
               {"cuboctahedron", 1, 13},
               {"cuboctahedron", 2, 55},
               {"cuboctahedron", 3, 147},
               {"octahedron", 3, 19},
               {"octahedron", 4, 44},
               {"octahedron", 5, 85},
               {"decahedron", 2, 7},
               {"decahedron", 3, 23},
               {"decahedron", 4, 54},
               {"cube", 1, 14},
               {"cube", 2, 63},
               {"cube", 3, 172}};

  for (size_t m = 0; m < sizeof magic / sizeof *magic; m++) {
    char        list[256];
    AetSpecimen s;
    double      nearest = 1e9;

    snprintf(list, sizeof list, "shape %s shells %d species Au lattice_angstrom 4.08", magic[m].shape, magic[m].shells);
    s = Make(list);
    if (!AET_TEST(s.count == magic[m].count)) fprintf(stderr, "%s: %d\n", list, (int)s.count);
    for (PetscInt i = 0; i < s.count; i++)
      for (PetscInt j = 0; j < i; j++) nearest = fmin(nearest, Distance(s.position + 3 * i, s.position + 3 * j));
    AET_TEST_CLOSE(nearest, 4.08 / sqrt(2), 0.03 * 4.08 / sqrt(2));
    AetSpecimenDestroy(&s);
  }
}

/* Along a fivefold axis the distance of neighbours is radial, across it 1.05146 times that: sqrt(2 - 2/sqrt 5). */
static void TestIcosahedron(void)
{
  AetSpecimen s = Make("shape icosahedron shells 2 species Au");
  double      radial = 1e9;
  int         long_bonds = 0, short_bonds = 0, other = 0;

  for (PetscInt i = 1; i < s.count; i++) radial = fmin(radial, Radius(s.position + 3 * i));
  for (PetscInt i = 0; i < s.count; i++)
    for (PetscInt j = 0; j < i; j++) {
      const double d = Distance(s.position + 3 * i, s.position + 3 * j) / radial;
      if (d > 1.2) continue;
      if (fabs(d - 1) < 1e-9)
        short_bonds++;
      else if (fabs(d - sqrt(2 - 2 / sqrt(5))) < 1e-9)
        long_bonds++;
      else
        other++;
    }
  AET_TEST(other == 0 && short_bonds > 0 && long_bonds > 0);
  AET_TEST(short_bonds + long_bonds == 234); /* (13 with 12, 12 with 6, 30 with 8 neighbours) / 2 */
  AET_TEST_CLOSE(radial * (1 + sqrt(2 - 2 / sqrt(5))) / 2, 3.85 / sqrt(2), 1e-9);
  AetSpecimenDestroy(&s);
}

/* One facet alone makes the cube, the rhombic dodecahedron, the octahedron; equal volumes; ratios of distances as of energies. */
static void TestWulff(void)
{
  const double volume = M_PI / 6 * pow(30, 3), energies[4][3] = {{1, 9, 9}, {9, 1, 9}, {9, 9, 1}, {1, 1.07, 0.87}};
  double       facets[3];

  AetKernelWulff(energies[0], 30, facets);
  AET_TEST_CLOSE(8 * pow(facets[0], 3), volume, 2e-3 * volume);
  AetKernelWulff(energies[1], 30, facets);
  AET_TEST_CLOSE(4 * sqrt(2) * pow(facets[1], 3), volume, 2e-3 * volume);
  AetKernelWulff(energies[2], 30, facets);
  AET_TEST_CLOSE(4 * sqrt(3) * pow(facets[2], 3), volume, 2e-3 * volume);
  AetKernelWulff(energies[3], 30, facets);
  AET_TEST_CLOSE(facets[0] / facets[2], 1 / 0.87, 1e-12);
}

static void TestCuboctahedronVolume(void)
{
  long inside = 0;

  for (int p = 0; p < 1000000; p++) {
    double x[3];
    for (int a = 0; a < 3; a++) x[a] = 3 * (AetRandomUniform(3, (uint64_t)a, (uint64_t)p) - 0.5);
    inside += AetKernelShapeContains(AET_SHAPE_CUBOCTAHEDRON, 2, x);
  }
  AET_TEST_CLOSE(27.0 * (double)inside / 1e6, 4 * M_PI / 3, 0.04);
}

static void CountSpecies(const AetSpecimen *s, PetscInt *counts)
{
  memset(counts, 0, 8 * sizeof *counts);
  for (PetscInt i = 0; i < s->count; i++) counts[s->species[i]]++;
}

static void TestComposition(void)
{
  PetscInt    counts[8], core = 0, core_first = 0, shell_first = 0;
  double      ends[2][2] = {{0, 0}, {0, 0}}, reach = 0;
  AetSpecimen s = Make("species Co,Ni,Ru,Rh,Pd,Ag,Ir,Pt");

  CountSpecies(&s, counts);
  for (int c = 0; c < 8; c++) AET_TEST_CLOSE((double)counts[c], (double)s.count / 8, 1);
  AetSpecimenDestroy(&s);
  s = Make("species Co,Pd,Pt fractions 0.1,0.3,0.6");
  CountSpecies(&s, counts);
  AET_TEST(counts[0] == lround(0.1 * (double)s.count) && counts[2] == s.count - lround(0.4 * (double)s.count));
  AetSpecimenDestroy(&s);
  s = Make("composition_field core_shell fractions 0.7,0.3 fractions_second 0.1,0.9 core_diameter_angstrom 20");
  for (PetscInt i = 0; i < s.count; i++)
    if (Radius(s.position + 3 * i) <= 10)
      core++, core_first += s.species[i] == 0;
    else
      shell_first += s.species[i] == 0;
  AET_TEST(core_first == lround(0.1 * (double)core) && shell_first == lround(0.7 * (double)(s.count - core)));
  AetSpecimenDestroy(&s);
  s = Make("composition_field gradient fractions 1,0 fractions_second 0,1 shape cube diameter_angstrom 50 gradient_direction 0,1,0");
  for (PetscInt i = 0; i < s.count; i++) reach = fmax(reach, fabs(s.position[3 * i + 1]));
  for (PetscInt i = 0; i < s.count; i++) {
    const double y = s.position[3 * i + 1] / reach;
    if (fabs(y) > 0.6) ends[y > 0][0]++, ends[y > 0][1] += s.species[i] == 0;
  }
  AET_TEST_CLOSE(ends[0][1] / ends[0][0], 0.9, 0.03); /* at -0.8 of the reach */
  AET_TEST_CLOSE(ends[1][1] / ends[1][0], 0.1, 0.03);
  AetSpecimenDestroy(&s);
}

/* 1 - p(unlike neighbour) / c(unlike) over the first shell of bulk atoms of species 1. */
static double WarrenCowley(const AetSpecimen *s, double nearest, int coordination)
{
  PetscInt counts[8];
  double   unlike = 0, all = 0;

  CountSpecies(s, counts);
  for (PetscInt i = 0; i < s->count; i++) {
    int here = 0, other = 0;
    if (s->species[i] != 1) continue;
    for (PetscInt j = 0; j < s->count; j++)
      if (j != i && Distance(s->position + 3 * i, s->position + 3 * j) < 1.05 * nearest) here++, other += s->species[j] == 0;
    if (here == coordination) all += here, unlike += other;
  }
  return 1 - unlike / all / ((double)counts[0] / (double)s->count);
}

/* Perfect order: -1/3 for L1_0 and for the minority of L1_2 (at the composition of the particle), -1 for B2; random: 0. */
static void TestOrderParameters(void)
{
  const struct {
    const char *options;
    double      ideal_first; /* fraction of species 0 */
    double      unlike;      /* fraction of species-0 neighbours of species 1 */
    int         coordination;
  } cases[] = {{"order l10 variant 1", 0.5, 8 / 12.0, 12},
               {"order l10 variant 5", 0.5, 8 / 12.0, 12},
               {"order l12 variant 2", 0.75, 1, 12},
               {"order l12_ab3", 0.25, 4 / 12.0, 12},
               {"structure bcc lattice_angstrom 3.0 order b2", 0.5, 1, 8},
               {"order random", 0.5, 0.5, 12}};

  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    char        list[256];
    AetSpecimen s;
    PetscInt    counts[8];
    const int   random = c == 5;

    snprintf(list, sizeof list, "diameter_angstrom 36 shape sphere %s", cases[c].options);
    s = Make(list);
    CountSpecies(&s, counts);
    AET_TEST_CLOSE((double)counts[0] / (double)s.count, cases[c].ideal_first, random ? 1e-3 : 0.02);
    AET_TEST_CLOSE(WarrenCowley(&s, cases[c].coordination == 8 ? 3.0 * sqrt(0.75) : 3.85 / sqrt(2), cases[c].coordination),
                   1 - cases[c].unlike / ((double)counts[0] / (double)s.count), random ? 0.05 : 1e-12);
    AetSpecimenDestroy(&s);
  }
}

/* Long-range order of L1_0 along z, twice the agreement less one: 1, where it is ordered; 0 in a random alloy. */
static void TestLongRangeOrder(void)
{
  const char *lists[2] = {"order l10 lattice_offset 0,0,0 shape sphere diameter_angstrom 50",
                          "order random lattice_offset 0,0,0 shape sphere diameter_angstrom 50"};

  for (int l = 0; l < 2; l++) {
    AetSpecimen s = Make(lists[l]);
    double      agree = 0;

    for (PetscInt i = 0; i < s.count; i++) agree += s.species[i] == (lround(2 * s.position[3 * i + 2] / 3.85) & 1);
    AET_TEST_CLOSE(2 * agree / (double)s.count - 1, l ? 0 : 1, l ? 0.05 : 1e-12);
    AetSpecimenDestroy(&s);
  }
}

/* No two atoms nearer than asked, as many as asked for, and no lattice: the pair distribution has no peak at 1.414 nearest distances. */
static void TestAmorphous(void)
{
  AetSpecimen s = Make("structure amorphous shape sphere diameter_angstrom 36 density_per_nm3 66 min_distance_angstrom 2.4 "
                       "species Co,Pd,Pt fractions 0.2,0.3,0.5");
  double      nearest = 1e9, at_second = 0, beyond = 0;
  PetscInt    counts[8];

  CountSpecies(&s, counts);
  AET_TEST_CLOSE((double)s.count, 0.066 * M_PI / 6 * pow(36, 3), 4 * sqrt((double)s.count));
  AET_TEST(counts[0] == lround(0.2 * (double)s.count));
  for (PetscInt i = 0; i < s.count; i++) {
    AET_TEST(Radius(s.position + 3 * i) <= 18 + 1e-9 || i < 0);
    for (PetscInt j = 0; j < i; j++) {
      const double d = Distance(s.position + 3 * i, s.position + 3 * j);
      nearest = fmin(nearest, d);
      at_second += fabs(d - 2.4 * sqrt(2)) < 0.1;
      beyond += fabs(d - 2.4 * 1.6) < 0.1;
    }
    if (i > 400) break; /* the first four hundred tell */
  }
  AET_TEST(nearest >= 2.4);
  AET_TEST_CLOSE(at_second / beyond, pow(sqrt(2) / 1.6, 2), 0.25);
  AetSpecimenDestroy(&s);
  ExpectMistake("structure amorphous shape sphere diameter_angstrom 20 density_per_nm3 200 min_distance_angstrom 2.4", "fit into 1 nm³");
}

/* A film fills its images at every tilt; a needle is a cone with a round tip. */
static void TestFilmAndNeedle(void)
{
  const double angles[3][3] = {{0, -60, 0}, {0, 0, 0}, {0, 60, 0}};
  double       R[3][9], tip = -1e9;
  AetSpecimen  s = Make("shape film diameter_angstrom 24 thickness_angstrom 12 structure bcc lattice_angstrom 3.3 species Ta "
                         "tilt_max_deg 60 rotation_deg 13,29,41 pixel_angstrom 0.4");
  ptrdiff_t    n = 0;
  float       *images;

  AET_TEST_CALL(AetSimulateImageSize(&s, 0.4, &n));
  AET_TEST_CLOSE((double)n * 0.4, 24, 3);
  for (PetscInt i = 0; i < s.count; i++) AET_TEST(fabs(s.position[3 * i + 2]) <= 6 || i < 0);
  for (int v = 0; v < 3; v++) AetRotationFromAngles(AET_ANGLES_ZYX, angles[v], R[v]);
  images = calloc((size_t)(3 * n * n), sizeof *images);
  AET_TEST_CALL(AetSimulateProjections(PETSC_COMM_SELF, &s, 3, (const double(*)[9])R, n, n, 0.4, images));
  for (int v = 0; v < 3; v++) {
    const float *image = images + v * n * n;
    double       corner = 0, all = 0;
    for (ptrdiff_t y = 0; y < n; y++)
      for (ptrdiff_t x = 0; x < n; x++) {
        all += image[y * n + x] / (double)(n * n);
        if ((x < n / 5 || x >= n - n / 5) && (y < n / 5 || y >= n - n / 5)) corner += image[y * n + x] / (double)(4 * (n / 5) * (n / 5));
      }
    AET_TEST_CLOSE(corner / all, 1, 0.15);
  }
  free(images);
  AetSpecimenDestroy(&s);
  s = Make("shape needle needle 8,10,60 structure bcc lattice_angstrom 3.165 species W");
  for (PetscInt i = 0; i < s.count; i++) {
    const double *p = s.position + 3 * i, r = hypot(p[0], p[2]), below = 30 - 8 + 8 * sin(10 * AET_DEG) - p[1];
    tip = fmax(tip, p[1]);
    AET_TEST(r <= (below > 0 ? 8 * cos(10 * AET_DEG) + below * tan(10 * AET_DEG) : 8) + 1e-9);
  }
  AET_TEST_CLOSE(tip, 29, 1.01);
  AetSpecimenDestroy(&s);
}

static void TestMistakes(void)
{
  ExpectMistake("shape sphere shells 3", "magic clusters");
  ExpectMistake("order l10 species Au", "two species");
  ExpectMistake("order b2", "bcc");
  ExpectMistake("structure bcc order l10", "fcc");
  ExpectMistake("structure bcc shape icosahedron", "fcc");
  ExpectMistake("fractions 0.5,0.4", "sum to 1");
  ExpectMistake("fractions 0.5", "expected 2 numbers");
  ExpectMistake("species A,B,C,D,E,F,G,H,I", "one to eight");
  ExpectMistake("order l12 variant 4", "0 to 3");
  ExpectMistake("antiphase 0,0,1,0", "ordered");
  ExpectMistake("order l10 antiphase 0,0,0,0", "normal");
  ExpectMistake("twins 0 structure bcc", "fcc");
  ExpectMistake("twins 0,0.1", "a layer");
  ExpectMistake("antisites 3", "ordered domains");
  ExpectMistake("vacancies 1000", "room");
  ExpectMistake("domains 2 domain_orders l10,l13", "l13");
  ExpectMistake("shape film tilt_max_deg 85", "80 degrees");
  ExpectMistake("shape needle needle 8,10,9", "simulate_needle");
  ExpectMistake("dislocation_burgers 0.5,0.5", "expected 3 numbers");
  ExpectMistake("lattice_offset 0,0", "3 numbers");
}

AET_TEST_MAIN("structures", {"lattices", TestLattices}, {"magic numbers", TestMagicNumbers}, {"icosahedron", TestIcosahedron},
              {"Wulff shape", TestWulff}, {"cuboctahedron", TestCuboctahedronVolume}, {"composition", TestComposition},
              {"order parameters", TestOrderParameters}, {"long-range order", TestLongRangeOrder}, {"amorphous packing", TestAmorphous},
              {"film and needle", TestFilmAndNeedle}, {"mistakes", TestMistakes})
