/* Order of atoms, and comparisons whose answer is known. */
#include "mpi_test.h"
#include <aet4d/atoms.h>

enum { SIDE = 9, TOTAL = SIDE * SIDE * SIDE };

static int rank, size;

static void Site(int i, double x[3])
{
  for (int a = 0, d = 1; a < 3; a++, d *= SIDE) x[a] = 2.8 * (i / d % SIDE) - 11 + 0.2 * AetRandomUniform(9, (uint64_t)a, (uint64_t)i);
}

/* Sites i ≡ rank of a scrambled round robin, so no rank begins with a sorted block; every `skip`-th site left out; moved by `shift`. */
static AetAtoms Lattice(int skip, const double shift[3], double noise)
{
  const char *symbols[] = {"Fe", "Pt"};
  AetAtoms    atoms;
  PetscInt    count = 0;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  for (int i = 0; i < TOTAL; i++) count += (i * 7) % TOTAL % size == rank && (!skip || i % skip);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, count, 2, symbols, &atoms));
  count = 0;
  for (int i = 0; i < TOTAL; i++) {
    if ((i * 7) % TOTAL % size != rank || (skip && i % skip == 0)) continue;
    Site(i, atoms->position + 3 * count);
    for (int a = 0; a < 3; a++) atoms->position[3 * count + a] += shift[a] + noise * AetRandomNormal(4, (uint64_t)a, (uint64_t)i);
    atoms->species[count] = i % 5 == 0;
    atoms->intensity[count] = i;
    count++;
  }
  AET_TEST_CALL(AetAtomsSort(atoms));
  return atoms;
}

static void TestOrder(void)
{
  const double none[3] = {0};
  AetAtoms     atoms = Lattice(0, none, 0);
  double      *x;
  int         *species, wrong = 0;
  ptrdiff_t    start, count;

  AetBlock(TOTAL, rank, size, &start, &count);
  AET_TEST(atoms->total == TOTAL && atoms->count == count && (atoms->start == start || !count));
  for (PetscInt i = 0; i < atoms->count; i++) { /* the columns travel with their atom */
    double site[3];
    Site((int)atoms->intensity[i], site);
    for (int a = 0; a < 3; a++) wrong += site[a] != atoms->position[3 * i + a];
    wrong += atoms->species[i] != ((int)atoms->intensity[i] % 5 == 0);
  }
  AET_TEST_CALL(AetAtomsGather(atoms, &x, &species));
  for (int i = 1; i < TOTAL; i++) wrong += x[3 * i + 2] < x[3 * i - 1] - 1e-4;
  AET_TEST(wrong == 0);
  PetscFree(x);
  PetscFree(species);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST(atoms == NULL);
}

/* Atoms taken out, put back, and copied: the list is the same as before. */
static void TestSelectAppend(void)
{
  const double none[3] = {0};
  const char  *other[] = {"Pt", "Cu"};
  AetAtoms     atoms = Lattice(0, none, 0), all, odd;
  PetscInt     odd_total = 0;
  int          wrong = 0;
  char        *keep;

  for (int i = 0; i < TOTAL; i++) odd_total += i % 2;
  for (PetscInt i = 0; i < atoms->count; i++)
    atoms->probability[2 * i + atoms->species[i]] = 0.9, atoms->sigma[3 * i] = atoms->intensity[i];
  AET_TEST_CALL(AetAtomsCopy(atoms, &all));
  AET_TEST_CALL(AetAtomsCopy(atoms, &odd));
  keep = calloc((size_t)atoms->count + 1, 1);
  for (PetscInt i = 0; i < atoms->count; i++) keep[i] = (int)atoms->intensity[i] % 2 == 0;
  AET_TEST_CALL(AetAtomsSelect(atoms, keep));
  for (PetscInt i = 0; i < odd->count; i++) keep[i] = !keep[i];
  AET_TEST_CALL(AetAtomsSelect(odd, keep));
  AET_TEST(odd->total == odd_total && atoms->total == TOTAL - odd_total);
  AET_TEST_CALL(AetAtomsAppend(atoms, odd));
  AET_TEST(atoms->total == TOTAL && atoms->count == all->count && atoms->start == all->start);
  for (PetscInt i = 0; i < atoms->count; i++) {
    for (int a = 0; a < 3; a++) wrong += atoms->position[3 * i + a] != all->position[3 * i + a];
    wrong += atoms->species[i] != all->species[i] || atoms->intensity[i] != all->intensity[i] || atoms->confidence[i] != 0.9;
    wrong += atoms->sigma[3 * i] != atoms->intensity[i] || atoms->probability[2 * i + atoms->species[i]] != 0.9;
  }
  AET_TEST(wrong == 0);
  free(keep);
  AET_TEST_CALL(AetAtomsDestroy(&odd));
  /* species by name: Pt is Pt in both lists, Cu is new */
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, rank == size - 1 ? 2 : 0, 2, other, &odd));
  if (rank == size - 1) {
    odd->position[0] = 500, odd->position[3] = 600;
    odd->species[1] = 1;
    odd->probability[0] = 0.8, odd->probability[1] = 0.2, odd->probability[3] = 1;
  }
  AET_TEST_CALL(AetAtomsAppend(atoms, odd));
  AET_TEST(atoms->total == TOTAL + 2 && atoms->species_count == 3 && !strcmp(atoms->symbol[2], "Cu"));
  wrong = 0;
  for (PetscInt i = 0; i < atoms->count; i++) {
    const double *p = atoms->probability + 3 * i;
    if (atoms->position[3 * i] == 500) wrong += atoms->species[i] != 1 || p[0] != 0 || p[1] != 0.8 || p[2] != 0.2;
    if (atoms->position[3 * i] == 600) wrong += atoms->species[i] != 2 || p[2] != 1;
  }
  AET_TEST(wrong == 0);
  AET_TEST_CALL(AetAtomsDestroy(&odd));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetAtomsDestroy(&all));
}

