/* Particles that are hard to register: no species to tell by, no lattice, twins, grains of few atoms, wrong pixel sizes. */
#include "series_test.h"

/* Takes the atoms out that lie beyond a plane, as if the particle had broken, or been seen in part. */
static void Cut(AetSpecimen *s, const double normal[3], double at)
{
  PetscInt kept = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    const double *x = s->position + 3 * i;
    if (x[0] * normal[0] + x[1] * normal[1] + x[2] * normal[2] > at) continue;
    memmove(s->position + 3 * kept, x, 3 * sizeof *x);
    s->species[kept++] = s->species[i];
  }
  s->count = kept;
}

typedef struct {
  const char *name, *options;
  double      noise, misnamed, lost, scale, cut; /* cut: part beyond this fraction of the radius is gone at the second time; 0: none */
  int         one_species;
} Case;

static void Run(const Case *c, uint64_t seed)
{
  AetRegistrationSettings settings;
  AetRegistration         r = NULL;
  AetSpecimen             s[2];
  TestMeasurement         m[2];
  AetAtoms                atoms[2];
  AetSpecimenSeries       truth = {.times = 2};
  double                  R[9], shift[3], off = 0, begin;
  PetscErrorCode          code;

  AetRegistrationDefaults(&settings);
  for (int t = 0; t < 2; t++) {
    double radius = 0;
    s[t] = TestSpecimen(c->options);
    for (PetscInt i = 0; i < s[t].count && c->one_species; i++) s[t].species[i] = 1;
    for (PetscInt i = 0; i < s[t].count; i++) radius = fmax(radius, s[t].position[3 * i]);
    if (t && c->cut > 0) Cut(&s[t], (double[3]){0.6, 0.64, 0.48}, c->cut * radius);
    m[t] = TestMeasured(seed + (uint64_t)t);
    m[t].noise_angstrom = c->noise, m[t].misnamed = c->one_species ? 0 : c->misnamed, m[t].lost = c->lost;
    if (t) m[t].scale = c->scale;
    TestAnyRotation(seed + (uint64_t)t, m[t].rotation);
    for (int k = 0; k < 3; k++) {
      m[t].shift[k] = 60 * (AetRandomUniform(seed, 905, (uint64_t)(3 * t + k)) - 0.5);
      truth.rotation[t][4 * k] = 1;
    }
    atoms[t] = TestMeasure(MPI_COMM_WORLD, &s[t], &m[t], NULL);
  }
  begin = MPI_Wtime();
  code = AetRegistrationCreate(2, atoms, &settings, &r);
  TestTruth(&truth, m, 1, R, shift);
  if (r) {
    for (int k = 0; k < 3; k++) off += pow(shift[k] - r->shift[1][k], 2);
    printf("\n  %-28s seed %d: %d and %d atoms, %.2f s: turn off %8.4f deg (sigma %.4f), shift off %.3f A, scale %.4f, margin %.3f paired "
           "%.3f agree "
           "%.3f kappa %.2f core %.3f",
           c->name, (int)seed, atoms[0]->total, atoms[1]->total, MPI_Wtime() - begin, TestTurnDeg(R, r->rotation[1]),
           r->rotation_sigma_deg[1], sqrt(off), r->scale[1] * c->scale, r->margin[1], r->paired[1], r->agreement[1], r->kappa[1],
           r->core_fraction);
    AET_TEST(TestTurnDeg(R, r->rotation[1]) < 4 * r->rotation_sigma_deg[1] + 1e-6 || (c->one_species && r->margin[1] < 0.01));
  } else
    printf("\n  %-28s seed %d: %s", c->name, (int)seed, AetErrorMessage());
  AetErrorClear();
  AET_TEST(code == 0);
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  for (int t = 0; t < 2; t++) {
    AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
    AetSpecimenDestroy(&s[t]);
  }
}

