/* The lattice fit on specimens whose lattice is known. */
#include "lattice_test.h"

/* Fraction of the atoms in a grain. */
static double Indexed(AetLattice l)
{
  PetscInt in = 0;

  for (PetscInt g = 0; g < l->grains; g++) in += l->sites[g];
  return (double)in / (double)l->total;
}

static void TestPerfect(void)
{
  static const char *const kinds[] = {"fcc", "hcp", "bcc"};

  for (int k = 0; k < 3; k++) {
    char       list[200];
    AetLattice l;
    Sample     s;
    snprintf(list, sizeof list, "structure %s lattice_angstrom 3.0 diameter_angstrom 24 rotation_deg 13,29,41", kinds[k]);
    s = SampleMake(list, 1, 0, 0);
    l = SampleLattice(&s, NULL);
    AET_TEST(l->grains == 1 && l->kind[0] == k);
    AET_TEST(l->sites[0] == l->total);
    AET_TEST_CLOSE(l->rms[0], 0, 1e-9);
    AET_TEST_CALL(AetLatticeDestroy(&l));
    SampleFree(&s);
  }
}

/* Of every pair of neighbours in one grain, the indices differ by what the specimen's sites differ by: the whole map is right, not only the
   number of its atoms. Perfect sites from the specimen without noise. */
static int WrongPairs(const Sample *s, AetLattice l)
{
  int wrong = 0;

  for (PetscInt i = 0; i < s->count; i += 7)
    for (PetscInt j = 0; j < i; j += 5) {
      double far = 0;
      if (l->grain[i] < 0 || l->grain[j] != l->grain[i]) continue;
      for (int a = 0; a < 3; a++) {
        double site[2][3];
        AetLatticeSite(l, l->grain[i], l->index[i], site[0]);
        AetLatticeSite(l, l->grain[i], l->index[j], site[1]);
        far += pow(site[0][a] - site[1][a] - s->specimen.position[3 * s->from[i] + a] + s->specimen.position[3 * s->from[j] + a], 2);
      }
      wrong += far > 1;
    }
  return wrong;
}

/* 20 pm of displacement, as much noise, 1 % lost, strained by several percent, vacancies; in three orientations. */
static void TestNoisy(void)
{
  static const char *const turn[3] = {"0,0,0", "13,29,41", "-77,51,160"};

  for (int k = 0; k < 3; k++) {
    char       list[300];
    AetLattice l;
    Sample     s;
    snprintf(list, sizeof list,
             "lattice_angstrom 3.87 diameter_angstrom 36 displacement_angstrom 0.2 strain_percent [3,-2,1,0,1,2] vacancies 4 "
             "rotation_deg %s",
             turn[k]);
    s = SampleMake(list, (uint64_t)k, 0.2, 0.01);
    l = SampleLattice(&s, NULL);
    AET_TEST(l->grains == 1 && l->kind[0] == AET_LATTICE_FCC);
    AET_TEST(Indexed(l) > 0.99);
    AET_TEST(WrongPairs(&s, l) == 0);
    AET_TEST(l->cell[0][0] > 0 && l->cell[0][4] > 0 && l->cell[0][8] > 0);
    for (PetscInt i = 0; i < l->total; i++) AET_TEST(l->grain[i] < 0 || (l->index[i][0] + l->index[i][1] + l->index[i][2]) % 2 == 0);
    AET_TEST_CALL(AetLatticeDestroy(&l));
    SampleFree(&s);
  }
}

/* The lattice that one rank finds is that of all ranks, bit by bit. */
static void TestRanks(void)
{
  AetLatticeSettings settings;
  AetNeighbours      neighbours;
  AetLattice         all, one;
  Sample             s = SampleMake("lattice_angstrom 3.87 diameter_angstrom 30 displacement_angstrom 0.2 twins [1]", 3, 0.2, 0.01);
  AetAtoms           alone = TestAtomsOn(MPI_COMM_SELF, s.count, s.position);

  AetLatticeDefaults(&settings);
  all = SampleLattice(&s, NULL);
  AET_TEST_CALL(AetNeighboursCreate(alone, 3.4, &neighbours));
  AET_TEST_CALL(AetLatticeCreate(neighbours, &settings, &one));
  AET_TEST(all->grains == 2 && one->grains == 2);
  AET_TEST(!memcmp(all->grain, one->grain, (size_t)s.count * sizeof *all->grain));
  AET_TEST(!memcmp(all->index, one->index, (size_t)s.count * sizeof *all->index));
  AET_TEST(!memcmp(all->displacement, one->displacement, (size_t)s.count * sizeof *all->displacement));
  AET_TEST(!memcmp(all->cell, one->cell, 2 * sizeof *all->cell));
  AET_TEST_CALL(AetLatticeDestroy(&all));
  AET_TEST_CALL(AetLatticeDestroy(&one));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&alone));
  SampleFree(&s);
}

/* Two twins: two grains, whose [111] axes agree. A stacking fault: two of one orientation. */
static void TestPlanes(void)
{
  static const char *const plane[2] = {"twins [3]", "stacking_faults [3]"};

  for (int k = 0; k < 2; k++) {
    char       list[300];
    AetLattice l;
    Sample     s;
    double     least = 0;
    snprintf(list, sizeof list, "lattice_angstrom 3.87 diameter_angstrom 40 displacement_angstrom 0.2 rotation_deg 13,29,41 %s", plane[k]);
    s = SampleMake(list, 5, 0.2, 0);
    l = SampleLattice(&s, NULL);
    AET_TEST(l->grains == 2 && Indexed(l) > 0.99);
    AET_TEST(WrongPairs(&s, l) == 0);
    for (int i = 0; i < 3; i++)
      for (int a = 0; a < 3; a++) least = fmax(least, fabs(l->cell[0][3 * i + a] - l->cell[1][3 * i + a]));
    AET_TEST(k ? least < 0.1 : least > 0.5);
    AET_TEST_CALL(AetLatticeDestroy(&l));
    SampleFree(&s);
  }
}

