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
  AetCompareSettings settings = {1.5, {-100, 100, -6.9, 6.9, -100, 100}, PETSC_TRUE};
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

static void TestEmpty(void)
{
  const double     none[3] = {0};
  const char      *symbols[] = {"Fe"};
  AetAtoms         truth = Lattice(0, none, 0), found;
  AetCompareResult r;

  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, 0, 1, symbols, &found));
  AET_TEST_CALL(AetCompare(found, truth, 1.5, &r));
  AET_TEST(r.recall == 0 && r.precision == 0 && r.rmsd_pm == 0 && r.paired == 0);
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
              {"missing atoms and noise", TestMissingAndNoise}, {"box", TestBox}, {"nothing found", TestEmpty}, {"options", TestOptions})