#define FCC "shape sphere diameter_angstrom 44 lattice_angstrom 3.87 "
static const Case hard[] = {
    {"fcc", FCC, 0.2, 0.01, 0.01, 1, 0, 0},
    {"fcc, names 10 % wrong", FCC, 0.2, 0.1, 0.03, 1, 0, 0},
    {"fcc, 40 pm", FCC, 0.4, 0.01, 0.01, 1, 0, 0},
    {"fcc, no noise", FCC, 0, 0, 0, 1, 0, 0},
    {"fcc, scale 1.03", FCC, 0.2, 0.01, 0.01, 1.03, 0, 0},
    {"fcc, scale 0.955", FCC, 0.2, 0.01, 0.01, 0.955, 0, 0},
    {"fcc, a third gone", FCC, 0.2, 0.01, 0.01, 1, 0.3, 0},
    {"fcc, half gone", FCC, 0.2, 0.01, 0.01, 1, 0.02, 0},
    {"fcc, one species, piece gone", FCC, 0.2, 0.01, 0.01, 1, 0.6, 1},
    {"fcc, one species", FCC, 0.2, 0.01, 0.01, 1, 0, 1},
    {"cuboctahedron", "shape cuboctahedron diameter_angstrom 44 lattice_angstrom 3.87 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"fcc, 600 atoms", "shape sphere diameter_angstrom 26 lattice_angstrom 3.87 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"fcc, 100 atoms", "shape sphere diameter_angstrom 15 lattice_angstrom 3.87 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"L1_0", FCC "order l10 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"twins", FCC "twins 5,-6 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"bcc", "structure bcc shape sphere diameter_angstrom 44 lattice_angstrom 3 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"hcp", "structure hcp shape sphere diameter_angstrom 44 lattice_angstrom 2.7 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"icosahedron", "shape icosahedron diameter_angstrom 44 lattice_angstrom 3.87 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"decahedron", "shape decahedron diameter_angstrom 44 lattice_angstrom 3.87 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"amorphous", "structure amorphous shape sphere diameter_angstrom 44 ", 0.2, 0.01, 0.01, 1, 0, 0},
    {"amorphous, one species", "structure amorphous shape sphere diameter_angstrom 44 ", 0.2, 0.01, 0.01, 1, 0, 1},
    {"amorphous, a third gone", "structure amorphous shape sphere diameter_angstrom 44 ", 0.2, 0.01, 0.01, 1, 0.3, 0},
    {"amorphous, scale 1.03", "structure amorphous shape sphere diameter_angstrom 44 ", 0.2, 0.01, 0.01, 1.03, 0, 0},
};

static void TestHard(void)
{
  for (size_t k = 0; k < sizeof hard / sizeof hard[0]; k++)
    for (uint64_t seed = 50; seed < 70; seed += 10) Run(hard + k, seed);
}

/* Eight times, of each 5 % misnamed and 1 % lost: what is conserved by its names becomes sparse, and stays in one piece. */
static void TestManyTimes(void)
{
  enum { TIMES = 8 };
  AetRegistrationSettings settings;
  AetRegistration         r = NULL;
  AetAtoms                atoms[TIMES];
  AetSpecimen             s = TestSpecimen(FCC);

  AetRegistrationDefaults(&settings);
  for (int t = 0; t < TIMES; t++) {
    TestMeasurement m = TestMeasured((uint64_t)(200 + t));
    m.misnamed = 0.05;
    m.noise_angstrom = 0.1 + 0.02 * t;
    TestAnyRotation((uint64_t)(200 + t), m.rotation);
    atoms[t] = TestMeasure(MPI_COMM_WORLD, &s, &m, NULL);
  }
  AET_TEST_CALL(AetRegistrationCreate(TIMES, atoms, &settings, &r));
  if (r) {
    printf("\n  %d atoms at %d times: %d sites, %d at all times, %d conserved, %d core, species %.4f; precision", (int)s.count, TIMES,
           (int)r->sites, (int)r->present_always, (int)r->conserved_sites, (int)r->core_sites, r->species_agreement);
    for (int t = 0; t < TIMES; t++) printf(" %.3f", r->precision[t]);
    AET_TEST(abs((int)r->sites - (int)s.count) < 0.002 * (double)s.count);
    AET_TEST_CLOSE((double)r->present_always / s.count, pow(0.99, TIMES), 0.02);
    AET_TEST_CLOSE((double)r->conserved_sites / r->present_always, pow(0.95, TIMES) + pow(0.05, TIMES), 0.04);
    AET_TEST(r->core_sites > 0.98 * r->conserved_sites);
    AET_TEST_CLOSE(r->species_agreement, 0.95 * 0.95 + 0.05 * 0.05, 0.01);
    for (int t = 0; t < TIMES; t++) AET_TEST_CLOSE(r->precision[t], 0.1 + 0.02 * t, 0.01);
  }
  AET_TEST_CALL(AetRegistrationDestroy(&r));
  for (int t = 0; t < TIMES; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
  AetSpecimenDestroy(&s);
}

/* A published model, turned, with 25 pm noise and 5 % misnamed if `seed` is not 0. */
static AetAtoms Published(const char *path, uint64_t seed)
{
  AetAtoms atoms = NULL;
  double   R[9];

  AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms));
  TestAnyRotation(seed, R);
  for (PetscInt i = 0; i < atoms->count && seed; i++) {
    const uint64_t global = (uint64_t)(atoms->start + i);
    double         x[3];
    for (int k = 0; k < 3; k++) x[k] = atoms->position[3 * i + k] + 0.25 * AetRandomNormal(seed, 1, 3 * global + (uint64_t)k);
    for (int k = 0; k < 3; k++) atoms->position[3 * i + k] = R[3 * k] * x[0] + R[3 * k + 1] * x[1] + R[3 * k + 2] * x[2] + 20;
    if (AetRandomUniform(seed, 2, global) < 0.05) atoms->species[i] = (atoms->species[i] + 1) % atoms->species_count;
  }
  return atoms;
}

