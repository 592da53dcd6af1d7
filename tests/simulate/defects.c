/* Facts about planted defects, strain and the truth that is written about them. */
#include "specimen_test.h"
#include <aet4d/atoms.h>
#include <sys/stat.h>

static const double a = 3.85;

/* Every atom near the plane has a mirror image of its own species; without a twin most have none. */
static double Mirrored(const AetSpecimen *s, const double normal[3], const double point[3])
{
  double good = 0, all = 0;

  for (PetscInt i = 0; i < s->count; i++) {
    const double *p = s->position + 3 * i;
    double        image[3], d = 0;
    PetscInt      partner;

    if (Radius(p) > 11) continue;
    for (int c = 0; c < 3; c++) d += (p[c] - point[c]) * normal[c];
    for (int c = 0; c < 3; c++) image[c] = p[c] - 2 * d * normal[c];
    partner = AtomAt(s, image, 1e-6);
    all++;
    good += partner >= 0 && s->species[partner] == s->species[i];
  }
  return good / all;
}

static void TestTwin(void)
{
  AetSpecimen  s = Make("shape sphere diameter_angstrom 34 order l10 twins 1 rotation_deg 10,20,30"), t;
  const double third = a / sqrt(3);

  AET_TEST(s.defects == 1 && s.defect[0].kind == AET_DEFECT_TWIN);
  AET_TEST_CLOSE(Radius(s.defect[0].direction), 1, 1e-12);
  AET_TEST(Radius(s.defect[0].position) <= 1 + third / 2);
  AET_TEST_CLOSE(Mirrored(&s, s.defect[0].direction, s.defect[0].position), 1, 1e-12);
  t = Make("shape sphere diameter_angstrom 34 order l10 rotation_deg 10,20,30");
  AET_TEST(Mirrored(&t, s.defect[0].direction, s.defect[0].position) < 0.6);
  AetSpecimenDestroy(&s);
  AetSpecimenDestroy(&t);
}

/* Neighbours that have none opposite: 0 in fcc surroundings, 6 in hcp ones. */
static int Unopposed(const AetSpecimen *s, PetscInt i)
{
  const double *p = s->position + 3 * i;
  int           count = 0;

  for (PetscInt j = 0; j < s->count; j++) {
    const double *q = s->position + 3 * j, opposite[3] = {2 * p[0] - q[0], 2 * p[1] - q[1], 2 * p[2] - q[2]};
    if (j != i && Distance(p, q) < 1.1 * a / sqrt(2)) count += AtomAt(s, opposite, 1e-6) < 0;
  }
  return count;
}

/* A coherent twin is one layer of hcp surroundings, an intrinsic fault two layers next to each other. */
static void TestStackingFault(void)
{
  const char *lists[3] = {"shape sphere diameter_angstrom 30", "shape sphere diameter_angstrom 30 twins 0",
                          "shape sphere diameter_angstrom 30 stacking_faults 0"};

  for (int l = 0; l < 3; l++) {
    AetSpecimen s = Make(lists[l]);
    int         hcp = 0, layers = 0;
    double      nearest = a / sqrt(2), seen[64];

    for (PetscInt i = 0; i < s.count; i++) {
      const double *p = s.position + 3 * i, height = (p[0] + p[1] + p[2]) / sqrt(3);
      int           known = 0;

      if (Radius(p) > 9) continue;
      AET_TEST(CountAt(&s, i, nearest) == 12 || i < 0);
      if (!Unopposed(&s, i)) continue;
      AET_TEST(Unopposed(&s, i) == 6);
      hcp++;
      for (int k = 0; k < layers; k++) known |= fabs(seen[k] - height) < 0.1;
      if (!known && layers < 64) seen[layers++] = height;
    }
    AET_TEST(layers == l);
    if (l == 2 && layers == 2) AET_TEST_CLOSE(fabs(seen[0] - seen[1]), a / sqrt(3), 1e-6);
    AET_TEST(l == 0 || hcp > 10);
    AetSpecimenDestroy(&s);
  }
}

/* On this side of the plane nothing changes, beyond it every species of L1_0 is the other. */
static void TestAntiphase(void)
{
  for (int variant = 0; variant < 3; variant++) {
    char        list[256];
    AetSpecimen s, perfect;
    int         wrong = 0;

    snprintf(list, sizeof list, "order l10 variant %d", variant);
    perfect = Make(list);
    snprintf(list, sizeof list, "order l10 variant %d antiphase 1,1,0,2.5", variant);
    s = Make(list);
    for (PetscInt i = 0; i < s.count; i++) {
      const int beyond = (s.position[3 * i] + s.position[3 * i + 1]) / sqrt(2) > 2.5;
      wrong += (s.species[i] != perfect.species[i]) != beyond;
    }
    AET_TEST(wrong == 0 && s.defects == 1 && s.defect[0].kind == AET_DEFECT_ANTIPHASE_BOUNDARY);
    AET_TEST_CLOSE(Radius(s.defect[0].vector), a / sqrt(2), 1e-9);
    AetSpecimenDestroy(&s);
    AetSpecimenDestroy(&perfect);
  }
}