static void TestShift(void)
{
  const double     none[3] = {0}, shift[3] = {0.31, -0.2, 0.44};
  AetAtoms         truth = Lattice(0, none, 0), found = Lattice(0, shift, 0);
  AetCompareResult r;

  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.found == TOTAL && r.truth == TOTAL && r.paired == TOTAL);
  AET_TEST_CLOSE(r.recall, 1, 0);
  AET_TEST_CLOSE(r.precision, 1, 0);
  AET_TEST_CLOSE(r.species_agreement, 1, 0);
  AET_TEST_CLOSE(r.rmsd_pm, 0, 1e-6);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(r.shift_angstrom[a], shift[a], 1e-9);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

static void TestMissingAndNoise(void)
{
  const double     none[3] = {0};
  AetAtoms         truth = Lattice(0, none, 0), found = Lattice(3, none, 0.1);
  AetCompareResult r, back;

  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST_CLOSE(r.recall, 2.0 / 3, 1e-12);
  AET_TEST_CLOSE(r.precision, 1, 0);
  AET_TEST_CLOSE(r.rmsd_pm, 10 * sqrt(3), 0.6);        /* 0.1 Å on each of three axes */
  AET_TEST_CLOSE(r.percentile95_pm, 10 * 2.7955, 1.5); /* of the Maxwell distribution */
  AET_TEST_CALL(AetCompare(truth, found, 1.5, &back));
  AET_TEST_CLOSE(back.precision, r.recall, 0);
  AET_TEST_CLOSE(back.rmsd_pm, r.rmsd_pm, 1e-9);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

static void TestBox(void)
{
  const double       none[3] = {0};
  AetAtoms           truth = Lattice(0, none, 0), found = Lattice(3, none, 0.1);
  AetCompareSettings settings = {.cutoff_angstrom = 1.5, .box = {-100, 100, -6.9, 6.9, -100, 100}, .reference_box = PETSC_TRUE};
  AetCompareResult   r;
  PetscInt           inside = 0, kept = 0;

  for (int i = 0; i < TOTAL; i++) {
    double x[3];
    Site(i, x);
    inside += fabs(x[1]) <= 6.9;
    kept += fabs(x[1]) <= 6.9 && i % 3;
  }
  AET_TEST_CALL(AetCompareWithin(found, truth, &settings, &r));
  AET_TEST(r.truth == inside && r.paired == kept);
  AET_TEST(r.found <= kept && r.found > kept / 2);
  AET_TEST_CLOSE(r.precision, 1, 0); /* a partner outside the box is a partner */
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

/* Known misnamings, losses, additions, differences and standard deviations. */
static void TestStatistics(void)
{
  const double     none[3] = {0}, noise[3] = {0.05, 0.1, 0.15};
  const char      *other[] = {"Cu"};
  AetAtoms         truth = Lattice(0, none, 0), found = Lattice(7, none, 0), extra;
  AetCompareResult r;
  PetscInt         light = 0, heavy = 0, lost[2] = {0}, renamed = 0, inside = 0, pairs = 0;

  for (int i = 0; i < TOTAL; i++) {
    *(i % 5 ? &light : &heavy) += 1;
    if (i % 7 == 0) lost[i % 5 == 0]++;
    renamed += i % 7 && i % 5 && i % 11 == 0;
  }
  for (PetscInt k = 0; k < found->count; k++) {
    const int i = (int)found->intensity[k];
    if (i % 5 && i % 11 == 0) found->species[k] = 1; /* light ones called heavy */
    found->probability[2 * k + found->species[k]] = i % 2 ? 0.9 : 0.7;
    for (int a = 0; a < 3; a++) {
      found->position[3 * k + a] += noise[a] * AetRandomNormal(4, (uint64_t)a, (uint64_t)i);
      if (i % 3) found->sigma[3 * k + a] = noise[a];
    }
  }
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, rank ? 0 : 1, 1, other, &extra));
  if (!rank) extra->position[0] = 40;
  AET_TEST_CALL(AetAtomsAppend(found, extra));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.species_count == 3 && !strcmp(r.symbol[0], "Fe") && !strcmp(r.symbol[1], "Pt") && !strcmp(r.symbol[2], "Cu"));
  AET_TEST(r.confusion[0][1] == renamed && r.confusion[0][3] == lost[0] && r.confusion[1][3] == lost[1]);
  AET_TEST(r.confusion[0][0] == light - lost[0] - renamed && r.confusion[1][1] == heavy - lost[1] && r.confusion[1][0] == 0);
  AET_TEST(r.confusion[3][2] == 1 && r.confusion[3][0] == 0 && r.precision_species[2] == 0 && r.recall_species[2] < 0);
  AET_TEST_CLOSE(r.recall_species[0], (double)(light - lost[0] - renamed) / (double)light, 1e-12);
  AET_TEST_CLOSE(r.precision_species[1], (double)(heavy - lost[1]) / (double)(heavy - lost[1] + renamed), 1e-12);
  AET_TEST_CLOSE(r.species_agreement, 1 - (double)renamed / (double)r.paired, 1e-12);
  AET_TEST_CLOSE(r.expected_agreement, 0.8, 0.01);
  for (int a = 0; a < 3; a++) AET_TEST_CLOSE(r.rmsd_axis_pm[a], 100 * noise[a], 8 * noise[a]);
  AET_TEST_CLOSE(r.rmsd_pm, 100 * sqrt(0.0025 + 0.01 + 0.0225), 1);
  AET_TEST_CLOSE(r.rmsd_species_pm[1], r.rmsd_pm, 2.5);
  AET_TEST(r.with_sigma > r.paired / 2 && r.with_sigma < r.paired);
  for (int a = 0; a < 3; a++) {
    AET_TEST_CLOSE(r.within[a][0], 0.683, 0.06);
    AET_TEST_CLOSE(r.within[a][1], 0.954, 0.04);
  }
  for (int b = 0; b < AET_COMPARE_BINS; b++) pairs += r.distances[b], inside += b * r.bin_pm < 18.7 ? r.distances[b] : 0;
  AET_TEST(pairs == r.paired);
  AET_TEST_CLOSE((double)inside / (double)pairs, 0.68, 0.1);
  pairs = 0;
  for (int b = 0; b < 2 * AET_COMPARE_BINS; b++) pairs += r.differences[2][b];
  AET_TEST(pairs == r.paired);
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetAtomsDestroy(&found));
  AET_TEST_CALL(AetAtomsDestroy(&extra));
}

