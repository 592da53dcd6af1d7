/* Vacancies and dislocations of specimens in which they were planted. 20 pm of noise. */
#include "defects_test.h"

#define SMALL "lattice_angstrom 3.87 diameter_angstrom 38 rotation_deg 13,29,41 displacement_angstrom 0.1 "

static void TestVacancies(void)
{
  ExpectDefects(SMALL, 1, 0.2);
  ExpectDefects(SMALL "vacancies 4", 2, 0.2);
  ExpectDefects(SMALL "vacancies 4 twins [2]", 3, 0.2);
  ExpectDefects("structure bcc lattice_angstrom 3 diameter_angstrom 34 vacancies 3", 4, 0.2);
  ExpectDefects("structure hcp lattice_angstrom 2.75 diameter_angstrom 36 vacancies 3", 5, 0.2);
}

static void TestDislocations(void)
{
  ExpectDefects(SMALL "dislocation_burgers [0.5,0.5,0] dislocation_line [1,-1,2] dislocation_point [1,2,0.7]", 1, 0.2); /* edge */
  ExpectDefects(SMALL "dislocation_burgers [0.5,0.5,0] dislocation_line [1,1,0] dislocation_point [1,2,0.7]", 2, 0.2);  /* screw */
  ExpectDefects(SMALL "dislocation_burgers [0.5,0.5,0] dislocation_line [1,0,1] dislocation_point [1,2,0.7] vacancies 2", 3, 0.2);
}

/* Faults and twins are no dislocations. */
static void TestPlanes(void)
{
  ExpectDefects(SMALL "stacking_faults [3]", 1, 0.2);
  ExpectDefects(SMALL "twins [-4,4]", 2, 0.2);
}

/* The atom of a cube nearest to x. */
static PetscInt At(const Sample *s, double x, double y, double z)
{
  PetscInt best = -1;
  double   least = INFINITY;

  for (PetscInt i = 0; i < s->count; i++) {
    const double *p = s->position + 3 * i, far = pow(p[0] - x, 2) + pow(p[1] - y, 2) + pow(p[2] - z, 2);
    if (far < least - 1e-9) least = far, best = i;
  }
  return best;
}

/* A cube of 5 cells of 4 Å, reaching to 10 Å, without two atoms. Neighbours inside: two vacancies. An atom of its face and one below
   it: an open pit, none. An atom below the face alone: one. */
