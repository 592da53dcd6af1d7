/* Planted vacancies and dislocations over many noises: all found, none invented. */
#include "defects_test.h"

#define LARGE "lattice_angstrom 3.87 diameter_angstrom 50 rotation_deg 13,29,41 "

static void TestMany(void)
{
  static const char *const what[] = {
      LARGE "displacement_angstrom 0.2 vacancies 8",
      LARGE "displacement_angstrom 0.2 vacancies 8 twins [2]",
      LARGE "displacement_angstrom 0.2 stacking_faults [-6,5] vacancies 4",
      LARGE "displacement_angstrom 0.05 vacancies 4 dislocation_burgers [0.5,0.5,0] dislocation_line [1,-1,2] dislocation_point [1,2,0.7]",
      LARGE "displacement_angstrom 0.05 vacancies 4 dislocation_burgers [0.5,0.5,0] dislocation_line [1,1,0] dislocation_point [1,2,0.7]",
      LARGE "displacement_angstrom 0.05 vacancies 4 dislocation_burgers [0.5,0.5,0] dislocation_line [1,0,1] dislocation_point [-3,2,0.7]",
      LARGE "displacement_angstrom 0.05 dislocation_burgers [0,0.5,-0.5] dislocation_line [2,1,1] dislocation_point [-3,5,0.7]",
      "structure bcc lattice_angstrom 3 diameter_angstrom 45 rotation_deg 13,29,41 displacement_angstrom 0.05 dislocation_burgers "
      "[0.5,0.5,0.5] dislocation_line [1,-1,0] dislocation_point [1,2,0.7]"};

  for (size_t k = 0; k < sizeof what / sizeof *what; k++)
    for (uint64_t seed = 1; seed <= 8; seed++) ExpectDefects(what[k], seed, 0.2);
}

/* 23,000 atoms. */
static void TestLarge(void)
{
  ExpectDefects("lattice_angstrom 3.87 diameter_angstrom 86.3 rotation_deg 13,29,41 displacement_angstrom 0.1 vacancies 40 "
                "dislocation_burgers [0.5,0.5,0] dislocation_line [1,-1,2] dislocation_point [1,2,0.7]",
                1, 0.2);
  ExpectDefects("lattice_angstrom 3.87 diameter_angstrom 86.3 rotation_deg -77,51,160 displacement_angstrom 0.2 vacancies 40 twins [5]", 2,
                0.2);
}

/* Of atoms that were lost at random those inside are vacancies, and there are no others. */
static void TestLost(void)
{
  Sample       s = SampleMake(LARGE "displacement_angstrom 0.2", 3, 0.2, 0.01);
  AetLattice   l = SampleLattice(&s, NULL);
  AetVacancies v;
  int          there = 0;

  AET_TEST_CALL(AetVacanciesCreate(s.atoms, l, &v));
  for (PetscInt j = 0; j < v->count; j++)
    for (PetscInt i = 0, k = 0; i < s.specimen.count; i++) {
      double far = 0;
      if (k < s.count && s.from[k] == i) {
        k++;
        continue;
      }
      for (int a = 0; a < 3; a++) far += pow(s.specimen.position[3 * i + a] - v->position[j][a], 2);
      there += far < 1;
    }
  printf("%d of %d atoms lost, %d vacancies, all of them where one was\n", (int)(s.specimen.count - s.count), (int)s.specimen.count,
         (int)v->count);
  AET_TEST(there == v->count && v->count > 0.4 * (s.specimen.count - s.count));
  AET_TEST_CALL(AetVacanciesDestroy(&v));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

AET_TEST_MAIN("defects over many noises", {"all kinds", TestMany}, {"23,000 atoms", TestLarge}, {"lost atoms", TestLost})
