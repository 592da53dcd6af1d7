/* Atoms written and read again; models of other programs. */
#include "io/io_test.h"
#include <aet4d/atoms.h>

static const char *symbols[] = {"Fe", "Pt", "Ta"};

static AetAtoms Some(int total)
{
  AetAtoms  atoms;
  int       rank, size;
  ptrdiff_t start, count;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  AetBlock(total, rank, size, &start, &count);
  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, (PetscInt)count, 3, symbols, &atoms));
  for (ptrdiff_t i = 0; i < count; i++) {
    for (int a = 0; a < 3; a++) atoms->position[3 * i + a] = 60 * AetRandomUniform(8, (uint64_t)a, (uint64_t)(start + i)) - 30;
    atoms->species[i] = (int)((start + i) % 3);
    atoms->intensity[i] = 100 + (double)(start + i);
    atoms->confidence[i] = 1.0 / (1 + (double)(start + i));
    for (int a = 0; a < 3; a++) atoms->sigma[3 * i + a] = 0.01 * (a + 1), atoms->sigma_total[3 * i + a] = 0.02 * (a + 1);
    atoms->p_found[i] = 0.75;
    if ((start + i) % 4) /* for the fourth only the confidence is known */
      for (int s = 0; s < 3; s++) atoms->probability[3 * i + s] = 0.3 * AetRandomUniform(8, (uint64_t)(10 + s), (uint64_t)(start + i));
  }
  AET_TEST_CALL(AetAtomsSort(atoms));
  return atoms;
}

static void Same(AetAtoms a, AetAtoms b, double tolerance)
{
  double farthest = 0, other = 0, apart = 0;
  int    wrong = a->total != b->total || a->count != b->count;

  for (PetscInt i = 0; i < a->count && i < b->count; i++) {
    for (int k = 0; k < 3; k++) farthest = fmax(farthest, fabs(a->position[3 * i + k] - b->position[3 * i + k]));
    wrong += strcmp(a->symbol[a->species[i]], b->symbol[b->species[i]]) != 0;
    other = fmax(other, fabs(a->intensity[i] - b->intensity[i]) + fabs(a->confidence[i] - b->confidence[i]));
    for (int s = 0; s < 3; s++) {
      other = fmax(other, fabs(a->probability[3 * i + s] - b->probability[3 * i + s]) + fabs(a->sigma[3 * i + s] - b->sigma[3 * i + s]) +
                              fabs(a->sigma_total[3 * i + s] - b->sigma_total[3 * i + s]) + fabs(a->p_found[i] - b->p_found[i]));
      if (s == a->species[i]) apart = fmax(apart, fabs(b->probability[3 * i + s] - b->confidence[i]));
    }
  }
  AET_TEST(wrong == 0);
  AET_TEST_CLOSE(farthest, 0, tolerance);
  AET_TEST_CLOSE(other, 0, tolerance);
  AET_TEST_CLOSE(apart, 0, 1e-9); /* the confidence is the probability of the name */
}

static void TestRoundTrip(void)
{
  const int totals[] = {2, 0, 57}; /* fewer atoms than ranks, none at all */
  char      path[300];

  for (int t = 0; t < 3; t++) {
    AetAtoms atoms = Some(totals[t]), back;
    AET_TEST_CALL(AetAtomsWrite(atoms, TestPath("atoms.h5", path, sizeof path)));
    AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &back));
    AET_TEST(back->species_count == 3 && !strcmp(back->symbol[2], "Ta"));
    Same(atoms, back, 0);
    AET_TEST_CALL(AetAtomsDestroy(&back));
    AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, TestPath("atoms.xyz", path, sizeof path), &back));
    AET_TEST(back->species_count == 3 && !strcmp(back->symbol[2], "Ta"));
    Same(atoms, back, 1e-6);
    AET_TEST_CALL(AetAtomsDestroy(&back));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