static void Map(AetAtoms atoms, const double R[9], const double shift[3])
{
  for (PetscInt i = 0; i < atoms->count; i++) {
    double y[3];
    for (int k = 0; k < 3; k++)
      y[k] = R[3 * k] * atoms->position[3 * i] + R[3 * k + 1] * atoms->position[3 * i + 1] + R[3 * k + 2] * atoms->position[3 * i + 2] +
             shift[k];
    memcpy(atoms->position + 3 * i, y, sizeof y);
  }
}

/* A crystal of two species, an eighth of it lost, all of it noisy: turned, mirrored, its axes exchanged. */
static void TestAlign(void)
{
  const double       none[3] = {0}, shift[3] = {3.1, -12, 7.7}, exchange[9] = {0, 1, 0, 1, 0, 0, 0, 0, 1};
  double             turn[9];
  AetCompareSettings settings = {.cutoff_angstrom = 1.5};
  AetCompareResult   straight, r;

  for (int i = 0; i < 6; i++) settings.box[i] = i % 2 ? INFINITY : -INFINITY;
  AetRotationFromAngles(AET_ANGLES_ZYX, (const double[3]){23, 47, -71}, turn);
  for (int which = 0; which < 4; which++) { /* turned; turned and mirrored; exchanged; not moved at all */
    AetAtoms truth = Lattice(0, none, 0), found = Lattice(8, none, 0.1), back;
    settings.align = AET_ALIGN_TRANSLATION;
    settings.mirror = PETSC_FALSE;
    AET_TEST_CALL(AetCompareWithin(found, truth, &settings, &straight));
    AET_TEST_CALL(AetAtomsCopy(found, &back));
    if (which < 3) Map(back, which < 2 ? turn : exchange, shift);
    for (PetscInt i = 0; i < back->count && which == 1; i++) back->position[3 * i] *= -1;
    AET_TEST_CALL(AetAtomsSort(back));
    if (which < 3) {
      AET_TEST_CALL(AetCompareWithin(back, truth, &settings, &r));
      AET_TEST(r.recall < 0.9 * straight.recall || r.rmsd_pm > 3 * straight.rmsd_pm);
    }
    settings.align = which == 2 ? AET_ALIGN_AXES : which == 3 ? AET_ALIGN_NONE : AET_ALIGN_RIGID;
    settings.mirror = which == 1 || which == 2;
    AET_TEST_CALL(AetCompareWithin(back, truth, &settings, &r));
    AET_TEST_CLOSE(r.recall, straight.recall, 0);
    AET_TEST_CLOSE(r.rmsd_pm, straight.rmsd_pm, 0.2);
    AET_TEST_CLOSE(r.species_agreement, 1, 0);
    for (int k = 0; k < 9 && which == 0; k++) AET_TEST_CLOSE(r.rotation[k], turn[3 * (k % 3) + k / 3], 2e-3); /* the inverse */
    AET_TEST_CALL(AetAtomsDestroy(&truth));
    AET_TEST_CALL(AetAtomsDestroy(&found));
    AET_TEST_CALL(AetAtomsDestroy(&back));
  }
}

