/* Grains, twins and stacking faults that were planted, and none where there is none. */
#include "../simulate/specimen_test.h"
#include "structure/kernel/quaternion.h"
#include "structure_test.h"

enum { SEEDS = 2, MOST = 6000 };
static const double NOISE = 0.2; /* Å, r.m.s. length */
static const double LOST = 0.01; /* of the atoms */

/* Adds noise and loses atoms, keyed by seed and index. */
static ptrdiff_t Measure(ptrdiff_t count, double *x, double noise, double lost, uint64_t seed)
{
  ptrdiff_t kept = 0;

  for (ptrdiff_t i = 0; i < count; i++) {
    if (AetRandomUniform(seed, 31, (uint64_t)i) < lost) continue;
    for (int a = 0; a < 3; a++) x[3 * kept + a] = x[3 * i + a] + noise / sqrt(3) * AetRandomNormal(seed, 32, (uint64_t)(3 * i + a));
    kept++;
  }
  return kept;
}

static AetBoundaries Find(MPI_Comm comm, ptrdiff_t count, const double *x)
{
  AetAtoms            atoms = TestAtomsOn(comm, count, x);
  AetLocalSettings    s;
  AetBoundarySettings settings;
  AetLocal            local;
  AetBoundaries       b;

  AetLocalDefaults(&s);
  AetBoundaryDefaults(&settings);
  AET_TEST_CALL(AetLocalCreate(atoms, &s, &local));
  AET_TEST_CALL(AetBoundariesCreate(atoms, local, &settings, &b));
  AET_TEST_CALL(AetLocalDestroy(&local));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  return b;
}

static AetBoundaries OfSpecimen(const char *options, double noise, double lost, uint64_t seed, AetSpecimen *s)
{
  *s = Make(options);
  return Find(MPI_COMM_WORLD, Measure(s->count, s->position, noise, lost, seed), s->position);
}

static double Dot(const double *a, const double *b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double Degrees(double cosine)
{
  return acos(fmin(1, fabs(cosine))) * 180 / M_PI;
}

/* A twin and a fault at 20 pm of noise: both found, told apart, with their planes; nothing else. */
static void TestPlanted(void)
{
  double worst_normal = 0, worst_distance = 0, worst_angle = 0;

  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    AetSpecimen   s;
    AetBoundaries b = OfSpecimen("diameter_angstrom 36 rotation_deg 13,29,41 twins 7 stacking_faults -5", NOISE, LOST, seed, &s);
    int           twins = 0, faults = 0;
    AET_TEST(b->grains == 2 && b->count == 2 && s.defects == 2);
    for (PetscInt k = 0; k < b->count; k++) {
      const AetBoundary *r = &b->boundary[k];
      for (PetscInt d = 0; d < s.defects; d++) {
        const AetPlantedDefect *p = &s.defect[d];
        const double            away[3] = {r->point[0] - p->position[0], r->point[1] - p->position[1], r->point[2] - p->position[2]};
        if (p->kind != (r->kind == AET_BOUNDARY_COHERENT_TWIN ? AET_DEFECT_TWIN : AET_DEFECT_STACKING_FAULT)) continue;
        worst_normal = fmax(worst_normal, Degrees(Dot(r->normal, p->direction)));
        worst_distance = fmax(worst_distance, fabs(Dot(away, p->direction)));
      }
      if (r->kind == AET_BOUNDARY_COHERENT_TWIN) {
        twins++;
        worst_angle = fmax(worst_angle, fabs(r->angle_deg - 60));
        AET_TEST(r->grain[0] != r->grain[1] && r->sigma3_deg < 0.5 && Degrees(Dot(r->axis, r->normal)) < 1);
      } else if (r->kind == AET_BOUNDARY_STACKING_FAULT) {
        faults++;
        AET_TEST(r->grain[0] == r->grain[1] && r->grain[0] >= 0);
      }
    }
    AET_TEST(twins == 1 && faults == 1);
    AET_TEST_CALL(AetBoundariesDestroy(&b));
    AetSpecimenDestroy(&s);
  }
  fprintf(stderr, "worst of %d seeds: normal %.2f degrees, distance of planes %.3f Å, twin %.3f degrees from 60\n", SEEDS, worst_normal,
          worst_distance, worst_angle);
  AET_TEST(worst_normal < 1 && worst_distance < 0.1 && worst_angle < 0.3);
}

