/* Strain of specimens of known strain. */
#include "strain_test.h"
#include "structure/kernel/bonds.h"
#include "structure/kernel/local_line.h"

/* The line through values that are linear, and the variance of its slopes against many draws. */
static void TestLine(void)
{
  enum { POINTS = 40, DRAWS = 4000 };
  const double gradient[9] = {0.01, -0.02, 0.03, 0.04, 0.05, -0.06, 0.07, 0.08, 0.09};
  double       d[POINTS][3], u[POINTS][3], v[POINTS][3], w[POINTS], expected[6], strain[6], rotation[3], sum[6] = {0};
  AetLocalLine line;

  for (int k = 0; k < POINTS; k++) {
    for (int a = 0; a < 3; a++) d[k][a] = 4 * AetRandomNormal(1, 1, (uint64_t)(3 * k + a)) + 1, v[k][a] = 0.01 * (1 + a) * (1 + k % 3);
    for (int a = 0; a < 3; a++) u[k][a] = a + gradient[3 * a] * d[k][0] + gradient[3 * a + 1] * d[k][1] + gradient[3 * a + 2] * d[k][2];
    w[k] = exp(-0.02 * (d[k][0] * d[k][0] + d[k][1] * d[k][1] + d[k][2] * d[k][2]));
  }
  AET_TEST(AetLocalLineFit(POINTS, (const double(*)[3])d, (const double(*)[3])u, w, &line));
  for (int i = 0; i < 9; i++) AET_TEST_CLOSE(line.gradient[i], gradient[i], 1e-13);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(line.value[a], a, 1e-13);
  AetLocalStrain(line.gradient, strain, rotation);
  AET_TEST_CLOSE(strain[0], 0.01, 1e-12);
  AET_TEST_CLOSE(strain[3], 0.5 * (-0.06 + 0.08), 1e-12);
  AET_TEST_CLOSE(rotation[0], 0.5 * (0.08 + 0.06), 1e-12);
  AET_TEST_CLOSE(rotation[2], 0.5 * (0.04 + 0.02), 1e-12);
  AetLocalLineVariance(POINTS, (const double(*)[3])d, w, (const double(*)[3])v, &line, expected);
  for (int t = 0; t < DRAWS; t++) {
    for (int k = 0; k < POINTS; k++)
      for (int a = 0; a < 3; a++) u[k][a] = sqrt(v[k][a]) * AetRandomNormal(2, (uint64_t)t, (uint64_t)(3 * k + a));
    AetLocalLineFit(POINTS, (const double(*)[3])d, (const double(*)[3])u, w, &line);
    AetLocalStrain(line.gradient, strain, rotation);
    for (int c = 0; c < 6; c++) sum[c] += strain[c] * strain[c] / DRAWS;
  }
  for (int c = 0; c < 6; c++) AET_TEST_CLOSE(sum[c] / expected[c], 1, 0.1);
  for (int k = 0; k < POINTS; k++) d[k][2] = 0;
  AET_TEST(!AetLocalLineFit(POINTS, (const double(*)[3])d, (const double(*)[3])u, w, &line));
}

/* The bonds of a deformed cell give its deformation, whichever bonds are there. */
static void TestBonds(void)
{
  const double F[9] = {1.02, 0.01, 0, 0, 0.97, 0.02, -0.01, 0, 1.01};

  for (int kind = 0; kind < AET_SITES_KINDS; kind++) {
    int    offset[AET_SITES_NEAR][3], count = AetSitesNeighbours(kind, 0, offset);
    double cell[9], bond[AET_SITES_NEAR][3], found[9], d2;
    AetSitesCell(kind, cell);
    for (int k = 0; k < count; k++) {
      double f[3], x[3];
      AetSitesFraction(kind, offset[k], f);
      AetSitesVector(cell, f, x);
      for (int a = 0; a < 3; a++) bond[k][a] = F[3 * a] * x[0] + F[3 * a + 1] * x[1] + F[3 * a + 2] * x[2];
    }
    AET_TEST(AetBondsDeformation(kind, 0, cell, count - 1, (const double(*)[3])bond, found, &d2));
    for (int i = 0; i < 9; i++) AET_TEST_CLOSE(found[i], F[i], 1e-12);
    AET_TEST_CLOSE(d2, 0, 1e-20);
    AET_TEST(!AetBondsDeformation(kind, 0, cell, 3, (const double(*)[3])bond, found, &d2) && found[0] == 0);
  }
}

