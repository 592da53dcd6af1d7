/* Correction of a list of atoms: what was taken out, put in or renamed by hand is found, and nothing else; the user's edits; ranks. */
#include "mpi_test.h"
#include <aet4d/atoms.h>
#include <unistd.h>

enum { SIDE = 5, ATOMS = SIDE * SIDE * SIDE, VIEWS = 21, SIZE = 54, EACH = 3 };
static const char *const symbols[] = {"Fe", "Pt"};
static const double      heights[] = {1, 6.5}; /* as an annular detector has them: Z^1.7 */

/* A disordered cube of atoms, every fourth light; the same on every rank. */
static void Truth(double position[ATOMS][3], int species[ATOMS])
{
  for (int i = 0; i < ATOMS; i++) {
    const int cell[3] = {i % SIDE, i / SIDE % SIDE, i / SIDE / SIDE};
    for (int a = 0; a < 3; a++) position[i][a] = 2.7 * (cell[a] - 0.5 * (SIDE - 1)) + 0.1 * AetRandomNormal(7, 1, (uint64_t)(3 * i + a));
    species[i] = i % 4 != 0;
  }
}

/* Gaussian images of the atoms with noise. */
static void Measure(MPI_Comm comm, double noise, AetTiltSeries *tilt)
{
  double position[ATOMS][3], angles[VIEWS][3] = {{0}}, sigma = 0.42 / 0.4;
  int    species[ATOMS];

  Truth(position, species);
  for (int j = 0; j < VIEWS; j++) angles[j][1] = -70 + 140.0 * j / (VIEWS - 1);
  AET_TEST_CALL(AetTiltSeriesCreate(comm, VIEWS, SIZE, SIZE, 0.4, AET_ANGLES_ZYX, (const double(*)[3])angles, tilt));
  for (ptrdiff_t j = 0; j < (*tilt)->v_count; j++)
    for (ptrdiff_t p = 0; p < SIZE * SIZE; p++) {
      double sum = 0;
      for (int i = 0; i < ATOMS; i++) {
        double seen[3], dx, dy;
        AetRotate((*tilt)->rotation[(*tilt)->v_start + j], position[i], seen);
        dx = (double)(p % SIZE - SIZE / 2) - seen[0] / 0.4, dy = (double)(p / SIZE - SIZE / 2) - seen[1] / 0.4;
        if (dx * dx + dy * dy < 60)
          sum += heights[species[i]] / (2 * M_PI * sigma * sigma) * exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
      }
      sum += noise * sqrt(0.1 + sum) * AetRandomNormal(9, 4, (uint64_t)(((*tilt)->v_start + j) * SIZE * SIZE + p));
      (*tilt)->image[j * SIZE * SIZE + p] = (float)sum;
    }
}

/* Which atoms are wrong: spread over the cube, surface and inside, light and heavy. */
static int Missing(int i)
{
  return i % 42 == 17;
}
static int Renamed(int i)
{
  return i % 42 == 30;
}

/* The truth less some atoms, with some of the wrong species and some where there is nothing: in the middle of cells. */
static void Spoil(MPI_Comm comm, AetAtoms *atoms)
{
  double    position[ATOMS][3], wrong[ATOMS][3];
  int       species[ATOMS], named[ATOMS], count = 0, rank, size;
  ptrdiff_t start, mine;

  Truth(position, species);
  for (int i = 0; i < ATOMS; i++) {
    if (Missing(i)) continue;
    for (int a = 0; a < 3; a++) wrong[count][a] = position[i][a] + 0.05 * AetRandomNormal(8, 2, (uint64_t)(3 * i + a));
    named[count++] = Renamed(i) ? 1 - species[i] : species[i];
  }
  for (int k = 0; k < EACH; k++, count++) {
    for (int a = 0; a < 3; a++) wrong[count][a] = 2.7 * ((k * (a + 2) + a) % 4 - 1.5);
    named[count] = k % 2;
  }
  MPI_Comm_rank(comm, &rank), MPI_Comm_size(comm, &size);
  AetBlock(count, rank, size, &start, &mine);
  AET_TEST_CALL(AetAtomsCreate(comm, (PetscInt)mine, 2, symbols, atoms));
  for (ptrdiff_t i = 0; i < mine; i++) {
    memcpy((*atoms)->position + 3 * i, wrong[start + i], sizeof wrong[0]);
    (*atoms)->species[i] = named[start + i], (*atoms)->intensity[i] = heights[named[start + i]];
  }
}

/* Atoms of the truth that are in the list with their name, atoms that are no atoms, and the r.m.s. error in Å. */
static void Count(AetAtoms atoms, int *right, int *false_atoms, double *rms)
{
  double   truth[ATOMS][3], *found, square = 0;
  int      species[ATOMS], *named;
  PetscInt paired = 0;

  Truth(truth, species);
  AET_TEST_CALL(AetAtomsGather(atoms, &found, &named));
  *right = 0;
  for (int k = 0; k < ATOMS; k++)
    for (PetscInt i = 0; i < atoms->total; i++) {
      double distance = 0;
      for (int a = 0; a < 3; a++) distance += (found[3 * i + a] - truth[k][a]) * (found[3 * i + a] - truth[k][a]);
      if (distance > 0.25) continue;
      paired++, square += distance;
      *right += named[i] == species[k];
    }
  *false_atoms = (int)(atoms->total - paired);
  *rms = sqrt(square / (double)paired);
  AET_TEST_CALL(PetscFree(found));
  AET_TEST_CALL(PetscFree(named));
}