/* Particles without planes: one grain, nothing found. */
static void TestNothing(void)
{
  static const char *const options[] = {
      "diameter_angstrom 30 rotation_deg 13,29,41", "diameter_angstrom 30 order l10 domains 3 antisites 1 vacancies 1",
      "diameter_angstrom 30 structure bcc lattice_angstrom 3 order b2", "diameter_angstrom 30 structure hcp lattice_angstrom 2.75",
      /* noise decides which sense c has in an atom's orientation */
      "diameter_angstrom 30 structure hcp lattice_angstrom 2.75 rotation_deg 20,90,0"};
  static const int kind[] = {AET_LOCAL_FCC, AET_LOCAL_FCC, AET_LOCAL_BCC, AET_LOCAL_HCP, AET_LOCAL_HCP};
  int              invented = 0;

  for (int k = 0; k < 5; k++)
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
      AetSpecimen   s;
      AetBoundaries b = OfSpecimen(options[k], NOISE, LOST, seed, &s);
      AET_TEST(b->grains == 1 && b->kind[0] == kind[k]);
      AET_TEST(b->sites[0] > 0.98 * s.count);
      invented += (int)b->count;
      AET_TEST_CALL(AetBoundariesDestroy(&b));
      AetSpecimenDestroy(&s);
    }
  fprintf(stderr, "%d planes or boundaries in %d particles without one\n", invented, 5 * SEEDS);
  AET_TEST(invented == 0);
}

/* What TestRanks shows to be the same on all ranks is done once. */
static int OnMany(void)
{
  int size;

  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size > 1;
}

/* A decahedron has 5 grains and 5 twin planes, an icosahedron 20 and 30. */
static void ExpectTwinned(const char *options, int grains, int twins)
{
  AetSpecimen   s;
  AetBoundaries b = OfSpecimen(options, NOISE, 0, 3, &s);
  int           found = 0;

  for (PetscInt k = 0; k < b->count; k++) found += b->boundary[k].kind == AET_BOUNDARY_COHERENT_TWIN;
  fprintf(stderr, "%s: %d grains, %d twins, %d others\n", options, (int)b->grains, found, (int)b->count - found);
  AET_TEST(b->grains == grains && found == twins && b->count == twins);
  AET_TEST_CALL(AetBoundariesDestroy(&b));
  AetSpecimenDestroy(&s);
}

static void TestTwinnedShapes(void)
{
  if (OnMany()) return;
  ExpectTwinned("shape decahedron shells 10", 5, 5);
  ExpectTwinned("shape icosahedron shells 8", 20, 30);
}

/* Two parts of a ball of fcc (bcc) on the sides of a plane near the origin (no atom of it lies in the plane), the second turned by q2 q1⁻¹;
   no two atoms nearer than 0.75 of the distance of neighbours. */
static ptrdiff_t Bicrystal(int bcc, double radius, double q[2][4], const double normal[3], double *x)
{
  const double a = bcc ? 3.1 : 3.9, close = 0.75 * a * (bcc ? sqrt(0.75) : sqrt(0.5));
  ptrdiff_t    count = 0;

  for (int half = 0; half < 2; half++)
    for (int i = -20; i <= 20; i++)
      for (int j = -20; j <= 20; j++)
        for (int k = -20; k <= 20; k++) {
          double    p[3] = {i * a / 2, j * a / 2, k * a / 2}, y[3];
          ptrdiff_t m = 0;
          if (bcc ? ((i ^ j) & 1 || (j ^ k) & 1) : (i + j + k) & 1) continue;
          AetQuaternionRotate(q[half], p, y);
          if (Dot(y, y) > radius * radius || (Dot(y, normal) > 0.31) != half || count == MOST) continue;
          while (m < count && Distance(x + 3 * m, y) > close) m++;
          if (m == count) memcpy(x + 3 * count++, y, sizeof y);
        }
  return count;
}

/* Two grains turned against each other about an axis of the crystal. */
static void ExpectPair(int bcc, double degrees, const double crystal[3], const double across[3], int kind, uint64_t seed)
{
  static double x[3 * MOST];
  const double  size = sqrt(Dot(crystal, crystal)), s = sin(degrees * M_PI / 360) / size;
  double        q[2][4] = {{0.8, 0.2, -0.4, 0.4}}, turn[4] = {cos(degrees * M_PI / 360), s * crystal[0], s * crystal[1], s * crystal[2]};
  double        normal[3], axis[3], length = sqrt(Dot(across, across));
  AetBoundaries b;

  AetQuaternionMultiply(q[0], turn, q[1]);
  AetQuaternionRotate(q[0], across, normal);
  AetQuaternionRotate(q[0], crystal, axis);
  for (int a = 0; a < 3; a++) normal[a] /= length, axis[a] /= size;
  b = Find(MPI_COMM_WORLD, Measure(Bicrystal(bcc, 15.5, q, normal, x), x, NOISE, LOST, seed), x);
  if (!AET_TEST(b->grains == 2 && b->count == 1))
    fprintf(stderr, "%g degrees: %d grains, %d boundaries\n", degrees, (int)b->grains, (int)b->count);
  if (b->count == 1) {
    const AetBoundary *r = &b->boundary[0];
    fprintf(stderr, "%s: planted %.2f degrees, found %.2f, axis off by %.2f, plane by %.1f\n", AetBoundaryName(r->kind), degrees,
            r->angle_deg, Degrees(Dot(axis, r->axis)), Degrees(Dot(normal, r->normal)));
    AET_TEST(r->kind == kind);
    AET_TEST_CLOSE(r->angle_deg, degrees, 0.4);
    AET_TEST(Degrees(Dot(axis, r->axis)) < 3 && Degrees(Dot(normal, r->normal)) < 5);
    AET_TEST(b->kind[0] == (bcc ? AET_LOCAL_BCC : AET_LOCAL_FCC));
  }
  AET_TEST_CALL(AetBoundariesDestroy(&b));
}