/* Every domain is perfect of its variant: species agree with the parity of the sites along its axis, in all of it. */
static void TestDomains(void)
{
  AetSpecimen s = Make("order l10 domains 4 lattice_offset 0,0,0 diameter_angstrom 36");
  int         axes[3] = {0}, total = 0;

  AET_TEST(s.domains == 4);
  for (int d = 0; d < 4; d++) {
    const int variant = s.domain_list[d].variant, axis = (variant + 2) % 3;
    int       wrong = 0, atoms = 0;

    for (PetscInt i = 0; i < s.count; i++) {
      if (s.domain[i] != d) continue;
      atoms++;
      wrong += s.species[i] != ((lround(2 * s.position[3 * i + axis] / a) + variant / 3) & 1);
    }
    AET_TEST(wrong == 0 && atoms == s.domain_list[d].atoms && atoms > 50);
    axes[axis]++;
    total += atoms;
  }
  AET_TEST(total == s.count);
  AetSpecimenDestroy(&s);
}

/* A circuit of `steps` lattice vectors that closes in the perfect crystal, from atom to atom; the closure failure, end minus begin. */
static int Circuit(const AetSpecimen *s, const double start[3], int legs, const double step[][3], const int repeat[], double failure[3])
{
  PetscInt at = AtomAt(s, start, 2), begin = at;

  failure[0] = failure[1] = failure[2] = 0;
  for (int l = 0; l < legs; l++)
    for (int n = 0; n < repeat[l] && at >= 0; n++) {
      double next[3];
      for (int c = 0; c < 3; c++) next[c] = s->position[3 * at + c] + a * step[l][c];
      at = AtomAt(s, next, 1.2);
    }
  if (at < 0 || begin < 0) return 0;
  for (int c = 0; c < 3; c++) failure[c] = s->position[3 * at + c] - s->position[3 * begin + c];
  return 1;
}

/* Once about the line by the right hand, the displacement has grown by the Burgers vector; by none beside the line. */
static void TestBurgersCircuit(void)
{
  const double screw_step[4][3] = {{0.5, -0.5, 0}, {0, 0, 1}, {-0.5, 0.5, 0}, {0, 0, -1}},
               edge_step[4][3] = {{0.5, 0.5, 0}, {-1, 1, 1}, {-0.5, -0.5, 0}, {1, -1, -1}};
  const int screw_repeat[4] = {8, 6, 8, 6}, edge_repeat[4] = {8, 4, 8, 4}, none[4] = {2, 1, 2, 1};
  double    failure[3], start[3];

  for (int kind = 0; kind < 2; kind++) {
    const double(*step)[3] = kind ? edge_step : screw_step;
    const int   *repeat = kind ? edge_repeat : screw_repeat;
    const char  *list = kind ? "shape sphere diameter_angstrom 56 species Pt dislocation_burgers 0.5,0.5,0 dislocation_line 1,-1,2"
                             : "shape sphere diameter_angstrom 56 species Pt dislocation_burgers 0.5,0.5,0 dislocation_line 1,1,0";
    AetSpecimen  s = Make(list);
    double       sense = 0, along = 0, cross[3];
    const double line[2][3] = {{1, 1, 0}, {1, -1, 2}};

    AET_TEST(s.defects == 1 && s.defect[0].kind == AET_DEFECT_DISLOCATION);
    for (int c = 0; c < 3; c++) start[c] = -a * (step[0][c] * repeat[0] + step[1][c] * repeat[1]) / 2;
    for (int c = 0; c < 3; c++) cross[c] = step[0][(c + 1) % 3] * step[1][(c + 2) % 3] - step[0][(c + 2) % 3] * step[1][(c + 1) % 3];
    for (int c = 0; c < 3; c++) sense += cross[c] * line[kind][c];
    if (AET_TEST(Circuit(&s, start, 4, step, repeat, failure))) {
      for (int c = 0; c < 3; c++) along += failure[c] * (c < 2) * sqrt(0.5);
      AET_TEST_CLOSE(along, sense > 0 ? a / sqrt(2) : -a / sqrt(2), 0.35);
      AET_TEST_CLOSE(Radius(failure), a / sqrt(2), 0.35);
    }
    for (int c = 0; c < 3; c++) start[c] *= 0.8;
    if (AET_TEST(Circuit(&s, start, 4, step, none, failure))) AET_TEST_CLOSE(Radius(failure), 0, 1e-9);
    AetSpecimenDestroy(&s);
  }
}

