/* Published models of measured particles: the PdPt particles are what they were published as, two decahedra and a single crystal (the
   grains and twins of each); of the high-entropy alloys the fractions are told. A test that reads other people's files: skipped without. */
#include "structure_test.h"

static AetAtoms Read(const char *name)
{
  char     path[400];
  AetAtoms atoms = NULL;

  if (AetTestData(name, path, sizeof path)) AET_TEST_CALL(AetAtomsRead(MPI_COMM_WORLD, path, &atoms));
  return atoms;
}

static AetBoundaries Analyse(const char *name, AetAtoms atoms, AetLocal *local)
{
  AetLocalSettings    s;
  AetBoundarySettings settings;
  AetBoundaries       b;
  PetscInt            cna[AET_LOCAL_KINDS] = {0}, ptm[AET_LOCAL_KINDS] = {0};

  AetLocalDefaults(&s);
  AetBoundaryDefaults(&settings);
  AET_TEST_CALL(AetLocalCreate(atoms, &s, local));
  AET_TEST_CALL(AetBoundariesCreate(atoms, *local, &settings, &b));
  for (PetscInt i = 0; i < (*local)->total; i++) cna[(*local)->cna[i]]++, ptm[(*local)->ptm[i]]++;
  fprintf(stderr, "%s: %d atoms, %d grains, %d planes and boundaries; percent by templates (by common neighbours):", name, (int)b->total,
          (int)b->grains, (int)b->count);
  for (int k = 0; k < AET_LOCAL_KINDS; k++)
    fprintf(stderr, " %s %.1f (%.1f)", AetLocalName(k), 100. * ptm[k] / b->total, 100. * cna[k] / b->total);
  fprintf(stderr, "\n");
  return b;
}

/* All boundaries are coherent twins whose axis is the normal of the layer. */
static void ExpectTwins(const char *name, int grains, int twins, double fcc_least)
{
  AetAtoms      atoms = Read(name);
  AetLocal      local;
  AetBoundaries b;
  PetscInt      fcc = 0, hcp = 0;

  if (!atoms) return;
  b = Analyse(name, atoms, &local);
  AET_TEST(b->grains == grains && b->count == twins);
  for (PetscInt k = 0; k < b->count; k++) {
    const AetBoundary *r = &b->boundary[k];
    const double       dot = r->axis[0] * r->normal[0] + r->axis[1] * r->normal[1] + r->axis[2] * r->normal[2];
    AET_TEST(r->kind == AET_BOUNDARY_COHERENT_TWIN && fabs(r->angle_deg - 60) < 1 && fabs(dot) > cos(3 * M_PI / 180));
  }
  for (PetscInt i = 0; i < local->total; i++) fcc += local->ptm[i] == AET_LOCAL_FCC, hcp += local->ptm[i] == AET_LOCAL_HCP;
  AET_TEST(fcc > fcc_least * local->total);
  AET_TEST(twins > 0 || hcp < 0.002 * local->total);
  AET_TEST_CALL(AetBoundariesDestroy(&b));
  AET_TEST_CALL(AetLocalDestroy(&local));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
}

static void TestDecahedra(void)
{
  ExpectTwins("atoms/pdpt/PB.xyz", 5, 5, 0.5);
  ExpectTwins("atoms/pdpt/EPB.xyz", 5, 5, 0.5);
}

static void TestOctahedron(void)
{
  ExpectTwins("atoms/pdpt/TO.xyz", 1, 0, 0.7);
}

/* Two particles of a high-entropy alloy, without long-range order: no crystal but small nuclei. What is named agrees between the two
 * methods. */
static void Alloy(const char *name)
{
  char          path[400];
  ptrdiff_t     rows, columns;
  double       *table, *x;
  AetAtoms      atoms;
  AetLocal      local;
  AetBoundaries b;
  PetscInt      both = 0, same = 0, other = 0;

  if (!AetTestData(name, path, sizeof path)) return;
  strcat(path, ":model");
  AET_TEST_CALL(AetTableRead(MPI_COMM_WORLD, path, &rows, &columns, &table));
  AET_TEST_CALL(PetscMalloc1(3 * (size_t)columns, &x));
  for (ptrdiff_t i = 0; i < 3 * columns; i++) x[i] = table[i % 3 * columns + i / 3];
  atoms = TestAtoms(columns, x);
  b = Analyse(name, atoms, &local);
  for (PetscInt i = 0; i < local->total; i++) {
    other += local->ptm[i] == AET_LOCAL_OTHER;
    if (local->ptm[i] == AET_LOCAL_OTHER || local->cna[i] == AET_LOCAL_OTHER) continue;
    both++;
    same += local->ptm[i] == local->cna[i];
  }
  AET_TEST(other > 0.3 * local->total && same >= 0.98 * both);
  AET_TEST_CALL(AetBoundariesDestroy(&b));
  AET_TEST_CALL(AetLocalDestroy(&local));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(PetscFree(x));
  AET_TEST_CALL(PetscFree(table));
}

static void TestAlloys(void)
{
  Alloy("atoms/hea/BOO_HEA_3_nanoparticle.mat");
  Alloy("atoms/hea/BOO_HEA_25_nanoparticle.mat");
}

int main(int argc, char **argv)
{
  static const AetTestCase cases[] = {{"decahedra", TestDecahedra}, {"octahedron", TestOctahedron}, {"alloys", TestAlloys}};
  char                     path[400];

  if (!AetTestData("atoms", path, sizeof path)) {
    if (AetInitialize(&argc, &argv) || AetFinalize()) return 2;
    return 77;
  }
  return AetTestMain(argc, argv, "measured particles", cases, 3);
}