/* Whether an atom lies within 1.2 Å: it may be moved by 1 Å. */
static int Has(AetAtoms atoms, const double position[3])
{
  int mine = 0, all;

  for (PetscInt i = 0; i < atoms->count; i++) {
    double distance = 0;
    for (int a = 0; a < 3; a++) distance += (atoms->position[3 * i + a] - position[a]) * (atoms->position[3 * i + a] - position[a]);
    mine |= distance < 1.44;
  }
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, atoms->comm);
  return all;
}

static void Defaults(AetRefineSettings *refine, AetCorrectSettings *correct)
{
  AET_TEST_CALL(AetRefineSettingsFromOptions(refine));
  AET_TEST_CALL(AetCorrectSettingsFromOptions(correct));
  refine->cycles = 1, refine->probes = 0, refine->shifts = PETSC_FALSE;
  refine->profile = 2; /* Gaussian, as the images are */
}

typedef struct {
  AetTiltSeries      tilt;
  AetAtoms           atoms;
  AetRefineSettings  refine;
  AetCorrectSettings correct;
  AetRefineReport    refined;
  AetCorrectReport   report;
} Case;

static void Begin(Case *c, MPI_Comm comm, double noise)
{
  Defaults(&c->refine, &c->correct);
  Measure(comm, noise, &c->tilt);
  Spoil(comm, &c->atoms);
}

static void End(Case *c)
{
  AET_TEST_CALL(PetscFree(c->report.edit));
  AET_TEST_CALL(AetAtomsDestroy(&c->atoms));
  AET_TEST_CALL(AetTiltSeriesDestroy(&c->tilt));
}

/* All that was done to the list is undone, no more; what was added carries what an atom carries. */
static void Corrects(void)
{
  Case   c;
  int    right, wrong, dark = 0;
  double rms;

  Begin(&c, PETSC_COMM_WORLD, 0.05);
  Count(c.atoms, &right, &wrong, &rms);
  AET_TEST(right == ATOMS - 2 * EACH && wrong == EACH);
  AET_TEST_CALL(AetCorrect(c.atoms, c.tilt, &c.refine, &c.correct, 0, NULL, &c.refined, &c.report));
  Count(c.atoms, &right, &wrong, &rms);
  AET_TEST(right == ATOMS && wrong == 0 && c.atoms->total == ATOMS);
  AET_TEST(rms < 0.03);
  AET_TEST(c.report.added - EACH == c.report.deleted - EACH && c.report.swapped >= EACH && c.report.rounds < c.correct.rounds);
  AET_TEST(c.report.edits >= 3 * EACH);
  for (PetscInt i = 0; i < c.atoms->count; i++) dark += !(c.atoms->intensity[i] > 0);
  AET_TEST(!dark);
  End(&c);
}

/* With four times the noise it claims less, but what it claims is there. */
static void Noisy(void)
{
  Case   c;
  int    right, wrong;
  double rms;

  Begin(&c, PETSC_COMM_WORLD, 0.2);
  AET_TEST_CALL(AetCorrect(c.atoms, c.tilt, &c.refine, &c.correct, 0, NULL, &c.refined, &c.report));
  Count(c.atoms, &right, &wrong, &rms);
  AET_TEST(wrong <= 1 && right >= ATOMS - 4);
  End(&c);
}

/* Alone and together: the same bits, the same edits. */
static void Ranks(void)
{
  Case    c[2];
  double *position[2];
  int    *species[2];

  for (int k = 0; k < 2; k++) {
    Begin(&c[k], k ? PETSC_COMM_SELF : PETSC_COMM_WORLD, 0.05);
    c[k].correct.rounds = 1;
    AET_TEST_CALL(AetCorrect(c[k].atoms, c[k].tilt, &c[k].refine, &c[k].correct, 0, NULL, &c[k].refined, &c[k].report));
    AET_TEST_CALL(AetAtomsGather(c[k].atoms, &position[k], &species[k]));
  }
  AET_TEST(c[0].atoms->total == c[1].atoms->total && c[0].report.edits == c[1].report.edits);
  AET_TEST(!memcmp(position[0], position[1], sizeof(double) * 3 * (size_t)c[0].atoms->total));
  AET_TEST(!memcmp(species[0], species[1], sizeof(int) * (size_t)c[0].atoms->total));
  for (PetscInt k = 0; k < c[0].report.edits; k++)
    AET_TEST(c[0].report.edit[k].kind == c[1].report.edit[k].kind && c[0].report.edit[k].log_ratio == c[1].report.edit[k].log_ratio);
  for (int k = 0; k < 2; k++) {
    AET_TEST_CALL(PetscFree(position[k]));
    AET_TEST_CALL(PetscFree(species[k]));
    End(&c[k]);
  }
}