/* What is missing was there; what is wrong has only neighbours that are right; they keep apart. */
static void TestPointDefects(void)
{
  AetSpecimen perfect = Make("order l10 diameter_angstrom 44"), s = Make("order l10 diameter_angstrom 44 vacancies 3 antisites 4");
  int         vacancies = 0, antisites = 0, of_species[2] = {0}, changed = 0;

  AET_TEST(s.count == perfect.count - 3 && s.defects == 7);
  for (PetscInt d = 0; d < s.defects; d++) {
    const AetPlantedDefect *defect = s.defect + d;
    const PetscInt          there = AtomAt(&s, defect->position, 1e-6), was = AtomAt(&perfect, defect->position, 1e-6);

    AET_TEST(was >= 0 && perfect.id[was] == defect->id);
    AET_TEST(was >= 0 && CountAt(&perfect, was, a / sqrt(2)) == 12);
    if (defect->kind == AET_DEFECT_VACANCY) vacancies += there < 0;
    if (defect->kind == AET_DEFECT_ANTISITE && there >= 0 && was >= 0) {
      antisites += s.species[there] != perfect.species[was] && s.id[there] == defect->id;
      of_species[s.species[there]]++;
    }
    for (PetscInt e = 0; e < d; e++) AET_TEST(Distance(defect->position, s.defect[e].position) >= 3 * a / sqrt(2));
  }
  AET_TEST(vacancies == 3 && antisites == 4 && of_species[0] == 2 && of_species[1] == 2);
  for (PetscInt i = 0; i < s.count; i++) changed += s.species[i] != perfect.species[s.id[i] - 1];
  AET_TEST(changed == 4);
  AetSpecimenDestroy(&s);
  AetSpecimenDestroy(&perfect);
}

static void TestSurfaceRelaxation(void)
{
  AetSpecimen perfect = Make("diameter_angstrom 30"), s = Make("diameter_angstrom 30 surface_relaxation_percent -3,1");
  int         wrong = 0, outer = 0;

  for (PetscInt i = 0; i < s.count; i++) {
    const double *p = perfect.position + 3 * i, moved = (Radius(s.position + 3 * i) - Radius(p)) / (a / sqrt(2));
    const int     surface = CountAt(&perfect, i, a / sqrt(2)) < 12;

    outer += surface;
    if (surface) wrong += fabs(moved + 0.03) > 1e-9;
    if (!surface) wrong += fabs(moved) > 1e-9 && fabs(moved - 0.01) > 1e-9;
    if (Radius(p) < 5) wrong += fabs(moved) > 1e-12;
  }
  AET_TEST(outer > 100 && wrong == 0);
  AetSpecimenDestroy(&s);
  AetSpecimenDestroy(&perfect);
}

/* Two atoms of the perfect particle and of the strained one: their distance grows as the mean strain of the column at the two tells (exact,
   the displacement being quadratic). */
static void TestStrain(void)
{
  AetSpecimen perfect = Make("shape cube rotation_deg 10,20,30"),
              s = Make("shape cube rotation_deg 10,20,30 strain_percent 1,-0.5,0.2,0.1,0.3,-0.4 strain_gradient_percent_per_nm 0.5,0,-0.2");
  int wrong = 0;

  for (PetscInt n = 0; n < 500; n++) {
    const PetscInt i = (n * 37) % s.count, j = (n * 101 + 5) % s.count;
    const double  *p = perfect.position, *q = s.position;
    double         e[6], E[3][3];

    for (int c = 0; c < 6; c++) e[c] = (s.strain[6 * i + c] + s.strain[6 * j + c]) / 2;
    E[0][0] = e[0], E[1][1] = e[1], E[2][2] = e[2], E[1][2] = E[2][1] = e[3], E[0][2] = E[2][0] = e[4], E[0][1] = E[1][0] = e[5];
    for (int c = 0; c < 3; c++) {
      double grown = 0;
      for (int b = 0; b < 3; b++) grown += E[c][b] * (p[3 * j + b] - p[3 * i + b]);
      /* the column is that at the strained position: a difference of second order */
      wrong += fabs(q[3 * j + c] - q[3 * i + c] - (p[3 * j + c] - p[3 * i + c]) - grown) > 6e-3;
    }
  }
  AET_TEST(wrong == 0);
  AetSpecimenDestroy(&s);
  AetSpecimenDestroy(&perfect);
}