/* What follows from a confidence alone, and from probabilities. */
static void TestAgreement(void)
{
  AetAtoms atoms;

  AET_TEST_CALL(AetAtomsCreate(MPI_COMM_WORLD, 3, 3, symbols, &atoms));
  atoms->confidence[0] = 0.7;
  atoms->species[1] = 2, atoms->confidence[1] = 0.1, atoms->probability[3] = 0.4, atoms->probability[5] = 0.6;
  AET_TEST_CALL(AetAtomsAgree(atoms));
  AET_TEST(atoms->probability[0] == 0.7 && fabs(atoms->probability[1] - 0.15) < 1e-12 && fabs(atoms->probability[2] - 0.15) < 1e-12);
  AET_TEST(atoms->confidence[1] == 0.6 && atoms->probability[4] == 0);
  AET_TEST(atoms->confidence[2] == 0 && atoms->probability[6] == 0 && atoms->probability[8] == 0); /* nothing known */
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void WriteText(const char *name, const char *text, char *path, size_t size)
{
  int rank;

  TestPath(name, path, size);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    FILE *out = fopen(path, "w");
    fputs(text, out);
    fclose(out);
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

/* One table in three shapes. */
static void TestTables(void)
{
  const char *text[] = {"1 2 3\n4 5 6\n-7 8 9\n0 1 2\n1 1 1\n", "1 4 -7 0 1\n2 5 8 1 1\n3 6 9 2 1\n",
                        "2 1 2 3\n2 4 5 6\n1 -7 8 9\n1 0 1 2\n1 1 1 1\n"};
  char        path[300];

  for (int t = 0; t < 3; t++) {
    AetAtoms atoms;
    double  *x;
    int     *species;
    WriteText("table.txt", text[t], path, sizeof path);
    AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms));
    AET_TEST(atoms->total == 5 && atoms->species_count == (t == 2 ? 2 : 1));
    AET_TEST_CALL(AetAtomsGather(atoms, &x, &species));
    AET_TEST(x[2] == 1 && x[5] == 2 && x[8] == 3 && x[9] == 4 && x[12] == -7 && x[13] == 8 && x[14] == 9);
    PetscFree(x);
    PetscFree(species);
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

static void Refused(const char *path, PetscErrorCode expected, const char *word)
{
  AetAtoms       atoms;
  PetscErrorCode code = AetAtomsRead(MPI_COMM_WORLD, path, &atoms);

  if (code != expected || !strstr(AetErrorMessage(), word)) fprintf(stderr, "code %d, %s\n", (int)code, AetErrorMessage());
  AET_TEST(code == expected && !atoms);
  AET_TEST(strstr(AetErrorMessage(), word) != NULL);
  AetErrorClear();
}

static void TestBad(void)
{
  char path[300];

  Refused(TestPath("missing.xyz", path, sizeof path), AET_ERR_OPEN, "missing.xyz");
  WriteText("five.txt", "1 2 3 4 5\n1 2 3 4 5\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "3 columns");
  WriteText("short.xyz", "4\n\nFe 1 2 3\nFe 4 5 6\n", path, sizeof path);
  Refused(path, AET_ERR_READ, "short.xyz");
  WriteText("sure.xyz", "1\nProperties=species:S:1:pos:R:3:confidence:R:1\nFe 1 2 3 1.5\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "confidence from 0 to 1");
  WriteText("spread.xyz", "1\nProperties=species:S:1:pos:R:3:sigma:R:3\nFe 1 2 3 0.1 nan 0.1\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "sigma");
  WriteText("word.xyz", "1\nProperties=species:S:1:pos:R:3:intensity:R:1\nFe 1 2 3 much\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "line 3");
  WriteText("nan.txt", "1 2 3\n4 nan 6\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "nan.txt");
  WriteText("many.xyz", "9\n\nH 1 2 3\nHe 4 5 6\nLi 0 0 0\nBe 0 0 1\nB 0 0 2\nC 0 0 3\nN 0 0 4\nO 0 0 5\nF 0 0 6\n", path, sizeof path);
  Refused(path, AET_ERR_DATA, "8 species");
}

/* Models that people published. */
static void TestPublished(void)
{
  char     path[400];
  AetAtoms atoms;

  if (AetTestData("tilt/ta_film_band2/published_atoms_Ta_A.xyz", path, sizeof path)) {
    AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms));
    AET_TEST(atoms->total == 1414 && atoms->species_count == 1 && !strcmp(atoms->symbol[0], "Ta"));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
  if (AetTestData("atoms/hea/Final_atomic_model_HEA_25_nanoparticle.mat", path, sizeof path)) {
    AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms)); /* (3,N) `model` and the types `atoms` */
    AET_TEST(atoms->total == 3381 && atoms->species_count == 3);
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
  }
}

static void TestEnd(void)
{
  TestFolderRemove();
}

AET_TEST_MAIN("atoms file", {"round trip", TestRoundTrip}, {"agreement", TestAgreement}, {"tables", TestTables}, {"refused", TestBad},
              {"published models", TestPublished}, {"clean up", TestEnd})
