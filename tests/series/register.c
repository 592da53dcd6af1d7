/* Registration of a small series: turned, shifted, misnamed, with atoms lost; the same on any number of ranks. */
#include "series_test.h"

enum { TIMES = 3 };
static const char small[] = "shape sphere diameter_angstrom 46 lattice_angstrom 3.87 species [Fe,Pt] composition 0.4 series_labels [a,b,c] "
                            "series_nucleus_angstrom 4 series_interface_angstrom 1.5 series_core_fraction 0.2";

static void Measure(const AetSpecimenSeries *s, uint64_t seed, TestMeasurement m[TIMES], AetAtoms atoms[TIMES], int *row[TIMES])
{
  for (int t = 0; t < TIMES; t++) {
    m[t] = TestMeasured(seed + (uint64_t)t);
    TestAnyRotation(seed + (uint64_t)t, m[t].rotation);
    for (int c = 0; c < 3; c++) m[t].shift[c] = 60 * (AetRandomUniform(seed, 905, (uint64_t)(3 * t + c)) - 0.5);
    atoms[t] = TestMeasure(MPI_COMM_WORLD, &s->specimen[t], &m[t], row ? &row[t] : NULL);
  }
}

static void Forget(AetAtoms atoms[TIMES])
{
  for (int t = 0; t < TIMES; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
}

/* Turn and shift within four standard deviations as told; sites are lattice sites. */
static void CheckTime(const AetSpecimenSeries *s, const TestMeasurement *m, AetRegistration r, int *const row[TIMES], int t)
{
  double R[9], shift[3], off = 0;
  int    same = 0, both = 0;

  TestTruth(s, m, t, R, shift);
  for (int k = 0; k < 3; k++) off += pow(shift[k] - r->shift[t][k], 2);
  AET_TEST_CLOSE(TestTurnDeg(R, r->rotation[t]), 0, 4 * r->rotation_sigma_deg[t]);
  AET_TEST(r->rotation_sigma_deg[t] < 0.1 && r->margin[t] > 0.1);
  AET_TEST(sqrt(off) < 4 * (r->shift_sigma_angstrom[t] + r->rotation_sigma_deg[t] / 57.3 * 60)); /* the shift is one of the origin */
  AET_TEST_CLOSE(r->scale[t], 1, 0.002);
  AET_TEST_CLOSE(r->precision[t], 0.2, 0.02);
  for (PetscInt i = 0; i < r->total[t]; i++) {
    const PetscInt first = r->atom[(ptrdiff_t)r->site[t][i] * TIMES];
    if (first < 0) continue;
    both++, same += s->specimen[0].site[row[0][first]] == s->specimen[t].site[row[t][i]];
  }
  AET_TEST(both > 0.9 * r->total[t] && same >= 0.999 * both);
}

/* What holds of every registration. */
static void CheckSites(AetRegistration r)
{
  PetscInt conserved = 0, core = 0, broken = 0;

  for (PetscInt s = 0; s < r->sites; s++) {
    PetscInt present = 0, alike = 0;
    for (int t = 0; t < r->times; t++) {
      const PetscInt i = r->atom[(ptrdiff_t)s * r->times + t];
      if (i < 0) continue;
      present++, alike += r->species[t][i] == r->site_species[s];
      broken += r->site[t][i] != s;
      for (int k = 0; k < 3; k++) broken += fabs(r->position[t][3 * i + k] - r->site_position[s][k]) > 1.2;
    }
    broken += present != r->present[s] || (alike == r->times) != r->conserved[s] || (r->core[s] && !r->conserved[s]) || r->depth[s] < 0;
    broken += s < r->total[0] && r->atom[(ptrdiff_t)s * r->times] != s;
    conserved += r->conserved[s], core += r->core[s];
  }
  AET_TEST(broken == 0 && conserved == r->conserved_sites && core == r->core_sites);
  AET_TEST(core > 0.9 * conserved && core > 0.6 * r->total[0]);
}

/* Changes between two times, counted by the numbers of the lattice sites. */
static void CheckDiffusion(const AetSpecimenSeries *s, AetRegistration r, AetAtoms *atoms, int *const row[TIMES])
{
  AetDiffusion d;
  PetscInt     sums[4] = {0}, truth[4] = {0}, top = 0, exchanged = 0;
  int         *before;

  AET_TEST_CALL(AetDiffusionMeasure(r, atoms, 0, 1, 4, &d));
  for (int t = 0; t < 2; t++)
    for (PetscInt i = 0; i < s->specimen[t].count; i++) top = PetscMax(top, s->specimen[t].site[i]);
  before = malloc(((size_t)top + 1) * sizeof *before);
  for (PetscInt k = 0; k <= top; k++) before[k] = -1;
  for (PetscInt i = 0; i < r->total[0]; i++) before[s->specimen[0].site[row[0][i]]] = r->species[0][i], truth[3]++;
  for (PetscInt i = 0; i < r->total[1]; i++) {
    const int was = before[s->specimen[1].site[row[1][i]]];
    truth[was < 0 ? 2 : was == r->species[1][i] ? 0 : 1]++;
    truth[3] -= was >= 0;
  }
  for (int k = 0; k < d.shells; k++)
    sums[0] += d.shell[k].same, sums[1] += d.shell[k].exchanged, sums[2] += d.shell[k].arrived, sums[3] += d.shell[k].left;
  for (int k = 0; k < 4; k++) AET_TEST(labs((long)sums[k] - (long)truth[k]) <= 4);
  AET_TEST_CLOSE(d.shell[2].msd, 0.24, 0.02); /* 2 · 3 · 20² pm² */
  AET_TEST(d.shells > 3 && d.shell[1].replaced > 0.05 && d.shell[d.shells - 1].replaced < 0.05);
  for (int p = 0; p < 2; p++) exchanged += d.species.changed[p][1 - p], sums[0] -= d.species.changed[p][p];
  AET_TEST(exchanged == sums[1] && sums[0] == 0 && d.species.moves[0] > 0.5 * d.species.changed[0][1]);
  AET_TEST(d.species.least_msd[0] > 4 && d.vacancies_from > 0 && d.vacancies_to > 0); /* no shorter than a neighbour's distance, squared */
  free(before);
}

static void TestTurnedSeries(void)
{
  AetSpecimenSeries       s = TestSeries(small);
  AetRegistrationSettings settings;
  AetRegistration         r = NULL;
  AetDisplacements        d;
  TestMeasurement         m[TIMES];
  AetAtoms                atoms[TIMES];
  int                    *row[TIMES];

  AetRegistrationDefaults(&settings);
  Measure(&s, 40, m, atoms, row);
  AET_TEST_CALL(AetRegistrationCreate(TIMES, atoms, &settings, &r));
  if (r) {
    for (int t = 1; t < TIMES; t++) CheckTime(&s, m, r, row, t);
    CheckSites(r);
    CheckDiffusion(&s, r, atoms, row);
    AET_TEST_CALL(AetRegistrationDisplacements(r, 0, 2, PETSC_TRUE, &d));
    AET_TEST(d.count == r->core_sites && d.largest < 2.4 && d.median < d.percentile90 && d.percentile90 < d.percentile99);
    for (int k = 0; k < 3; k++) AET_TEST(fabs(d.mean[k]) < 1e-9 && fabs(d.rms[k] - 0.283) < 0.02);
  }
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  Forget(atoms);
  for (int t = 0; t < TIMES; t++) free(row[t]);
  AetSpecimenSeriesDestroy(&s);
}

/* A particle of some hundred atoms, twice: as simulated by `options`, as measured by m. */
static void TwoTimes(const char *first, const char *second, const TestMeasurement m[2], MPI_Comm comm, AetAtoms atoms[2])
{
  for (int t = 0; t < 2; t++) {
    AetSpecimen s = TestSpecimen(t ? second : first);
    atoms[t] = TestMeasure(comm, &s, &m[t], NULL);
    AetSpecimenDestroy(&s);
  }
}

#define TINY "shape sphere diameter_angstrom 24 lattice_angstrom 3.87 "

/* Bit by bit what one rank alone finds. */
static void TestRanks(void)
{
  AetRegistrationSettings settings;
  AetRegistration         r = NULL, alone = NULL;
  TestMeasurement         m[2] = {TestMeasured(1), TestMeasured(2)};
  AetAtoms                atoms[2];
  int                     size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size == 1) return;
  AetRegistrationDefaults(&settings);
  settings.calibration = AET_CALIBRATION_AFFINE;
  TestAnyRotation(5, m[1].rotation);
  for (int which = 0; which < 2; which++) {
    TwoTimes(TINY, TINY, m, which ? MPI_COMM_SELF : MPI_COMM_WORLD, atoms);
    AET_TEST_CALL(AetRegistrationCreate(2, atoms, &settings, which ? &alone : &r));
    for (int t = 0; t < 2; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
  }
  if (r && alone) {
    AET_TEST(r->sites == alone->sites && r->core_sites == alone->core_sites && r->rounds == alone->rounds);
    AET_TEST(!memcmp(r->linear, alone->linear, 2 * sizeof *r->linear) && !memcmp(r->shift, alone->shift, 2 * sizeof *r->shift));
    AET_TEST(r->margin[1] == alone->margin[1] && r->paired[1] == alone->paired[1] && r->precision[1] == alone->precision[1]);
    AET_TEST(!memcmp(r->atom, alone->atom, 2 * (size_t)r->sites * sizeof *r->atom));
    AET_TEST(!memcmp(r->core, alone->core, (size_t)r->sites * sizeof *r->core));
    AET_TEST(!memcmp(r->depth, alone->depth, (size_t)r->sites * sizeof *r->depth));
  }
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  AET_TEST_CALL(AetRegistrationDestroy(&alone));
}

/* Registers two times; whether that failed with the code and a message with `part` in it (code 0: it did not fail). */
static void Expect(AetAtoms atoms[2], const AetRegistrationSettings *settings, PetscErrorCode expected, const char *part)
{
  AetRegistration r = NULL;
  PetscErrorCode  code = AetRegistrationCreate(2, atoms, settings, &r);

  AET_TEST(code == expected && (!code || strstr(AetErrorMessage(), part)) && (r != NULL) == !code);
  if (code != expected || (code && !strstr(AetErrorMessage(), part))) fprintf(stderr, "  told: %s\n", AetErrorMessage());
  AetErrorClear();
  AET_TEST_CALL(AetRegistrationDestroy(&r));
}

static void TestCalibration(void)
{
  AetRegistrationSettings settings;
  AetRegistration         r = NULL;
  TestMeasurement         m[2] = {TestMeasured(1), TestMeasured(2)};
  AetAtoms                atoms[2];

  AetRegistrationDefaults(&settings);
  TestAnyRotation(6, m[1].rotation);
  m[1].scale = 1.03;
  TwoTimes(TINY, TINY, m, MPI_COMM_WORLD, atoms);
  AET_TEST_CALL(AetRegistrationCreate(2, atoms, &settings, &r));
  if (r) AET_TEST_CLOSE(r->scale[1] * 1.03, 1, 0.004); /* 20 pm on 430 atoms leave 0.001 */
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  settings.calibration = AET_CALIBRATION_NONE;
  Expect(atoms, &settings, AET_ERR_DATA, "without calibration");
  settings.calibration = AET_CALIBRATION_SCALE;
  settings.calibration_limit = 0.02;
  Expect(atoms, &settings, AET_ERR_DATA, "check the pixel sizes");
  settings.calibration = AET_CALIBRATION_AFFINE; /* z is 4 % longer than it was, x and y are as measured */
  settings.calibration_limit = 0.05;
  for (PetscInt i = 0; i < atoms[1]->count; i++)
    for (int k = 0; k < 3; k++) atoms[1]->position[3 * i + k] *= k == 2 ? 1.04 / 1.03 : 1 / 1.03;
  AET_TEST_CALL(AetRegistrationCreate(2, atoms, &settings, &r));
  if (r) {
    const double expected[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1 / 1.04};
    for (int k = 0; k < 9; k++) AET_TEST_CLOSE(r->stretch[1][k], expected[k], 0.01); /* four times what 20 pm leave */
  }
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  for (int t = 0; t < 2; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
}

static void TestOtherParticles(void)
{
  AetRegistrationSettings settings;
  TestMeasurement         m[2] = {TestMeasured(1), TestMeasured(2)};
  AetAtoms                atoms[2];

  AetRegistrationDefaults(&settings);
  TwoTimes(TINY, TINY "structure amorphous ", m, MPI_COMM_WORLD, atoms);
  Expect(atoms, &settings, AET_ERR_DATA, "time 2: expected the particle of time 1");
  AET_TEST_CALL(AetAtomsDestroy(&atoms[0]));
  AET_TEST_CALL(AetAtomsDestroy(&atoms[1]));
  TwoTimes(TINY, TINY, m, MPI_COMM_WORLD, atoms); /* the same lattice, another alloy */
  for (PetscInt i = 0; i < atoms[1]->count; i++) atoms[1]->species[i] = AetRandomUniform(9, 1, (uint64_t)(atoms[1]->start + i)) < 0.5;
  Expect(atoms, &settings, AET_ERR_DATA, "the species agree as by chance");
  AET_TEST_CALL(AetAtomsDestroy(&atoms[0]));
  AET_TEST_CALL(AetAtomsDestroy(&atoms[1]));
}

/* Lists in another order, and longer, are united by symbol. */
static void TestSpeciesLists(void)
{
  AetRegistrationSettings settings;
  AetRegistration         r = NULL;
  TestMeasurement         m[2] = {TestMeasured(1), TestMeasured(2)};
  AetAtoms                atoms[2], other = NULL;
  const char             *symbols[3] = {"Cu", "Pt", "Fe"}, *none[1] = {"Au"};

  AetRegistrationDefaults(&settings);
  TwoTimes(TINY, TINY, m, MPI_COMM_WORLD, atoms);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, atoms[1]->count, 3, symbols, &other));
  for (PetscInt i = 0; i < other->count; i++) {
    memcpy(other->position + 3 * i, atoms[1]->position + 3 * i, 3 * sizeof(double));
    other->species[i] = 2 - atoms[1]->species[i];
  }
  AET_TEST_CALL(AetRegistrationCreate(2, (AetAtoms[]){atoms[0], other}, &settings, &r));
  if (r) {
    AET_TEST(r->species_count == 3 && !strcmp(r->symbol[0], "Fe") && !strcmp(r->symbol[1], "Pt") && !strcmp(r->symbol[2], "Cu"));
    AET_TEST(r->agreement[1] > 0.95 && r->core_fraction > 0.9);
  }
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  AET_TEST_CALL(AetAtomsDestroy(&other));
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, 30, 1, none, &other));
  for (PetscInt i = 0; i < 90; i++) other->position[i] = (double)((7 * i + 5 * other->start) % 101);
  Expect((AetAtoms[]){atoms[0], other}, &settings, AET_ERR_INPUT, "species of time 1 (Fe, Pt), found Au");
  AET_TEST_CALL(AetAtomsDestroy(&other));
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, 0, 1, symbols, &other));
  Expect((AetAtoms[]){atoms[0], other}, &settings, AET_ERR_INPUT, "time 2: expected at least 20 atoms, found 0");
  AET_TEST_CALL(AetAtomsDestroy(&other));
  if (atoms[1]->count) atoms[1]->position[4] = NAN;
  Expect(atoms, &settings, AET_ERR_INPUT, "expected a finite position");
  settings.keep = 0;
  Expect(atoms, &settings, AET_ERR_INPUT, "fraction of pairs kept");
  AET_TEST(AetRegistrationCreate(1, atoms, &settings, &r) == AET_ERR_INPUT && strstr(AetErrorMessage(), "2 times or more, found 1"));
  AetErrorClear();
  for (int t = 0; t < 2; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
}

AET_TEST_MAIN("registration", {"turned and shifted; sites, core, diffusion", TestTurnedSeries},
              {"the same on any number of ranks", TestRanks}, {"pixel sizes", TestCalibration}, {"other particles", TestOtherParticles},
              {"species lists, bad input", TestSpeciesLists})