/* The user forbids one deletion and one addition, and deletes a good atom. */
static void User(void)
{
  Case    c;
  double  truth[ATOMS][3];
  int     species[ATOMS], right, wrong;
  AetEdit given[3] = {{.kind = AET_EDIT_VETO}, {.kind = AET_EDIT_VETO}, {.kind = AET_EDIT_DELETE}};
  double  rms;

  Truth(truth, species);
  memcpy(given[0].position, truth[17], sizeof truth[17]);                 /* where an atom is missing */
  for (int a = 0; a < 3; a++) given[1].position[a] = 2.7 * (a % 4 - 1.5); /* where a false atom is */
  memcpy(given[2].position, truth[100], sizeof truth[100]);
  Begin(&c, PETSC_COMM_WORLD, 0.05);
  AET_TEST_CALL(AetCorrect(c.atoms, c.tilt, &c.refine, &c.correct, 3, given, &c.refined, &c.report));
  Count(c.atoms, &right, &wrong, &rms);
  AET_TEST(!Has(c.atoms, truth[17]) && !Has(c.atoms, truth[100]) && Has(c.atoms, given[1].position));
  AET_TEST(right >= ATOMS - 4 && wrong <= 2); /* one beside the false atom makes room for it */
  AET_TEST(c.report.user == 1 && c.report.vetoed == 3);
  AET_TEST(c.report.edit[0].decision == AET_EDIT_USER && c.report.edit[0].round == 0);
  End(&c);
}

static void Refuse(Case *c, AetEdit edit, const char *says)
{
  PetscErrorCode code = AetCorrect(c->atoms, c->tilt, &c->refine, &c->correct, 1, &edit, &c->refined, &c->report);

  AET_TEST(code != 0);
  AET_TEST(strstr(AetErrorMessage(), says) != NULL);
  AetErrorClear();
}

static void UserWrong(void)
{
  Case c;

  Begin(&c, PETSC_COMM_WORLD, 0.05);
  c.refine.cycles = 1, c.refine.positions_iterations = 0;
  Refuse(&c, (AetEdit){.kind = AET_EDIT_DELETE, .position = {20, 0, 0}}, "delete: expected an atom within 1 Å of (20.000, 0.000, 0.000)");
  Refuse(&c, (AetEdit){.kind = AET_EDIT_ADD, .to = 0, .position = {0, 0, 0}}, "add: expected no atom within 1 Å");
  End(&c);
}

/* A file of edits, and what is wrong with files. */
static void Try(const char *text, const char *says)
{
  static const char names[2][8] = {"Fe", "Pt"};
  char              path[] = "test_edits.txt";
  AetEdit          *edits = NULL;
  PetscInt          count = 0;
  int               rank;
  PetscErrorCode    code;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  AET_TEST_CALL(rank ? PETSC_SUCCESS : AetTextWrite(path, text, strlen(text)));
  MPI_Barrier(PETSC_COMM_WORLD);
  code = AetEditsRead(PETSC_COMM_WORLD, path, 2, names, &count, &edits);
  if (says) {
    AET_TEST(code == AET_ERR_DATA && strstr(AetErrorMessage(), says) != NULL);
    AetErrorClear();
  } else {
    AET_TEST(code == 0 && count == 4);
    AET_TEST(edits[0].kind == AET_EDIT_ADD && edits[0].to == 1 && edits[0].position[2] == 3.5);
    AET_TEST(edits[1].kind == AET_EDIT_DELETE && edits[2].kind == AET_EDIT_SWAP && edits[2].to == 0 && edits[3].kind == AET_EDIT_VETO);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) unlink(path);
  AET_TEST_CALL(PetscFree(edits));
}

static void Files(void)
{
  Try("# by hand\nadd Pt 1 -2 3.5\n\n  delete 0 0 0 # no atom\r\nswap Fe 1,2,3\nveto 4 5 6", NULL);
  Try("delete 0 0 0\nremove 1 2 3\n", "test_edits.txt:2: expected add SPECIES x y z");
  Try("delete 0 0\n", "test_edits.txt:1: expected");
  Try("add Xx 0 0 0\n", "test_edits.txt:1: expected a species of the atoms (Fe, ...), found Xx");
  Try("\n\nveto 1 2 3e\n", "test_edits.txt:3: expected a number in Å for z, found 3e");
  Try("veto 1 2 nan\n", "expected a number in Å for z, found nan");
  Try("delete 1 2 3 4 5 6 7 8 9\n", "test_edits.txt:1: expected");
}

AET_TEST_MAIN("correct", {"what was spoilt is mended", Corrects}, {"noise", Noisy}, {"ranks do not matter", Ranks},
              {"the user's edits", User}, {"edits that cannot be", UserWrong}, {"files of edits", Files})