/* A glass has no lattice; too few atoms have none. */
static void TestNone(void)
{
  AetLattice l;
  Sample     s = SampleMake("structure amorphous diameter_angstrom 24", 1, 0, 0);

  l = SampleLattice(&s, NULL);
  AET_TEST(Indexed(l) < 0.05);
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
  s = SampleMake("shape cube shells 1", 1, 0, 0);
  l = SampleLattice(&s, NULL);
  AET_TEST(l->total == 14 && l->grains == 0);
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

static void TestSettings(void)
{
  AetLatticeSettings settings;
  AetNeighbours      neighbours;
  AetLattice         lattice;
  Sample             s = SampleMake("shape cube shells 2", 1, 0, 0);

  AetLatticeDefaults(&settings);
  settings.min_sites = 0;
  AET_TEST_CALL(AetNeighboursCreate(s.atoms, 3.4, &neighbours));
  TestRefused(AetLatticeCreate(neighbours, &settings, &lattice), AET_ERR_INPUT, "least number of sites");
  AET_TEST(lattice == NULL);
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  SampleFree(&s);
}

/* The undeformed cell of a stated constant: the displacements hold the strain. */
static void TestIdeal(void)
{
  AetLatticeSettings settings;
  AetLattice         l;
  Sample s = SampleMake("lattice_angstrom 3.87 diameter_angstrom 30 rotation_deg 13,29,41 strain_percent [1,2,-1,0,0,0]", 1, 0, 0);

  AetLatticeDefaults(&settings);
  settings.shape = AET_LATTICE_IDEAL;
  settings.lattice_angstrom = 3.87;
  l = SampleLattice(&s, &settings);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      double product = 0;
      for (int a = 0; a < 3; a++) product += l->cell[0][3 * i + a] * l->cell[0][3 * j + a];
      AET_TEST_CLOSE(product, i == j ? 3.87 * 3.87 : 0, 1e-9);
    }
  AET_TEST(l->rms[0] > 0.1 && l->rms[0] < 0.4);
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

/* Without the model's atom that has come from this one of the specimen. */
static void Without(Sample *s, PetscInt from)
{
  PetscInt kept = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    if (s->from[i] == from) continue;
    for (int a = 0; a < 3; a++) s->position[3 * kept + a] = s->position[3 * i + a];
    s->from[kept++] = s->from[i];
  }
  s->count = kept;
  AET_TEST_CALL(AetAtomsDestroy(&s->atoms));
  s->atoms = TestAtoms(s->count, s->position);
}

/* Another noise, other atoms lost, that of the origin among them: an atom at both times has the same index, grain and cell, twins among
 * them. */
static void TestLike(void)
{
  static const char *const what[2] = {"structure fcc lattice_angstrom 3.87 twins [2]", "structure hcp lattice_angstrom 2.75"};

  for (int k = 0; k < 2; k++) {
    AetLatticeSettings settings;
    AetNeighbours      neighbours;
    AetLattice         first, second;
    char               list[300];
    Sample             a, b;
    int                wrong = 0, both = 0;
    snprintf(list, sizeof list, "%s diameter_angstrom 32 displacement_angstrom 0.1 rotation_deg 40,21,5", what[k]);
    a = SampleMake(list, 11, 0.2, 0.01), b = SampleMake(list, 12, 0.2, 0.05);
    first = SampleLattice(&a, NULL);
    for (PetscInt i = 0; i < a.count; i++)
      if (first->grain[i] == 0 && !(first->index[i][0] || first->index[i][1] || first->index[i][2])) Without(&b, a.from[i]);
    AetLatticeDefaults(&settings);
    AET_TEST_CALL(AetNeighboursCreate(b.atoms, 3.4, &neighbours));
    AET_TEST_CALL(AetLatticeCreateLike(neighbours, first, &settings, &second));
    AET_TEST(second->grains == first->grains && first->grains == 2 - k);
    AET_TEST(!memcmp(first->cell, second->cell, (size_t)first->grains * sizeof *first->cell));
    for (PetscInt i = 0, j = 0; i < a.count; i++) {
      while (j < b.count && b.from[j] < a.from[i]) j++;
      if (j == b.count || b.from[j] != a.from[i] || first->grain[i] < 0 || second->grain[j] != first->grain[i]) continue;
      both++;
      wrong += memcmp(first->index[i], second->index[j], sizeof first->index[i]) != 0;
    }
    AET_TEST(wrong == 0 && both > 0.6 * a.count);
    AET_TEST_CALL(AetLatticeDestroy(&first));
    AET_TEST_CALL(AetLatticeDestroy(&second));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    SampleFree(&a);
    SampleFree(&b);
  }
}

AET_TEST_MAIN("lattice", {"perfect crystals", TestPerfect}, {"noise, strain, vacancies", TestNoisy}, {"twin and fault", TestPlanes},
              {"no lattice", TestNone}, {"settings", TestSettings}, {"undeformed cell", TestIdeal}, {"like another", TestLike},
              {"any ranks", TestRanks})