/* Measured particles find themselves, and are not taken for each other: a glassy alloy, and two of palladium and platinum on nearly one
   lattice. */
static void TestPublished(void)
{
  static const char *const name[4] = {"atoms/hea/Final_atomic_model_HEA_3_nanoparticle.mat",
                                      "atoms/hea/Final_atomic_model_HEA_25_nanoparticle.mat", "atoms/pdpt/EPB.xyz", "atoms/pdpt/TO.xyz"};
  AetRegistrationSettings  settings;

  AetRegistrationDefaults(&settings);
  for (int k = 0; k < 4; k++)
    for (int other = 0; other < 2; other++) {
      AetRegistration r = NULL;
      AetAtoms        atoms[2];
      char            path[2][500];
      PetscErrorCode  code;
      double          R[9], back[9];
      if (!AetTestData(name[k], path[0], sizeof path[0]) || !AetTestData(name[other ? k ^ 1 : k], path[1], sizeof path[1])) continue;
      for (int t = 0; t < 2; t++) atoms[t] = Published(path[t], t ? 7 : 0);
      TestAnyRotation(7, R);
      for (int i = 0; i < 9; i++) back[i] = R[3 * (i % 3) + i / 3];
      code = AetRegistrationCreate(2, atoms, &settings, &r);
      if (!code)
        printf("\n  %s: turn off %.4f (sigma %.4f), margin %.3f", name[k], TestTurnDeg(back, r->rotation[1]), r->rotation_sigma_deg[1],
               r->margin[1]);
      if (code) printf("\n  %s", AetErrorMessage());
      AET_TEST(other ? code == AET_ERR_DATA : !code && TestTurnDeg(back, r->rotation[1]) < 4 * r->rotation_sigma_deg[1]);
      AetErrorClear();
      AET_TEST_CALL(AetRegistrationDestroy(&r));
      for (int t = 0; t < 2; t++) AET_TEST_CALL(AetAtomsDestroy(&atoms[t]));
    }
}

AET_TEST_MAIN("hard registrations", {"one by one", TestHard}, {"many times", TestManyTimes}, {"published models", TestPublished})
