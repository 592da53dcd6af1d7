/* Chemical order of simulated particles: domains, antiphase boundaries, antisites, swaps. The lattice is the one they were made on. */
#include "chemistry_test.h"
#include <stdarg.h>

/* 20 pm; one atom in thirty is doubtful, of which nearly a third are misnamed: 1 % of all */
static const Measurement measured = {.displacement = 0.2, .separation = 9, .doubtful = 1.0 / 30, .separated = 1, .seed = 5};
static const Measurement perfect = {.displacement = 0};

static void Analyse(AetAtoms atoms, AetLattice lattice, AetChemistry *c)
{
  AetChemistrySettings settings;

  AetChemistryDefaults(&settings);
  AET_TEST_CALL(AetChemistryCreate(atoms, lattice, &settings, c));
}

static void Told(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void Told(const char *format, ...)
{
  va_list list;
  int     rank;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  va_start(list, format);
  if (!rank) vprintf(format, list);
  va_end(list);
}

static int Misnamed(const AetSpecimen *s, AetAtoms atoms)
{
  double *position;
  int    *species, wrong = 0;

  AET_TEST_CALL(AetAtomsGather(atoms, &position, &species));
  for (PetscInt i = 0; i < s->count; i++) wrong += species[i] != s->species[i];
  AET_TEST_CALL(PetscFree(position));
  AET_TEST_CALL(PetscFree(species));
  return wrong;
}

/* Antisites and an antiphase boundary of L1_0 and of both L1_2: all found, none invented. */
static void TestPlanted(void)
{
  const char  *orders[3] = {"l10", "l12", "l12_ab3"};
  const double normals[3][3] = {{1, 1, 0}, {0, 0, 1}, {1, 1, 1}};

  for (int o = 0; o < 3; o++) {
    char         list[256];
    const double length = sqrt(normals[o][0] + normals[o][1] + normals[o][2]), radius = 25;
    double       along = 0, area = M_PI * (radius * radius - 9), off;
    int          planted, found, invented;
    AetChemistry c = NULL;

    snprintf(list, sizeof list, "shape sphere diameter_angstrom %g order %s antisites 12 antiphase %g,%g,%g,3", 2 * radius, orders[o],
             normals[o][0], normals[o][1], normals[o][2]);
    AetSpecimen s = Make(list);
    AetAtoms    atoms = Measured(MPI_COMM_WORLD, &s, &measured, 1);
    AetLattice  lattice = MadeLattice(&s);
    Analyse(atoms, lattice, &c);
    CountAntisites(&s, &measured, c, 0.5, &planted, &found, &invented);
    AET_TEST(c->boundaries == 1 && c->domains == 2);
    for (int a = 0; a < 3 && c->boundaries; a++) along += c->boundary[0].normal[a] * normals[o][a] / length;
    off = acos(fmin(1, fabs(along))) * 180 / M_PI;
    Told("\n    %s: %d atoms, %d misnamed; antisites: %d planted, %d found, %d invented of %d candidates; boundary: area %.3f of the "
         "planted, normal off by %.2f degrees, flatness %.3f ",
         orders[o], (int)s.count, Misnamed(&s, atoms), planted, found, invented, (int)c->antisites,
         c->boundaries ? c->boundary[0].area / area : 0, off, c->boundaries ? c->boundary[0].flatness : 0);
    AET_TEST(planted == 12 && found == 12 && invented == 0 && c->claimed == 12 && c->swaps == 0);
    AET_TEST_CLOSE(c->boundaries ? c->boundary[0].area / area : 0, 1, 0.1);
    AET_TEST(off < 2);
    AET_TEST_CALL(AetChemistryDestroy(&c));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
    FreeMade(&lattice);
    AetSpecimenDestroy(&s);
  }
}

/* Nothing planted: one domain of the planted variant, order 1 without errors, and nothing claimed with them. Without probabilities all that
   is against the template is a candidate, and none is claimed at the rate of errors that was stated. */
static void TestNothing(void)
{
  Measurement  unnamed = measured;
  AetSpecimen  s = Make("shape sphere diameter_angstrom 44 order l10 variant 4");
  AetLattice   lattice = MadeLattice(&s);
  AetAtoms     atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 1);
  AetChemistry c = NULL;
  int          one = 1;

  Analyse(atoms, lattice, &c);
  AET_TEST(c->domains == 1 && c->domain_list[0].sites == s.count && c->antisites == 0 && c->boundaries == 0 && c->swaps == 0);
  AET_TEST(AetPhases[c->domain_list[0].phase].kind == AET_ORDER_L10 && AetPhases[c->domain_list[0].phase].axis == 0);
  for (PetscInt i = 0; i < s.count; i++) one &= fabs(c->order[i] - 1) <= 1e-6 && c->state[i] == c->phase[i] && c->domain[i] == 0;
  AET_TEST(one);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  atoms = Measured(MPI_COMM_WORLD, &s, &unnamed, 1);
  Analyse(atoms, lattice, &c);
  AET_TEST(c->domains == 1 && c->antisites > 0 && c->claimed == 0 && c->boundaries == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  for (PetscInt i = 0; i < 2 * atoms->count; i++) atoms->probability[i] = 0, atoms->confidence[i / 2] = 0;
  Analyse(atoms, lattice, &c);
  Told("%d misnamed, %d candidates without probabilities ", Misnamed(&s, atoms), (int)c->antisites);
  AET_TEST(c->domains == 1 && c->antisites > 10 && c->claimed == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

/* Two neighbours in the middle exchanged, names taken as certain: two antisites and one swap, of these atoms. */
static void TestSwap(void)
{
  AetSpecimen          s = Make("shape sphere diameter_angstrom 30 order l12");
  AetLattice           lattice = MadeLattice(&s);
  AetChemistrySettings settings;
  AetChemistry         c = NULL;
  AetAtoms             atoms;
  PetscInt             pair[2] = {-1, -1};

  for (PetscInt i = 0; i < s.count; i++)
    if (s.species[i] && (pair[0] < 0 || Radius(s.position + 3 * i) < Radius(s.position + 3 * pair[0]))) pair[0] = i;
  for (PetscInt i = 0; i < s.count && pair[1] < 0; i++)
    if (!s.species[i] && Distance(s.position + 3 * i, s.position + 3 * pair[0]) < 1.01 * CELL / sqrt(2)) pair[1] = i;
  s.species[pair[0]] = 0, s.species[pair[1]] = 1;
  atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 0);
  AetChemistryDefaults(&settings);
  settings.species_error = 0;
  AET_TEST_CALL(AetChemistryCreate(atoms, lattice, &settings, &c));
  AET_TEST(c->antisites == 2 && c->claimed == 2 && c->swaps == 1);
  AET_TEST(c->swaps == 1 && c->swap[0].atom[0] == PetscMin(pair[0], pair[1]) && c->swap[0].atom[1] == PetscMax(pair[0], pair[1]));
  AET_TEST(c->swaps == 1 && c->swap[0].probability > 0.99 && c->antisite[0].species + c->antisite[0].expected == 1);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

/* The atoms of the specimen, names certain. */
static AetChemistry AnalyseNamed(const AetSpecimen *s, AetLattice lattice)
{
  AetChemistrySettings settings;
  AetChemistry         c = NULL;
  AetAtoms             atoms = Measured(MPI_COMM_WORLD, s, &perfect, 0);

  AetChemistryDefaults(&settings);
  settings.species_error = 0;
  AET_TEST_CALL(AetChemistryCreate(atoms, lattice, &settings, &c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return c;
}

/* Two majority atoms next to each other misplaced: two antisites, but no swap. One at the surface, and one beside an antiphase boundary,
   are not called antisites: not all of their neighbours are of their domain. */
static void TestNotAll(void)
{
  AetSpecimen  s = Make("shape sphere diameter_angstrom 40 order l12 antiphase 0,0,1,8");
  AetLattice   lattice = MadeLattice(&s);
  AetChemistry c = AnalyseNamed(&s, lattice);
  const double below[3] = {0, 0, -4};
  PetscInt     pair[2] = {-1, -1}, far = 0, beside = -1, whole = c->antisites;

  for (PetscInt i = 0; i < s.count; i++) {
    const double *x = s.position + 3 * i;
    if (!s.species[i] && (pair[0] < 0 || Distance(x, below) < Distance(s.position + 3 * pair[0], below))) pair[0] = i;
    if (x[2] < s.position[3 * far + 2]) far = i;
  }
  for (PetscInt i = 0; i < s.count && pair[1] < 0; i++)
    if (!s.species[i] && Distance(s.position + 3 * i, s.position + 3 * pair[0]) < 1.01 * CELL / sqrt(2)) pair[1] = i;
  for (PetscInt i = 0; i < s.count; i++)
    for (PetscInt j = 0; j < s.count && Radius(s.position + 3 * i) < 12; j++)
      if (c->domain[i] == 0 && c->domain[j] == 1 && Distance(s.position + 3 * i, s.position + 3 * j) < 1.01 * CELL / sqrt(2)) beside = i;
  AET_TEST(whole == 0 && c->boundaries == 1 && beside >= 0 && c->antisites == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  s.species[pair[0]] = s.species[pair[1]] = 1;
  s.species[far] = 1 - s.species[far], s.species[beside] = 1 - s.species[beside];
  c = AnalyseNamed(&s, lattice);
  AET_TEST(c->antisites == 2 && c->claimed == 2 && c->swaps == 0 && c->boundaries == 1);
  for (PetscInt k = 0; k < c->antisites; k++) AET_TEST(c->antisite[k].atom == pair[0] || c->antisite[k].atom == pair[1]);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

/* A random alloy has the composition that it was made with, and is A1 of the species that is more frequent. */
static void TestDisordered(void)
{
  for (int rich = 0; rich < 2; rich++) {
    AetSpecimen s =
        Make(rich ? "shape sphere diameter_angstrom 44 composition 0.85" : "shape sphere diameter_angstrom 44 composition 0.15");
    AetLattice   lattice = MadeLattice(&s);
    AetChemistry c = AnalyseNamed(&s, lattice);
    double       mean = 0, a1 = 0;

    for (PetscInt i = 0; i < s.count; i++) {
      mean += c->fraction[i] / s.count;
      a1 += (double)(AetPhases[c->state[i]].kind == (rich ? AET_ORDER_A1_A : AET_ORDER_A1_B)) / s.count;
    }
    AET_TEST_CLOSE(mean, rich ? 0.85 : 0.15, 0.01);
    AET_TEST(a1 > 0.9);
    AET_TEST_CALL(AetChemistryDestroy(&c));
    FreeMade(&lattice);
    AetSpecimenDestroy(&s);
  }
}

/* Cells of several variants and orders: every inner site in a domain of what was planted there; antiphase boundaries only, and all, where
   cells of one order and axis meet. */
static void TestDomains(void)
{
  AetSpecimen  s = Make("shape sphere diameter_angstrom 60 order l10 domains 6 domain_orders l10,l12,l10 lattice_offset 0,0,0");
  AetLattice   lattice = MadeLattice(&s);
  AetAtoms     atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 0);
  AetChemistry c = NULL;
  int          wrong = 0, planted = 0;

  Analyse(atoms, lattice, &c);
  for (PetscInt i = 0; i < s.count; i++) {
    const AetPlantedDomain *d = s.domain_list + s.domain[i];
    const AetPhase         *p = c->near_domain[i] < 0 ? NULL : AetPhases + c->domain_list[c->near_domain[i]].phase;
    /* the frame of the made lattice is shifted by whole bonds: kinds and axes agree, variants may not */
    wrong += !p || p->kind != (d->order == 1 ? AET_ORDER_L10 : AET_ORDER_L12_A3B) || (d->order == 1 && p->axis != (d->variant + 2) % 3);
  }
  for (int a = 0; a < s.domains; a++)
    for (int b = 0; b < a; b++) {
      const AetPlantedDomain *d = s.domain_list + a, *e = s.domain_list + b;
      int                     bonds = 0;
      if (d->order != e->order || d->variant == e->variant || (d->order == 1 && d->variant % 3 != e->variant % 3)) continue;
      for (PetscInt i = 0; i < s.count; i++)
        for (PetscInt j = 0; s.domain[i] == a && j < s.count; j++)
          bonds += s.domain[j] == b && Distance(s.position + 3 * i, s.position + 3 * j) < 1.01 * CELL / sqrt(2);
      planted += bonds > 40;
    }
  Told("%d of %d sites in another domain, %d boundaries of %d ", wrong, (int)s.count, (int)c->boundaries, planted);
  AET_TEST(wrong < 0.01 * s.count && planted > 0 && c->boundaries == planted && c->antisites == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

/* A twinned crystal, lattice fitted: every grain is one perfect domain of its own axes. */
static void TestTwin(void)
{
  AetSpecimen        s = Make("shape sphere diameter_angstrom 36 order l10 twins 1 rotation_deg 10,20,30");
  AetAtoms           atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 0);
  AetLatticeSettings fit;
  AetNeighbours      neighbours;
  AetLattice         lattice;
  AetChemistry       c = NULL;
  int                sites = 0, ordered = 0;

  AetLatticeDefaults(&fit);
  AET_TEST_CALL(AetNeighboursCreate(atoms, 3.3, &neighbours));
  AET_TEST_CALL(AetLatticeCreate(neighbours, &fit, &lattice));
  Analyse(atoms, lattice, &c);
  for (PetscInt i = 0; i < s.count; i++) sites += lattice->grain[i] >= 0, ordered += fabs(c->order[i] - 1) <= 1e-6;
  Told("%d grains, %d of %d atoms with a site, %d in perfect order, %d domains ", (int)lattice->grains, sites, (int)s.count, ordered,
       (int)c->domains);
  AET_TEST(lattice->grains == 2 && sites > 0.97 * s.count && ordered == sites && c->domains == 2 && c->antisites == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetLatticeDestroy(&lattice));
  AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AetSpecimenDestroy(&s);
}

/* The same bytes as one process makes of all atoms. */
static void TestRanks(void)
{
  AetSpecimen  s = Make("shape sphere diameter_angstrom 36 order l10 antisites 3 antiphase 1,0,0,2");
  AetLattice   lattice = MadeLattice(&s);
  AetAtoms     atoms[2] = {Measured(MPI_COMM_WORLD, &s, &measured, 0), Measured(PETSC_COMM_SELF, &s, &measured, 0)};
  AetChemistry c[2];
  const size_t n = (size_t)s.count;
  AetWarren    w[2];
  double       edge[5], *local[2];

  AET_TEST_CALL(AetWarrenEdges(CELL / sqrt(2), 4, edge));
  for (int k = 0; k < 2; k++) {
    AetNeighbours neighbours;
    Analyse(atoms[k], lattice, &c[k]);
    AET_TEST_CALL(AetWarrenCreate(atoms[k], 4, edge, &w[k]));
    AET_TEST_CALL(AetNeighboursCreate(atoms[k], edge[1], &neighbours));
    AET_TEST_CALL(AetWarrenLocal(atoms[k], neighbours, 5, &local[k]));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
  }
  AET_TEST(!memcmp(c[0]->order, c[1]->order, n * sizeof(double)) && !memcmp(c[0]->domain, c[1]->domain, n * sizeof(PetscInt)));
  AET_TEST(!memcmp(c[0]->state, c[1]->state, n * sizeof(int)) && c[0]->antisites == c[1]->antisites && c[0]->boundaries == 1);
  AET_TEST(!memcmp(&c[0]->boundary[0], &c[1]->boundary[0], sizeof *c[0]->boundary));
  for (PetscInt k = 0; k < c[0]->antisites; k++) AET_TEST(c[0]->antisite[k].probability == c[1]->antisite[k].probability);
  AET_TEST(!memcmp(w[0]->alpha, w[1]->alpha, 16 * sizeof(double)) && !memcmp(local[0], local[1], 4 * n * sizeof(double)));
  for (int k = 0; k < 2; k++) {
    AET_TEST_CALL(AetChemistryDestroy(&c[k]));
    AET_TEST_CALL(AetWarrenDestroy(&w[k]));
    AET_TEST_CALL(PetscFree(local[k]));
    AET_TEST_CALL(AetAtomsDestroy(&atoms[k]));
  }
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

/* Warren–Cowley parameters about an atom in the middle of a crystal, as counting on the lattice gives them; of a random alloy, within what
   the numbers of bonds allow. */
static void TestWarren(void)
{
  const char *order[3] = {"l10", "l12", "random"};

  for (int o = 0; o < 3; o++) {
    char   list[128];
    double edge[5], *local;
    snprintf(list, sizeof list, "shape sphere diameter_angstrom 40 order %s composition 0.3", order[o]);
    AetSpecimen   s = Make(list);
    AetAtoms      atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 0);
    AetNeighbours neighbours;
    AetWarren     w;
    PetscInt      middle = 0;

    AET_TEST_CALL(AetWarrenEdges(CELL / sqrt(2), 4, edge));
    AET_TEST_CALL(AetWarrenCreate(atoms, 4, edge, &w));
    AET_TEST_CALL(AetNeighboursCreate(atoms, edge[1], &neighbours));
    AET_TEST_CALL(AetWarrenLocal(atoms, neighbours, 8, &local));
    for (PetscInt i = 0; i < s.count; i++)
      if (Radius(s.position + 3 * i) < Radius(s.position + 3 * middle)) middle = i;
    for (int k = 0; k < 16; k += 2) AET_TEST_CLOSE(w->alpha[k], w->alpha[k + 1], 1e-9); /* what is not one is the other */
    if (o < 2) {
      const double x = w->fraction[1], same = o ? 1.0 / 3 : 2.0 / 3; /* neighbours of the second species of an atom of the first */
      AET_TEST_CLOSE(local[4 * middle + 1], 0.5 * (1 - same / x + 1 - (o ? 1 : 2.0 / 3) / (1 - x)), 1e-9);
      AET_TEST_CLOSE(local[4 * middle + 1], local[4 * middle + 2], 0);
      AET_TEST_CLOSE(w->alpha[4 + 3], 1, 1e-9); /* the second shell is of the same sublattice */
    } else
      for (int k = 0; k < 16; k++) AET_TEST_CLOSE(w->alpha[k] / w->sigma[k], 0, 4.5);
    AET_TEST_CALL(PetscFree(local));
    AET_TEST_CALL(AetNeighboursDestroy(&neighbours));
    AET_TEST_CALL(AetWarrenDestroy(&w));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
    AetSpecimenDestroy(&s);
  }
}

static void TestBad(void)
{
  AetSpecimen          s = Make("shape sphere diameter_angstrom 16 order l10");
  AetLattice           lattice = MadeLattice(&s);
  AetAtoms             atoms = Measured(MPI_COMM_WORLD, &s, &perfect, 0);
  AetChemistrySettings good, bad;
  AetChemistry         c;
  AetWarren            w;
  const double         falling[3] = {0, 3, 2};
  double               edge[3];

  AetChemistryDefaults(&good);
  bad = good, bad.sigma_angstrom = -1;
  TestRefused(AetChemistryCreate(atoms, lattice, &bad, &c), AET_ERR_INPUT, "sigma");
  bad = good, bad.threshold = 0;
  TestRefused(AetChemistryCreate(atoms, lattice, &bad, &c), AET_ERR_INPUT, "threshold");
  bad = good, bad.claim = 1.5;
  TestRefused(AetChemistryCreate(atoms, lattice, &bad, &c), AET_ERR_INPUT, "claim");
  bad = good, bad.a = bad.b;
  TestRefused(AetChemistryCreate(atoms, lattice, &bad, &c), AET_ERR_INPUT, "species");
  lattice->total--;
  TestRefused(AetChemistryCreate(atoms, lattice, &good, &c), AET_ERR_INPUT, "lattice");
  lattice->total++;
  TestRefused(AetWarrenCreate(atoms, 2, falling, &w), AET_ERR_INPUT, "rise");
  TestRefused(AetWarrenEdges(2.7, 40, edge), AET_ERR_INPUT, "shells");
  for (PetscInt i = 0; i < s.count; i++) lattice->grain[i] = -1; /* no sites: nothing is found, nothing fails */
  AET_TEST_CALL(AetChemistryCreate(atoms, lattice, &good, &c));
  AET_TEST(c->domains == 0 && c->antisites == 0 && c->phase[0] == -1 && c->state[0] == -1 && c->order[0] == 0);
  AET_TEST_CALL(AetChemistryDestroy(&c));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  FreeMade(&lattice);
  AetSpecimenDestroy(&s);
}

AET_TEST_MAIN("chemistry", {"planted defects", TestPlanted}, {"nothing planted", TestNothing}, {"swap", TestSwap},
              {"not antisites", TestNotAll}, {"disordered", TestDisordered}, {"domains", TestDomains}, {"twin", TestTwin},
              {"ranks", TestRanks}, {"Warren–Cowley", TestWarren}, {"bad input", TestBad})
