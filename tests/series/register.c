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

/* The turn and the shift are those of the truth within four standard deviations as told; sites are lattice sites. */
static void TestTurnedSeries(void)
{
  AetSpecimenSeries       s = TestSeries(small);
  AetRegistrationSettings settings;

  AetRegistrationDefaults(&settings);
  for (int trial = 0; trial < 1; trial++) {
    AetRegistration r = NULL;
    TestMeasurement m[TIMES];
    AetAtoms        atoms[TIMES];
    int            *row[TIMES];
    Measure(&s, (uint64_t)(40 + 10 * trial), m, atoms, row);
    AET_TEST_CALL(AetRegistrationCreate(TIMES, atoms, &settings, &r));
    for (int t = 1; t < TIMES && r; t++) {
      double R[9], shift[3], off = 0;
      int    same = 0, both = 0;
      TestTruth(&s, m, t, R, shift);
      for (int k = 0; k < 3; k++) off += pow(shift[k] - r->shift[t][k], 2);
      AET_TEST_CLOSE(TestTurnDeg(R, r->rotation[t]), 0, 4 * r->rotation_sigma_deg[t]);
      AET_TEST(r->rotation_sigma_deg[t] < 0.1 && r->margin[t] > 0.1);
      AET_TEST_CLOSE(r->scale[t], 1, 0.002);
      for (PetscInt i = 0; i < r->total[t]; i++) {
        const PetscInt first = r->atom[(ptrdiff_t)r->site[t][i] * TIMES];
        if (first < 0) continue;
        both++, same += s.specimen[0].site[row[0][first]] == s.specimen[t].site[row[t][i]];
      }
      AET_TEST(both > 0.9 * r->total[t] && same >= 0.999 * both);
      AET_TEST_CLOSE(r->precision[t], 0.2, 0.02);
    }
    AET_TEST_CALL(AetRegistrationDestroy(&r));
    Forget(atoms);
    for (int t = 0; t < TIMES; t++) free(row[t]);
  }
  AetSpecimenSeriesDestroy(&s);
}

AET_TEST_MAIN("registration", {"turned and shifted", TestTurnedSeries})