static void TestPair(void)
{
  static const double gone[3][2][3] = {{{0, 0, 2}, {2, 0, 0}}, {{0, 0, 10}, {2, 0, 8}}, {{2, 0, 8}, {2, 0, 8}}};
  static const int    vacancies[3] = {2, 0, 1}, full[3] = {11, 0, 12};
  Sample              s = SampleMake("lattice_angstrom 4 shape cube shells 5", 1, 0, 0);
  double             *rest = malloc(3 * (size_t)s.count * sizeof *rest);

  for (int k = 0; k < 3; k++) {
    const PetscInt     one = At(&s, gone[k][0][0], gone[k][0][1], gone[k][0][2]), two = At(&s, gone[k][1][0], gone[k][1][1], gone[k][1][2]);
    PetscInt           count = 0;
    AetAtoms           atoms;
    AetNeighbours      neighbours;
    AetLatticeSettings settings;
    AetLattice         l;
    AetVacancies       v;
    for (PetscInt i = 0; i < s.count; i++)
      if (i != one && i != two) memcpy(rest + 3 * count++, s.position + 3 * i, 3 * sizeof *rest);
    AET_TEST(fabs(s.position[3 * one] - gone[k][0][0]) < 1e-6 && fabs(s.position[3 * one + 2] - gone[k][0][2]) < 1e-6);
    AET_TEST(count == s.count - (k == 2 ? 1 : 2));
    atoms = TestAtoms(count, rest);
    AetLatticeDefaults(&settings);
    AET_TEST_CALL(AetNeighboursCreate(atoms, 3.4, &neighbours));
    AET_TEST_CALL(AetLatticeCreate(neighbours, &settings, &l));
    AET_TEST_CALL(AetVacanciesCreate(atoms, l, &v));
    AET_TEST(v->count == vacancies[k]);
    for (PetscInt j = 0; j < v->count; j++) {
      double site[3];
      AetLatticeSite(l, v->grain[j], v->index[j], site);
      AET_TEST(v->neighbours[j] == full[k]);
      for (int a = 0; a < 3; a++) AET_TEST_CLOSE(site[a], v->position[j][a], 1e-9);
    }
    AET_TEST_CALL(AetVacanciesDestroy(&v));
    AET_TEST_CALL(AetLatticeDestroy(&l));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  free(rest);
  SampleFree(&s);
}

/* What a line is said to be: middle, direction, length, angle, points from end to end; alike on one rank and on all. */
static void TestLine(void)
{
  Sample     s = SampleMake(SMALL "dislocation_burgers [0.5,0.5,0] dislocation_line [1,0,1] dislocation_point [0.3,0.2,0.7]", 4, 0.2, 0);
  AetAtoms   alone = TestAtomsOn(MPI_COMM_SELF, s.count, s.position);
  AetLattice l = SampleLattice(&s, NULL);
  AetDislocations d, one;

  AET_TEST_CALL(AetDislocationsCreate(s.atoms, l, &d));
  AET_TEST_CALL(AetDislocationsCreate(alone, l, &one));
  AET_TEST(d->count == 1 && one->count == 1);
  AET_TEST_CLOSE(d->angle_deg[0], 60, 5);
  AET_TEST(d->length[0] > 30 && d->length[0] < 50 && d->bend[0] < 1.5 && d->first[1] > 8);
  for (PetscInt k = 1; k < d->first[1]; k++) {
    double step = 0;
    for (int a = 0; a < 3; a++) step += (d->point[k][a] - d->point[k - 1][a]) * d->direction[0][a];
    AET_TEST(step > 0);
  }
  AET_TEST(!memcmp(d->point, one->point, (size_t)d->first[1] * sizeof *d->point));
  AET_TEST(!memcmp(d->vector, one->vector, sizeof *d->vector));
  AET_TEST_CALL(AetDislocationsDestroy(&d));
  AET_TEST_CALL(AetDislocationsDestroy(&one));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  AET_TEST_CALL(AetAtomsDestroy(&alone));
  SampleFree(&s);
}

/* No atoms, no grain: no defects, and no complaint. */
static void TestNone(void)
{
  double             nothing[3] = {0};
  AetAtoms           atoms = TestAtoms(0, nothing);
  Sample             s = SampleMake("shape cube shells 1", 1, 0, 0);
  AetLattice         l = SampleLattice(&s, NULL), empty;
  AetVacancies       v;
  AetDislocations    d;
  AetNeighbours      neighbours;
  AetLatticeSettings settings;

  AetLatticeDefaults(&settings);
  AET_TEST_CALL(AetVacanciesCreate(s.atoms, l, &v));
  AET_TEST_CALL(AetDislocationsCreate(s.atoms, l, &d));
  AET_TEST(v->count == 0 && d->count == 0);
  AET_TEST_CALL(AetVacanciesDestroy(&v));
  AET_TEST_CALL(AetDislocationsDestroy(&d));
  TestRefused(AetVacanciesCreate(atoms, l, &v), AET_ERR_INPUT, "lattice of 0 atoms");
  AET_TEST_CALL(AetNeighboursCreate(atoms, 3.4, &neighbours));
  AET_TEST_CALL(AetLatticeCreate(neighbours, &settings, &empty));
  AET_TEST(empty->grains == 0);
  AET_TEST_CALL(AetVacanciesCreate(atoms, empty, &v));
  AET_TEST_CALL(AetDislocationsCreate(atoms, empty, &d));
  AET_TEST(v->count == 0 && d->count == 0);
  AET_TEST_CALL(AetVacanciesDestroy(&v));
  AET_TEST_CALL(AetDislocationsDestroy(&d));
  AET_TEST_CALL(AetLatticeDestroy(&empty));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

AET_TEST_MAIN("defects of the lattice", {"vacancies", TestVacancies}, {"dislocations", TestDislocations}, {"faults", TestPlanes},
              {"two vacancies", TestPair}, {"a line", TestLine}, {"none", TestNone})
