/* Chemical order of simulated particles: domains, antiphase boundaries, antisites, swaps. The lattice is the one they were made on. */
#include "chemistry_test.h"
#include <stdarg.h>

/* 20 pm; one atom in thirty is doubtful, of which nearly a third are misnamed: 1 % of all */
static const Measurement measured = {.displacement = 0.2, .separation = 9, .doubtful = 1.0 / 30, .separated = 1, .seed = 5};

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
    double       along = 0, area = M_PI * (radius * radius - 9);
    int          planted, found, invented;
    AetChemistry c = NULL;

    snprintf(list, sizeof list, "shape sphere diameter_angstrom %g order %s antisites 12 antiphase %g,%g,%g,3", 2 * radius, orders[o],
             normals[o][0], normals[o][1], normals[o][2]);
    AetSpecimen s = Make(list);
    AetAtoms    atoms = Measured(MPI_COMM_WORLD, &s, &measured, 1);
    AetLattice  lattice = MadeLattice(&s);
    Analyse(atoms, lattice, &c);
    CountAntisites(&s, c, 0.5, &planted, &found, &invented);
    AET_TEST(c->boundaries == 1 && c->domains == 2);
    for (int a = 0; a < 3 && c->boundaries; a++) along += c->boundary[0].normal[a] * normals[o][a] / length;
    Told("\n    %s: %d atoms, %d misnamed; antisites: %d planted, %d found, %d invented of %d candidates; boundary: area %.3f of the "
         "planted, "
         "normal off by %.2f degrees, flatness %.3f ",
         orders[o], (int)s.count, Misnamed(&s, atoms), planted, found, invented, (int)c->antisites,
         c->boundaries ? c->boundary[0].area / area : 0, acos(fmin(1, fabs(along))) * 180 / M_PI,
         c->boundaries ? c->boundary[0].flatness : 0);
    AET_TEST(planted == 12 && found == 12 && invented == 0 && c->claimed == 12);
    AET_TEST_CLOSE(c->boundaries ? c->boundary[0].area / area : 0, 1, 0.1);
    AET_TEST(acos(fmin(1, fabs(along))) < 2 * M_PI / 180);
    AET_TEST_CALL(AetChemistryDestroy(&c));
    AET_TEST_CALL(AetAtomsDestroy(&atoms));
    FreeMade(&lattice);
    AetSpecimenDestroy(&s);
  }
}

AET_TEST_MAIN("chemistry", {"planted defects", TestPlanted})