static void TestEmpty(void)
{
  const double     none[3] = {0};
  const char      *symbols[] = {"Fe"};
  AetAtoms         truth = Lattice(0, none, 0), found;
  AetCompareResult r;

  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, 0, 1, symbols, &found));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.recall == 0 && r.precision == 0 && r.rmsd_pm == 0 && r.paired == 0);
  AET_TEST(r.confusion[0][2] + r.confusion[1][2] == TOTAL && r.expected_agreement < 0 && r.with_sigma == 0);
  AET_TEST_CALL(AetCompare(found, found, 1.5, &r));
  AET_TEST(r.recall == 0 && r.truth == 0 && r.rmsd_species_pm[0] < 0);
  if (!rank && truth->count) truth->position[0] = NAN;
  AET_TEST(AetCompare(found, truth, 1.5, &r) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "reference atom") != NULL);
  AetErrorClear();
  AET_TEST_CALL(AetAtomsDestroy(&truth));
  AET_TEST_CALL(AetAtomsDestroy(&found));
}

static void TestOptions(void)
{
  AetCompareSettings settings;

  AET_TEST_CALL(AetOptionsRegister(&AetCompareOptions));
  AET_TEST_CALL(AetCompareSettingsFromOptions(&settings));
  AET_TEST(settings.cutoff_angstrom == 1.5 && settings.box[0] == -INFINITY && settings.box[5] == INFINITY && !settings.reference_box);
  PetscOptionsSetValue(NULL, "-compare_box", "-10,10,-5,5,-1e9,1e9");
  AET_TEST_CALL(AetCompareSettingsFromOptions(&settings));
  AET_TEST(settings.box[0] == -10 && settings.box[3] == 5 && settings.box[5] == 1e9);
  PetscOptionsSetValue(NULL, "-compare_box", "1,2,3");
  AET_TEST(AetCompareSettingsFromOptions(&settings) == AET_ERR_INPUT);
  AET_TEST(strstr(AetErrorMessage(), "compare_box") != NULL);
  AetErrorClear();
  PetscOptionsClearValue(NULL, "-compare_box");
}

AET_TEST_MAIN("compare", {"documented order", TestOrder}, {"select, append, copy", TestSelectAppend}, {"known shift", TestShift},
              {"missing atoms and noise", TestMissingAndNoise}, {"box", TestBox}, {"species, axes, sigma", TestStatistics},
              {"alignment", TestAlign}, {"nothing found", TestEmpty}, {"options", TestOptions})