static void TestPairs(void)
{
  const double cube[3] = {0, 0, 1}, edge[3] = {1, 1, 0}, three[3] = {1, 1, 1}, odd[3] = {3, -1, 2}, across[3] = {1, -1, 0};

  if (OnMany()) return;
  ExpectPair(0, 36.87, cube, odd, AET_BOUNDARY_GRAIN, 1); /* sigma 5 */
  ExpectPair(0, 20, odd, edge, AET_BOUNDARY_GRAIN, 2);
  ExpectPair(0, 10, edge, cube, AET_BOUNDARY_GRAIN, 3);
  ExpectPair(1, 25, odd, edge, AET_BOUNDARY_GRAIN, 4);
  ExpectPair(0, 60, three, across, AET_BOUNDARY_TWIN, 5); /* the plane is not (111): no layer of hcp */
  ExpectPair(0, 57, three, across, AET_BOUNDARY_TWIN, 6);
  ExpectPair(0, 53, three, across, AET_BOUNDARY_GRAIN, 7);
}

/* The same bits from one rank and from all. */
static void TestRanks(void)
{
  AetSpecimen   s = Make("diameter_angstrom 30 rotation_deg 13,29,41 twins 3 stacking_faults -6");
  ptrdiff_t     count = Measure(s.count, s.position, NOISE, LOST, 8);
  AetBoundaries b[2] = {Find(MPI_COMM_SELF, count, s.position), Find(MPI_COMM_WORLD, count, s.position)};

  AET_TEST(b[0]->grains == b[1]->grains && b[0]->count == b[1]->count && b[0]->count == 2);
  AET_TEST(!memcmp(b[0]->grain, b[1]->grain, (size_t)count * sizeof *b[0]->grain));
  AET_TEST(!memcmp(b[0]->at, b[1]->at, (size_t)count * sizeof *b[0]->at));
  AET_TEST(!memcmp(b[0]->quaternion, b[1]->quaternion, (size_t)b[0]->grains * sizeof *b[0]->quaternion));
  for (PetscInt k = 0; k < b[0]->count; k++) {
    AET_TEST(b[0]->boundary[k].angle_deg == b[1]->boundary[k].angle_deg && b[0]->boundary[k].atoms == b[1]->boundary[k].atoms);
    AET_TEST(!memcmp(b[0]->boundary[k].normal, b[1]->boundary[k].normal, sizeof b[0]->boundary[k].normal));
    AET_TEST(!memcmp(b[0]->boundary[k].point, b[1]->boundary[k].point, sizeof b[0]->boundary[k].point));
  }
  for (int k = 0; k < 2; k++) AET_TEST_CALL(AetBoundariesDestroy(&b[k]));
  AetSpecimenDestroy(&s);
}

static void TestFewAndBad(void)
{
  const double        x[6] = {0, 0, 0, 2.7, 0, 0};
  AetAtoms            atoms = TestAtoms(2, x), other = TestAtoms(1, x);
  AetLocalSettings    s;
  AetBoundarySettings settings;
  AetLocal            local;
  AetBoundaries       b;

  for (int count = 0; count <= 2; count++) {
    b = Find(MPI_COMM_WORLD, count, x);
    AET_TEST(b->grains == 0 && b->count == 0 && b->total == count);
    AET_TEST_CALL(AetBoundariesDestroy(&b));
  }
  AetLocalDefaults(&s);
  AetBoundaryDefaults(&settings);
  AET_TEST_CALL(AetLocalCreate(atoms, &s, &local));
  TestRefused(AetBoundariesCreate(other, local, &settings, &b), AET_ERR_INPUT, "expected the local structure of 1 atoms, found that of 2");
  settings.min_sites = 0;
  TestRefused(AetBoundariesCreate(atoms, local, &settings, &b), AET_ERR_INPUT, "least atoms");
  AetBoundaryDefaults(&settings);
  settings.tolerance_deg = NAN;
  TestRefused(AetBoundariesCreate(atoms, local, &settings, &b), AET_ERR_INPUT, "degrees");
  AET_TEST_CALL(AetLocalDestroy(&local));
  AET_TEST_CALL(AetAtomsDestroy(&atoms));
  AET_TEST_CALL(AetAtomsDestroy(&other));
}

AET_TEST_MAIN("boundaries", {"planted twin and fault", TestPlanted}, {"nothing planted", TestNothing},
              {"twinned shapes", TestTwinnedShapes}, {"two grains", TestPairs}, {"ranks", TestRanks},
              {"few atoms, bad input", TestFewAndBad})