static const char *Folder(void)
{
  static char folder[200];
  int         rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (!folder[0]) {
    snprintf(folder, sizeof folder, "%s/aet4d-truth-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!rank && !mkdtemp(folder)) perror(folder);
    MPI_Bcast(folder, (int)sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
  }
  return folder;
}

static void Remove(void)
{
  char command[300];
  int  rank;

  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(command, sizeof command, "rm -rf '%s'", Folder());
  if (!rank && system(command)) perror(command);
}

/* The file that any number of ranks writes is the one that one rank writes; it holds the atoms, their identities, the defects. */
static void TestTruthOnDisk(void)
{
  AetSpecimen s = Make("order l10 diameter_angstrom 40 vacancies 2 antisites 2 rotation_deg 13,29,41 domains 2");
  AetAtoms    atoms;
  AetColumn   id = {.name = "id", .type = AET_COLUMN_INT, .width = 1}, kind = {.name = "kind", .type = AET_COLUMN_INT, .width = 1};
  AetFile     file;
  PetscInt    n, total;
  PetscBool   seen_wrong = PETSC_FALSE;
  char        path[300], alone[300], digest[2][33] = {"", ""}, (*symbols)[8], csv[300];
  double     *position;
  int         rank;
  struct stat status;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  snprintf(path, sizeof path, "%s/truth.h5", Folder());
  snprintf(alone, sizeof alone, "%s/alone.h5", Folder());
  AET_TEST_CALL(AetSpecimenWrite(MPI_COMM_WORLD, &s, path));
  if (!rank) AetSpecimenWrite(PETSC_COMM_SELF, &s, alone);
  MPI_Barrier(MPI_COMM_WORLD);
  AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms));
  AET_TEST(atoms->total == s.count && atoms->species_count == 2);
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  strcpy(strrchr(path, '.'), ".xyz");
  strcpy(strrchr(alone, '.'), ".xyz");
  if (!rank && (AetFileDigest(path, digest[0]) || AetFileDigest(alone, digest[1]))) digest[0][0] = '-';
  AET_TEST(!strcmp(digest[0], digest[1]));
  AET_TEST_CALL(AetXyzReadColumns(MPI_COMM_WORLD, path, &n, &symbols, &position, NULL, 0, 1, &id));
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt atom = AtomAt(&s, position + 3 * i, 1e-3);
    seen_wrong = (PetscBool)(seen_wrong || atom < 0 || s.id[atom] != (int)((double *)id.data)[i]);
  }
  AET_TEST(n == s.count && !seen_wrong);
  strcpy(strrchr(path, '.'), ".h5");
  AET_TEST_CALL(AetFileOpen(MPI_COMM_WORLD, path, &file));
  AET_TEST_CALL(AetFileReadTable(file, "defects", &n, &total, 1, &kind));
  AET_TEST(total == 4);
  AET_TEST_CALL(AetFileClose(&file));
  snprintf(csv, sizeof csv, "%s/defects.csv", Folder());
  AET_TEST(stat(csv, &status) == 0);
  AET_TEST_CALL(PetscFree(id.data));
  AET_TEST_CALL(PetscFree(kind.data));
  AET_TEST_CALL(PetscFree(symbols));
  AET_TEST_CALL(PetscFree(position));
  AetSpecimenDestroy(&s);
}

/* A specimen out of its own truth file is the same but for its mean. */
static void TestFromFile(void)
{
  AetSpecimen s = Make("order l10 rotation_deg 13,29,41"), again;
  char        path[300], list[400];
  double      mean[3] = {0};
  int         wrong = 0;

  snprintf(path, sizeof path, "%s/atoms.h5", Folder());
  AET_TEST_CALL(AetSpecimenWrite(MPI_COMM_WORLD, &s, path));
  strcpy(strrchr(path, '.'), ".xyz");
  snprintf(list, sizeof list, "atoms %s rotation_deg 0,0,0", path);
  again = Make(list);
  AET_TEST(again.count == s.count && again.species_count == 2);
  for (PetscInt i = 0; i < s.count; i++)
    for (int c = 0; c < 3; c++) mean[c] += s.position[3 * i + c] / (double)s.count;
  for (PetscInt i = 0; i < s.count; i++) {
    const double   x[3] = {s.position[3 * i] - mean[0], s.position[3 * i + 1] - mean[1], s.position[3 * i + 2] - mean[2]};
    const PetscInt at = AtomAt(&again, x, 1e-5);
    wrong += at < 0 || strcmp(again.symbol[again.species[at]], s.symbol[s.species[i]]);
  }
  AET_TEST(wrong == 0);
  AetSpecimenDestroy(&s);
  AetSpecimenDestroy(&again);
  snprintf(list, sizeof list, "atoms %s vacancies 2", path);
  ExpectMistake(list, "lattices only");
  Remove();
}

AET_TEST_MAIN("defects", {"twin", TestTwin}, {"stacking faults", TestStackingFault}, {"antiphase boundary", TestAntiphase},
              {"domains", TestDomains}, {"Burgers circuit", TestBurgersCircuit}, {"point defects", TestPointDefects},
              {"surface relaxation", TestSurfaceRelaxation}, {"strain", TestStrain}, {"truth on disk", TestTruthOnDisk},
              {"from a file", TestFromFile})