/* Without noise a uniform strain is found exactly, at the surface too; the second estimate agrees. */
static void TestUniform(void)
{
  Sample     s = SampleMake(STRAINED "diameter_angstrom 30", 1, 0, 0);
  AetLattice l = SampleLatticeOf(&s, 3.87);
  AetStrain  e;
  double     worst = 0, bonds = 0;

  AET_TEST_CALL(AetStrainCreate(s.atoms, l, 3.89, &e));
  for (PetscInt i = 0; i < s.count; i++) {
    const double *E = s.specimen.strain + 6 * s.from[i];
    for (int c = 0; c < 6; c++) worst = fmax(worst, fabs(e->strain[i][c] - E[c]));
    for (int c = 0; c < 3 && e->deformation[i][0] != 0; c++) bonds = fmax(bonds, fabs(e->deformation[i][4 * c] - 1 - E[c]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-9);
  AET_TEST_CLOSE(bonds, 0, 1e-9);
  AET_TEST_CALL(AetStrainDestroy(&e));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

/* Stated standard deviations against the errors, over several noises, to the surface: a small particle has few independent places. */
static void TestSigma(void)
{
  enum { SEEDS = 6 };

  for (int given = 0; given < 2; given++) {
    double ratio[6] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      const Errors r = Noisy(STRAINED GRADIENT "diameter_angstrom 36", 3.89, seed, 0.01, 0.5, given);
      for (int c = 0; c < 6; c++) ratio[c] += r.ratio[c] * r.ratio[c] / SEEDS;
    }
    for (int c = 0; c < 6; c++) AET_TEST_CLOSE(sqrt(ratio[c]), 1, 0.3);
  }
}

/* A particle that turned by 1 degree about z since the reference shows that rotation, and no strain beyond its second order. */
static void TestRotation(void)
{
  const double       angle = M_PI / 180;
  AetLatticeSettings settings;
  AetNeighbours      neighbours;
  AetLattice         first, second;
  AetStrain          e;
  double             worst = 0;
  Sample             a = SampleMake("lattice_angstrom 3.87 diameter_angstrom 26 rotation_deg 13,29,41", 1, 0, 0);
  double            *turned = malloc(3 * (size_t)a.count * sizeof *turned);
  AetAtoms           atoms;

  for (PetscInt i = 0; i < a.count; i++) {
    const double *x = a.position + 3 * i;
    turned[3 * i] = cos(angle) * x[0] - sin(angle) * x[1], turned[3 * i + 1] = sin(angle) * x[0] + cos(angle) * x[1];
    turned[3 * i + 2] = x[2];
  }
  atoms = TestAtoms(a.count, turned);
  first = SampleLattice(&a, NULL);
  AetLatticeDefaults(&settings);
  AET_TEST_CALL(AetNeighboursCreate(atoms, 3.4, &neighbours));
  AET_TEST_CALL(AetLatticeCreateLike(neighbours, first, &settings, &second));
  AET_TEST_CALL(AetStrainCreate(atoms, second, 3.89, &e));
  for (PetscInt i = 0; i < a.count; i++) {
    worst = fmax(worst, fabs(e->rotation[i][2] - sin(angle)) + fabs(e->rotation[i][0]) + fabs(e->rotation[i][1]));
    worst = fmax(worst, fabs(e->strain[i][0] - cos(angle) + 1) + fabs(e->strain[i][5]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-9);
  AET_TEST_CALL(AetStrainDestroy(&e));
  AET_TEST_CALL(AetLatticeDestroy(&first));
  AET_TEST_CALL(AetLatticeDestroy(&second));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  free(turned);
  SampleFree(&a);
}

/* The grid has the strain of the atoms inside, nothing outside. */
static void TestGrid(void)
{
  const ptrdiff_t n[3] = {14, 15, 16};
  Sample          s = SampleMake(STRAINED "diameter_angstrom 30", 1, 0, 0);
  AetLattice      l = SampleLatticeOf(&s, 3.87);
  AetVolume       grid, strain[6], rotation[3], mask;
  AetStrain       e;
  double          worst = 0, inside = 0;

  AET_TEST_CALL(AetStrainCreate(s.atoms, l, 3.89, &e));
  AET_TEST_CALL(AetVolumeCreate(PETSC_COMM_WORLD, n, 3, &grid));
  AET_TEST_CALL(AetStrainGrid(s.atoms, l, e, grid, strain, rotation, &mask));
  for (ptrdiff_t v = 0; v < grid->z_count * n[1] * n[2]; v++) {
    inside += mask->data[v] > 0.9;
    for (int c = 0; c < 6; c++) worst = fmax(worst, fabs(strain[c]->data[v] - (mask->data[v] > 0 ? s.specimen.strain[c] : 0)));
    for (int c = 0; c < 3; c++) worst = fmax(worst, fabs(rotation[c]->data[v]));
  }
  AET_TEST_CLOSE(worst, 0, 1e-4);
  MPI_Allreduce(MPI_IN_PLACE, &inside, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  AET_TEST(27 * inside > 0.4 * M_PI / 6 * 27000 && 27 * inside < 1.1 * M_PI / 6 * 27000); /* of the particle of 30 Å */
  for (int c = 0; c < 6; c++) AET_TEST_CALL(AetVolumeDestroy(&strain[c]));
  for (int c = 0; c < 3; c++) AET_TEST_CALL(AetVolumeDestroy(&rotation[c]));
  AET_TEST_CALL(AetVolumeDestroy(&mask));
  AET_TEST_CALL(AetVolumeDestroy(&grid));
  AET_TEST_CALL(AetStrainDestroy(&e));
  AET_TEST_CALL(AetLatticeDestroy(&l));
  SampleFree(&s);
}

/* One rank and all ranks: the same bits. A width of nothing is refused. */
static void TestRanks(void)
{
  Sample     s = SampleMake(STRAINED "diameter_angstrom 22 twins [1]", 3, 0.2, 0.01);
  AetAtoms   alone = TestAtomsOn(MPI_COMM_SELF, s.count, s.position);
  AetLattice l = SampleLattice(&s, NULL);
  AetStrain  all, one;

  AET_TEST_CALL(AetStrainCreate(s.atoms, l, 3.89, &all));
  AET_TEST_CALL(AetStrainCreate(alone, l, 3.89, &one));
  AET_TEST(!memcmp(all->strain, one->strain, (size_t)s.count * sizeof *all->strain));
  AET_TEST(!memcmp(all->sigma, one->sigma, (size_t)s.count * sizeof *all->sigma));
  AET_TEST(!memcmp(all->deformation, one->deformation, (size_t)s.count * sizeof *all->deformation));
  AET_TEST_CALL(AetStrainDestroy(&all));
  AET_TEST_CALL(AetStrainDestroy(&one));
  TestRefused(AetStrainCreate(s.atoms, l, 0, &all), AET_ERR_INPUT, "width of the Gaussian");
  AET_TEST_CALL(AetLatticeDestroy(&l));
  AET_TEST_CALL(AetAtomsDestroy(&alone));
  SampleFree(&s);
}

/* Fewer atoms than ranks, and none at all: nothing is said, and nobody waits. */
static void TestFew(void)
{
  const double x[6] = {0, 0, 0, 2.7, 0, 0};

  for (ptrdiff_t count = 0; count <= 2; count += 2) {
    AetAtoms           atoms = TestAtoms(count, x);
    AetLatticeSettings settings;
    AetNeighbours      neighbours;
    AetLattice         l;
    AetStrain          e;
    AetLatticeDefaults(&settings);
    AET_TEST_CALL(AetNeighboursCreate(atoms, 3.4, &neighbours));
    AET_TEST_CALL(AetLatticeCreate(neighbours, &settings, &l));
    AET_TEST_CALL(AetStrainCreate(atoms, l, 3.89, &e));
    AET_TEST(l->grains == 0 && e->total == count && (count == 0 || e->density[0] == 0));
    AET_TEST_CALL(AetStrainDestroy(&e));
    AET_TEST_CALL(AetLatticeDestroy(&l));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

AET_TEST_MAIN("strain", {"local line", TestLine}, {"bonds", TestBonds}, {"uniform strain", TestUniform}, {"standard deviation", TestSigma},
              {"rotation", TestRotation}, {"grid", TestGrid}, {"any ranks", TestRanks}, {"few atoms", TestFew})
